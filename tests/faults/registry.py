"""The faults that must be survived, by name. A new one is a line here, and a row in docs/quality.md."""

from __future__ import annotations

from tests.faults import (
    key_at_the_end,
    leaving,
    loops,
    members,
    odd_keys,
    plans,
    requests,
    soak,
    toll_fraud,
    two_answers,
)
from tests.faults.trial import Fault

FAULTS = {
    fault.name: fault
    for fault in (
        Fault("R6", "random calls leave nothing behind", soak.run, 0, 20_000),
        Fault("R7", "a key at a prompt's end counts once", key_at_the_end.run, 20, 1000),
        Fault("R8", "of two who answer together one has the call", two_answers.run, 6, 500),
        Fault("R9", "the caller leaves in every state", leaving.run, len(leaving.STAGES), 380),
        Fault("R10", "whatever a member's phone does, the next one rings", members.run, 8, 240),
        Fault("R11", "a loop ends with an apology", loops.run, 5, 200),
        Fault("R12", "no spoilt plan crashes a check or a call", plans.run, 150, 100_000),
        Fault("R14", "odd keys count once", odd_keys.run, 7, 210),
        Fault("R16", "a request that fails, or has no answer, strands no call", requests.run, 60, 10_000),
        Fault("R17", "nobody is led outside against the plan", toll_fraud.run, 11, 110),
    )
}
