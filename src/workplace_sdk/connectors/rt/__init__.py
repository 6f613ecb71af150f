"""Request Tracker 5: incidents over its REST interface, and the equipment that people hold from its assets."""

from __future__ import annotations

from typing import Any

_LAZY = {"Rt": "workplace_sdk.connectors.rt.connector", "RtSettings": "workplace_sdk.connectors.rt.settings"}

__all__ = ["Rt", "RtSettings"]  # pyright: ignore[reportUnsupportedDunderAll]  # given by __getattr__


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(name)
