"""Setting up expenses: categories, what distances and days away pay, exchange rates, card payments. Used by the demo, imports and tests.

No rate comes with this package: they are the organisation's own, with the dates from and until which they hold.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.expenses_tables import (
    card_transactions,
    exchange_rates,
    expense_categories,
    mileage_rates,
    per_diem_rates,
)
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.common import Money
from workplace_sdk.services.expenses import DistanceUnit, LineKind, PerDiemRate, Vehicle

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def add_category(connection: Connection, code: str, name: str, *, kind: LineKind = LineKind.PURCHASE, **rules: Any) -> int:
    """Add a category; *rules* are columns of ``expense_categories``. Its id."""
    return inserted(connection, expense_categories, {"code": code, "name": name, "kind": kind.value, **rules})


def add_mileage_rate(
    connection: Connection,
    vehicle: Vehicle,
    first: date,
    rate: Decimal,
    untaxed: Decimal | None = None,
    *,
    over: Decimal = Decimal(0),
    unit: DistanceUnit = DistanceUnit.KM,
    last: date | None = None,
    source: str | None = None,
) -> int:
    """Say what a *unit* pays from *first* on, in the connection's currency, as far as the year's distance is over *over*. Its id.

    Raises:
        InvalidInput: Another part of the year's distance is in another unit.
    """
    rates = mileage_rates.c
    same = sa.select(rates.unit).where(rates.vehicle == vehicle.value, rates.first == first)
    if set(connection.execute(same).scalars()) - {unit.value}:
        raise InvalidInput(f"the rates of {vehicle} from {first} on are in another unit than {unit}", field="unit")
    values = {"vehicle": vehicle.value, "first": first, "last": last, "rate": rate, "untaxed": untaxed}
    return inserted(connection, mileage_rates, {**values, "over": over, "unit": unit.value, "source": source})


def add_per_diem_rate(connection: Connection, rate: PerDiemRate) -> int:
    """Say what a day away pays. Its id."""
    return inserted(connection, per_diem_rates, per_diem_values(rate))


def per_diem_values(rate: PerDiemRate) -> dict[str, Any]:
    """The columns of a rate."""
    return {
        "country": rate.country,
        "city": rate.city or "",
        "first": rate.first,
        "last": rate.last,
        "currency": rate.day.currency,
        "day": rate.day.amount,
        "first_and_last": rate.first_and_last,
        "parts": [part.model_dump(mode="json") for part in rate.parts],
        "breakfast": rate.breakfast,
        "lunch": rate.lunch,
        "dinner": rate.dinner,
        "night": rate.night.amount if rate.night else None,
        "source": rate.source,
    }


def set_exchange_rate(connection: Connection, currency: str, into: str, on: date, rate: Decimal, source: str) -> int:
    """Say what one unit of *currency* is in *into* on *on*, instead of what was said before. Its id."""
    which = {"currency": currency, "into": into, "on": on}
    connection.execute(exchange_rates.delete().filter_by(**which))
    return inserted(connection, exchange_rates, {**which, "rate": rate, "source": source})


def add_card_transaction(
    connection: Connection,
    person_id: int,
    on: date,
    charged: Money,
    *,
    merchant: str | None = None,
    paid: Money | None = None,
    card: str | None = None,
    reference: str | None = None,
) -> int:
    """Add a payment with the company's card, as its statement has it; *paid* where that was in another currency. Its id.

    With the bank's *reference* it is added once: what was there already stays as it is.

    Raises:
        InvalidInput: *paid* is in the currency of *charged*, or an amount is not more than nothing.
    """
    if charged.amount <= 0 or (paid is not None and (paid.amount <= 0 or paid.currency == charged.currency)):
        raise InvalidInput("amounts are more than nothing, and paid is in another currency than charged", field="paid")
    known = sa.select(card_transactions.c.id).where(card_transactions.c.reference == reference)
    if reference is not None and (found := connection.execute(known).scalar()) is not None:
        return int(found)
    values = {"person_id": person_id, "on": on, "merchant": merchant, "charged": charged.amount, "currency": charged.currency}
    values |= {"paid": paid and paid.amount, "paid_currency": paid and paid.currency, "card": card, "reference": reference}
    return inserted(connection, card_transactions, values)
