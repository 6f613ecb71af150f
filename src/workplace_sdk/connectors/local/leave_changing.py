"""Asking for leave, taking it back and deciding about it, within one transaction that the person's row keeps to itself."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted, locked
from workplace_sdk.connectors.local.leave_rules import Asked, LeaveRules
from workplace_sdk.connectors.local.leave_tables import leave_days, leave_events, leave_requests, leave_types
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Decision, Ref, Upload
from workplace_sdk.services.leave import (
    AttachmentRule,
    CannotCancelAfterStart,
    LeaveDraft,
    LeaveStatus,
    LeaveStep,
    NotYourApproval,
    ReasonRequired,
)
from workplace_sdk.services.leave_lines import state_refusal
from workplace_sdk.services.leave_preview import WHICH
from workplace_sdk.services.leave_rules import NO_DOCUMENTS
from workplace_sdk.services.refusals import InvalidField, NotPossible

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.engine import Connection

UNDECIDED: Final = (LeaveStatus.SUBMITTED, LeaveStatus.RETURNED, LeaveStatus.DRAFT)
WAITING: Final = (LeaveStatus.SUBMITTED, LeaveStatus.CANCEL_REQUESTED)
OTHERS: Final = Words("a request stays with the person it is of", "een aanvraag blijft van degene van wie ze is")
CHANGED: Final = Words("it was changed meanwhile: look at it again", "het is intussen gewijzigd: bekijk het opnieuw")
NOT_RETURNED: Final = Words("a cancellation is approved or rejected", "een annulering wordt goedgekeurd of afgewezen")
_DECIDED: Final = {
    Decision.APPROVE: (LeaveStatus.APPROVED, LeaveStep.APPROVED),
    Decision.REJECT: (LeaveStatus.REJECTED, LeaveStep.REJECTED),
    Decision.RETURN: (LeaveStatus.RETURNED, LeaveStep.RETURNED),
}
_CANCELLING: Final = {
    Decision.APPROVE: (LeaveStatus.CANCELLED, LeaveStep.CANCELLED),
    Decision.REJECT: (LeaveStatus.APPROVED, LeaveStep.CANCEL_REJECTED),
}


class LeaveChanges(LeaveRules):
    """What the writes of requests do."""

    def submitted(self, connection: Connection, draft: LeaveDraft) -> int:
        """Record *draft*; the id of the request."""
        person = self.employee(connection, draft.person)
        locked(connection, people, person.id)
        asked = self._accepted(connection, person, draft)
        values = {
            "person_id": person.id,
            "submitted_by_id": self._caller_id(connection),
            "created_at": self.session.now(),
            **self._values(draft, asked),
        }
        id_ = inserted(connection, leave_requests, values)
        self._keep(connection, id_, LeaveStep.SUBMITTED, draft, asked, person.id)
        return id_

    def amended(self, connection: Connection, id_: int, ref: Ref, draft: LeaveDraft) -> int:
        """Replace an undecided request by *draft*."""
        row = self._locked(connection, id_)
        _in_state(row, UNDECIDED)
        _unchanged(row, ref)
        person = self._of(connection, row)
        if draft.person is not None and self.employee(connection, draft.person).id != person.id:
            raise InvalidField(OTHERS, field="person")
        asked = self._accepted(connection, person, draft, replacing=id_)
        values = {"revision": row.revision + 1, "decided_at": None, **self._values(draft, asked)}
        connection.execute(leave_requests.update().where(leave_requests.c.id == id_).values(**values))
        connection.execute(leave_days.delete().where(leave_days.c.request_id == id_))
        self._keep(connection, id_, LeaveStep.AMENDED, draft, asked, person.id)
        return id_

    def withdrawn(self, connection: Connection, id_: int, reason: str | None) -> int:
        """Take an undecided request back."""
        row = self._locked(connection, id_)
        _in_state(row, UNDECIDED)
        self._becomes(connection, row, LeaveStatus.WITHDRAWN, LeaveStep.WITHDRAWN, reason)
        return id_

    def given_back(self, connection: Connection, id_: int, reason: str | None) -> int:
        """Give approved leave back; once it has begun, by asking the approver where there is one."""
        row = self._locked(connection, id_)
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
        return id_

    def decided_about(self, connection: Connection, id_: int, ref: Ref, decision: Decision, comment: str | None) -> int:
        """Approve, reject or return a request, or agree to a cancellation or not."""
        row = self._locked(connection, id_)
        _in_state(row, WAITING)
        _unchanged(row, ref)
        if decision not in _DECIDED:
            raise InvalidField(WHICH, field="decision")
        if decision != Decision.APPROVE and not (comment or "").strip():
            raise ReasonRequired("say why it is rejected or returned", field="comment")
        if self._caller_id(connection) == row.person_id:
            raise NotYourApproval("nobody decides about their own leave", field="ref")
        cancelling = row.status == LeaveStatus.CANCEL_REQUESTED.value
        if cancelling and decision == Decision.RETURN:
            raise InvalidField(NOT_RETURNED, field="decision")
        if decision == Decision.APPROVE:
            self._not_closed(connection, row)
        status, step = (_CANCELLING if cancelling else _DECIDED)[decision]
        self._becomes(connection, row, status, step, comment, decided_at=self.session.now())
        return id_

    def enclosed(self, connection: Connection, id_: int, upload: Upload) -> int:
        """Keep a document with a request that is not over and done with; the id of the document."""
        row = self._locked(connection, id_)
        _in_state(row, (*UNDECIDED, LeaveStatus.APPROVED, LeaveStatus.CANCEL_REQUESTED))
        kind = connection.execute(sa.select(leave_types).where(leave_types.c.id == row.type_id)).one()
        if kind.attachments == AttachmentRule.NEVER.value:
            raise InvalidField(NO_DOCUMENTS.filled(name=kind.name), field="upload")
        return self.keep_file(connection, upload, kind="leave", record_id=id_, owner_id=row.person_id)

    def _accepted(self, connection: Connection, person: Any, draft: LeaveDraft, *, replacing: int | None = None) -> Asked:
        asked = self.asked(connection, person, draft, replacing=replacing)
        for problem in asked.problems:
            raise problem
        return asked

    def _locked(self, connection: Connection, id_: int) -> Any:
        """The row of a request, its person locked first so that everyone locks in the same order."""
        whose = connection.execute(sa.select(leave_requests.c.person_id).where(leave_requests.c.id == id_)).scalar()
        if whose is None:
            raise NotFound(f"there is no request {id_}", field="ref")
        locked(connection, people, whose)
        return locked(connection, leave_requests, id_)

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

    def _values(self, draft: LeaveDraft, asked: Asked) -> dict[str, Any]:
        decided = asked.kind.requires_approval is False
        return {
            "type_id": asked.type_id,
            "status": (LeaveStatus.APPROVED if decided else LeaveStatus.SUBMITTED).value,
            "first_day": asked.days[0].date,
            "last_day": asked.days[-1].date,
            "reason": draft.reason,
            "note": draft.note,
            "substitute_id": asked.substitute_id,
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


def _in_state(row: Any, allowed: Collection[LeaveStatus]) -> None:
    if row.status not in allowed:
        raise state_refusal(LeaveStatus(row.status))


def _unchanged(row: Any, ref: Ref) -> None:
    """Raise when *ref* is of an earlier version: what is decided about is what was looked at."""
    if ref.version is not None and ref.version != str(row.revision):
        raise NotPossible(CHANGED, field="ref")
