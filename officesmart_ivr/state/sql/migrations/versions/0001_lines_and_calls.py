"""Lines, groups and calls."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "lines",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("ready_since", _MOMENT, nullable=False),
        sa.Column("logged_in", sa.Boolean, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("do_not_disturb", sa.Boolean, nullable=False),
        sa.Column("call_ended", _MOMENT),
        sa.Column("wrap_up_until", _MOMENT),
    )
    op.create_table(
        "line_groups",
        sa.Column("line", sa.Text, sa.ForeignKey("lines.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("group_id", sa.Text, primary_key=True),
        sa.Column("call_ended", _MOMENT, nullable=False),
    )
    op.create_table(
        "line_legs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("line", sa.Text, sa.ForeignKey("lines.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("group_id", sa.Text, nullable=False),
    )
    op.create_index("line_legs_line", "line_legs", ["line"])
    op.create_table(
        "groups",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("last_offered", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("sip_call_id", sa.Text, nullable=False),
        sa.Column("dialled", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("began", _MOMENT, nullable=False),
        sa.Column("answered", _MOMENT),
        sa.Column("ended", _MOMENT),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("multiselection", sa.Text, nullable=False),
        sa.Column("path", sa.JSON, nullable=False),
        sa.Column("steps", sa.JSON, nullable=False),
    )
    op.create_index("calls_began", "calls", ["began"])
    op.create_index("calls_sip_call_id", "calls", ["sip_call_id"])
    op.create_table(
        "call_legs",
        sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("began", _MOMENT, nullable=False),
        sa.Column("rang", _MOMENT),
        sa.Column("answered", _MOMENT),
        sa.Column("ended", _MOMENT),
        sa.Column("outcome", sa.Text, nullable=False),
    )
    op.create_index("call_legs_line", "call_legs", ["line"])


def downgrade() -> None:
    """Drop them."""
    for table in ("call_legs", "calls", "groups", "line_legs", "line_groups", "lines"):
        op.drop_table(table)
