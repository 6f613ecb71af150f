"""From a draft to what is claimed: exchange, kilometres, VAT, and the rules of the categories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.base import LocalService
from workplace_sdk.connectors.local.expenses_tables import (
    exchange_rates,
    expense_categories,
    expense_lines,
    expense_reports,
    mileage_rates,
)
from workplace_sdk.connectors.local.schema import files
from workplace_sdk.kernel.errors import InvalidInput, NotFound, Rejected
from workplace_sdk.services.common import Money, Ref, Upload
from workplace_sdk.services.expenses import (
    AttendeesRequired,
    DuplicateExpense,
    Exchange,
    LimitExceeded,
    LineDraft,
    LineKind,
    PeriodClosed,
    RateUnavailable,
    ReceiptRequired,
    ReportDraft,
    Tax,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

OLDEST: Final = timedelta(days=366)
RATE_HOLDS: Final = timedelta(days=7)
"""An exchange rate holds for the days after it that have none of their own: weekends and holidays."""


@frozen
class Claim:
    """A line with everything worked out, in the report's currency."""

    draft: LineDraft
    category: Any
    original: Money
    exchange: Exchange | None
    claimed: Money
    taxes: tuple[Tax, ...]
    rate: Decimal | None = None
    taxable: Decimal | None = None


