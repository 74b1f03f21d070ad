"""The tables. A change here needs a migration beside the others in ``migrations/versions``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware datetime in UTC; SQLite, which has no time zones, keeps it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the database the moment in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the program an aware datetime."""
        if value is None:
            return None
        moment: datetime = value
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class Words(TypeDecorator[str]):
    """Text that a phone may have sent. PostgreSQL takes neither NUL nor half a surrogate pair."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Give the database what it can hold."""
        return None if value is None else value.replace("\0", "").encode("utf-8", "replace").decode()


metadata = MetaData()

lines = Table(
    "lines",
    metadata,
    Column("id", Words, primary_key=True),
    Column("ready_since", Moment, nullable=False),
    Column("logged_in", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("do_not_disturb", Boolean, nullable=False),
    Column("call_ended", Moment),
    Column("wrap_up_until", Moment),
    Column("missed", Integer, nullable=False, server_default="0"),
)

line_groups = Table(
    "line_groups",
    metadata,
    Column("line", Words, ForeignKey("lines.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", Words, primary_key=True),
    Column("call_ended", Moment, nullable=False),
    Column("calls", Integer, nullable=False, server_default="1"),
)

line_legs = Table(
    "line_legs",
    metadata,
    Column("id", Words, primary_key=True),
    Column("line", Words, ForeignKey("lines.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("call_id", Words, nullable=False),
    Column("group_id", Words, nullable=False),
    Index("line_legs_line", "line"),
)
"""The legs that talk; the others do not outlive their process."""

groups = Table(
    "groups",
    metadata,
    Column("id", Words, primary_key=True),
    Column("last_offered", Words, nullable=False),
    Column("place", Integer, nullable=False),
)

overrides = Table(
    "overrides",
    metadata,
    Column("id", Words, primary_key=True),
    Column("menu", Words, nullable=False),
    Column("set_at", Moment, nullable=False),
    Column("until", Moment),
    Column("set_by", Words, nullable=False),
)
"""The manual overrides; ``id`` is the multiselection's."""

calls = Table(
    "calls",
    metadata,
    Column("id", Words, primary_key=True),
    Column("sip_call_id", Words, nullable=False),
    Column("dialled", Words, nullable=False),
    Column("number", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("origin", Words, nullable=False),
    Column("endpoint", Words, nullable=False),
    Column("began", Moment, nullable=False),
    Column("answered", Moment),
    Column("ended", Moment),
    Column("outcome", Words, nullable=False),
    Column("multiselection", Words, nullable=False),
    Column("path", JSON, nullable=False),
    Column("steps", JSON, nullable=False),
    Index("calls_began", "began"),
    Index("calls_sip_call_id", "sip_call_id"),
)

open_calls = Table(
    "open_calls",
    metadata,
    Column("id", Words, primary_key=True),
    Column("content", Text, nullable=False),
)
"""Calls in progress; see ``open_calls.py``. When they are over they are in ``calls``."""

call_legs = Table(
    "call_legs",
    metadata,
    Column("call_id", Words, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("line", Words, nullable=False),
    Column("began", Moment, nullable=False),
    Column("rang", Moment),
    Column("answered", Moment),
    Column("ended", Moment),
    Column("outcome", Words, nullable=False),
    Index("call_legs_line", "line"),
)

texts = Table(
    "texts",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""What stood in files of plans, each once."""

revisions = Table(
    "revisions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("author", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("digest", Text, nullable=False),
    Column("files", JSON, nullable=False),
)

publications = Table(
    "publications",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("made", Moment, nullable=False),
    Column("source", Text, nullable=False),
    Column("author", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("digest", Text, nullable=False),
    Column("files", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("settled", Moment),
    Column("reason", Words, nullable=False),
    Column("findings", JSON, nullable=False),
)
