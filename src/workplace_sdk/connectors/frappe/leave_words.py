"""Frappe's leave in our words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.frappe.records import Application, LeaveApplication
from workplace_sdk.kernel.errors import NotSupported, ProtocolError
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import ApprovalStep, DurationAmount, Mapped, PersonRef, StepState, Unit, days_between
from workplace_sdk.services.leave import LeaveDay, LeaveEvent, LeaveRequest, LeaveStatus, LeaveStep

if TYPE_CHECKING:
    from workplace_sdk.connectors.frappe.leave_base import FrappeLeaveBase
    from workplace_sdk.services.leave import LeaveDraft

HALF: Final = Decimal("0.5")
DRAFT, SUBMITTED, CANCELLED = range(3)
"""What ``docstatus`` says of a document: only a submitted one is booked."""
_DECIDED: Final = {
    "Approved": (LeaveStatus.APPROVED, LeaveStep.APPROVED),
    "Rejected": (LeaveStatus.REJECTED, LeaveStep.REJECTED),
}
_STATES: Final = {LeaveStep.APPROVED: StepState.APPROVED, LeaveStep.REJECTED: StepState.REJECTED}


def status_of(row: Application, today: date) -> Mapped[LeaveStatus]:
    """How far it is, by both of its states: "Approved" on a draft is booked nowhere, and still waits."""
    if row.docstatus == CANCELLED:
        value = LeaveStatus.CANCELLED
    elif row.docstatus == DRAFT:
        value = LeaveStatus.SUBMITTED
    else:
        value = _DECIDED.get(row.status, (LeaveStatus.UNMAPPED, None))[0]
    if value is LeaveStatus.APPROVED and row.to_date < today:
        value = LeaveStatus.TAKEN
    return Mapped(value=value, source=row.status)


def days_of(row: Application, half: date | None) -> tuple[tuple[LeaveDay, ...], DurationAmount | None]:
    """Its days, and what they cost together where Frappe does not charge all of them: it does not say which."""
    if row.to_date < row.from_date or (row.to_date - row.from_date).days > 3660:
        raise ProtocolError(f"leave application {row.name} ends before it begins, or never")
    days = tuple(
        LeaveDay(
            date=day,
            portion=Portion.HALF if day == half else Portion.FULL,
            charged=DurationAmount(value=HALF if day == half else Decimal(1), unit=Unit.DAY),
        )
        for day in days_between(row.from_date, row.to_date)
    )
    if sum((day.charged.value for day in days), Decimal(0)) == row.total_leave_days:
        return days, None
    return days, DurationAmount(value=row.total_leave_days, unit=Unit.DAY)


def request_of(service: FrappeLeaveBase, row: Application, employee: PersonRef, half: date | None) -> LeaveRequest:
    """What a row tells of a request."""
    days, counted = days_of(row, half)
    return LeaveRequest(
        ref=service.leave_ref(row.name),
        fetched_at=service.session.now(),
        employee=employee,
        leave_type=service.ref("leave_type", row.leave_type),
        type_name=row.leave_type,
        days=days,
        counted=counted,
        status=status_of(row, service.session.today()),
    )


def whole_request(service: FrappeLeaveBase, found: LeaveApplication) -> LeaveRequest:
    """What a document tells of a request."""
    made = request_of(service, found, service.employee(found.employee, found.employee_name), half_day(found))
    created, changed = service.instant(found.creation), service.instant(moment(found.modified))
    events = [LeaveEvent(step=Mapped(value=LeaveStep.SUBMITTED), at=created, by=service.user(found.owner))]
    decided = _DECIDED[found.status][1] if found.docstatus == SUBMITTED and found.status in _DECIDED else None
    by = service.user(found.modified_by)
    if decided is not None:
        events.append(LeaveEvent(step=Mapped(value=decided, source=found.status), at=changed, by=by))
    if found.docstatus == CANCELLED:
        events.append(LeaveEvent(step=Mapped(value=LeaveStep.CANCELLED), at=changed, by=by))
    approver = service.user(found.leave_approver)
    return made.model_copy(
        update={
            "ref": service.leave_ref(found.name, found.modified),
            "reason": found.description or None,
            "approvals": (_step(approver, decided, by, changed),) if approver and found.docstatus != CANCELLED else (),
            "timeline": tuple(events),
            "created_at": created,
            "updated_at": changed,
            "decided_at": changed if decided else None,
        }
    ).with_raw(found)


def _step(approver: PersonRef, decided: LeaveStep | None, by: PersonRef | None, at: datetime) -> ApprovalStep:
    if decided is None:
        return ApprovalStep(approver=approver)
    return ApprovalStep(approver=approver, state=_STATES[decided], decided_by=by, decided_at=at)


def half_day(found: LeaveApplication) -> date | None:
    """The half day of an application, which has one at most."""
    if not found.half_day:
        return None
    return found.half_day_date or found.from_date


def moment(text: str) -> datetime:
    """When a document was changed, on the clocks of the site."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ProtocolError("Frappe says no time when a document was changed") from None
    if found.tzinfo is not None:
        raise ProtocolError("Frappe's times have no zone, and this one has")
    return found


def wanted_of(draft: LeaveDraft) -> dict[str, Any]:
    """The days of a draft as Frappe takes them.

    Raises:
        NotSupported: More than one of them is a half day.
    """
    halves = only_half(day.date for day in draft.days if day.portion is Portion.HALF)
    wanted: dict[str, Any] = {"from_date": draft.first_day.isoformat(), "to_date": draft.last_day.isoformat()}
    return wanted | ({"half_day": 1, "half_day_date": halves.isoformat()} if halves else {})


def only_half(halves: Iterable[date]) -> date | None:
    """The one half day that there may be."""
    first, *more = [*halves, None]
    if any(more):
        raise NotSupported("Frappe keeps one half day in a request: ask for the others in requests of their own", field="days")
    return first
