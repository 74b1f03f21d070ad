"""Manual overrides of multiselections."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "overrides",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("menu", sa.Text, nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT),
        sa.Column("set_by", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("overrides")
