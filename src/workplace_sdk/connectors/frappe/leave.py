"""Asking for leave in Frappe, and deciding about it. It refuses less than it should, so that each state is looked at first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workplace_sdk.connectors.frappe.connector import resource
from workplace_sdk.connectors.frappe.leave_absences import FrappeAbsences
from workplace_sdk.connectors.frappe.leave_base import DOCTYPE
from workplace_sdk.connectors.frappe.leave_words import CANCELLED, DRAFT, SUBMITTED, wanted_of, whole_request
from workplace_sdk.connectors.frappe.records import Data, LeaveApplication, Message
from workplace_sdk.connectors.frappe.refusing import Overlap
from workplace_sdk.kernel.errors import Conflict, OutcomeUnknown
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.paging import gather
from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.kernel.support import HandOff, Native
from workplace_sdk.services.common import Decision, DurationAmount, Mapped, PersonRef, Ref, Unit
from workplace_sdk.services.leave import (
    CannotCancelAfterStart,
    LeaveRequest,
    LeaveStatus,
    NotAWorkingDay,
    OverlappingLeave,
    spoken,
)
from workplace_sdk.services.leave_lines import approval_line, balance_line, chosen_type, overlap_line
from workplace_sdk.services.leave_preview import OPEN
from workplace_sdk.services.refusals import blocker_line

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.services.leave import LeaveDraft, LeaveType

_FORM: Final = HandOff("Open it in Frappe", "{base_url}/app/leave-application/{id}", ("id",))
_WORDS: Final = {Decision.APPROVE: "Approved", Decision.REJECT: "Rejected"}


class FrappeLeave(FrappeAbsences):
    """Leave in Frappe. Nothing of ours can be kept in an application: a write is ``ONCE``, and days are refused twice."""

    handoffs = {  # noqa: RUF012 - a ClassVar in the base
        "amend": _FORM,
        "attach": _FORM,
        "attachment": HandOff("Open it in Frappe", "{base_url}/app/leave-application"),
        "holidays": HandOff("See the holidays in Frappe", "{base_url}/app/holiday-list"),
    }
    absent = {  # noqa: RUF012 - a ClassVar in the base
        "schedule": "Frappe keeps a list of days off, and no hours",
        **dict.fromkeys(
            ("report_sick", "report_recovered", "sick_case", "sick_cases"), "illness is leave of a type of its own in Frappe"
        ),
    }

    @write(
        Safety.ONCE,
        support=Native(
            evidence="transcribed",
            without={"half_days", "hours", "separate_days", "note", "substitute", "attachments"},
            note="one half day, and not which half",
        ),
    )
    def submit(self, draft: LeaveDraft, *, key: Key | None = None) -> Steps[LeaveRequest]:
        days = wanted_of(draft)
        employee = yield from self.employee_id(draft.person)
        approver = (yield from self.details(employee, self.session.today())).leave_approver
        wanted = {"employee": employee, "leave_type": self._type_name(draft), **days}
        wanted |= {"description": draft.reason} if draft.reason else {}
        wanted |= {"leave_approver": approver} if approver else {}
        try:
            reply = yield from self.http.post(resource(DOCTYPE), json=wanted)
        except Overlap as told:
            refs = tuple(self.leave_ref(name) for name in told.names)
            raise OverlappingLeave(told.message, refs=refs, native_code=told.native_code) from None
        made = reply.model(Data[LeaveApplication]).data
        kept = (made.employee, made.leave_type, made.from_date.isoformat(), made.to_date.isoformat())
        if kept != (employee, wanted["leave_type"], days["from_date"], days["to_date"]) or made.half_day != (
            "half_day" in days
        ):
            raise OutcomeUnknown(f"Frappe made application {made.name}, and not what was asked for")
        return whole_request(self, made)

    @staticmethod
    def _type_name(draft: LeaveDraft) -> str:
        return draft.leave_type.id if isinstance(draft.leave_type, Ref) else draft.leave_type

    @submit.previews
    def preview_submit(self, draft: LeaveDraft, *, key: Key | None = None) -> Steps[Preview]:
        """What Frappe charges for it, what is left then, what is asked for already, and who decides."""
        person: PersonRef = self.person(draft.person)
        kind = chosen_type((yield from self.types.steps(person)), draft.leave_type)
        employee = yield from self.employee_id(person)
        cost = yield from self.counted(employee, draft, kind.name)
        details = yield from self.details(employee, draft.first_day)
        lines = [_cost_line(kind, draft, DurationAmount(value=cost, unit=Unit.DAY))]
        if not cost:
            lines.append(blocker_line(NotAWorkingDay(dates=tuple(day.date for day in draft.days)), origin=Origin.BACKEND))
        if (granted := details.leave_allocation.get(kind.name)) is not None:
            left = DurationAmount(value=granted.remaining_leaves - granted.leaves_pending_approval - cost, unit=Unit.DAY)
            lines.append(balance_line(left, short=left.value < 0 and not kind.allow_negative, origin=Origin.DERIVED))
        asked = yield from gather(self.requests.steps(person, status=OPEN, since=draft.first_day, until=draft.last_day))
        lines += [overlap_line(other, weight=Weight.BLOCKER) for other in asked]
        lines.append(approval_line(kind, self.user(details.leave_approver), origin=Origin.BACKEND))
        return Preview(operation="leave.submit", key=str(key), lines=tuple(lines))

    @write(Safety.ONCE, support=Native(evidence="transcribed", without={"reason"}, note="it is deleted"))
    def withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        found = yield from self._at(ref, DRAFT)
        reply = yield from self.http.delete(resource(DOCTYPE, found.name))
        if reply.model(Data[str]).data != "ok":
            raise OutcomeUnknown(f"Frappe does not say that {found.name} is gone")
        return whole_request(self, found).model_copy(
            update={"status": Mapped[LeaveStatus](value=LeaveStatus.WITHDRAWN), "approvals": (), "decided_at": None}
        )

    @write(Safety.ONCE, support=Native(evidence="transcribed", without={"reason"}))
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        found = yield from self._at(ref, SUBMITTED)
        if found.status != "Approved":
            raise Conflict(f"{found.name} is not approved", field="ref", native_code=found.status)
        if found.from_date <= self.session.today():
            raise CannotCancelAfterStart(f"{found.name} has begun, and Frappe would ask nobody", field="ref")
        wanted = {"doctype": DOCTYPE, "name": found.name}
        reply = yield from self.http.post("/api/method/frappe.client.cancel", json=wanted)
        done = reply.model(Message[LeaveApplication]).message
        if (done.name, done.docstatus) != (found.name, CANCELLED):
            raise OutcomeUnknown(f"Frappe does not say that {found.name} is cancelled")
        return whole_request(self, done)

    @write(Safety.ONCE, support=Native(evidence="transcribed", without={"comment", "return"}))
    def decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[LeaveRequest]:
        found = yield from self._at(ref, DRAFT)
        yield from self.for_the_caller(found.name, found.employee, found.leave_approver)
        wanted = {"status": _WORDS[decision], "docstatus": SUBMITTED}
        reply = yield from self.http.put(resource(DOCTYPE, found.name), json=wanted)
        done = reply.model(Data[LeaveApplication]).data
        if (done.name, done.docstatus, done.status) != (found.name, SUBMITTED, _WORDS[decision]):
            raise OutcomeUnknown(f"Frappe answers that {found.name} is {done.status}, and does not book it")
        return whole_request(self, done)

    def _at(self, ref: Ref, docstatus: int) -> Steps[LeaveApplication]:
        """The document, as long as it is at *docstatus*: Frappe decides twice and says nothing.

        Raises:
            Conflict: It is not, or was changed since it was looked at.
        """
        found = yield from self.application(ref)
        if found.docstatus != docstatus:
            raise Conflict(f"{found.name} is {found.status}", field="ref", native_code=found.status)
        if ref.version is not None and ref.version != found.modified:
            raise Conflict(f"{found.name} was changed meanwhile", field="ref", native_code=found.status)
        return found


def _cost_line(kind: LeaveType, draft: LeaveDraft, amount: DurationAmount) -> PreviewLine:
    """What the days cost together: Frappe does not say which of them cost nothing."""
    first, last = draft.first_day, draft.last_day
    en, nl = (str(first) if first == last else f"{first} {to} {last}" for to in ("to", "tot en met"))
    return PreviewLine(
        code="charged",
        en=f"{kind.name} {en} costs {amount}.",
        nl=f"{kind.name} {nl} kost {spoken(amount, 'nl')}.",
        origin=Origin.BACKEND,
        facts={"amount": f"{amount.value:f}", "unit": amount.unit.value},
    )
