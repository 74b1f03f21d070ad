"""The caller of a live test: what he does with his keys, what he hears, and what became of his call."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from officesmart_ivr.callplan.caller_keys import HANG_UP, WAIT
from officesmart_ivr.callplan.plan_tests import Ended
from officesmart_ivr.core import state
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import Outcome
from officesmart_ivr.errors import LiveTestError
from officesmart_ivr.livetest.codewords import BUSY_TONE
from officesmart_ivr.livetest.people import VOICE, Person
from officesmart_ivr.livetest.stage import Stage
from officesmart_ivr.livetest.watched import Watched
from officesmart_ivr.observe.names import names_of
from officesmart_ivr.simulation.call import KEY_SECONDS
from officesmart_ivr.simulation.office import service_zone
from officesmart_ivr.simulation.request import Request
from officesmart_ivr.simulation.result import Result, ended_as, in_order, menus_of, period_of, steps_of
from officesmart_ivr.state.call_log import CallRecord
from officesmart_ivr.testcall.outgoing import OutgoingCall

_KEY_TONE_SECONDS = 0.08
"""Asterisk makes shorter ones that long."""
_KEY_GAP_SECONDS = 0.06

_RELEASED: dict[Ended, frozenset[int]] = {
    Ended.HANG_UP: frozenset({403, 480, 603}),
    Ended.BUSY: frozenset({403, 486, 503, 603}),
    Ended.NO_ANSWER: frozenset({408, 480}),
    Ended.UNREACHABLE: frozenset({404, 480, 503}),
    Ended.REFUSED: frozenset({403, 404, 603}),
    Ended.LIMIT: frozenset({480, 603}),
}
"""With which SIP status a caller may be released who was never answered."""

_BY_CALLER = frozenset({Ended.CONNECTED, Ended.FORWARDED, Ended.CALLER_LEFT})
"""Ends that the caller of a test brings about himself; those called never hang up."""


class LiveCall:
    """A call of a test, from its INVITE to what became of it."""

    def __init__(
        self, stage: Stage, request: Request, call: OutgoingCall, record: CallRecord, watched: Watched
    ) -> None:
        self._stage = stage
        self._request = request
        self._call = call
        self._record = record
        self._watched = watched
        self._keys = list(reversed(request.keys))
        self._key_is_due = self._hang_up_is_due = False
        self._prompts: dict[str, bool] = {}
        self._last_begins = stage.clock.now()
        self._offers: list[list[str]] = []
        self._connected: str | None = None
        self._heard_busy = False
        watched.silence = self._let_time_pass
        stage.clock.later(stage.plan.plan.limits.call_minutes * 60.0, self._leave)

    @property
    def call_id(self) -> str:
        """The application's id of the call."""
        return self._record.caller.call_id

    @property
    def has_settled(self) -> bool:
        """Whether the call has rung somebody, waited, or ended."""
        return self._watched.has_settled

    @property
    def is_over(self) -> bool:
        """Whether both sides know that the call has ended."""
        return bool(self._record.outcome) and self._call.ending is not None

    @property
    def is_ending(self) -> bool:
        """Whether one side knows it, and not the other."""
        return (self._watched.is_over or self._call.ending is not None) and not self.is_over

    # --- does time pass for it?

    def rests(self, now: state.State, ringing: Iterable[str]) -> bool:
        """Say whether nothing is under way, so that what happens next is a matter of time.

        Whatever was announced has then been heard. ``ringing`` are the legs whose phones ring.
        """
        match now:
            case state.InMenu(prompt=prompt) | state.EnteringPin(prompt=prompt):
                return self._prompt_rests(prompt)
            case state.ChoosingOverride(prompt=prompt) | state.ChoosingAnnouncement(prompt=prompt):
                return self._prompt_rests(prompt)
            case state.RecordingSoon(prompt=prompt) | state.Reviewing(prompt=prompt):
                return self._prompt_rests(prompt)
            case state.Announcing(prompt=prompt, timer=timer):
                return self._hears_busy() if timer else self._prompt_rests(prompt)
            case state.Ringing(leg=leg):
                return leg in ringing
            case state.Hunting(legs=legs, asked=asked, waits=waits, prompt=prompt):
                rung = all(leg in ringing or (leg in asked and self._stage.was_asked(leg)) for leg in legs)
                return bool(legs or waits) and rung and self._prompt_rests(prompt)
            case state.Talking(leg=leg):
                return self._hears(self._stage.who_answered(leg))
        return False

    def _prompt_rests(self, prompt: str) -> bool:
        """Say whether a prompt has been heard and has more time to go; its real end is to be waited for."""
        announced = self._announced()
        if len(self.plays) < sum(map(len, announced)):
            return False
        if not prompt:
            return True
        if prompt not in self._prompts:
            # The real one is a short tone. By the office's clock it lasts as long as the admin's.
            self._prompts[prompt] = False
            last = announced[-1]
            seconds = [self._stage.seconds(name) for name in last]
            self._last_begins = self._stage.clock.now() + timedelta(seconds=sum(seconds[:-1]))
            self._stage.clock.later(sum(seconds), lambda: self._has_lasted(prompt))
        return not self._prompts[prompt]

    def _has_lasted(self, prompt: str) -> None:
        self._prompts[prompt] = True

    def _announced(self) -> list[tuple[str, ...]]:
        notes = (step.note for step in self._record.steps)
        return [tuple(note.about["announcements"].split()) for note in notes if note.fact is Fact.PLAYS]

    def _hears_busy(self) -> bool:
        heard = self._call.rtp.heard.find(BUSY_TONE, after=self._watched.since_ns)
        self._heard_busy = self._heard_busy or heard is not None
        return heard is not None

    def _hears(self, person: Person | None) -> bool:
        """Say whether the caller hears whoever has answered."""
        if person is None:
            return True
        if person.name in self._voices():
            self._connected = person.line
        return self._connected == person.line

    # --- what is done at rest

    def look_around(self, now: state.State) -> None:
        """Do with the keys what is to be done here; hang up when people have talked long enough."""
        if isinstance(now, state.Talking) and not self._hang_up_is_due:
            self._hang_up_is_due = True
            self._stage.clock.later(self._request.lasts, self._leave)
        if self._keys and not self._key_is_due and self._may_press(now):
            self._key_is_due = True
            speaks = (self._last_begins - self._stage.clock.now()).total_seconds()
            self._stage.clock.later(max(0.0, speaks) + KEY_SECONDS, self._press)

    def offered(self, lines: Iterable[str], now: state.State) -> None:
        """Take note of the lines that have begun to ring together."""
        group = now.group if isinstance(now, state.Hunting) else None
        self._offers.append(in_order(lines, group.order if group else ()))

    def _may_press(self, now: state.State | None) -> bool:
        entry = self._keys[-1]
        return entry == HANG_UP or (entry != WAIT and _listens(now))

    def _press(self) -> None:
        self._key_is_due = False
        is_early = self._stage.clock.now() < self._last_begins
        if is_early or self._watched.is_over or not self._may_press(self._watched.state):
            return
        entry = self._keys.pop()
        if entry == HANG_UP:
            self._leave()
        else:
            self._stage.begin(self._press_keys(entry))

    async def _press_keys(self, keys: str) -> None:
        before = self._watched.keys
        await self._call.press(keys, seconds=_KEY_TONE_SECONDS, gap=_KEY_GAP_SECONDS)
        await self._stage.until(lambda: self._watched.is_over or self._watched.keys >= before + len(keys))

    def _leave(self) -> None:
        if self._call.ending is None and not self._watched.is_over:
            self._stage.begin(self._call.hang_up())

    def _let_time_pass(self) -> None:
        if self._keys and self._keys[-1] == WAIT:
            self._keys.pop()

    # --- what became of it

    @property
    def plays(self) -> list[str]:
        """The announcements that the caller has heard."""
        return [name for name in self._heard() if not name.startswith(VOICE)]

    def _heard(self) -> list[str]:
        return [name for name, _ in self._stage.codewords.heard(self._call.rtp.segments)]

    def _voices(self) -> set[str]:
        return {name for name in self._heard() if name.startswith(VOICE)}

    def result(self) -> Result:
        """Return what became of the call, which is over. Raises LiveTestError where its sides contradict."""
        plan, watched = self._stage.plan, self._watched
        try:
            outcome = Outcome(self._record.outcome)
        except ValueError:
            raise LiveTestError(f"the application ended the call as '{self._record.outcome}'") from None
        ended = ended_as(outcome, watched.talked_with, self._record, in_group=watched.in_group)
        self._compare(ended)
        zone = service_zone(plan, self._request.number)
        return Result(
            period=period_of(self._record),
            menus=menus_of(self._record),
            plays=self.plays,
            offers=self._offers,
            connected=self._connected,
            ended=ended,
            steps=steps_of(self._record, names_of(plan.plan), plan.plan.company.language, zone),
        )

    def _compare(self, ended: Ended) -> None:
        """Hold the log against what the caller's phone has seen."""
        seen = self._call.ending
        assert seen is not None, "the call lasts"
        if seen.by_us:
            agree = ended in _BY_CALLER
        elif self._call.answered_ns:
            agree = ended not in _BY_CALLER
        else:
            agree = seen.status in _RELEASED.get(ended, ())
        if not agree:
            who = "the caller" if seen.by_us else "the office"
            raise LiveTestError(
                f"the log says that the call ended as '{ended.value}', but {who} ended it with SIP "
                f"{seen.status}, cause {seen.cause}"
            )

    def __str__(self) -> str:
        """Tell how far it is, for who looks for a fault."""
        now = self._watched.state
        announced = [name for names in self._announced() for name in names]
        return (
            f"call to {self._request.number} in {type(now).__name__}: announced {announced}, "
            f"heard {self._heard()}, {self._call.rtp.heard}"
        )


def _listens(now: state.State | None) -> bool:
    match now:
        case state.InMenu(entry=entry) | state.EnteringPin(entry=entry):
            return not entry
        case state.ChoosingOverride():
            return True
        case state.Hunting(waits=waits):
            return waits
    return False
