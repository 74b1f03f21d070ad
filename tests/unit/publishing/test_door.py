"""Whole candidate or nothing, whatever fails."""

from __future__ import annotations

import asyncio
import gc
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from officesmart_ivr import files
from officesmart_ivr.announcements.store import Library
from officesmart_ivr.callplan.findings import Code
from officesmart_ivr.callplan.secrets import ensure, load
from officesmart_ivr.errors import AnnouncementError, PlanError, SettingsError, StateError
from officesmart_ivr.observe.names import NAMES_FILE
from officesmart_ivr.publishing.outcome import Published, Refused
from officesmart_ivr.publishing.workshop import Workshop
from officesmart_ivr.state.revisions import MemoryRevisions, Origin, Source
from officesmart_ivr.testcall.tones import tone, write_wave
from tests.unit.publishing.conftest import ANNA, BROKEN, Office, text

FULL = OSError(28, "No space left on device")
ROLLBACK = Origin(Source.ROLLBACK, "anna")


async def live(office: Office) -> None:
    """What must hold while the first plan is live and a candidate was refused."""
    assert office.serves == "First"
    assert office.house.served == ["First"]
    assert [each.number for each in await office.revisions.find(9)] == [1]
    assert office.door.last is not None
    assert isinstance(office.door.last.outcome, Refused)


async def test_a_good_candidate_is_a_revision_and_served(office: Office) -> None:
    await office.open()
    office.write(text("Second"))
    office.later(minutes=1)
    outcome = await office.reload()
    assert isinstance(outcome, Published)
    assert outcome.is_new
    assert outcome.revision is not None
    assert (outcome.revision.number, outcome.revision.origin, outcome.revision.at) == (2, ANNA, office.now)
    assert office.house.served == ["First", "Second"]
    assert office.door.since == office.now
    assert await office.revisions.texts(outcome.revision.files) == {"plan.yaml": text("Second").encode()}
    names = office.data.read_state(NAMES_FILE)
    assert names is not None


async def test_a_refused_candidate_changes_nothing_and_tells_its_findings(office: Office) -> None:
    await office.open()
    office.write(BROKEN)
    outcome = await office.reload()
    assert isinstance(outcome, Refused)
    assert [(each.code, each.position.line) for each in outcome.findings] == [(Code.UNKNOWN_REFERENCE, 9)]
    assert outcome.error.remedy
    assert outcome.error.__traceback__ is None, "it would keep the candidate in memory"
    await live(office)


async def test_the_same_content_is_no_new_revision(office: Office) -> None:
    await office.open()
    office.write(text("First"))
    outcome = await office.reload()
    assert isinstance(outcome, Published)
    assert (outcome.is_new, outcome.revision.number if outcome.revision else 0) == (False, 1)
    assert office.house.served == ["First"]
    await office.open()
    assert await office.sources() == ["start"]


async def test_a_changed_sound_is_served_without_a_new_revision(office: Office) -> None:
    await office.open()
    before = office.door.live.service.sounds.media("welcome")
    write_wave(office.sounds / "welcome.wav", tone(700, 0.2, rate=16000))
    outcome = await office.reload()
    assert isinstance(outcome, Published)
    assert not outcome.is_new
    assert office.door.live.service.sounds.media("welcome") != before


async def test_a_changed_password_is_served_without_a_new_revision(office: Office) -> None:
    await office.open()
    secrets = office.plan.with_name("secrets.yaml")
    assert load(secrets).keys() == {"extension-201"}
    secrets.write_text("extension-201: another\n")
    await office.reload()
    assert "another" in str(office.door.live.objects)
    assert await office.sources() == ["start"]


CARRIER = """{carrier: {server: sip.example.net, username: me, password: {secret: carrier}}}"""


def taken_away(file: Path) -> None:
    file.unlink()


def emptied(file: Path) -> None:
    file.write_text("\n")


@pytest.mark.parametrize("lose", [taken_away, emptied])
async def test_secrets_that_are_lost_are_written_again(office: Office, lose: Callable[[Path], None]) -> None:
    """New ones would throw every phone of the office out."""
    secrets = office.plan.with_name("secrets.yaml")
    secrets.write_text("carrier: hush\nof-another-plan: kept\n")
    office.write(text(trunks=CARRIER))
    await office.open()
    before, objects = load(secrets), office.door.live.objects
    assert before.keys() == {"carrier", "extension-201", "of-another-plan"}
    lose(secrets)
    assert isinstance(await office.reload(), Published)
    assert load(secrets) == before
    assert office.door.live.objects == objects
    stamp = office.door.live.stamp
    await office.reload()
    assert office.door.live.stamp == stamp, "the next look finds nothing to do"


