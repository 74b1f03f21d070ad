"""Recording by telephone as people ask for it: a phone is called, and drafts are saved or thrown away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

from officesmart_ivr.announcements.drafts import Draft, Drafts, Label, recordable
from officesmart_ivr.api.schema import DraftView, RecordingCall
from officesmart_ivr.callplan.findings import did_you_mean
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.errors import AnnouncementError, ApiError, OfficeSmartError

_NOT_FOUND, _CONFLICT = 404, 409


class RecordingDesk:
    """Calls phones that are to record, and looks after the drafts.

    ``save`` lets callers hear a draft, and raises OfficeSmartError; ``call`` calls an extension to record an
    announcement, and returns the id of that call.
    """

    def __init__(
        self,
        plan: Callable[[], PreparedPlan],
        drafts: Drafts,
        save: Callable[[Label], Awaitable[None]],
        call: Callable[[str, str], str],
    ) -> None:
        self._plan = plan
        self._drafts = drafts
        self._save = save
        self._call = call

    def call(self, announcement: str, phone: str) -> RecordingCall:
        """Call a phone, to let it record an announcement. Raises ApiError where one of them is not known."""
        plan = self._plan().plan
        known = plan.announcements
        if announcement not in known:
            what = f"there is no announcement '{announcement}'{did_you_mean(announcement, known)}"
            remedy = "'officesmart-ivr announcement list' shows them; a new one needs a reload first."
            raise ApiError(what, status=_NOT_FOUND, where="announcement", remedy=remedy)
        try:
            recordable(plan, announcement)
        except AnnouncementError as error:
            raise ApiError(
                error.message, status=_CONFLICT, where="announcement", remedy=error.remedy
            ) from None
        if phone not in plan.extensions:
            what = f"there is no extension '{phone}'{did_you_mean(phone, plan.extensions)}"
            remedy = "'officesmart-ivr lines' shows them."
            raise ApiError(what, status=_NOT_FOUND, where="phone", remedy=remedy)
        return RecordingCall(self._call(phone, announcement))

    async def drafts(self) -> list[DraftView]:
        """Return the drafts, the newest first."""
        zone = ZoneInfo(self._plan().plan.company.timezone)
        return [_view(draft, zone) for draft in await asyncio.to_thread(self._drafts.all)]

    async def save(self, written: str) -> list[DraftView]:
        """Let callers hear a draft, named by the beginning of its id; return those that are left.

        Raises ApiError where none or several are meant, and when it cannot be saved.
        """
        draft = await self._named(written)
        try:
            await self._save(draft.label)
        except OfficeSmartError as error:
            raise ApiError(error.message, status=_CONFLICT, where="draft", remedy=error.remedy) from None
        return await self.drafts()

    async def discard(self, written: str) -> list[DraftView]:
        """Throw a draft away, named by the beginning of its id; return the others. Raises ApiError."""
        draft = await self._named(written)
        try:
            await asyncio.to_thread(self._drafts.discard, draft)
        except AnnouncementError as error:
            raise ApiError(error.message, status=_CONFLICT, where="draft", remedy=error.remedy) from None
        return await self.drafts()

    async def _named(self, written: str) -> Draft:
        found = await asyncio.to_thread(self._drafts.all)
        meant = [draft for draft in found if draft.id.startswith(written)]
        exactly = [draft for draft in meant if draft.id == written]
        if len(chosen := exactly or meant) == 1:
            return chosen[0]
        many = "several drafts begin" if meant else "no draft begins"
        raise ApiError(
            f"{many} with '{written}'",
            status=_CONFLICT if meant else _NOT_FOUND,
            where="draft",
            remedy="'officesmart-ivr announcement drafts' shows them.",
        )


def _view(draft: Draft, zone: ZoneInfo) -> DraftView:
    return DraftView(
        id=draft.id,
        announcement=draft.label.announcement,
        by=draft.label.by,
        at=draft.at.astimezone(zone),
        seconds=round(draft.seconds, 1),
        file=str(draft.file.absolute()),
    )
