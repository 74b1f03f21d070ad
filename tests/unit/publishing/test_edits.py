"""Edits as editors and tools make them, on a real disk."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from officesmart_ivr.callplan import secrets
from officesmart_ivr.publishing import edits
from officesmart_ivr.publishing.edits import Edits
from officesmart_ivr.publishing.outcome import Outcome, Published, Refused
from officesmart_ivr.testcall.tones import tone, write_wave
from tests.unit.calls.office import until
from tests.unit.publishing.conftest import BROKEN, Office, text


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "SETTLED_SECONDS", 0.04)
    monkeypatch.setattr(edits, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(edits, "STEP_SECONDS", 0.01)


@pytest.fixture
async def watched(office: Office) -> AsyncIterator[Office]:
    await office.open()
    async with watching(office):
        yield office


class watching:  # noqa: N801 - used as a context manager
    def __init__(self, office: Office) -> None:
        self._edits = Edits(office.door, office.door.workshop)

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._edits.run())
        await asyncio.wait_for(self._edits.begun.wait(), 5)

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.wait((self._task,))


async def served(office: Office, name: str) -> None:
    await until(lambda: office.serves == name)


def in_place(office: Office, content: str) -> None:
    office.plan.write_text(content)


def renamed_over(office: Office, content: str) -> None:
    office.write(content)


def deleted_and_made_anew(office: Office, content: str) -> None:
    office.plan.unlink()
    office.plan.write_text(content)


def moved_away_as_a_backup(office: Office, content: str) -> None:
    """As vim does with backupcopy=no."""
    office.plan.rename(office.plan.with_name("plan.yaml~"))
    office.plan.write_text(content)
    office.plan.with_name("plan.yaml~").unlink()


def beside_a_swap_file(office: Office, content: str) -> None:
    office.plan.with_name(".plan.yaml.swp").write_bytes(b"b0VIM")
    office.plan.write_text(content)


@pytest.mark.parametrize(
    "edit", [in_place, renamed_over, deleted_and_made_anew, moved_away_as_a_backup, beside_a_swap_file]
)
async def test_each_habit_goes_live_once(watched: Office, edit: Callable[[Office, str], None]) -> None:
    for number, name in enumerate(("Second", "Third"), 2):
        edit(watched, text(name))
        await served(watched, name)
        assert await watched.sources() == ["start", *["file"] * (number - 1)]


async def test_a_file_written_in_pieces_is_never_reported_broken(
    watched: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "PATIENCE_SECONDS", 60.0)
    reported: list[Outcome] = []
    report = watched.door.report

    def reports(outcome: Outcome) -> None:
        reported.append(outcome)
        report(outcome)

    monkeypatch.setattr(watched.door, "report", reports)
    tried = asyncio.Event()
    reload = watched.door.reload

    async def noticed(*arguments: object, **named: object) -> object:
        outcome = await reload(*arguments, **named)  # type: ignore[arg-type]
        tried.set()
        return outcome

    monkeypatch.setattr(watched.door, "reload", noticed)
    content = text("Second")
    with watched.plan.open("w") as file:
        for end in (60, 200, len(content)):
            tried.clear()
            file.write(content[file.tell() : end])
            file.flush()
            await asyncio.wait_for(tried.wait(), 5)
    await until(lambda: watched.serves == "Second")
    assert all(isinstance(each, Published) for each in reported)


async def test_a_broken_edit_is_reported_once_and_mended_by_the_next(watched: Office) -> None:
    watched.write(BROKEN)
    await until(lambda: watched.door.last and isinstance(watched.door.last.outcome, Refused))
    assert watched.serves == "First"
    watched.write(text("Second"))
    await until(lambda: watched.serves == "Second")


async def test_a_deleted_plan_is_reported_and_calls_go_on(watched: Office) -> None:
    watched.plan.unlink()
    await until(lambda: watched.door.last and isinstance(watched.door.last.outcome, Refused))
    assert watched.serves == "First"
    watched.write(text("First"))
    await until(lambda: watched.door.last and isinstance(watched.door.last.outcome, Published))
    assert await watched.sources() == ["start"]


async def test_a_folder_whose_link_is_swapped(office: Office, tmp_path: Path) -> None:
    """As Kubernetes does: plan.yaml -> ..data/plan.yaml, and ..data -> the folder of a version."""
    mounted = tmp_path / "mounted"
    for number, name in enumerate(("First", "Second")):
        version = mounted / f"..{number}"
        version.mkdir(parents=True)
        (version / "plan.yaml").write_text(text(name).replace("welcome.wav", "../sounds/welcome.wav"))
        (version / "plan.yaml").write_text(text(name))
    (mounted / "..data").symlink_to("..0")
    (mounted / "plan.yaml").symlink_to("..data/plan.yaml")
    (mounted / "sounds").symlink_to(office.sounds)
    office.plan = mounted / "plan.yaml"
    await office.open()
    async with watching(office):
        (mounted / "..new").symlink_to("..1")
        (mounted / "..new").rename(mounted / "..data")
        await until(lambda: office.serves == "Second")


async def test_sounds_and_secrets_are_watched_too(watched: Office) -> None:
    media = watched.door.live.service.sounds.media("welcome")
    write_wave(watched.sounds / "welcome.wav", tone(900, 0.2, rate=16000))
    await until(lambda: watched.door.live.service.sounds.media("welcome") != media)
    watched.plan.with_name("secrets.yaml").write_text("extension-201: another\n")
    await until(lambda: "another" in str(watched.door.live.objects))
    assert await watched.sources() == ["start"]


async def test_secrets_are_not_written_while_somebody_else_may_be_writing_them(
    watched: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor that empties the file first would lose what it writes next to a file put in its place."""
    monkeypatch.setattr(edits, "PATIENCE_SECONDS", 60.0)
    looks = 0
    is_lost = secrets.is_lost

    def counted(path: Path) -> bool:
        nonlocal looks
        looks += 1
        return is_lost(path)

    monkeypatch.setattr(secrets, "is_lost", counted)
    file = watched.plan.with_name("secrets.yaml")
    with file.open("w") as writing:
        await until(lambda: looks > 20)
        writing.write("extension-201: another\n")
    await until(lambda: "another" in str(watched.door.live.objects))
    assert secrets.load(file) == {"extension-201": "another"}


async def test_where_the_system_tells_nothing_a_look_finds_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*folders: Path, **options: object) -> AsyncIterator[set[object]]:
        while True:
            await asyncio.sleep(0.02)
            yield set()

    monkeypatch.setattr(edits, "awatch", silent)
    await office.open()
    async with watching(office):
        office.write(text("Second"))
        await until(lambda: office.serves == "Second")


async def test_a_folder_that_cannot_be_watched_is_looked_at(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*folders: Path, **options: object) -> AsyncIterator[set[object]]:
        raise OSError(28, "no more watches")

    monkeypatch.setattr(edits, "awatch", fails)
    monkeypatch.setattr(edits, "LOOK_SECONDS", 0.02)
    await office.open()
    async with watching(office):
        office.write(text("Second"))
        await until(lambda: office.serves == "Second")


async def test_a_rollback_is_no_edit(watched: Office) -> None:
    from tests.unit.publishing.test_door import ROLLBACK

    outcome = await watched.door.put({"plan.yaml": text("Second").encode()}, ROLLBACK)
    assert isinstance(outcome, Published)
    os.utime(watched.plan)
    watched.write(text("Third"))
    await until(lambda: watched.serves == "Third")
    assert await watched.sources() == ["start", "rollback", "file"]
