"""Expenses in the local store: claiming, deciding, paying."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.expenses_claim import Asked
from workplace_sdk.connectors.local.expenses_reads import HERE
from workplace_sdk.connectors.local.expenses_saved import WITH_FILES, WITH_REASON, ExpenseDrafts, unchanged
from workplace_sdk.connectors.local.expenses_tables import expense_lines
from workplace_sdk.connectors.local.schema import files
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.preview import Preview, PreviewLine
from workplace_sdk.services.common import Decision, Ref, Upload, zone_of
from workplace_sdk.services.expenses import (
    AlreadyDecided,
    ExpenseReport,
    ExpenseStep,
    LineDecision,
    Receipt,
    ReportDraft,
)
from workplace_sdk.services.expenses import ExpenseStatus as Status

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

UNDECIDED: Final = (Status.SUBMITTED, Status.RETURNED, Status.DRAFT)
APPROVED: Final = (Status.APPROVED, Status.PARTLY_APPROVED)
DECIDED: Final = (*APPROVED, Status.REJECTED, Status.RETURNED, Status.PAYMENT_SCHEDULED, Status.PAID, Status.REVERSED)
_DECIDED: Final = {
    Decision.APPROVE: (Status.APPROVED, ExpenseStep.APPROVED),
    Decision.REJECT: (Status.REJECTED, ExpenseStep.REJECTED),
    Decision.RETURN: (Status.RETURNED, ExpenseStep.RETURNED),
}


class LocalExpenses(ExpenseDrafts):
    """Expenses in our own tables. Writers of one person's expenses wait for each other, so nothing is claimed twice."""

    @write(Safety.KEYED, support=WITH_FILES)
    def upload_receipt(self, upload: Upload, *, key: Key | None = None) -> Steps[Receipt]:
        def record(connection: Connection) -> int:
            mine = self.employee(connection, None).id
            unused = (files.c.kind == "receipt") & (files.c.owner_id == mine) & (files.c.sha256 == upload.sha256)
            there = connection.execute(sa.select(sa.func.min(files.c.id)).where(unused)).scalar()  # the same file again
            return there or self.keep_file(connection, upload, kind="receipt", record_id=None, owner_id=mine)

        return (yield from self.writing(key, "expenses.upload_receipt", record, self.receipt_of))

    @upload_receipt.reconciles
    def uploaded(self, key: Key) -> Steps[Receipt | None]:
        """The receipt that *key* uploaded."""
        return (yield from self.written(key, "expenses.upload_receipt", self.receipt_of))

    @write(Safety.KEYED, support=HERE)
    def discard_receipt(self, ref: Ref, *, key: Key | None = None) -> Steps[Receipt]:
        """The bytes go; that it was there stays, so that a repeat with the same key is answered the same."""

        def record(connection: Connection) -> int:
            gone = {"kind": "discarded", "content": b"", "size": 0}
            connection.execute(files.update().where(self.unused(connection, ref)).values(**gone))
            return self.id_of(ref, "receipt")

        return (yield from self.writing(key, "expenses.discard_receipt", record, self.receipt_of))

    @discard_receipt.reconciles
    def discarded(self, key: Key) -> Steps[Receipt | None]:
        """The receipt that *key* threw away."""
        return (yield from self.written(key, "expenses.discard_receipt", self.receipt_of))

    @write(Safety.KEYED, support=WITH_FILES)
    def submit(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        def record(connection: Connection) -> int:
            return self.recorded(connection, draft, Status.SUBMITTED, ExpenseStep.SUBMITTED)

        return (yield from self.writing(key, "expenses.submit", record, self.report))

    @submit.previews
    def preview_submit(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[Preview]:
        """What each line comes to, what the person gets, and why it would be refused, as it will be when it is claimed."""
        return (yield from self._previewed("submit", draft, key))

    @submit.reconciles
    def submitted(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* made."""
        return (yield from self.written(key, "expenses.submit", self.report))

    @write(Safety.KEYED, support=WITH_FILES)
    def amend(self, ref: Ref, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            _in_state(row, UNDECIDED)
            unchanged(row, ref)
            if draft.person is not None and self.employee(connection, draft.person).id != row.person_id:
                raise InvalidInput("a report stays with the person it is of", field="person")
            mine = sa.select(expense_lines.c.id).where(expense_lines.c.report_id == row.id)
            self.free_receipts(connection, mine)
            claims, problems = self.checked(connection, draft, row.person_id, replacing=row.id)
            connection.execute(expense_lines.delete().where(expense_lines.c.report_id == row.id))
            values: dict[str, Any] = {"submitted_at": self.session.now(), "revision": row.revision + 1, **self.head(draft)}
            self.keep_lines(connection, row.id, claims, problems, row.person_id)
            self.becomes(connection, row, Status.SUBMITTED, ExpenseStep.AMENDED, None, **values)

        return (yield from self.changing(ref, key, "expenses.amend", change))

    @amend.previews
    def preview_amend(self, ref: Ref, draft: ReportDraft, *, key: Key | None = None) -> Steps[Preview]:
        """As for ``submit``, the report that is replaced left out."""
        from workplace_sdk.services.expenses_preview import told

        about = told("amend", (yield from self.get.steps(ref)))
        return (yield from self._previewed("amend", draft, key, about=about, replacing=self.id_of(ref, "expense")))

    @amend.reconciles
    def amended(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* amended."""
        return (yield from self.written(key, "expenses.amend", self.report))

    @write(Safety.KEYED, support=WITH_REASON)
    def recall(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            _not_decided(row)
            _in_state(row, (Status.SUBMITTED,))
            self.becomes(connection, row, Status.DRAFT, ExpenseStep.RECALLED, reason, revision=row.revision + 1)

        return (yield from self.changing(ref, key, "expenses.recall", change))

    @recall.reconciles
    def recalled(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* took back to a draft."""
        return (yield from self.written(key, "expenses.recall", self.report))

    @write(Safety.KEYED, support=WITH_REASON)
    def withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            _in_state(row, UNDECIDED)
            self.free_receipts(connection, sa.select(expense_lines.c.id).where(expense_lines.c.report_id == row.id))
            self.becomes(connection, row, Status.WITHDRAWN, ExpenseStep.WITHDRAWN, reason)

        return (yield from self.changing(ref, key, "expenses.withdraw", change))

    @withdraw.reconciles
    def withdrawn(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* took back."""
        return (yield from self.written(key, "expenses.withdraw", self.report))

    @write(Safety.KEYED, support=WITH_REASON)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            _in_state(row, APPROVED)
            self.becomes(connection, row, Status.CANCELLED, ExpenseStep.CANCELLED, reason)

        return (yield from self.changing(ref, key, "expenses.cancel", change))

    @cancel.reconciles
    def cancelled(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* gave up."""
        return (yield from self.written(key, "expenses.cancel", self.report))

    @write(Safety.KEYED, support=WITH_REASON)
    def comment(self, ref: Ref, body: str, *, key: Key | None = None) -> Steps[ExpenseReport]:
        if not body.strip():
            raise InvalidInput("say something", field="body")

        def change(connection: Connection, row: Any) -> None:
            self.happened(connection, row.id, ExpenseStep.COMMENTED, body)

        return (yield from self.changing(ref, key, "expenses.comment", change))

    @comment.reconciles
    def commented(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report on which *key* commented."""
        return (yield from self.written(key, "expenses.comment", self.report))

    @write(Safety.KEYED, support=WITH_REASON)
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
        if decision is not Decision.APPROVE and any(one.amount is not None for one in lines):
            raise InvalidInput("amounts are for what is approved", field="lines")
        if len({one.line for one in lines}) != len(lines):
            raise InvalidInput("each line once", field="lines")

        def change(connection: Connection, row: Any) -> None:
            _not_decided(row)
            _in_state(row, (Status.SUBMITTED,))
            unchanged(row, ref)
            if self._caller_id(connection) in {row.person_id, row.submitted_by_id} - {None}:
                raise Conflict("nobody decides about their own expenses, or about what they claimed for others", field="ref")
            status, step = _DECIDED[decision]
            less = self._grant(connection, row, lines, approving=decision is Decision.APPROVE)
            if less:
                status = Status.PARTLY_APPROVED
            self.becomes(connection, row, status, step, comment)

        return (yield from self.changing(ref, key, "expenses.decide", change))

    @decide.reconciles
    def decided(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* decided about."""
        return (yield from self.written(key, "expenses.decide", self.report))

    def _grant(self, connection: Connection, row: Any, lines: Sequence[LineDecision], *, approving: bool) -> bool:
        """Write down what is approved of each line, and said of it; whether that is less than was claimed."""
        said = {self.id_of(one.line, "expense_line"): one for one in lines}
        claimed = granted = Decimal(0)
        for line in connection.execute(sa.select(expense_lines).where(expense_lines.c.report_id == row.id)).all():
            about = said.pop(line.id, None)
            amount = line.claimed if about is None or about.amount is None else about.amount.amount
            if about is not None and about.amount is not None and about.amount.currency != row.currency:
                raise InvalidInput(f"amounts are in {row.currency}", field="lines")
            if not 0 <= amount <= line.claimed:
                raise InvalidInput(f"from nothing to {line.claimed} {row.currency}", field="lines")
            claimed, granted = claimed + line.claimed, granted + amount
            values = {"approved": amount if approving else None, "remark": about.remark if about else None}
            connection.execute(expense_lines.update().where(expense_lines.c.id == line.id).values(**values))
        if said:
            raise NotFound("a line is not of this report", field="lines")
        if approving and not granted:
            raise InvalidInput("nothing of it is approved: reject it", field="lines")
        return approving and granted < claimed

    @write(Safety.KEYED, support=HERE)
    def pay(self, ref: Ref, *, on: date, key: Key | None = None) -> Steps[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            _in_state(row, (*APPROVED, Status.PAYMENT_SCHEDULED))
            if on < row.submitted_at.astimezone(zone_of(self.session.zone)).date():
                raise InvalidInput("it was not claimed yet on that date", field="on")
            if on > self.session.today():
                step = (Status.PAYMENT_SCHEDULED, ExpenseStep.PAYMENT_SCHEDULED)
                self.becomes(connection, row, *step, on.isoformat(), expected_payment=on)
            else:
                self.becomes(connection, row, Status.PAID, ExpenseStep.PAID, on.isoformat(), paid_on=on)

        return (yield from self.changing(ref, key, "expenses.pay", change))

    @pay.reconciles
    def paid(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* paid."""
        return (yield from self.written(key, "expenses.pay", self.report))

    @write(Safety.KEYED, support=WITH_REASON)
    def reverse(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[ExpenseReport]:
        if not reason.strip():
            raise InvalidInput("say why it is undone", field="reason")

        def change(connection: Connection, row: Any) -> None:
            _in_state(row, (*APPROVED, Status.PAYMENT_SCHEDULED, Status.PAID))
            self.becomes(connection, row, Status.REVERSED, ExpenseStep.REVERSED, reason)

        return (yield from self.changing(ref, key, "expenses.reverse", change))

    @reverse.reconciles
    def reversed(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* undid."""
        return (yield from self.written(key, "expenses.reverse", self.report))

    def _previewed(
        self, operation: str, draft: ReportDraft, key: Key | None, *, about: PreviewLine | None = None, replacing: int = 0
    ) -> Steps[Preview]:
        """The lines worked out and checked, nothing kept."""
        from workplace_sdk.services.expenses_preview import sums, violations, worked_out

        def query(connection: Connection) -> list[PreviewLine]:
            currency = self.claimed_in(draft)
            person = self.employee(connection, draft.person)
            claims, problems = self.claims(connection, [Asked(line) for line in draft.lines], person.id, replacing=replacing)
            told = violations(self.violations(problems))
            if len(claims) < len(draft.lines):
                return [sums(draft.title, draft.lines), *told]
            return [*worked_out(draft.title, [self._shown(claim, currency) for claim in claims], currency), *told]

        try:
            lines = yield from self.reading(query)
        except Rejected as error:
            from workplace_sdk.kernel.preview import Origin, Weight

            en, nl = error.sentence("en"), error.sentence("nl")
            lines = [PreviewLine(code=error.code, en=en, nl=nl, origin=Origin.BACKEND, weight=Weight.BLOCKER)]
        return Preview(operation=f"expenses.{operation}", key=str(key), lines=(*([about] if about else []), *lines))

    def _shown(self, claim: Any, currency: str) -> Any:
        """A claim as the line that it would be."""
        category = claim.category
        values = {name: None if isinstance(value, sa.Null) else value for name, value in self.values_of(claim, ()).items()}
        row = SimpleNamespace(**values, id=0, name=category.name, kind=category.kind, receipt_over=None)
        return self.line_of(row, currency)


def _in_state(row: Any, allowed: tuple[Status, ...]) -> None:
    if row.status not in allowed:
        raise Conflict(f"it is {row.status.replace('_', ' ')}", field="ref", native_code=row.status)


def _not_decided(row: Any) -> None:
    if row.status in DECIDED:
        raise AlreadyDecided(f"it is {row.status.replace('_', ' ')}", field="ref", native_code=row.status)
