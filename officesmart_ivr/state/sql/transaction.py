"""Carrying out a transaction: all changes, or none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncEngine


class Change(NamedTuple):
    """A statement, and the rows for each of which it is carried out.

    It must bear to be carried out again. The same statement object serves each time, and its rows have always
    the same names in them, so that what it takes to prepare it is done once.
    """

    statement: Executable
    rows: Sequence[Mapping[str, Any]]


CarryOut = Callable[[Sequence[Change]], Awaitable[None]]
"""Carries out changes in their order. Raises what the driver raises, and then nothing has changed."""


def over(engine: AsyncEngine) -> CarryOut:
    """Carry changes out over a connection of an engine."""

    async def carry_out(changes: Sequence[Change]) -> None:
        async with engine.begin() as connection:
            for statement, rows in changes:
                await connection.execute(statement, rows)

    return carry_out
