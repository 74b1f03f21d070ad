"""What follows when another plan goes live: lines, trunks, hunts, Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from officesmart_ivr.asterisk.ports import ports_for
from officesmart_ivr.asterisk.provisioner import Provisioner
from officesmart_ivr.asterisk.watch import Watch
from officesmart_ivr.callplan.model import CallPlan, Trunk
from officesmart_ivr.calls.exchange import Exchange
from officesmart_ivr.publishing.standby import Standby
from officesmart_ivr.publishing.workshop import Ready
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.overrides import drop_unknown
from officesmart_ivr.state.trunks import TrunkBoard


class ServedHouse:
    """The application's calls, as far as they follow the newest plan without asking for it at each call."""

    def __init__(
        self,
        exchange: Exchange,
        trunks: TrunkBoard,
        watch: Watch,
        provisioner: Provisioner,
        standby: Standby,
        data: DataFolder,
    ) -> None:
        self._exchange = exchange
        self._trunks = trunks
        self._watch = watch
        self._provisioner = provisioner
        self._standby = standby
        self._data = data
        self._looking: asyncio.Task[None] | None = None
        self._followed: Mapping[str, Trunk] | None = None
        self._has_new_trunks = False

    def take(self, ready: Ready) -> Sequence[str]:
        """Let all that is kept between calls follow the plan that has just gone live.

        What people have set for a time, and the plan does not have any more, is dropped.
        """
        self.keep_lines()
        trunks = ready.plan.trunks
        self._trunks.follow(trunks, self._exchange.clock())
        self._has_new_trunks = self._followed is not None and trunks != self._followed
        self._followed = trunks
        self._exchange.hunts.plan_changed()
        dropped = drop_unknown(self._exchange.overrides, ready.plan, self._exchange.clock())
        return [*map(str, dropped), *self._needs_a_restart(ready.plan)]

    def keep_lines(self) -> None:
        """Keep the lines of the plan and no others; new ones are idle from now on, all alike."""
        lines, now = self._exchange.service().plan.lines(), self._exchange.clock()
        self._exchange.lines.keep_only(lines)
        known = {line.id for line in self._exchange.lines.view(now).lines}
        for line in lines:
            if line not in known:
                self._exchange.lines.update(line, now)

    async def teach(self) -> Sequence[str]:
        """Let Asterisk and the fallback know, and look what becomes of new trunks."""
        notes = [note] if (note := await self._standby.keep()) else []
        why = await self._provisioner.follow()
        if self._has_new_trunks:
            if self._looking is not None:
                self._looking.cancel()
            self._looking = asyncio.get_running_loop().create_task(self._watch.look_at_new())
        if not why:
            return notes
        return [
            *notes,
            f"Asterisk does not know the phones and trunks of this plan yet, which is tried again: {why}",
        ]

    def _needs_a_restart(self, plan: CallPlan) -> Sequence[str]:
        """Say what of a plan this process, and the Asterisk that 'up' has started, cannot take over."""
        first, last = (self._data.read_state("up") or {}).get("rtp_ports") or (0, 0)
        has, calls = last - first + 1, plan.limits.calls
        if not last or has >= ports_for(calls):
            return ()
        return [
            f"limits.calls is {calls} now, but Asterisk has ports for the sound of fewer ({first}-{last}); "
            "restart 'officesmart-ivr up' to have as many as that needs"
        ]
