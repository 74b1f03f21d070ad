"""An ARI for tests, in the test's process: real HTTP and WebSocket, a world of the test's making."""

from officesmart_ivr.ari.fake.faults import Fault
from officesmart_ivr.ari.fake.server import FakeAri, SeenRequest
from officesmart_ivr.ari.fake.world import FakeBridge, FakeChannel, FakePlayback, RefusedError

__all__ = ["FakeAri", "FakeBridge", "FakeChannel", "FakePlayback", "Fault", "RefusedError", "SeenRequest"]
