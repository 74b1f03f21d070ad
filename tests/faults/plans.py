"""Plans that hands, editors and chance have spoilt: ``python -m tests.faults.plans``.

Good plans and the demo plan are mutated, as text and in their structure. None may crash the check, which has
one second for each; and of those that it accepts, each is called by random callers under the virtual clock,
who all must reach an end within the plan's limits and leave nothing on the board of lines. The work is cut
into slices, and of the plans of one slice that are equal only the first is called.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Literal

import yaml

from officesmart_ivr.callplan.calendar_files import CalendarFolder
from officesmart_ivr.callplan.checks import Checked, check
from officesmart_ivr.callplan.files import parse
from officesmart_ivr.callplan.findings import has_errors
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.messages import Message
from officesmart_ivr.simulation.office import Office
from officesmart_ivr.simulation.random_callers import random_caller
from officesmart_ivr.simulation.run import complete
from tests.faults.trial import Trial

ROOT = Path(__file__).parent.parent.parent
SECONDS = 1.0
SLICE = 500
"""Plans that one process tries before it tells what it has seen."""

CALLERS, JOBS = 1000, 2
"""Callers of each accepted plan, and processes at once, where nothing else is said."""

CALLS_AT_ONCE = 50
"""Callers who find the same office; the next ones find another, that remembers nothing."""

_PIECES = [
    *'{}[]:,"&*!%|>#?-\\\t\n\x00',
    "<<: *a",
    "&a ",
    "---\n",
    "  ",
    "é",
    "\u2028",
    "24:00",
    "0",
    "-1",
    "1e9",
]


class AnySound:
    """A folder that has every sound."""

    def problem(self, file: str) -> tuple[Literal["missing", "bad"], Message] | None:
        return None


class AnySecret:
    """Secrets that are all there."""

    def __contains__(self, name: object) -> bool:
        return True


@dataclass
class Tally:
    """What was seen."""

    counts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.counts += other.counts
        self.slowest = max(self.slowest, other.slowest)
        self.faults += other.faults


def sources() -> list[str]:
    """Return the plans that are mutated."""
    good = sorted((ROOT / "tests" / "unit" / "callplan" / "good_plans").glob("*.yaml"))
    demo = "\n".join(file.read_text("utf-8") for file in sorted((ROOT / "config").glob("*plan.yaml")))
    return [*(plan.read_text("utf-8") for plan in good), demo]


def mutated(rng: Random, texts: list[str], words: list[str]) -> str:
    """Return one of the plans with something changed in it."""
    text = rng.choice(texts)
    if rng.random() < 0.4:
        return _restructured(rng, text)
    for _ in range(rng.randint(1, 4)):
        start = rng.randint(0, len(text))
        end = min(len(text), start + rng.choice((0, 0, 1, 3, 10, 40)))
        piece = rng.choice((rng.choice(words), rng.choice(_PIECES), text[start:end] * 2, ""))
        text = text[:start] + piece + text[end:]
    return text


def _restructured(rng: Random, text: str) -> str:
    """Put parts of a plan in other places of it, take them away, or double them; it stays YAML."""
    plan = yaml.load(text, yaml.BaseLoader)
    for _ in range(rng.randint(1, 4)):
        places = list(_places(plan))
        if not places:
            break
        (holder, name), (other, from_) = rng.choice(places), rng.choice(places)
        match rng.randrange(5):
            case 0:
                del holder[name]
            case 1 if isinstance(holder, list):
                holder.append(deepcopy(other[from_]))
            case 2 | 1:
                alike = [place for place in places if type(place[0][place[1]]) is type(holder[name])]
                source, key = rng.choice(alike)
                holder[name] = deepcopy(source[key])
            case 3:
                same = [place for place in places if place[1] == name]
                source, key = rng.choice(same)
                holder[name] = deepcopy(source[key])
            case _:
                holder[name] = deepcopy(other[from_])
    return yaml.dump(plan, Dumper=_Plain, allow_unicode=True, sort_keys=False)


class _Plain(yaml.SafeDumper):
    """Writes equal parts out, where YAML would use aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _places(part: Any) -> Iterator[tuple[Any, Any]]:
    names: Any = part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
    for name in names:
        yield part, name
        yield from _places(part[name])


