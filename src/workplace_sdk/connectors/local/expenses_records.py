"""Rows of expenses as models."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.expenses_claim import Claim
from workplace_sdk.connectors.local.expenses_rules import ExpenseRules
from workplace_sdk.connectors.local.expenses_tables import expense_categories, expense_events, expense_lines, expense_reports
from workplace_sdk.connectors.local.schema import files, people, writes
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.services.common import ApprovalStep, Attachment, Mapped, Money, PersonRef, StepState, zone_of
from workplace_sdk.services.expenses import (
    Allocation,
    Distance,
    Exchange,
    ExpenseEvent,
    ExpenseLine,
    ExpenseReport,
    ExpenseStatus,
    ExpenseStep,
    LineKind,
    Location,
    MileagePart,
    PaidWith,
    PerDiemDay,
    Receipt,
    ReceiptState,
    Tax,
    Totals,
    Trip,
    Violation,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

ERASED: Final = PersonRef(display_name="(erased)")
_MADE_BY: Final = ("expenses.submit", "expenses.save")
_DECISIONS: Final = {
    ExpenseStep.APPROVED: StepState.APPROVED,
    ExpenseStep.REJECTED: StepState.REJECTED,
    ExpenseStep.RETURNED: StepState.RETURNED,
}


@frozen
class _Found:
    """What belongs to some reports, by their ids."""

    names: Mapping[int | None, PersonRef]
    managers: Mapping[int, int | None]
    lines: Mapping[int, Sequence[Any]]
    receipts: Mapping[int, Sequence[Attachment]]
    events: Mapping[int, Sequence[Any]]
    keys: Mapping[int, str]


class ExpenseRecords(ExpenseRules):
    """Reading of reports, shared by the operations."""

    def report(self, connection: Connection, id_: int) -> ExpenseReport:
        """One report; ``NotFound`` when there is none."""
        row = connection.execute(sa.select(expense_reports).where(expense_reports.c.id == id_)).one_or_none()
        if row is None:
            raise NotFound(f"there is no report {id_}", field="ref")
        return self.reports_of(connection, [row])[0]

    def reports_of(self, connection: Connection, rows: Sequence[Row[Any]]) -> tuple[ExpenseReport, ...]:
        """Reports with their lines, receipts and timeline, in the order of *rows*."""
        if not rows:
            return ()
        found = self._found(connection, rows)
        return tuple(self._report(row, found) for row in rows)

    def _found(self, connection: Connection, rows: Sequence[Row[Any]]) -> _Found:
        ids = [row.id for row in rows]
        owners = {row.person_id for row in rows}
        managers = {
            row.id: row.manager_id
            for row in connection.execute(sa.select(people.c.id, people.c.manager_id).where(people.c.id.in_(owners)))
        }
        lines = sa.select(
            expense_lines, expense_categories.c.name, expense_categories.c.kind, expense_categories.c.receipt_over
        )
        lines = lines.join(expense_categories).where(expense_lines.c.report_id.in_(ids)).order_by(expense_lines.c.id)
        grouped = _grouped(connection, lines)
        events = sa.select(expense_events).where(expense_events.c.report_id.in_(ids)).order_by(expense_events.c.id)
        told = _grouped(connection, events)
        wanted: set[int | None] = owners | set(managers.values()) | {row.submitted_by_id for row in rows}
        wanted |= {event.person_id for its in told.values() for event in its}
        keys = sa.select(writes.c.key, writes.c.record_id).where(writes.c.operation.in_(_MADE_BY), writes.c.record_id.in_(ids))
        return _Found(
            names=self.people_by_id(connection, wanted),
            managers=managers,
            lines=grouped,
            receipts=self._receipts_of(connection, [line.id for its in grouped.values() for line in its]),
            events=told,
            keys={row.record_id: row.key for row in connection.execute(keys)},
        )

    def _receipts_of(self, connection: Connection, line_ids: Sequence[int]) -> Mapping[int, Sequence[Attachment]]:
        columns = [column for column in files.c if column.name != "content"]
        chosen = sa.select(*columns).where(files.c.kind == "expense_line", files.c.record_id.in_(line_ids))
        found: defaultdict[int, list[Attachment]] = defaultdict(list)
        for row in connection.execute(chosen.order_by(files.c.id)):
            found[row.record_id].append(self.attachment_of(row))
        return found

    def _report(self, row: Any, found: _Found) -> ExpenseReport:
        lines = tuple(self.line_of(line, row.currency, found.receipts[line.id]) for line in found.lines[row.id])
        status = ExpenseStatus(row.status)
        return ExpenseReport(
            ref=self.ref("expense", row.id).model_copy(update={"version": str(row.revision)}),
            key=found.keys.get(row.id),
            fetched_at=self.session.now(),
            number=f"E{row.id:05d}",
            title=row.title,
            purpose=row.purpose,
            employee=found.names.get(row.person_id, ERASED),
            currency=row.currency,
            lines=lines,
            totals=Totals.of(lines, row.currency),
            status=Mapped(value=status),
            approvals=_approvals(status, found.names.get(found.managers.get(row.person_id)), found.events[row.id], found.names),
            timeline=tuple(
                ExpenseEvent(
                    step=Mapped(value=ExpenseStep(event.step)),
                    at=event.at,
                    by=found.names.get(event.person_id),
                    comment=event.comment,
                )
                for event in found.events[row.id]
            ),
            submitted_by=found.names.get(row.submitted_by_id),
            submitted_at=None if status is ExpenseStatus.DRAFT else row.submitted_at,
            paid_at=datetime.combine(row.paid_on, time(0), zone_of(self.session.zone)) if row.paid_on else None,
            expected_payment=row.expected_payment,
        )

    def line_of(self, row: Any, currency: str, receipts: Sequence[Attachment] = ()) -> ExpenseLine:
        """The line of a row, with the name, kind and receipt rule of its category."""

        def money(amount: Decimal | None, of: str = currency) -> Money | None:
            return None if amount is None else Money(amount=amount, currency=of)

        rates = tuple(MileagePart.model_validate(part) for part in row.rates or ())
        return ExpenseLine(
            ref=self.ref("expense_line", row.id),
            date=row.date,
            category=row.name,
            kind=LineKind(row.kind),
            description=row.description,
            merchant=row.merchant,
            place=_model(Location, row.place),
            original=Money(amount=row.amount, currency=row.currency),
            exchange=_model(Exchange, row.exchange),
            claimed=Money(amount=row.claimed, currency=currency),
            approved=money(row.approved),
            taxes=tuple(Tax.model_validate(tax) for tax in row.taxes),
            paid_with=PaidWith(row.paid_with),
            personal=money(row.personal, row.currency),
            distance=_model(Distance, row.distance),
            rate=money(row.rate) or (rates[0].rate if len(rates) == 1 else None),
            rates=rates,
            taxable=money(row.taxable),
            trip=_model(Trip, row.trip),
            days=tuple(PerDiemDay.model_validate(day) for day in row.days or ()),
            billable=row.billable,
            attendees=tuple(row.attendees),
            allocations=tuple(Allocation.model_validate(one) for one in row.allocations),
            receipts=tuple(receipts),
            receipt_lost=row.receipt_lost,
            receipt_state=_receipt_state(row, receipts),
            card_transaction=self.ref("card_transaction", row.card_transaction_id) if row.card_transaction_id else None,
            violations=tuple(Violation.model_validate(one) for one in row.violations or ()),
            remark=row.remark,
        )

    def values_of(self, claim: Claim, violations: Sequence[Violation]) -> dict[str, Any]:
        """The columns of a line, but for its report."""
        line = claim.draft
        return {
            "date": line.date,
            "category_id": self.id_of(claim.category.ref, "expense_category"),
            "description": line.description,
            "merchant": line.merchant,
            "place": _json(line.place),
            "amount": claim.original.amount,
            "currency": claim.original.currency,
            "exchange": _json(claim.exchange),
            "claimed": claim.claimed.amount,
            "approved": None,
            "taxes": [_json(tax) for tax in claim.taxes],
            "paid_with": line.paid_with.value,
            "personal": line.personal.amount if line.personal else None,
            "distance": _json(line.distance),
            "rate": claim.rates[0].rate.amount if len(claim.rates) == 1 else None,
            "rates": [_json(part) for part in claim.rates] if line.distance else sa.null(),
            "taxable": claim.taxable.amount if claim.taxable else None,
            "trip": _json(line.trip),
            "days": [_json(day) for day in claim.days] if line.trip else sa.null(),
            "billable": line.billable,
            "attendees": list(line.attendees),
            "allocations": [_json(one) for one in line.allocations],
            "receipt_lost": line.receipt_lost,
            "violations": [_json(one) for one in violations],
            "card_transaction_id": line.card_transaction and self.id_of(line.card_transaction, "card_transaction"),
            "remark": None,
            "draft": line.model_dump(mode="json", exclude={"receipts"}),
        }

    def receipt_of(self, connection: Connection, id_: int) -> Receipt:
        """A receipt that no line uses, or was thrown away just now."""
        found = self.receipts_of(connection, files.c.id == id_)
        if not found:
            raise NotFound(f"there is no receipt {id_}", field="ref")
        return found[0]

    def receipts_of(self, connection: Connection, chosen: sa.ColumnElement[bool]) -> tuple[Receipt, ...]:
        """The receipts that are *chosen*, oldest first."""
        columns = [column for column in files.c if column.name != "content"]
        rows = connection.execute(sa.select(*columns).where(chosen).order_by(files.c.id)).all()
        owners = self.people_by_id(connection, {row.owner_id for row in rows})
        uploads = (writes.c.operation == "expenses.upload_receipt") & writes.c.record_id.in_([row.id for row in rows])
        keys: dict[int, str] = {}
        for write in connection.execute(sa.select(writes.c.key, writes.c.record_id).where(uploads).order_by(writes.c.at)):
            keys.setdefault(write.record_id, write.key)
        return tuple(
            Receipt(
                ref=self.ref("receipt", row.id),
                key=keys.get(row.id),
                file=self.attachment_of(row),
                owner=owners.get(row.owner_id, ERASED),
            )
            for row in rows
        )


def _approvals(
    status: ExpenseStatus, manager: PersonRef | None, events: Sequence[Any], names: Mapping[int | None, PersonRef]
) -> tuple[ApprovalStep, ...]:
    """Decisions so far, and the one that is waited for."""
    decided = [event for event in events if event.step in _DECISIONS]
    steps = [
        ApprovalStep(
            approver=names.get(event.person_id, ERASED),
            state=_DECISIONS[ExpenseStep(event.step)],
            order=order,
            decided_by=names.get(event.person_id),
            decided_at=event.at,
            comment=event.comment,
        )
        for order, event in enumerate(decided, start=1)
    ]
    if manager is not None and status is ExpenseStatus.SUBMITTED:
        steps.append(ApprovalStep(approver=manager, order=len(steps) + 1))
    return tuple(steps)


def _receipt_state(row: Any, receipts: Sequence[Attachment]) -> ReceiptState:
    if receipts:
        return ReceiptState.ATTACHED
    if row.receipt_lost:
        return ReceiptState.DECLARED_LOST
    needed = row.kind == LineKind.PURCHASE.value and row.receipt_over is not None and row.claimed > row.receipt_over
    return ReceiptState.MISSING if needed else ReceiptState.NOT_REQUIRED


def _grouped(connection: Connection, chosen: Any) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(chosen):
        found[row.report_id].append(row)
    return found


def _model(kind: Any, value: Any) -> Any:
    return kind.model_validate(value) if value else None


def _json(model: Any) -> Any:
    """A model as it is kept; ``NULL``, not JSON's own null, for none."""
    return sa.null() if model is None else model.model_dump(mode="json")
