"""Announcements recorded by telephone, and heard by the next caller, on a real Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from officesmart_ivr.announcements.drafts import Draft, Drafts
from officesmart_ivr.api.views import explained_call, named_call
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.callplan import secrets
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.core import state
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.livetest.rig import LOOPBACK
from officesmart_ivr.observe.names import Names
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.call_log import CallQuery
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import Detector, tone, write_wave
from tests.live import plan
from tests.live.hunting import record_of
from tests.live.station import Station, station_with, until
from tests.live.test_up import run, up

PROMPTS = {
    "enter-pin": 500,
    "wrong-pin": 600,
    "record-number": 700,
    "record-after-tone": 800,
    "record-tone": 900,
    "recording-choice": 1000,
    "recording-empty": 1100,
    "recording-saved": 1200,
    "recording-not-saved": 1300,
    "unknown-number": 1400,
}
"""Hz of what the system says. Each lasts half a second."""

WELCOME = 1800
VOICE, SECOND_VOICE = plan.VOICES[0], plan.VOICES[2]

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "201": {name: Anna Rossi}
  "202": {name: Bruno Verdi, ring_seconds: 2}
trunks:
  tester: {from_addresses: ["127.0.0.1/32"]}
announcements:
  welcome: {file: it/hello.wav, record_number: "12"}
  fresh: {file: fresh.wav, record_number: "13"}
ANNOUNCEMENTS
multiselections:
  main:
    name: Centralino
    numbers: ["0212345678", "100"]
    week: {otherwise: {menu: day}}
    menus:
      day: {announcement: welcome}
  other:
    name: Nuovo
    numbers: ["101"]
    week: {otherwise: {menu: new}}
    menus:
      new: {announcement: fresh}
service_codes: {record: "*77", pin: {secret: service-pin}}
limits: {recording_seconds: 30}
"""


def write(folder: Path) -> Path:
    (folder / "sounds" / "it").mkdir(parents=True)
    write_wave(folder / "sounds" / "it" / "hello.wav", tone(WELCOME, 1.0, rate=16000))
    for name, frequency in PROMPTS.items():
        write_wave(folder / "sounds" / f"{name}.wav", tone(frequency, 0.5, rate=16000))
    path = folder / "plan.yaml"
    path.write_text(
        PLAN.replace("ANNOUNCEMENTS", "\n".join(f"  {name}: {{file: {name}.wav}}" for name in PROMPTS))
    )
    return path


class Recorder:
    """A phone of the office that records."""

    def __init__(self, station: Station, phone: Phone) -> None:
        self.station = station
        self.phone = phone
        self.at = 0
        self.call: Call

    async def dial(self, number: str, pin: str | None = None) -> None:
        stored = secrets.load(self.station.folder / secrets.FILE_NAME)
        self.call = self.phone.call(number)
        await self.call.answered()
        await self.hears("enter-pin")
        await self.press(f"{pin or stored['service-pin']}#")

    async def press(self, keys: str) -> None:
        self.at = await self.call.press(keys)

    async def hears(self, *prompts: str) -> None:
        for prompt in prompts:
            self.at = await self.call.rtp.hear(PROMPTS[prompt], within=5, after=self.at)

    async def says(self, hertz: int, seconds: float = 1.0) -> None:
        """Speak once the recording goes on, and be heard for so long."""
        await self.records()
        self.call.rtp.say_tone(hertz, seconds)
        await until(lambda: not self.call.rtp.speaking)
        self.call.rtp.say_silence()

    async def records(self) -> None:
        """Wait until Asterisk records."""
        await self.hears("record-after-tone", "record-tone")
        await until(lambda: isinstance(self.state, state.Recording))

    @property
    def state(self) -> state.State:
        (session,) = self.station.app.sessions
        return session.state


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Station]:
    async with station_with(write(tmp_path_factory.mktemp("recording")), box) as made:
        yield made


@pytest.fixture
async def station(shared: Station) -> AsyncIterator[Station]:
    """The system of this module; after each test no call, recording or draft may be left."""
    before = await shared.settle()
    yield shared
    await shared.settle(before)
    await nothing_is_recorded(shared)
    assert not drafts(shared)


@pytest.fixture
async def anna(station: Station) -> AsyncIterator[Recorder]:
    async with station.phone("201") as phone:
        yield Recorder(station, phone)


def drafts(station: Station) -> list[Draft]:
    return Drafts(station.run.data.drafts).all()


async def next_caller_hears(station: Station, hertz: int, number: str = "100") -> None:
    async with station.caller() as caller:
        call = caller.call(number)
        await call.rtp.hear(hertz, within=5)
        await call.hang_up()


