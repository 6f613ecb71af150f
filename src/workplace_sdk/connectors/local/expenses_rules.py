"""The rules that a claim has to keep: dates, limits, receipts, attendees, nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import define, field

from workplace_sdk.connectors.local.expenses_claim import Asked, Claim, Problem
from workplace_sdk.connectors.local.expenses_doubles import ExpenseDoubles
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.services.common import Money
from workplace_sdk.services.expenses import (
    AttendeesRequired,
    CategoryNotAllowed,
    LimitExceeded,
    LimitPer,
    LineKind,
    NothingToClaim,
    PeriodClosed,
    ReceiptRequired,
    TaxMismatch,
    Violation,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


@define
class _Spent:
    """What was claimed of each category for each date: in other reports, and in earlier lines of this one."""

    _amounts: dict[tuple[int, date], Decimal] = field(factory=dict[tuple[int, date], Decimal], init=False)

    def add(self, category_id: int, day: date, amount: Decimal) -> None:
        """So much more."""
        self._amounts[category_id, day] = self.on(category_id, day) + amount

    def on(self, category_id: int, day: date) -> Decimal:
        """So much so far."""
        return self._amounts.get((category_id, day), Decimal(0))


class ExpenseRules(ExpenseDoubles):
    """Checking of what was worked out."""

    def claims(
        self, connection: Connection, asked: list[Asked], person_id: int, *, replacing: int = 0
    ) -> tuple[list[Claim], list[Problem]]:
        """Every line worked out, and the rules that are not kept, line by line."""
        claims, problems = self.work_out(connection, asked, person_id, replacing=replacing)
        receipts = self.receipts_in(connection, asked, person_id, replacing=replacing)
        recorded = self.recorded_beside(connection, claims, person_id, replacing=replacing)
        spent = _Spent()
        for row in recorded.rows:
            spent.add(row.category_id, row.date, row.claimed)
        for claim in claims:
            problems += [Problem(error, claim.number) for error in self._broken(claim, spent)]
            spent.add(self.id_of(claim.category.ref, "expense_category"), claim.draft.date, claim.claimed.amount)
            if not all(tax.fits for tax in claim.taxes):
                problems.append(Problem(TaxMismatch(line=claim.number), claim.number, blocking=False))
        problems += [*receipts.missing, *self.doubles(claims, recorded, receipts, person_id)]
        return claims, sorted(problems, key=lambda problem: (problem.line or 0, not problem.blocking))

    def _broken(self, claim: Claim, spent: _Spent) -> Iterator[Rejected]:
        """Rules of the category and of dates that a line does not keep."""
        line, category, number = claim.draft, claim.category, claim.number
        today = self.session.today()
        oldest = today - timedelta(days=self.local.settings.claim_within_days)
        for day in (line.trip.last_day, line.trip.first_day) if line.trip else (line.date,):
            if not oldest <= day <= today:
                yield PeriodClosed(f"{day}", line=number, on=day, first=oldest, last=today)
                break
        if (category.active_from and line.date < category.active_from) or (
            category.active_until and line.date > category.active_until
        ):
            yield CategoryNotAllowed(f"{category}", line=number, category=category.name, on=line.date)
        if claim.claimed.amount <= 0:
            yield NothingToClaim("worked out it is nothing", line=number)
        if category.limit is not None and (amount := self._over(claim, category.limit, spent)) is not None:
            yield LimitExceeded(f"{amount} of {category.limit}", line=number, limit=category.limit, amount=amount)
        if self.needs_receipt(claim) and not (line.receipts or claim.asked.kept or line.receipt_lost):
            yield ReceiptRequired(f"{category.name} over {category.receipt_over}", line=number, over=category.receipt_over)
        if category.attendees_required and not line.attendees:
            yield AttendeesRequired(category.name, line=number)

    @staticmethod
    def needs_receipt(claim: Claim) -> bool:
        """Whether the category wants a receipt for this much."""
        over = claim.category.receipt_over
        return claim.category.kind is LineKind.PURCHASE and over is not None and claim.claimed > over

    def _over(self, claim: Claim, limit: Money, spent: _Spent) -> Money | None:
        """What is over the category's limit; ``None`` when it is not."""
        amount, allowed, line, category = claim.claimed, limit, claim.draft, claim.category
        if category.limit_per is LimitPer.PERSON:
            allowed = limit * max(1, len(line.attendees))
        elif category.limit_per is LimitPer.DAY:
            before = spent.on(self.id_of(category.ref, "expense_category"), line.date)
            amount += Money(amount=before, currency=limit.currency)
        return amount if amount > allowed else None

    def violations(self, problems: Iterable[Problem]) -> list[Violation]:
        """Problems as they are told."""
        return [
            Violation(
                code=problem.error.code,
                line=problem.line,
                en=problem.error.sentence("en"),
                nl=problem.error.sentence("nl"),
                blocking=problem.blocking,
            )
            for problem in problems
        ]
