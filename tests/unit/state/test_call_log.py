from __future__ import annotations

from datetime import UTC, datetime

from officesmart_ivr.core.state import Caller
from officesmart_ivr.state.call_log import CallRecord
from officesmart_ivr.state.memory import MemoryCallLog

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_calls_that_last_come_after_the_last_ones_that_ended() -> None:
    log = MemoryCallLog(size=2)
    records = {name: CallRecord(Caller(name, "100"), NOW) for name in "abcde"}
    for record in records.values():
        log.begin(record)
    assert [record.caller.call_id for record in log] == [*"abcde"]
    for name in "dbe":
        log.finish(records[name])
    assert [record.caller.call_id for record in log] == [*"be", *"ac"]
