"""Setting up incidents: categories, assets, priorities, articles. Used by the demo, imports and tests, in a writing block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.incidents_registers import place_columns
from workplace_sdk.connectors.local.incidents_tables import articles, assets, ticket_categories, ticket_priorities
from workplace_sdk.search.tickets import telling
from workplace_sdk.services.incidents import AssetKind, Impact, Place, Priority, Urgency

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def add_category(connection: Connection, *path: str) -> int:
    """Add a category, from general to particular. Its id."""
    return inserted(connection, ticket_categories, {"path": " / ".join(path)})


def add_asset(
    connection: Connection,
    tag: str,
    name: str,
    kind: AssetKind,
    *,
    place: Place | None = None,
    owner_id: int | None = None,
    serial: str | None = None,
) -> int:
    """Add a thing. Its id."""
    values = {"tag": tag, "name": name, "kind": kind.value, "owner_id": owner_id, "serial": serial}
    return inserted(connection, assets, {**values, **place_columns(place)})


def set_priority(connection: Connection, impact: Impact, urgency: Urgency, priority: Priority) -> bool:
    """Say which priority a ticket of that impact and urgency has, instead of what ``MATRIX`` says. Whether it is new."""
    which = (ticket_priorities.c.impact == impact.value) & (ticket_priorities.c.urgency == urgency.value)
    gone = connection.execute(ticket_priorities.delete().where(which)).rowcount
    values = {"impact": impact.value, "urgency": urgency.value, "priority": priority.value}
    connection.execute(ticket_priorities.insert().values(**values))
    return not gone


def add_article(
    connection: Connection, title: str, text: str, *, category_id: int | None = None, url: str | None = None
) -> int:
    """Add an article that may spare people a report; *url* is where it reads better. Its id."""
    values = {"title": title, "text": text, "category_id": category_id, "url": url}
    return inserted(connection, articles, {**values, "folded": " ".join(sorted(telling(f"{title} {text}")))})
