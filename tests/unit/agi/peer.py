"""Asterisk's side of the fallback, and the people who call and are called, under a clock of the test's own.

The peer answers AGI commands over a real socket as Asterisk does. Whatever takes time puts the clock forward.
People do what a request of a simulation says, with the same times as there.
"""

from __future__ import annotations

import re
import socket
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from officesmart_ivr.agi import kept
from officesmart_ivr.agi.call import AgiCall
from officesmart_ivr.agi.channel import Channel
from officesmart_ivr.agi.kept import KeptPlan, KeptState
from officesmart_ivr.agi.office import Office
from officesmart_ivr.agi.plans import Plans
from officesmart_ivr.announcements.catalogue import Clip
from officesmart_ivr.callplan.caller_keys import HANG_UP, WAIT
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS
from officesmart_ivr.callplan.plan_tests import Answering
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.overrides import Override
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.state import Caller, Ended, Origin
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget
from officesmart_ivr.observe.names import names_of
from officesmart_ivr.simulation.call import ANSWER_SECONDS, KEY_SECONDS
from officesmart_ivr.simulation.office import service_zone
from officesmart_ivr.simulation.request import Request
from officesmart_ivr.simulation.result import Result, ended_as, in_order, menus_of, period_of, steps_of
from officesmart_ivr.simulation.run import BETWEEN_SECONDS
from officesmart_ivr.state.call_log import ANSWERED

SOUNDS = "/sounds/"
SECONDS = 1.0
"""How long each announcement lasts."""

_COMMAND = re.compile(r'"([^"]*)"|(\S+)')


