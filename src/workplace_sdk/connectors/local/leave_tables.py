"""Tables of leave: types, what people are granted, requests with their days and what became of them,
schedules, closed days, illness.
"""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# SQLAlchemy leaves the types of JSON and foreign key columns open.
from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.columns import Exact, Instant
from workplace_sdk.connectors.local.schema import metadata

leave_types: Final = sa.Table(
    "leave_types",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("increment", Exact),
    sa.Column("half_days", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("hours", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("requires_approval", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("requires_reason", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("reasons", sa.JSON, nullable=False, server_default="[]"),  # one of which is given; empty: any text
    sa.Column("attachments", sa.Text, nullable=False, server_default="optional"),
    sa.Column("allow_negative", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("unlimited", sa.Boolean, nullable=False, server_default=sa.false()),  # no balance is kept
    sa.Column("charges_holidays", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("min_notice", sa.Integer),
    sa.Column("attachment_after", sa.Integer),
    sa.Column("max_days", sa.Integer),
    sa.Column("paid", sa.Text),
    sa.Column("confidential", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

leave_grants: Final = sa.Table(
    "leave_grants",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    sa.Column("type_id", sa.ForeignKey("leave_types.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # entitled, carried_over, accrued, adjusted
    sa.Column("amount", Exact, nullable=False),
    sa.Column("first", sa.Date, nullable=False),  # the entitlement period
    sa.Column("last", sa.Date, nullable=False),
    sa.Column("usable_from", sa.Date),  # null: as first
    sa.Column("usable_until", sa.Date),  # null: as last
    sa.Index("ix_leave_grants_person_type", "person_id", "type_id"),
)

leave_requests: Final = sa.Table(
    "leave_requests",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    sa.Column("type_id", sa.ForeignKey("leave_types.id"), nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("substitute_id", sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("submitted_by_id", sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("decided_at", Instant),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),  # counts what was asked for, anew or differently
    sa.Index("ix_leave_requests_person_first", "person_id", "first_day"),
    sa.Index("ix_leave_requests_status", "status"),
)

leave_days: Final = sa.Table(
    "leave_days",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("request_id", sa.ForeignKey("leave_requests.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("date", sa.Date, nullable=False, index=True),
    sa.Column("portion", sa.Text, nullable=False),
    sa.Column("hours", Exact),
    sa.Column("start", sa.Time),
    sa.Column("charged", Exact, nullable=False),  # in the unit of the type
    sa.Column("why_zero", sa.Text),
    sa.UniqueConstraint("request_id", "date"),
)

leave_events: Final = sa.Table(
    "leave_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("request_id", sa.ForeignKey("leave_requests.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("comment", sa.Text),
)

sick_cases: Final = sa.Table(
    "sick_cases",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("portion", sa.Text, nullable=False),
    sa.Column("expected_until", sa.Date),
    sa.Column("back_on", sa.Date),
    sa.Column("reachable_at", sa.Text),
    sa.Column("handover", sa.Text),
    sa.Column("reported_by_id", sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("reported_at", Instant, nullable=False),
    sa.Column("recovered_at", Instant),
)

work_schedules: Final = sa.Table(
    "work_schedules",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),  # null: everyone without one
    sa.Column("first", sa.Date, nullable=False),
    sa.Column("last", sa.Date),
    sa.Column("hours", sa.JSON, nullable=False),  # seven decimal strings, Monday first
    sa.Column("exceptions", sa.JSON, nullable=False),  # decimal string by ISO date
    sa.Column("fte", Exact),
)

closed_days: Final = sa.Table(
    "closed_days",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),  # company: everyone is off; blackout: nobody can be; locked: payroll is done
    sa.Column("first", sa.Date, nullable=False),
    sa.Column("last", sa.Date, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("portion", sa.Text, nullable=False, server_default="full"),  # of a day on which everyone is off: full, am, pm
)
