"""Announcements as callers hear them: in every coding, spoken, replaced while they play, and missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from officesmart_ivr.announcements.codings import coded
from officesmart_ivr.announcements.formats import inspect
from officesmart_ivr.announcements.jobs import Form
from officesmart_ivr.announcements.speech.engine import Engine
from officesmart_ivr.announcements.speech.engines import choose
from officesmart_ivr.announcements.wave_file import wave_file
from officesmart_ivr.asterisk import toolbox
from officesmart_ivr.publishing.outcome import Published
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.sdp import G722, PCMA, PCMU, TELEPHONE_EVENT, Codec
from officesmart_ivr.testcall.tones import SILENCE, tone, write_wave
from tests.live import plan
from tests.live.station import Station, station_with

PLAN = """\
version: 1
company: {name: Prova, language: it}
trunks:
  tester: {from_addresses: ["127.0.0.1/32"]}
announcements:
  welcome: {file: welcome.wav}
  sales: {file: sales.wav}
  offers: {file: offers.wav}
  italiano: {text: "I nostri uffici sono chiusi. Riapriamo lunedì alle nove."}
  english: {text: "Our offices are closed. We open on Monday at nine.", language: en}
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {otherwise: {menu: day}}
    menus:
      day:
        announcement: welcome
        keys: {"1": {menu: sales}, "2": {menu: italiano}, "3": {menu: english}, "9": replay}
      sales: {announcement: sales, keys: {"1": {menu: offers}}}
      offers: {announcement: offers}
      italiano: {announcement: italiano, no_input: {attempts: 1}}
      english: {announcement: english, no_input: {attempts: 1}}
