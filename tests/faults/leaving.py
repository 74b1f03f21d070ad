"""R9: the caller leaves in every state of a call; whoever rings or talks stops within half a second.

The application tells each state that a call comes into; the caller hangs up in that moment, or up to a tenth
of a second later.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from officesmart_ivr.calls.exchange import Circumstances
from officesmart_ivr.core.events import Event
from officesmart_ivr.core.state import (
    Announcing,
    CallingPhone,
    ChoosingAnnouncement,
    ChoosingOverride,
    Ended,
    EnteringPin,
    Hunting,
    InMenu,
    New,
    PickingUp,
    Recording,
    RecordingSoon,
    Reviewing,
    Ringing,
    Saving,
    State,
    Talking,
    ToCall,
    Toggling,
)
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.errors import PhoneError
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.waiting import Signal
from tests.faults.trial import PERSON, Trial, nothing_left, office, person_port
from tests.live.hunting import phones
from tests.live.station import Station, until

LATEST_NS = 500_000_000
"""How long a phone may ring or talk on when the caller has left."""
LINGERS_SECONDS = 0.1
SPEECH, SPEECH_SECONDS = ".", 0.5

PIN = "2580"
CALLER, COMPANY = "3331234567", "3339876543"
"""Who leaves, and somebody else who calls before."""

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "201": {name: Anna}
  "202": {name: Bruno}
  "203": {name: Carla}
trunks:
  tester: {from_addresses: ["127.0.0.1/32"]}
  carrier: {server: "PERSON"}
outside_calls: {trunk: carrier, allow: ["+39"]}
announcements:
ANNOUNCEMENTS
  note: {file: directions.wav, record_number: "12"}
  record-after-tone: {file: second.wav}
  recording-choice: {file: second.wav}
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {otherwise: {menu: day}}
    override_keys: {"1": day}
    menus:
      day:
        announcement: sales
        dial_extensions: true
        keys:
          "1": {extension: "201"}
          "5": {extension: "201", announcement: wait}
          "#": hang_up
        no_input: {seconds: 5, attempts: 2}
hunt_groups:
  pair: {name: Coppia, numbers: ["500"], strategy: ring_all, members: ["201", "202"]}
  row: {name: Fila, numbers: ["501"], members: ["203", "201"], ring_seconds: 1}
  queue: {name: Coda, numbers: ["502"], members: ["201"], music: default, queue: {announcement: wait}}
  outside: {name: Fuori, numbers: ["503"], members: [{outside: "3337654321"}, "202"]}
service_codes: {pick_up: "*8", login: "*45", record: "*77", override: "*28", pin: {secret: service-pin}}
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a call has come when its caller leaves.

    ``phone`` calls ``number``, or somebody outside does; without a number, the office calls the phone.
    ``keys`` are pressed in these states, each ``.`` being half a second of speech. ``when`` says whether it
    is this stage of the state. ``answers``: the phones that answer, while the others ring. ``company``: what
    somebody else has called before.
    """

    name: str
    state: type[State]
    number: str
    keys: Mapping[type[State], str] = field(default_factory=dict)
    phone: str = ""
    when: Callable[[State], bool] = lambda _: True
    answers: tuple[str, ...] = ()
    company: str = ""

    def is_ours(self, state: State) -> bool:
        """Say whether this is the state of the call that the caller leaves."""
        caller = state.journey.caller
        return caller.endpoint == self.phone if self.phone else caller.number == CALLER


def _types(state: State) -> bool:
    return isinstance(state, InMenu) and bool(state.entry)


def _rings(line: str) -> Callable[[State], bool]:
    return lambda state: (
        isinstance(state, Hunting) and any(member.id == line for member in state.legs.values())
    )


_PIN: Mapping[type[State], str] = {EnteringPin: f"{PIN}#"}
_RECORDED: Mapping[type[State], str] = {**_PIN, RecordingSoon: "5", Recording: "..#"}

STAGES = (
    Stage("sent", New, "500"),
    Stage("menu speaks", InMenu, "100", when=lambda state: isinstance(state, InMenu) and bool(state.prompt)),
    Stage("menu waits", InMenu, "100", when=lambda state: isinstance(state, InMenu) and not state.prompt),
    Stage(
        "types",
        InMenu,
        "100",
        {InMenu: "2"},
        when=lambda state: isinstance(state, InMenu) and bool(state.entry),
    ),
    Stage("announcement", Announcing, "100", {InMenu: "5"}),
    Stage("rings", Ringing, "100", {InMenu: "1"}),
    Stage("rings directly", Ringing, "203"),
    Stage("is answered", Talking, "201", answers=("201",)),
    Stage("is answered by a group", Talking, "500", answers=("201", "202")),
    Stage("hunt begins", Hunting, "500"),
    Stage("all ring", Hunting, "500", when=_rings("202")),
    Stage("the next rings", Hunting, "501", when=_rings("201")),
    Stage(
        "waits",
        Hunting,
        "502",
        when=lambda state: isinstance(state, Hunting) and state.waits,
        answers=("201",),
        company="502",
    ),
    Stage(
        "waits with an announcement",
        Hunting,
        "502",
        when=lambda state: isinstance(state, Hunting) and state.waits and bool(state.prompt),
        answers=("201",),
        company="502",
    ),
    Stage(
        "a key is asked for",
        Hunting,
        "503",
        when=lambda state: isinstance(state, Hunting) and bool(state.asked),
    ),
    Stage("picks up", PickingUp, "*8201", phone="203", company="201"),
    Stage("PIN", EnteringPin, "*28", phone="203"),
    Stage("switch", Toggling, "*45", phone="203"),
    Stage("override", ChoosingOverride, "*28", _PIN, phone="203"),
    Stage("which announcement", ChoosingAnnouncement, "*77", _PIN, phone="203"),
    Stage("before the tone", RecordingSoon, "*7712", _PIN, phone="203"),
    Stage("records", Recording, "*7712", {**_PIN, RecordingSoon: "5"}, phone="203"),
    Stage("has recorded", Reviewing, "*7712", _RECORDED, phone="203"),
    Stage("saves", Saving, "*7712", {**_RECORDED, Reviewing: "3"}, phone="203"),
    Stage("is called to record", CallingPhone, "", phone="203"),
    Stage("is being released", Ended, "100", {InMenu: "#"}),
)

