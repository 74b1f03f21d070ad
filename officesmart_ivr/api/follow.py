"""Following the call log: each call when it begins, and when it ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from officesmart_ivr.state.call_log import CallQuery, CallRecord
from officesmart_ivr.state.followed import Change, FollowedCallLog

SILENT_SECONDS = 10.0
"""A stream says something at least so often, so that its reader notices an application that is stuck."""


async def follow(log: FollowedCallLog, query: CallQuery) -> AsyncGenerator[CallRecord | None, None]:
    """Give the calls that are wanted already, in the order of their beginning, then each that becomes so.

    A call is given once while it lasts and once when it is over. None stands for silence; it comes first,
    too, once the log has been read. Raises StateError before that.
    """
    with log.following() as changes:
        found = await log.find(query)
        yield None
        told: dict[str, bool] = {}
        for record in reversed(found):
            # Not earlier: a call may end while those before it are being given.
            told[record.caller.call_id] = record.ended is not None
            yield record
        while True:
            taken = await changes.take(SILENT_SECONDS)
            for change in taken:
                if _is_news(change, query, told):
                    yield change.record
            if not taken:
                yield None


def _is_news(change: Change, query: CallQuery, told: dict[str, bool]) -> bool:
    """Say whether a change is to be given; ``told`` are the calls given, and whether as ended."""
    record, over = change
    name = record.caller.call_id
    if over:
        was_told_as_ended = told.pop(name, False)
        return record.ended is not None and not was_told_as_ended and query.matches(record)
    # Between its end and its being finished a call is in neither state.
    if record.ended is not None or name in told or not query.matches(record):
        return False
    told[name] = False
    return True
