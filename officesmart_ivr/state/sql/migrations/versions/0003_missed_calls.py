"""How many of the calls that hunts offered to a line were not answered, in a row."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begin to count."""
    op.add_column("lines", sa.Column("missed", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    """Forget the counts."""
    with op.batch_alter_table("lines") as table:
        table.drop_column("missed")
