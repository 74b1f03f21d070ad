"""Health is asked of Asterisk, and a stuck one is told from one that is away."""

from __future__ import annotations

import asyncio

import pytest

from officesmart_ivr import health, notify
from officesmart_ivr.ari import AriClient
from officesmart_ivr.ari.fake import FakeAri, Fault
from officesmart_ivr.calls.admission import Admission
from officesmart_ivr.errors import ApiError
from officesmart_ivr.health import Asterisk, Doctor


async def test_what_is_wrong_is_told_and_the_watchdog_hears_of_all_but_a_stuck_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "QUESTION_SECONDS", 0.05)
    is_ready, admission = False, Admission()
    async with FakeAri() as fake:
        ari = AriClient(fake.base_url, username=fake.username, password=fake.password)
        async with ari:
            doctor = Doctor(ari.probe, admission, lambda: is_ready)
            with pytest.raises(ApiError) as refused:
                await doctor.health()
            assert (refused.value.status, refused.value.where) == (503, "application")
            is_ready = True
            assert not (await doctor.health()).overloaded
            admission.is_overloaded = True
            assert (await doctor.health()).overloaded
            fake.order(Fault("/channels/*", status=500))
            assert await doctor.asterisk() is Asterisk.ANSWERS
            fake.order(Fault("/channels/*", release=asyncio.Event()))
            with pytest.raises(ApiError) as refused:
                await doctor.health()
            assert (doctor.last, refused.value.where) == (Asterisk.STUCK, "asterisk")
            admission.is_draining = True
            with pytest.raises(ApiError) as refused:
                await doctor.health()
            assert refused.value.where == "application"
    async with AriClient("http://127.0.0.1:9", username="", password="") as nobody:
        assert await Doctor(nobody.probe, admission, lambda: True).asterisk() is Asterisk.AWAY


@pytest.mark.parametrize(
    ("found", "told"), [(Asterisk.ANSWERS, True), (Asterisk.AWAY, True), (Asterisk.STUCK, False)]
)
async def test_the_watchdog_is_silent_while_asterisk_is_stuck(
    monkeypatch: pytest.MonkeyPatch, found: Asterisk, told: bool
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "1000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    said: list[str] = []
    monkeypatch.setattr(notify, "tell", lambda *messages: said.extend(messages))
    asked = 0
    twice = asyncio.Event()

    class Found(Doctor):
        async def asterisk(self) -> Asterisk:
            nonlocal asked
            asked += 1
            if asked > 1:
                twice.set()
            return found

    async def nothing() -> None:
        raise NotImplementedError

    watching = asyncio.create_task(Found(nothing, Admission(), lambda: True).watch())
    await asyncio.wait_for(twice.wait(), 5)
    watching.cancel()
    assert (notify.WATCHDOG in said) is told
