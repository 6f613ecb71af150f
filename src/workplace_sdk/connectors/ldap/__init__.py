"""OpenLDAP, Active Directory and other LDAP directories: the expert directory of many organisations."""

from __future__ import annotations

from typing import Any

_LAZY = {"Ldap": "workplace_sdk.connectors.ldap.connector", "LdapSettings": "workplace_sdk.connectors.ldap.settings"}

__all__ = ["Ldap", "LdapSettings"]  # pyright: ignore[reportUnsupportedDunderAll]  # given by __getattr__


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(name)
