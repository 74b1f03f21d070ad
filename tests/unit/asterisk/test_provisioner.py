"""Asterisk is taught what has changed and no more, and what failed is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from officesmart_ivr.ari import AriClient
from officesmart_ivr.ari.fake import FakeAri, Fault
from officesmart_ivr.asterisk.dialplan import CALL_SECONDS
from officesmart_ivr.asterisk.provisioner import RETRY_SECONDS, Provisioner, Wanted
from officesmart_ivr.asterisk.provisioning import Key, Objects, wanted
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.secrets import extension_secret
from tests.unit.calls.office import Clock, until


def objects(*numbers: str, trunk: str = "") -> Objects:
    plan = CallPlan.model_validate(
        {
            "version": "1",
            "company": {"name": "Studio"},
            "extensions": {number: {"name": number} for number in numbers},
            "trunks": {"carrier": {"server": trunk}} if trunk else {},
        }
    )
    return wanted(plan, {extension_secret(number): "secret" for number in numbers}, "192.0.2.1")


class Taught:
    def __init__(self, fake: FakeAri, ari: AriClient) -> None:
        self.fake = fake
        self.newest = Wanted(objects("201", "202", trunk="192.0.2.9"), {CALL_SECONDS: "600"})
        self.provisioner = Provisioner(ari, lambda: self.newest)

    @property
    def phones(self) -> set[str]:
        return {name for _, kind, name in self.fake.world.config if kind == "endpoint"}

    @property
    def pushed(self) -> list[str]:
        return [each.path for each in self.fake.requests if each.method in ("PUT", "DELETE")]


@pytest.fixture
async def taught() -> AsyncIterator[Taught]:
    async with (
        FakeAri() as fake,
        AriClient(fake.base_url, username=fake.username, password=fake.password) as ari,
    ):
        for name in ("201", "202", "203", "204", "trunk-carrier"):
            fake.register(f"PJSIP/{name}", online=False)
        made = Taught(fake, ari)
        await made.provisioner.renew()
        yield made


async def test_after_an_edit_only_what_has_changed_is_touched(taught: Taught) -> None:
    assert taught.phones == {"201", "202", "trunk-carrier"}
    before = len(taught.pushed)
    assert await taught.provisioner.follow() == ""
    assert len(taught.pushed) == before
    taught.newest = Wanted(objects("201", "203", trunk="192.0.2.9"), {CALL_SECONDS: "60"})
    assert await taught.provisioner.follow() == ""
    assert taught.phones == {"201", "203", "trunk-carrier"}
    touched = {path.rsplit("/", 1)[1] for path in taught.pushed[before:]}
    assert touched == {"202", "203"}
    assert taught.fake.world.globals[CALL_SECONDS] == "60"


async def test_a_trunk_that_goes_leaves_nothing(taught: Taught) -> None:
    taught.newest = Wanted(objects("201", "202"), {CALL_SECONDS: "600"})
    await taught.provisioner.follow()
    assert not [name for _, _, name in taught.fake.world.config if name.startswith("trunk-")]
    assert Key("endpoint", "201") in taught.newest.objects


async def test_what_failed_half_way_is_said_and_tried_again_in_full(
    taught: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    running = asyncio.create_task(taught.provisioner.run())
    taught.newest = Wanted(objects("201", "203", "204"), {CALL_SECONDS: "600"})
    taught.fake.order(Fault("/asterisk/config/*", status=500))
    assert "500" in await taught.provisioner.follow()
    for _ in range(3):
        await asyncio.sleep(0.01)
        clock.forward(RETRY_SECONDS)
    await until(lambda: taught.phones == {"201", "203", "204"})
    running.cancel()
    await asyncio.wait((running,))
