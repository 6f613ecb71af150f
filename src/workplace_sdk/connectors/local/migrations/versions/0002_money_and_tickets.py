"""Days away, thresholds of mileage, saved reports and their timeline; priorities and details of tickets."""

import sqlalchemy as sa
from alembic import op

from workplace_sdk.connectors.local.columns import Exact, Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rates()
    _reports()
    _tickets()


def _rates() -> None:
    for column in (
        sa.Column("limit_per", sa.Text(), server_default="unit", nullable=False),
        sa.Column("vat_code", sa.Text(), nullable=True),
        sa.Column("vat_reclaimable", sa.Boolean(), nullable=True),
        sa.Column("active_from", sa.Date(), nullable=True),
        sa.Column("active_until", sa.Date(), nullable=True),
    ):
        op.add_column("expense_categories", column)
    with op.batch_alter_table("mileage_rates") as table:  # nothing refers to it, so SQLite may copy it
        table.add_column(sa.Column("last", sa.Date(), nullable=True))
        table.add_column(sa.Column("over", Exact(), server_default="0", nullable=False))
        table.add_column(sa.Column("unit", sa.Text(), server_default="km", nullable=False))
        table.add_column(sa.Column("source", sa.Text(), nullable=True))
        table.drop_constraint(op.f("uq_mileage_rates_vehicle_first"), type_="unique")
        table.create_unique_constraint(op.f("uq_mileage_rates_vehicle_first_over"), ["vehicle", "first", "over"])
    op.create_table(
        "per_diem_rates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), server_default="", nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("day", Exact(), nullable=False),
        sa.Column("first_and_last", Exact(), nullable=True),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("breakfast", Exact(), server_default="0", nullable=False),
        sa.Column("lunch", Exact(), server_default="0", nullable=False),
        sa.Column("dinner", Exact(), server_default="0", nullable=False),
        sa.Column("night", Exact(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_per_diem_rates")),
        sa.UniqueConstraint("country", "city", "first", name=op.f("uq_per_diem_rates_country_city_first")),
    )


def _reports() -> None:
    op.add_column("expense_reports", sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
    for column in (
        sa.Column("place", sa.JSON(), nullable=True),
        sa.Column("rates", sa.JSON(), nullable=True),
        sa.Column("trip", sa.JSON(), nullable=True),
        sa.Column("days", sa.JSON(), nullable=True),
        sa.Column("billable", sa.Boolean(), nullable=True),
        sa.Column("violations", sa.JSON(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("draft", sa.JSON(), nullable=True),
    ):
        op.add_column("expense_lines", column)
    op.create_table(
        "expense_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_expense_events_person_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["report_id"], ["expense_reports.id"], name=op.f("fk_expense_events_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_events")),
    )
    op.create_index(op.f("ix_expense_events_report_id"), "expense_events", ["report_id"], unique=False)
    op.execute(
        "INSERT INTO expense_events (report_id, person_id, step, at) "
        "SELECT id, submitted_by_id, 'submitted', submitted_at FROM expense_reports ORDER BY id"
    )
    op.execute(
        "INSERT INTO expense_events (report_id, person_id, step, at, comment) "
        "SELECT report_id, person_id, state, at, comment FROM expense_decisions ORDER BY id"
    )
    op.drop_table("expense_decisions")
    # Distances were in kilometres, and their whole was paid.
    lines = sa.table("expense_lines", sa.column("id", sa.Integer()), sa.column("distance", sa.JSON()))
    connection = op.get_bind()
    for row in connection.execute(sa.select(lines)).all():
        if row.distance and "kilometres" in row.distance:
            length = row.distance.pop("kilometres")
            connection.execute(lines.update().where(lines.c.id == row.id).values(distance={**row.distance, "length": length}))


def _tickets() -> None:
    for table in ("assets", "tickets"):
        op.add_column(table, sa.Column("place_text", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("geo", sa.JSON(), nullable=True))
    op.add_column("assets", sa.Column("serial", sa.Text(), nullable=True))
    for column in (
        sa.Column("since", Instant(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("due", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
    ):
        op.add_column("tickets", column)
    op.add_column("ticket_events", sa.Column("status", sa.Text(), nullable=True))
    op.create_table(
        "ticket_priorities",
        sa.Column("impact", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("impact", "urgency", name=op.f("pk_ticket_priorities")),
    )
