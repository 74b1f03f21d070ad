from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from officesmart_ivr.ari import AriClient, EventStream, StreamUp
from officesmart_ivr.ari.fake import FakeAri
from officesmart_ivr.asterisk import provisioning
from officesmart_ivr.asterisk.ports import settle
from officesmart_ivr.asterisk.render import ARI_USER, AsteriskSettings, render
from officesmart_ivr.asterisk.server import asterisk_child
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.secrets import extension_secret
from officesmart_ivr.errors import AriConflictError, AriNotFoundError
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.phone import Phone

from .worlds import DIALPLAN, Asterisk, EventLog, FakeAsterisk, RealAsterisk


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def live_settings(
    box: Toolbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[AsteriskSettings]:
    """A real Asterisk for the whole run."""
    ports = settle("127.0.0.1", sip_port=0, ari_port=0, rtp_ports=(0, 0))
    settings = AsteriskSettings(
        data=tmp_path_factory.mktemp("asterisk"),
        sip_port=ports.sip,
        ari_port=ports.ari,
        rtp_ports=ports.rtp,
        sip_bind="127.0.0.1",
        media_address="127.0.0.1",
        ari_password=secrets.token_hex(8),
        extra_dialplan=DIALPLAN,
    )
    render(settings, box)
    async with asterisk_child(settings, box):
        yield settings


@contextlib.asynccontextmanager
async def streaming(ari: AriClient) -> AsyncIterator[EventLog]:
    events = EventLog()
    running = asyncio.create_task(EventStream(ari).run(events))
    try:
        await events.wait(StreamUp)
        yield events
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.live)])
def live(request: pytest.FixtureRequest) -> AsteriskSettings | None:
    """None for the fake."""
    if request.param == "fake":
        return None
    settings: AsteriskSettings = request.getfixturevalue("live_settings")
    return settings


@pytest.fixture
async def asterisk(live: AsteriskSettings | None, tmp_path: Path) -> AsyncIterator[Asterisk]:
    """The fake Asterisk, then a real one, which is left without channels and bridges."""
    async with contextlib.AsyncExitStack() as stack:
        if live is None:
            fake = await stack.enter_async_context(FakeAri())
            url, user, password, app = fake.base_url, fake.username, fake.password, fake.world.app
        else:
            url, user, password = live.ari_url, ARI_USER, live.ari_password
            # No event tells when Asterisk has put a closed stream away; one that is opened for the same
            # application at that very moment may stay without events.
            app = f"suite{secrets.token_hex(4)}"
        ari = await stack.enter_async_context(AriClient(url, username=user, password=password, app=app))
        events = await stack.enter_async_context(streaming(ari))
        if live is None:
            yield FakeAsterisk(fake, ari, events)
        else:
            phone = await stack.enter_async_context(_phone(ari, live))
            yield RealAsterisk(ari, events, tmp_path, phone)
            await _clear(ari)


@contextlib.asynccontextmanager
async def _phone(ari: AriClient, live: AsteriskSettings) -> AsyncIterator[Phone]:
    """A registered phone, which answers."""
    plan = CallPlan.model_validate(
        {"version": "1", "company": {"name": "contract"}, "extensions": {"300": {"name": "phone"}}}
    )
    password = secrets.token_hex(8)
    objects = provisioning.wanted(plan, {extension_secret("300"): password}, live.sip_bind)
    await provisioning.reconcile(ari, objects)
    server = (live.sip_bind, live.sip_port)
    async with Phone("300", password, server=server, behaviour=behaviours.answer()) as phone:
        await phone.register()
        yield phone


async def _clear(ari: AriClient) -> None:
    for channel in await ari.channels.list():
        with contextlib.suppress(AriNotFoundError):
            await ari.channel(channel.id).hangup()
    for recording in await ari.recordings.list():
        await ari.stored_recording(recording.name).delete()
    for bridge in await ari.bridges.list():
        with contextlib.suppress(AriNotFoundError, AriConflictError):
            await ari.bridge(bridge.id).destroy()
