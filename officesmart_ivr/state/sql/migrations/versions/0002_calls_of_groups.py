"""How many calls of a group each line took on the day of its last one."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count from now on: a line that has talked took one call at least."""
    column = sa.Column("calls", sa.Integer, nullable=False, server_default="1")
    op.add_column("line_groups", column)


def downgrade() -> None:
    """Forget the counts."""
    with op.batch_alter_table("line_groups") as table:
        table.drop_column("calls")
