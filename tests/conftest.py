"""What the tests with a real Asterisk share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from officesmart_ivr.asterisk import ports
from officesmart_ivr.asterisk.toolbox import Toolbox, default_cache, obtain

# How long an example takes is a matter of what else the machine does; tests of speed measure it themselves.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def box() -> Toolbox:
    """Asterisk and the test programs: found, or fetched at the first test that needs them."""
    return obtain(default_cache(), test_tools=True)


@pytest.fixture(scope="session", autouse=True)
def _ports_of_its_own(worker_id: str) -> None:
    """Give each of the processes that run tests beside each other ports that the others do not choose."""
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(worker_id.removeprefix("gw")) if worker_id != "master" else 0
    first, last = ports._SEARCHED
    each = (last - first) // count // 2 * 2
    ports._SEARCHED = (first + number * each, first + (number + 1) * each)