async def test_secrets_that_are_lost_while_a_plan_goes_live_are_not_forgotten(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = office.plan.with_name("secrets.yaml")
    await office.open()
    before = load(secrets)

    def ensured_and_emptied(path: Path, *others: Any) -> Mapping[str, str]:
        values = ensure(path, *others)
        emptied(path)
        return values

    with monkeypatch.context() as beside_an_editor:
        beside_an_editor.setattr("officesmart_ivr.callplan.secrets.ensure", ensured_and_emptied)
        office.write(text("Second"))
        assert isinstance(await office.reload(), Published)
    office.write(text("Third"))
    assert isinstance(await office.reload(), Published)
    assert load(secrets) == before


async def test_secrets_that_were_taken_out_of_their_file_are_made_up_anew(office: Office) -> None:
    secrets = office.plan.with_name("secrets.yaml")
    await office.open()
    before = load(secrets)
    secrets.write_text("# Passwords of the plan.\n")
    await office.reload()
    assert load(secrets).keys() == before.keys()
    assert load(secrets) != before


@pytest.mark.parametrize(
    ("owner", "method", "error"),
    [
        (Library, "publish", AnnouncementError("no space")),
        (MemoryRevisions, "add", StateError("no database")),
        (Workshop, "examine_disk", RuntimeError("a fault")),
        (Workshop, "read", PlanError("not readable")),
    ],
)
async def test_a_failure_half_way_leaves_the_plan_before(
    office: Office, monkeypatch: pytest.MonkeyPatch, owner: type, method: str, error: Exception
) -> None:
    await office.open()
    office.write(text("Second"))

    def fails(*arguments: Any, **named: Any) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(owner, method, fails)
        outcome = await office.reload()
    assert isinstance(outcome, Refused)
    await live(office)
    assert gc.isenabled()
    assert isinstance(await office.reload(), Published)
    assert office.serves == "Second"


async def test_passwords_that_cannot_be_kept_refuse_the_candidate(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.open()
    office.write(text("Second").replace('{"201": {name: Anna}}', '{"201": {name: Anna}, "202": {name: B}}'))

    def fails(*arguments: Any, **named: Any) -> None:
        raise FULL

    with monkeypatch.context() as broken:
        broken.setattr("officesmart_ivr.callplan.secrets.replace", fails)
        outcome = await office.reload()
    assert isinstance(outcome, Refused)
    await live(office)
    assert isinstance(await office.reload(), Published)
    assert "extension-202" in load(office.plan.with_name("secrets.yaml"))


async def test_what_asterisk_must_learn_later_is_said(office: Office) -> None:
    await office.open()
    office.house.why_later = ["Asterisk is away"]
    office.write(text("Second"))
    outcome = await office.reload()
    assert isinstance(outcome, Published)
    assert outcome.notes == ["Asterisk is away"]
    assert office.serves == "Second"


async def test_many_at_once_go_one_by_one_and_the_newest_wins(office: Office) -> None:
    await office.open()
    office.write(text("Second"))
    first = asyncio.create_task(office.reload())
    await asyncio.sleep(0)
    office.write(text("Third"))
    outcomes = await asyncio.gather(first, *(office.reload() for _ in range(4)))
    assert all(isinstance(each, Published) for each in outcomes)
    assert office.serves == "Third"
    assert len(await office.revisions.find(9)) in (2, 3)
    assert gc.isenabled()


async def test_of_a_file_that_is_gone_it_is_said_how_to_have_it_again(office: Office) -> None:
    """What else there is to find, such as that the rest is no plan, leads away from that."""
    office.plan.with_name("tests.yaml").write_text("tests: []\n")
    gone, office.plan = office.plan, office.plan.parent
    await office.open()
    gone.unlink()
    refused = await office.reload()
    assert isinstance(refused, Refused)
    assert refused.findings
    assert "plan.yaml" in refused.error.remedy
    assert "rollback 1" in refused.error.remedy
    await office.door.put(office.door.live.texts, ROLLBACK)
    assert gone.exists()
    gone.write_text(BROKEN)
    broken = await office.reload()
    assert isinstance(broken, Refused)
    assert "rollback" not in broken.error.remedy


async def test_at_a_start_with_a_broken_plan_the_last_good_one_is_served(office: Office) -> None:
    await office.open()
    office.write(text("Second"))
    await office.reload()
    office.write(BROKEN)
    await office.open()
    assert office.serves == "Second"
    assert office.door.revision is not None
    assert office.door.revision.number == 2
    assert office.door.last is not None
    assert isinstance(office.door.last.outcome, Refused)
    assert office.door.last.outcome.findings
    assert office.plan.read_text() == BROKEN
    office.write(text("Third"))
    assert isinstance(await office.reload(), Published)
    assert await office.sources() == ["start", "reload", "reload"]


async def test_the_last_good_plan_is_served_even_if_a_sound_is_gone(office: Office) -> None:
    await office.open()
    office.plan.unlink()
    (office.sounds / "welcome.wav").unlink()
    await office.open()
    assert office.serves == "First"
    assert "welcome" in office.door.live.service.sounds.left_out


async def test_a_start_without_any_good_plan_is_refused_with_the_findings(office: Office) -> None:
    office.write(BROKEN)
    with pytest.raises(PlanError) as refused:
        await office.open()
    assert refused.value.findings


async def test_at_a_start_calls_are_served_though_no_revision_can_be_kept(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*arguments: Any) -> None:
        raise StateError("no database")

    with monkeypatch.context() as broken:
        broken.setattr(MemoryRevisions, "add", fails)
        await office.open()
    assert office.serves == "First"
    assert office.door.revision is None
    await office.reload()
    assert office.door.revision is not None
    assert office.door.revision.number == 1


async def test_a_rollback_writes_the_files_and_is_a_new_revision(office: Office) -> None:
    await office.open()
    office.plan.chmod(0o640)
    office.write(text("Second"))
    await office.reload()
    texts = await office.revisions.texts((await office.revisions.find(9))[-1].files)
    outcome = await office.door.put(texts, ROLLBACK)
    assert isinstance(outcome, Published)
    assert outcome.revision is not None
    assert outcome.revision.number == 3
    assert office.serves == "First"
    assert office.plan.read_text() == text("First")
    assert stat.S_IMODE(office.plan.stat().st_mode) == 0o640
    assert isinstance(await office.reload(), Published)
    assert await office.sources() == ["start", "reload", "rollback"]


async def test_a_rollback_to_what_no_longer_fits_is_refused(office: Office) -> None:
    await office.open()
    first = (await office.revisions.find(1))[0]
    office.write(text("Second").replace("announcement: welcome", "announcement: invalid"))
    await office.reload()
    (office.sounds / "welcome.wav").unlink()
    office.write(
        text("Third")
        .replace("announcements: {welcome: {file: welcome.wav}}\n", "")
        .replace("announcement: welcome", "announcement: invalid")
    )
    assert isinstance(await office.reload(), Published)
    outcome = await office.door.put(await office.revisions.texts(first.files), ROLLBACK)
    assert isinstance(outcome, Refused)
    assert {each.code for each in outcome.findings} == {Code.MISSING_SOUND}
    assert office.serves == "Third"
    assert "Third" in office.plan.read_text()


async def test_what_was_never_live_is_kept_before_a_rollback(office: Office) -> None:
    await office.open()
    office.write(text("Second"))
    await office.reload()
    office.write(BROKEN)
    texts = {"plan.yaml": text("First").encode()}
    outcome = await office.door.put(texts, ROLLBACK)
    assert isinstance(outcome, Published)
    assert len(outcome.notes) == 1
    assert await office.sources() == ["start", "reload", "kept", "rollback"]
    kept = (await office.revisions.find(9))[1]
    assert await office.revisions.texts(kept.files) == {"plan.yaml": BROKEN.encode()}


async def test_a_rollback_that_cannot_be_kept_takes_the_files_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.open()

    async def fails(*arguments: Any) -> None:
        raise StateError("no database")

    monkeypatch.setattr(MemoryRevisions, "add", fails)
    outcome = await office.door.put({"plan.yaml": text("Second").encode()}, ROLLBACK)
    assert isinstance(outcome, Refused)
    assert office.plan.read_text() == text("First")
    await live(office)


async def test_a_full_disk_stops_a_rollback_before_anything_has_changed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.open()
    real, written = files.replace, []

    def fills_up(path: Any, *arguments: Any, **named: Any) -> None:
        if path.suffix == ".part":
            written.append(path)
            raise FULL
        real(path, *arguments, **named)

    monkeypatch.setattr("officesmart_ivr.files.replace", fills_up)
    outcome = await office.door.put({"plan.yaml": text("Second").encode()}, ROLLBACK)
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, SettingsError)
    assert written
    assert office.plan.read_text() == text("First")
    await live(office)


async def test_a_check_changes_nothing(office: Office) -> None:
    await office.open()
    good = await office.door.check({"plan.yaml": text("Second").encode()})
    bad = await office.door.check({"plan.yaml": BROKEN.encode()})
    assert isinstance(good, Published)
    assert isinstance(bad, Refused)
    assert office.house.served == ["First"]
    assert await office.sources() == ["start"]
    assert office.plan.read_text() == text("First")


CALENDAR = """\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//office//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTAMP:20260101T000000Z\r
DTSTART;VALUE=DATE:{day}\r
SUMMARY:closed\r
END:VEVENT\r
END:VCALENDAR\r
"""


async def test_a_calendar_is_a_part_of_the_plan(office: Office) -> None:
    calendar = office.plan.with_name("closures.ics")
    calendar.write_text(CALENDAR.format(day="20991224"))
    week = "{otherwise: {menu: day}, special_days: [{name: Closures, ics: closures.ics, menu: day}]}"
    office.write(text("First").replace("{otherwise: {menu: day}}", week))
    await office.open()
    first = (await office.revisions.find(1))[0]
    assert first.files.keys() == {"plan.yaml", "closures.ics"}
    calendar.write_text(CALENDAR.format(day="20991225"))
    outcome = await office.reload()
    assert isinstance(outcome, Published)
    assert outcome.is_new
    calendar.write_text("no calendar")
    assert isinstance(await office.reload(), Refused)
    outcome = await office.door.put(await office.revisions.texts(first.files), ROLLBACK)
    assert isinstance(outcome, Published)
    assert calendar.read_bytes() == CALENDAR.format(day="20991224").encode()
    assert await office.sources() == ["start", "reload", "kept", "rollback"]
    assert isinstance(await office.reload(), Published)
    assert len(await office.sources()) == 4
