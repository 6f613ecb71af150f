"""Rooms and meetings in the calendars of a CalDAV server: Radicale, Cyrus, SOGo and others."""

from __future__ import annotations

from typing import Any

_LAZY = {"Caldav": "workplace_sdk.connectors.caldav.connector", "CaldavSettings": "workplace_sdk.connectors.caldav.settings"}

__all__ = ["Caldav", "CaldavSettings"]  # pyright: ignore[reportUnsupportedDunderAll]  # given by __getattr__


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(name)
