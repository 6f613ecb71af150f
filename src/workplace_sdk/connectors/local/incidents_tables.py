"""Tables of incidents: categories, assets, tickets and what happened to them, articles that help."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# SQLAlchemy leaves the types of JSON and foreign key columns open.
from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.columns import Instant
from workplace_sdk.connectors.local.schema import metadata

ticket_categories: Final = sa.Table(
    "ticket_categories",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("path", sa.Text, nullable=False, unique=True),  # parts separated by ' / '
)

assets: Final = sa.Table(
    "assets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("tag", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("site", sa.Text),
    sa.Column("building", sa.Text),
    sa.Column("floor", sa.Text),
    sa.Column("room", sa.Text),
    sa.Column("owner_id", sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("serial", sa.Text),
    sa.Column("place_text", sa.Text),
    sa.Column("geo", sa.JSON),  # {"latitude", "longitude"}, decimal strings
)

ticket_priorities: Final = sa.Table(
    "ticket_priorities",
    metadata,
    sa.Column("impact", sa.Text, primary_key=True),
    sa.Column("urgency", sa.Text, primary_key=True),
    sa.Column("priority", sa.Text, nullable=False),
)

tickets: Final = sa.Table(
    "tickets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("folded", sa.Text, nullable=False),  # words of title and description, for finding similar ones
    sa.Column("requester_id", sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("reported_by_id", sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("category_id", sa.ForeignKey("ticket_categories.id")),
    sa.Column("asset_id", sa.ForeignKey("assets.id", ondelete="SET NULL"), index=True),
    sa.Column("site", sa.Text),
    sa.Column("building", sa.Text),
    sa.Column("floor", sa.Text),
    sa.Column("room", sa.Text),
    sa.Column("impact", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("handler_id", sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("major", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("parent_id", sa.ForeignKey("tickets.id"), index=True),
    sa.Column("resolution", sa.Text),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("resolved_at", Instant),
    sa.Column("next_update_by", Instant),
    sa.Column("place_text", sa.Text),
    sa.Column("geo", sa.JSON),  # {"latitude", "longitude"}, decimal strings
    sa.Column("since", Instant),
    sa.Column("contact", sa.Text),
    sa.Column("due", Instant),
    sa.Column("closed_at", Instant),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),  # one more with each change by who handles it
    sa.Index("ix_tickets_status_priority", "status", "priority", "id"),
)

ticket_events: Final = sa.Table(
    "ticket_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("ticket_id", sa.ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("by_id", sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("internal", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("status", sa.Text),  # what the ticket became
)

articles: Final = sa.Table(
    "articles",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.Text, nullable=False, unique=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("folded", sa.Text, nullable=False),  # words of title and text, for finding it
    sa.Column("category_id", sa.ForeignKey("ticket_categories.id")),
    sa.Column("url", sa.Text),
)
