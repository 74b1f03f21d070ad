"""The door of the fallback: it follows the plan, holds its bounds, and keeps faults small."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import pytest

from officesmart_ivr.agi import kept
from officesmart_ivr.agi.call import AgiCall
from officesmart_ivr.agi.kept import KeptPlan, KeptState
from officesmart_ivr.agi.office import Office
from officesmart_ivr.agi.plans import Plans
from officesmart_ivr.agi.server import FallbackServer, ask
from officesmart_ivr.announcements.catalogue import Clip
from officesmart_ivr.core.lines import LastOffered, Line
from officesmart_ivr.core.overrides import Override

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)


def text(announcement: str = "welcome", calls: int = 5) -> bytes:
    return f"""\
version: 1
company: {{name: Prova}}
extensions: {{"201": {{name: Anna}}, "202": {{name: Bruno}}}}
announcements: {{{announcement}: {{file: a.wav}}, other: {{file: a.wav}}}}
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {{otherwise: {{menu: day}}}}
    menus: {{day: {{announcement: {announcement}}}, second: {{announcement: other}}}}
hunt_groups:
  turns: {{name: A turno, numbers: ["500"], strategy: uniform_sequential, members: ["201", "202"]}}
service_codes: {{login: "*45"}}
limits: {{calls: {calls}}}
""".encode()


class Fallback:
    """A fallback that listens, and the folder where the application leaves what it serves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.office = Office(Plans(folder), lambda: NOW)
        self.server = FallbackServer(0, self.office, lambda: NOW)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def leave(self, plan: bytes, revision: int) -> None:
        clips = {name: Clip(f"/sounds/{name}", 1.0) for name in ("welcome", "other", "new", "unknown-number")}
        written = kept.encoded(KeptPlan(revision, {"plan.yaml": plan}, {}, clips))
        (self.folder / kept.PLAN_FILE).write_bytes(written)

    def call(self, *arguments: str) -> Asterisk:
        return Asterisk(self.server.port, *(arguments or ("100", "trunk", "trunk-tester")))


class Asterisk:
    """Asterisk's end of one call."""

    def __init__(self, port: int, *arguments: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 5)
        self._stream: TextIO = self._socket.makefile("rw", encoding="utf-8", newline="\n")
        lines = [f"agi_arg_{number}: {each}" for number, each in enumerate(arguments, 1)]
        self._say("agi_network_script: call", "agi_callerid: 3331234567", *lines, "")

    def command(self, *answer: str) -> str:
        """Return the next command, "" when the other side has closed, and answer the one before."""
        if answer:
            self._say(*answer)
        return self._stream.readline().strip()

    def hang_up(self) -> None:
        self._stream.close()
        self._socket.close()

    def _say(self, *lines: str) -> None:
        self._stream.write("".join(f"{line}\n" for line in lines))
        self._stream.flush()


@pytest.fixture
def fallback(tmp_path: Path) -> Iterator[Fallback]:
    made = Fallback(tmp_path)
    made.leave(text(), 1)
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_it_says_whether_it_serves_calls(tmp_path: Path) -> None:
    made = Fallback(tmp_path)
    assert ask(made.server.port) == ""
    made.leave(text(), 3)
    assert ask(made.server.port) == "3"
    made.server.shutdown()
    made.server.server_close()
    assert ask(made.server.port, 0.5) is None


def test_the_next_call_has_the_newest_plan_and_a_file_that_is_spoilt_changes_nothing(
    fallback: Fallback,
) -> None:
    first = fallback.call()
    assert first.command() == "ANSWER"
    assert first.command("200 result=0").startswith('STREAM FILE "/sounds/welcome"')
    fallback.leave(text("new"), 2)
    second = fallback.call()
    assert second.command() == "ANSWER"
    assert second.command("200 result=0").startswith('STREAM FILE "/sounds/new"')
    (fallback.folder / kept.PLAN_FILE).write_bytes(b"{")
    assert ask(fallback.server.port) == "2"
    for call in (first, second):
        call.hang_up()


def test_overrides_that_are_kept_hold(fallback: Fallback) -> None:
    state = KeptState({"main": Override("second", NOW)})
    (fallback.folder / kept.STATE_FILE).write_bytes(kept.encoded(state))
    call = fallback.call()
    call.command()
    assert call.command("200 result=0").startswith('STREAM FILE "/sounds/other"')
    call.hang_up()


def test_a_group_goes_on_where_the_application_has_left_it_and_spares_who_wants_peace(
    fallback: Fallback,
) -> None:
    def first_offered(lines: tuple[Line, ...], last: str) -> str:
        state = KeptState({}, lines, {"turns": LastOffered(last)})
        (fallback.folder / kept.STATE_FILE).write_bytes(kept.encoded(state))
        call = fallback.call("500", "trunk", "trunk-tester")
        command = call.command()
        while not command.startswith("EXEC Dial"):
            answer = "200 result=1 (NOT_INUSE)" if "DEVICE_STATE" in command else "200 result=0"
            if found := command.partition("PJSIP_DIAL_CONTACTS(")[2]:
                answer = f"200 result=1 (PJSIP/{found[:3]}/sip:x@192.0.2.1)"
            command = call.command(answer)
        call.hang_up()
        while len(fallback.office):
            pass
        return command.removeprefix('EXEC Dial "PJSIP/')[:3]

    free = tuple(Line(name, NOW) for name in ("201", "202"))
    assert first_offered(free, "201") == "202"
    assert first_offered(free, "202") == "201"
    in_peace = (Line("201", NOW - timedelta(1), do_not_disturb=True), free[1])
    assert first_offered(in_peace, "202") == "202"


def test_a_code_that_would_change_something_is_nobodys_number(fallback: Fallback) -> None:
    call = fallback.call("*45", "phone", "201")
    assert call.command() == 'EXEC Progress ""'
    assert call.command("200 result=0").startswith('STREAM FILE "/sounds/unknown-number"')
    call.hang_up()


def test_more_calls_than_the_plan_allows_are_refused(fallback: Fallback) -> None:
    fallback.leave(text(calls=1), 2)
    first = fallback.call()
    first.command()
    assert fallback.call().command() == 'EXEC Hangup "42"'
    first.hang_up()


def test_without_a_plan_or_with_a_fault_the_dialplan_goes_on(
    tmp_path: Path, fallback: Fallback, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fallback.folder / kept.PLAN_FILE).unlink()
    empty = Fallback(tmp_path)
    assert empty.call().command() == "", "closed, and not hung up"
    empty.server.shutdown()
    empty.server.server_close()
    fallback.leave(text(), 1)

    def fail(call: AgiCall) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(AgiCall, "run", fail)
    assert fallback.call().command() == ""
    assert not any(fallback.office.leftovers().values())
