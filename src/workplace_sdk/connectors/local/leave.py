"""Leave in the local store."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted, locked
from workplace_sdk.connectors.local.leave_balance import figures
from workplace_sdk.connectors.local.leave_rules import LeaveRules
from workplace_sdk.connectors.local.leave_tables import leave_days, leave_decisions, leave_requests, leave_types
from workplace_sdk.connectors.local.schema import files, people
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import pages, read, write
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.calendar import Holiday, Portion, WorkSchedule
from workplace_sdk.services.common import Attachment, Decision, PersonRef, Ref, Unit, Upload
from workplace_sdk.services.leave import (
    Absence,
    BalanceOrigin,
    Expiry,
    LeaveBalance,
    LeaveDay,
    LeaveDraft,
    LeaveRequest,
    LeaveService,
    LeaveStatus,
    LeaveType,
    NotYourApproval,
    ReasonRequired,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE = Native(evidence="live")
PAGE = 100
LARGEST = 10_000_000


class LocalLeave(LeaveRules, LeaveService):
    """Leave on our own tables. Writers of one person's leave wait for each other, so no balance is overdrawn."""

    @read(support=HERE)
    def types(self, person: PersonRef | None = None) -> Steps[Listing[LeaveType]]:
        def query(connection: Connection) -> Listing[LeaveType]:
            return Listing(map(self.type_of, self.active_types(connection)), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def balances(self, person: PersonRef | None = None, *, on: date | None = None) -> Steps[Listing[LeaveBalance]]:
        as_of = on or self.session.today()

        def query(connection: Connection) -> Listing[LeaveBalance]:
            row = self.employee(connection, person)
            found = [self._balance(connection, row, kind, as_of) for kind in self.active_types(connection)]
            return Listing((one for one in found if one is not None), answered=(self.connection_name,))

        return (yield from self.reading(query))

    def _balance(self, connection: Connection, person: Any, kind: Any, as_of: date) -> LeaveBalance | None:
        grants = self.grants_of(connection, person.id, kind.id)
        used = self.used_of(connection, person.id, kind.id)
        if not grants and not used:
            return None
        told = figures(grants, used, as_of)
        return LeaveBalance(
            employee=self.person_ref(person),
            leave_type=self.ref("leave_type", kind.id),
            name=kind.name,
            as_of=as_of,
            unit=Unit(kind.unit),
            entitled=None if kind.unlimited else told.entitled,
            carried_over=told.carried_over,
            expiring=tuple(Expiry(amount=amount, on=day) for amount, day in told.expiring),
            adjusted=told.adjusted,
            taken=told.taken,
            planned=told.planned,
            pending=told.pending,
            available=None if kind.unlimited else told.available,
            origin=BalanceOrigin.BACKEND,
            unlimited=kind.unlimited,
            period=told.period,
        )

    @read(support=HERE)
    def schedule(self, person: PersonRef | None = None, *, on: date | None = None) -> Steps[WorkSchedule]:
        day = on or self.session.today()
        return (
            yield from self.reading(lambda connection: self.schedule_of(connection, self.employee(connection, person), day))
        )

    @read(support=HERE)
    def holidays(self, person: PersonRef | None = None, *, year: int) -> Steps[Listing[Holiday]]:
        if not 1900 <= year <= 2200:
            raise InvalidInput("a year from 1900 to 2200", field="year")

        def query(connection: Connection) -> Listing[Holiday]:
            found = self.holidays_of(connection, self.employee(connection, person), date(year, 1, 1), date(year, 12, 31))
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

    @write(Safety.KEYED, support=Native(evidence="live", limits={"attachment_bytes": LARGEST}))
    def submit(self, draft: LeaveDraft, *, key: Key | None = None) -> Steps[LeaveRequest]:
        def record(connection: Connection) -> int:
            person = self.employee(connection, draft.person)
            locked(connection, people, person.id)
            kind = self.type_row(connection, draft.leave_type)
            days = self.checked_days(connection, person, kind, draft)
            values = {
                "person_id": person.id,
                "type_id": kind.id,
                "status": "submitted" if kind.requires_approval else "approved",
                "submitted_by_id": self._caller_id(connection),
                "created_at": self.session.now(),
                **self._written(connection, draft, days),
            }
            id_ = inserted(connection, leave_requests, values)
            self._keep_days(connection, id_, days, draft, person.id)
            return id_

        return (yield from self.writing(key, "leave.submit", record, self.request))

    @submit.reconciles
    def submitted(self, key: Key) -> Steps[LeaveRequest | None]:
        """The request that *key* made."""
        return (yield from self.written(key, "leave.submit", self.request))

    @write(Safety.KEYED, support=HERE)
    def amend(self, ref: Ref, draft: LeaveDraft, *, key: Key | None = None) -> Steps[LeaveRequest]:
        def record(connection: Connection, row: Any) -> None:
            self._in_state(row, ("submitted", "returned", "draft"))
            person = connection.execute(sa.select(people).where(people.c.id == row.person_id)).one()
            kind = self.type_row(connection, draft.leave_type)
            days = self.checked_days(connection, person, kind, draft, replacing=row.id)
            status = "submitted" if kind.requires_approval else "approved"
            values = {"type_id": kind.id, "status": status, **self._written(connection, draft, days)}
            connection.execute(leave_requests.update().where(leave_requests.c.id == row.id).values(**values))
            connection.execute(leave_days.delete().where(leave_days.c.request_id == row.id))
            self._keep_days(connection, row.id, days, draft, person.id)

        return (yield from self._changing(ref, key, "leave.amend", record))

    @write(Safety.KEYED, support=HERE)
    def withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        def record(connection: Connection, row: Any) -> None:
            self._in_state(row, ("submitted", "returned", "draft"))
            self._now(connection, row, "withdrawn")

        return (yield from self._changing(ref, key, "leave.withdraw", record))

    @write(Safety.KEYED, support=HERE)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        def record(connection: Connection, row: Any) -> None:
            self._in_state(row, ("approved",))
            if row.last_day < self.session.today():
                raise Conflict("it is over", field="ref")
            needs = connection.execute(
                sa.select(leave_types.c.requires_approval).where(leave_types.c.id == row.type_id)
            ).scalar_one()
            begun = row.first_day <= self.session.today()
            self._now(connection, row, "cancel_requested" if begun and needs else "cancelled")

        return (yield from self._changing(ref, key, "leave.cancel", record))

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[LeaveRequest]:
        def query(connection: Connection) -> tuple[LeaveRequest, ...]:
            me = self.employee(connection, person)
            waiting = leave_requests.c.status.in_(("submitted", "cancel_requested"))
            chosen = sa.select(leave_requests).join(people, people.c.id == leave_requests.c.person_id)
            rows = connection.execute(chosen.where(waiting, people.c.manager_id == me.id).order_by(leave_requests.c.id)).all()
            return self.requests_of(connection, rows)

        yield Page((yield from self.reading(query)))

    @write(Safety.KEYED, support=HERE)
    def decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[LeaveRequest]:
        if decision is not Decision.APPROVE and not (comment or "").strip():
            raise ReasonRequired("say why it is rejected or returned", field="comment")

        def record(connection: Connection, row: Any) -> None:
            self._in_state(row, ("submitted", "cancel_requested"))
            by = self._caller_id(connection)
            if by == row.person_id:
                raise NotYourApproval("nobody decides about their own leave", field="ref")
            cancelling = row.status == "cancel_requested"
            if cancelling and decision is Decision.RETURN:
                raise InvalidInput("a cancellation is approved or rejected", field="decision")
            state = {Decision.APPROVE: "approved", Decision.REJECT: "rejected", Decision.RETURN: "returned"}[decision]
            step = {"request_id": row.id, "person_id": by, "state": state, "at": self.session.now(), "comment": comment}
            inserted(connection, leave_decisions, step)
            status = {"approved": "cancelled", "rejected": "approved"}[state] if cancelling else state
            self._now(connection, row, status, decided_at=self.session.now())

        return (yield from self._changing(ref, key, "leave.decide", record))

    @read(support=HERE)
    def absences(self, *, since: date, until: date, people: tuple[PersonRef, ...] | None = None) -> Steps[Listing[Absence]]:
        if not since <= until <= since + timedelta(days=366):
            raise InvalidInput("until is from since on, at most a year later", field="until")

        def query(connection: Connection) -> Listing[Absence]:
            ids = (
                self._team(connection)
                if people is None
                else {self.employee(connection, one, field="people").id for one in people}
            )
            return Listing(self._absences(connection, ids, since, until), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @write(Safety.KEYED, support=Native(evidence="live", limits={"attachment_bytes": LARGEST}))
    def attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Attachment]:
        id_ = self.id_of(ref, "leave")

        def record(connection: Connection) -> int:
            row = locked(connection, leave_requests, id_)
            if row is None:
                raise NotFound(f"there is no request {ref}", field="ref")
            return self.keep_file(connection, upload, kind="leave", record_id=id_, owner_id=row.person_id)

        def told(connection: Connection, file_id: int) -> Attachment:
            return next(one for one in self.files_of(connection, "leave", id_) if one.ref == self.ref("file", file_id))

        return (yield from self.writing(key, "leave.attach", record, told))

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

    def _changing(self, ref: Ref, key: Key | None, operation: str, change: Any) -> Steps[LeaveRequest]:
        """Run *change* on a request, its person locked first so that everyone locks in the same order."""
        id_ = self.id_of(ref, "leave")

        def record(connection: Connection) -> int:
            whose = connection.execute(sa.select(leave_requests.c.person_id).where(leave_requests.c.id == id_)).scalar()
            if whose is None:
                raise NotFound(f"there is no request {ref}", field="ref")
            locked(connection, people, whose)
            change(connection, locked(connection, leave_requests, id_))
            return id_

        return (yield from self.writing(key, operation, record, self.request))

    def _in_state(self, row: Any, allowed: tuple[str, ...]) -> None:
        if row.status not in allowed:
            raise Conflict(f"it is {row.status.replace('_', ' ')}", field="ref", native_code=row.status)

    def _now(self, connection: Connection, row: Any, status: str, **others: Any) -> None:
        values = {"status": status, "updated_at": self.session.now(), **others}
        connection.execute(leave_requests.update().where(leave_requests.c.id == row.id).values(**values))

    def _written(self, connection: Connection, draft: LeaveDraft, days: tuple[LeaveDay, ...]) -> dict[str, Any]:
        substitute = self.employee(connection, draft.substitute, field="substitute").id if draft.substitute else None
        return {
            "first_day": days[0].date,
            "last_day": days[-1].date,
            "reason": draft.reason,
            "substitute_id": substitute,
            "updated_at": self.session.now(),
        }

    def _keep_days(
        self, connection: Connection, id_: int, days: tuple[LeaveDay, ...], draft: LeaveDraft, owner_id: int
    ) -> None:
        rows = [
            {
                "request_id": id_,
                "date": day.date,
                "portion": day.portion.value,
                "hours": day.hours,
                "start": day.start,
                "charged": day.charged.value,
                "why_zero": day.why_zero,
            }
            for day in days
        ]
        connection.execute(leave_days.insert(), rows)
        for upload in draft.attachments:
            self.keep_file(connection, upload, kind="leave", record_id=id_, owner_id=owner_id)

    def _team(self, connection: Connection) -> set[int]:
        """The caller, who reports to them, and who has the same manager."""
        me = self.employee(connection, None)
        same = (people.c.manager_id == me.manager_id) if me.manager_id is not None else sa.false()
        chosen = sa.select(people.c.id).where(people.c.active, (people.c.manager_id == me.id) | same | (people.c.id == me.id))
        return set(connection.execute(chosen).scalars())

    def _absences(self, connection: Connection, ids: set[int], since: date, until: date) -> list[Absence]:
        chosen = (
            sa.select(leave_days, leave_requests.c.status, leave_requests.c.person_id)
            .join(leave_requests, leave_requests.c.id == leave_days.c.request_id)
            .where(
                leave_requests.c.person_id.in_(ids),
                leave_requests.c.status.in_(("submitted", "approved", "cancel_requested")),
                leave_days.c.date.between(since, until),
            )
        )
        rows = [row for row in connection.execute(chosen) if row.charged]
        names = self.people_by_id(connection, {row.person_id for row in rows})
        found = [
            Absence(
                person=names[row.person_id], date=row.date, portion=Portion(row.portion), tentative=row.status == "submitted"
            )
            for row in rows
        ]
        return sorted(found, key=lambda absence: (absence.date, absence.person.label))
