"""Leave: what someone may still take, asking for it, deciding about it, who is off, and being ill."""

from __future__ import annotations

from datetime import date

from workplace_sdk.kernel.access import Access, Arguments, Relation
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import Feature, Measure, Service, pages, read, write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.calendar import Holiday, Portion, WorkSchedule
from workplace_sdk.services.common import Attachment, Decision, PersonRef, Ref, Upload, named, owner
from workplace_sdk.services.leave_errors import (
    AttachmentRequired,
    BlackoutPeriod,
    CannotCancelAfterStart,
    CrossesEntitlementPeriod,
    IncrementInvalid,
    InsufficientBalance,
    NotAWorkingDay,
    NoticeTooShort,
    NotYourApproval,
    OverlappingLeave,
    PayrollLocked,
    ReasonRequired,
    SickAlready,
    spoken,
)
from workplace_sdk.services.leave_models import (
    MOST_DAYS,
    Absence,
    AttachmentRule,
    BalanceOrigin,
    DayOff,
    Expiry,
    LeaveBalance,
    LeaveCategory,
    LeaveDay,
    LeaveDraft,
    LeaveEvent,
    LeaveRequest,
    LeaveStatus,
    LeaveStep,
    LeaveType,
    Pay,
    SickCase,
    SickReport,
)

__all__ = [
    "MOST_DAYS",
    "Absence",
    "AttachmentRequired",
    "AttachmentRule",
    "BalanceOrigin",
    "BlackoutPeriod",
    "CannotCancelAfterStart",
    "CrossesEntitlementPeriod",
    "DayOff",
    "Expiry",
    "IncrementInvalid",
    "InsufficientBalance",
    "LeaveBalance",
    "LeaveCategory",
    "LeaveDay",
    "LeaveDraft",
    "LeaveEvent",
    "LeaveRequest",
    "LeaveService",
    "LeaveStatus",
    "LeaveStep",
    "LeaveType",
    "NotAWorkingDay",
    "NotYourApproval",
    "NoticeTooShort",
    "OverlappingLeave",
    "Pay",
    "PayrollLocked",
    "ReasonRequired",
    "SickAlready",
    "SickCase",
    "SickReport",
    "spoken",
]


_READ = Access("leave.read", frozenset({Relation.SELF, Relation.MANAGER}), named("person"))
_READ_REF = Access("leave.read", frozenset({Relation.SELF, Relation.MANAGER}), owner())
_REQUEST_REF = Access("leave.request", frozenset({Relation.SELF}), owner())
_ANYONE = Access("leave.absences")
_SICK = Access("leave.sick", frozenset({Relation.SELF, Relation.MANAGER}), named("person"))


def _draft(arguments: Arguments) -> LeaveDraft:
    draft: LeaveDraft = arguments["draft"]
    return draft


_FEATURES: dict[str, Feature] = {
    "half_days": lambda a: any(day.portion in (Portion.AM, Portion.PM) for day in _draft(a).days),
    "any_half": lambda a: any(day.portion is Portion.HALF for day in _draft(a).days),
    "hours": lambda a: any(day.portion is Portion.HOURS for day in _draft(a).days),
    "separate_days": lambda a: len(_draft(a).days) != (_draft(a).last_day - _draft(a).first_day).days + 1,
    "reason": lambda a: _draft(a).reason is not None,
    "note": lambda a: _draft(a).note is not None,
    "substitute": lambda a: _draft(a).substitute is not None,
    "attachments": lambda a: bool(_draft(a).attachments),
}
_MEASURES: dict[str, Measure] = {
    "days": lambda a: len(_draft(a).days),
    "reason_length": lambda a: len(_draft(a).reason or ""),
    "attachment_bytes": lambda a: max((upload.size for upload in _draft(a).attachments), default=0),
}


_SICK_FEATURES: dict[str, Feature] = {
    "half_days": lambda a: a["report"].portion is not Portion.FULL,
    "expected_until": lambda a: a["report"].expected_until is not None,
    "reachable_at": lambda a: a["report"].reachable_at is not None,
    "handover": lambda a: a["report"].handover is not None,
}
_WITH_REASON: dict[str, Feature] = {"reason": lambda a: a["reason"] is not None}


