"""Writing reports in the local store: lines worked out and kept, receipts moved, steps told; and what a preview says of it."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import Act, inserted, locked
from workplace_sdk.connectors.local.expenses_claim import Asked, Claim, Problem
from workplace_sdk.connectors.local.expenses_reads import ExpenseReads
from workplace_sdk.connectors.local.expenses_tables import expense_events, expense_lines, expense_reports
from workplace_sdk.connectors.local.previewing import agreed
from workplace_sdk.connectors.local.schema import files, people
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.preview import Preview, PreviewLine
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Ref, Upload
from workplace_sdk.services.expenses import AlreadyDecided, ExpenseReport, ExpenseStep, ReportDraft
from workplace_sdk.services.expenses import ExpenseStatus as Status
from workplace_sdk.services.expenses_words import STATUS
from workplace_sdk.services.refusals import NotPossible

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

LARGEST: Final = 10_000_000
LONGEST: Final = 20_000
WITH_REASON: Final = Native(evidence="live", limits={"text_length": LONGEST})
WITH_FILES: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST})
DECIDED: Final = (
    Status.APPROVED,
    Status.PARTLY_APPROVED,
    Status.REJECTED,
    Status.RETURNED,
    Status.PAYMENT_SCHEDULED,
    Status.PAID,
    Status.REVERSED,
)
_IT_IS: Final = Words("it is {status}", "het is {status}")
_CHANGED: Final = Words("it was changed meanwhile: look at it again", "het is intussen gewijzigd: bekijk het opnieuw")


class ExpenseWrites(ExpenseReads):
    """Writing of reports, shared by the operations. Writers of one person's expenses wait for each other."""

    def about(self, operation: str, ref: Ref, change: Callable[[Connection, Any], None], *asked: object) -> Act[ExpenseReport]:
        """A write that changes a report, its person locked first so that everyone locks in the same order."""
        id_ = self.id_of(ref, "expense")

        def record(connection: Connection) -> int:
            whose = connection.execute(sa.select(expense_reports.c.person_id).where(expense_reports.c.id == id_)).scalar()
            if whose is None:
                raise NotFound(f"there is no {ref}", field="ref")
            locked(connection, people, whose)
            change(connection, locked(connection, expense_reports, id_))
            return id_

        return Act(f"expenses.{operation}", record, self.report, (ref, *asked))

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
        refuse(claims, problems, strict=strict)
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

    def previewed(
        self,
        operation: str,
        act: Act[ExpenseReport],
        draft: ReportDraft,
        key: Key | None,
        *about: PreviewLine,
        replacing: int = 0,
    ) -> Steps[Preview]:
        """What each line of *draft* comes to and what the person gets, as it is when it is claimed; or every reason against it."""
        from workplace_sdk.services.expenses_preview import sums, violations

        def query(connection: Connection) -> list[PreviewLine]:
            asked = [Asked(line) for line in draft.lines]
            person = self.employee(connection, draft.person)
            _, problems = self.claims(connection, asked, person.id, replacing=replacing)
            return violations(self.violations(problems), blocking=operation != "save")

        verdict = yield from self.attempt(act, key)
        lines = [*about]
        if verdict.result is not None:
            lines += self.outcome(verdict.result)
        else:
            lines += [sums(draft.title, draft.lines), *(yield from self.reading(query))]
        return agreed(Preview(operation=f"expenses.{operation}", key=str(key), lines=tuple(lines)), verdict)

    @staticmethod
    def outcome(report: ExpenseReport) -> list[PreviewLine]:
        """What a report came to, what it does not keep, and whose decision it waits for."""
        from workplace_sdk.services.expenses_preview import approver, violations, worked_out

        lines = worked_out(report.title, report.lines, report.currency)
        for number, line in enumerate(report.lines, start=1):
            lines += violations((one.model_copy(update={"line": number}) for one in line.violations), blocking=False)
        return [*lines, *approver(report)]


def in_state(row: Any, allowed: tuple[Status, ...]) -> None:
    """Raise when a report is none of *allowed*."""
    if row.status not in allowed:
        raise NotPossible(_state(row), field="ref", native_code=row.status)


def not_decided(row: Any) -> None:
    """Raise when somebody decided about a report."""
    if row.status in DECIDED:
        raise AlreadyDecided(str(_state(row)), field="ref", native_code=row.status)


def unchanged(row: Any, ref: Ref) -> None:
    """Raise when *ref* is of an earlier version: what is decided about is what was looked at."""
    if ref.version is not None and ref.version != str(row.revision):
        raise NotPossible(_CHANGED, field="ref")


def refuse(claims: Sequence[Claim], problems: Sequence[Problem], *, strict: bool) -> None:
    """Raise the first reason for refusal; without *strict* only that a line could not be worked out, or names what is not there."""
    done = {claim.number for claim in claims}
    for problem in problems:
        impossible = problem.line not in done or isinstance(problem.error, NotFound)
        if impossible or (strict and problem.blocking):
            raise problem.error


def _state(row: Any) -> Words:
    status = STATUS[Status(row.status)]
    return Words(_IT_IS.filled(status=status.en).en, _IT_IS.filled(status=status.nl).nl)
