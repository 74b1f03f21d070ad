from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from officesmart_ivr.announcements.formats import inspect
from officesmart_ivr.announcements.speech import engines
from officesmart_ivr.announcements.speech.engine import Engine, Utterance, spoken
from officesmart_ivr.announcements.speech.engines import choose, marked_up
from officesmart_ivr.announcements.speech.speaker import Speaker
from officesmart_ivr.errors import AnnouncementError, SettingsError

SPEAKS = """\
import math, struct, sys, wave
language, speed, output = sys.argv[1:4]
text = sys.stdin.read()
with open(output + '.text', 'w') as said, wave.open(output, 'wb') as file:
    said.write(text)
    file.setparams((1, 2, 22050, 0, 'NONE', ''))
    count = 22050 * len(text) // 10 * 100 // int(speed)
    file.writeframes(b''.join(struct.pack('<h', int(9000 * math.sin(n / 5))) for n in range(count)))
"""


class Program:
    """An engine that is a program of the test's own."""

    def __init__(self, folder: Path, program: str = SPEAKS) -> None:
        self.file = folder / "say"
        self.count = folder / "count"
        self.becomes(program)

    def becomes(self, program: str) -> None:
        self.file.write_text(f"#!{sys.executable}\nopen({str(self.count)!r}, 'a').write('.')\n{program}")
        self.file.chmod(0o755)

    @property
    def engine(self) -> Engine:
        found = choose(f"command '{self.file}' {{language}} {{speed}} {{output}}", None)
        assert found is not None
        return found

    @property
    def runs(self) -> int:
        return self.count.stat().st_size if self.count.exists() else 0


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def seconds(said: Path | AnnouncementError) -> float:
    assert isinstance(said, Path), said
    return inspect(said).seconds


def test_texts_become_accepted_files_spoken_once(program: Program, tmp_path: Path) -> None:
    speaker = Speaker(tmp_path / "speech", program.engine)
    short, long = Utterance("a" * 10, "it"), Utterance("a" * 30, "it")
    first = speaker.speak([short, long, short])
    assert first[0] == first[2] != first[1]
    assert seconds(first[0]) == pytest.approx(1.3, abs=0.1)
    assert seconds(first[1]) == pytest.approx(3.3, abs=0.1)
    assert program.runs == 2
    assert speaker.speak([short, long]) == first[:2]
    assert Speaker(tmp_path / "speech", program.engine).speak([long]) == [first[1]]
    assert program.runs == 2


def test_another_text_language_speed_or_engine_is_another_speech(program: Program, tmp_path: Path) -> None:
    speaker = Speaker(tmp_path, program.engine)
    said = [
        Utterance("a" * 10, "it"),
        Utterance("b" * 10, "it"),
        Utterance("a" * 10, "en"),
        Utterance("a" * 10, "it", 50),
    ]
    files = speaker.speak(said)
    assert len(set(map(str, files))) == 4
    assert seconds(files[3]) == pytest.approx(2.3, abs=0.1)
    os.utime(program.file, (1, 1))
    assert Speaker(tmp_path, program.engine).file(said[0]) != files[0]


def test_a_speech_that_was_cut_is_spoken_anew(program: Program, tmp_path: Path) -> None:
    speaker = Speaker(tmp_path, program.engine)
    text = Utterance("a" * 10, "it")
    (file,) = speaker.speak([text])
    assert isinstance(file, Path)
    file.write_bytes(file.read_bytes()[:1000])
    assert seconds(speaker.speak([text])[0]) > 1


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("raise SystemExit('the voice is broken')", "voice is broken"),
        ("", "said nothing"),
        ("import sys; open(sys.argv[3], 'w').write('no sound'); sys.exit()", "not a sound file"),
        ("import os; os.abort()", "failed"),
    ],
)
def test_an_engine_that_fails_leaves_one_text_out(program: str, why: str, tmp_path: Path) -> None:
    fails = f"import sys\nif 'bad' in sys.stdin.read():\n    {program or 'sys.exit()'}\n"
    works = SPEAKS.replace("sys.stdin.read()", "'a' * 10")
    speaker = Speaker(tmp_path / "speech", Program(tmp_path, fails + works).engine)
    good, bad = speaker.speak([Utterance("good one", "it"), Utterance("bad one", "it")])
    assert isinstance(good, Path)
    assert isinstance(bad, AnnouncementError)
    assert why in bad.message


