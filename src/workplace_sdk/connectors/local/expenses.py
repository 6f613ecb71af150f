"""Expenses in the local store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted, locked
from workplace_sdk.connectors.local.expenses_claim import Claim, ExpenseClaims
from workplace_sdk.connectors.local.expenses_records import ExpenseRecords
from workplace_sdk.connectors.local.expenses_tables import (
    expense_categories,
    expense_decisions,
    expense_lines,
    expense_reports,
    mileage_rates,
)
from workplace_sdk.connectors.local.schema import files, people
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import pages, read, write
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Decision, Money, PersonRef, Ref, Upload, zone_of
from workplace_sdk.services.expenses import (
    AlreadyDecided,
    ExpenseCategory,
    ExpenseReport,
    Expenses,
    ExpenseStatus,
    LineDecision,
    MileageRate,
    Receipt,
    ReportDraft,
    Vehicle,
    Violation,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
LARGEST: Final = 10_000_000


class LocalExpenses(ExpenseClaims, ExpenseRecords, Expenses):
    """Expenses in our own tables. Writers about one report wait for each other."""

    @read(support=HERE)
    def categories(self, *, on: date | None = None) -> Steps[Listing[ExpenseCategory]]:
        def query(connection: Connection) -> Listing[ExpenseCategory]:
            rows = connection.execute(sa.select(expense_categories).order_by(expense_categories.c.name)).all()
            return Listing(map(self.category_of, rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def rates(self, *, on: date | None = None) -> Steps[Listing[MileageRate]]:
        day, currency = on or self.session.today(), self.local.settings.currency

        def query(connection: Connection) -> Listing[MileageRate]:
            chosen = sa.select(mileage_rates).where(mileage_rates.c.first <= day).order_by(mileage_rates.c.first)
            latest = {row.vehicle: row for row in connection.execute(chosen)}
            found = (
                MileageRate(
                    vehicle=Vehicle(row.vehicle),
                    first=row.first,
                    rate=Money(amount=row.rate, currency=currency),
                    untaxed=Money(amount=row.untaxed, currency=currency) if row.untaxed is not None else None,
                )
                for _, row in sorted(latest.items())
            )
            return Listing(found, answered=(self.connection_name,))

        return (yield from self.reading(query))

    @write(Safety.KEYED, support=Native(evidence="live", limits={"attachment_bytes": LARGEST}))
    def upload_receipt(self, upload: Upload, *, key: Key | None = None) -> Steps[Receipt]:
        def record(connection: Connection) -> int:
            mine = self.employee(connection, None).id
            return self.keep_file(connection, upload, kind="receipt", record_id=None, owner_id=mine)

        return (yield from self.writing(key, "expenses.upload_receipt", record, self._receipt))

    @read(support=HERE)
    def receipts(self, person: PersonRef | None = None) -> Steps[Listing[Receipt]]:
        def query(connection: Connection) -> Listing[Receipt]:
            mine = (files.c.kind == "receipt") & (files.c.owner_id == self.employee(connection, person).id)
            ids = connection.execute(sa.select(files.c.id).where(mine).order_by(files.c.id)).scalars().all()
            return Listing((self._receipt(connection, id_) for id_ in ids), answered=(self.connection_name,))

        return (yield from self.reading(query))

    def _receipt(self, connection: Connection, id_: int) -> Receipt:
        columns = [column for column in files.c if column.name != "content"]
        row = connection.execute(sa.select(*columns).where(files.c.id == id_)).one()
        owner = self.people_by_id(connection, {row.owner_id})[row.owner_id]
        return Receipt(ref=self.ref("receipt", id_), file=self.attachment_of(row), owner=owner)

    @read(support=HERE)
    def check(self, draft: ReportDraft) -> Steps[Listing[Violation]]:
        def query(connection: Connection) -> Listing[Violation]:
            _, problems = self.claims(connection, draft, self.employee(connection, draft.person).id)
            found = (
                Violation(
                    code=problem.code, line=getattr(problem, "line", None), en=problem.sentence("en"), nl=problem.sentence("nl")
                )
                for problem in problems
            )
            return Listing(found, answered=(self.connection_name,))

        return (yield from self.reading(query))

    @write(Safety.KEYED, support=Native(evidence="live", limits={"attachment_bytes": LARGEST}))
    def submit(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        def record(connection: Connection) -> int:
            person = self.employee(connection, draft.person)
            locked(connection, people, person.id)
            claims = self._checked(connection, draft, person.id)
            values = {
                "person_id": person.id,
                "submitted_by_id": self._caller_id(connection),
                "status": "submitted",
                "submitted_at": self.session.now(),
                **self._head(draft),
            }
            id_ = inserted(connection, expense_reports, values)
            self._keep_lines(connection, id_, claims, person.id)
            return id_

        return (yield from self.writing(key, "expenses.submit", record, self.report))

    @submit.reconciles
    def submitted(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* made."""
        return (yield from self.written(key, "expenses.submit", self.report))

    @write(Safety.KEYED, support=HERE)
    def amend(self, ref: Ref, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            _in_state(row, ("submitted", "returned", "draft"))
            self._free_receipts(connection, row.id)
            claims = self._checked(connection, draft, row.person_id, replacing=row.id)
            connection.execute(expense_lines.delete().where(expense_lines.c.report_id == row.id))
            self._set(connection, row.id, status="submitted", submitted_at=self.session.now(), **self._head(draft))
            self._keep_lines(connection, row.id, claims, row.person_id)

        return (yield from self._changing(ref, key, "expenses.amend", change))

    @write(Safety.KEYED, support=HERE)
    def withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            _in_state(row, ("submitted", "returned", "draft"))
            self._set(connection, row.id, status="withdrawn")

        return (yield from self._changing(ref, key, "expenses.withdraw", change))

    @pages(support=HERE)
    def requests(
        self,
        person: PersonRef | None = None,
        *,
        status: frozenset[ExpenseStatus] | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> PageSteps[ExpenseReport]:
        tz = zone_of(self.session.zone)

        def mine(connection: Connection) -> Any:
            table = expense_reports.c
            chosen = table.person_id == self.employee(connection, person).id
            if status is not None:
                chosen &= table.status.in_([one.value for one in status])
            if since is not None:
                chosen &= table.submitted_at >= datetime.combine(since, time(0), tz)
            if until is not None:
                chosen &= table.submitted_at < datetime.combine(until + timedelta(days=1), time(0), tz)
            return chosen

        return (yield from self._paged(mine, newest=True))

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[ExpenseReport]:
        return (yield from self.reading(lambda connection: self.report(connection, self.id_of(ref, "expense"))))

    @read(support=HERE)
    def attachment(self, report: Ref, ref: Ref) -> Steps[bytes]:
        id_ = self.id_of(report, "expense")
        lines = sa.select(expense_lines.c.id).where(expense_lines.c.report_id == id_)

        def query(connection: Connection) -> bytes:
            wanted = (files.c.id == self.id_of(ref, "file")) & (files.c.kind == "expense_line") & files.c.record_id.in_(lines)
            content = connection.execute(sa.select(files.c.content).where(wanted)).scalar()
            if content is None:
                raise NotFound(f"there is no receipt {ref} with {report}", field="ref")
            return bytes(content)

        return (yield from self.reading(query))

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[ExpenseReport]:
        def waiting(connection: Connection) -> Any:
            team = sa.select(people.c.id).where(people.c.manager_id == self.employee(connection, person).id)
            return (expense_reports.c.status == "submitted") & expense_reports.c.person_id.in_(team)

        return (yield from self._paged(waiting))

    @write(Safety.KEYED, support=HERE)
    def decide(
        self,
        ref: Ref,
        decision: Decision,
        *,
        comment: str | None = None,
        lines: tuple[LineDecision, ...] = (),
        key: Key | None = None,
    ) -> Steps[ExpenseReport]:
        if decision is not Decision.APPROVE and not (comment or "").strip():
            raise InvalidInput("say why it is rejected or returned", field="comment")

        def change(connection: Connection, row: Any) -> None:
            if row.status != "submitted":
                raise AlreadyDecided(f"it is {row.status}", field="ref", native_code=row.status)
            by = self._caller_id(connection)
            if by == row.person_id:
                raise Conflict("nobody decides about their own expenses", field="ref")
            state = {Decision.APPROVE: "approved", Decision.REJECT: "rejected", Decision.RETURN: "returned"}[decision]
            step = {"report_id": row.id, "person_id": by, "state": state, "at": self.session.now(), "comment": comment}
            inserted(connection, expense_decisions, step)
            status = state
            if decision is Decision.APPROVE and self._grant(connection, row, lines):
                status = "partly_approved"
            self._set(connection, row.id, status=status)

        return (yield from self._changing(ref, key, "expenses.decide", change))

    def _grant(self, connection: Connection, row: Any, lines: Sequence[LineDecision]) -> bool:
        """Write down what is approved of each line; whether that is less than was claimed."""
        granted = {self.id_of(one.line, "expense_line"): one.amount for one in lines}
        less = False
        for line in connection.execute(sa.select(expense_lines).where(expense_lines.c.report_id == row.id)).all():
            amount = granted.pop(line.id, None)
            if amount is not None and (amount.currency != row.currency or not 0 <= amount.amount <= line.claimed):
                raise InvalidInput(f"from nothing to {line.claimed} {row.currency}", field="lines")
            approved = line.claimed if amount is None else amount.rounded().amount
            less |= approved < line.claimed
            connection.execute(expense_lines.update().where(expense_lines.c.id == line.id).values(approved=approved))
        if granted:
            raise NotFound("a line is not of this report", field="lines")
        return less

    @write(Safety.KEYED, support=HERE)
    def pay(self, ref: Ref, *, on: date, key: Key | None = None) -> Steps[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            _in_state(row, ("approved", "partly_approved", "payment_scheduled"))
            later = on > self.session.today()
            values = {"expected_payment": on} if later else {"paid_on": on}
            self._set(connection, row.id, status="payment_scheduled" if later else "paid", **values)

        return (yield from self._changing(ref, key, "expenses.pay", change))

    def _checked(self, connection: Connection, draft: ReportDraft, person_id: int, *, replacing: int = 0) -> list[Claim]:
        claims, problems = self.claims(connection, draft, person_id, replacing=replacing)
        if problems:
            raise problems[0]
        return claims

    def _head(self, draft: ReportDraft) -> dict[str, Any]:
        return {"title": draft.title, "purpose": draft.purpose, "currency": draft.currency or self.local.settings.currency}

    def _keep_lines(self, connection: Connection, id_: int, claims: Sequence[Claim], person_id: int) -> None:
        for claim in claims:
            line = claim.draft
            values = {
                "report_id": id_,
                "date": line.date,
                "category_id": claim.category.id,
                "description": line.description,
                "merchant": line.merchant,
                "amount": claim.original.amount,
                "currency": claim.original.currency,
                "exchange": _json(claim.exchange),
                "claimed": claim.claimed.amount,
                "taxes": [_json(tax) for tax in claim.taxes],
                "paid_with": line.paid_with.value,
                "personal": line.personal.amount if line.personal else None,
                "distance": _json(line.distance),
                "rate": claim.rate,
                "taxable": claim.taxable,
                "attendees": list(line.attendees),
                "allocations": [_json(one) for one in line.allocations],
                "receipt_lost": line.receipt_lost,
            }
            line_id = inserted(connection, expense_lines, values)
            for receipt in line.receipts:
                if isinstance(receipt, Upload):
                    self.keep_file(connection, receipt, kind="expense_line", record_id=line_id, owner_id=person_id)
                else:
                    self._use_receipt(connection, receipt, line_id, person_id)

    def _use_receipt(self, connection: Connection, ref: Ref, line_id: int, person_id: int) -> None:
        wanted = (files.c.id == self.id_of(ref, "receipt")) & (files.c.owner_id == person_id) & (files.c.kind == "receipt")
        if not connection.execute(files.update().where(wanted).values(kind="expense_line", record_id=line_id)).rowcount:
            raise NotFound(f"there is no unused receipt {ref}", field="receipts")

    def _free_receipts(self, connection: Connection, report_id: int) -> None:
        """Receipts of a report that is replaced can be used again."""
        lines = sa.select(expense_lines.c.id).where(expense_lines.c.report_id == report_id)
        mine = (files.c.kind == "expense_line") & files.c.record_id.in_(lines)
        connection.execute(files.update().where(mine).values(kind="receipt", record_id=None))

    def _changing(
        self, ref: Ref, key: Key | None, operation: str, change: Callable[[Connection, Any], None]
    ) -> Steps[ExpenseReport]:
        id_ = self.id_of(ref, "expense")

        def record(connection: Connection) -> int:
            row = locked(connection, expense_reports, id_)
            if row is None:
                raise NotFound(f"there is no report {ref}", field="ref")
            change(connection, row)
            return id_

        return (yield from self.writing(key, operation, record, self.report))

    def _set(self, connection: Connection, id_: int, **values: Any) -> None:
        connection.execute(expense_reports.update().where(expense_reports.c.id == id_).values(**values))

    def _paged(self, chosen: Callable[[Connection], Any], *, newest: bool = False) -> PageSteps[ExpenseReport]:
        size, start = 50, 0
        order = expense_reports.c.id.desc() if newest else expense_reports.c.id
        while True:

            def query(connection: Connection, start: int = start) -> list[ExpenseReport]:
                ids = sa.select(expense_reports.c.id).where(chosen(connection)).order_by(order).limit(size).offset(start)
                return [self.report(connection, id_) for id_ in connection.execute(ids).scalars().all()]

            found = yield from self.reading(query)
            yield Page(found)
            if len(found) < size:
                return
            start += size


def _in_state(row: Any, allowed: tuple[str, ...]) -> None:
    if row.status not in allowed:
        raise Conflict(f"it is {row.status.replace('_', ' ')}", field="ref", native_code=row.status)


def _json(model: Any) -> Any:
    return None if model is None else model.model_dump(mode="json")
