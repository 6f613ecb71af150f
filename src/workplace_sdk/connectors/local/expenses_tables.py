"""Tables of expenses."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# SQLAlchemy leaves the types of JSON and foreign key columns open.
from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.columns import Exact, Instant
from workplace_sdk.connectors.local.schema import metadata

expense_categories: Final = sa.Table(
    "expense_categories",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("limit_amount", Exact),
    sa.Column("receipt_over", Exact),
    sa.Column("attendees_required", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("vat_rate", Exact),
)

mileage_rates: Final = sa.Table(
    "mileage_rates",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("vehicle", sa.Text, nullable=False),
    sa.Column("first", sa.Date, nullable=False),
    sa.Column("rate", Exact, nullable=False),
    sa.Column("untaxed", Exact),
    sa.UniqueConstraint("vehicle", "first"),
)

exchange_rates: Final = sa.Table(
    "exchange_rates",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("into", sa.Text, nullable=False),
    sa.Column("on", sa.Date, nullable=False),
    sa.Column("rate", Exact, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.UniqueConstraint("currency", "into", "on"),
)

expense_reports: Final = sa.Table(
    "expense_reports",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("submitted_by_id", sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False, index=True),
    sa.Column("submitted_at", Instant, nullable=False),
    sa.Column("expected_payment", sa.Date),
    sa.Column("paid_on", sa.Date),
)

expense_lines: Final = sa.Table(
    "expense_lines",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report_id", sa.ForeignKey("expense_reports.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("date", sa.Date, nullable=False),
    sa.Column("category_id", sa.ForeignKey("expense_categories.id"), nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("merchant", sa.Text),
    sa.Column("amount", Exact, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("exchange", sa.JSON),
    sa.Column("claimed", Exact, nullable=False),
    sa.Column("approved", Exact),
    sa.Column("taxes", sa.JSON, nullable=False),
    sa.Column("paid_with", sa.Text, nullable=False),
    sa.Column("personal", Exact),
    sa.Column("distance", sa.JSON),
    sa.Column("rate", Exact),
    sa.Column("taxable", Exact),
    sa.Column("attendees", sa.JSON, nullable=False),
    sa.Column("allocations", sa.JSON, nullable=False),
    sa.Column("receipt_lost", sa.Boolean, nullable=False),
)

expense_decisions: Final = sa.Table(
    "expense_decisions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report_id", sa.ForeignKey("expense_reports.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("comment", sa.Text),
)
