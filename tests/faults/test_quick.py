"""A few of what the programs of the fault bench do by the hundred: ``make faults``."""

from __future__ import annotations

from pathlib import Path

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from tests.faults.registry import FAULTS
from tests.faults.trial import Fault, Trial

QUICK = {name: fault for name, fault in FAULTS.items() if fault.quick}


@pytest.mark.live
@pytest.mark.parametrize("fault", QUICK.values(), ids=list(QUICK))
async def test_the_fault_is_survived(fault: Fault, box: Toolbox, tmp_path: Path) -> None:
    print(await fault.program(Trial(box, tmp_path, fault.quick, seed=1)))