def test_an_engine_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    # The child holds our pipe open, as a voice server that was started would.
    hangs = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    began = time.monotonic()
    with (
        pytest.raises(AnnouncementError, match="more than"),
        spoken(Program(tmp_path, hangs).engine, Utterance("a", "it"), seconds=0.5),
    ):
        pass
    assert time.monotonic() - began < 5


def test_no_engine_speaks_what_was_spoken_and_no_more(tmp_path: Path) -> None:
    speaker = Speaker(tmp_path, None)
    (said,) = speaker.speak([Utterance("a", "it")])
    assert isinstance(said, AnnouncementError)


@pytest.mark.parametrize(
    "text", ["$(touch x) `touch x` ; touch x", "-w /tmp/x", "'\"\\ {output} %s", "\u00e8 così"]
)
def test_no_shell_and_no_option_is_made_of_a_text(program: Program, tmp_path: Path, text: str) -> None:
    with spoken(program.engine, Utterance(text, "it")) as output:
        assert Path(f"{output}.text").read_text() == text
        assert sorted(path.name for path in output.parent.iterdir()) == ["spoken.wav", "spoken.wav.text"]
        folder = output.parent
    assert not folder.exists()


def test_the_engine_gets_no_secrets_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFICESMART_DATABASE", "postgresql://user:password@host/db")
    tells = f"import os; open({str(tmp_path / 'told')!r}, 'w').write(repr(dict(os.environ)))\n"
    with spoken(Program(tmp_path, tells + SPEAKS).engine, Utterance("a" * 10, "it")):
        pass
    assert "password" not in (tmp_path / "told").read_text()


@pytest.mark.parametrize(
    "wanted",
    [
        "festival",
        "pico fast",
        "piper",
        "piper it",
        "piper it=",
        "command",
        "command /no/such/program {output}",
        f"command {sys.executable} no-output",
        f"command {sys.executable} {{output}} {{voice}}",
        f"command {sys.executable} {{output}} {{}}",
        "command 'half a quotation",
        "espeak-ng",
    ],
)
def test_a_line_that_makes_no_sense_is_refused(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name if name == sys.executable else None)
    with pytest.raises(SettingsError) as refused:
        choose(wanted, None)
    assert refused.value.remedy


def test_the_best_engine_that_is_there_speaks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engines, "pico", lambda: None)
    assert choose("", None) is None
    fallback = choose("", [sys.executable])
    assert fallback is not None
    assert fallback.name == "espeak-ng"
    command = fallback.command(Utterance("-w", "en", 200), tmp_path / "x.wav")
    assert command[0] == sys.executable
    assert command[-1] == "--stdin"
    assert "-w" not in command[command.index(str(tmp_path / "x.wav")) + 1 :]
    with pytest.raises(AnnouncementError, match="no voice for 'fr'"):
        fallback.command(Utterance("a", "fr"), tmp_path / "x.wav")


def test_pico_as_a_program_takes_its_text_as_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "pico2wave"
    program.touch()
    missing = importlib.metadata.PackageNotFoundError

    def version(name: str) -> str:
        raise missing(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))
    engine = engines.pico()
    assert engine is not None
    command = engine.command(Utterance("-l en-US </speed>", "it", 80), tmp_path / "x.wav")
    assert command[:4] == [str(program), "-l", "it-IT", "-w"]
    assert command[-2:] == ["--", marked_up("-l en-US  /speed ", 80)]


def test_piper_needs_its_voices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    voice = tmp_path / "it.onnx"
    voice.write_text("a voice")
    monkeypatch.setattr(shutil, "which", lambda name: f"/opt/{name}")
    engine = choose(f"piper it='{voice}'", None)
    assert engine is not None
    command = engine.command(Utterance("a", "it", 200), tmp_path / "x.wav")
    assert command[command.index("--model") + 1] == str(voice)
    assert command[command.index("--length_scale") + 1] == "0.50"
    with pytest.raises(AnnouncementError):
        engine.command(Utterance("a", "en"), tmp_path / "x.wav")
    with pytest.raises(SettingsError):
        choose(f"piper it={tmp_path / 'none.onnx'}", None)


@pytest.mark.parametrize("language", ["it", "en"])
def test_pico_itself(language: str, tmp_path: Path) -> None:
    pytest.importorskip("ttspico", reason="SVOX Pico is not installed")
    speaker = Speaker(tmp_path, choose("pico", None))
    usual, slow = speaker.speak(
        [Utterance("Buongiorno a tutti.", language), Utterance("Buongiorno a tutti.", language, 60)]
    )
    assert 0.8 < seconds(usual) < 3
    assert seconds(slow) > seconds(usual) * 1.3
