"""The rules that a claim has to keep: dates, limits, receipts, attendees, nothing twice."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.expenses_claim import Asked, Claim, ExpenseClaims, Problem
from workplace_sdk.connectors.local.expenses_rates import NOT_CLAIMED
from workplace_sdk.connectors.local.expenses_tables import expense_lines, expense_reports
from workplace_sdk.connectors.local.schema import files
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.services.common import Money, Upload
from workplace_sdk.services.expenses import (
    AttendeesRequired,
    CategoryNotAllowed,
    Distance,
    DuplicateExpense,
    LimitExceeded,
    LimitPer,
    LineKind,
    NothingToClaim,
    PeriodClosed,
    ReceiptRequired,
    TaxMismatch,
    Trip,
    Violation,
)
from workplace_sdk.services.expenses_drafts import MOST_DAYS

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


@frozen
class _Beside:
    """What a line is compared with: the other lines of its report, and what the person claimed in other reports."""

    claims: Sequence[Claim]
    recorded: Sequence[Any]
    elsewhere: sa.ColumnElement[bool]
    """Holds for the person's other reports that count."""

    def before(self, claim: Claim) -> Iterator[Claim]:
        """Earlier lines of the report."""
        return (other for other in self.claims if other.number < claim.number)


class ExpenseRules(ExpenseClaims):
    """Checking of what was worked out."""

    def claims(
        self, connection: Connection, asked: list[Asked], person_id: int, *, replacing: int = 0
    ) -> tuple[list[Claim], list[Problem]]:
        """Every line worked out, and the rules that are not kept, line by line."""
        claims, problems = self.work_out(connection, asked, person_id, replacing=replacing)
        reports = expense_reports.c
        elsewhere = (reports.person_id == person_id) & reports.status.not_in(NOT_CLAIMED) & (reports.id != replacing)
        beside = _Beside(claims, _recorded(connection, claims, elsewhere), elsewhere)
        for claim in claims:
            problems += [Problem(error, claim.number) for error in self._broken(claim, beside)]
            problems += [Problem(error, claim.number) for error in self._doubles(connection, claim, beside)]
            if not all(tax.fits for tax in claim.taxes):
                problems.append(Problem(TaxMismatch(line=claim.number), claim.number, blocking=False))
        return claims, sorted(problems, key=lambda problem: (problem.line or 0, not problem.blocking))

    def _broken(self, claim: Claim, beside: _Beside) -> Iterator[Rejected]:
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
        if category.limit is not None and (amount := self._over(claim, category.limit, beside)) is not None:
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

    def _over(self, claim: Claim, limit: Money, beside: _Beside) -> Money | None:
        """What is over the category's limit; ``None`` when it is not."""
        amount, allowed, line, category = claim.claimed, limit, claim.draft, claim.category
        if category.limit_per is LimitPer.PERSON:
            allowed = limit * max(1, len(line.attendees))
        elif category.limit_per is LimitPer.DAY:
            here = (other for other in beside.before(claim) if other.category.ref == category.ref)
            same = [other.claimed.amount for other in here if other.draft.date == line.date]
            id_ = self.id_of(category.ref, "expense_category")
            same += [row.claimed for row in beside.recorded if (row.category_id, row.date) == (id_, line.date)]
            amount += Money(amount=sum(same, Decimal(0)), currency=limit.currency)
        return amount if amount > allowed else None

    def _doubles(self, connection: Connection, claim: Claim, beside: _Beside) -> Iterator[DuplicateExpense]:
        """The same cost, a receipt that another report holds, or a date that another trip has."""
        found = {row.report_id for row in beside.recorded if self._same(claim, row)}
        found |= self._receipts_used(connection, claim, beside)
        if found:
            refs = tuple(self.ref("expense", report) for report in sorted(found))
            yield DuplicateExpense(", ".join(map(str, refs)), line=claim.number, candidates=refs)
        trip = claim.draft.trip
        if trip is not None and any(_share_a_date(trip, other.draft.trip) for other in beside.before(claim)):
            yield DuplicateExpense("two trips have a date in common", line=claim.number)

    def _same(self, claim: Claim, row: Any) -> bool:
        line = claim.draft
        if line.trip is not None:
            return bool(row.trip) and _share_a_date(line.trip, Trip.model_validate(row.trip))
        if row.trip or (row.date, row.category_id) != (line.date, self.id_of(claim.category.ref, "expense_category")):
            return False
        if line.distance is not None:
            return bool(row.distance) and Distance.model_validate(row.distance) == line.distance
        same_amount = (row.amount, row.currency) == (claim.original.amount, claim.original.currency)
        return same_amount and (row.merchant or "").casefold() == (line.merchant or "").casefold()

    def _receipts_used(self, connection: Connection, claim: Claim, beside: _Beside) -> set[int]:
        """Other reports of the person that hold a receipt with the same bytes."""
        hashes = {receipt.sha256 for receipt in claim.draft.receipts if isinstance(receipt, Upload)}
        if not hashes:
            return set()
        chosen = (
            sa.select(expense_reports.c.id)
            .join(expense_lines, expense_lines.c.report_id == expense_reports.c.id)
            .join(files, (files.c.kind == "expense_line") & (files.c.record_id == expense_lines.c.id))
            .where(files.c.sha256.in_(hashes), beside.elsewhere)
        )
        return set(connection.execute(chosen).scalars())

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


def _recorded(connection: Connection, claims: Sequence[Claim], elsewhere: sa.ColumnElement[bool]) -> list[Any]:
    """What the person claimed for the dates of *claims* in other reports, trips about these dates too."""
    if not claims:
        return []
    lines = expense_lines.c
    first = min(claim.draft.trip.first_day if claim.draft.trip else claim.draft.date for claim in claims)
    last = max(claim.draft.trip.last_day if claim.draft.trip else claim.draft.date for claim in claims)
    longest = timedelta(days=MOST_DAYS)  # the line of a trip has any one of its dates
    dated = lines.date.between(first, last) | (lines.days.is_not(None) & lines.date.between(first - longest, last + longest))
    chosen = sa.select(expense_lines).join(expense_reports, expense_reports.c.id == lines.report_id).where(elsewhere, dated)
    return list(connection.execute(chosen).all())


def _share_a_date(one: Trip, other: Trip | None) -> bool:
    return other is not None and one.first_day <= other.last_day and other.first_day <= one.last_day
