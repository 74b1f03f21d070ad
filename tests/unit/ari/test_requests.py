from __future__ import annotations

import asyncio

import pytest

from officesmart_ivr.ari import AriClient
from officesmart_ivr.ari.fake import FakeAri, Fault
from officesmart_ivr.errors import (
    AriConflictError,
    AriError,
    AriNotFoundError,
    AriRequestError,
    AriServerError,
    AriUnavailableError,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, AriRequestError),
        (401, AriRequestError),
        (403, AriRequestError),
        (404, AriNotFoundError),
        (409, AriConflictError),
        (412, AriConflictError),
        (422, AriRequestError),
        (500, AriServerError),
        (502, AriServerError),
        (503, AriUnavailableError),
    ],
)
async def test_each_status_has_its_error(
    fake: FakeAri, ari: AriClient, status: int, kind: type[AriError]
) -> None:
    fake.order(Fault("/channels/x/answer", status=status, message="no wish to"))
    with pytest.raises(AriError) as caught:
        await ari.channel("x").answer()
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert "no wish to" in caught.value.message


async def test_nobody_at_the_address_is_unavailable() -> None:
    async with FakeAri() as gone:
        address = gone.base_url
    async with AriClient(address, username="u", password="p") as ari:
        with pytest.raises(AriUnavailableError):
            await ari.asterisk.ping()
        assert not await ari.is_responsive()


async def test_an_answer_that_never_comes_is_unavailable_and_frees_the_connection(fake: FakeAri) -> None:
    fake.order(Fault("/asterisk/ping", release=asyncio.Event()))
    async with AriClient(
        fake.base_url, username=fake.username, password=fake.password, request_timeout=0.05, pool=1
    ) as ari:
        with pytest.raises(AriUnavailableError):
            await ari.asterisk.ping()
        assert (await ari.asterisk.ping()).ping == "pong"


async def test_a_late_answer_is_waited_for_and_the_request_is_done_meanwhile(
    fake: FakeAri, ari: AriClient
) -> None:
    late = fake.order(Fault("/bridges/talk", release=asyncio.Event()))
    creating = asyncio.create_task(ari.bridges.create(bridge_id="talk"))
    await late.met.wait()
    assert "talk" in fake.world.bridges
    assert not creating.done()
    assert late.release is not None
    late.release.set()
    assert (await creating).id == "talk"


async def test_a_stuck_asterisk_is_told_from_a_busy_one(fake: FakeAri, ari: AriClient) -> None:
    assert await ari.is_responsive()
    stuck = fake.order(Fault("/asterisk/*", release=asyncio.Event()))
    fake.order(Fault("/channels/*", status=500))
    assert await ari.is_responsive()
    stuck.path = "/channels/*"
    assert not await ari.is_responsive(within=0.05)


async def test_credentials_and_callers_stay_out_of_urls_and_messages(fake: FakeAri, ari: AriClient) -> None:
    with pytest.raises(AriNotFoundError) as caught:
        await ari.channel("x").get_variable("CALLERID(num):0612345678")
    assert "0612345678" not in str(caught.value)
    assert all(fake.password not in str(seen) for seen in fake.requests)


async def test_wrong_credentials_are_refused(fake: FakeAri) -> None:
    async with AriClient(fake.base_url, username=fake.username, password="guess") as ari:
        with pytest.raises(AriRequestError) as caught:
            await ari.asterisk.ping()
    assert caught.value.status == 401
    assert caught.value.remedy


async def test_ids_with_slashes_and_spaces_reach_their_object(fake: FakeAri, ari: AriClient) -> None:
    fake.register("PJSIP/201")
    await ari.channels.create(endpoint="PJSIP/201", channel_id="call 1/leg?2#3%")
    assert (await ari.channel("call 1/leg?2#3%").get()).id == "call 1/leg?2#3%"


async def test_what_was_not_given_is_not_sent(fake: FakeAri, ari: AriClient) -> None:
    fake.register("PJSIP/201")
    await ari.channels.create(
        endpoint="PJSIP/201", channel_id="leg", app_args=["leg", "call-1"], variables={"A": "1"}
    )
    assert fake.requests[0].params == {
        "endpoint": "PJSIP/201",
        "app": "officesmart",
        "appArgs": "leg,call-1",
        "channelId": "leg",
        "variables": {"A": "1"},
    }


async def test_at_most_so_many_requests_are_under_way(fake: FakeAri) -> None:
    holding = [fake.order(Fault("/asterisk/ping", release=asyncio.Event())) for _ in range(2)]
    async with AriClient(fake.base_url, username=fake.username, password=fake.password, pool=2) as ari:
        pings = [asyncio.create_task(ari.asterisk.ping()) for _ in range(5)]
        for fault in holding:
            await fault.met.wait()
        # Another one would be answered at once, but for those that are held.
        await asyncio.wait(pings, timeout=0.1)
        assert not any(ping.done() for ping in pings)
        assert len(fake.requests) == 2
        for fault in holding:
            assert fault.release is not None
            fault.release.set()
        await asyncio.gather(*pings)
    assert len(fake.requests) == 5


async def test_the_client_refuses_work_outside_its_block() -> None:
    with pytest.raises(RuntimeError):
        await AriClient(username="u", password="p").asterisk.ping()
