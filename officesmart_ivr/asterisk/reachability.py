"""Which phones and carriers can be reached: heard from Asterisk's events, and looked up after a connection.

The application subscribes to the event source ``endpoint:``, with nothing after the colon. That is all
endpoints, of which Asterisk then sends their own events only. A subscription to ``endpoint:PJSIP`` or to one
endpoint brings the events of its channels too, and those of our calls would come twice, keys among them
(``forwards_create_endpoint`` in Asterisk's res/stasis/app.c; measured on 22.10.1).
"""

from __future__ import annotations

from collections.abc import Callable

from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.ari.events import ContactStatusChange, Event, PeerStatusChange
from officesmart_ivr.core.target import trunk_of

_ALL_ENDPOINTS = "endpoint:"
_TECHNOLOGY = "PJSIP"
_ONLINE = "online"
_NO_ANSWER = "Unreachable"
_AWAY = (_NO_ANSWER, "Removed")


class Reachability:
    """Tells which endpoints can be reached.

    ``changed`` is called with an endpoint's name and whether a contact of it answers, at each change and, for
    all endpoints, after each :meth:`look`. ``contact_changed`` is called with an endpoint, the URI of a
    contact and whether that may answer, at each change only.
    """

    def __init__(
        self,
        ari: AriClient,
        changed: Callable[[str, bool], None],
        contact_changed: Callable[[str, str, bool], None],
    ) -> None:
        self._ari = ari
        self._changed = changed
        self._contact_changed = contact_changed
        self._heard: set[str] = set()

    async def subscribe(self) -> None:
        """Have Asterisk send the events; it forgets this when the stream closes. Raises AriError."""
        await self._ari.application().subscribe([_ALL_ENDPOINTS])

    def receive(self, event: Event) -> bool:
        """Take an event of the stream if it is about an endpoint; say whether it was."""
        if not isinstance(event, PeerStatusChange | ContactStatusChange):
            return False
        if isinstance(event, ContactStatusChange):
            contact = event.contact_info
            self._contact_changed(event.endpoint.resource, contact.uri, contact.contact_status not in _AWAY)
        # One that never answered has no change of its endpoint, which was offline from the beginning.
        if isinstance(event, PeerStatusChange) or event.contact_info.contact_status == _NO_ANSWER:
            self._hear(event.endpoint.resource, event.endpoint.state == _ONLINE)
        return True

    async def look(self, *, settled: bool) -> None:
        """Look all endpoints up. Raises AriError.

        A trunk that was only just made is offline until its server has been asked for the first time, so that
        is told of trunks only once that is over: ``settled``.
        """
        self._heard.clear()
        for endpoint in await self._ari.endpoints.list(_TECHNOLOGY):
            is_online = endpoint.state == _ONLINE
            # What the stream has told since the question was sent may be newer than the answer.
            if endpoint.resource in self._heard or not (
                is_online or settled or not trunk_of(endpoint.resource)
            ):
                continue
            self._changed(endpoint.resource, is_online)

    def _hear(self, endpoint: str, is_reachable: bool) -> None:
        self._heard.add(endpoint)
        self._changed(endpoint, is_reachable)
