"""The plan's files on the disk, put in place all together or not at all.

Each new text is first written beside the file that it replaces, with all that can fail for want of space or
rights. Then a journal in the data folder says what is to come, and only then the files take their places,
which needs no space. A process that dies before the journal was written has changed nothing; what one that
dies after it has begun is finished by the next one (:func:`recover`).
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from officesmart_ivr import files as whole_files
from officesmart_ivr.callplan import files
from officesmart_ivr.callplan import secrets as plan_secrets
from officesmart_ivr.callplan.fields import CALENDAR_ENDING
from officesmart_ivr.errors import PlanError, SettingsError
from officesmart_ivr.state.revisions import Texts

_log = logging.getLogger(__name__)

JOURNAL = "plan-journal.json"


def fitted(texts: Texts, plan: Path) -> Texts:
    """Return texts under the names that they have at ``plan``: a single file is named as that one is.

    Raises SettingsError for names that lead elsewhere, and for several files where the plan is one.
    """
    for name in texts:
        path = PurePosixPath(name)
        leads_out = path.is_absolute() or ".." in path.parts or "\\" in name
        # Files of the plan itself are neither hidden nor in folders of their own.
        is_none = not name.endswith(CALENDAR_ENDING) and (name.startswith(".") or len(path.parts) != 1)
        if leads_out or is_none or name == plan_secrets.FILE_NAME:
            raise SettingsError(f"'{name}' is no file of a plan", remedy="Name its files from its folder.")
    written = [name for name in texts if not name.endswith(CALENDAR_ENDING)]
    if plan.is_dir() or written == [plan.name]:
        return texts
    if len(written) != 1:
        raise SettingsError(
            f"the plan {plan} is one file, and this one has {len(written)}",
            remedy="Start officesmart-ivr with a folder as its plan.",
        )
    return {plan.name if name == written[0] else name: text for name, text in texts.items()}


def replace(plan: Path, texts: Texts, data: Path) -> Callable[[], None]:
    """Make the plan's files these, and return what takes that back.

    Other plan files of a folder are deleted; they would be merged in. Raises SettingsError; what was there is
    then there again.
    """
    folder = files.folder_of(plan)
    before = {name: _content(folder / name) for name in texts}
    others = superseded(plan, texts)
    changed = {name: text for name, text in texts.items() if before[name] != text}
    _put(folder, changed, list(others), data)

    def undo() -> None:
        old = {name: content for name in changed if (content := before[name]) is not None}
        _put(folder, {**old, **others}, [name for name in changed if before[name] is None], data)

    return undo


def recover(data: Path) -> bool:
    """Finish what a process has begun that did not come to its end; say whether there was something.

    Raises SettingsError.
    """
    journal = data / JOURNAL
    try:
        told = json.loads(journal.read_text("utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{journal} cannot be read: {error}", remedy="Look at it, then delete it."
        ) from None
    _finish(told, journal)
    _log.warning("the plan's files were put in place that an earlier process had prepared")
    return True


def _put(folder: Path, texts: Texts, gone: list[str], data: Path) -> None:
    staged: dict[str, str] = {}
    journal = data / JOURNAL
    try:
        for name, text in texts.items():
            # What a link leads to is replaced, so that the link stays.
            target = Path(os.path.realpath(folder / name))
            part = target.with_name(f".{secrets.token_hex(8)}.part")
            staged[str(part)] = str(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            whole_files.replace(part, text, mode=_mode(target))
        told = {"move": staged, "delete": [str(folder / name) for name in gone]}
        whole_files.replace(journal, json.dumps(told), mode=0o600)
    except OSError as error:
        for part_name in staged:
            with suppress(OSError):
                os.unlink(part_name)
        raise SettingsError(
            f"the plan's files cannot be written: {error}",
            remedy="Make room on that disk, and let the user of officesmart-ivr write the plan's folder.",
        ) from None
    _finish(told, journal)


def _finish(told: Mapping[str, Any], journal: Path) -> None:
    """Do what the journal tells, then forget it. Raises SettingsError; the next start goes on there."""
    try:
        _carry_out(told)
        journal.unlink()
    except OSError as error:
        raise SettingsError(
            f"the plan's files are being replaced, and one cannot be: {error}",
            remedy=f"Let this user write there; the next start goes on, as {journal} tells.",
        ) from None


def _carry_out(told: Mapping[str, Any]) -> None:
    """Do what a journal says, or the rest of it. Raises OSError."""
    folders: set[str] = set()
    for part, target in told["move"].items():
        with suppress(FileNotFoundError):  # it is in its place already
            os.replace(part, target)
        folders.add(os.path.dirname(target))
    for name in told["delete"]:
        with suppress(FileNotFoundError):
            os.unlink(name)
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def superseded(plan: Path, texts: Texts) -> Texts:
    """Return the plan files of a folder that are not among these: :func:`replace` deletes them."""
    if not plan.is_dir():
        return {}
    try:
        return {name: text for name, text in files.texts(plan).items() if name not in texts}
    except PlanError:
        return {}


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}", remedy="Let this user read it."
        ) from None


def _mode(target: Path) -> int:
    with suppress(OSError):
        return stat.S_IMODE(os.stat(target).st_mode)
    return 0o644
