"""Every table of the local store: importing this makes ``metadata`` whole."""

from __future__ import annotations

from workplace_sdk.connectors.local import expenses_tables, incidents_tables, leave_tables, rooms_tables
from workplace_sdk.connectors.local.schema import metadata

__all__ = ["expenses_tables", "incidents_tables", "leave_tables", "metadata", "rooms_tables"]
