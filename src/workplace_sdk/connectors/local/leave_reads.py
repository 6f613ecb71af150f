"""What can be asked about leave in the local store."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.leave_absences import LeaveAbsences
from workplace_sdk.connectors.local.leave_balance import figures
from workplace_sdk.connectors.local.leave_rules import LeaveRules
from workplace_sdk.connectors.local.leave_tables import leave_requests
from workplace_sdk.connectors.local.schema import files
from workplace_sdk.connectors.local.schema import people as people_table
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import pages, read
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.calendar import Holiday, WorkSchedule
from workplace_sdk.services.common import Attachment, PersonRef, Ref, Unit
from workplace_sdk.services.leave import (
    Absence,
    BalanceOrigin,
    Expiry,
    LeaveBalance,
    LeaveRequest,
    LeaveService,
    LeaveStatus,
    LeaveType,
)
from workplace_sdk.services.leave_rules import A_YEAR
from workplace_sdk.services.refusals import InvalidField

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
PAGE: Final = 100
WHICH_YEAR: Final = Words("a year from 1900 to 2200", "een jaar van 1900 tot en met 2200")


class LeaveReads(LeaveAbsences, LeaveRules, LeaveService):
    """Reading leave from our own tables."""

    @read(support=HERE)
    def types(self, person: PersonRef | None = None) -> Steps[Listing[LeaveType]]:
        def query(connection: Connection) -> Listing[LeaveType]:
            return Listing(map(self.type_of, self.active_types(connection)), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def balances(self, person: PersonRef | None = None, *, on: date | None = None) -> Steps[Listing[LeaveBalance]]:
        def query(connection: Connection) -> Listing[LeaveBalance]:
            row = self.employee(connection, person)
            as_of = on or self.today_of(row)
            found = [self.balance_of(connection, row, kind, as_of) for kind in self.active_types(connection)]
            return Listing((one for one in found if one is not None), answered=(self.connection_name,))

        return (yield from self.reading(query))

    def balance_of(self, connection: Connection, person: Any, kind: Any, as_of: date) -> LeaveBalance | None:
        """What a row of ``people`` has of a row of ``leave_types``; ``None`` for what was neither granted nor used."""
        grants = self.grants_of(connection, person.id, kind.id)
        used = self.used_of(connection, person.id, kind.id)
        year = (date(as_of.year, 1, 1), date(as_of.year, 12, 31))
        if kind.unlimited:  # counted by the calendar year
            grants, used = [], [one for one in used if year[0] <= one.date <= year[1]]
        if not grants and not used:
            return None
        told = figures(grants, used, as_of)
        limited = not kind.unlimited
        return LeaveBalance(
            employee=self.person_ref(person),
            leave_type=self.ref("leave_type", kind.id),
            name=kind.name,
            as_of=as_of,
            unit=Unit(kind.unit),
            entitled=told.entitled if limited else None,
            carried_over=told.carried_over if limited else None,
            expiring=tuple(Expiry(amount=amount, on=day) for amount, day in told.expiring),
            accrued=told.accrued if limited else None,
            adjusted=told.adjusted if limited else None,
            taken=told.taken,
            planned=told.planned,
            pending=told.pending,
            available=told.available if limited else None,
            origin=BalanceOrigin.BACKEND,
            unlimited=kind.unlimited,
            period=told.period if limited else year,
        )

    @read(support=HERE)
    def schedule(self, person: PersonRef | None = None, *, on: date | None = None) -> Steps[WorkSchedule]:
        def query(connection: Connection) -> WorkSchedule:
            row = self.employee(connection, person)
            return self.schedule_of(connection, row, on or self.today_of(row))

        return (yield from self.reading(query))

    @read(support=HERE)
    def holidays(self, person: PersonRef | None = None, *, year: int) -> Steps[Listing[Holiday]]:
        if not 1900 <= year <= 2200:
            raise InvalidField(WHICH_YEAR, field="year")

        def query(connection: Connection) -> Listing[Holiday]:
            row = self.employee(connection, person)
            found = self.holidays_of(connection, row, date(year, 1, 1), date(year, 12, 31))
            return Listing(found.values(), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @pages(support=HERE)
    def requests(
        self,
        person: PersonRef | None = None,
        *,
        status: frozenset[LeaveStatus] | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> PageSteps[LeaveRequest]:
        after: tuple[date, int] | None = None
        table = leave_requests.c
        while True:

            def query(connection: Connection, after: tuple[date, int] | None = after) -> tuple[LeaveRequest, ...]:
                chosen = sa.select(leave_requests).where(table.person_id == self.employee(connection, person).id)
                if since:
                    chosen = chosen.where(table.last_day >= since)
                if until:
                    chosen = chosen.where(table.first_day <= until)
                if after:
                    chosen = chosen.where(
                        (table.first_day < after[0]) | ((table.first_day == after[0]) & (table.id < after[1]))
                    )
                rows = connection.execute(chosen.order_by(table.first_day.desc(), table.id.desc()).limit(PAGE)).all()
                return self.requests_of(connection, rows)

            reading: Steps[tuple[LeaveRequest, ...]] = self.reading(query)
            found = yield from reading
            yield Page([request for request in found if status is None or request.status.value in status])
            if len(found) < PAGE:
                return
            after = (found[-1].first_day, int(found[-1].ref.id))

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[LeaveRequest]:
        id_ = self.id_of(ref, "leave")

        def query(connection: Connection) -> LeaveRequest:
            if connection.execute(sa.select(leave_requests.c.id).where(leave_requests.c.id == id_)).scalar() is None:
                raise NotFound(f"there is no request {ref}", field="ref")
            return self.request(connection, id_)

        return (yield from self.reading(query))

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[LeaveRequest]:
        last = 0
        while True:

            def query(connection: Connection, last: int = last) -> tuple[LeaveRequest, ...]:
                me = self.employee(connection, person)
                waiting = leave_requests.c.status.in_(("submitted", "cancel_requested")) & (leave_requests.c.id > last)
                chosen = sa.select(leave_requests).join(people_table, people_table.c.id == leave_requests.c.person_id)
                chosen = chosen.where(waiting, people_table.c.manager_id == me.id).order_by(leave_requests.c.id)
                return self.requests_of(connection, connection.execute(chosen.limit(PAGE)).all())

            reading: Steps[tuple[LeaveRequest, ...]] = self.reading(query)
            found = yield from reading
            yield Page(found)
            if len(found) < PAGE:
                return
            last = int(found[-1].ref.id)

    @read(support=HERE)
    def absences(self, *, since: date, until: date, people: tuple[PersonRef, ...] | None = None) -> Steps[Listing[Absence]]:
        if not since <= until <= since + timedelta(days=366):
            raise InvalidField(A_YEAR, field="until")

        def query(connection: Connection) -> Listing[Absence]:
            if people is None:
                ids = self.team_of(connection, self.employee(connection, None))
            else:
                rows = self.employees(connection, people, field="people")
                unknown = next((one for one, row in zip(people, rows, strict=True) if row is None), None)
                if unknown is not None:
                    raise NotFound(f"{unknown.label} is not known here", field="people")
                ids = {row.id for row in rows if row is not None}
            return Listing(self.absences_of(connection, ids, since, until), answered=(self.connection_name,))

        return (yield from self.reading(query))

    def file(self, connection: Connection, id_: int) -> Attachment:
        """A document that is known to be there, without its bytes."""
        columns: Sequence[Any] = [column for column in files.c if column.name != "content"]
        return self.attachment_of(connection.execute(sa.select(*columns).where(files.c.id == id_)).one())

    @read(support=HERE)
    def attachment(self, request: Ref, ref: Ref) -> Steps[bytes]:
        wanted = (
            (files.c.id == self.id_of(ref, "file"))
            & (files.c.kind == "leave")
            & (files.c.record_id == self.id_of(request, "leave"))
        )

        def query(connection: Connection) -> bytes:
            content = connection.execute(sa.select(files.c.content).where(wanted)).scalar()
            if content is None:
                raise NotFound(f"there is no document {ref} with {request}", field="ref")
            return bytes(content)

        return (yield from self.reading(query))
