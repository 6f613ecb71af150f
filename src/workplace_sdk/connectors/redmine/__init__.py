"""Redmine 5: incidents over its REST interface."""

from __future__ import annotations

from typing import Any

_LAZY = {
    "Redmine": "workplace_sdk.connectors.redmine.connector",
    "RedmineSettings": "workplace_sdk.connectors.redmine.settings",
}

__all__ = ["Redmine", "RedmineSettings"]  # pyright: ignore[reportUnsupportedDunderAll]  # given by __getattr__


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(name)
