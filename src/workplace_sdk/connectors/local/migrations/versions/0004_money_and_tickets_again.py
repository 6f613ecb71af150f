"""Ways to reach people; payments by company card; articles that may spare a report; what tickets and files are looked for by."""

import sqlalchemy as sa
from alembic import op

from workplace_sdk.connectors.local.columns import Exact

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("reach", sa.JSON(), nullable=True))
    op.create_index(op.f("ix_files_owner_id"), "files", ["owner_id"], unique=False)
    op.create_index(op.f("ix_files_sha256"), "files", ["sha256"], unique=False)
    _cards()
    _tickets()


def _cards() -> None:
    op.create_table(
        "card_transactions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("merchant", sa.Text(), nullable=True),
        sa.Column("charged", Exact(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("paid", Exact(), nullable=True),
        sa.Column("paid_currency", sa.Text(), nullable=True),
        sa.Column("card", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_card_transactions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_transactions")),
        sa.UniqueConstraint("reference", name=op.f("uq_card_transactions_reference")),
    )
    op.create_index(op.f("ix_card_transactions_person_id"), "card_transactions", ["person_id"], unique=False)
    # Written out: an ALTER by batch would copy the table, and take the rows of what refers to it with it.
    op.execute(
        "ALTER TABLE expense_lines ADD COLUMN card_transaction_id INTEGER "
        "CONSTRAINT fk_expense_lines_card_transaction_id REFERENCES card_transactions (id)"
    )
    op.create_index(op.f("ix_expense_lines_card_transaction_id"), "expense_lines", ["card_transaction_id"], unique=False)


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
