"""What the tests with a real Asterisk share."""

from __future__ import annotations

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox, default_cache, obtain


@pytest.fixture(scope="session")
def box() -> Toolbox:
    """Asterisk and the test programs: found, or fetched at the first test that needs them."""
    return obtain(default_cache(), test_tools=True)
