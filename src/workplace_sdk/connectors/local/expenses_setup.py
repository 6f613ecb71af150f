"""Setting up expenses: categories, what a kilometre pays, exchange rates. Used by the demo, imports and tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.expenses_tables import exchange_rates, expense_categories, mileage_rates
from workplace_sdk.services.expenses import LineKind, Vehicle

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def add_category(connection: Connection, code: str, name: str, *, kind: LineKind = LineKind.PURCHASE, **rules: Any) -> int:
    """Add a category; *rules* are columns of ``expense_categories``. Its id."""
    return inserted(connection, expense_categories, {"code": code, "name": name, "kind": kind.value, **rules})


def add_mileage_rate(
    connection: Connection, vehicle: Vehicle, first: date, rate: Decimal, untaxed: Decimal | None = None
) -> int:
    """Say what a kilometre pays from *first* on, in the connection's currency. Its id."""
    return inserted(connection, mileage_rates, {"vehicle": vehicle.value, "first": first, "rate": rate, "untaxed": untaxed})


def set_exchange_rate(connection: Connection, currency: str, into: str, on: date, rate: Decimal, source: str) -> int:
    """Say what one unit of *currency* is in *into* on *on*. Its id."""
    return inserted(connection, exchange_rates, {"currency": currency, "into": into, "on": on, "rate": rate, "source": source})
