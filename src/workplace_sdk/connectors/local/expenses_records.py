"""Rows of expenses as models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import LocalService
from workplace_sdk.connectors.local.expenses_tables import expense_categories, expense_decisions, expense_lines, expense_reports
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.services.common import ApprovalStep, Mapped, Money, PersonRef, StepState, zone_of
from workplace_sdk.services.expenses import (
    Allocation,
    Distance,
    Exchange,
    ExpenseCategory,
    ExpenseLine,
    ExpenseReport,
    ExpenseStatus,
    LineKind,
    PaidWith,
    Tax,
    Totals,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

ERASED = PersonRef(display_name="(erased)")


class ExpenseRecords(LocalService):
    """Reading of expenses, shared by the operations."""

    def category_of(self, row: Any) -> ExpenseCategory:
        """The category of a row."""
        currency = self.local.settings.currency

        def money(amount: Decimal | None) -> Money | None:
            return None if amount is None else Money(amount=amount, currency=currency)

        return ExpenseCategory(
            ref=self.ref("expense_category", row.id),
            code=row.code,
            name=row.name,
            kind=LineKind(row.kind),
            limit=money(row.limit_amount),
            receipt_over=money(row.receipt_over),
            attendees_required=row.attendees_required,
            vat_rate=row.vat_rate,
        )

    def report(self, connection: Connection, id_: int) -> ExpenseReport:
        """One report; ``NotFound`` when there is none."""
        row = connection.execute(sa.select(expense_reports).where(expense_reports.c.id == id_)).one_or_none()
        if row is None:
            raise NotFound(f"there is no report {id_}", field="ref")
        chosen = sa.select(expense_lines, expense_categories.c.name, expense_categories.c.kind).join(expense_categories)
        rows = connection.execute(chosen.where(expense_lines.c.report_id == id_).order_by(expense_lines.c.id)).all()
        lines = tuple(self._line(connection, one, row.currency) for one in rows)
        steps = sa.select(expense_decisions).where(expense_decisions.c.report_id == id_).order_by(expense_decisions.c.id)
        decisions = connection.execute(steps).all()
        names = self.people_by_id(connection, {row.person_id, row.submitted_by_id} | {step.person_id for step in decisions})
        paid_at = datetime.combine(row.paid_on, time(0), zone_of(self.session.zone)) if row.paid_on else None
        return ExpenseReport(
            ref=self.ref("expense", id_),
            key=self.key_of(connection, "expenses.submit", id_),
            fetched_at=self.session.now(),
            number=f"E{id_:05d}",
            title=row.title,
            purpose=row.purpose,
            employee=names.get(row.person_id, ERASED),
            currency=row.currency,
            lines=lines,
            totals=totals(lines, row.currency),
            status=Mapped(value=ExpenseStatus(row.status)),
            approvals=tuple(
                ApprovalStep(
                    approver=names.get(step.person_id, ERASED),
                    state=StepState(step.state),
                    order=order,
                    decided_by=names.get(step.person_id),
                    decided_at=step.at,
                    comment=step.comment,
                )
                for order, step in enumerate(decisions, start=1)
            ),
            submitted_by=names.get(row.submitted_by_id),
            submitted_at=row.submitted_at,
            paid_at=paid_at,
            expected_payment=row.expected_payment,
        )

    def _line(self, connection: Connection, row: Any, currency: str) -> ExpenseLine:
        def money(amount: Decimal | None, of: str = currency) -> Money | None:
            return None if amount is None else Money(amount=amount, currency=of)

        return ExpenseLine(
            ref=self.ref("expense_line", row.id),
            date=row.date,
            category=row.name,
            kind=LineKind(row.kind),
            description=row.description,
            merchant=row.merchant,
            original=Money(amount=row.amount, currency=row.currency),
            exchange=Exchange.model_validate(row.exchange) if row.exchange else None,
            claimed=Money(amount=row.claimed, currency=currency),
            approved=money(row.approved),
            taxes=tuple(Tax.model_validate(tax) for tax in row.taxes),
            paid_with=PaidWith(row.paid_with),
            personal=money(row.personal, row.currency),
            distance=Distance.model_validate(row.distance) if row.distance else None,
            rate=money(row.rate),
            taxable=money(row.taxable),
            attendees=tuple(row.attendees),
            allocations=tuple(Allocation.model_validate(one) for one in row.allocations),
            receipts=self.files_of(connection, "expense_line", row.id),
            receipt_lost=row.receipt_lost,
        )


def totals(lines: Sequence[ExpenseLine], currency: str) -> Totals:
    """The sums of *lines*, all in *currency*; VAT of lines in other currencies at the line's own rate."""
    nothing = Money(amount=Decimal(0), currency=currency)
    claimed = approved = tax = company = nothing
    decided = bool(lines) and all(line.approved is not None for line in lines)
    for line in lines:
        granted = line.approved if line.approved is not None else line.claimed
        claimed += line.claimed
        approved += granted
        rate = line.exchange.rate if line.exchange else Decimal(1)
        tax += Money(amount=sum((one.tax.amount for one in line.taxes), Decimal(0)) * rate, currency=currency).rounded()
        if line.paid_with is not PaidWith.OWN_MONEY:
            company += granted
    return Totals(
        claimed=claimed, approved=approved if decided else None, tax=tax, company_paid=company, payable=approved - company
    )
