"""Where calls are, so that the next process goes on with them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begin to keep it."""
    op.add_column("calls", sa.Column("place", sa.JSON))


def downgrade() -> None:
    """Forget it."""
    with op.batch_alter_table("calls") as table:
        table.drop_column("place")
