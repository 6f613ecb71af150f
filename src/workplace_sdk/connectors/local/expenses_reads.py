"""Reading expenses from the local store."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.expenses_claim import Asked
from workplace_sdk.connectors.local.expenses_rates import holding
from workplace_sdk.connectors.local.expenses_records import ExpenseRecords
from workplace_sdk.connectors.local.expenses_tables import expense_categories, expense_lines, expense_reports
from workplace_sdk.connectors.local.schema import files, people
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import pages, read
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import PersonRef, Ref, zone_of
from workplace_sdk.services.expenses import (
    CardTransaction,
    ExpenseCategory,
    ExpenseReport,
    Expenses,
    ExpenseStatus,
    MileageRate,
    PerDiemRate,
    Receipt,
    ReportDraft,
    Violation,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
PAGE: Final = 50


class ExpenseReads(ExpenseRecords, Expenses):
    """What is there: categories, rates, receipts, reports."""

    @read(support=HERE)
    def categories(self, *, on: date | None = None) -> Steps[Listing[ExpenseCategory]]:
        day, table = on or self.session.today(), expense_categories.c
        begun = table.active_from.is_(None) | (table.active_from <= day)
        lasts = table.active_until.is_(None) | (table.active_until >= day)

        def query(connection: Connection) -> Listing[ExpenseCategory]:
            rows = connection.execute(sa.select(expense_categories).where(begun, lasts).order_by(table.name)).all()
            return Listing(map(self.category_of, rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def rates(self, *, on: date | None = None) -> Steps[Listing[MileageRate]]:
        day = on or self.session.today()
        return (yield from self.reading(lambda c: Listing(self.mileage_on(c, day), answered=(self.connection_name,))))

    @read(support=HERE)
    def per_diem_rates(self, *, country: str | None = None, on: date | None = None) -> Steps[Listing[PerDiemRate]]:
        day, name = on or self.session.today(), (self.connection_name,)

        def query(connection: Connection) -> Listing[PerDiemRate]:
            return Listing(holding(self.per_diem_rates_of(connection, country), day), answered=name)

        return (yield from self.reading(query))

    @read(support=HERE)
    def receipts(self, person: PersonRef | None = None) -> Steps[Listing[Receipt]]:
        def query(connection: Connection) -> Listing[Receipt]:
            mine = (files.c.kind == "receipt") & (files.c.owner_id == self.employee(connection, person).id)
            return Listing(self.receipts_of(connection, mine), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def card_transactions(self, person: PersonRef | None = None) -> Steps[Listing[CardTransaction]]:
        def query(connection: Connection) -> Listing[CardTransaction]:
            found = self.unclaimed(connection, self.employee(connection, person))
            return Listing(found, answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def receipt(self, ref: Ref) -> Steps[bytes]:
        def query(connection: Connection) -> bytes:
            wanted = self.unused(connection, ref)
            return bytes(connection.execute(sa.select(files.c.content).where(wanted)).scalar_one())

        return (yield from self.reading(query))

    def unused(self, connection: Connection, ref: Ref) -> Any:
        """Holds for the file of a receipt of the caller that no line uses; ``NotFound`` when there is none."""
        mine = self.employee(connection, None).id
        wanted = (files.c.id == self.id_of(ref, "receipt")) & (files.c.kind == "receipt") & (files.c.owner_id == mine)
        if connection.execute(sa.select(files.c.id).where(wanted)).scalar() is None:
            raise NotFound(f"there is no unused receipt {ref}", field="ref")
        return wanted

    @read(support=HERE)
    def check(self, draft: ReportDraft) -> Steps[Listing[Violation]]:
        def query(connection: Connection) -> Listing[Violation]:
            self.claimed_in(draft)
            asked = [Asked(line) for line in draft.lines]
            _, problems = self.claims(connection, asked, self.employee(connection, draft.person).id)
            return Listing(self.violations(problems), answered=(self.connection_name,))

        return (yield from self.reading(query))

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
            chosen = (table.person_id == self.employee(connection, person).id) & self._seen(connection)
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
        id_ = self.id_of(ref, "expense")

        def query(connection: Connection) -> ExpenseReport:
            seen = (expense_reports.c.id == id_) & self._seen(connection)
            if connection.execute(sa.select(expense_reports.c.id).where(seen)).scalar() is None:
                raise NotFound(f"there is no report {ref}", field="ref")
            return self.report(connection, id_)

        return (yield from self.reading(query))

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

    def _seen(self, connection: Connection) -> Any:
        """What the caller may see: what is not claimed yet is for the person and who wrote it, not for the approver."""
        caller = self._caller_id(connection)
        if caller is None:
            return sa.true()
        table = expense_reports.c
        return (table.status != "draft") | (table.person_id == caller) | (table.submitted_by_id == caller)

    def _paged(self, chosen: Callable[[Connection], Any], *, newest: bool = False) -> PageSteps[ExpenseReport]:
        """Page after page: each goes on after the last report of the one before, so none is left out when others change."""
        ids = expense_reports.c.id
        last: int | None = None
        while True:

            def query(connection: Connection, last: int | None = last) -> tuple[ExpenseReport, ...]:
                rows = sa.select(expense_reports).where(chosen(connection)).limit(PAGE)
                if last is not None:
                    rows = rows.where(ids < last if newest else ids > last)
                rows = rows.order_by(ids.desc() if newest else ids)
                return self.reports_of(connection, connection.execute(rows).all())

            reading: Steps[tuple[ExpenseReport, ...]] = self.reading(query)
            found = yield from reading
            yield Page(found)
            if len(found) < PAGE:
                return
            last = int(found[-1].ref.id)
