"""What the organisation says that things pay: categories, mileage, days away, exchange."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import LocalService
from workplace_sdk.connectors.local.expenses_tables import (
    exchange_rates,
    expense_categories,
    expense_lines,
    expense_reports,
    mileage_rates,
    per_diem_rates,
)
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.services.common import Money, Ref
from workplace_sdk.services.expenses import (
    DistanceUnit,
    Exchange,
    ExpenseCategory,
    LimitPer,
    LineKind,
    Location,
    MileagePart,
    MileageRate,
    PartDay,
    PerDiemRate,
    Vehicle,
)
from workplace_sdk.services.expenses_sums import in_unit

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

RATE_HOLDS: Final = timedelta(days=7)
"""An exchange rate holds for the days after it that have none of their own: weekends and holidays."""
NOT_CLAIMED: Final = ("draft", "withdrawn", "rejected", "cancelled", "reversed")
"""Of reports that count for nothing: their lines are no doubles, and their distance is not of the year."""


class ExpenseRates(LocalService):
    """Reading of what the organisation set up, shared by the operations."""

    @property
    def currency(self) -> str:
        """The one in which expenses are paid back."""
        return self.local.settings.currency

    def money(self, amount: Decimal | None) -> Money | None:
        """An amount in the organisation's currency."""
        return None if amount is None else Money(amount=amount, currency=self.currency)

    def category_of(self, row: Any) -> ExpenseCategory:
        """The category of a row."""
        return ExpenseCategory(
            ref=self.ref("expense_category", row.id),
            code=row.code,
            name=row.name,
            kind=LineKind(row.kind),
            limit=self.money(row.limit_amount),
            limit_per=LimitPer(row.limit_per),
            receipt_over=self.money(row.receipt_over),
            attendees_required=row.attendees_required,
            vat_rate=row.vat_rate,
            vat_code=row.vat_code,
            vat_reclaimable=row.vat_reclaimable,
            active_from=row.active_from,
            active_until=row.active_until,
        )

    def category(self, connection: Connection, wanted: Ref | str) -> ExpenseCategory:
        """The category with that reference, code or name."""
        rows = connection.execute(sa.select(expense_categories).order_by(expense_categories.c.name)).all()
        for row in rows:
            if wanted == self.ref("expense_category", row.id) or (
                isinstance(wanted, str) and wanted.casefold() in (row.code.casefold(), row.name.casefold())
            ):
                return self.category_of(row)
        raise NotFound(
            f"there is no category {wanted}; there is: {', '.join(row.name for row in rows) or 'none'}", field="category"
        )

    def mileage_of(self, row: Any) -> MileageRate:
        """The mileage rate of a row."""
        return MileageRate(
            vehicle=Vehicle(row.vehicle),
            first=row.first,
            last=row.last,
            rate=Money(amount=row.rate, currency=self.currency),
            untaxed=self.money(row.untaxed),
            over=row.over,
            unit=DistanceUnit(row.unit),
            source=row.source,
        )

    def mileage_on(self, connection: Connection, day: date, vehicle: Vehicle | None = None) -> list[MileageRate]:
        """The rates that hold on a date, the lowest part of the year's distance first: per vehicle, or of one."""
        rates = mileage_rates.c
        chosen = sa.select(mileage_rates).where(_holds(rates, day)).order_by(rates.vehicle, rates.first)
        if vehicle is not None:
            chosen = chosen.where(rates.vehicle == vehicle.value)
        rows = connection.execute(chosen).all()
        latest = {row.vehicle: row.first for row in rows}
        found = [self.mileage_of(row) for row in rows if latest[row.vehicle] == row.first]
        return sorted(found, key=lambda rate: (rate.vehicle, rate.over))

    def per_diem_of(self, row: Any) -> PerDiemRate:
        """The per diem rate of a row."""
        return PerDiemRate(
            country=row.country,
            city=row.city or None,
            first=row.first,
            last=row.last,
            day=Money(amount=row.day, currency=row.currency),
            first_and_last=row.first_and_last,
            parts=tuple(PartDay.model_validate(part) for part in row.parts),
            breakfast=row.breakfast,
            lunch=row.lunch,
            dinner=row.dinner,
            night=Money(amount=row.night, currency=row.currency) if row.night is not None else None,
            source=row.source,
        )

    def per_diem_on(self, connection: Connection, day: date, country: str | None = None) -> list[PerDiemRate]:
        """The rates that hold on a date, by country and city: the city's own, and the one of the rest of the country."""
        rates = per_diem_rates.c
        chosen = sa.select(per_diem_rates).where(_holds(rates, day)).order_by(rates.country, rates.city, rates.first)
        if country is not None:
            chosen = chosen.where(rates.country == country)
        latest = {(row.country, row.city.casefold()): row for row in connection.execute(chosen)}
        return [self.per_diem_of(row) for row in latest.values()]

    def per_diem_at(self, connection: Connection, location: Location, day: date) -> PerDiemRate | None:
        """The rate of a place on a date: the city's, else the country's."""
        found = {(rate.city or "").casefold(): rate for rate in self.per_diem_on(connection, day, location.country)}
        return found.get((location.city or "").casefold()) or found.get("")

    def exchange_on(self, connection: Connection, currency: str, into: str, on: date) -> Exchange | None:
        """The latest rate on or shortly before a date."""
        rates = exchange_rates.c
        chosen = sa.select(exchange_rates).where(
            rates.currency == currency, rates.into == into, rates.on <= on, rates.on >= on - RATE_HOLDS
        )
        row = connection.execute(chosen.order_by(rates.on.desc()).limit(1)).one_or_none()
        return None if row is None else Exchange(rate=row.rate, on=row.on, source=row.source)

    def driven(
        self, connection: Connection, person_id: int, vehicle: Vehicle, year: int, unit: DistanceUnit, *, replacing: int
    ) -> Decimal:
        """What someone claimed in a calendar year with a vehicle, in *unit*, the report *replacing* left out."""
        lines, reports = expense_lines.c, expense_reports.c
        chosen = (
            sa.select(lines.rates, lines.distance)
            .join(expense_reports, reports.id == lines.report_id)
            .where(
                reports.person_id == person_id,
                reports.id != replacing,
                reports.status.not_in(NOT_CLAIMED),
                lines.date.between(date(year, 1, 1), date(year, 12, 31)),
                lines.rates.is_not(None),
            )
        )
        rows = [row for row in connection.execute(chosen) if row.distance and row.distance["vehicle"] == vehicle.value]
        parts: Sequence[MileagePart] = [MileagePart.model_validate(part) for row in rows for part in row.rates or ()]
        return sum((in_unit(part.distance, part.unit, unit) for part in parts), Decimal(0))


def _holds(rates: Any, day: date) -> Any:
    return (rates.first <= day) & (rates.last.is_(None) | (rates.last >= day))
