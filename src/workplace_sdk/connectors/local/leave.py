"""Leave in the local store: asking for it and deciding about it."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted, locked
from workplace_sdk.connectors.local.leave_preview import LeavePreviews
from workplace_sdk.connectors.local.leave_rules import Asked
from workplace_sdk.connectors.local.leave_tables import leave_days, leave_events, leave_requests, leave_types
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Attachment, Decision, Ref, Upload
from workplace_sdk.services.leave import (
    CannotCancelAfterStart,
    LeaveDraft,
    LeaveRequest,
    LeaveStatus,
    LeaveStep,
    NotYourApproval,
    ReasonRequired,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
LARGEST: Final = 10_000_000
WITH_FILES: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST})
UNDECIDED: Final = (LeaveStatus.SUBMITTED, LeaveStatus.RETURNED, LeaveStatus.DRAFT)


class LocalLeave(LeavePreviews):
    """Leave on our own tables. Writers of one person's leave wait for each other, so no balance is overdrawn."""

    @write(Safety.KEYED, support=WITH_FILES)
    def submit(self, draft: LeaveDraft, *, key: Key | None = None) -> Steps[LeaveRequest]:
        def record(connection: Connection) -> int:
            person = self.employee(connection, draft.person)
            locked(connection, people, person.id)
            asked = self._accepted(connection, person, draft)
            values = {
                "person_id": person.id,
                "submitted_by_id": self._caller_id(connection),
                "created_at": self.session.now(),
                **self._values(connection, draft, asked),
            }
            id_ = inserted(connection, leave_requests, values)
            self._keep(connection, id_, LeaveStep.SUBMITTED, draft, asked, person.id)
            return id_

        return (yield from self.writing(key, "leave.submit", record, self.request))

    @submit.previews
    def preview_submit(self, draft: LeaveDraft, *, key: Key | None = None) -> Steps[Preview]:
        """What the request would cost and why it would be refused, as it will be checked when it is recorded."""
        return (yield from self.previewed("leave.submit", draft, key))

    @submit.reconciles
    def submitted(self, key: Key) -> Steps[LeaveRequest | None]:
        """The request that *key* made."""
        return (yield from self.written(key, "leave.submit", self.request))

    @write(Safety.KEYED, support=WITH_FILES)
    def amend(self, ref: Ref, draft: LeaveDraft, *, key: Key | None = None) -> Steps[LeaveRequest]:
        def record(connection: Connection, row: Any) -> None:
            _in_state(row, UNDECIDED)
            _unchanged(row, ref)
            person = self._of(connection, row)
            if draft.person is not None and self.employee(connection, draft.person).id != person.id:
                raise InvalidInput("a request stays with the person it is of", field="person")
            asked = self._accepted(connection, person, draft, replacing=row.id)
            values = {"revision": row.revision + 1, "decided_at": None, **self._values(connection, draft, asked)}
            connection.execute(leave_requests.update().where(leave_requests.c.id == row.id).values(**values))
            connection.execute(leave_days.delete().where(leave_days.c.request_id == row.id))
            self._keep(connection, row.id, LeaveStep.AMENDED, draft, asked, person.id)

        return (yield from self._changing(ref, key, "leave.amend", record))

    @amend.previews
    def preview_amend(self, ref: Ref, draft: LeaveDraft, *, key: Key | None = None) -> Steps[Preview]:
        """As for ``submit``, the request that is replaced left out."""
        return (yield from self.previewed("leave.amend", draft, key, replacing=self.id_of(ref, "leave")))

    @amend.reconciles
    def amended(self, key: Key) -> Steps[LeaveRequest | None]:
        """The request that *key* amended."""
        return (yield from self.written(key, "leave.amend", self.request))

    @write(Safety.KEYED, support=HERE)
    def withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        def record(connection: Connection, row: Any) -> None:
            _in_state(row, UNDECIDED)
            self._becomes(connection, row, LeaveStatus.WITHDRAWN, LeaveStep.WITHDRAWN, reason)

        return (yield from self._changing(ref, key, "leave.withdraw", record))

    @withdraw.reconciles
    def withdrawn(self, key: Key) -> Steps[LeaveRequest | None]:
        """The request that *key* withdrew."""
        return (yield from self.written(key, "leave.withdraw", self.request))

    @write(Safety.KEYED, support=HERE)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        def record(connection: Connection, row: Any) -> None:
            _in_state(row, (LeaveStatus.APPROVED,))
            today = self.today_of(self._of(connection, row))
            if row.last_day < today:
                raise CannotCancelAfterStart("it is over", field="ref")
            self._not_closed(connection, row)
            approval = sa.select(leave_types.c.requires_approval).where(leave_types.c.id == row.type_id)
            if row.first_day <= today and connection.execute(approval).scalar_one():
                self._becomes(connection, row, LeaveStatus.CANCEL_REQUESTED, LeaveStep.CANCEL_REQUESTED, reason)
            else:
                self._becomes(connection, row, LeaveStatus.CANCELLED, LeaveStep.CANCELLED, reason)

        return (yield from self._changing(ref, key, "leave.cancel", record))

    @cancel.reconciles
    def cancelled(self, key: Key) -> Steps[LeaveRequest | None]:
        """The request that *key* cancelled."""
        return (yield from self.written(key, "leave.cancel", self.request))

    @write(Safety.KEYED, support=HERE)
    def decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[LeaveRequest]:
        if decision != Decision.APPROVE and not (comment or "").strip():
            raise ReasonRequired("say why it is rejected or returned", field="comment")

        def record(connection: Connection, row: Any) -> None:
            _in_state(row, (LeaveStatus.SUBMITTED, LeaveStatus.CANCEL_REQUESTED))
            _unchanged(row, ref)
            if self._caller_id(connection) == row.person_id:
                raise NotYourApproval("nobody decides about their own leave", field="ref")
            cancelling = row.status == LeaveStatus.CANCEL_REQUESTED.value
            if cancelling and decision == Decision.RETURN:
                raise InvalidInput("a cancellation is approved or rejected", field="decision")
            if decision == Decision.APPROVE:
                self._not_closed(connection, row)
            status, step = (_CANCELLING if cancelling else _DECIDED)[decision]
            self._becomes(connection, row, status, step, comment, decided_at=self.session.now())

        return (yield from self._changing(ref, key, "leave.decide", record))

    @decide.reconciles
    def decided(self, key: Key) -> Steps[LeaveRequest | None]:
        """The request that *key* decided about."""
        return (yield from self.written(key, "leave.decide", self.request))

    @write(Safety.KEYED, support=WITH_FILES)
    def attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Attachment]:
        id_ = self.id_of(ref, "leave")

        def record(connection: Connection) -> int:
            row = locked(connection, leave_requests, id_)
            if row is None:
                raise NotFound(f"there is no request {ref}", field="ref")
            return self.keep_file(connection, upload, kind="leave", record_id=id_, owner_id=row.person_id)

        return (yield from self.writing(key, "leave.attach", record, self._file))

    @attach.reconciles
    def attached(self, key: Key) -> Steps[Attachment | None]:
        """The document that *key* added."""
        return (yield from self.written(key, "leave.attach", self._file))

    def _accepted(self, connection: Connection, person: Any, draft: LeaveDraft, *, replacing: int | None = None) -> Asked:
        asked = self.asked(connection, person, draft, replacing=replacing)
        for problem in asked.problems:
            raise problem
        return asked

    def _changing(
        self, ref: Ref, key: Key | None, operation: str, change: Callable[[Connection, Any], None]
    ) -> Steps[LeaveRequest]:
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

    @staticmethod
    def _of(connection: Connection, row: Any) -> Any:
        return connection.execute(sa.select(people).where(people.c.id == row.person_id)).one()

    def _not_closed(self, connection: Connection, row: Any) -> None:
        """Raise when payroll has closed days of a request."""
        days = self.request(connection, row.id).days
        for problem in self.closed(connection, days, blackouts=False):
            raise problem

    def _becomes(
        self, connection: Connection, row: Any, status: LeaveStatus, step: LeaveStep, comment: str | None, **others: Any
    ) -> None:
        values = {"status": status.value, "updated_at": self.session.now(), **others}
        connection.execute(leave_requests.update().where(leave_requests.c.id == row.id).values(**values))
        self._happened(connection, row.id, step, comment)

    def _happened(self, connection: Connection, id_: int, step: LeaveStep, comment: str | None) -> None:
        by = self._caller_id(connection)
        event = {"request_id": id_, "person_id": by, "step": step.value, "at": self.session.now(), "comment": comment}
        inserted(connection, leave_events, event)

    def _values(self, connection: Connection, draft: LeaveDraft, asked: Asked) -> dict[str, Any]:
        substitute = self.employee(connection, draft.substitute, field="substitute").id if draft.substitute else None
        decided = asked.kind.requires_approval is False
        return {
            "type_id": asked.type_id,
            "status": (LeaveStatus.APPROVED if decided else LeaveStatus.SUBMITTED).value,
            "first_day": asked.days[0].date,
            "last_day": asked.days[-1].date,
            "reason": draft.reason,
            "substitute_id": substitute,
            "updated_at": self.session.now(),
            **({"decided_at": self.session.now()} if decided else {}),
        }

    def _keep(self, connection: Connection, id_: int, step: LeaveStep, draft: LeaveDraft, asked: Asked, owner_id: int) -> None:
        """Keep the days and documents of a request, and that it was asked."""
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
            for day in asked.days
        ]
        connection.execute(leave_days.insert(), rows)
        for upload in draft.attachments:
            self.keep_file(connection, upload, kind="leave", record_id=id_, owner_id=owner_id)
        self._happened(connection, id_, step, None)


_DECIDED: Final = {
    Decision.APPROVE: (LeaveStatus.APPROVED, LeaveStep.APPROVED),
    Decision.REJECT: (LeaveStatus.REJECTED, LeaveStep.REJECTED),
    Decision.RETURN: (LeaveStatus.RETURNED, LeaveStep.RETURNED),
}
_CANCELLING: Final = {
    Decision.APPROVE: (LeaveStatus.CANCELLED, LeaveStep.CANCELLED),
    Decision.REJECT: (LeaveStatus.APPROVED, LeaveStep.CANCEL_REJECTED),
}


def _in_state(row: Any, allowed: tuple[LeaveStatus, ...]) -> None:
    if row.status not in allowed:
        raise Conflict(f"it is {row.status.replace('_', ' ')}", field="ref", native_code=row.status)


def _unchanged(row: Any, ref: Ref) -> None:
    """Raise when *ref* is of an earlier version: what is decided about is what was looked at."""
    if ref.version is not None and ref.version != str(row.revision):
        raise Conflict("it was changed meanwhile: look at it again", field="ref")
