"""Settings of a process, and the layout of its data folder."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from officesmart_ivr.errors import SettingsError
from officesmart_ivr.files import replace

DATA_VARIABLE = "OFFICESMART_DATA"
DATABASE_VARIABLE = "OFFICESMART_DATABASE"
_OWNER_ONLY = 0o600


def default_data() -> Path:
    """Return the data folder of this user: ``$OFFICESMART_DATA``, else below ``$XDG_DATA_HOME``."""
    if chosen := os.environ.get(DATA_VARIABLE):
        return Path(chosen)
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "officesmart-ivr"


def chosen_database() -> str | None:
    """Return the URL of the database, ``$OFFICESMART_DATABASE``; None for a file in the data folder.

    It is no option of a command, because it may hold a password, which a list of processes would show.
    """
    return os.environ.get(DATABASE_VARIABLE) or None


def shipped(folder: str) -> Path:
    """Return a folder that the project ships (``asterisk-conf``, ``sounds``, ``config``).

    In a checkout it is the folder of the repository, in an installed package a copy inside it.
    """
    package = Path(__file__).parent
    installed = package / "_shipped" / folder
    return installed if installed.is_dir() else package.parent / folder


def write_private(path: Path, text: str) -> None:
    """Write a file of the data folder, for its owner's eyes only.

    Raises SettingsError when that cannot be done, as on a full disk; the old file is then untouched.
    """
    try:
        replace(path, text, mode=_OWNER_ONLY)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}",
            remedy=f"Make room on that disk, or choose another folder with --data or {DATA_VARIABLE}.",
        ) from error


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where a running system keeps its files. Others can read the sounds, if they know their names."""

    root: Path

    @property
    def asterisk(self) -> Path:
        """Asterisk's own folders and rendered configuration."""
        return self.root / "asterisk"

    @property
    def sounds(self) -> Path:
        """Clean sound files, written by us, for Asterisk to play."""
        return self.root / "sounds"

    @property
    def speech(self) -> Path:
        """Texts that were spoken, as clean sound files, to be published like any other."""
        return self.root / "speech"

    @property
    def drafts(self) -> Path:
        """What was recorded by telephone and is not saved."""
        return self.root / "drafts"

    @property
    def database(self) -> Path:
        """The file of the lines' state and the call log."""
        return self.root / "state.db"

    @property
    def emergency(self) -> Path:
        """What Asterisk's dialplan must know of the plan after a start without the application."""
        return self.root / "emergency.conf"

    @property
    def fallback(self) -> Path:
        """What the application leaves to the fallback: the plan that is live, and what people have set."""
        return self.root / "fallback"

    @property
    def logs(self) -> Path:
        """Logs of the processes that ``up`` starts."""
        return self.root / "log"

    def make(self) -> None:
        """Create the folders. Raises SettingsError when that cannot be done."""
        try:
            for folder, mode in (
                # An Asterisk that runs as another user passes through to the sounds, and sees nothing else.
                (self.root, 0o711),
                (self.sounds, 0o755),
                (self.asterisk, 0o700),
                (self.logs, 0o700),
                (self.fallback, 0o700),
            ):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(mode)
        except OSError as error:
            raise SettingsError(
                f"the data folder {self.root} cannot be used: {error}",
                remedy=f"Choose another with --data or {DATA_VARIABLE}.",
            ) from None

    def secret(self, name: str) -> str:
        """Return a password of this installation, generated at its first use and kept (0600)."""
        path = self.root / name
        try:
            return path.read_text("utf-8")
        except FileNotFoundError:
            value = secrets.token_urlsafe(24)
            write_private(path, value)
            return value

    def write_state(self, name: str, state: Mapping[str, Any]) -> None:
        """Tell other commands about a running process."""
        write_private(self.root / f"{name}.json", json.dumps(dict(state), indent=1))

    def read_state(self, name: str) -> dict[str, Any] | None:
        """Return what a process said with :meth:`write_state`; None when it does not run."""
        try:
            state = json.loads((self.root / f"{name}.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return state if isinstance(state, dict) else None

    def forget_state(self, name: str) -> None:
        """Take back what :meth:`write_state` told."""
        (self.root / f"{name}.json").unlink(missing_ok=True)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the data folder for one kind of process. Raises SettingsError when another holds it.

        The lock goes with the process, however that ends. The file tells who holds it: the terminal in which
        that began may be closed by now.
        """
        with open(self.root / f"{name}.lock", "a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                holder = file.read().strip()
                how = f" (kill {holder})" if holder.isdecimal() else ""
                raise SettingsError(
                    f"'officesmart-ivr {name}' runs already with the data folder {self.root}",
                    remedy=f"Stop it first{how}, or choose another folder with --data.",
                ) from None
            file.truncate(0)
            with suppress(OSError):  # a full disk keeps nobody from serving calls
                os.write(file.fileno(), f"{os.getpid()}\n".encode())
            yield
