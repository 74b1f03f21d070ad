"""The override on live calls: set by a phone, met by the next caller and by a call that enters anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from officesmart_ivr.core.overrides import Override

from .office import Office, office, until


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with office(monkeypatch, service_codes={"override": "*28"}, pin="1234") as made:
        yield made


async def test_a_phone_sets_what_the_next_caller_hears(
    here: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    phone = here.fake.call_in("*28", number="201", args=["inbound", "*28", "phone", "201"])
    await until(lambda: here.heard(phone) == "enter-pin")
    for key in "1234#":
        here.fake.press(phone, key)
    await until(lambda: here.heard(phone) == "override-key")
    here.fake.press(phone, "2")
    await until(lambda: here.heard(phone) == "override-on sales")
    override = here.exchange.overrides.view(datetime.now(UTC))["main"]
    assert (override.menu, override.until, override.by) == ("sales", None, "201")
    assert any("201" in record.getMessage() for record in caplog.records)
    here.fake.hang_up(phone)
    caller = await here.menu()
    assert here.heard(caller) == "sales"
    here.fake.hang_up(caller)
    await here.over()
    here.assert_nothing_left()


async def test_one_that_is_over_is_not_met(here: Office) -> None:
    now = datetime.now(UTC)
    here.exchange.overrides.put("main", Override("sales", now, now + timedelta(microseconds=1)))
    assert here.heard(await here.menu()) == "day"
    await here.over()
    here.assert_nothing_left()
