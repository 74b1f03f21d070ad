"""What keeps the unit tests quick."""

from __future__ import annotations

from pathlib import Path

import pytest

from officesmart_ivr.announcements.store import Library

_OF_SOUNDS = Path(__file__).parent / "announcements"


@pytest.fixture(autouse=True)
def _one_coding_is_enough(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no process that works on sounds, except where sounds are what is tested."""
    if _OF_SOUNDS not in request.path.parents:
        monkeypatch.setattr(Library, "_render", lambda library, clips: True)
