from __future__ import annotations

import logging

import pytest

from officesmart_ivr.ari.events import ChannelDtmfReceived
from officesmart_ivr.ari.fake import Fault
from officesmart_ivr.ari.models import CallerID, Channel
from officesmart_ivr.calls.dispatcher import caller_of
from officesmart_ivr.calls.owners import Owners
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import Origin

from .office import Office, office, until


async def test_calls_beyond_the_plans_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with office(monkeypatch, limits={"calls": "1"}) as here:
        first = await here.menu()
        second = here.fake.call_in("100")
        await until(lambda: second not in here.fake.world.channels)
        (asked,) = (each for each in here.fake.requests if each.path == f"/channels/{second}")
        assert (asked.method, asked.params["reason_code"]) == ("DELETE", "42")
        assert here.dispatcher.counts["refused"] == 1
        here.fake.hang_up(first)
        await until(lambda: not here.dispatcher.sessions)
        third = await here.menu()
        here.fake.hang_up(third)
        await until(lambda: not here.dispatcher.sessions)
        here.assert_nothing_left()


async def test_events_of_nobody_are_counted(here: Office) -> None:
    here.fake.send(ChannelDtmfReceived(channel=Channel(id="stranger"), digit="1", duration_ms=80))
    await until(lambda: here.dispatcher.counts["unowned ChannelDtmfReceived"] == 1)
    here.assert_nothing_left()


async def test_what_is_held_back_is_handed_on_in_order(here: Office) -> None:
    here.dispatcher.hold()
    channel = here.fake.call_in("100")
    here.fake.press(channel, "2")
    await until(lambda: here.dispatcher.awaits(channel))
    assert not here.dispatcher.sessions
    here.dispatcher.hold()
    await here.ari.is_responsive()
    here.dispatcher.resume()
    await until(lambda: channel in here.fake.world.channels and here.heard(channel) == "sales")
    assert not here.dispatcher.awaits(channel)
    here.fake.hang_up(channel)
    await until(lambda: not here.dispatcher.sessions)
    assert here.facts.count(Fact.ARRIVED) == 1
    here.assert_nothing_left()


@pytest.mark.parametrize(
    ("args", "dialled", "origin", "endpoint"),
    [
        (["inbound", "0612345", "trunk", "carrier"], "0612345", Origin.TRUNK, "carrier"),
        (["inbound", "201", "phone", "202"], "201", Origin.PHONE, "202"),
        (["inbound", "201", "other"], "201", Origin.TRUNK, ""),
        (["inbound"], "", Origin.TRUNK, ""),
    ],
)
def test_who_calls_whom_is_read_from_the_dialplan(
    args: list[str], dialled: str, origin: Origin, endpoint: str
) -> None:
    channel = Channel(id="1", caller=CallerID(name="Anna", number="333"))
    read = caller_of(channel, args, "id")
    assert (read.dialled, read.origin, read.endpoint) == (dialled, origin, endpoint)
    assert (read.number, read.name) == ("333", "Anna")


async def test_no_log_at_any_level_holds_a_callers_number(
    here: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for path in ("/channels/*/answer", "/channels/*/play*", "/channels/create", "/channels/*/ring"):
        here.fake.order(Fault(path, status=500))
    channel = here.fake.call_in("100", number="0698765432", name="Anna Verdi")
    await until(lambda: here.dispatcher.sessions and Fact.NOT_PLAYED in here.facts)
    here.fake.press(channel, "1")
    await until(lambda: here.heard(channel) == "transfer-failed")
    here.fake.press(channel, "1")
    await until(lambda: here.leg)
    here.fake.member_answers(here.leg)
    await here.over()
    assert "ordered by the test" in caplog.text
    assert "98765" not in caplog.text
    assert "Verdi" not in caplog.text


class Box:
    def post(self, event: object) -> None:
        raise NotImplementedError


def test_an_id_that_another_has_claimed_since_stays_his() -> None:
    owners, first, second = Owners(), Box(), Box()
    for resource in ("a", "b", "b"):
        owners.claim(resource, first)
    owners.claim("a", second)
    owners.drop(first)
    assert owners.of("a") is second
    assert len(owners) == 1
    owners.drop(second)
    owners.drop(second)
    assert not len(owners)
