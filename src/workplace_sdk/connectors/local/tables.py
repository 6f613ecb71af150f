"""Every table of the local store: importing this makes ``metadata`` whole."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from workplace_sdk.connectors.local.schema import metadata

for _name in ("leave", "rooms", "expenses", "incidents"):
    if find_spec(f"workplace_sdk.connectors.local.{_name}_tables"):
        import_module(f"workplace_sdk.connectors.local.{_name}_tables")

__all__ = ["metadata"]
