"""One call of the fallback: effects of the core become AGI commands, one after the other, and block.

The core waits for whatever comes first; AGI waits for one thing at a time. So what the call waits for is
brought into an order: legs that ring, else the prompt that plays (a key ends it), else the silence up to the
next timer. Timers that run out while Asterisk is at work fire when it is done.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from officesmart_ivr.agi.channel import Channel
from officesmart_ivr.agi.dialling import Dialling
from officesmart_ivr.agi.office import Office
from officesmart_ivr.agi.plans import Served
from officesmart_ivr.core import effects, events, state
from officesmart_ivr.core.call import begin, step
from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.hunt_events import QueueFull
from officesmart_ivr.core.hunt_turn import CONFIRM_KEY
from officesmart_ivr.core.target import OutsideTarget
from officesmart_ivr.errors import CallerGoneError
from officesmart_ivr.observe.logs import mask
from officesmart_ivr.state.call_log import CallRecord

_log = logging.getLogger(__name__)


class AgiCall:
    """A call from its arrival to its end. ``clock`` gives the time, aware and in UTC.

    ``takes_line``: the caller's own phone is in the call, so that its line is busy.
    """

    def __init__(
        self,
        channel: Channel,
        office: Office,
        served: Served,
        caller: state.Caller,
        clock: Callable[[], datetime],
        *,
        takes_line: bool,
    ) -> None:
        self._channel = channel
        self._office = office
        self._served = served
        self._caller = caller
        self._clock = clock
        self._takes_line = takes_line
        self._dialling = Dialling(channel, office.endpoint, self._asks)
        self._events: deque[events.Event] = deque()
        self._timers: dict[str, datetime] = {}
        self._ringing: dict[str, effects.RingLeg] = {}
        self._wrap_up: dict[str, float] = {}
        self._prompt = ""
        self._sounds: deque[str] = deque()
        self._tone = ""
        self._has_music = False
        self._is_heard = False
        self._is_gone = False
        self._state: state.State = begin(caller)
        self.record = CallRecord(caller, clock())

    @property
    def is_over(self) -> bool:
        """Whether the call has ended."""
        return isinstance(self._state, state.Ended)

    def run(self) -> None:
        """Serve the call to its end. What it holds in the office is freed in any case.

        A fault raises; the channel is then still there, for whoever serves it next.
        """
        try:
            if self._takes_line:
                self._office.occupy(self._caller)
            self._take(events.Arrived())
            while not self.is_over:
                self._take(self._next())
        except CallerGoneError:
            self._is_gone = True
            if not self.is_over:
                self._take(events.CallerLeft())
        finally:
            for leg in list(self._wrap_up):
                self._free(leg)
        assert isinstance(self._state, state.Ended)
        self.record.close(self._clock(), self._state.outcome.value)
        self._tell()

    # --- events in

    def _next(self) -> events.Event:
        """Return what happens next; blocks until it does."""
        while not self._events:
            self._wait()
        return self._events.popleft()

    def _wait(self) -> None:
        now = self._clock()
        timer = min(self._timers, key=self._timers.__getitem__, default="")
        if timer and self._timers[timer] <= now:
            self._fire(timer)
        elif self._ringing:
            self._dial((self._timers[timer] - now).total_seconds() if timer else None)
        elif self._sounds:
            self._listen()
        elif timer:
            seconds = (self._timers[timer] - now).total_seconds()
            key = self._channel.wait_for_key(max(1, round(seconds * 1000)))
            if key:
                self._events.append(events.KeyPressed(key))
            else:
                self._fire(timer)
        else:
            raise RuntimeError(
                f"a call in {type(self._state).__name__} waits for something that never happens"
            )

    def _fire(self, timer: str) -> None:
        del self._timers[timer]
        self._events.append(events.TimerFired(timer))

    def _listen(self) -> None:
        """Let the caller hear the next sound of the prompt, until it ends or a key is pressed."""
        self._be_heard()
        key, is_played = self._channel.stream(self._sounds.popleft())
        if key:
            self._events.append(events.KeyPressed(key))
        elif not self._sounds:
            self._events.append(events.PromptEnded(self._prompt, is_played))

    def _dial(self, seconds: float | None) -> None:
        """Ring all legs that are to be rung, for so long at most, and let people talk."""
        legs, self._ringing = self._ringing, {}
        if self._has_music:
            self._be_heard()
        dialled = self._dialling.dial(legs, seconds=seconds, music=self._has_music)
        for ended in dialled.ended:
            self._end(ended)
        if dialled.answered:
            leg = dialled.answered
            self._events.append(events.LegAnswered(leg))
            if self._confirms(leg):
                self._events.append(events.LegKeyPressed(leg, CONFIRM_KEY))
            is_left = dialled.caller_left
            self._events.append(
                events.CallerLeft() if is_left else events.LegEnded(leg, LegOutcome.HUNG_UP, 16)
            )
            self._is_gone = is_left
            self._is_heard = True
        elif seconds is None or min(self._timers.values()) > self._clock():
            # They have stopped ringing by themselves; else the time that is over ends them.
            for leg in dialled.rang_out:
                self._end(events.LegEnded(leg, LegOutcome.NO_ANSWER))

    def _end(self, ended: events.LegEnded) -> None:
        """Take note that a leg has ended without an answer: its line is free."""
        self._free(ended.leg)
        self._events.append(ended)

    def _take(self, event: events.Event) -> None:
        now = self._clock()
        plan = self._served.plan
        self._state, todo = step(plan, self._state, event, now, self._office.overrides())
        for effect in todo:
            if isinstance(effect, effects.Note):
                self.record.note(now, effect)
            elif not isinstance(effect, effects.Ignored):
                self._perform(effect)

    # --- effects out

    def _perform(self, effect: effects.Effect) -> None:
        office, call_id = self._office, self._caller.call_id
        match effect:
            case effects.Answer():
                if not self._is_gone:
                    self._channel.pick_up()
                self._is_heard = True
            case effects.Play(prompt, announcements):
                self._play(prompt, announcements)
            case effects.PlayTone(prompt, tone):
                self._channel.run("PlayTones", tone.value)
                self._tone = prompt
            case effects.StopPrompt(prompt):
                self._stop(prompt)
            case effects.StartTimer(timer, seconds):
                self._timers[timer] = self._clock() + timedelta(seconds=seconds)
            case effects.CancelTimer(timer):
                self._timers.pop(timer, None)
            case effects.RingLeg():
                self._ring(effect)
            case effects.CancelLeg(leg):
                self._free(leg)
            case effects.Connect(leg):
                office.answered(leg)
            case effects.Offer(search=search):
                self._look(office.members(search.group))
                office.offer(call_id, effect, self._events.append)
            case effects.Wait(offer):
                # Who waits must be rung back while nobody is on the line: AGI cannot, so the group is full.
                self._events.append(QueueFull(offer))
            case effects.LeaveHunt(how, leg, line):
                office.leave_hunt(call_id, how, leg, line)
            case effects.Missed(line, limit):
                office.missed(call_id, line, limit)
            case effects.StartMusic():
                self._has_music = True
            case effects.StopMusic():
                self._has_music = False
            case effects.HangUp(cause):
                self._hang_up(cause)

    def _play(self, prompt: str, announcements: tuple[str, ...]) -> None:
        clips = [clip for name in announcements if (clip := self._served.clips.get(name))]
        self._prompt, self._sounds = prompt, deque(clip.path for clip in clips)
        if not clips:
            _log.error("call %s: no sound for %s", self._caller.call_id, ", ".join(announcements))
            self._events.append(events.PromptEnded(prompt, played=False))

    def _stop(self, prompt: str) -> None:
        """Stop a prompt. What Asterisk played has ended already; a tone goes on by itself."""
        if prompt == self._prompt:
            self._sounds.clear()
        if prompt == self._tone:
            self._channel.run("StopPlayTones")
            self._tone = ""

    def _be_heard(self) -> None:
        """Open the way for sound before the answer."""
        if not self._is_heard:
            self._channel.run("Progress")
            self._is_heard = True

    def _ring(self, effect: effects.RingLeg) -> None:
        """Let a leg ring next, if there is a line for it."""
        leg, target = effect.leg, effect.target
        self._wrap_up[leg] = effect.wrap_up_seconds
        refusal: events.LegEnded | None = None
        if isinstance(target, OutsideTarget):
            refusal = self._office.take_outside(leg, target)
        elif not effect.hunt_group:
            self._look([target.extension])
            outcome = self._office.reserve(self._caller.call_id, leg, target.extension)
            refusal = events.LegEnded(leg, outcome) if outcome else None
        if refusal is None:
            self._ringing[leg] = effect
        else:
            self._end(refusal)

    def _look(self, extensions: list[str]) -> None:
        """Ask Asterisk for the state of these phones."""
        self._office.look({each: self._channel.value(f"DEVICE_STATE(PJSIP/{each})") for each in extensions})

    def _free(self, leg: str) -> None:
        """Free the line of a leg; Asterisk has hung it up, or will not be asked to ring it."""
        self._ringing.pop(leg, None)
        self._office.free(leg, self._wrap_up.pop(leg, 0.0))

    def _hang_up(self, cause: effects.Cause) -> None:
        if not self._is_gone:
            self._channel.release(int(cause))

    def _confirms(self, leg: str) -> bool:
        now = self._state
        return isinstance(now, state.Hunting) and leg in now.legs and now.legs[leg].confirms

    def _asks(self, leg: str) -> str:
        """Return the sound that asks whoever answers a leg for a key; empty where nobody is asked."""
        clip = self._served.clips.get("confirm-call") if self._confirms(leg) else None
        return clip.path if clip else ""

    def _tell(self) -> None:
        caller, record = self._caller, self.record
        _log.info(
            "call %s from %s to %s: %s after %.0f s%s",
            caller.call_id,
            mask(caller.number),
            mask(caller.dialled),
            record.outcome,
            (self._clock() - record.began).total_seconds(),
            f", by {', '.join(record.path)}" if record.path else "",
        )
