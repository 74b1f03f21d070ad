"""What an engine is, and how it is run: without a shell, for a limited time, in a folder of its own."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from officesmart_ivr.errors import AnnouncementError

__all__ = ["Engine", "Utterance", "spoken"]

SECONDS = 30.0
"""How long an engine may take for one text; Pico takes a tenth of a second for one of ten."""
_MAX_BYTES = 100 << 20
_KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR")


@dataclass(frozen=True)
class Utterance:
    """A text to be spoken, in ``language`` (``it``, ``en``), at ``speed`` per cent of the usual."""

    text: str
    language: str
    speed: int = 100


@dataclass(frozen=True)
class Engine:
    """A program that speaks.

    ``identity`` changes whenever the same text may sound otherwise: the engine, its version, its voices.
    ``command`` makes the command that reads the text from standard input and writes ``output``, a WAV file;
    it raises AnnouncementError where the engine has no voice for a language.
    """

    name: str
    identity: str
    command: Callable[[Utterance, Path], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def spoken(engine: Engine, utterance: Utterance, *, seconds: float = SECONDS) -> Iterator[Path]:
    """Have a text spoken; it blocks. The WAV file is gone at the end of the block.

    Raises AnnouncementError if the engine fails, takes longer than ``seconds``, or says nothing.
    """
    with tempfile.TemporaryDirectory(prefix="officesmart-speech-") as folder:
        output = Path(folder) / "spoken.wav"
        _run(engine, engine.command(utterance, output), utterance.text, Path(folder), seconds)
        try:
            said = output.stat().st_size
        except OSError:
            said = 0
        if not said:
            raise AnnouncementError(f"{engine.name} said nothing")
        yield output


def _run(engine: Engine, command: list[str], text: str, folder: Path, seconds: float) -> None:
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    environment |= {"LC_ALL": "C.UTF-8", **engine.environment}
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise AnnouncementError(f"{engine.name} cannot be run: {error.strerror}: {command[0]}") from error
    with process:
        with suppress(OSError):  # it may have ended already
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_MAX_BYTES, _MAX_BYTES))
        try:
            _, complaints = process.communicate(text.encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AnnouncementError(f"{engine.name} took more than {seconds:.0f} seconds") from None
        finally:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        lines = complaints.decode(errors="replace").strip().splitlines()
        raise AnnouncementError(f"{engine.name} failed: {lines[-1] if lines else process.returncode}")
