"""Publications at a set time, under a clock that the tests move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta

import pytest

from officesmart_ivr.api.schema import NewPublication
from officesmart_ivr.errors import PlanError, SettingsError, StateError
from officesmart_ivr.messages import Language
from officesmart_ivr.publishing.answers import PlanAnswers
from officesmart_ivr.publishing.outcome import Refused
from officesmart_ivr.publishing.schedule import LONGEST_WAIT_SECONDS, Schedule
from officesmart_ivr.state.revisions import MemoryRevisions, Origin, Publication, PublicationState, Source
from tests.unit.calls.office import Clock, until
from tests.unit.publishing.conftest import BROKEN, NOON, Office, text

EVENING = NOON + timedelta(hours=6)
BY_ANNA = Origin(Source.PUBLICATION, "anna", "Christmas")


class Evening:
    """An office with a schedule that runs."""

    def __init__(self, office: Office, clock: Clock) -> None:
        self.office = office
        self.clock = clock
        self.schedule = Schedule(office.door, office.revisions, lambda: office.now)

    async def wants(self, content: str, **later: float) -> Publication:
        at = EVENING + timedelta(**later)
        publication, _ = await self.schedule.add({"christmas.yaml": content.encode()}, BY_ANNA, at)
        return publication

    async def comes(self, **later: float) -> None:
        """The evening, and a bit later, is there; both clocks go on."""
        self.office.now = EVENING + timedelta(**later)
        self.clock.forward(LONGEST_WAIT_SECONDS)

    async def state(self, publication: Publication) -> PublicationState:
        found = {each.id: each for each in await self.schedule.listed()}
        return found[publication.id].state

    async def settled(self, publication: Publication) -> Publication:
        async with asyncio.timeout(5):
            while await self.state(publication) is PublicationState.WAITS:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        return next(each for each in await self.schedule.listed() if each.id == publication.id)

    async def starts_anew(self) -> None:
        await self.office.open()
        self.schedule = Schedule(self.office.door, self.office.revisions, lambda: self.office.now)


@pytest.fixture
async def evening(office: Office, monkeypatch: pytest.MonkeyPatch) -> Evening:
    await office.open()
    return Evening(office, Clock(monkeypatch))


@pytest.fixture
async def running(evening: Evening) -> AsyncIterator[Callable[[], None]]:
    tasks: list[asyncio.Task[None]] = []
    yield lambda: tasks.append(asyncio.create_task(evening.schedule.run()))
    for task in tasks:
        task.cancel()
        await asyncio.wait((task,))


async def test_it_goes_live_when_its_time_has_come_and_not_before(
    evening: Evening, running: Callable[[], None]
) -> None:
    running()
    publication = await evening.wants(text("Christmas"))
    assert evening.schedule.next is not None
    assert evening.schedule.next.id == publication.id
    await evening.comes(seconds=-1)
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert evening.office.serves == "First"
    await evening.comes(seconds=1)
    settled = await evening.settled(publication)
    assert (settled.state, settled.reason) == (PublicationState.LIVE, "revision 2")
    assert evening.office.serves == "Christmas"
    assert evening.office.plan.read_text() == text("Christmas")
    revision = (await evening.office.revisions.find(1))[0]
    assert (revision.origin, revision.at) == (BY_ANNA, evening.office.now)
    await until(lambda: evening.schedule.next is None)


async def test_a_bad_one_is_refused_at_once(evening: Evening) -> None:
    with pytest.raises(PlanError) as refused:
        await evening.wants(BROKEN)
    assert refused.value.findings
    with pytest.raises(SettingsError):
        await evening.wants(text("Christmas"), hours=-6)
    assert await evening.schedule.listed() == []


async def test_which_files_will_be_deleted_is_said_at_once(evening: Evening) -> None:
    office = evening.office
    office.plan.with_name("tests.yaml").write_text("tests: []\n")
    office.plan = office.plan.parent
    await evening.starts_anew()
    answers = PlanAnswers(office.door, evening.schedule, office.revisions, lambda: office.now)

    async def publish(*names: str) -> Sequence[str]:
        parts = zip(names, (text("Christmas"), "tests: []\n"), strict=False)
        wanted = NewPublication(dict(parts), "2026-12-24 18:00")
        return (await answers.publish(wanted, EVENING, Language.ENGLISH)).notes

    (note,) = await publish("christmas.yaml")
    assert "plan.yaml, tests.yaml" in note
    assert await publish("plan.yaml", "tests.yaml") == []


async def test_one_that_no_longer_fits_is_refused_when_due(
    evening: Evening, running: Callable[[], None]
) -> None:
    running()
    publication = await evening.wants(text("Christmas"))
    (evening.office.sounds / "welcome.wav").unlink()
    await evening.comes(seconds=1)
    settled = await evening.settled(publication)
    assert settled.state is PublicationState.REFUSED
    assert settled.findings
    assert evening.office.serves == "First"
    assert evening.office.door.last is not None
    assert isinstance(evening.office.door.last.outcome, Refused)


async def test_one_that_is_cancelled_does_not_happen(evening: Evening, running: Callable[[], None]) -> None:
    running()
    publication = await evening.wants(text("Christmas"))
    later = await evening.wants(text("New year"), hours=1)
    assert await evening.schedule.cancel(publication.id)
    assert not await evening.schedule.cancel(publication.id)
    await evening.comes(hours=1, seconds=1)
    await evening.settled(later)
    assert evening.office.serves == "New year"
    assert await evening.state(publication) is PublicationState.CANCELLED


async def test_one_that_was_missed_goes_live_at_the_start_and_says_so(
    evening: Evening, running: Callable[[], None]
) -> None:
    publication = await evening.wants(text("Christmas"))
    evening.office.now = EVENING + timedelta(days=1)
    await evening.starts_anew()
    running()
    assert (await evening.settled(publication)).state is PublicationState.LIVE
    revision = (await evening.office.revisions.find(1))[0]
    assert "missed" in revision.origin.message


async def test_one_that_was_missed_does_not_overtake_what_is_newer(
    evening: Evening, running: Callable[[], None]
) -> None:
    publication = await evening.wants(text("Christmas"))
    evening.office.now = EVENING + timedelta(days=1)
    evening.office.write(text("Newer"))
    await evening.starts_anew()
    running()
    settled = await evening.settled(publication)
    assert settled.state is PublicationState.OVERTAKEN
    assert "revision 2" in settled.reason
    assert evening.office.serves == "Newer"


async def test_of_several_that_were_missed_only_the_last_goes_live(
    evening: Evening, running: Callable[[], None]
) -> None:
    first = await evening.wants(text("Christmas"))
    second = await evening.wants(text("New year"), days=7)
    evening.office.now = EVENING + timedelta(days=30)
    await evening.starts_anew()
    running()
    assert (await evening.settled(second)).state is PublicationState.LIVE
    assert await evening.state(first) is PublicationState.OVERTAKEN
    assert await evening.office.sources() == ["start", "publication"]


async def test_a_process_that_dies_after_it_went_live_does_not_publish_twice(
    evening: Evening, running: Callable[[], None]
) -> None:
    publication = await evening.wants(text("Christmas"))
    evening.office.now = EVENING + timedelta(hours=1)
    await evening.office.door.put({"plan.yaml": text("Christmas").encode()}, BY_ANNA)
    await evening.starts_anew()
    running()
    assert (await evening.settled(publication)).state is PublicationState.LIVE
    assert await evening.office.sources() == ["start", "publication"]


async def test_a_database_that_fails_at_that_moment_is_tried_again(
    evening: Evening, running: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    running()
    publication = await evening.wants(text("Christmas"))
    failed = asyncio.Event()

    async def fails(*arguments: object) -> None:
        failed.set()
        raise StateError("no database")

    with monkeypatch.context() as broken:
        broken.setattr(MemoryRevisions, "add", fails)
        await evening.comes(seconds=1)
        await asyncio.wait_for(failed.wait(), 5)
        await until(lambda: not evening.office.door.is_busy)
    assert await evening.state(publication) is PublicationState.WAITS
    assert evening.office.plan.read_text() == text("First")
    await evening.comes(seconds=30)
    assert (await evening.settled(publication)).state is PublicationState.LIVE
