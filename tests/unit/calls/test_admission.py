"""Who is let in, and that it ends by itself that somebody is not."""

from __future__ import annotations

import pytest

from officesmart_ivr.ari.fake import Fault
from officesmart_ivr.callplan.model import Limits
from officesmart_ivr.calls.admission import BURST_SECONDS, QUIET_SECONDS, TICK_SECONDS, Admission
from officesmart_ivr.calls.dispatcher import PASSED_ON
from officesmart_ivr.observe.call_figures import Reason

from .office import Office, until

LIMITS = Limits(calls=100, calls_per_second=10)


class Door(Admission):
    """Admission at a time that the test moves; the event loop is as late as it says."""

    def __init__(self) -> None:
        self.now = 1000.0
        super().__init__(lambda: self.now)

    def passes(self, seconds: float, *, late: float = 0.0) -> None:
        for _ in range(round(seconds / TICK_SECONDS)):
            self.now += TICK_SECONDS
            self.late(late)

    def offered(self, calls: int) -> list[Reason | None]:
        return [self.refuses(0, LIMITS) for _ in range(calls)]


def test_a_burst_is_let_in_then_the_rate() -> None:
    door = Door()
    burst = int(BURST_SECONDS * LIMITS.calls_per_second)
    assert door.offered(burst + 5) == [None] * burst + [Reason.RATE] * 5
    door.passes(1.05)  # a little more, for what binary fractions lose
    assert door.offered(12) == [None] * 10 + [Reason.RATE] * 2
    assert door.refused[Reason.RATE] == 7
    door.passes(60)
    assert door.offered(burst + 1) == [None] * burst + [Reason.RATE], "rest saves up no more than a burst"


def test_a_busy_machine_refuses_until_it_has_rested() -> None:
    door = Door()
    door.passes(1, late=0.2)
    assert door.offered(1) == [Reason.LAG]
    door.passes(1, late=0.03)
    assert door.offered(1) == [Reason.LAG], "better is not yet good"
    door.passes(2)
    assert door.offered(1) == [None]


def test_a_long_pause_or_two_refuse_nobody() -> None:
    door = Door()
    door.late(60)
    assert door.offered(1) == [None]
    door.late(60)
    assert door.offered(1) == [None]


def test_a_phase_of_refusals_is_told_twice_however_many_there_were(caplog: pytest.LogCaptureFixture) -> None:
    door = Door()
    for _ in range(5):
        door.offered(100)
        door.passes(QUIET_SECONDS / 2)
    assert len(caplog.records) == 1
    door.passes(QUIET_SECONDS * 2)
    assert len(caplog.records) == 2
    door.passes(QUIET_SECONDS * 2)
    assert len(caplog.records) == 2


async def test_a_refused_call_leaves_nothing(here: Office) -> None:
    here.exchange.admission.is_overloaded = True
    channel = here.fake.call_in("100")
    await until(lambda: here.dispatcher.counts["refused"] and channel not in here.fake.world.channels)
    assert here.requests("DELETE", channel) == 1
    assert len(here.fake.requests) <= 3
    here.assert_nothing_left()
    here.exchange.admission.is_overloaded = False
    await here.menu()
    await here.over()


async def test_before_the_end_calls_are_left_to_the_dialplan(here: Office) -> None:
    goes_on = await here.menu()
    here.exchange.admission.is_draining = True
    channel = here.fake.call_in("100")
    await until(lambda: here.fake.world.continued)
    assert [each for each, _ in here.fake.world.continued] == [channel]
    assert here.channel(channel).variables == {PASSED_ON: "yes"}
    assert here.playing(goes_on)
    await here.over()


async def test_one_that_the_dialplan_does_not_get_is_refused(here: Office) -> None:
    here.exchange.admission.is_draining = True
    here.fake.order(Fault("/channels/*/continue", status=500))
    channel = here.fake.call_in("100")
    await until(lambda: channel not in here.fake.world.channels)


async def test_a_refusal_that_is_lost_is_sent_again(here: Office) -> None:
    here.exchange.admission.is_overloaded = True
    here.fake.order(Fault("/channels/*", "DELETE", status=500))
    channel = here.fake.call_in("100")
    await until(lambda: channel not in here.fake.world.channels)
    assert here.requests("DELETE", channel) == 2
