"""What was asked for with a key, reasons and notes of leave, online meetings, orders' reasons in Dutch, waiting for rooms."""

import sqlalchemy as sa
from alembic import op

from workplace_sdk.connectors.local.columns import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("writes", sa.Column("fingerprint", sa.Text(), nullable=True))
    op.add_column("leave_types", sa.Column("reasons", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("leave_requests", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("meetings", sa.Column("online", sa.Text(), nullable=True))
    op.add_column("orders", sa.Column("why_nl", sa.Text(), nullable=True))
    op.create_index(op.f("ix_orders_deliver_at"), "orders", ["deliver_at"], unique=False)
    op.create_table(
        "room_waits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("start", Instant(), nullable=False),
        sa.Column("end", Instant(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_room_waits_meeting_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_room_waits_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_room_waits_room_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_waits")),
    )
    op.create_index(op.f("ix_room_waits_person_id"), "room_waits", ["person_id"], unique=False)
    op.create_index(op.f("ix_room_waits_room_start"), "room_waits", ["room_id", "start"], unique=False)
