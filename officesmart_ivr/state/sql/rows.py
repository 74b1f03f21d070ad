"""Rows that are replaced as wholes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, Table, bindparam, delete, insert

from officesmart_ivr.state.sql.transaction import Change


def without(table: Table, ids: Sequence[str]) -> Change:
    """Delete the rows with these ids, where there are any."""
    return Change(_deleting(table), [{"row_id": each} for each in ids])


def added(table: Table, rows: Sequence[dict[str, Any]]) -> Change:
    """Add rows."""
    return Change(_adding(table), rows)


@cache
def _deleting(table: Table) -> Executable:
    return delete(table).where(table.c.id == bindparam("row_id"))


@cache
def _adding(table: Table) -> Executable:
    return insert(table)
