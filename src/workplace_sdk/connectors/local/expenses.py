"""Expenses in the local store: receipts, claiming, changing and giving up."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import Act
from workplace_sdk.connectors.local.expenses_deciding import APPROVED, ExpenseDecisions
from workplace_sdk.connectors.local.expenses_reads import HERE
from workplace_sdk.connectors.local.expenses_tables import expense_lines
from workplace_sdk.connectors.local.expenses_writes import WITH_FILES, WITH_REASON, in_state, unchanged
from workplace_sdk.connectors.local.previewing import agreed
from workplace_sdk.connectors.local.schema import files
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Ref, Upload
from workplace_sdk.services.expenses import ExpenseReport, Expenses, ExpenseStep, Receipt, ReportDraft
from workplace_sdk.services.expenses import ExpenseStatus as Status
from workplace_sdk.services.refusals import InvalidField

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

UNDECIDED: Final = (Status.SUBMITTED, Status.RETURNED, Status.DRAFT)


class LocalExpenses(ExpenseDecisions):
    """Expenses in our own tables. Writers of one person's expenses wait for each other, so nothing is claimed twice.

    A preview tells what it comes to, and then does it and takes it back: what stands in the way of the write stands in the
    preview, as far as nobody else comes between.
    """

    @write(Safety.KEYED, support=WITH_FILES)
    def upload_receipt(self, upload: Upload, *, key: Key | None = None) -> Steps[Receipt]:
        """The same file again is the receipt that is there already."""
        return (yield from self.perform(self._to_upload(upload), key))

    @upload_receipt.previews
    def preview_upload_receipt(self, upload: Upload, *, key: Key | None = None) -> Steps[Preview]:
        """Which file, and whether it is taken."""
        told = yield from Expenses.preview_upload_receipt(self, upload, key=key)
        return agreed(told, (yield from self.attempt(self._to_upload(upload), key)))

    @upload_receipt.reconciles
    def uploaded(self, key: Key) -> Steps[Receipt | None]:
        """The receipt that *key* uploaded."""
        return (yield from self.written(key, "expenses.upload_receipt", self.receipt_of))

    def _to_upload(self, upload: Upload) -> Act[Receipt]:
        def record(connection: Connection) -> int:
            mine = self.employee(connection, None).id
            unused = (files.c.kind == "receipt") & (files.c.owner_id == mine) & (files.c.sha256 == upload.sha256)
            there = connection.execute(sa.select(sa.func.min(files.c.id)).where(unused)).scalar()
            return there or self.keep_file(connection, upload, kind="receipt", record_id=None, owner_id=mine)

        return Act("expenses.upload_receipt", record, self.receipt_of, (upload,))

    @write(Safety.KEYED, support=HERE)
    def discard_receipt(self, ref: Ref, *, key: Key | None = None) -> Steps[Receipt]:
        """The bytes go; that it was there stays, so that a repeat with the same key is answered the same."""
        return (yield from self.perform(self._to_discard(ref), key))

    @discard_receipt.previews
    def preview_discard_receipt(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Which file."""
        told = yield from Expenses.preview_discard_receipt(self, ref, key=key)
        return agreed(told, (yield from self.attempt(self._to_discard(ref), key)))

    @discard_receipt.reconciles
    def discarded(self, key: Key) -> Steps[Receipt | None]:
        """The receipt that *key* threw away."""
        return (yield from self.written(key, "expenses.discard_receipt", self.receipt_of))

    def _to_discard(self, ref: Ref) -> Act[Receipt]:
        def record(connection: Connection) -> int:
            gone = {"kind": "discarded", "content": b"", "size": 0}
            connection.execute(files.update().where(self.unused(connection, ref)).values(**gone))
            return self.id_of(ref, "receipt")

        return Act("expenses.discard_receipt", record, self.receipt_of, (ref,))

    @write(Safety.KEYED, support=WITH_FILES)
    def submit(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_submit(draft), key))

    @submit.previews
    def preview_submit(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[Preview]:
        """What each line comes to, what the person gets, who decides; or every reason why it would be refused."""
        return (yield from self.previewed("submit", self._to_submit(draft), draft, key))

    @submit.reconciles
    def submitted(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* made."""
        return (yield from self.written(key, "expenses.submit", self.report))

    def _to_submit(self, draft: ReportDraft) -> Act[ExpenseReport]:
        def record(connection: Connection) -> int:
            return self.recorded(connection, draft, Status.SUBMITTED, ExpenseStep.SUBMITTED)

        return Act("expenses.submit", record, self.report, (draft,))

    @write(Safety.KEYED, support=WITH_FILES)
    def amend(self, ref: Ref, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_amend(ref, draft), key))

    @amend.previews
    def preview_amend(self, ref: Ref, draft: ReportDraft, *, key: Key | None = None) -> Steps[Preview]:
        """As for ``submit``, the report that is replaced left out."""
        from workplace_sdk.services.expenses_preview import told

        about = told("amend", (yield from self.get.steps(ref)))
        replacing = self.id_of(ref, "expense")
        return (yield from self.previewed("amend", self._to_amend(ref, draft), draft, key, about, replacing=replacing))

    @amend.reconciles
    def amended(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* amended."""
        return (yield from self.written(key, "expenses.amend", self.report))

    def _to_amend(self, ref: Ref, draft: ReportDraft) -> Act[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            in_state(row, UNDECIDED)
            unchanged(row, ref)
            if draft.person is not None and self.employee(connection, draft.person).id != row.person_id:
                why = Words("a report stays with the person it is of", "een declaratie blijft van wie zij is")
                raise InvalidField(why, field="person")
            mine = sa.select(expense_lines.c.id).where(expense_lines.c.report_id == row.id)
            self.free_receipts(connection, mine)
            claims, problems = self.checked(connection, draft, row.person_id, replacing=row.id)
            connection.execute(expense_lines.delete().where(expense_lines.c.report_id == row.id))
            values: dict[str, Any] = {"submitted_at": self.session.now(), "revision": row.revision + 1, **self.head(draft)}
            self.keep_lines(connection, row.id, claims, problems, row.person_id)
            self.becomes(connection, row, Status.SUBMITTED, ExpenseStep.AMENDED, None, **values)

        return self.about("amend", ref, change, draft)

    @write(Safety.KEYED, support=WITH_REASON)
    def withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_withdraw(ref, reason), key))

    @withdraw.previews
    def preview_withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which report, and whether it can be taken back."""
        told = yield from Expenses.preview_withdraw(self, ref, reason=reason, key=key)
        return agreed(told, (yield from self.attempt(self._to_withdraw(ref, reason), key)))

    @withdraw.reconciles
    def withdrawn(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* took back."""
        return (yield from self.written(key, "expenses.withdraw", self.report))

    def _to_withdraw(self, ref: Ref, reason: str | None) -> Act[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            in_state(row, UNDECIDED)
            self.free_receipts(connection, sa.select(expense_lines.c.id).where(expense_lines.c.report_id == row.id))
            self.becomes(connection, row, Status.WITHDRAWN, ExpenseStep.WITHDRAWN, reason)

        return self.about("withdraw", ref, change, reason)

    @write(Safety.KEYED, support=WITH_REASON)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_cancel(ref, reason), key))

    @cancel.previews
    def preview_cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which report, and whether it can be given up."""
        told = yield from Expenses.preview_cancel(self, ref, reason=reason, key=key)
        return agreed(told, (yield from self.attempt(self._to_cancel(ref, reason), key)))

    @cancel.reconciles
    def cancelled(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* gave up."""
        return (yield from self.written(key, "expenses.cancel", self.report))

    def _to_cancel(self, ref: Ref, reason: str | None) -> Act[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            in_state(row, APPROVED)
            self.becomes(connection, row, Status.CANCELLED, ExpenseStep.CANCELLED, reason)

        return self.about("cancel", ref, change, reason)

    @write(Safety.KEYED, support=WITH_REASON)
    def comment(self, ref: Ref, body: str, *, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_comment(ref, body), key))

    @comment.previews
    def preview_comment(self, ref: Ref, body: str, *, key: Key | None = None) -> Steps[Preview]:
        """On which report."""
        told = yield from Expenses.preview_comment(self, ref, body, key=key)
        return agreed(told, (yield from self.attempt(self._to_comment(ref, body), key)))

    @comment.reconciles
    def commented(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report on which *key* commented."""
        return (yield from self.written(key, "expenses.comment", self.report))

    def _to_comment(self, ref: Ref, body: str) -> Act[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            if not body.strip():
                raise InvalidField(Words("say something", "zeg iets"), field="body")
            self.happened(connection, row.id, ExpenseStep.COMMENTED, body)

        return self.about("comment", ref, change, body)
