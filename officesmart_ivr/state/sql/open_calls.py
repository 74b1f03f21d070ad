"""Calls in progress, as their process last wrote them.

A call grows with each step, and nobody but the next process asks the database for it meanwhile: so its record
is one text here, quick to make and to replace, and becomes a row with columns in ``calls`` when it is over.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.place import Place
from officesmart_ivr.state.call_log import CallRecord
from officesmart_ivr.state.sql.rows import without
from officesmart_ivr.state.sql.tables import Words, open_calls
from officesmart_ivr.state.sql.transaction import Change

_log = logging.getLogger(__name__)

# Both databases understand it, but SQLAlchemy has it for each of them only.
_PUT = text(
    "INSERT INTO open_calls (id, content) VALUES (:id, :content)"
    " ON CONFLICT (id) DO UPDATE SET content = excluded.content"
).bindparams(bindparam("id", type_=Words))

_FACTS = frozenset(fact.value for fact in Fact)


def put(records: Sequence[CallRecord]) -> Change:
    """Write calls in progress, in place of what was written of them before."""
    return Change(_PUT, [{"id": record.caller.call_id, "content": _said(record)} for record in records])


def gone(records: Sequence[CallRecord]) -> Change:
    """Forget calls that are not in progress any more."""
    return without(open_calls, [record.caller.call_id for record in records])


async def read(connection: AsyncConnection) -> list[CallRecord]:
    """Return all that was written, but for calls of another version that are not understood."""
    rows = await connection.execute(select(open_calls))
    return [record for row in rows if (record := _understood(row)) is not None]


def _said(record: CallRecord) -> str:
    try:
        return msgspec.json.encode(record).decode()
    except UnicodeEncodeError:
        # A phone may have sent half a surrogate pair, which only Python's own encoder knows to escape.
        return json.dumps(msgspec.to_builtins(record))


def _understood(row: Row[Any]) -> CallRecord | None:
    try:
        written = json.loads(row.content)
        # Facts that this version does not know are left out; a place that it does not, is none.
        written["steps"] = [step for step in written["steps"] if step["note"]["fact"] in _FACTS]
        written["place"] = _place(written["place"])
        return msgspec.convert(written, CallRecord)
    except (ValueError, LookupError, TypeError) as error:
        _log.warning("call %s was written by another version and cannot be read: %s", row.id, error)
        return None


def _place(written: Any) -> Any:
    try:
        msgspec.convert(written, Place | None)
    except msgspec.ValidationError:
        return None
    return written
