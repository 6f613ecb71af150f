"""The ``frappe`` connector: how Frappe is reached, and what is remembered of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from workplace_sdk.connectors.frappe.records import Message
from workplace_sdk.connectors.frappe.refusing import refusal
from workplace_sdk.connectors.frappe.settings import FrappeSettings
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.errors import ConfigError
from workplace_sdk.kernel.memory import Memory

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps

LIFETIME: Final = 300.0
"""Seconds that it is remembered which employee a user is."""
GUEST: Final = "Guest"


class Frappe(Connector):
    """Leave, expenses and skills of one site, by the API key of an account of ours."""

    settings_type = FrappeSettings
    services = {  # noqa: RUF012 - a ClassVar in the base
        "leave": "workplace_sdk.connectors.frappe.leave:FrappeLeave",
        "expenses": "workplace_sdk.connectors.frappe.expenses:FrappeExpenses",
        "experts": "workplace_sdk.connectors.frappe.experts:FrappeExperts",
    }
    settings: FrappeSettings

    def __init__(self, name: str, settings: FrappeSettings, surroundings: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, settings, surroundings)
        self.http = settings.http(self.surroundings.get("directory"), refusal=refusal)
        self.employees: Memory[str] = Memory(LIFETIME)

    def ping(self) -> Steps[str]:
        """Ask for whom Frappe takes us: without a key that is a guest, whom it answers all the same."""
        user = (yield from self.http.get("/api/method/frappe.auth.get_logged_user")).model(Message[str]).message
        if user == GUEST:
            raise ConfigError("Frappe takes us for a guest: name an API key", table=f"connections.{self.name}", key="auth")
        return f"Frappe as {user}"

    def close(self) -> None:
        self.http.close()

    async def aclose(self) -> None:
        await self.http.aclose()


def resource(doctype: str, name: str | None = None) -> str:
    """The path of a kind of documents, or of one."""
    return f"/api/resource/{quote(doctype, safe='')}" + (f"/{quote(name, safe='')}" if name is not None else "")


def asked(fields: Sequence[str] = (), filters: object = None, **others: str) -> dict[str, str]:
    """The query of a list: without *fields* it has names only; without limits 20 rows at most."""
    query = {"filters": json.dumps(filters)} if filters is not None else {}
    return query | ({"fields": json.dumps(list(fields))} if fields else {}) | others