"""


def upload(station_folder: Path, name: str, sounds_like: str, seconds: float = 1.0) -> None:
    folder = station_folder / "sounds"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / ".part"
    write_wave(part, tone(plan.TONES[sounds_like], seconds, rate=16000))
    part.replace(folder / f"{name}.wav")


@pytest.fixture(scope="module", params=["pico", "espeak-ng"])
def engine(request: pytest.FixtureRequest, box: toolbox.Toolbox) -> Engine:
    if request.param == "pico":
        pytest.importorskip("ttspico", reason="SVOX Pico is not installed")
    found = choose(request.param, toolbox.find_espeak(toolbox.default_cache()))
    assert found is not None
    return found


@pytest.fixture(scope="module")
async def office(
    tmp_path_factory: pytest.TempPathFactory, box: toolbox.Toolbox, engine: Engine
) -> AsyncIterator[Station]:
    folder = tmp_path_factory.mktemp("announcements")
    for name in ("welcome", "sales", "offers"):
        upload(folder, name, name, plan.SECONDS.get(name, 1.0))
    path = folder / "plan.yaml"
    path.write_text(PLAN)
    async with station_with(path, box, speech=engine) as station:
        before = await station.settle()
        yield station
        await station.settle(before)


async def transcoding(station: Station) -> list[str]:
    """What Asterisk says of recoding on the only channel that there is."""
    (channel,) = await station.ari.channels.list()
    told = await station.console(f"core show channel {channel.name}")
    lines = [line.strip() for line in told.splitlines()]
    return [line for line in lines if line.startswith(("WriteTranscode", "ReadTranscode"))]


@pytest.mark.parametrize("codec", [PCMA, PCMU, G722], ids=lambda codec: codec.name)
async def test_every_coding_is_heard_and_nothing_is_recoded(office: Station, codec: Codec) -> None:
    async with office.caller(codecs=(codec, TELEPHONE_EVENT)) as caller:
        call = caller.call("100")
        await call.answered()
        await office.hears(call, "welcome")
        assert await transcoding(office) == ["WriteTranscode: No", "ReadTranscode: No"]
        pressed = await call.press("1")
        await office.hears(call, "sales", after=pressed)
        assert await transcoding(office) == ["WriteTranscode: No", "ReadTranscode: No"]


@pytest.mark.parametrize("form", [Form.A_LAW, Form.MU_LAW])
async def test_an_upload_in_g711_is_heard_by_all_without_recoding(office: Station, form: Form) -> None:
    samples = np.array(tone(plan.TONES["offers"], 1.0, rate=8000), np.int16)
    content = wave_file(form.sound_format, coded(samples, form.sound_format))
    (office.folder / "sounds" / "offers.wav").write_bytes(content)
    assert isinstance(await office.app.reload(), Published)
    for codec in (PCMA, PCMU, G722):
        async with office.caller(codecs=(codec, TELEPHONE_EVENT)) as caller:
            call = caller.call("100")
            await office.hears(call, "welcome")
            await call.press("1")
            await office.hears(call, "sales")
            pressed = await call.press("1")
            await office.hears(call, "offers", after=pressed)
            assert await transcoding(office) == ["WriteTranscode: No", "ReadTranscode: No"]


async def spoken_seconds(call: Call, key: str) -> float:
    """Press a key and listen to all that is said then; return how long, pauses included."""
    pressed = await call.press(key)
    await call.ended(within=30)
    sounds = [
        segment for segment in call.rtp.segments if segment.first_ns > pressed and segment.sound != SILENCE
    ]
    return (sounds[-1].last_ns - sounds[0].first_ns) / 1e9 if sounds else 0.0


@pytest.mark.parametrize(("key", "language"), [("2", "italiano"), ("3", "english")])
async def test_a_text_is_heard(office: Station, key: str, language: str) -> None:
    seconds = office.sounds.seconds(language)
    assert 2 < seconds < 8
    async with office.caller() as caller:
        call = caller.call("100")
        await office.hears(call, "welcome")
        assert await spoken_seconds(call, key) == pytest.approx(seconds - 0.3, abs=0.5)


async def test_a_text_changed_by_reload_is_heard_at_the_next_call(office: Station) -> None:
    path = office.folder / "plan.yaml"
    before = office.sounds.seconds("italiano")
    path.write_text(path.read_text().replace("Riapriamo", "Vi ringraziamo della chiamata. Riapriamo"))
    assert isinstance(await office.app.reload(), Published)
    seconds = office.sounds.seconds("italiano")
    assert seconds > before + 1
    async with office.caller() as caller:
        call = caller.call("100")
        await office.hears(call, "welcome")
        assert await spoken_seconds(call, "2") == pytest.approx(seconds - 0.3, abs=0.5)


async def test_who_listens_hears_the_old_announcement_to_its_end_and_the_next_caller_the_new_one(
    office: Station,
) -> None:
    async with office.caller() as caller, office.caller("3337654321") as next_caller:
        call = caller.call("100")
        await office.hears(call, "welcome")
        upload(office.folder, "welcome", "second", 1.5)
        assert isinstance(await office.app.reload(), Published)
        # Nobody but the first caller has the old one.
        assert await asyncio.to_thread(office.library.tidy, 0) >= 0
        late = next_caller.call("100")
        await office.hears(late, "second")
        await call.rtp.hear_silence(within=5)
        heard = next(each for each in call.rtp.segments if each.sound == plan.TONES["welcome"])
        assert heard.last_ns - heard.first_ns > 2.8e9
        # A call keeps the plan that it began with, and its sounds.
        pressed = await call.press("9")
        await office.hears(call, "welcome", after=pressed)
    upload(office.folder, "welcome", "welcome", 3.0)
    assert isinstance(await office.app.reload(), Published)


async def test_a_file_that_vanished_is_told_and_the_call_goes_on(office: Station) -> None:
    media = Path(office.sounds.media("sales"))
    taken = {file: file.read_bytes() for file in media.parent.glob(f"{media.name}.*")}
    assert len(taken) == 4
    for file in taken:
        file.unlink()
    async with office.caller() as caller:
        call = caller.call("100")
        await office.hears(call, "welcome")
        await call.press("1")
        pressed = await call.press("1")
        await office.hears(call, "offers", after=pressed)
        await call.hang_up()
        await office.settle()
    told = await office.last_call()
    assert any("could not be played" in line.text for line in told.steps)
    # The next reload of anything mends it.
    upload(office.folder, "offers", "offers")
    assert isinstance(await office.app.reload(), Published)
    assert all(file.read_bytes() == content for file, content in taken.items())


def test_the_speech_is_an_accepted_file(office: Station) -> None:
    spoken = list((office.run.data.speech).glob("*.wav"))
    assert spoken
    assert all(inspect(file) for file in spoken)
