"""Reports in the local store as they are written: lines worked out, receipts moved, steps told."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted, locked
from workplace_sdk.connectors.local.expenses_claim import Asked, Claim, Problem
from workplace_sdk.connectors.local.expenses_reads import HERE, ExpenseReads
from workplace_sdk.connectors.local.expenses_tables import expense_events, expense_lines, expense_reports
from workplace_sdk.connectors.local.schema import files, people
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Ref, Upload
from workplace_sdk.services.expenses import AlreadySubmitted, ExpenseReport, ExpenseStep, LineDraft, ReportDraft
from workplace_sdk.services.expenses import ExpenseStatus as Status

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

LARGEST: Final = 10_000_000
MOST_LINES: Final = 500
LONGEST: Final = 20_000
WITH_REASON: Final = Native(evidence="live", limits={"text_length": LONGEST})
WITH_FILES: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST})
OPEN: Final = (Status.DRAFT, Status.RETURNED)


class ExpenseWrites(ExpenseReads):
    """Writing of reports, shared by the operations."""

    def changing(
        self, ref: Ref, key: Key | None, operation: str, change: Callable[[Connection, Any], None]
    ) -> Steps[ExpenseReport]:
        """Run *change* on a report, its person locked first so that everyone locks in the same order."""
        id_ = self.id_of(ref, "expense")

        def record(connection: Connection) -> int:
            whose = connection.execute(sa.select(expense_reports.c.person_id).where(expense_reports.c.id == id_)).scalar()
            if whose is None:
                raise NotFound(f"there is no report {ref}", field="ref")
            locked(connection, people, whose)
            change(connection, locked(connection, expense_reports, id_))
            return id_

        return (yield from self.writing(key, operation, record, self.report))

    def recorded(self, connection: Connection, draft: ReportDraft, status: Status, step: ExpenseStep) -> int:
        """Make a report of *draft*; its id."""
        person = self.employee(connection, draft.person)
        locked(connection, people, person.id)
        claims, problems = self.checked(connection, draft, person.id, strict=status is Status.SUBMITTED)
        values = {
            "person_id": person.id,
            "submitted_by_id": self._caller_id(connection),
            "status": status.value,
            "submitted_at": self.session.now(),
            **self.head(draft),
        }
        id_ = inserted(connection, expense_reports, values)
        self.keep_lines(connection, id_, claims, problems, person.id)
        self.happened(connection, id_, step)
        return id_

    def checked(
        self, connection: Connection, draft: ReportDraft, person_id: int, *, replacing: int = 0, strict: bool = True
    ) -> tuple[list[Claim], list[Problem]]:
        """The claims of a draft; raises the first reason why it is refused. Without *strict* only what cannot be worked out."""
        self.claimed_in(draft)
        asked = [Asked(line) for line in draft.lines]
        claims, problems = self.claims(connection, asked, person_id, replacing=replacing)
        _refuse(claims, problems, strict=strict)
        return claims, problems

    def head(self, draft: ReportDraft) -> dict[str, Any]:
        """The columns of a report that a draft gives."""
        return {"title": draft.title, "purpose": draft.purpose, "currency": self.claimed_in(draft)}

    def keep_lines(
        self, connection: Connection, id_: int, claims: Sequence[Claim], problems: Sequence[Problem], person_id: int
    ) -> None:
        """Keep lines of a report: those that have a row already in it, the others after them."""
        broken: dict[int | None, list[Problem]] = {}
        for problem in problems:
            broken.setdefault(problem.line, []).append(problem)
        values = {one.number: self.values_of(one, self.violations(broken.get(one.number, ()))) for one in claims}
        for claim in claims:
            if claim.asked.id is not None:
                there = expense_lines.c.id == claim.asked.id
                connection.execute(expense_lines.update().where(there).values(**values[claim.number]))
        new = [claim for claim in claims if claim.asked.id is None]
        made = expense_lines.insert().returning(expense_lines.c.id, sort_by_parameter_order=True)
        rows = [{"report_id": id_, **values[claim.number]} for claim in new]
        ids = connection.execute(made, rows).scalars().all() if rows else ()
        lines = {claim.number: line_id for claim, line_id in zip(new, ids, strict=True)}
        used: set[int] = set()
        for claim in claims:
            for receipt in claim.draft.receipts:
                line_id = claim.asked.id or lines[claim.number]
                if isinstance(receipt, Upload):
                    self.keep_file(connection, receipt, kind="expense_line", record_id=line_id, owner_id=person_id)
                else:
                    self._use_receipt(connection, receipt, line_id, person_id, used)

    def _use_receipt(self, connection: Connection, ref: Ref, line_id: int, person_id: int, used: set[int]) -> None:
        """Move a receipt to a line; one bill may be for several lines of a report, so the next one gets a copy."""
        id_ = self.id_of(ref, "receipt")
        if id_ in used:
            same = [column for column in files.c if column.name not in ("id", "record_id")]
            copied = sa.select(sa.literal(line_id), *same).where(files.c.id == id_)
            connection.execute(files.insert().from_select(["record_id", *(column.name for column in same)], copied))
            return
        wanted = (files.c.id == id_) & (files.c.owner_id == person_id) & (files.c.kind == "receipt")
        if not connection.execute(files.update().where(wanted).values(kind="expense_line", record_id=line_id)).rowcount:
            raise NotFound(f"there is no unused receipt {ref}", field="receipts")
        used.add(id_)

    def free_receipts(self, connection: Connection, line_ids: Any) -> None:
        """Receipts of lines that go can be used again: each file once."""
        mine = (files.c.kind == "expense_line") & files.c.record_id.in_(line_ids)
        owners = list(connection.execute(sa.select(files.c.owner_id).where(mine).distinct()).scalars())
        connection.execute(files.update().where(mine).values(kind="receipt", record_id=None))
        first = files.alias()
        again = sa.select(first.c.id).where(
            first.c.kind == "receipt",
            first.c.owner_id == files.c.owner_id,
            first.c.sha256 == files.c.sha256,
            first.c.id < files.c.id,
        )
        unused = (files.c.kind == "receipt") & files.c.owner_id.in_(owners)
        connection.execute(files.delete().where(unused, again.exists()))

    def becomes(
        self, connection: Connection, row: Any, status: Status, step: ExpenseStep, comment: str | None = None, **values: Any
    ) -> None:
        """Have a report that status, and tell the step."""
        changed = expense_reports.update().where(expense_reports.c.id == row.id).values(status=status.value, **values)
        connection.execute(changed)
        self.happened(connection, row.id, step, comment)

    def happened(self, connection: Connection, id_: int, step: ExpenseStep, comment: str | None = None) -> None:
        """Tell a step."""
        by = self._caller_id(connection)
        event = {"report_id": id_, "person_id": by, "step": step.value, "at": self.session.now(), "comment": comment}
        inserted(connection, expense_events, event)


class ExpenseDrafts(ExpenseWrites):
    """Reports that are put together line by line before they are claimed."""

    @write(Safety.KEYED, support=WITH_FILES)
    def save(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        def record(connection: Connection) -> int:
            return self.recorded(connection, draft, Status.DRAFT, ExpenseStep.SAVED)

        return (yield from self.writing(key, "expenses.save", record, self.report))

    @save.reconciles
    def saved(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* saved."""
        return (yield from self.written(key, "expenses.save", self.report))

    @write(Safety.KEYED, support=WITH_FILES)
    def add_line(self, ref: Ref, draft: LineDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            asked = self._lines(connection, row)
            if len(asked) >= MOST_LINES:
                raise InvalidInput(f"a report has at most {MOST_LINES} lines", field="lines")
            self._rework(connection, row, [*asked, Asked(draft)])

        return (yield from self.changing(ref, key, "expenses.add_line", change))

    @add_line.reconciles
    def line_added(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report to which *key* added a line."""
        return (yield from self.written(key, "expenses.add_line", self.report))

    @write(Safety.KEYED, support=WITH_FILES)
    def update_line(self, ref: Ref, line: Ref, draft: LineDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        line_id = self.id_of(line, "expense_line")

        def change(connection: Connection, row: Any) -> None:
            asked = self._lines(connection, row)
            unchanged(row, ref)
            old = _of(asked, line_id, line)
            self._rework(connection, row, [Asked(draft, one.id, one.kept) if one is old else one for one in asked])

        return (yield from self.changing(ref, key, "expenses.update_line", change))

    @update_line.reconciles
    def line_updated(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report of which *key* replaced a line."""
        return (yield from self.written(key, "expenses.update_line", self.report))

    @write(Safety.KEYED, support=HERE)
    def remove_line(self, ref: Ref, line: Ref, *, key: Key | None = None) -> Steps[ExpenseReport]:
        line_id = self.id_of(line, "expense_line")

        def change(connection: Connection, row: Any) -> None:
            asked = self._lines(connection, row)
            unchanged(row, ref)
            old = _of(asked, line_id, line)
            if len(asked) == 1:
                raise Conflict("a report has a line: withdraw it", field="line")
            self.free_receipts(connection, [line_id])
            connection.execute(expense_lines.delete().where(expense_lines.c.id == line_id))
            self._rework(connection, row, [one for one in asked if one is not old])

        return (yield from self.changing(ref, key, "expenses.remove_line", change))

    @remove_line.reconciles
    def line_removed(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report of which *key* removed a line."""
        return (yield from self.written(key, "expenses.remove_line", self.report))

    @write(Safety.KEYED, support=HERE)
    def submit_saved(self, ref: Ref, *, key: Key | None = None) -> Steps[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            asked = self._lines(connection, row)
            unchanged(row, ref)
            claims, problems = self.claims(connection, asked, row.person_id, replacing=row.id)
            _refuse(claims, problems, strict=True)
            self.keep_lines(connection, row.id, claims, problems, row.person_id)
            self.becomes(connection, row, Status.SUBMITTED, ExpenseStep.SUBMITTED, submitted_at=self.session.now())

        return (yield from self.changing(ref, key, "expenses.submit_saved", change))

    @submit_saved.reconciles
    def saved_submitted(self, key: Key) -> Steps[ExpenseReport | None]:
        """The saved report that *key* claimed."""
        return (yield from self.written(key, "expenses.submit_saved", self.report))

    def _lines(self, connection: Connection, row: Any) -> list[Asked]:
        """The lines of a report that is put together still."""
        if row.status not in OPEN:
            raise AlreadySubmitted(f"it is {row.status.replace('_', ' ')}", field="ref", native_code=row.status)
        lines = expense_lines.c
        rows = connection.execute(sa.select(lines.id, lines.draft).where(lines.report_id == row.id).order_by(lines.id)).all()
        if any(line.draft is None for line in rows):
            raise Conflict("it was made by an earlier version: amend it as a whole", field="ref")
        mine = (files.c.kind == "expense_line") & files.c.record_id.in_([line.id for line in rows])
        kept: dict[int, set[str]] = {}
        for one in connection.execute(sa.select(files.c.record_id, files.c.sha256).where(mine)):
            kept.setdefault(one.record_id, set()).add(one.sha256)
        return [Asked(LineDraft.model_validate(line.draft), line.id, frozenset(kept.get(line.id, ()))) for line in rows]

    def _rework(self, connection: Connection, row: Any, asked: list[Asked]) -> None:
        """Work the lines out anew and keep them: one may count for another."""
        claims, problems = self.claims(connection, asked, row.person_id, replacing=row.id)
        _refuse(claims, problems, strict=False)
        self.keep_lines(connection, row.id, claims, problems, row.person_id)
        self.becomes(connection, row, Status(row.status), ExpenseStep.CHANGED, revision=row.revision + 1)


def unchanged(row: Any, ref: Ref) -> None:
    """Raise when *ref* is of an earlier version: what is decided about is what was looked at."""
    if ref.version is not None and ref.version != str(row.revision):
        raise Conflict("it was changed meanwhile: look at it again", field="ref")


def _of(asked: Sequence[Asked], line_id: int, line: Ref) -> Asked:
    for one in asked:
        if one.id == line_id:
            return one
    raise NotFound(f"there is no line {line} in it", field="line")


def _refuse(claims: Sequence[Claim], problems: Sequence[Problem], *, strict: bool) -> None:
    """Raise the first reason for refusal; without *strict* only that a line could not be worked out."""
    done = {claim.number for claim in claims}
    for problem in problems:
        if problem.line not in done or (strict and problem.blocking):
            raise problem.error