async def test_an_announcement_is_recorded_and_the_next_caller_hears_it(
    station: Station, anna: Recorder
) -> None:
    await anna.dial("*7712")
    await anna.says(VOICE)
    await anna.press("#")
    await anna.hears("recording-choice")
    await anna.press("1")
    anna.at = await anna.call.rtp.hear(VOICE, within=5, after=anna.at)
    await anna.hears("recording-choice")
    await next_caller_hears(station, WELCOME)
    await anna.press("3")
    await anna.hears("recording-saved")
    await anna.call.ended(within=5)
    await next_caller_hears(station, VOICE)
    record = await record_of(station, anna.call)
    facts = [step.note.fact for step in record.steps]
    assert [
        fact for fact in facts if fact in (Fact.RECORDS, Fact.RECORDED, Fact.LISTENS, Fact.RECORDING_SAVED)
    ] == [Fact.RECORDS, Fact.RECORDED, Fact.LISTENS, Fact.RECORDING_SAVED]


async def test_what_was_recorded_again_is_saved(station: Station, anna: Recorder) -> None:
    """And an announcement that had no file yet gets one."""
    async with station.caller() as caller:
        call = caller.call("101")
        await call.answered()
        await until(lambda: "fresh" not in station.sounds)
        await call.hang_up()
    await anna.dial("*77")
    await anna.hears("record-number")
    await anna.press("13#")
    await anna.says(VOICE)
    await anna.press("#")
    await anna.hears("recording-choice")
    await anna.press("2")
    await anna.says(SECOND_VOICE)
    await anna.press("#")
    await anna.hears("recording-choice")
    await anna.press("3")
    await anna.hears("recording-saved")
    await anna.call.hang_up()
    await next_caller_hears(station, SECOND_VOICE, "101")


async def test_a_phone_that_hangs_up_leaves_a_draft(station: Station, anna: Recorder) -> None:
    await next_caller_hears(station, heard := await what_callers_hear(station))
    await anna.dial("*7712")
    await anna.says(SECOND_VOICE)
    await anna.call.hang_up()
    await until(lambda: drafts(station) and not station.app.sessions)
    (draft,) = drafts(station)
    assert (draft.label.announcement, draft.label.by) == ("welcome", "201")
    assert 0.8 < draft.seconds < 3
    record = await record_of(station, anna.call)
    assert record.steps[-1].note.fact is Fact.LEFT_AS_DRAFT
    await next_caller_hears(station, heard)
    Drafts(station.run.data.drafts).discard(draft)


async def what_callers_hear(station: Station) -> int:
    """The Hz of the announcement at 100."""
    async with station.caller() as caller:
        call = caller.call("100")
        await call.answered()
        await until(lambda: any(segment.sound > 0 for segment in call.rtp.segments))
        await call.hang_up()
        return next(segment.sound for segment in call.rtp.segments if segment.sound > 0)


async def test_silence_is_not_offered_for_saving(station: Station, anna: Recorder) -> None:
    await anna.dial("*7712")
    await anna.records()
    anna.call.rtp.say_silence()
    await anna.press("#")
    await anna.hears("recording-empty", "record-after-tone", "record-tone")
    # The second time nobody presses anything: the silence itself ends it.
    await until(lambda: isinstance(anna.state, state.Recording))
    anna.at = await anna.call.rtp.hear(PROMPTS["recording-empty"], within=9, after=anna.at)
    await anna.call.hang_up()


async def test_who_does_not_know_the_pin_records_nothing(station: Station, anna: Recorder) -> None:
    await anna.dial("*7712", pin="0000")
    for _ in range(2):
        await anna.hears("wrong-pin", "enter-pin")
        await anna.press("1111#")
    await anna.hears("wrong-pin")
    await anna.call.ended(within=5)
    assert Fact.RECORDS not in [step.note.fact for step in (await record_of(station, anna.call)).steps]


async def test_an_unknown_number_is_said(station: Station, anna: Recorder) -> None:
    anna.call = anna.phone.call("*7799")
    await anna.hears("unknown-number")
    await anna.call.ended(within=5)


async def test_a_draft_is_saved_by_command_and_heard(station: Station, anna: Recorder) -> None:
    before = await what_callers_hear(station)
    await anna.dial("*7712")
    voice = SECOND_VOICE if before == VOICE else VOICE
    await anna.says(voice)
    await anna.call.hang_up()
    await until(lambda: drafts(station) and not station.app.sessions)
    (draft,) = drafts(station)
    await next_caller_hears(station, before)
    desk = station.app.facade().recordings
    assert [each.id for each in await desk.drafts()] == [draft.id]
    assert await desk.save(draft.id[:6]) == []
    await next_caller_hears(station, voice)


