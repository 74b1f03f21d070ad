"""What keeps the unit tests quick, and the same for everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from officesmart_ivr.announcements.store import Library

LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")

_OF_SOUNDS = Path(__file__).parent / "announcements"


@pytest.fixture(autouse=True)
def _nobodys_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let findings be English, whoever runs the tests."""
    for name in LOCALE:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _one_coding_is_enough(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no process that works on sounds, except where sounds are what is tested."""
    if _OF_SOUNDS not in request.path.parents:
        monkeypatch.setattr(Library, "_render", lambda library, clips: True)
