"""Plans that go live while calls go on, by what callers hear from a real Asterisk."""

from __future__ import annotations

import asyncio
import os
import statistics
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.messages import Language
from officesmart_ivr.publishing.outcome import Outcome, Published, Refused
from officesmart_ivr.state.call_log import CallQuery, CallRecord
from officesmart_ivr.state.revisions import Origin, PublicationState, Source
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.errors import PhoneError
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.sipp import run_sipp
from tests.live import plan
from tests.live.hunting import phones, talks
from tests.live.station import Station, station_with, until

SCENARIO = Path(__file__).parents[1] / "sipp" / "three_keys.xml"
CALLS_PER_SECOND = 20
RELOADS = int(os.environ.get("OFFICESMART_RELOADS", "10"))
"""Half of them broken. The program promises 50, which takes a minute."""

SOUNDS = (("welcome", "sales"), ("second", "offers"))
"""What callers hear at the two menus, in even and in odd versions of the plan."""


TESTER = 'trunks: {tester: {from_addresses: ["127.0.0.1/32"]}}'


def text(version: int, *, extensions: str = "201 202", extra: str = "") -> str:
    """A version of the plan. Its announcements are its own, so the log tells which one led a call."""
    first, second = SOUNDS[version % 2]
    phones = ", ".join(f'"{number}": {{name: Linea {number}}}' for number in extensions.split())
    return f"""\
version: 1
company: {{name: Prova {version}, language: it}}
extensions: {{{phones}}}
{TESTER}
announcements:
  v{version}-first: {{file: {first}.wav}}
  v{version}-second: {{file: {second}.wav}}
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {{otherwise: {{menu: day}}}}
    menus:
      day: {{announcement: v{version}-first, keys: {{"1": {{menu: inner}}}}}}
      inner:
        announcement: v{version}-second
        keys: {{"*": previous_menu}}
        no_input: {{seconds: 1, attempts: 1}}
limits: {{calls: 300, calls_per_second: 1000}}
{extra}"""


BROKEN = (
    lambda version: text(version).replace("menu: inner}}", "menu: nowhere}}"),
    lambda version: text(version)[:400],
    lambda version: text(version).replace("welcome.wav", "gone.wav").replace("second.wav", "gone.wav"),
    lambda version: "",
)


def write(station: Station, content: str) -> None:
    part = station.folder / ".new"
    part.write_text(content)
    part.replace(station.run.plan)


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Station]:
    path = plan.write(tmp_path_factory.mktemp("publishing") / "plan", text(0))
    async with station_with(path, box, calls=300) as station:
        await station.settle()
        yield station
        await station.settle()


@pytest.fixture
async def station(office: Station) -> AsyncIterator[Station]:
    """The office with version 0 of its plan."""
    write(office, text(0))
    assert isinstance(await office.app.reload(), Published)
    yield office
    await office.settle()


async def serves(station: Station, version: int) -> None:
    await until(lambda: station.status.company == f"Prova {version}", within=5)


async def hears_version(station: Station, caller: Phone, version: int) -> None:
    """A new call is led by a version of the plan, at both menus."""
    first, second = SOUNDS[version % 2]
    call = caller.call("100")
    await station.hears(call, first)
    pressed = await call.press("1")
    await station.hears(call, second, after=pressed)
    await call.hang_up()


async def goes_live(station: Station, version: int) -> Published:
    write(station, text(version))
    outcome = await station.app.reload(f"version {version}")
    assert isinstance(outcome, Published), outcome
    assert outcome.is_new
    return outcome


async def refused(station: Station, number: int) -> Refused:
    write(station, BROKEN[number % len(BROKEN)](number))
    outcome = await station.app.reload()
    assert isinstance(outcome, Refused), outcome
    assert outcome.findings
    return outcome


def versions(call: CallRecord) -> set[str]:
    """The versions of the plan whose announcements a call heard."""
    played = (step.note.about["announcements"] for step in call.steps if step.note.fact is Fact.PLAYS)
    return {name.partition("-")[0] for names in played for name in names.split(",")}


async def test_under_a_call_rate_each_reload_takes_effect_or_is_refused(
    station: Station, tmp_path: Path
) -> None:
    """A call that straddles a reload ends as it began; the next one is led by the new plan; none fails."""
    assert station.toolbox.sipp is not None
    began = datetime.now(UTC)
    calls = RELOADS * CALLS_PER_SECOND // 2
    load = asyncio.create_task(
        run_sipp(
            station.toolbox.sipp.command(),
            SCENARIO,
            station.server,
            folder=tmp_path,
            number="100",
            calls=calls,
            rate=CALLS_PER_SECOND,
            values={"key1": "1", "key2": "*", "key3": "1"},
        )
    )
    outcomes: list[Outcome] = []
    live = made = 0
    async with station.caller() as caller:
        while made < RELOADS or not load.done():
            made += 1
            first, second = SOUNDS[live % 2]
            straddles = caller.call("100")
            await station.hears(straddles, first)
            if made % 2:
                outcomes.append(await goes_live(station, made))
                live = made
            else:
                outcomes.append(await refused(station, made))
            pressed = await straddles.press("1")
            await station.hears(straddles, second, after=pressed)
            await straddles.hang_up()
            await hears_version(station, caller, live)
    result = await load
    assert (result.successful, result.failed, result.unfinished) == (calls, 0, 0), result
    await station.settle()
    logged = await station.app.log.find(CallQuery(since=began, limit=1000))
    assert all(len(versions(call)) <= 1 for call in logged), "a call was served by a mixture"
    assert not Counter(call.outcome for call in logged)["fault"]
    seconds = [outcome.seconds for outcome in outcomes]
    print(
        f"\n{len(outcomes)} reloads, {sum(isinstance(each, Refused) for each in outcomes)} of them refused, "
        f"under {len(logged)} calls: {statistics.median(seconds):.3f} s, at most {max(seconds):.3f} s"
    )


