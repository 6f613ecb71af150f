"""What the organisation says that things pay: categories, mileage, days away, exchange."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

import sqlalchemy as sa
from attrs import define, field

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

P = ParamSpec("P")
T = TypeVar("T")
RATE_HOLDS: Final = timedelta(days=7)
"""An exchange rate holds for the days after it that have none of their own: weekends and holidays."""
FOR_NOTHING: Final = ("withdrawn", "rejected", "cancelled", "reversed")
"""Of reports that came to nothing: what they used can be claimed anew."""
NOT_CLAIMED: Final = ("draft", *FOR_NOTHING)
"""Of reports that count for nothing: their lines are no doubles, and their distance is not of the year."""


@define
class Once:
    """Reads of one transaction, each done once: the lines of a report ask for the same rates again and again."""

    connection: Connection
    _known: dict[tuple[object, ...], Any] = field(factory=dict[tuple[object, ...], Any], init=False)

    def __call__(self, read: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        which = (read.__name__, *args, *sorted(kwargs.items()))
        if which not in self._known:
            self._known[which] = read(self.connection, *args, **kwargs)
        known: T = self._known[which]
        return known


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

    def categories_of(self, connection: Connection) -> list[ExpenseCategory]:
        """Every category, by name."""
        rows = connection.execute(sa.select(expense_categories).order_by(expense_categories.c.name))
        return [self.category_of(row) for row in rows]

    def category(self, connection: Connection, wanted: Ref | str) -> ExpenseCategory:
        """The category with that reference, code or name."""
        known = self.categories_of(connection)
        for category in known:
            names = (category.code.casefold(), category.name.casefold())
            if wanted == category.ref or (isinstance(wanted, str) and wanted.casefold() in names):
                return category
        listed = ", ".join(category.name for category in known) or "none"
        raise NotFound(f"there is no category {wanted}; there is: {listed}", field="category")

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

    def per_diem_rates_of(self, connection: Connection, country: str | None = None) -> list[PerDiemRate]:
        """Every rate, or every one of a country: by country, city and first date."""
        rates = per_diem_rates.c
        chosen = sa.select(per_diem_rates).order_by(rates.country, rates.city, rates.first)
        if country is not None:
            chosen = chosen.where(rates.country == country)
        return [self.per_diem_of(row) for row in connection.execute(chosen)]

    def per_diem_at(self, once: Once, location: Location, day: date) -> PerDiemRate | None:
        """The rate of a place on a date: the city's, else the country's."""
        found = {(rate.city or "").casefold(): rate for rate in holding(once(self.per_diem_rates_of, location.country), day)}
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


def holding(rates: Iterable[PerDiemRate], day: date) -> list[PerDiemRate]:
    """Those that hold on a date, one for each place: of several the one that began last."""
    latest = {
        (rate.country, (rate.city or "").casefold()): rate
        for rate in rates
        if rate.first <= day and (rate.last is None or rate.last >= day)
    }
    return list(latest.values())
