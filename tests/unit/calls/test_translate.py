from __future__ import annotations

import pytest

from officesmart_ivr.ari import events as ari
from officesmart_ivr.ari.models import Channel
from officesmart_ivr.calls.outcomes import leg_outcome
from officesmart_ivr.calls.translate import of_caller, of_leg
from officesmart_ivr.core import events as core
from officesmart_ivr.core.events import LegOutcome

UP, RINGING = Channel(id="leg", state="Up"), Channel(id="leg", state="Ringing")


@pytest.mark.parametrize(
    ("cause", "sip_status", "outcome"),
    [
        (17, 486, LegOutcome.BUSY),
        (17, 600, LegOutcome.BUSY),
        (17, None, LegOutcome.BUSY),
        (21, 603, LegOutcome.REJECTED),
        (21, 607, LegOutcome.REJECTED),
        (21, 403, LegOutcome.REJECTED),
        (21, None, LegOutcome.REJECTED),
        (19, 480, LegOutcome.UNREACHABLE),
        (20, 480, LegOutcome.UNREACHABLE),
        (19, None, LegOutcome.NO_ANSWER),
        (16, 487, LegOutcome.NO_ANSWER),
        (19, 487, LegOutcome.NO_ANSWER),
        (3, 404, LegOutcome.UNREACHABLE),
        (18, 408, LegOutcome.UNREACHABLE),
        (38, 503, LegOutcome.UNREACHABLE),
        (16, None, LegOutcome.UNREACHABLE),
        (0, None, LegOutcome.UNREACHABLE),
        *((cause, status, LegOutcome.REJECTED) for cause in (16, 17, 19) for status in (300, 301, 302, 380)),
    ],
)
def test_how_a_leg_ended(cause: int, sip_status: int | None, outcome: LegOutcome) -> None:
    assert leg_outcome(cause, sip_status) is outcome
    destroyed = ari.ChannelDestroyed(channel=UP, cause=cause, tech_cause=sip_status)
    assert of_leg(destroyed, "leg", answered=False) == core.LegEnded("leg", outcome, cause)
    assert of_leg(destroyed, "leg", answered=True) == core.LegEnded("leg", LegOutcome.HUNG_UP, cause)


@pytest.mark.parametrize("digit", [*"0123456789*#", "A", "D", "F", "", "11", "٣"])
def test_keys_of_the_plan_only(digit: str) -> None:
    pressed = ari.ChannelDtmfReceived(channel=UP, digit=digit, duration_ms=80)
    known = len(digit) == 1 and digit in "0123456789*#"
    assert of_caller(pressed) == (core.KeyPressed(digit) if known else None)


@pytest.mark.parametrize(
    ("event", "meaning"),
    [
        (ari.Dial(peer=UP, dialstatus="ANSWER"), core.LegAnswered("leg")),
        (ari.ChannelStateChange(channel=UP), core.LegAnswered("leg")),
        (ari.ChannelStateChange(channel=RINGING), core.LegRinging("leg")),
        (ari.Dial(peer=UP, dialstatus="PROGRESS"), None),
        (ari.StasisEnd(channel=UP), None),
        (ari.ChannelHangupRequest(channel=UP), None),
        (ari.ChannelDtmfReceived(channel=UP, digit="1", duration_ms=80), None),
    ],
)
def test_a_leg_that_has_not_answered(event: ari.Event, meaning: core.Event | None) -> None:
    assert of_leg(event, "leg", answered=False) == meaning


@pytest.mark.parametrize("event", [ari.StasisEnd(channel=UP), ari.ChannelHangupRequest(channel=UP)])
def test_a_phone_that_hangs_up_after_talking(event: ari.Event) -> None:
    assert of_leg(event, "leg", answered=True) == core.LegEnded("leg", LegOutcome.HUNG_UP, 16)
    assert of_caller(event) == core.CallerLeft()
