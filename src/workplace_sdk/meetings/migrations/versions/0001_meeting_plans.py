"""Planned meetings, with what is done and left of each."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meeting_plans",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("organizer", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("ends_at", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("held_until", sa.Text()),
    )
    op.create_index("ix_meeting_plans_settled", "meeting_plans", ["settled"])
    op.create_index("ix_meeting_plans_ends_at", "meeting_plans", ["ends_at"])
