"""What the application leaves for the time when it is away."""

from __future__ import annotations

import pytest

from officesmart_ivr.agi import kept
from officesmart_ivr.agi.plans import Plans
from officesmart_ivr.callplan import secrets
from officesmart_ivr.core.overrides import Override
from officesmart_ivr.publishing.standby import Standby
from officesmart_ivr.state.lines import LineChange, change_line
from officesmart_ivr.state.memory import MemoryLineBoard
from officesmart_ivr.state.overrides import MemoryOverrideBoard
from tests.unit.publishing.conftest import BROKEN, NOON, Office, text


class Left:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.lines, self.overrides = MemoryLineBoard(), MemoryOverrideBoard()
        self.standby = Standby(office.data, office.door, self.lines, self.overrides, lambda: NOON)
        self.folder = office.data.fallback

    @property
    def emergency(self) -> str:
        return self.office.data.emergency.read_text()


@pytest.fixture
async def left(office: Office) -> Left:
    office.write(text("Studio", service_codes="{pin: {secret: service-pin}}"))
    await office.open()
    return Left(office)


async def test_the_plan_that_is_live_is_left_and_not_what_stands_on_the_disk(left: Left) -> None:
    assert await left.standby.keep() == ""
    left.office.write(BROKEN)
    await left.office.reload()
    assert await left.standby.keep() == ""
    served = Plans(left.folder).newest()
    assert served is not None
    assert (served.revision, served.plan.plan.company.name) == (1, "Studio")
    assert served.clips["welcome"] == left.office.door.live.service.sounds.clips["welcome"]
    left.office.write(text("Nuovo"))
    await left.office.reload()
    await left.standby.keep()
    served = Plans(left.folder).newest()
    assert served is not None
    assert (served.revision, served.plan.plan.company.name) == (2, "Nuovo")


async def test_what_people_have_set_is_left_and_no_password(left: Left) -> None:
    await left.standby.keep()
    change_line(left.lines, "201", LineChange.DO_NOT_DISTURB_ON, NOON)
    left.overrides.put("main", Override("day", NOON, None, "anna"))
    await left.standby.keep()
    state = kept.read_state(left.folder)
    assert state.overrides["main"].menu == "day"
    assert [line.id for line in state.lines if line.do_not_disturb] == ["201"]
    passwords = secrets.load(secrets.beside(left.office.plan)).values()
    assert len(passwords) == 2
    written = "".join(each.read_text() for each in left.folder.iterdir())
    assert not [each for each in passwords if each in written]
    assert all(each.stat().st_mode & 0o077 == 0 for each in left.folder.iterdir())


async def test_the_emergency_destination_is_left_for_asterisk(left: Left) -> None:
    await left.standby.keep()
    assert "EMERGENCY" not in left.emergency
    assert f"OFFICESMART_APOLOGY = {left.office.data.sounds}/" in left.emergency
    named = text("Studio").replace("{name: Studio}", '{name: Studio, emergency_destination: "201"}')
    left.office.write(named)
    await left.office.reload()
    await left.standby.keep()
    assert "OFFICESMART_EMERGENCY_PHONE = 201\n" in left.emergency


async def test_what_cannot_be_written_is_told_and_tried_again(left: Left) -> None:
    await left.standby.keep()
    plan = left.folder / kept.PLAN_FILE
    before = plan.read_bytes()
    left.office.write(text("Nuovo"))
    await left.office.reload()
    left.folder.rename(left.folder.with_name("away"))
    left.folder.write_text("no folder")
    assert "earlier plan" in await left.standby.keep()
    left.folder.unlink()
    left.folder.with_name("away").rename(left.folder)
    assert plan.read_bytes() == before
    assert await left.standby.keep() == ""
    assert plan.read_bytes() != before


async def test_a_phone_that_rings_is_nothing_to_be_written(left: Left) -> None:
    left.lines.update("201", NOON, registered=True)
    await left.standby.keep()
    state = left.folder / kept.STATE_FILE
    version = state.stat().st_ino
    left.lines.occupy("201", "call", "leg", NOON)
    await left.standby.keep()
    assert state.stat().st_ino == version
    left.lines.release("leg", NOON)
    await left.standby.keep()
    assert state.stat().st_ino != version, "it has talked, and is idle since now"
