"""Whatever callers do, the fallback serves them as a simulation does, which drives the same core."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from officesmart_ivr.callplan.calendar_files import CalendarFolder
from officesmart_ivr.simulation.plan_tests import disagreements
from officesmart_ivr.simulation.random_callers import random_caller
from officesmart_ivr.simulation.request import Request
from officesmart_ivr.simulation.run import simulate
from tests.unit.agi.peer import World
from tests.unit.agi.test_plan_tests import DEMO
from tests.unit.agi.test_plan_tests import TEXTS as DEMO_TEXTS
from tests.unit.simulation.offices import load_texts

QUEUE = re.compile(rb"^ *queue: .*\n", re.MULTILINE)
TEXTS = {name: QUEUE.sub(b"", text) for name, text in DEMO_TEXTS.items()}
PLAN = load_texts(TEXTS, CalendarFolder.beside(DEMO))


def somebody(rng: Random) -> Request:
    """A caller who uses nothing that the fallback serves in a simpler way; the plan has no queue.

    He types key by key: several at once, of which the first rings a phone, end differently by nothing but the
    time between them.
    """
    while True:
        caller = random_caller(PLAN, rng)
        if not caller.number.startswith("*"):
            return replace(caller, overlaps=False, keys=tuple(entry[0] for entry in caller.keys))


@pytest.mark.parametrize("seed", range(5))
def test_random_callers_are_served_as_by_a_simulation(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    for number in range(20):
        caller = somebody(rng)
        world = World(tmp_path / f"fallback-{number}", PLAN, TEXTS, caller.at)
        found = disagreements(simulate(PLAN, [caller]), world.results([caller]))
        assert not found, (caller, found)
