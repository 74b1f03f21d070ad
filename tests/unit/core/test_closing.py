"""What becomes of calls when the application stops."""

from __future__ import annotations

from officesmart_ivr.core.call import begin_recording
from officesmart_ivr.core.events import Closing

from .harness import Walk, plan
from .test_hunting import sales
from .test_recording import granted
from .test_recording import office as recording_office

DAY = {"day": {"keys": {"1": {"extension": "201"}}}}


def apologised(walk: Walk) -> None:
    assert walk.plays[-1] == "too-many-steps"
    assert not walk.timers
    assert not walk.legs
    assert not walk.music
    assert not walk.ringing
    walk.listen()
    assert (walk.outcome, walk.cause) == ("hang_up", 16)


def test_who_listens_rings_or_waits_hears_an_apology() -> None:
    apologised(Walk(plan(DAY)).send(Closing()))
    apologised(Walk(plan(DAY)).listen().send(Closing()))
    apologised(Walk(plan(DAY)).press("1").send(Closing()))
    apologised(Walk(sales("201", "202"), "500").send(Closing()))
    apologised(Walk(sales("201", queue={}), "500").busy("201").send(Closing()))


def test_who_records_leaves_a_draft_and_a_phone_that_the_office_calls_is_let_alone() -> None:
    apologised(granted("*77").send(Closing()))
    apologised(granted().send(Closing()))
    called = Walk(recording_office(), first=begin_recording("c", "201", "welcome")).send(Closing())
    assert not called.legs
    assert called.outcome == "hang_up"


def test_who_talks_talks_on_and_an_apology_is_heard_once() -> None:
    talks = Walk(plan(DAY)).press("1").answered().send(Closing())
    assert talks.connected == "201"
    told_twice = Walk(plan(DAY)).send(Closing()).send(Closing())
    assert told_twice.plays.count("too-many-steps") == 1
    apologised(told_twice)