NOBODY_IS_THERE = {ToCall}
"""States in which no caller can leave: the office has not called him yet."""


class Watch:
    """Knows the stages that the call has come to."""

    def __init__(self) -> None:
        self._stage = STAGES[0]
        self._reached = False
        self._seen: set[type[State]] = set()
        self._changed = Signal()

    def for_(self, stage: Stage) -> None:
        """Look out for a stage from now on."""
        self._stage, self._reached = stage, False
        self._seen = set()

    def see(self, call_id: str, event: Event, state: State) -> None:
        """Take what the application tells."""
        if self._stage.is_ours(state):
            self._seen.add(type(state))
            self._reached |= isinstance(state, self._stage.state) and self._stage.when(state)
            self._changed.notify()

    async def reached(self) -> None:
        """Wait until the call has come so far."""
        await self._changed.until(
            lambda: self._reached or None,
            within=10,
            what=lambda: f"no call came to the stage '{self._stage.name}'",
        )

    async def comes_to(self, state: type[State]) -> None:
        """Wait until the call has come to a state."""
        await self._changed.until(
            lambda: True if state in self._seen else None, within=10, what=lambda: f"no {state.__name__}"
        )


async def run(trial: Trial) -> str:
    """Leave so often, at each stage in turn. Returns the figures."""
    missing = set(State.__subclasses__()) - {stage.state for stage in STAGES} - NOBODY_IS_THERE
    assert not missing, f"states without a stage at which the caller leaves: {missing}"
    watch, chance, port = Watch(), Random(trial.seed), person_port()
    longest: Counter[str] = Counter()
    async with (
        office(
            trial,
            PLAN.replace("PERSON", f"{PERSON}:{port}"),
            known_secrets=f'service-pin: "{PIN}"\n',
            circumstances=Circumstances(watcher=watch.see),
        ) as (station, before),
    ):
        async with (
            phones(station, dict.fromkeys(("201", "202", "203"))) as members,
            station.caller(CALLER) as caller,
            Phone("outside", server=station.server, host=PERSON, port=port) as person,
        ):
            person.behaviour = behaviours.answer()
            people = {**members, "": caller, "outside": person}
            for number in range(trial.count):
                stage = STAGES[number % len(STAGES)]
                await _leave(station, watch, stage, people, chance, longest)
        lost = await nothing_left(station, before)
    name, took = longest.most_common(1)[0]
    return (
        f"left {trial.count} times at {len(STAGES)} stages of {len(State.__subclasses__())} states; whoever "
        f"rang or talked was released within {took / 1e6:.0f} ms ({name}); {lost}"
    )


async def _leave(
    station: Station,
    watch: Watch,
    stage: Stage,
    people: dict[str, Phone],
    chance: Random,
    longest: Counter[str],
) -> None:
    for name in ("201", "202", "203"):
        people[name].behaviour = behaviours.answer() if name in stage.answers else behaviours.ring()
    rung_before = {name: len(phone.received) for name, phone in people.items()}
    company = people[""].call(stage.company, from_user=COMPANY) if stage.company else None
    if company:
        await (company.answered() if stage.answers else company.ringing())
    watch.for_(stage)
    if stage.number:
        call: Call = people[stage.phone].call(stage.number)
    else:
        station.app.facade().recordings.call("note", stage.phone)
        await until(lambda: len(people[stage.phone].received) > rung_before[stage.phone])
        call = people[stage.phone].received[-1]
    presses = asyncio.create_task(_press(watch, call, stage.keys))
    if stage.state is not New:
        await watch.reached()
    if chance.random() < 0.5:
        await asyncio.sleep(chance.uniform(0, LINGERS_SECONDS))
    left = time.monotonic_ns()
    await asyncio.gather(*(each.hang_up() for each in (call, company) if each))
    presses.cancel()
    for name, phone in people.items():
        for rung in phone.received[rung_before[name] :]:
            await rung.ended(within=1)
            took = rung.ended_ns - left
            longest[stage.name] = max(longest[stage.name], took)
            assert took < LATEST_NS, f"{stage.name}: {name} was released {took / 1e6:.0f} ms later"
    await station.settle()


async def _press(watch: Watch, call: Call, keys: Mapping[type[State], str]) -> None:
    with suppress(PhoneError):  # the call may be over before all are pressed
        for state, row in keys.items():
            await call.answered()
            await watch.comes_to(state)
            call.rtp.say_tone(2000)
            for key in row:
                await (asyncio.sleep(SPEECH_SECONDS) if key == SPEECH else call.press(key))
