"""Calls in progress get a table of their own, in which a call is one text."""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_CALLER = ("dialled", "number", "name", "origin", "endpoint")

_calls = sa.table(
    "calls",
    *(sa.column(name, sa.Text) for name in ("id", "sip_call_id", "outcome", "multiselection", *_CALLER)),
    *(sa.column(name, _MOMENT) for name in ("began", "answered", "ended")),
    *(sa.column(name, sa.JSON) for name in ("path", "steps", "place")),
)
_legs = sa.table(
    "call_legs",
    *(sa.column(name, sa.Text) for name in ("call_id", "line", "outcome")),
    *(sa.column(name, _MOMENT) for name in ("began", "rang", "answered", "ended")),
    sa.column("position", sa.Integer),
)


def upgrade() -> None:
    """Make the table, and move the calls there that are in progress."""
    table = op.create_table(
        "open_calls",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
    )
    connection = op.get_bind()
    for call in connection.execute(sa.select(_calls).where(_calls.c.ended.is_(None))).all():
        legs = connection.execute(
            sa.select(_legs).where(_legs.c.call_id == call.id).order_by(_legs.c.position)
        ).all()
        connection.execute(sa.insert(table).values(id=call.id, content=json.dumps(_content(call, legs))))
    connection.execute(sa.delete(_calls).where(_calls.c.ended.is_(None)))
    # Not as a batch: SQLite would then make the table anew, and the legs would go with the old one.
    op.drop_column("calls", "place")


def downgrade() -> None:
    """Forget the calls in progress."""
    op.drop_table("open_calls")
    op.add_column("calls", sa.Column("place", sa.JSON))


def _content(call: Any, legs: Any) -> dict[str, Any]:
    return {
        "caller": {"call_id": call.id, **{name: getattr(call, name) for name in _CALLER}},
        "began": _at(call.began),
        "sip_call_id": call.sip_call_id,
        "answered": _at(call.answered),
        "ended": None,
        "outcome": call.outcome,
        "multiselection": call.multiselection,
        "path": call.path,
        "legs": [
            {
                "line": leg.line,
                "began": _at(leg.began),
                "rang": _at(leg.rang),
                "answered": _at(leg.answered),
                "ended": _at(leg.ended),
                "outcome": leg.outcome,
            }
            for leg in legs
        ],
        "steps": [{"at": at, "note": {"fact": fact, "about": about}} for at, fact, about in call.steps],
        "place": call.place,
    }


def _at(moment: datetime | None) -> str | None:
    """Say a moment; SQLite keeps it without its zone, which is UTC."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
