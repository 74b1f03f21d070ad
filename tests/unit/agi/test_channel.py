"""What Asterisk says over the socket, and what the channel makes of it."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from officesmart_ivr.agi.channel import Channel
from officesmart_ivr.errors import AgiError, CallerGoneError


class Line:
    """Both ends: the channel, and Asterisk's, whose answers are said beforehand."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self.says("agi_callerid: 333", "agi_calleridname: unknown", "agi_arg_1: 100", "agi_arg_2: trunk", "")
        self.channel = Channel(self._ours.makefile("r", newline="\n"), self._ours.makefile("w", newline="\n"))

    def says(self, *lines: str) -> None:
        self._theirs.sendall("".join(f"{line}\n" for line in lines).encode())

    def heard(self) -> str:
        return self._theirs.recv(10_000).decode()

    def asterisk_ends(self) -> None:
        self._theirs.close()

    def close(self) -> None:
        self._theirs.close()
        with suppress(OSError):
            self.channel.stdout.close()
        self.channel.stdin._stream.close()
        self._ours.close()


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


def test_what_is_said_of_the_call_and_no_signal_is_taken() -> None:
    before = signal.getsignal(signal.SIGHUP)
    made = Line()
    made.close()
    channel = made.channel
    assert channel.arguments == ["100", "trunk"]
    assert (channel.shown("agi_callerid"), channel.shown("agi_calleridname")) == ("333", "")
    assert signal.getsignal(signal.SIGHUP) is before


def test_a_key_ends_a_sound(line: Line) -> None:
    line.says("200 result=49 endpos=1234", "200 result=0 endpos=8000", "200 result=0 endpos=0")
    assert line.channel.stream("/sounds/a b") == ("1", True)
    assert line.channel.stream("/sounds/a") == ("", True)
    assert line.channel.stream("/sounds/missing") == ("", False)
    assert line.heard().startswith('STREAM FILE "/sounds/a b" "')


def test_a_value_may_have_brackets_and_equal_signs(line: Line) -> None:
    line.says("200 result=1 (PJSIP/201/sip:a(b)@192.0.2.1;ob=1)")
    assert line.channel.value("X") == "PJSIP/201/sip:a(b)@192.0.2.1;ob=1"


def test_nothing_that_a_caller_chose_ends_an_argument_or_a_line(line: Line) -> None:
    line.says("200 result=1")
    line.channel.put("CALLERID(name)", 'An"na\nEXEC Dial x')
    assert line.heard() == 'SET VARIABLE "CALLERID(name)" "AnnaEXEC Dial x"\n'


@pytest.mark.parametrize(
    "said",
    [("HANGUP", "200 result=0"), ("200 result=-1",), ("511 Command Not Permitted on a dead channel",)],
)
def test_a_caller_who_has_hung_up_is_gone(line: Line, said: tuple[str, ...]) -> None:
    line.says(*said)
    with pytest.raises(CallerGoneError):
        line.channel.wait_for_key(1000)


def test_what_became_of_a_call_that_is_over_can_be_asked_for(line: Line) -> None:
    line.says("200 result=-1", "HANGUP", "200 result=1 (ANSWER)")
    with pytest.raises(CallerGoneError):
        line.channel.run("Dial", "PJSIP/201")
    assert line.channel.value("DIALSTATUS", of_the_dead=True) == "ANSWER"


def test_asterisk_that_ends_takes_the_caller_along(line: Line) -> None:
    line.asterisk_ends()
    with pytest.raises(CallerGoneError):
        line.channel.pick_up()


@pytest.mark.parametrize("said", ["510 Invalid or unknown command", "200 result=-2"])
def test_what_asterisk_does_not_know_is_a_fault(line: Line, said: str) -> None:
    line.says(said)
    with pytest.raises(AgiError) as refused:
        line.channel.run("Nothing")
    assert not isinstance(refused.value, CallerGoneError)
