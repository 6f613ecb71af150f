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
    sa.Column("features", sa.JSON, nullable=False),  # list of words
    sa.Column("layouts", sa.JSON, nullable=False, server_default="{}"),  # seats by layout
    sa.Column("bookability", sa.Text, nullable=False, server_default="open"),
    sa.Column("longest_minutes", sa.Integer),
    sa.Column("ahead_days", sa.Integer),
    sa.Column("check_in_minutes", sa.Integer),
    sa.Column("approver_id", sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

room_bookers: Final = sa.Table(
    "room_bookers",
    metadata,
    sa.Column("room_id", sa.ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "person_id", sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    ),  # may book it though it is restricted
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
    sa.Column("cancel_fee", Exact),  # part of the price; null: cannot be cancelled later
    sa.Column("stock", sa.Integer),  # how many there are at one time; null: as many as wanted
    sa.UniqueConstraint("name", "site_id"),
)

meetings: Final = sa.Table(
    "meetings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("uid", sa.Text, unique=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text),
    sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("organizer_id", sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("organizer_name", sa.Text),  # of someone who is not in this store
    sa.Column("organizer_email", sa.Text),
    sa.Column("people", sa.Integer),
    sa.Column("layout", sa.Text),
    sa.Column("rrule", sa.Text),  # as it was booked
    sa.Column("series_id", sa.ForeignKey("meetings.id", ondelete="SET NULL"), index=True),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("online", sa.Text),  # link for who joins from elsewhere
    sa.Column("created_at", Instant, nullable=False),
)

# A row for each room at each time; one without a room for each time of a meeting that has none.
meeting_times: Final = sa.Table(
    "meeting_times",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False, server_default="0"),  # of the time in the series; orders are for it
    sa.Column("position", sa.Integer, nullable=False, server_default="0"),  # of the room among those of the meeting
    sa.Column("room_id", sa.ForeignKey("rooms.id")),
    sa.Column("start", Instant, nullable=False),
    sa.Column("end", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # requested, confirmed, declined, released, cancelled
    sa.Column("conflict", sa.Text),
    sa.Column("check_in_by", Instant),  # null: nobody has to check in
    sa.Column("checked_in_at", Instant),
    sa.Index("ix_meeting_times_room_start", "room_id", "start"),
    sa.Index("ix_meeting_times_meeting_number", "meeting_id", "number"),
    sa.Index("ix_meeting_times_start", "start"),
)

meeting_people: Final = sa.Table(
    "meeting_people",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False),
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
    sa.Column("name", sa.Text),  # of a guest who is not in this store
    sa.Column("email", sa.Text),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("response", sa.Text, nullable=False),
    sa.UniqueConstraint("meeting_id", "person_id"),
)

orders: Final = sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False, server_default="0"),  # of the time in the meeting
    sa.Column("diets", sa.JSON, nullable=False),
    sa.Column("deliver_at", Instant),
    sa.Column("clear_at", Instant),
    sa.Column("cost_centre", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("state", sa.Text, nullable=False),  # ordered, rejected, cancelled
    sa.Column("why", sa.Text),
    sa.Column("why_nl", sa.Text),
    sa.Column("fee", Exact),
    sa.Column("fee_currency", sa.Text),
    sa.Index("ix_orders_meeting_number", "meeting_id", "number"),
    sa.Index("ix_orders_deliver_at", "deliver_at"),
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

room_waits: Final = sa.Table(
    "room_waits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("room_id", sa.ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    sa.Column("start", Instant, nullable=False),
    sa.Column("end", Instant, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("draft", sa.JSON),  # the meeting that is booked once the room is free; null when nobody waits any more
    sa.Column("state", sa.Text, nullable=False),  # waiting, booked, withdrawn
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="SET NULL")),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("ix_room_waits_room_start", "room_id", "start"),
)
