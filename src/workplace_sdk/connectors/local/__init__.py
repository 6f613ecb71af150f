"""The embedded default: all five services on SQLite, on PostgreSQL by changing one URL."""

from __future__ import annotations

from typing import Any

_LAZY = {"Local": "workplace_sdk.connectors.local.connector", "LocalSettings": "workplace_sdk.connectors.local.connector"}

__all__ = ["Local", "LocalSettings"]  # pyright: ignore[reportUnsupportedDunderAll]  # given by __getattr__


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(name)