class ExpenseClaims(LocalService):
    """Working out and checking of drafts."""

    def claims(
        self, connection: Connection, draft: ReportDraft, person_id: int, *, replacing: int = 0
    ) -> tuple[list[Claim], list[Rejected]]:
        """Every line worked out, and the rules that are not kept; a line that cannot be worked out is among those only."""
        currency = draft.currency or self.local.settings.currency
        done: list[Claim] = []
        problems: list[Rejected] = []
        for number, line in enumerate(draft.lines, start=1):
            try:
                claim = self._claim(connection, line, currency, number)
            except Rejected as problem:
                problems.append(problem)
                continue
            done.append(claim)
            problems += self._broken(claim, number)
        problems += self._doubles(connection, done, person_id, replacing)
        return done, problems

    def _claim(self, connection: Connection, line: LineDraft, currency: str, number: int) -> Claim:
        category = self._category(connection, line.category)
        if (category.kind == LineKind.MILEAGE.value) != (line.distance is not None):
            wanted = "distance" if category.kind == LineKind.MILEAGE.value else "amount"
            raise InvalidInput(f"line {number}: {category.name} takes {wanted}", field="lines")
        if line.distance is not None:
            return self._mileage(connection, line, category, currency, number)
        assert line.amount is not None
        exchange = line.exchange or self._exchange(connection, line.amount.currency, currency, line.date, number)
        paid = line.amount - line.personal if line.personal is not None else line.amount
        claimed = paid if exchange is None else Money(amount=paid.amount * exchange.rate, currency=currency)
        taxes = line.taxes
        if not taxes and category.vat_rate is not None and line.amount.currency == currency:
            taxes = (Tax.inside(line.amount, category.vat_rate),)
        return Claim(line, category, line.amount, exchange, claimed.rounded(), taxes)

    def _mileage(self, connection: Connection, line: LineDraft, category: Any, currency: str, number: int) -> Claim:
        assert line.distance is not None
        rates = mileage_rates.c
        chosen = sa.select(mileage_rates).where(rates.vehicle == line.distance.vehicle.value, rates.first <= line.date)
        row = connection.execute(chosen.order_by(rates.first.desc()).limit(1)).one_or_none()
        if row is None or currency != self.local.settings.currency:
            raise RateUnavailable(f"{line.distance.vehicle}, {line.date}, {currency}", line=number)
        claimed = Money(amount=line.distance.total * row.rate, currency=currency).rounded()
        over = max(Decimal(0), row.rate - row.untaxed) if row.untaxed is not None else Decimal(0)
        taxable = Money(amount=line.distance.total * over, currency=currency).rounded().amount
        return Claim(line, category, claimed, None, claimed, (), row.rate, taxable)

    def _exchange(self, connection: Connection, currency: str, into: str, on: date, number: int) -> Exchange | None:
        if currency == into:
            return None
        rates = exchange_rates.c
        chosen = sa.select(exchange_rates).where(
            rates.currency == currency, rates.into == into, rates.on <= on, rates.on >= on - RATE_HOLDS
        )
        row = connection.execute(chosen.order_by(rates.on.desc()).limit(1)).one_or_none()
        if row is None:
            raise RateUnavailable(f"{currency} in {into} on {on}: give exchange", line=number)
        return Exchange(rate=row.rate, on=row.on, source=row.source)

    def _category(self, connection: Connection, wanted: Ref | str) -> Any:
        rows = connection.execute(sa.select(expense_categories).order_by(expense_categories.c.name)).all()
        for row in rows:
            if wanted == self.ref("expense_category", row.id) or (
                isinstance(wanted, str) and wanted.casefold() in (row.code.casefold(), row.name.casefold())
            ):
                return row
        raise NotFound(
            f"there is no category {wanted}; there is: {', '.join(row.name for row in rows) or 'none'}", field="category"
        )

    def _broken(self, claim: Claim, number: int) -> list[Rejected]:
        """Rules of the category that the line does not keep."""
        line, category, today = claim.draft, claim.category, self.session.today()
        broken: list[Rejected] = []
        if line.date > today:
            broken.append(PeriodClosed(f"{line.date} has not come yet", line=number))
        if line.date < today - OLDEST:
            broken.append(PeriodClosed(f"{line.date} is more than a year ago", line=number))
        if category.limit_amount is not None and claim.claimed.amount > category.limit_amount:
            limit = Money(amount=category.limit_amount, currency=claim.claimed.currency)
            broken.append(LimitExceeded(f"{claim.claimed} of {limit}", line=number))
        over = category.receipt_over is not None and claim.claimed.amount > category.receipt_over
        if over and not line.receipts and not line.receipt_lost:
            broken.append(ReceiptRequired(f"{category.name} over {category.receipt_over}", line=number))
        if category.attendees_required and not line.attendees:
            broken.append(AttendeesRequired(category.name, line=number))
        return broken

    def _doubles(self, connection: Connection, claims: Sequence[Claim], person_id: int, replacing: int) -> list[Rejected]:
        """The same amount on the same day in the same category, or a receipt that another report holds."""
        lines, reports = expense_lines.c, expense_reports.c
        mine = (
            sa.select(expense_lines, reports.id.label("report"))
            .join(expense_reports, reports.id == lines.report_id)
            .where(reports.person_id == person_id, reports.status.not_in(("withdrawn", "rejected")), reports.id != replacing)
        )
        dates = sorted({claim.draft.date for claim in claims})
        rows = connection.execute(mine.where(lines.date.in_(dates))).all() if dates else ()
        found = {
            row.report
            for claim in claims
            for row in rows
            if (row.date, row.category_id, row.amount, row.currency)
            == (claim.draft.date, claim.category.id, claim.original.amount, claim.original.currency)
            and (row.merchant or "").casefold() == (claim.draft.merchant or "").casefold()
        }
        found |= self._receipts_used(connection, claims, person_id, replacing)
        if not found:
            return []
        refs = tuple(self.ref("expense", report) for report in sorted(found))
        return [DuplicateExpense(", ".join(map(str, refs)), candidates=refs)]

    def _receipts_used(self, connection: Connection, claims: Sequence[Claim], person_id: int, replacing: int) -> set[int]:
        hashes = {receipt.sha256 for claim in claims for receipt in claim.draft.receipts if isinstance(receipt, Upload)}
        if not hashes:
            return set()
        lines, reports = expense_lines.c, expense_reports.c
        chosen = (
            sa.select(reports.id)
            .join(expense_lines, lines.report_id == reports.id)
            .join(files, (files.c.kind == "expense_line") & (files.c.record_id == lines.id))
            .where(files.c.sha256.in_(hashes), reports.status.not_in(("withdrawn", "rejected")), reports.id != replacing)
            .where(reports.person_id == person_id)
        )
        return set(connection.execute(chosen).scalars())
