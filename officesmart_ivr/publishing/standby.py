"""What the fallback and Asterisk need while the application is away, kept ready while it is there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from officesmart_ivr import files
from officesmart_ivr.agi import kept
from officesmart_ivr.agi.kept import KeptPlan, KeptState
from officesmart_ivr.asterisk import dialplan
from officesmart_ivr.errors import AsteriskError
from officesmart_ivr.publishing.door import Door
from officesmart_ivr.publishing.workshop import Ready, is_calendar
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.lines import LineBoard
from officesmart_ivr.state.overrides import OverrideBoard

_log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often it is looked whether something has changed. So much may be lost when the program is killed."""


class Standby:
    """Writes the files of the fallback, and that of Asterisk's dialplan. Run :meth:`run` beside the calls."""

    def __init__(
        self,
        data: DataFolder,
        door: Door,
        lines: LineBoard,
        overrides: OverrideBoard,
        clock: Callable[[], datetime],
    ) -> None:
        self._data = data
        self._door = door
        self._lines = lines
        self._overrides = overrides
        self._clock = clock
        self._turn = asyncio.Lock()
        self._plan: Ready | None = None
        self._state: KeptState | None = None
        self._failure = ""

    async def keep(self) -> str:
        """Write what has changed. Where that fails, return why; it is logged once, and tried again."""
        async with self._turn:
            ready, now = self._door.live, self._clock()
            state = kept.state_of(self._overrides.view(now), self._lines.view(now), ready.service.plan.groups)
            failure = ""
            if ready is not self._plan or state != self._state:
                try:
                    await asyncio.to_thread(self._write, ready, state)
                    self._plan, self._state = ready, state
                except OSError as error:
                    failure = f"the fallback has an earlier plan or state: {self._data.fallback}: {error}"
                except AsteriskError as error:
                    failure = error.message
            if failure and failure != self._failure:
                _log.error("%s", failure)
            self._failure = failure
            return failure

    async def run(self) -> None:
        """Write what has changed, again and again."""
        while True:
            await self.keep()
            await asyncio.sleep(LOOK_SECONDS)

    def _write(self, ready: Ready, state: KeptState) -> None:
        folder = self._data.fallback
        folder.mkdir(mode=0o700, exist_ok=True)
        if ready is not self._plan:
            revision = self._door.revision
            plan = KeptPlan(
                revision.number if revision else None,
                {name: text for name, text in ready.texts.items() if not is_calendar(name)},
                {name: text for name, text in ready.texts.items() if is_calendar(name)},
                ready.service.sounds.clips,
            )
            files.replace(folder / kept.PLAN_FILE, kept.encoded(plan), mode=0o600)
            dialplan.keep(self._data.emergency, dialplan.variables(ready.service.plan, ready.service.sounds))
        if state != self._state:
            files.replace(folder / kept.STATE_FILE, kept.encoded(state), mode=0o600)
