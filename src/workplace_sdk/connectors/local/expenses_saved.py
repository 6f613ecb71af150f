"""Reports in the local store that are put together line by line before they are claimed."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import Act
from workplace_sdk.connectors.local.expenses_claim import Asked
from workplace_sdk.connectors.local.expenses_reads import HERE
from workplace_sdk.connectors.local.expenses_tables import expense_lines
from workplace_sdk.connectors.local.expenses_writes import (
    WITH_FILES,
    WITH_REASON,
    ExpenseWrites,
    in_state,
    not_decided,
    refuse,
    unchanged,
)
from workplace_sdk.connectors.local.previewing import agreed
from workplace_sdk.connectors.local.schema import files
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Ref
from workplace_sdk.services.expenses import AlreadySubmitted, ExpenseReport, Expenses, ExpenseStep, LineDraft, ReportDraft
from workplace_sdk.services.expenses import ExpenseStatus as Status
from workplace_sdk.services.refusals import InvalidField, NotPossible

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

MOST_LINES: Final = 500
OPEN: Final = (Status.DRAFT, Status.RETURNED)


class ExpenseDrafts(ExpenseWrites):
    """Drafts, and reports that were returned: their lines can be changed one by one."""

    @write(Safety.KEYED, support=WITH_FILES)
    def save(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_save(draft), key))

    @save.previews
    def preview_save(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[Preview]:
        """As for ``submit``; rules that are not kept yet are warnings."""
        return (yield from self.previewed("save", self._to_save(draft), draft, key))

    @save.reconciles
    def saved(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* saved."""
        return (yield from self.written(key, "expenses.save", self.report))

    def _to_save(self, draft: ReportDraft) -> Act[ExpenseReport]:
        def record(connection: Connection) -> int:
            return self.recorded(connection, draft, Status.DRAFT, ExpenseStep.SAVED)

        return Act("expenses.save", record, self.report, (draft,))

    @write(Safety.KEYED, support=WITH_FILES)
    def add_line(self, ref: Ref, draft: LineDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_add(ref, draft), key))

    @add_line.previews
    def preview_add_line(self, ref: Ref, draft: LineDraft, *, key: Key | None = None) -> Steps[Preview]:
        """To which report, and what."""
        told = yield from Expenses.preview_add_line(self, ref, draft, key=key)
        return (yield from self._put_together(told, self._to_add(ref, draft), key))

    @add_line.reconciles
    def line_added(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report to which *key* added a line."""
        return (yield from self.written(key, "expenses.add_line", self.report))

    def _to_add(self, ref: Ref, draft: LineDraft) -> Act[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            asked = self._lines(connection, row)
            if len(asked) >= MOST_LINES:
                why = Words("a report has at most {n} lines", "een declaratie heeft ten hoogste {n} regels")
                raise InvalidField(why.filled(n=MOST_LINES), field="lines")
            self._rework(connection, row, [*asked, Asked(draft)])

        return self.about("add_line", ref, change, draft)

    @write(Safety.KEYED, support=WITH_FILES)
    def update_line(self, ref: Ref, line: Ref, draft: LineDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_update(ref, line, draft), key))

    @update_line.previews
    def preview_update_line(self, ref: Ref, line: Ref, draft: LineDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Of which report, what it was and what it becomes."""
        told = yield from Expenses.preview_update_line(self, ref, line, draft, key=key)
        return (yield from self._put_together(told, self._to_update(ref, line, draft), key))

    @update_line.reconciles
    def line_updated(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report of which *key* replaced a line."""
        return (yield from self.written(key, "expenses.update_line", self.report))

    def _to_update(self, ref: Ref, line: Ref, draft: LineDraft) -> Act[ExpenseReport]:
        line_id = self.id_of(line, "expense_line")

        def change(connection: Connection, row: Any) -> None:
            asked = self._lines(connection, row)
            unchanged(row, ref)
            old = _of(asked, line_id, line)
            self._rework(connection, row, [Asked(draft, one.id, one.kept) if one is old else one for one in asked])

        return self.about("update_line", ref, change, line, draft)

    @write(Safety.KEYED, support=HERE)
    def remove_line(self, ref: Ref, line: Ref, *, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_remove(ref, line), key))

    @remove_line.previews
    def preview_remove_line(self, ref: Ref, line: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Of which report, and what."""
        told = yield from Expenses.preview_remove_line(self, ref, line, key=key)
        return (yield from self._put_together(told, self._to_remove(ref, line), key))

    @remove_line.reconciles
    def line_removed(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report of which *key* removed a line."""
        return (yield from self.written(key, "expenses.remove_line", self.report))

    def _to_remove(self, ref: Ref, line: Ref) -> Act[ExpenseReport]:
        line_id = self.id_of(line, "expense_line")

        def change(connection: Connection, row: Any) -> None:
            asked = self._lines(connection, row)
            unchanged(row, ref)
            old = _of(asked, line_id, line)
            if len(asked) == 1:
                why = Words(
                    "a report has at least one line: withdraw it", "een declaratie heeft minstens een regel: trek haar in"
                )
                raise NotPossible(why, field="line")
            self.free_receipts(connection, [line_id])
            connection.execute(expense_lines.delete().where(expense_lines.c.id == line_id))
            self._rework(connection, row, [one for one in asked if one is not old])

        return self.about("remove_line", ref, change, line)

    @write(Safety.KEYED, support=HERE)
    def submit_saved(self, ref: Ref, *, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_submit_saved(ref), key))

    @submit_saved.previews
    def preview_submit_saved(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Which report, what it comes to, and every reason against it."""
        told = yield from Expenses.preview_submit_saved(self, ref, key=key)
        return (yield from self._put_together(told, self._to_submit_saved(ref), key))

    @submit_saved.reconciles
    def saved_submitted(self, key: Key) -> Steps[ExpenseReport | None]:
        """The saved report that *key* claimed."""
        return (yield from self.written(key, "expenses.submit_saved", self.report))

    def _to_submit_saved(self, ref: Ref) -> Act[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            asked = self._lines(connection, row)
            unchanged(row, ref)
            claims, problems = self.claims(connection, asked, row.person_id, replacing=row.id)
            refuse(claims, problems, strict=True)
            self.keep_lines(connection, row.id, claims, problems, row.person_id)
            self.becomes(connection, row, Status.SUBMITTED, ExpenseStep.SUBMITTED, submitted_at=self.session.now())

        return self.about("submit_saved", ref, change)

    @write(Safety.KEYED, support=WITH_REASON)
    def recall(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_recall(ref, reason), key))

    @recall.previews
    def preview_recall(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which report."""
        told = yield from Expenses.preview_recall(self, ref, reason=reason, key=key)
        return agreed(told, (yield from self.attempt(self._to_recall(ref, reason), key)))

    @recall.reconciles
    def recalled(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* took back to a draft."""
        return (yield from self.written(key, "expenses.recall", self.report))

    def _to_recall(self, ref: Ref, reason: str | None) -> Act[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            not_decided(row)
            in_state(row, (Status.SUBMITTED,))
            self.becomes(connection, row, Status.DRAFT, ExpenseStep.RECALLED, reason, revision=row.revision + 1)

        return self.about("recall", ref, change, reason)

    def _put_together(self, told: Preview, act: Act[ExpenseReport], key: Key | None) -> Steps[Preview]:
        """What was *told*, with what the whole report comes to then."""
        verdict = yield from self.attempt(act, key)
        outcome = [] if verdict.result is None or verdict.done else self.outcome(verdict.result)
        return agreed(told, verdict, outcome)

    def _lines(self, connection: Connection, row: Any) -> list[Asked]:
        """The lines of a report that is put together still."""
        if row.status not in OPEN:
            raise AlreadySubmitted(f"it is {row.status}", field="ref", native_code=row.status)
        lines = expense_lines.c
        rows = connection.execute(sa.select(lines.id, lines.draft).where(lines.report_id == row.id).order_by(lines.id)).all()
        if any(line.draft is None for line in rows):
            why = Words(
                "it was made by an earlier version: amend it as a whole",
                "het is met een vorige versie gemaakt: wijzig het als geheel",
            )
            raise NotPossible(why, field="ref")
        mine = (files.c.kind == "expense_line") & files.c.record_id.in_([line.id for line in rows])
        kept: dict[int, set[str]] = {}
        for one in connection.execute(sa.select(files.c.record_id, files.c.sha256).where(mine)):
            kept.setdefault(one.record_id, set()).add(one.sha256)
        return [Asked(LineDraft.model_validate(line.draft), line.id, frozenset(kept.get(line.id, ()))) for line in rows]

    def _rework(self, connection: Connection, row: Any, asked: list[Asked]) -> None:
        """Work the lines out anew and keep them: one may count for another."""
        claims, problems = self.claims(connection, asked, row.person_id, replacing=row.id)
        refuse(claims, problems, strict=False)
        self.keep_lines(connection, row.id, claims, problems, row.person_id)
        self.becomes(connection, row, Status(row.status), ExpenseStep.CHANGED, revision=row.revision + 1)


def _of(asked: Sequence[Asked], line_id: int, line: Ref) -> Asked:
    for one in asked:
        if one.id == line_id:
            return one
    raise NotFound(f"there is no line {line} in it", field="line")