def work(seed: int, plans: int, callers: int) -> Tally:
    """Try so many plans, each accepted one with so many callers."""
    rng, tally, called = Random(seed), Tally(), set[bytes]()
    texts = sources()
    words = sorted({word for text in texts for word in text.replace(":", " : ").split()})
    calendars = CalendarFolder(ROOT / "tests" / "unit" / "callplan" / "good_plans")
    for _ in range(plans):
        text = mutated(rng, texts, words)
        try:
            began = time.thread_time()
            checked = check(
                parse({"plan.yaml": text.encode("utf-8", "surrogatepass")}),
                AnySound(),
                AnySecret(),
                calendars=calendars,
            )
            took = time.thread_time() - began
        except Exception as error:
            tally.faults.append(f"check crashed: {error!r}\n{text}")
            continue
        tally.slowest = max(tally.slowest, took)
        if took > SECONDS:
            tally.faults.append(f"check took {took:.2f} s\n{text}")
        if (checked.plan is None) != has_errors(checked.findings):
            tally.faults.append(f"accepted with errors, or refused without\n{text}")
        tally.counts["plans"] += 1
        if checked.plan is not None:
            tally.counts["accepted"] += 1
            _call(checked, callers, called, tally, rng, text)
    return tally


def _call(checked: Checked, callers: int, called: set[bytes], tally: Tally, rng: Random, text: str) -> None:
    assert checked.plan is not None
    assert checked.prepared is not None
    alike = repr(checked.plan.model_copy(update={"tests": ()}))
    digest = blake2b(alike.encode(), digest_size=16).digest()
    if digest in called:
        return
    called.add(digest)
    tally.counts["called"] += 1
    for first in range(0, callers, CALLS_AT_ONCE):
        seed = rng.getrandbits(32)
        number = min(CALLS_AT_ONCE, callers - first)
        try:
            survive(checked.prepared, seed, number)
        except Exception as error:
            tally.faults.append(f"callers of seed {seed}: {error!r}\n{text}")
            return
        tally.counts["calls"] += number


def survive(plan: PreparedPlan, seed: int, number: int) -> None:
    """Let random callers try a plan. Raises AssertionError, or whatever the rules of calls do."""
    rng = Random(seed)
    requests = [random_caller(plan, rng) for _ in range(number)]
    office = Office(plan, lambda _: 1.0, requests[0].at)
    calls = complete(office, requests)
    left = {what: held for what, held in office.leftovers().items() if held}
    assert not left, left
    assert all(call.is_over for call in calls)
    most = max(call.moves for call in calls)
    assert most <= plan.plan.limits.steps + 1, f"{most} moves"


def try_plans(
    plans: int, callers: int, jobs: int, seed: int, told: Callable[[str], None] = lambda _: None
) -> Tally:
    """Try so many plans in so many processes at once; ``told`` gets a line after each slice."""
    slices = [
        (seed * 1_000_003 + number, min(SLICE, plans - number * SLICE), callers)
        for number in range(-(-plans // SLICE))
    ]
    tally, began = Tally(), time.monotonic()
    with multiprocessing.get_context("spawn").Pool(jobs, gc.freeze) as pool:
        for done, part in zip(count(1), pool.imap_unordered(_work, slices), strict=False):
            tally.add(part)
            passed = time.monotonic() - began
            told(f"{done}/{len(slices)} {passed:.0f} s {dict(tally.counts)} faults {len(tally.faults)}")
    return tally


async def run(trial: Trial) -> str:
    """Try so many plans. Returns the figures; raises AssertionError for what does not hold.

    The more plans there are, the more callers try each.
    """
    callers = min(CALLERS, max(10, trial.count // 100))
    tally = await asyncio.to_thread(try_plans, trial.count, callers, JOBS, trial.seed)
    assert not tally.faults, "\n".join(tally.faults[:20])
    seen = tally.counts
    assert seen["calls"] > 0
    return (
        f"{seen['plans']} spoilt plans, {seen['accepted']} accepted, {seen['called']} of them called by "
        f"{seen['calls']} callers; slowest check {tally.slowest:.3f} s"
    )


def main() -> None:
    """Run it all, print what was seen, and fail for any fault."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--plans", type=int, default=100_000)
    arguments.add_argument("--callers", type=int, default=CALLERS)
    arguments.add_argument("--jobs", type=int, default=JOBS)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    tally = try_plans(
        given.plans, given.callers, given.jobs, given.seed, lambda line: print(line, flush=True)
    )
    for fault in tally.faults[:20]:
        print(fault, "-" * 80, sep="\n")
    print(f"slowest check: {tally.slowest:.3f} s of processor time; faults: {len(tally.faults)}")
    sys.exit(bool(tally.faults))


def _work(given: tuple[int, int, int]) -> Tally:
    logging.disable()
    return work(*given)


if __name__ == "__main__":
    main()