async def test_the_office_calls_a_phone_that_records(station: Station) -> None:
    before = await what_callers_hear(station)
    voice = SECOND_VOICE if before == VOICE else VOICE
    async with station.phone("201", behaviours.ring()) as phone:
        await until(lambda: "201" in station.status.registered)
        call_id = station.app.facade().recordings.call("welcome", "201").call
        call = await phone.incoming()
        assert not call.rtp.segments
        call.answer()
        await call.answered()
        anna = Recorder(station, phone)
        anna.call = call
        await anna.says(voice)
        await anna.press("#")
        await anna.hears("recording-choice")
        await anna.press("1")
        anna.at = await call.rtp.hear(voice, within=5, after=anna.at)
        await anna.hears("recording-choice")
        assert station.legs("201") == ["talking"]
        await anna.press("3")
        await anna.hears("recording-saved")
        await call.ended(within=5)
    (record,) = [each for each in await station.app.log.find(CallQuery()) if each.caller.call_id == call_id]
    assert record.caller.origin is state.Origin.OFFICE
    assert Fact.RECORDING_SAVED in [step.note.fact for step in record.steps]
    await next_caller_hears(station, voice)


@pytest.mark.parametrize(
    ("behaviour", "outcome"), [(behaviours.reject(486), "busy"), (behaviours.ring(), "no_answer"), (None, "")]
)
async def test_a_phone_that_does_not_answer_is_told(
    station: Station, behaviour: Behaviour | None, outcome: str
) -> None:
    """Without a behaviour there is no phone."""
    async with AsyncExitStack() as stack:
        if behaviour is not None:
            await stack.enter_async_context(station.phone("202", behaviour))
            await until(lambda: "202" in station.status.registered)
        call_id = station.app.facade().recordings.call("welcome", "202").call
        await until(lambda: not station.app.sessions)
    call = explained_call(await named_call(station.app.log, call_id), Language.ENGLISH, Names())
    assert call.outcome == (outcome or "unreachable")


async def test_all_phones_of_a_line_ring(station: Station) -> None:
    async with (
        station.phone("201", behaviours.ring()) as first,
        station.phone("201", behaviours.ring()) as second,
    ):
        # Changes are heard in their order: once another line's phone is known, so are both of these.
        await until(lambda: "202" not in station.status.registered)
        async with station.phone("202"):
            await until(lambda: "202" in station.status.registered)
        station.app.facade().recordings.call("welcome", "201")
        rung = await first.incoming(), await second.incoming()
        rung[1].answer()
        await rung[1].answered()
        assert (await rung[0].ended(within=5)).answered_elsewhere
        await rung[1].rtp.hear(PROMPTS["record-after-tone"], within=5)
        await rung[1].hang_up()


async def test_the_command_follows_to_the_end(tmp_path: Path) -> None:
    """On the whole system, as an admin starts it."""
    data = DataFolder(tmp_path / "data")
    where = ("--data", str(data.root))
    async with up(write(tmp_path / "plan"), data.root):
        told = data.read_state("up")
        assert told is not None
        password = secrets.load(tmp_path / "plan" / secrets.FILE_NAME)["extension-201"]
        server = (LOOPBACK, told["sip_port"])
        detector = Detector((*PROMPTS.values(), *plan.VOICES, WELCOME))
        async with (
            Phone("201", password, server=server, detector=detector, behaviour=behaviours.answer()) as phone,
            Phone("333", server=server, detector=detector) as caller,
        ):
            await phone.register()
            following = asyncio.create_task(
                run("announcement", "record", "welcome", "--phone", "201", *where)
            )
            call = await phone.incoming()
            await call.answered()
            at = await call.rtp.hear(PROMPTS["record-tone"], within=5)
            call.rtp.say_tone(VOICE)
            await call.rtp.hear_silence(within=5, lasting=0.6)
            call.rtp.say_silence()
            at = await call.press("#")
            at = await call.rtp.hear(PROMPTS["recording-choice"], within=5, after=at)
            await call.hang_up()
            code, output = await following
            assert code == 1, output
            (draft,) = Drafts(data.drafts).all()
            assert draft.id in output
            code, output = await run("announcement", "drafts", "--save", draft.id, *where)
            assert code == 0, output
            heard = caller.call("100")
            await heard.rtp.hear(VOICE, within=5)
            await heard.hang_up()
        code, output = await run("announcement", "record", "welcome", "--phone", "201", *where)
        assert code == 1, output


async def test_a_recording_outlives_the_application(tmp_path: Path, box: Toolbox) -> None:
    async with station_with(write(tmp_path), box) as station, station.phone("201") as phone:
        before = await station.settle()
        anna = Recorder(station, phone)
        await anna.dial("*7712")
        await anna.says(VOICE)
        await station.stop()
        assert await station.ari.recordings.list()
        await station.start()
        await anna.call.ended(within=5)
        await until(lambda: drafts(station))
        (draft,) = drafts(station)
        assert draft.label.announcement == "welcome"
        assert draft.seconds > 0.8
        await nothing_is_recorded(station)
        after = await station.settle()
        assert after.descriptors <= before.descriptors


async def nothing_is_recorded(station: Station) -> None:
    """Wait until Asterisk has no recordings."""
    async with asyncio.timeout(5):
        while await station.ari.recordings.list():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