class Clock:
    """The time of a test."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class World:
    """An office of the fallback with a plan that the application has left in a folder."""

    def __init__(self, folder: Path, plan: PreparedPlan, texts: Mapping[str, bytes], began: datetime) -> None:
        self.folder = folder
        self.plan = plan
        names = {*SYSTEM_PROMPTS, *plan.plan.announcements}
        self.clips = {name: Clip(SOUNDS + name, SECONDS) for name in names}
        own = {name: text for name, text in texts.items() if not name.endswith(".ics")}
        calendars = {name: text for name, text in texts.items() if name.endswith(".ics")}
        folder.mkdir(exist_ok=True)
        (folder / kept.PLAN_FILE).write_bytes(kept.encoded(KeptPlan(7, own, calendars, self.clips)))
        self.clock = Clock(began)
        self.office = Office(Plans(folder), self.clock)
        self._calls = 0

    def leave(self, state: KeptState) -> None:
        """Let the application have left this state."""
        (self.folder / kept.STATE_FILE).write_bytes(kept.encoded(state))

    def call(self, request: Request) -> Served:
        """Make a call, and return what became of it when it is over."""
        self._calls += 1
        if self._calls == 1 and request.overrides:
            now = self.clock()
            self.leave(KeptState({name: Override(menu, now) for name, menu in request.overrides.items()}))
        call_id = f"{self._calls:010x}"
        served = self.office.enter(call_id)
        assert served is not None
        is_phone = request.sender in self.plan.plan.extensions
        trunk = next((name for name, each in self.plan.plan.trunks.items() if each.brings_calls), "")
        caller = Caller(
            call_id,
            request.number,
            request.sender,
            origin=Origin.PHONE if is_phone else Origin.TRUNK,
            endpoint=request.sender if is_phone else trunk,
        )
        ours, theirs = socket.socketpair()
        peer = Peer(theirs, request, self)
        playing = threading.Thread(target=peer.play)
        playing.start()
        try:
            with (
                ours,
                ours.makefile("r", encoding="utf-8", newline="\n") as answers,
                ours.makefile("w", encoding="utf-8", newline="\n") as commands,
            ):
                channel = Channel(answers, commands)
                call = AgiCall(channel, self.office, served, caller, self.clock, takes_line=is_phone)
                try:
                    call.run()
                finally:
                    self.office.leave(call_id)
                    ours.shutdown(socket.SHUT_RDWR)
        finally:
            playing.join()
        assert not any(self.office.leftovers().values()), self.office.leftovers()
        return Served(call, peer)

    def results(self, requests: list[Request]) -> list[Result]:
        """Make calls one after the other, and return what became of each."""
        found = []
        for request in requests:
            self.clock.now = max(request.at, self.clock.now + timedelta(seconds=BETWEEN_SECONDS))
            found.append(self._result(request, self.call(request)))
        return found

    def _result(self, request: Request, served: Served) -> Result:
        record, peer, state = served.call.record, served.peer, served.call._state
        assert isinstance(state, Ended)
        line = next((leg.line for leg in record.legs if leg.outcome == ANSWERED), None)
        target = None
        if line is not None:
            is_phone = line in self.plan.plan.extensions
            target = PhoneTarget(line) if is_phone else OutsideTarget(line, "carrier")
        in_group = any(step.note.fact.value == "hunt_group" for step in record.steps)
        company, zone = self.plan.plan.company, service_zone(self.plan, request.number)
        return Result(
            period=period_of(record),
            menus=menus_of(record),
            plays=[
                name
                for step in record.steps
                if step.note.fact is Fact.PLAYS
                for name in step.note.about["announcements"].split()
            ],
            offers=peer.offers,
            connected=line,
            ended=ended_as(state.outcome, target, record, in_group=in_group),
            steps=steps_of(record, names_of(self.plan.plan), company.language, zone),
        )


@dataclass
class Peer:
    """One call's Asterisk. ``commands`` has what it was asked for, ``cause`` how it was told to hang up."""

    connection: socket.socket
    request: Request
    world: World
    commands: list[str] = field(default_factory=list)
    plays: list[str] = field(default_factory=list)
    offers: list[list[str]] = field(default_factory=list)
    cause: int | None = None

    def __post_init__(self) -> None:
        plan = self.world.plan.plan
        self._menus = {
            menu.announcement for each in plan.multiselections.values() for menu in each.menus.values()
        }
        self._entries = deque(self.request.keys)
        self._pressed: deque[str] = deque()
        self._variables: dict[str, str] = {}
        self._is_gone = False
        self._lets_pass = False

    def play(self) -> None:
        """Answer commands until the other side has done with the call."""
        with self.connection, self.connection.makefile("rw", encoding="utf-8", newline="\n") as stream:
            caller = self.request.sender or "unknown"
            stream.write(f"agi_network: yes\nagi_callerid: {caller}\nagi_calleridname: unknown\n\n")
            stream.flush()
            for line in stream:
                self.commands.append(line.strip())
                self._say(stream, self._answer(line.strip()))

    def _say(self, stream: TextIO, answer: str) -> None:
        stream.write(answer + "\n")
        stream.flush()

    def _answer(self, line: str) -> str:
        words = [quoted or bare for quoted, bare in _COMMAND.findall(line)]
        match words:
            case ["STREAM", "FILE", path, *_]:
                return self._hear(path.removeprefix(SOUNDS))
            case ["WAIT", "FOR", "DIGIT", milliseconds]:
                return self._wait(int(milliseconds) / 1000)
            case ["GET", "FULL", "VARIABLE", expression]:
                return f"200 result=1 ({self._value(expression[2:-1])})"
            case ["SET", "VARIABLE", name, *value]:
                self._variables[name.lstrip("_")] = "".join(value)
                return "200 result=1"
            case ["EXEC", "Dial", arguments]:
                return self._dial(arguments)
            case ["EXEC", "Hangup", cause]:
                self.cause, self._is_gone = int(cause), True
                return "200 result=-1"
            case ["ANSWER"] | ["EXEC", *_]:
                return "200 result=0"
        raise AssertionError(f"Asterisk knows no command {line}")

    # --- the caller

    def _hear(self, sound: str) -> str:
        self.plays.append(sound)
        if self._pressed:
            return f"200 result={ord(self._pressed.popleft())} endpos=0"
        if self._entries and self._entries[0] == HANG_UP:
            return self._leave()
        if sound in self._menus and self._entries:
            entry = self._entries.popleft()
            self._lets_pass = entry == WAIT
            if entry != WAIT:
                self.world.clock.pass_by(KEY_SECONDS)
                self._pressed.extend(entry)
                return f"200 result={ord(self._pressed.popleft())} endpos=2000"
        self.world.clock.pass_by(SECONDS)
        return "200 result=0 endpos=8000"

    def _wait(self, seconds: float) -> str:
        if self._pressed:
            return f"200 result={ord(self._pressed.popleft())}"
        if self._entries and self._entries[0] == HANG_UP and not self._lets_pass:
            return self._leave()
        self._lets_pass = False
        self.world.clock.pass_by(seconds)
        return "200 result=0"

    def _leave(self) -> str:
        self._is_gone = True
        return "HANGUP\n200 result=-1 endpos=100"

    # --- those who are called

    def _value(self, expression: str) -> str:
        if found := re.fullmatch(r"DEVICE_STATE\(PJSIP/(\w+)\)", expression):
            does = self._does(found[1])
            states = {Answering.BUSY: "INUSE", Answering.UNREACHABLE: "UNAVAILABLE"}
            return states.get(does, "NOT_INUSE")
        if found := re.fullmatch(r"PJSIP_DIAL_CONTACTS\((\w+)\)", expression):
            is_there = self._does(found[1]) is not Answering.UNREACHABLE
            return f"PJSIP/{found[1]}/sip:{found[1]}@192.0.2.7;transport=udp" if is_there else ""
        if found := re.fullmatch(r"HANGUPCAUSE\((\S+),tech\)", expression):
            return self._variables[found[1]]
        return self._variables.get(expression, "")

    def _does(self, line: str) -> Answering:
        return self.request.members.get(line, Answering.FREE)

    def _dial(self, arguments: str) -> str:
        self._pressed.clear()  # Asterisk has no use for keys while it dials
        peers, seconds, _ = arguments.split(",")
        lines = {self._line(each): each for each in peers.split("&")}
        self.offers.append(in_order(lines, self._configured(lines)))
        does = {line: self._does(line) for line in lines}
        outside = [line for line in lines if line not in self.world.plan.plan.extensions]
        free = [line for line in lines if does[line] is Answering.FREE]
        clock = self.world.clock
        rings = [line for line in lines if does[line] not in (Answering.BUSY, Answering.UNREACHABLE)]
        if rings and self._entries and self._entries[0] == HANG_UP:
            clock.pass_by(KEY_SECONDS)
            self._variables["DIALSTATUS"] = "CANCEL"
            return self._leave()
        if free:
            clock.pass_by(ANSWER_SECONDS)
            self._variables |= {"DIALSTATUS": "ANSWER", "DIALEDPEERNAME": _channel(lines[free[0]])}
            clock.pass_by(self.request.lasts)
            self._is_gone = True
            return "HANGUP\n200 result=-1"
        statuses = {Answering.REJECTS: 603, Answering.BUSY: 486, Answering.UNREACHABLE: 480}
        ended = {line: statuses[each] for line, each in does.items() if each in statuses}
        channels = {
            f"PJSIP/trunk-carrier-{number:08x}" if line in outside else _channel(lines[line]): status
            for number, (line, status) in enumerate(ended.items())
        }
        self._variables |= {name: f"SIP {status} Sorry" for name, status in channels.items()}
        self._variables["HANGUPCAUSE_KEYS()"] = ",".join(channels)
        if len(ended) < len(lines):
            clock.pass_by(float(seconds))
            self._variables |= {"DIALSTATUS": "NOANSWER", "HANGUPCAUSE": "0"}
        else:
            clock.pass_by(ANSWER_SECONDS)
            last = list(ended.values())[-1]
            status = {486: ("BUSY", "17"), 603: ("CONGESTION", "21"), 480: ("CHANUNAVAIL", "20")}[last]
            self._variables |= dict(zip(("DIALSTATUS", "HANGUPCAUSE"), status, strict=True))
        return "200 result=0"

    def _line(self, peer: str) -> str:
        """Return whom something that is dialled calls."""
        if found := re.fullmatch(r"Local/(\d+)@fallback-outside/n", peer):
            dialled = self._variables[f"OFFICESMART_DIAL_{found[1]}"]
            return dialled.rpartition("/")[2].removeprefix("sip:").partition("@")[0]
        return peer.removeprefix("PJSIP/").partition("/")[0]

    def _configured(self, lines: Mapping[str, str]) -> list[str]:
        for group in self.world.plan.groups.values():
            if set(lines) <= set(group.order):
                return list(group.order)
        return list(lines)


@dataclass
class Served:
    """A call that is over, and what Asterisk has seen of it."""

    call: AgiCall
    peer: Peer


def _channel(peer: str) -> str:
    """Return the name of a channel that Asterisk makes for what is dialled."""
    kind, _, rest = peer.partition("/")
    return f"{kind}/{rest.partition('/')[0]}-0000002a" + (";1" if kind == "Local" else "")
