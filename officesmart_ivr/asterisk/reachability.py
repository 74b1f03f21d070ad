"""Which phones and carriers can be reached: heard from the manager interface (AMI), and looked up over ARI.

ARI would tell of both, to an application that subscribes to all endpoints (``endpoint:``). But Asterisk may
crash when such an application goes, if an endpoint changes at that moment: what is on its way to the
application is then delivered to one that is no more (``endpoint_state_cb`` in Asterisk's res/stasis/app.c,
whose router holds no reference; seen on 22.10.1, about once in 60 times when a phone left with its
application). A subscription to single endpoints brings the events of their channels a second time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk.ami import Ami, Packet
from officesmart_ivr.core.target import trunk_of
from officesmart_ivr.errors import AriError

_log = logging.getLogger(__name__)

_TECHNOLOGY = "PJSIP"
_ONLINE = "online"
_REACHABLE = "Reachable"
_NO_ANSWER = "Unreachable"
_AWAY = (_NO_ANSWER, "Removed")


class Reachability:
    """Tells which endpoints can be reached.

    ``changed`` is called with an endpoint's name and whether a contact of it answers, at each change and, for
    all endpoints, after each :meth:`look`. ``contact_changed`` is called with an endpoint, the URI of a
    contact and whether that may answer, at each change only. ``forget`` is called when changes of contacts
    may have been missed.
    """

    def __init__(
        self,
        ari: AriClient,
        changed: Callable[[str, bool], None],
        contact_changed: Callable[[str, str, bool], None],
        forget: Callable[[], None],
    ) -> None:
        self._ari = ari
        self._changed = changed
        self._contact_changed = contact_changed
        self._forget = forget
        self._heard: set[str] = set()
        self._one_look_at_a_time = asyncio.Lock()

    async def connected(self, ami: Ami) -> None:
        """Look up what was missed. Where ARI is away too, that is done when it is back."""
        try:
            await self.look(settled=False)
        except AriError as error:
            _log.debug("phones and trunks could not be looked up: %s", error)

    def lost(self, why: str) -> None:
        """Nothing is heard for a while; what changes meanwhile is looked up."""

    def receive(self, packet: Packet) -> None:
        """Take a packet if it is about an endpoint or one of its contacts."""
        match packet.get("Event"):
            case "PeerStatus":
                technology, _, endpoint = packet.get("Peer", "").partition("/")
                if technology == _TECHNOLOGY:
                    self._hear(endpoint, packet.get("PeerStatus") == _REACHABLE)
            case "ContactStatus":
                endpoint, status = packet.get("EndpointName", ""), packet.get("ContactStatus")
                self._contact_changed(endpoint, packet.get("URI", ""), status not in _AWAY)
                # A carrier that never answered has no change of its endpoint, which was offline from the
                # beginning. It has one contact only.
                if status == _NO_ANSWER and trunk_of(endpoint):
                    self._hear(endpoint, False)

    async def look(self, *, settled: bool) -> None:
        """Look all endpoints up. Raises AriError.

        A trunk that was only just made is offline until its server has been asked for the first time, so that
        is told of trunks only once that is over: ``settled``.
        """
        async with self._one_look_at_a_time:
            self._forget()
            self._heard.clear()
            for endpoint in await self._ari.endpoints.list(_TECHNOLOGY):
                is_online = endpoint.state == _ONLINE
                # What was heard since the question was sent may be newer than the answer.
                if endpoint.resource in self._heard or not (
                    is_online or settled or not trunk_of(endpoint.resource)
                ):
                    continue
                self._changed(endpoint.resource, is_online)

    def _hear(self, endpoint: str, is_reachable: bool) -> None:
        self._heard.add(endpoint)
        self._changed(endpoint, is_reachable)
