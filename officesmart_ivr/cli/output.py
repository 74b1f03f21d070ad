"""What becomes of a command whose standard output takes nothing more: a closed pipe, a full disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from officesmart_ivr.errors import OutputError

PIPE_CLOSED = 141
"""The exit code of a program that wrote to a closed pipe, as shells tell it: 128 and the signal SIGPIPE."""


@contextmanager
def guarded() -> Iterator[None]:
    """Let writing to standard output end the command in words, not in a traceback.

    With exit code PIPE_CLOSED and without a word where nobody reads on (``| head -1``); else an OutputError
    is raised. Libraries that print treat a closed pipe each in its own way, so they do not learn of it.
    """
    stream = sys.stdout
    sys.stdout = cast(TextIO, _Guarded(stream))
    try:
        yield
    finally:
        sys.stdout = stream


class _Guarded:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # Raised at each attempt: typer tries out whether it can write, and is silent if it cannot.
        self._failure: OutputError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._checked():
            return self._stream.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        with self._checked():
            self._stream.writelines(lines)

    def flush(self) -> None:
        with self._checked():
            self._stream.flush()

    @contextmanager
    def _checked(self) -> Iterator[None]:
        if self._failure is not None:
            raise self._failure
        try:
            yield
        except OSError as error:
            # What was not written would be tried again at the end of the program, and fail aloud.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
            if isinstance(error, BrokenPipeError):
                sys.exit(PIPE_CLOSED)
            self._failure = OutputError(f"the output cannot be written: {error.strerror}")
            raise self._failure from None
