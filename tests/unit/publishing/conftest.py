"""An office whose plan goes through the door: real files, revisions in memory, calls only told of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from officesmart_ivr.publishing.door import Door
from officesmart_ivr.publishing.outcome import Outcome
from officesmart_ivr.publishing.workshop import Ready, Workshop
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.revisions import MemoryRevisions, Origin, Source
from officesmart_ivr.testcall.tones import tone, write_wave

NOON = datetime(2026, 12, 24, 12, tzinfo=UTC)
ANNA = Origin(Source.RELOAD, "anna", "why not")


def text(name: str = "Studio", **more: str) -> str:
    """A plan that is told from others by its company's name."""
    sections = "".join(f"{section}: {content}\n" for section, content in more.items())
    return f"""\
version: 1
company: {{name: {name}}}
extensions: {{"201": {{name: Anna}}}}
announcements: {{welcome: {{file: welcome.wav}}}}
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {{otherwise: {{menu: day}}}}
    menus: {{day: {{announcement: welcome, keys: {{"1": {{extension: "201"}}}}}}}}
{sections}"""


BROKEN = text().replace("menu: day", "menu: night")


class FakeHouse:
    def __init__(self) -> None:
        self.served: list[str] = []
        self.why_later: Sequence[str] = ()

    def take(self, ready: Ready) -> Sequence[str]:
        self.served.append(ready.plan.company.name)
        return ()

    async def teach(self) -> Sequence[str]:
        return self.why_later


class Office:
    def __init__(self, folder: Path, revisions: MemoryRevisions | None = None) -> None:
        self.plan = folder / "plan.yaml"
        self.sounds = folder / "sounds"
        self.data = DataFolder(folder / "data")
        self.data.make()
        self.revisions = revisions or MemoryRevisions()
        self.now = NOON
        self.house = FakeHouse()
        self.door = self.new_door()

    def new_door(self) -> Door:
        return Door(Workshop(self.plan, None, self.data, "127.0.0.1"), self.revisions, lambda: self.now)

    async def open(self) -> None:
        """A process begins."""
        self.house, self.door = FakeHouse(), self.new_door()
        await self.door.open()
        self.door.serve(self.house)

    async def reload(self) -> Outcome:
        return await self.door.reload(ANNA)

    def write(self, content: str) -> None:
        """Write the plan as a good editor does, in one step."""
        mode = self.plan.stat().st_mode if self.plan.exists() else 0o644
        part = self.plan.with_name(".plan.new")
        part.write_text(content)
        part.chmod(mode)
        part.replace(self.plan)

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    @property
    def serves(self) -> str:
        return self.door.live.plan.company.name

    async def sources(self) -> list[str]:
        """By which ways the revisions came, the oldest first."""
        return [each.origin.source.value for each in (await self.revisions.find(99))[::-1]]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "sounds").mkdir()
    write_wave(tmp_path / "sounds" / "welcome.wav", tone(500, 0.2, rate=16000))
    made = Office(tmp_path)
    made.write(text("First"))
    return made
