"""Articles that may spare a report; what tickets and files are looked for by."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_files_owner_id"), "files", ["owner_id"], unique=False)
    op.create_index(op.f("ix_files_sha256"), "files", ["sha256"], unique=False)
    _tickets()


def _tickets() -> None:
    op.drop_index(op.f("ix_tickets_status"), "tickets")
    op.create_index(op.f("ix_tickets_status_priority"), "tickets", ["status", "priority", "id"], unique=False)
    op.create_index(op.f("ix_tickets_asset_id"), "tickets", ["asset_id"], unique=False)
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["category_id"], ["ticket_categories.id"], name=op.f("fk_articles_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("title", name=op.f("uq_articles_title")),
    )