async def test_a_removed_phone_is_refused_and_one_that_talks_talks_on(station: Station) -> None:
    answer = {"201": behaviours.answer(), "202": behaviours.answer()}
    async with phones(station, {"201": answer["201"]}) as office, station.caller() as caller:
        leaving = Phone(
            "202",
            station.password("202"),
            server=station.server,
            behaviour=answer["202"],
            detector=station.detector,
        )
        async with leaving:
            await leaving.register()
            await until(lambda: "202" in station.status.registered)
            call = leaving.call("201")
            await talks(station, "202", "201")
            other = await office["201"].incoming()
            write(station, text(1, extensions="201 203"))
            assert isinstance(await station.app.reload(), Published)
            with pytest.raises(PhoneError):
                await leaving.register()
            assert (await caller.call("202").ended(within=5)).status == 404
            call.rtp.say_tone(2000)
            await other.rtp.hear(2000, within=3)
            await call.hang_up()
            await other.ended(within=5)
            write(station, text(1, extensions="201 203").replace(TESTER, ""))
            assert isinstance(await station.app.reload(), Published)
            # Until now its calls would have been those of the trunk, which is known by the same address.
            assert (await leaving.call("100").ended(within=5)).status in (401, 403)
            write(station, text(1, extensions="201 203"))
            assert isinstance(await station.app.reload(), Published)
            async with phones(station, {"203": behaviours.answer()}):
                reached = caller.call("203")
                await reached.answered()
                await reached.hang_up()


async def test_a_rollback_is_heard_by_the_next_caller(station: Station) -> None:
    async with station.caller() as caller:
        await goes_live(station, 1)
        await hears_version(station, caller, 1)
        plans = station.app.facade().plans
        before = [each.number for each in await plans.revisions(10) if each.source is not Source.KEPT][1]
        outcome = await plans.rollback(before, "anna", "wrong", Language.ENGLISH)
        assert outcome is not None
        assert outcome.live, outcome
        await hears_version(station, caller, 0)
        assert station.run.plan.read_text() == text(0)


async def test_a_publication_is_heard_from_its_time_on(station: Station) -> None:
    async with station.caller() as caller:
        at = datetime.now(UTC) + timedelta(seconds=2)
        texts = {"christmas.yaml": text(1).encode()}
        wanted, _ = await station.app.schedule.add(texts, Origin(Source.PUBLICATION, "anna"), at)
        await hears_version(station, caller, 0)
        assert datetime.now(UTC) < at
        async with asyncio.timeout(5):
            while (await station.app.schedule.listed())[0].state is PublicationState.WAITS:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert datetime.now(UTC) >= at
        assert (await station.app.schedule.listed())[0].id == wanted.id
        await hears_version(station, caller, 1)


async def test_a_limit_on_calls_length_holds_without_a_reload_of_asterisk(station: Station) -> None:
    write(station, text(0).replace("calls: 300", "calls: 300, call_minutes: 7"))
    assert isinstance(await station.app.reload(), Published)
    async with station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        (channel,) = await station.ari.channels.list()
        left = await station.ari.channel(channel.id).get_variable("TIMEOUT(absolute)")
        assert 400 < float(left) <= 420
        await call.hang_up()


async def test_saved_edits_are_heard_whatever_the_editor_does(
    tmp_path_factory: pytest.TempPathFactory, box: Toolbox
) -> None:
    path = plan.write(tmp_path_factory.mktemp("watched") / "plan", text(0))

    def in_place(content: str) -> None:
        path.write_text(content)

    def moved_away(content: str) -> None:
        path.rename(path.with_name("plan.yaml~"))
        path.write_text(content)

    def renamed_over(content: str) -> None:
        path.with_name(".plan.yaml.new").write_text(content)
        path.with_name(".plan.yaml.new").replace(path)

    async with station_with(path, box, watch=True) as station, station.caller() as caller:
        await hears_version(station, caller, 0)
        for version, save in enumerate((in_place, moved_away, renamed_over), 1):
            save(text(version))
            await serves(station, version)
            await hears_version(station, caller, version)
        in_place(text(4)[:300])
        await until(lambda: not station.status.live.last.live, within=6)
        await hears_version(station, caller, 3)
        in_place(text(4))
        await serves(station, 4)
        await hears_version(station, caller, 4)
        assert station.status.live.revision == 5
        await station.settle()
