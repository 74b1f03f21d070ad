"""What can be played for one plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from officesmart_ivr.errors import AnnouncementError

__all__ = ["Catalogue", "Clip"]


@dataclass(frozen=True)
class Clip:
    """A published sound. ``path`` is absolute and without extension, as Asterisk wants it.

    ``extension`` and ``length`` (in bytes) are those of the copy of what was accepted; the files in the other
    codings are made of it.
    """

    path: str
    seconds: float
    extension: str = "sln16"
    length: int = 0

    @property
    def file(self) -> str:
        """Return the copy of what was accepted."""
        return f"{self.path}.{self.extension}"


@dataclass(frozen=True)
class Catalogue:
    """What can be played for one plan, by the announcement's id.

    ``left_out`` holds, for each announcement that cannot be played, the reason. ``is_final`` is False where
    another try may do better although no file has changed, as after an engine of speech has failed.
    """

    clips: Mapping[str, Clip]
    left_out: Mapping[str, str] = field(default_factory=dict)
    is_final: bool = True

    def __contains__(self, announcement_id: object) -> bool:
        return announcement_id in self.clips

    def media(self, announcement_id: str) -> str:
        """Return what goes after ``sound:`` in a request to play. Raises AnnouncementError: no such entry."""
        return self._clip(announcement_id).path

    def seconds(self, announcement_id: str) -> float:
        """Return how long it lasts. Raises AnnouncementError: no such entry."""
        return self._clip(announcement_id).seconds

    def _clip(self, announcement_id: str) -> Clip:
        try:
            return self.clips[announcement_id]
        except KeyError:
            reason = self.left_out.get(announcement_id, "the plan does not name it")
            raise AnnouncementError(f"announcement {announcement_id} cannot be played: {reason}") from None
