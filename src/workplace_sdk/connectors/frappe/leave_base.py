"""Reading of leave, shared by the operations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from workplace_sdk.connectors.frappe.base import PAGE, FrappeBase
from workplace_sdk.connectors.frappe.connector import asked
from workplace_sdk.connectors.frappe.leave_words import request_of, wanted_of, whole_request
from workplace_sdk.connectors.frappe.records import (
    Application,
    Data,
    LeaveApplication,
    LeaveDetails,
    LeaveTypeRow,
    Message,
    Named,
)
from workplace_sdk.kernel.effects import All, Page, PageSteps, Steps
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import pages, read
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Mapped, Ref, Unit
from workplace_sdk.services.leave import (
    BalanceOrigin,
    LeaveBalance,
    LeaveCategory,
    LeaveRequest,
    LeaveService,
    LeaveStatus,
    LeaveType,
    Pay,
)

if TYPE_CHECKING:
    from workplace_sdk.services.common import PersonRef
    from workplace_sdk.services.leave import LeaveDraft

HERE: Final = Native(evidence="transcribed")
DOCTYPE: Final = "Leave Application"
METHODS: Final = "/api/method/hrms.hr.doctype.leave_application.leave_application."
_TYPE: Final = ("name", "max_leaves_allowed", "include_holiday", "is_lwp", "allow_negative", "is_carry_forward")
_ROW: Final = ("name", "leave_type", "from_date", "to_date", "total_leave_days", "status", "docstatus", "half_day")
_WAITING: Final = ("name", "employee_name", "total_leave_days")


class FrappeLeaveBase(FrappeBase, LeaveService):
    """What there is."""

    def leave_ref(self, name: str, version: str | None = None) -> Ref:
        """Where an application is, for people too."""
        return self.ref("leave", name, url=f"/app/leave-application/{name}", version=version)

    @read(support=HERE)
    def types(self, person: PersonRef | None = None) -> Steps[Listing[LeaveType]]:
        query = asked(_TYPE, limit_page_length="0")
        reply = yield from self.http.get("/api/resource/Leave%20Type", query)
        rows = reply.model(Data[tuple[LeaveTypeRow, ...]]).data
        return Listing([self._type(row) for row in rows], answered=(self.connection_name,))

    def _type(self, row: LeaveTypeRow) -> LeaveType:
        category = self.settings.categories.get(row.name, LeaveCategory.UNMAPPED)
        return LeaveType(
            ref=self.ref("leave_type", row.name),
            fetched_at=self.session.now(),
            name=row.name,
            category=Mapped(value=category, source=row.name),
            unit=Unit.DAY,
            half_days=True,
            hours=False,
            requires_approval=True,
            allow_negative=row.allow_negative or row.is_lwp,
            paid=Pay.UNPAID if row.is_lwp else None,
            charges_holidays=row.include_holiday,
        )

    @read(support=HERE)
    def balances(self, person: PersonRef | None = None, *, on: date | None = None) -> Steps[Listing[LeaveBalance]]:
        employee = yield from self.employee_id(person)
        at: date = on or self.session.today()
        details = yield from self.details(employee, at)
        who = self.employee(employee, self.person(person).display_name)
        found = [
            LeaveBalance(
                employee=who,
                leave_type=self.ref("leave_type", name),
                name=name,
                as_of=at,
                unit=Unit.DAY,
                entitled=one.total_leaves,
                adjusted=-one.expired_leaves if one.expired_leaves else None,
                taken=one.leaves_taken,
                pending=one.leaves_pending_approval,
                available=one.remaining_leaves - one.leaves_pending_approval,  # Frappe leaves out what waits
                origin=BalanceOrigin.DERIVED,
            )
            for name, one in details.leave_allocation.items()
        ]
        return Listing(found, answered=(self.connection_name,))

    def details(self, employee: str, on: date) -> Steps[LeaveDetails]:
        """What *employee* has on *on*, and who approves. Frappe tells everybody: who may know it was decided before."""
        query = {"employee": employee, "date": on.isoformat()}
        return (yield from self.http.get(f"{METHODS}get_leave_details", query)).model(Message[LeaveDetails]).message

    def counted(self, employee: str, draft: LeaveDraft, leave_type: str) -> Steps[Decimal]:
        """The days that *draft* costs, by the holiday list of *employee*."""
        wanted = {name: str(value) for name, value in wanted_of(draft).items()}
        query = {"employee": employee, "leave_type": leave_type, **wanted}
        return (yield from self.http.get(f"{METHODS}get_number_of_leave_days", query)).model(Message[Decimal]).message

    @pages(support=HERE)
    def requests(
        self,
        person: PersonRef | None = None,
        *,
        status: frozenset[LeaveStatus] | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> PageSteps[LeaveRequest]:
        employee = yield from self.employee_id(person)
        who = self.employee(employee, self.person(person).display_name)
        query = asked(_ROW, {"employee": employee}, order_by="from_date desc")
        start = 0
        while True:
            rows = yield from self.some(DOCTYPE, Application, query, start)
            start += len(rows)
            wanted = [
                row for row in rows if (since is None or row.to_date >= since) and (until is None or row.from_date <= until)
            ]
            found = yield from All(*(self._told(row, who) for row in wanted))
            yield Page([one for one in found if status is None or one.status.value in status])
            if len(rows) < PAGE:
                return

    def _told(self, row: Application, who: PersonRef) -> Steps[LeaveRequest]:
        """A request as its row tells it; which of several days is the half one only the document says."""
        if row.half_day and row.from_date != row.to_date:
            return whole_request(self, (yield from self.document(DOCTYPE, row.name, LeaveApplication)))
        return request_of(self, row, who, row.from_date if row.half_day else None)

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[LeaveRequest]:
        return whole_request(self, (yield from self.application(ref)))

    def application(self, ref: Ref) -> Steps[LeaveApplication]:
        """The document that *ref* is of."""
        return (yield from self.document(DOCTYPE, self.name_of(ref, "leave"), LeaveApplication))

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[LeaveRequest]:
        user = yield from self.user_of(person)
        query = asked(_WAITING, {"leave_approver": user, "status": "Open", "docstatus": 0})
        rows = yield from self.lists(DOCTYPE, Named, query)
        names = sorted(row.name for row in rows)  # the year and a running number: the oldest first
        for at in range(0, len(names), PAGE):
            yield Page((yield from self._documents(names[at : at + PAGE])))

    def _documents(self, names: Sequence[str]) -> Steps[tuple[LeaveRequest, ...]]:
        found = yield from All(*(self.document(DOCTYPE, name, LeaveApplication) for name in names))
        return tuple(whole_request(self, one) for one in found)
