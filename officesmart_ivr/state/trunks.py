"""The state of the trunks: which carriers are there, and which have taken our registration."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from officesmart_ivr.callplan.model import Trunk

_log = logging.getLogger(__name__)


class Registration(StrEnum):
    """What is known of a registration at a carrier."""

    UNKNOWN = "unknown"
    TRYING = "trying"
    REGISTERED = "registered"
    REJECTED = "rejected"


class TrunkState(StrEnum):
    """How a trunk does.

    ``incoming`` has no server that could be asked; ``reachable`` needs no registration; ``unknown`` is
    reachable, but nobody can say whether its registration stands.
    """

    INCOMING = "incoming"
    TRYING = "trying"
    UNREACHABLE = "unreachable"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    REACHABLE = "reachable"
    REGISTERED = "registered"

    @property
    def is_down(self) -> bool:
        """Say whether it is known that no call gets through."""
        return self in (TrunkState.UNREACHABLE, TrunkState.REJECTED)


class TrunkStatus(msgspec.Struct, frozen=True):
    """The state of a trunk, since when it holds, and why; the reason is in words, empty where all is well."""

    state: TrunkState
    since: datetime
    reason: str = ""


_REASONS = {
    TrunkState.TRYING: "the server has not answered yet",
    TrunkState.UNREACHABLE: "the server does not answer (SIP OPTIONS)",
    TrunkState.REJECTED: "the server does not take the registration: check user name and password",
}


def _line(trunk: Trunk) -> tuple[object, ...]:
    """Return what of a trunk decides whether it is there."""
    return trunk.server, trunk.username, trunk.password, trunk.registers


class _Known:
    """What is known of one trunk."""

    def __init__(self, trunk: Trunk, registration: Registration, now: datetime) -> None:
        self.trunk = trunk
        self.is_reachable: bool | None = None
        self.registration = registration
        self.lost: TrunkState | None = None
        self.status = TrunkStatus(self.state(), now, _REASONS.get(self.state(), ""))

    def state(self) -> TrunkState:
        if self.trunk.server is None:
            return TrunkState.INCOMING
        if self.is_reachable is None:
            return TrunkState.TRYING
        if not self.is_reachable:
            return TrunkState.UNREACHABLE
        return TrunkState(self.registration) if self.trunk.registers else TrunkState.REACHABLE

    def is_back(self) -> bool:
        """Say whether what was lost is proven to work again."""
        if self.lost is TrunkState.UNREACHABLE and self.registration is Registration.UNKNOWN:
            return True
        return self.state() in (TrunkState.REACHABLE, TrunkState.REGISTERED)


class TrunkBoard:
    """The state of all trunks of the plan. Reports about others are ignored: they are late.

    Times are aware and in UTC; ``now`` is passed in. The loss of a trunk and its return are logged, each
    once.
    """

    def __init__(self) -> None:
        self._trunks: dict[str, _Known] = {}
        self._unknown_because = ""

    def follow(self, trunks: Mapping[str, Trunk], now: datetime) -> None:
        """Know these trunks and no others; what is known of one that has not changed is kept."""
        registration = Registration.UNKNOWN if self._unknown_because else Registration.TRYING
        before, self._trunks = self._trunks, {}
        for name, trunk in trunks.items():
            known = before.get(name)
            if known is None or _line(known.trunk) != _line(trunk):
                known = _Known(trunk, registration, now)
            known.trunk = trunk
            self._trunks[name] = known

    def view(self) -> Mapping[str, TrunkStatus]:
        """Show the state of each trunk, by its name in the plan."""
        return {name: known.status for name, known in self._trunks.items()}

    def state(self, trunk: str) -> TrunkState:
        """Return the state of one trunk; unknown for one that the plan has no more."""
        known = self._trunks.get(trunk)
        return known.status.state if known else TrunkState.UNKNOWN

    def reached(self, trunk: str, is_reachable: bool, now: datetime) -> bool:
        """Take note whether the server answers; say whether it is back after it did not.

        One that was away may have forgotten us, so its registration is then to be tried anew.
        """
        known = self._trunks.get(trunk)
        if known is None:
            return False
        is_back = is_reachable and known.is_reachable is False
        known.is_reachable = is_reachable
        if is_back and known.registration is not Registration.UNKNOWN:
            known.registration = Registration.TRYING
        self._settle(trunk, known, now)
        return is_back

    def registration(self, trunk: str, registration: Registration, now: datetime) -> None:
        """Take note of what the server says to our registration."""
        if known := self._trunks.get(trunk):
            known.registration = registration
            self._settle(trunk, known, now)

    def registrations_followed(self, now: datetime) -> None:
        """Take note that from now on somebody tells of registrations."""
        self._unknown_because = ""
        for name in self._trunks:
            self.registration(name, Registration.TRYING, now)

    def registrations_unknown(self, because: str, now: datetime) -> None:
        """Take note that nobody tells of registrations any more, and why."""
        self._unknown_because = because
        for name in self._trunks:
            self.registration(name, Registration.UNKNOWN, now)

    def _settle(self, name: str, known: _Known, now: datetime) -> None:
        """Bring the status up to date, and tell of a loss or a return."""
        state = known.state()
        reason = self._unknown_because if state is TrunkState.UNKNOWN else _REASONS.get(state, "")
        if (state, reason) == (known.status.state, known.status.reason):
            return
        since = known.status.since if state is known.status.state else now
        known.status = TrunkStatus(state, since, reason)
        if state.is_down:
            if state is not known.lost:
                _log.warning("trunk %s is lost, %s: %s", name, state.value, reason)
            known.lost = state
        elif known.lost and known.is_back():
            _log.warning("trunk %s is back: %s", name, state.value)
            known.lost = None
