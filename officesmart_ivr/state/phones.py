"""Where the phones of the lines can be reached.

Several phones may register for one line, each at an address (a contact, in Asterisk's words). Asterisk tells
of each change; what there is is asked for when a line's addresses are first needed, and kept up by what is
heard from then on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable


class PhoneBoard:
    """The addresses at which phones answer, by line, as SIP URIs."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, None]] = {}
        self._heard = 0

    def heard(self, line: str, address: str, is_reachable: bool) -> None:
        """Take note that a phone can be reached at an address, or can no more."""
        self._heard += 1
        addresses = self._known.get(line)
        if addresses is None:
            return
        if is_reachable:
            addresses[address] = None
        else:
            addresses.pop(address, None)

    def forget(self) -> None:
        """Forget everything, as after a time in which nothing was heard."""
        self._heard += 1
        self._known.clear()

    async def addresses(self, line: str, ask: Callable[[], Awaitable[Iterable[str]]]) -> tuple[str, ...]:
        """Return a line's addresses; ``ask`` looks them up if they are not known, and may raise.

        An answer is not kept if something was heard meanwhile: it may be the older of the two.
        """
        known = self._known.get(line)
        if known is None:
            before = self._heard
            known = dict.fromkeys(await ask())
            if self._heard == before:
                self._known[line] = known
        return tuple(known)
