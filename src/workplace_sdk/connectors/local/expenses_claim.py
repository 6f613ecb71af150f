"""From a draft to what is claimed: exchange, kilometres, days away, VAT."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from workplace_sdk.connectors.local.expenses_cards import CardPayments
from workplace_sdk.connectors.local.expenses_rates import Once
from workplace_sdk.kernel.errors import InvalidInput, Rejected
from workplace_sdk.services.common import Money
from workplace_sdk.services.expenses import (
    CurrencyNotAllowed,
    Distance,
    Exchange,
    ExpenseCategory,
    LineDraft,
    LineKind,
    Location,
    MileagePart,
    PerDiemDay,
    PerDiemRate,
    RateUnavailable,
    ReportDraft,
    Tax,
    Trip,
    Vehicle,
)
from workplace_sdk.services.expenses_sums import (
    in_unit,
    mileage,
    mileage_sum,
    mileage_taxable,
    per_diem,
    per_diem_sum,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

TAKES = {
    LineKind.PURCHASE: "amount",
    LineKind.ALLOWANCE: "amount",
    LineKind.MILEAGE: "distance",
    LineKind.PER_DIEM: "trip",
}


@frozen
class Asked:
    """A line as it is asked for: *id* of the row that it replaces, *kept* hashes of the receipts that the row has already."""

    draft: LineDraft
    id: int | None = None
    kept: frozenset[str] = frozenset()


@frozen
class Claim:
    """A line with everything worked out, *claimed* in the report's currency."""

    asked: Asked
    number: int
    category: ExpenseCategory
    original: Money
    claimed: Money
    exchange: Exchange | None = None
    taxes: tuple[Tax, ...] = ()
    rates: tuple[MileagePart, ...] = ()
    taxable: Money | None = None
    days: tuple[PerDiemDay, ...] = ()

    @property
    def draft(self) -> LineDraft:
        """The line as it is asked for."""
        return self.asked.draft


@frozen
class Problem:
    """A rule that is not kept; *line* counts from 1."""

    error: Rejected
    line: int | None = None
    blocking: bool = True


@define
class _Working:
    """What the lines of a report have in common: whose it is, what was looked up, and the distance of its earlier lines."""

    once: Once
    person_id: int
    replacing: int
    here: dict[tuple[Vehicle, int], Decimal] = field(factory=dict[tuple[Vehicle, int], Decimal])


class ExpenseClaims(CardPayments):
    """Working out of drafts."""

    def claimed_in(self, draft: ReportDraft) -> str:
        """The currency of a report."""
        if draft.currency not in (None, self.currency):
            raise CurrencyNotAllowed(f"not in {draft.currency}", currency=draft.currency, allowed=self.currency)
        return self.currency

    def work_out(
        self, connection: Connection, asked: list[Asked], person_id: int, *, replacing: int = 0
    ) -> tuple[list[Claim], list[Problem]]:
        """Every line worked out; a line that cannot be worked out is among the problems only."""
        claims: list[Claim] = []
        problems: list[Problem] = []
        working = _Working(Once(connection), person_id, replacing)
        for number, one in enumerate(asked, start=1):
            try:
                claims.append(self._claim(one, number, working))
            except Rejected as problem:
                problems.append(Problem(problem, number))
        return claims, problems

    def _claim(self, asked: Asked, number: int, working: _Working) -> Claim:
        line = asked.draft
        category = working.once(self.category, line.category)
        if getattr(line, TAKES[category.kind]) is None:
            raise InvalidInput(f"line {number}: {category.name} takes {TAKES[category.kind]}", field="lines")
        if line.distance is not None:
            return self._mileage(asked, line.distance, category, number, working)
        if line.trip is not None:
            return self._trip(asked, line.trip, category, number, working)
        assert line.amount is not None
        if line.exchange is not None and line.amount.currency == self.currency:
            raise InvalidInput(f"line {number}: an exchange rate is for another currency than {self.currency}", field="lines")
        if line.exchange is not None and line.exchange.on > self.session.today():
            raise InvalidInput(f"line {number}: the exchange rate is of a day that has not come", field="lines")
        exchange = self.by_card(working.once.connection, line, number, working.person_id) or line.exchange
        exchange = exchange or self._exchange(working, line.amount.currency, line.date, number)
        paid = line.amount if line.personal is None else line.amount - line.personal
        return Claim(
            asked,
            number,
            category,
            original=line.amount,
            claimed=paid.rounded() if exchange is None else exchange.converted(paid, self.currency),
            exchange=exchange,
            taxes=line.taxes or self._vat(line, line.amount, category),
        )

    def _vat(self, line: LineDraft, amount: Money, category: ExpenseCategory) -> tuple[Tax, ...]:
        """VAT by the category's rate: only in what was paid at home."""
        home = self.local.settings.region.partition("-")[0]
        abroad = amount.currency != self.currency or (line.place is not None and line.place.country != home)
        if abroad or category.vat_rate is None or category.kind is not LineKind.PURCHASE:
            return ()
        reclaimable = category.vat_reclaimable
        return (Tax.inside(amount, category.vat_rate, country=home, code=category.vat_code, reclaimable=reclaimable),)

    def _exchange(self, working: _Working, currency: str, on: date, number: int) -> Exchange | None:
        if currency == self.currency:
            return None
        found = working.once(self.exchange_on, currency, self.currency, on)
        if found is None:
            raise RateUnavailable(f"{currency} in {self.currency} on {on}: give exchange", line=number, what=currency, on=on)
        return found

    def _mileage(self, asked: Asked, distance: Distance, category: ExpenseCategory, number: int, working: _Working) -> Claim:
        day, once = asked.draft.date, working.once
        rates = once(self.mileage_on, day, distance.vehicle)
        if not rates:
            raise RateUnavailable(line=number, what=distance.vehicle.value, on=day)
        unit, whose = rates[0].unit, (distance.vehicle, day.year)
        before = working.here.get(whose, Decimal(0))
        if len(rates) > 1:
            before += once(self.driven, working.person_id, *whose, unit, replacing=working.replacing)
        length = in_unit(distance.paid, distance.unit, unit)
        parts = mileage(length, before, rates)
        working.here[whose] = working.here.get(whose, Decimal(0)) + length
        claimed = mileage_sum(parts) if parts else Money(amount=Decimal(0), currency=self.currency).rounded()
        taxable = mileage_taxable(parts)
        return Claim(asked, number, category, original=claimed, claimed=claimed, rates=parts, taxable=taxable)

    def _trip(self, asked: Asked, trip: Trip, category: ExpenseCategory, number: int, working: _Working) -> Claim:
        def rate_of(location: Location, day: date) -> PerDiemRate:
            found = self.per_diem_at(working.once, location, day)
            if found is None:
                raise RateUnavailable(line=number, what=str(location), on=day)
            return found

        days = per_diem(trip, rate_of)
        if len({day.allowance.currency for day in days}) > 1:
            raise InvalidInput(
                f"line {number}: the rates of its places are in several currencies: make a line of each place", field="lines"
            )
        original = per_diem_sum(days)
        exchange = self._exchange(working, original.currency, asked.draft.date, number)
        claimed = original.rounded() if exchange is None else exchange.converted(original, self.currency)
        return Claim(asked, number, category, original=original, claimed=claimed, exchange=exchange, days=days)
