"""Setting up incidents: categories and assets. Used by the demo, imports and tests, in a writing block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.incidents_tables import assets, ticket_categories
from workplace_sdk.services.incidents import AssetKind, Place

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def add_category(connection: Connection, *path: str) -> int:
    """Add a category, from general to particular. Its id."""
    return inserted(connection, ticket_categories, {"path": " / ".join(path)})


def add_asset(
    connection: Connection, tag: str, name: str, kind: AssetKind, *, place: Place | None = None, owner_id: int | None = None
) -> int:
    """Add a thing. Its id."""
    where = (place or Place()).model_dump()
    return inserted(connection, assets, {"tag": tag, "name": name, "kind": kind.value, "owner_id": owner_id, **where})
