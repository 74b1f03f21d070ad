"""Revisions: every text of the plan that went live, and the publications that are to come.

A text is what stands in one file of the plan, or in a calendar that it names; files are named from the plan's
folder. Passwords are in neither. Equal texts are kept once, whatever the number of revisions that have them.

Times are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from officesmart_ivr.callplan.findings import Finding

Texts = Mapping[str, bytes]
"""The plan's files by their names, as they are on the disk."""


class Source(StrEnum):
    """By which way a plan came.

    ``kept`` was found on the disk and saved before another text took its place: it never went live.
    """

    START = "start"
    FILE = "file"
    RELOAD = "reload"
    ROLLBACK = "rollback"
    PUBLICATION = "publication"
    KEPT = "kept"


def digest(text: bytes) -> str:
    """Return the name under which a text is kept."""
    return sha256(text).hexdigest()


def digest_of(texts: Texts) -> str:
    """Return what tells the texts of two plans apart: names and contents, in any order."""
    named = sorted((name, digest(text)) for name, text in texts.items())
    return sha256(repr(named).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Origin:
    """Who wanted a plan to go live, by which way, and why. ``message`` may be empty."""

    source: Source
    author: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """One text of the whole plan, without the text itself. ``number`` counts from 1 and is used once.

    ``files`` maps the names of its files to the digests of their texts; ``digest`` is that of all together.
    """

    number: int
    origin: Origin
    at: datetime
    digest: str
    files: Mapping[str, str]

    @property
    def went_live(self) -> bool:
        """Say whether calls were ever served with it."""
        return self.origin.source is not Source.KEPT


class PublicationState(StrEnum):
    """What has become of a publication."""

    WAITS = "waits"
    LIVE = "live"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Publication:
    """A plan that is to go live ``at`` a moment. ``made``: when that was said.

    ``state`` and ``reason`` (in words, with what was found) tell how it went; ``settled`` when.
    """

    id: int
    at: datetime
    made: datetime
    origin: Origin
    digest: str
    files: Mapping[str, str]
    state: PublicationState = PublicationState.WAITS
    settled: datetime | None = None
    reason: str = ""
    findings: Sequence[Finding] = field(default=())


class Revisions(Protocol):
    """Keeps revisions and publications. Every method raises StateError when that cannot be done."""

    async def add(self, texts: Texts, origin: Origin, at: datetime) -> Revision:
        """Keep a text under a new number. When this returns, it outlives the process."""
        ...

    async def find(self, limit: int, *, went_live: bool = False) -> list[Revision]:
        """Return the newest revisions, the newest first; only those that went live, if so wanted."""
        ...

    async def get(self, number: int) -> Revision | None:
        """Return one revision; None when it is not kept, or not any more."""
        ...

    async def texts(self, files: Mapping[str, str]) -> Texts:
        """Return the texts of a revision or publication by its ``files``."""
        ...

    async def prune(self, keep: int) -> int:
        """Forget all but the newest ``keep`` revisions, and the texts that nobody needs any more.

        As many publications that are settled are kept. Returns how many revisions were forgotten.
        """
        ...

    async def schedule(self, texts: Texts, origin: Origin, at: datetime, made: datetime) -> Publication:
        """Keep a text that is to go live at a moment."""
        ...

    async def publications(self, limit: int, *, waiting: bool = False) -> list[Publication]:
        """Return the publications, the latest moment first; of those that wait, the next first."""
        ...

    async def settle(
        self,
        publication: int,
        state: PublicationState,
        now: datetime,
        reason: str = "",
        findings: Sequence[Finding] = (),
    ) -> bool:
        """Say what has become of a publication that waits; False when none of this id does."""
        ...


class MemoryRevisions:
    """Revisions in memory, for tests."""

    def __init__(self) -> None:
        self._revisions: list[Revision] = []
        self._publications: dict[int, Publication] = {}
        self._texts: dict[str, bytes] = {}
        self._numbered = 0

    async def add(self, texts: Texts, origin: Origin, at: datetime) -> Revision:
        """Keep a text under a new number."""
        self._numbered += 1
        revision = Revision(self._numbered, origin, at, digest_of(texts), self._kept(texts))
        self._revisions.append(revision)
        return revision

    async def find(self, limit: int, *, went_live: bool = False) -> list[Revision]:
        """Return the newest revisions, the newest first."""
        found = [each for each in reversed(self._revisions) if each.went_live or not went_live]
        return found[:limit]

    async def get(self, number: int) -> Revision | None:
        """Return one revision."""
        return next((each for each in self._revisions if each.number == number), None)

    async def texts(self, files: Mapping[str, str]) -> Texts:
        """Return the texts of a revision or publication."""
        return {name: self._texts[text] for name, text in files.items()}

    async def prune(self, keep: int) -> int:
        """Forget all but the newest."""
        gone = max(0, len(self._revisions) - keep)
        self._revisions = self._revisions[gone:]
        over = [each.id for each in self._publications.values() if each.state is not PublicationState.WAITS]
        for publication in sorted(over, reverse=True)[keep:]:
            del self._publications[publication]
        kept = [each.files for each in self._revisions]
        kept += [each.files for each in self._publications.values()]
        needed = {text for files in kept for text in files.values()}
        self._texts = {name: text for name, text in self._texts.items() if name in needed}
        return gone

    async def schedule(self, texts: Texts, origin: Origin, at: datetime, made: datetime) -> Publication:
        """Keep a text that is to go live at a moment."""
        number = max(self._publications, default=0) + 1
        made_now = Publication(number, at, made, origin, digest_of(texts), self._kept(texts))
        self._publications[number] = made_now
        return made_now

    async def publications(self, limit: int, *, waiting: bool = False) -> list[Publication]:
        """Return the publications."""
        found = sorted(self._publications.values(), key=lambda each: (each.at, each.id), reverse=not waiting)
        return [each for each in found if not waiting or each.state is PublicationState.WAITS][:limit]

    async def settle(
        self,
        publication: int,
        state: PublicationState,
        now: datetime,
        reason: str = "",
        findings: Sequence[Finding] = (),
    ) -> bool:
        """Say what has become of a publication that waits."""
        known = self._publications.get(publication)
        if known is None or known.state is not PublicationState.WAITS:
            return False
        self._publications[publication] = replace(
            known, state=state, settled=now, reason=reason, findings=tuple(findings)
        )
        return True

    def _kept(self, texts: Texts) -> dict[str, str]:
        files = {name: digest(text) for name, text in texts.items()}
        self._texts |= {files[name]: text for name, text in texts.items()}
        return files