class LeaveService(Service, service="leave"):
    """Asking for leave and deciding about it."""

    @read(access=_READ)
    def types(self, person: PersonRef | None = None) -> Steps[Listing[LeaveType]]:
        """The kinds of leave that *person* may ask for."""
        raise self.unsupported("types")
        yield

    @read(access=_READ)
    def balances(self, person: PersonRef | None = None, *, on: date | None = None) -> Steps[Listing[LeaveBalance]]:
        """What *person* may still take, per leave type, counted up to and including *on* (today when left out)."""
        raise self.unsupported("balances")
        yield

    @read(access=_READ)
    def schedule(self, person: PersonRef | None = None, *, on: date | None = None) -> Steps[WorkSchedule]:
        """When *person* works, as it holds on *on* (today when left out)."""
        raise self.unsupported("schedule")
        yield

    @read(access=_READ)
    def holidays(self, person: PersonRef | None = None, *, year: int) -> Steps[Listing[Holiday]]:
        """The days of *year* on which *person* is off because everyone is, by date."""
        raise self.unsupported("holidays")
        yield

    @pages(access=_READ)
    def requests(
        self,
        person: PersonRef | None = None,
        *,
        status: frozenset[LeaveStatus] | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> PageSteps[LeaveRequest]:
        """Requests of *person*, the latest first day first.

        Args:
            status: Only these.
            since: Only requests with a day on or after it.
            until: Only requests with a day on or before it.
        """
        raise self.unsupported("requests")
        yield Page(())

    @read(access=_READ_REF)
    def get(self, ref: Ref) -> Steps[LeaveRequest]:
        """One request.

        Raises:
            NotFound: There is none, or it is not for the caller to see.
        """
        raise self.unsupported("get")
        yield

    @write(
        Safety.ONCE,
        access=Access("leave.request", frozenset({Relation.SELF, Relation.MANAGER}), named("draft", "person")),
        features=_FEATURES,
        measures=_MEASURES,
    )
    def submit(self, draft: LeaveDraft, *, key: Key | None = None) -> Steps[LeaveRequest]:
        """Ask for leave on the days of *draft*.

        Args:
            draft: Whole or part days, in the employee's own time zone; at least one day that costs something.
            key: Repeating the call with the same key never makes a second request, where the system can.

        Returns:
            The request as the system recorded it; ``total`` is what it costs, in the leave type's unit.

        Raises:
            InsufficientBalance: *short_by* in the leave type's unit; nothing was recorded.
            CrossesEntitlementPeriod: Nothing was granted yet for the days from *split_at* on.
            OverlappingLeave: With the requests that overlap.
            NotAWorkingDay: No day of it costs anything.
            BlackoutPeriod, PayrollLocked: No leave then, or no longer.
            NoticeTooShort, IncrementInvalid, ReasonRequired, AttachmentRequired: The rules of the leave type.
            NotSupported: With the link to the system's own form.
            OutcomeUnknown: It may have been recorded; ask ``submit.reconcile(key)``.

        Source: RFC 5545 3.8.2 for whole days.
        """
        raise self.unsupported("submit")
        yield

    @write(Safety.ONCE, access=_REQUEST_REF, features=_FEATURES, measures=_MEASURES)
    def amend(self, ref: Ref, draft: LeaveDraft, *, key: Key | None = None) -> Steps[LeaveRequest]:
        """Replace a request that is not yet decided, or was returned, by *draft*; it is asked for anew.

        Raises:
            Conflict: It was decided meanwhile; or changed, when *ref* is of an earlier ``get`` and carries a version.
            InsufficientBalance: As for ``submit``, and all the others of it.
        """
        raise self.unsupported("amend")
        yield

    @write(Safety.ONCE, access=_REQUEST_REF, features=_WITH_REASON)
    def withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        """Take back a request before it is decided.

        Raises:
            Conflict: It was decided meanwhile: ``cancel`` may help.
        """
        raise self.unsupported("withdraw")
        yield

    @write(Safety.ONCE, access=_REQUEST_REF, features=_WITH_REASON)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        """Give approved leave back. Once it has begun, the approver has to agree (``CANCEL_REQUESTED``).

        Raises:
            Conflict: It is not approved.
            CannotCancelAfterStart: It is over, or has begun and the system does not take it back then.
            PayrollLocked: Some of its days can no longer be changed.
        """
        raise self.unsupported("cancel")
        yield

    @pages(access=Access("leave.decide", frozenset({Relation.SELF}), named("person")))
    def inbox(self, person: PersonRef | None = None) -> PageSteps[LeaveRequest]:
        """Requests that wait for the decision of *person*, the oldest first."""
        raise self.unsupported("inbox")
        yield Page(())

    @write(
        Safety.ONCE,
        access=Access("leave.decide", frozenset({Relation.MANAGER}), owner()),
        features={"comment": lambda a: a["comment"] is not None, "return": lambda a: a["decision"] == Decision.RETURN},
    )
    def decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[LeaveRequest]:
        """Approve, reject or return a request, or agree to a cancellation. Nobody decides about their own.

        Args:
            ref: With the version of the request that was looked at (as in ``request.ref``), a request that was changed
                since is not decided about unseen.
            comment: For the employee.

        Raises:
            Conflict: Someone decided already, or the request was changed meanwhile.
            NotYourApproval: It is the caller's own, or someone else's to decide.
            PayrollLocked: Some of its days can no longer be changed.
            ReasonRequired: Rejecting and returning say why.
        """
        raise self.unsupported("decide")
        yield

    @read(access=_ANYONE)
    def absences(self, *, since: date, until: date, people: tuple[PersonRef, ...] | None = None) -> Steps[Listing[Absence]]:
        """Who is off on the days from *since* to *until*, both included; at most a year. Never why.

        Args:
            people: Only these; the caller's team (the same manager, and who reports to the caller) when left out.
        """
        raise self.unsupported("absences")
        yield

    @write(
        Safety.ONCE,
        access=_REQUEST_REF,
        measures={"attachment_bytes": lambda a: a["upload"].size},
    )
    def attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Attachment]:
        """Add a document to a request."""
        raise self.unsupported("attach")
        yield

    @read(access=Access("leave.read", frozenset({Relation.SELF, Relation.MANAGER}), owner(parameter="request")))
    def attachment(self, request: Ref, ref: Ref) -> Steps[bytes]:
        """The bytes of the attachment *ref* of *request*."""
        raise self.unsupported("attachment")
        yield

    @read(access=_SICK)
    def sick_cases(self, person: PersonRef | None = None, *, since: date | None = None) -> Steps[Listing[SickCase]]:
        """When *person* was ill, the latest first; only what lasted until *since* or longer, when it is given."""
        raise self.unsupported("sick_cases")
        yield

    @read(access=Access("leave.sick", frozenset({Relation.SELF, Relation.MANAGER}), owner(operation="sick_case")))
    def sick_case(self, ref: Ref) -> Steps[SickCase]:
        """One illness."""
        raise self.unsupported("sick_case")
        yield

    @write(
        Safety.ONCE,
        access=Access("leave.sick", frozenset({Relation.SELF, Relation.MANAGER}), named("report", "person")),
        features=_SICK_FEATURES,
    )
    def report_sick(self, report: SickReport, *, key: Key | None = None) -> Steps[SickCase]:
        """Say that someone is ill, and who reads it knows nothing of what it is.

        Raises:
            SickAlready: They are reported ill already: *ref* says which case.
            PayrollLocked: The first day can no longer be changed.
        """
        raise self.unsupported("report_sick")
        yield

    @write(
        Safety.ONCE,
        access=Access("leave.sick", frozenset({Relation.SELF, Relation.MANAGER}), owner(operation="sick_case")),
    )
    def report_recovered(self, ref: Ref, *, back_on: date | None = None, key: Key | None = None) -> Steps[SickCase]:
        """Say that someone is well again.

        Args:
            ref: The case, as ``report_sick`` or ``sick_cases`` gave it.
            back_on: First day back at work; today when left out.

        Raises:
            Conflict: They were reported recovered already.
        """
        raise self.unsupported("report_recovered")
        yield

    @submit.previews
    def preview_submit(self, draft: LeaveDraft, *, key: Key | None = None) -> Steps[Preview]:
        """What the request would cost, by this library's own arithmetic."""
        from workplace_sdk.services.leave_preview import previewed

        return (yield from previewed(self, "leave.submit", draft, key))

    @amend.previews
    def preview_amend(self, ref: Ref, draft: LeaveDraft, *, key: Key | None = None) -> Steps[Preview]:
        """As for ``submit``, the request that is replaced left out."""
        from workplace_sdk.services.leave_preview import previewed

        old = yield from self.get.steps(ref)
        return (yield from previewed(self, "leave.amend", draft, key, replacing=old))

    @withdraw.previews
    def preview_withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which request goes."""
        from workplace_sdk.services.leave_preview import withdrawing

        return withdrawing(key, (yield from self.get.steps(ref)))

    @cancel.previews
    def preview_cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which leave is given back, how much, and whether the approver has to agree."""
        from workplace_sdk.services.leave_preview import given_back

        return given_back(self, key, (yield from self.get.steps(ref)))

    @decide.previews
    def preview_decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[Preview]:
        """Whose request, what they have left, and who else is off then."""
        from workplace_sdk.services.leave_preview import deciding

        return (yield from deciding(self, ref, decision, key))

    @attach.previews
    def preview_attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Preview]:
        """Which document goes with which request."""
        from workplace_sdk.services.leave_lines import told

        request = yield from self.get.steps(ref)
        words = Words("Add {name} to: {what}", "{name} toevoegen aan: {what}")
        return told("leave.attach", key, request, words.filled(name=upload.name))

    @report_sick.previews
    def preview_report_sick(self, report: SickReport, *, key: Key | None = None) -> Steps[Preview]:
        """Who is reported ill from when, and which leave falls in it."""
        from workplace_sdk.services.leave_preview import reporting_sick

        return (yield from reporting_sick(self, report, key))

    @report_recovered.previews
    def preview_report_recovered(self, ref: Ref, *, back_on: date | None = None, key: Key | None = None) -> Steps[Preview]:
        """Who is back, and when."""
        from workplace_sdk.services.leave_preview import reporting_recovered

        return (yield from reporting_recovered(self, ref, back_on, key))
