"""Where a call goes on whose process has died, when the plan is another one by then."""

from __future__ import annotations

from officesmart_ivr.callplan.destination import To
from officesmart_ivr.core import state
from officesmart_ivr.core.call import step
from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.place import Heading, Place, TakenUp
from tests.unit.core.harness import START, plan


def test_a_call_on_its_way_out_of_a_multiselection_that_is_gone_begins_anew() -> None:
    prepared = plan(
        {"day": {}},
        trunks={"carrier": {"server": "sip.example.net"}},
        outside_calls={"trunk": "carrier", "allow": ["+39"]},
    )
    caller = state.Caller("c0", "100", "0612345", origin=state.Origin.TRUNK, endpoint="carrier")
    journey = state.Journey(caller, multiselection="gone", answered=True)
    place = Place("channel", journey, Heading(To.OUTSIDE, "3337654321"))
    now, todo = step(prepared, state.New(journey), TakenUp(place), START)
    assert Fact.BEGINS_ANEW in [effect.fact for effect in todo if isinstance(effect, Note)]
    assert now.journey.trail == ("day",)
