"""Frappe HR 15: leave, expenses and colleagues with their skills over its REST interface."""

from __future__ import annotations

from typing import Any

_LAZY = {
    "Frappe": "workplace_sdk.connectors.frappe.connector",
    "FrappeSettings": "workplace_sdk.connectors.frappe.settings",
}

__all__ = ["Frappe", "FrappeSettings"]  # pyright: ignore[reportUnsupportedDunderAll]  # given by __getattr__


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(name)
