"""How often people were sent elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handoffs",
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("month", "operation", "connection", "field")),
        sa.Column("times", sa.Integer(), nullable=False),
    )
