"""Files replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def replace(path: Path, content: bytes | str, *, mode: int = 0o644, anew: bool = False) -> None:
    """Write a file beside ``path`` and put it in its place in one step, also across a power cut.

    Readers see the old content or the new, never a part. ``mode`` is what the umask leaves of it. Raises
    OSError; the old file is then untouched, and nothing is left of the new one. With ``anew`` there may be
    no old file: FileExistsError.
    """
    data = content.encode() if isinstance(content, str) else content
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if anew:
            os.link(part, path)  # a rename would replace
        else:
            os.replace(part, path)
    finally:
        with suppress(OSError):
            part.unlink()  # no more there once it is in its place
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
