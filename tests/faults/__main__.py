"""``python -m tests.faults``: bring faults about that must be survived; one line of figures for each.

Ends with 1 when something does not hold. Without names, all of them run, one after another.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
import traceback
from pathlib import Path

import uvloop

from officesmart_ivr.asterisk.toolbox import Toolbox, default_cache, obtain
from tests.faults.registry import FAULTS
from tests.faults.trial import Fault, Trial


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("names", nargs="*", metavar="NAME", help="such as R7 R8; all if none is given")
    arguments.add_argument("--count", type=int, help="how often each, in place of its own number")
    arguments.add_argument("--seed", type=int, default=1, help="of what is left to chance (1)")
    arguments.add_argument("--quick", action="store_true", help="a few of each: does the bench itself work?")
    arguments.add_argument("--list", action="store_true", help="tell what there is")
    given = arguments.parse_args()
    if unknown := set(given.names) - set(FAULTS):
        arguments.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    chosen = [FAULTS[name] for name in given.names or FAULTS]
    if given.list:
        for fault in chosen:
            print(f"{fault.name:4} {fault.full:7}  {fault.holds}")
        return
    # Refusals, unreachable phones and the like are what the programs are about: nobody reads of them here.
    logging.basicConfig(handlers=[logging.NullHandler()])
    box = obtain(default_cache(), test_tools=True)
    failed = [
        fault.name
        for fault in chosen
        if not _held(fault, box, given.count or (fault.quick if given.quick else fault.full), given.seed)
    ]
    sys.exit(f"does not hold: {', '.join(failed)}" if failed else 0)


def _held(fault: Fault, box: Toolbox, count: int, seed: int) -> bool:
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="officesmart-faults-") as folder:
            figures = uvloop.run(fault.program(Trial(box, Path(folder), count, seed)))
    except Exception as error:
        traceback.print_exc()
        figures = f"FAILED: {str(error) or type(error).__name__}"
        held = False
    else:
        held = True
    print(f"{fault.name} {time.monotonic() - began:.0f} s, seed {seed}: {figures}", flush=True)
    return held


if __name__ == "__main__":
    main()
