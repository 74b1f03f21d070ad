"""Members on live calls: service codes, do-not-disturb, and what is counted of groups."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from officesmart_ivr.core.effects import HuntEnd
from officesmart_ivr.core.lines import Line, LineChange
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.observe.group_figures import GroupFigures
from officesmart_ivr.state.lines import change_line

from .office import Office, office, until

GROUP = {"name": "Vendite", "numbers": ["500"], "members": ["201", "202"], "ring_seconds": "2"}


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    codes = {"login": "*45", "pick_up": "*8"}
    async with office(monkeypatch, hunt_groups={"sales": GROUP}, service_codes=codes) as made:
        for line in ("201", "202", "203"):
            made.lines.update(line, datetime.now(UTC), registered=True)
        yield made


def line(here: Office, name: str) -> Line:
    return here.lines.view(datetime.now(UTC)).line(name)


def figures(here: Office) -> GroupFigures:
    return here.exchange.hunts.figures("sales")


def dials(here: Office, phone: str, number: str) -> str:
    """A phone of the office dials; its channel."""
    return here.fake.call_in(number, number=phone, args=["inbound", number, "phone", phone])


async def hears(here: Office, channel: str, announcement: str) -> None:
    await until(lambda: here.heard(channel) == announcement)


async def test_a_phone_logs_its_line_out_and_in(here: Office) -> None:
    for heard, logged_in in (("logged-out", False), ("logged-in", True)):
        channel = dials(here, "201", "*45")
        await hears(here, channel, heard)
        assert line(here, "201").logged_in is logged_in
        here.fake.hang_up(channel)
        await until(lambda: not here.dispatcher.sessions)
    here.assert_nothing_left()


async def test_a_line_that_is_not_to_be_disturbed_is_not_rung(here: Office) -> None:
    change_line(here.lines, "201", LineChange.DO_NOT_DISTURB_ON, datetime.now(UTC))
    here.fake.call_in("201")
    await until(lambda: here.dispatcher.counts["ended busy"])
    assert here.note(Fact.NOT_REACHED).about["outcome"] == "do_not_disturb"
    assert not here.requests("POST", "/channels/create")
    here.assert_nothing_left()


async def test_what_members_and_callers_do_is_counted(here: Office) -> None:
    channel = here.fake.call_in("500")
    await until(lambda: here.leg)
    missed = here.leg
    await here.forward(2)
    await until(lambda: here.leg not in ("", missed))
    here.fake.member_answers(here.leg)
    await until(lambda: len(here.together) == 2)
    assert (figures(here).count(HuntEnd.ANSWERED), figures(here).member("202").talk_seconds) == (1, 0)
    here.fake.hang_up(channel)
    await until(lambda: not here.dispatcher.sessions)
    anna, bruno = figures(here).member("201"), figures(here).member("202")
    assert (anna.offered, anna.answered, anna.missed, anna.talk_seconds) == (1, 0, 1, 0)
    assert (bruno.offered, bruno.answered, bruno.missed, bruno.talk_seconds > 0) == (1, 1, 0, True)
    channel = here.fake.call_in("500")
    await until(lambda: here.leg)
    here.fake.hang_up(channel)
    await until(lambda: not here.dispatcher.sessions)
    assert (figures(here).offered, figures(here).count(HuntEnd.ABANDONED)) == (2, 1)
    assert figures(here).member("201").missed == 1
    here.assert_nothing_left()


@pytest.mark.parametrize(("phone", "answered"), [("202", 1), ("203", 0)])
async def test_who_picks_a_groups_call_up_has_answered_it_if_he_is_a_member(
    here: Office, phone: str, answered: int
) -> None:
    caller = here.fake.call_in("500")
    await until(lambda: here.leg)
    here.fake.member_rings(here.leg)
    await until(lambda: here.exchange.ringing)
    dials(here, phone, "*8500")
    await until(lambda: len(here.together) == 2)
    assert (figures(here).count(HuntEnd.ANSWERED), figures(here).member(phone).answered) == (1, answered)
    here.fake.hang_up(caller)
    await until(lambda: not here.dispatcher.sessions)
    assert (figures(here).member(phone).talk_seconds > 0) == bool(answered)
    here.assert_nothing_left()
