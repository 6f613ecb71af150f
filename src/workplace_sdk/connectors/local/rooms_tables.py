"""Tables of rooms and meetings."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# SQLAlchemy leaves the types of JSON and foreign key columns open.
from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.columns import Exact, Instant
from workplace_sdk.connectors.local.schema import metadata

sites: Final = sa.Table(
    "sites",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("address", sa.Text),
)

rooms: Final = sa.Table(
    "rooms",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("email", sa.Text, unique=True),
    sa.Column("site_id", sa.ForeignKey("sites.id"), nullable=False, index=True),
    sa.Column("building", sa.Text),
    sa.Column("floor", sa.Text),
    sa.Column("capacity", sa.Integer),
    sa.Column("features", sa.JSON, nullable=False),
    sa.Column("bookability", sa.Text, nullable=False, server_default="open"),
    sa.Column("longest_minutes", sa.Integer),
    sa.Column("ahead_days", sa.Integer),
    sa.Column("check_in_minutes", sa.Integer),
    sa.Column("approver_id", sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

menu_items: Final = sa.Table(
    "menu_items",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("site_id", sa.ForeignKey("sites.id")),  # null: at every site
    sa.Column("price", Exact),
    sa.Column("currency", sa.Text),
    sa.Column("order_before_minutes", sa.Integer),
    sa.Column("cancel_before_minutes", sa.Integer),
    sa.Column("stock", sa.Integer),  # how many there are at one time; null: as many as wanted
    sa.UniqueConstraint("name", "site_id"),
)

meetings: Final = sa.Table(
    "meetings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text),
    sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("organizer_id", sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("room_id", sa.ForeignKey("rooms.id")),
    sa.Column("people", sa.Integer),
    sa.Column("rrule", sa.Text),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

meeting_times: Final = sa.Table(
    "meeting_times",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("room_id", sa.ForeignKey("rooms.id")),
    sa.Column("start", Instant, nullable=False),
    sa.Column("end", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("conflict", sa.Text),
    sa.Column("checked_in_at", Instant),
    sa.Index("ix_meeting_times_room_start", "room_id", "start"),
)

meeting_people: Final = sa.Table(
    "meeting_people",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("response", sa.Text, nullable=False),
)

orders: Final = sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("diets", sa.JSON, nullable=False),
    sa.Column("deliver_at", Instant),
    sa.Column("cost_centre", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
)

order_lines: Final = sa.Table(
    "order_lines",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("order_id", sa.ForeignKey("orders.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("item_id", sa.ForeignKey("menu_items.id"), nullable=False, index=True),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("price", Exact),
    sa.Column("currency", sa.Text),
)
