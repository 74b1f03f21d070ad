"""How a draft becomes what callers hear: converted into the folder of sounds, then through the door."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from officesmart_ivr import files
from officesmart_ivr.announcements import adding
from officesmart_ivr.announcements.drafts import Draft, recordable
from officesmart_ivr.publishing.door import Door
from officesmart_ivr.publishing.outcome import Refused

_log = logging.getLogger(__name__)


async def save(door: Door, draft: Draft) -> None:
    """Let the next caller hear a draft as its announcement; return once that is so.

    Raises OfficeSmartError; callers hear what they heard before.
    """
    name = draft.label.announcement
    file, folder = recordable(door.live.plan, name), door.workshop.sounds
    before = await asyncio.to_thread(_content, folder / file)
    await asyncio.to_thread(adding.add, draft.file, name, folder, file=file, replace=True, convert=True)
    outcome = await door.renew_sounds()
    if isinstance(outcome, Refused):
        if before is not None:
            # Else the next reload would let callers hear what is said here not to be saved.
            await asyncio.to_thread(_put_back, folder / file, before)
        raise outcome.error
    _log.info("announcement '%s' is heard as it was recorded by %s", name, draft.label.by or "somebody")


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _put_back(file: Path, content: bytes) -> None:
    try:
        files.replace(file, content)
    except OSError as error:
        _log.error("%s could not be put back as it was: %s", file, error.strerror)
