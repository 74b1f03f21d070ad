"""One simulated call: effects of the core become events of the virtual clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import timedelta

from officesmart_ivr.callplan.caller_keys import HANG_UP, WAIT
from officesmart_ivr.callplan.plan_tests import Answering
from officesmart_ivr.core import effects, events, state
from officesmart_ivr.core.call import begin, step
from officesmart_ivr.core.effects import Cause
from officesmart_ivr.core.events import LegOutcome, RecordingOutcome
from officesmart_ivr.core.hunt_turn import CONFIRM_KEY
from officesmart_ivr.core.target import OutsideTarget, Target
from officesmart_ivr.simulation.clock import Due
from officesmart_ivr.simulation.office import Office, service_zone
from officesmart_ivr.simulation.request import Request
from officesmart_ivr.simulation.result import Result, ended_as, in_order, menus_of, period_of, steps_of
from officesmart_ivr.state.call_log import CallRecord
from officesmart_ivr.state.lines import Offer, change_line, reserve_phone
from officesmart_ivr.state.memory import at_once

ANSWER_SECONDS = 2.0
"""How long a phone rings until somebody takes the call, or rejects it."""

KEY_SECONDS = 0.25
"""How soon the caller presses what is to be pressed, once the call listens and what is said last begins."""

SPEECH_SECONDS = 5.0
"""How long a phone speaks that records an announcement, and does not end it."""

_KEYS = "keys"


class SimulatedCall:
    """A call from its arrival to its end. ``has_settled`` once it has rung somebody, waited, or ended."""

    def __init__(self, office: Office, request: Request) -> None:
        self._office = office
        self._request = request
        self.has_settled = False
        self._keys = list(reversed(request.keys))
        self._events: deque[events.Event] = deque()
        self._is_stepping = False
        self._due: dict[str, Due] = {}
        self._targets: dict[str, Target] = {}
        self._of_groups: set[str] = set()
        self._wrap_up: dict[str, float] = {}
        self._last_begins = office.clock.now()
        self._plays: list[str] = []
        self._offers: list[list[str]] = []
        self._talked_with: tuple[str, Target] | None = None
        is_phone = request.sender in office.plan.plan.extensions
        trunk = next((name for name, each in office.plan.plan.trunks.items() if each.brings_calls), "")
        self._caller = state.Caller(
            office.new_id(),
            request.number,
            request.sender,
            origin=state.Origin.PHONE if is_phone else state.Origin.TRUNK,
            endpoint=request.sender if is_phone else trunk,
        )
        self._record = CallRecord(self._caller, office.clock.now())
        self._state: state.State = begin(self._caller)

    @property
    def is_over(self) -> bool:
        """Whether the call has ended."""
        return isinstance(self._state, state.Ended)

    @property
    def moves(self) -> int:
        """The transitions that count towards the plan's ``limits.steps``."""
        return self._state.journey.steps

    def arrive(self) -> None:
        """Let the call come in."""
        if self._caller.origin is state.Origin.PHONE:
            line, call_id = self._caller.endpoint, self._caller.call_id
            self._office.board.occupy(line, call_id, call_id, self._office.clock.now())
        minutes = self._office.plan.plan.limits.call_minutes
        self._later("limit", minutes * 60.0, events.CallerLeft())
        self._post(events.Arrived())

    def result(self) -> Result:
        """Return what became of the call, which is over."""
        assert isinstance(self._state, state.Ended), "the call lasts"
        plan, record = self._office.plan, self._record
        leg, target = self._talked_with or ("", None)
        names = self._office.names
        zone = service_zone(plan, self._request.number)
        return Result(
            period=period_of(record),
            menus=menus_of(record),
            plays=self._plays,
            offers=self._offers,
            connected=target.line if target else None,
            ended=ended_as(self._state.outcome, target, record, in_group=leg in self._of_groups),
            steps=steps_of(record, names, plan.plan.company.language, zone),
        )

    # --- events in

    def _post(self, event: events.Event) -> None:
        """Take one event after the other: what an effect reports at once waits until its step is done."""
        self._events.append(event)
        if self._is_stepping:
            return
        self._is_stepping = True
        try:
            while self._events:
                self._step(self._events.popleft())
        finally:
            self._is_stepping = False
        self._look_around()

    def _step(self, event: events.Event) -> None:
        if self.is_over:
            return
        now = self._office.clock.now()
        was = self._state
        self._state, todo = step(self._office.plan, was, event, now, self._office.overrides)
        wave: list[str] = []
        for effect in todo:
            if isinstance(effect, effects.Note):
                self._record.note(now, effect)
            elif isinstance(effect, effects.RingLeg):
                if self._ring(effect):
                    wave.append(effect.target.line)
            elif not isinstance(effect, effects.Ignored):
                self._perform(effect)
        if wave:
            self._offers.append(in_order(wave, self._configured()))
        if isinstance(event, events.TimerFired) and isinstance(was, state.InMenu) and not was.entry:
            self._waited()
        if self.is_over:
            self._clean_up()

    def _later(self, name: str, seconds: float, event: events.Event) -> None:
        def due() -> None:
            self._due.pop(name, None)
            self._post(event)

        self._due[name] = self._office.clock.later(seconds, due)

    def _forget(self, name: str) -> None:
        if due := self._due.pop(name, None):
            due.cancel()

    # --- effects out

    def _perform(self, effect: effects.Effect) -> None:
        office, call_id = self._office, self._caller.call_id
        match effect:
            case effects.Play(prompt, announcements):
                self._plays += announcements
                self._play(prompt, announcements)
                before_last = timedelta(seconds=sum(map(office.seconds, announcements[:-1])))
                self._last_begins = office.clock.now() + before_last
            case effects.PlayToLeg(leg, prompt, announcements):
                self._play(prompt, announcements)
                if office.answering(self._targets[leg].line) is Answering.FREE:
                    self._later(leg, ANSWER_SECONDS, events.LegKeyPressed(leg, CONFIRM_KEY))
            case effects.StopPrompt(name):
                self._last_begins = office.clock.now()
                self._forget(name)
            case effects.CancelTimer(name):
                self._forget(name)
            case effects.StartTimer(timer, seconds):
                self._later(timer, seconds, events.TimerFired(timer))
            case effects.CancelLeg(leg):
                self._free(leg)
            case effects.Connect(leg):
                office.board.answered(leg)
                self._talked_with = leg, self._targets[leg]
                self._later("talk", self._request.lasts, events.CallerLeft())
            case effects.Offer():
                office.offer(call_id, effect, self._post)
            case effects.Wait():
                office.wait(call_id, effect)
            case effects.LeaveHunt(how, leg, line):
                office.hunts.leave(call_id, how, leg, line)
            case effects.Missed(line, limit):
                office.hunts.missed(call_id, line, limit)
            case effects.ToggleLine(line, switch):
                change = office.board.view(office.clock.now()).line(line).toggled(switch)
                change_line(office.board, line, change, office.clock.now())
                self._post(events.LineToggled(change))
            case effects.SetOverride(multiselection, override):
                office.set_override(multiselection, override)
            case effects.StartRecording(recording, _, _, seconds, _):
                ended = events.RecordingEnded(recording, RecordingOutcome.KEPT, SPEECH_SECONDS)
                self._last_begins = office.clock.now()
                self._later(recording, min(seconds, SPEECH_SECONDS), ended)
            case effects.StopRecording(recording):
                self._forget(recording)
                self._post(events.RecordingEnded(recording, RecordingOutcome.KEPT, SPEECH_SECONDS))
            case effects.PlayRecording(prompt):
                self._later(prompt, SPEECH_SECONDS, events.PromptEnded(prompt))
                self._last_begins = office.clock.now()
            case effects.SaveRecording(recording):
                # A simulation changes nothing.
                self._post(events.RecordingSaved(recording, saved=True))
            case effects.PickUp():
                # Of what rings at other phones a simulation knows only its own calls, and these are answered.
                self._post(events.NothingRings())

    def _play(self, prompt: str, announcements: tuple[str, ...]) -> None:
        seconds = sum(map(self._office.seconds, announcements))
        self._later(prompt, seconds, events.PromptEnded(prompt))

    def _ring(self, effect: effects.RingLeg) -> bool:
        """Ring a line; say whether its phone is rung at all."""
        leg, target = effect.leg, effect.target
        self._wrap_up[leg] = effect.wrap_up_seconds
        if isinstance(target, OutsideTarget):
            refusal = self._office.outside.take(leg, target)
        else:
            refusal = None if effect.hunt_group else self._reserve(leg, target.line)
        if refusal is not None:
            self._free(leg)
            self._post(refusal)
            return False
        self._targets[leg] = target
        if effect.hunt_group:
            self._of_groups.add(leg)
        return self._called(leg, target)

    def _reserve(self, leg: str, extension: str) -> events.LegEnded | None:
        """Reserve the line of a phone that no group has reserved; say why it cannot be."""
        office = self._office
        known = office.plan.plan.extensions.get(extension)
        offer = Offer(extension, leg, known.max_calls if known else 1)
        refused = at_once(reserve_phone(office.board, self._caller.call_id, offer, office.clock.now()))
        return events.LegEnded(leg, refused) if refused else None

    def _called(self, leg: str, target: Target) -> bool:
        """Let whoever is called do what the request says; say whether anything rings there."""
        answering, is_outside = self._office.answering(target.line), isinstance(target, OutsideTarget)
        if answering is Answering.UNREACHABLE:
            self._end_later(leg, 0, LegOutcome.UNREACHABLE, Cause.SUBSCRIBER_ABSENT if is_outside else 0)
            return is_outside
        if answering is Answering.BUSY and is_outside:
            self._end_later(leg, 0, LegOutcome.BUSY, Cause.BUSY)
            return True
        self._later(f"{leg} rings", 0, events.LegRinging(leg))
        if answering is Answering.FREE:
            self._later(leg, ANSWER_SECONDS, events.LegAnswered(leg))
        elif answering is Answering.REJECTS:
            self._end_later(leg, ANSWER_SECONDS, LegOutcome.REJECTED, Cause.REJECTED)
        return True

    def _end_later(self, leg: str, seconds: float, outcome: LegOutcome, cause: int) -> None:
        def end() -> None:
            self._free(leg)
            self._post(events.LegEnded(leg, outcome, cause))

        self._due[leg] = self._office.clock.later(seconds, end)

    def _free(self, leg: str) -> None:
        """Let nothing more come of a leg, and free its line."""
        self._forget(leg)
        self._forget(f"{leg} rings")
        office = self._office
        office.outside.give_back(leg)
        office.hunts.talk_over(leg)
        office.board.release(leg, office.clock.now(), wrap_up=self._wrap_up.pop(leg, 0.0))

    def _clean_up(self) -> None:
        """Leave nothing behind."""
        for leg in list(self._wrap_up):
            self._free(leg)
        for name in list(self._due):
            self._forget(name)
        call_id, now = self._caller.call_id, self._office.clock.now()
        self._office.hunts.leave(call_id, effects.HuntEnd.ABANDONED)
        self._office.board.release_call(call_id, now)

    # --- the caller

    def _look_around(self) -> None:
        """See whether the call rests, and do with the keys what is to be done here."""
        match self._state:
            case state.Ringing() | state.Talking() | state.Ended():
                self.has_settled = True
            case state.Hunting(legs=legs, waits=waits) if legs or waits:
                self.has_settled = True
        if self._keys and not self.is_over and _KEYS not in self._due and self._may_press(self._keys[-1]):
            # Keys belong to what is said last: whoever presses one earlier has not heard what it means.
            speaks = (self._last_begins - self._office.clock.now()).total_seconds()
            self._due[_KEYS] = self._office.clock.later(max(0.0, speaks) + KEY_SECONDS, self._press)

    def _may_press(self, entry: str) -> bool:
        return entry == HANG_UP or (entry != WAIT and self._listens())

    def _listens(self) -> bool:
        match self._state:
            case state.InMenu(entry=entry) | state.EnteringPin(entry=entry):
                return not entry
            case state.ChoosingAnnouncement(entry=entry):
                return not entry
            case state.ChoosingOverride() | state.Recording() | state.Reviewing():
                return True
            case state.Hunting(waits=waits):
                return waits
        return False

    def _press(self) -> None:
        del self._due[_KEYS]
        if not self._may_press(self._keys[-1]) or self._office.clock.now() < self._last_begins:
            self._look_around()
            return
        entry = self._keys.pop()
        if entry == HANG_UP:
            self._post(events.CallerLeft())
            return
        for key in entry:
            self._post(events.KeyPressed(key))

    def _waited(self) -> None:
        """Take note that the caller has let a menu's no-input time pass."""
        if self._keys and self._keys[-1] == WAIT:
            self._keys.pop()

    def _configured(self) -> Sequence[str]:
        return self._state.group.order if isinstance(self._state, state.Hunting) and self._state.group else ()
