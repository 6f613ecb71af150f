"""Tables of expenses: categories and rates, card payments, reports with lines, and what happened to them."""

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
    sa.Column("limit_per", sa.Text, nullable=False, server_default="unit"),
    sa.Column("vat_code", sa.Text),
    sa.Column("vat_reclaimable", sa.Boolean),
    sa.Column("active_from", sa.Date),
    sa.Column("active_until", sa.Date),
)

mileage_rates: Final = sa.Table(
    "mileage_rates",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("vehicle", sa.Text, nullable=False),
    sa.Column("first", sa.Date, nullable=False),
    sa.Column("rate", Exact, nullable=False),
    sa.Column("untaxed", Exact),
    sa.Column("last", sa.Date),
    sa.Column("over", Exact, nullable=False, server_default="0"),  # units in the calendar year from which it pays
    sa.Column("unit", sa.Text, nullable=False, server_default="km"),
    sa.Column("source", sa.Text),
    sa.UniqueConstraint("vehicle", "first", "over"),
)

per_diem_rates: Final = sa.Table(
    "per_diem_rates",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("city", sa.Text, nullable=False, server_default=""),  # empty: the rest of the country
    sa.Column("first", sa.Date, nullable=False),
    sa.Column("last", sa.Date),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("day", Exact, nullable=False),
    sa.Column("first_and_last", Exact),
    sa.Column("parts", sa.JSON, nullable=False),  # list of {"over_hours", "share"}
    sa.Column("breakfast", Exact, nullable=False, server_default="0"),
    sa.Column("lunch", Exact, nullable=False, server_default="0"),
    sa.Column("dinner", Exact, nullable=False, server_default="0"),
    sa.Column("night", Exact),
    sa.Column("source", sa.Text),
    sa.UniqueConstraint("country", "city", "first"),
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
    sa.Column("submitted_at", Instant, nullable=False),  # of a draft: when it was saved
    sa.Column("expected_payment", sa.Date),
    sa.Column("paid_on", sa.Date),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),  # one more with each change of its lines
)

card_transactions: Final = sa.Table(
    "card_transactions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("on", sa.Date, nullable=False),
    sa.Column("merchant", sa.Text),
    sa.Column("charged", Exact, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("paid", Exact),
    sa.Column("paid_currency", sa.Text),
    sa.Column("card", sa.Text),
    sa.Column("reference", sa.Text, unique=True),  # the bank's own, so that a statement that is loaded again adds nothing
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
    sa.Column("place", sa.JSON),
    sa.Column("rates", sa.JSON),  # parts of a distance with what each was paid at
    sa.Column("trip", sa.JSON),
    sa.Column("days", sa.JSON),  # dates of a trip with what each pays
    sa.Column("billable", sa.Boolean),
    sa.Column("violations", sa.JSON),
    sa.Column("remark", sa.Text),
    sa.Column("draft", sa.JSON),  # as it was asked, so that it can be worked out anew; without receipts
    sa.Column("card_transaction_id", sa.ForeignKey("card_transactions.id"), index=True),
)

expense_events: Final = sa.Table(
    "expense_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report_id", sa.ForeignKey("expense_reports.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("comment", sa.Text),
)
