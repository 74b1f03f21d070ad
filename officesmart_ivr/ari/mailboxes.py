"""Mailboxes: ``/mailboxes``. Asterisk has them only without its own voicemail."""

from __future__ import annotations

from officesmart_ivr.ari.models import Mailbox
from officesmart_ivr.ari.transport import Transport, segment


class MailboxHandle:
    """One mailbox, by its name. Every method but `update` raises `AriNotFoundError` when there is none."""

    __slots__ = ("_path", "_transport", "name")

    def __init__(self, transport: Transport, name: str) -> None:
        self.name = name
        self._transport = transport
        self._path = f"/mailboxes/{segment(name)}"

    async def get(self) -> Mailbox:
        """How many messages it holds."""
        return await self._transport.get(self._path, Mailbox)

    async def update(self, *, old_messages: int, new_messages: int) -> None:
        """Say how many messages it holds; phones that subscribe to it light their lamp."""
        counts = f"?oldMessages={old_messages}&newMessages={new_messages}"
        await self._transport.put(self._path + counts)

    async def delete(self) -> None:
        """Forget the mailbox."""
        await self._transport.delete(self._path)


class MailboxCollection:
    """All mailboxes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self) -> list[Mailbox]:
        """Every mailbox."""
        return await self._transport.get("/mailboxes", list[Mailbox])
