"""Edits of the plan's files, noticed and brought to the door.

What an editor does to a file is of no interest: it may rename, delete and write anew, write in pieces, leave
copies beside, or, as with a ConfigMap, change a link of the folder. Any sign makes us look; what counts is
whether the files that the plan is made of are others than before. The system tells of changes at once
(watchfiles). Where it does not, as on a network file system, a look every second finds them.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path

from watchfiles import awatch

from officesmart_ivr.callplan import files
from officesmart_ivr.errors import OfficeSmartError
from officesmart_ivr.publishing.door import Door
from officesmart_ivr.publishing.outcome import Refused
from officesmart_ivr.publishing.workshop import Workshop, version
from officesmart_ivr.state.revisions import Origin, Source

_log = logging.getLogger(__name__)

SETTLED_SECONDS = 0.5
"""A file that has not changed for so long counts as written."""

PATIENCE_SECONDS = 2.0
"""A candidate that is refused may be half written; it is reported if nothing has changed for so long."""

LOOK_SECONDS = 1.0
"""How often we look without being told. What changes before a watch has begun is found so, too."""

STEP_SECONDS = 0.1
_WAIT_MS = 200
"""Signs within this time are one. Shorter, the looking alone takes a thousandth of a processor."""

Sight = tuple[object, ...]
"""The versions of all files that the plan is made of."""


class Edits:
    """Watches the files of a plan. Run :meth:`run` beside the calls."""

    def __init__(self, door: Door, workshop: Workshop) -> None:
        self._door = door
        self._workshop = workshop
        self._seen = self._sight()
        self.begun = asyncio.Event()

    async def run(self) -> None:
        """Bring every edit to the door, for ever."""
        while True:
            # Which folders there are to watch may change with each edit.
            async with aclosing(self._signs()) as signs:
                async for _ in signs:
                    if await self._has_changed():
                        await self._take()
                        break

    async def _take(self) -> None:
        """Let what has changed go live once it is written; say what is wrong with it once it stays so."""
        origin = Origin(Source.FILE, "file")
        while True:
            self._seen = await self._settled()
            outcome = await self._door.reload(origin, tentative=True)
            if isinstance(outcome, Refused):
                if not await self._changes(PATIENCE_SECONDS):
                    self._door.report(outcome)
                    return
            elif not await self._has_changed():
                return
            # Also after passwords were generated, and where the new plan has other sounds: that costs little.

    async def _settled(self) -> Sight:
        """Wait until nothing changes any more; return what stands there then.

        Lost secrets would be written again, which must not happen beside an editor that has only emptied
        the file so far: it gets more time.
        """
        seen = await asyncio.to_thread(self._sight)
        calm = 0.0
        while calm < await asyncio.to_thread(self._time_to_settle):
            await asyncio.sleep(STEP_SECONDS)
            now = await asyncio.to_thread(self._sight)
            calm = calm + STEP_SECONDS if now == seen else 0.0
            seen = now
        return seen

    def _time_to_settle(self) -> float:
        return PATIENCE_SECONDS if self._workshop.has_lost_secrets else SETTLED_SECONDS

    async def _changes(self, seconds: float) -> bool:
        """Say whether anything changes within this time."""
        waited = 0.0
        while waited < seconds:
            await asyncio.sleep(STEP_SECONDS)
            waited += STEP_SECONDS
            if await self._has_changed():
                return True
        return False

    async def _has_changed(self) -> bool:
        return await asyncio.to_thread(self._sight) != self._seen

    async def _signs(self) -> AsyncGenerator[None, None]:
        """Give a sign whenever something may have changed."""
        yield  # it may have while nobody watched
        folders = await asyncio.to_thread(self._folders)
        self.begun.set()
        try:
            async for _ in awatch(
                *folders,
                watch_filter=None,
                debounce=_WAIT_MS,
                step=_WAIT_MS,
                rust_timeout=int(LOOK_SECONDS * 1000),
                yield_on_timeout=True,
                recursive=False,
                ignore_permission_denied=True,
            ):
                yield
                if await asyncio.to_thread(self._folders) != folders:
                    return
        except (OSError, RuntimeError) as error:
            # No more watches, or a folder that went away: looking goes on.
            _log.debug("the plan's folders cannot be watched: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    def _files(self) -> list[Path]:
        """Return the files of the plan on the disk, its secrets and its sounds."""
        workshop = self._workshop
        return [*files.candidates(workshop.plan), *workshop.parts(self._door.live.plan)]

    def _folders(self) -> list[Path]:
        """Return the folders to be watched: those of the files by name, and where these really are."""
        found: set[Path] = set()
        with suppress(OfficeSmartError, OSError):
            for file in (files.folder_of(self._workshop.plan) / "any", *self._files()):
                found |= {file.parent.absolute(), Path(os.path.realpath(file)).parent}
        return sorted(folder for folder in found if folder.is_dir())

    def _sight(self) -> Sight:
        try:
            return tuple((str(file), version(file)) for file in self._files())
        except (OfficeSmartError, OSError) as error:
            return (str(error),)
