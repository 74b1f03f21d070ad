"""The engines that are known, and which of them speaks.

Wanted is said in one line, its first word the engine, as the setting OFFICESMART_SPEECH has it::

    pico                                  SVOX Pico: the package ttspico, else the program pico2wave
    espeak-ng
    piper it=/voices/it.onnx en=/voices/en.onnx
    command /usr/local/bin/speak --language {language} --speed {speed} --output {output}

Nothing said: Pico if it is there, else espeak-ng. It is a setting of the machine and not of the plan, because
who edits the plan shall not run programs.
"""

from __future__ import annotations

import importlib.metadata
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from officesmart_ivr.announcements.speech.engine import Engine, Utterance
from officesmart_ivr.errors import AnnouncementError, SettingsError

__all__ = ["SPEECH_VARIABLE", "choose", "espeak", "own_command", "pico", "piper"]

SPEECH_VARIABLE = "OFFICESMART_SPEECH"

_PICO_LANGUAGES: Mapping[str, str] = MappingProxyType({"it": "it-IT", "en": "en-GB"})
_ESPEAK_VOICES: Mapping[str, str] = MappingProxyType({"it": "it", "en": "en-gb"})
_ESPEAK_WORDS_PER_MINUTE = 155
_PLACES = ("language", "speed", "output")
_REMEDY = (
    "Install SVOX Pico (the Python package ttspico, or Debian's libttspico-utils) or espeak-ng, or say in "
    f"{SPEECH_VARIABLE} what speaks."
)


def choose(wanted: str, espeak_program: Sequence[str] | None) -> Engine | None:
    """Return the engine that ``wanted`` names, or the best there is; None if there is none.

    ``espeak_program`` is how espeak-ng is run where it was found. Raises SettingsError for a line that says
    nothing useful, or an engine that is not there.
    """
    try:
        words = shlex.split(wanted)
    except ValueError as error:
        raise _bad(wanted, str(error)) from None
    match words:
        case []:
            return pico() or (espeak(espeak_program) if espeak_program else None)
        case ["pico"]:
            found = pico()
        case ["espeak-ng"]:
            found = espeak(espeak_program) if espeak_program else None
        case ["piper", *voices] if voices:
            found = piper(dict(_voice(wanted, each) for each in voices))
        case ["command", *template] if template:
            found = own_command(template)
        case _:
            raise _bad(wanted, "no such engine")
    if found is None:
        raise SettingsError(f"{words[0]} is not on this machine", remedy=_REMEDY)
    return found


def pico() -> Engine | None:
    """Return SVOX Pico: as a Python package, else as a program; None without either."""
    try:
        version = importlib.metadata.version("ttspico")
    except importlib.metadata.PackageNotFoundError:
        program = shutil.which("pico2wave")
        return _pico2wave(program) if program else None

    def command(utterance: Utterance, output: Path) -> list[str]:
        language = _known(_PICO_LANGUAGES, utterance.language, "SVOX Pico")
        module = "officesmart_ivr.announcements.speech.pico"
        return [sys.executable, "-m", module, language, str(utterance.speed), str(output)]

    # The module is found from wherever the engine runs.
    package = str(Path(__file__).resolve().parents[3])
    return Engine("SVOX Pico", f"ttspico {version}", command, {"PYTHONPATH": package})


def espeak(program: Sequence[str]) -> Engine:
    """Return espeak-ng, run by ``program``."""

    def command(utterance: Utterance, output: Path) -> list[str]:
        voice = _known(_ESPEAK_VOICES, utterance.language, "espeak-ng")
        pace = _ESPEAK_WORDS_PER_MINUTE * utterance.speed // 100
        return [*program, "-v", voice, "-s", str(pace), "-b", "1", "-w", str(output), "--stdin"]

    return Engine("espeak-ng", _said([*program, "--version"]) or "espeak-ng", command)


def piper(voices: Mapping[str, Path]) -> Engine | None:
    """Return Piper with a voice file for each language; None without the program.

    Raises SettingsError for a voice that is not there.
    """
    program = shutil.which("piper")
    if program is None:
        return None
    told = []
    for language, voice in sorted(voices.items()):
        try:
            found = voice.stat()
        except OSError as error:
            raise SettingsError(
                f"Piper's voice {voice} cannot be read: {error.strerror}",
                remedy="Name the .onnx file, with its .onnx.json beside it.",
            ) from None
        told.append(f"{language} {voice.name} {found.st_size} {found.st_mtime_ns}")

    def command(utterance: Utterance, output: Path) -> list[str]:
        voice = _known(
            {name: str(path.absolute()) for name, path in voices.items()}, utterance.language, "Piper"
        )
        slowness = f"{100 / utterance.speed:.2f}"
        return [program, "--model", voice, "--length_scale", slowness, "--output_file", str(output)]

    return Engine("Piper", f"piper {'; '.join(told)}", command)


def own_command(template: Sequence[str]) -> Engine:
    """Return an engine run by any command, whose words may hold {language}, {speed} and {output}.

    Raises SettingsError for another name in braces, a command that writes nowhere, or no such program.
    """
    program = shutil.which(template[0])
    if program is None:
        raise SettingsError(f"there is no program {template[0]}", remedy="Give its whole path.")
    try:
        written = [word.format(language="", speed="", output="?") for word in template[1:]]
    except (KeyError, IndexError, ValueError) as error:
        raise _bad(shlex.join(template), f"in braces may stand {', '.join(_PLACES)}, not {error}") from None
    if not any("?" in word for word in written):
        raise _bad(shlex.join(template), "it needs {output}, the file to write")

    def command(utterance: Utterance, output: Path) -> list[str]:
        given = {"language": utterance.language, "speed": str(utterance.speed), "output": str(output)}
        return [program, *(word.format(**given) for word in template[1:])]

    changed = Path(program).stat().st_mtime_ns
    return Engine(Path(program).name, f"command {shlex.join(template)} {changed}", command)


def _pico2wave(program: str) -> Engine:
    def command(utterance: Utterance, output: Path) -> list[str]:
        language = _known(_PICO_LANGUAGES, utterance.language, "SVOX Pico")
        return [program, "-l", language, "-w", str(output), "--", marked_up(utterance.text, utterance.speed)]

    return Engine("SVOX Pico", f"pico2wave {Path(program).stat().st_mtime_ns}", command)


def marked_up(text: str, speed: int) -> str:
    """Return a text with Pico's mark for the speed; marks in the text itself are taken out."""
    return f'<speed level="{speed}">{text.replace("<", " ").replace(">", " ")}</speed>'


def _known(voices: Mapping[str, str], language: str, name: str) -> str:
    try:
        return voices[language]
    except KeyError:
        raise AnnouncementError(f"{name} has no voice for '{language}'", remedy=_REMEDY) from None


def _voice(wanted: str, word: str) -> tuple[str, Path]:
    language, _, path = word.partition("=")
    if not (language and path):
        raise _bad(wanted, f"'{word}' is no voice")
    return language, Path(path)


def _bad(wanted: str, why: str) -> SettingsError:
    return SettingsError(
        f"{SPEECH_VARIABLE} or --speech '{wanted}': {why}",
        remedy="Write: pico; espeak-ng; piper it=VOICE.onnx en=VOICE.onnx; or: command PROGRAM … {output}",
    )


def _said(command: Sequence[str]) -> str:
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
    try:
        done = run(command, capture_output=True, text=True, errors="replace", timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
