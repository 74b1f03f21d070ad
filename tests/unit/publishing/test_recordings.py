"""A draft becomes what callers hear, or nothing changes."""

from __future__ import annotations

import math
from array import array
from typing import Any

import pytest

from officesmart_ivr.announcements import apart
from officesmart_ivr.announcements.drafts import Draft, Drafts, Label
from officesmart_ivr.announcements.store import Library
from officesmart_ivr.errors import AnnouncementError
from officesmart_ivr.publishing.recordings import save
from tests.unit.publishing.conftest import BROKEN, Office, text

TONE = array("h", (int(3000 * math.sin(at / 3)) for at in range(16000))).tobytes()


def draft(office: Office, announcement: str = "welcome", samples: bytes = TONE) -> Draft:
    return Drafts(office.data.drafts).keep(Label("abc-rec1", announcement, "201"), samples)


def heard(office: Office) -> str:
    return office.door.live.service.sounds.media("welcome")


def content(office: Office) -> bytes:
    return (office.sounds / "welcome.wav").read_bytes()


async def test_a_saved_draft_is_heard_though_the_plan_is_being_edited(office: Office) -> None:
    await office.open()
    before = heard(office)
    office.write(BROKEN)
    await save(office.door, draft(office))
    assert heard(office) != before
    assert office.serves == "First"
    assert [each.number for each in await office.revisions.find(9)] == [1]
    office.write(text("Second"))
    after = heard(office)
    await office.reload()
    assert (office.serves, heard(office)) == ("Second", after)


@pytest.mark.parametrize("samples", [bytes(32000), bytes(2)])
async def test_silence_is_refused(office: Office, samples: bytes) -> None:
    await office.open()
    before, was = heard(office), content(office)
    with pytest.raises(AnnouncementError):
        await save(office.door, draft(office, samples=samples))
    assert (heard(office), content(office)) == (before, was)


@pytest.mark.parametrize("name", ["gone", "spoken"])
async def test_what_is_no_file_of_the_live_plan_is_refused(office: Office, name: str) -> None:
    office.write(text("First").replace("welcome: {", "spoken: {text: Chiuso}, welcome: {"))
    await office.open()
    with pytest.raises(AnnouncementError):
        await save(office.door, draft(office, name))


def full(*_: Any, **__: Any) -> Any:
    raise AnnouncementError("no space left on the disk")


@pytest.mark.parametrize(
    ("where", "name"), [(apart, "do_one"), (Library, "publish")], ids=["converting", "publishing"]
)
async def test_a_full_disk_leaves_the_old_announcement(
    office: Office, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    await office.open()
    before, was = heard(office), content(office)
    made = draft(office)
    monkeypatch.setattr(where, name, full)
    with pytest.raises(AnnouncementError):
        await save(office.door, made)
    monkeypatch.undo()
    assert (heard(office), content(office)) == (before, was)
    assert made.file.exists()
    await office.reload()
    assert heard(office) == before
