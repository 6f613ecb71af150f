"""Znuny, OTOBO and OTRS: incidents over their Generic Interface, by SOAP or by REST."""

from __future__ import annotations

from typing import Any

_LAZY = {"Znuny": "workplace_sdk.connectors.znuny.connector", "ZnunySettings": "workplace_sdk.connectors.znuny.settings"}

__all__ = ["Znuny", "ZnunySettings"]  # pyright: ignore[reportUnsupportedDunderAll]  # given by __getattr__


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(name)
