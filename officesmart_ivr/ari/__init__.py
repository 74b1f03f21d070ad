"""A typed asyncio client for Asterisk's REST interface (ARI), usable alone as a library."""

from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.ari.stream import EventStream, StreamDown, StreamUp

__all__ = ["AriClient", "EventStream", "StreamDown", "StreamUp"]
