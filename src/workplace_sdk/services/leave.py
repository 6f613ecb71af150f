"""Leave: what someone may still take, asking for it, deciding about it, and who is off."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AwareDatetime, Field, model_validator

from workplace_sdk.kernel.access import Access, Arguments, Relation
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import Conflict, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import Feature, Measure, Service, pages, read, write
from workplace_sdk.kernel.preview import Preview, PreviewLine
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.calendar import Holiday, Portion, WorkSchedule
from workplace_sdk.services.common import (
    Amount,
    ApprovalStep,
    Attachment,
    Decision,
    DurationAmount,
    Mapped,
    Model,
    PersonRef,
    Record,
    Ref,
    Unit,
    Upload,
    days_between,
    named,
    owner,
)

if TYPE_CHECKING:
    from typing import Self


class LeaveCategory(StrEnum):
    """What kind of leave it is, in words that every system's own can be brought under."""

    ANNUAL = "annual"
    SICK = "sick"
    PARENTAL = "parental"
    MATERNITY = "maternity"
    PARTNER = "partner"
    CARER = "carer"
    BEREAVEMENT = "bereavement"
    SPECIAL = "special"
    UNPAID = "unpaid"
    COMPENSATORY = "compensatory"
    STUDY = "study"
    CIVIC_DUTY = "civic_duty"
    VOLUNTEER = "volunteer"
    SABBATICAL = "sabbatical"
    OTHER = "other"
    UNMAPPED = "unmapped"


class LeaveStatus(StrEnum):
    """How far a request is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PARTLY_APPROVED = "partly_approved"
    REJECTED = "rejected"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    CANCEL_REQUESTED = "cancel_requested"
    CANCELLED = "cancelled"
    TAKEN = "taken"
    UNMAPPED = "unmapped"


class AttachmentRule(StrEnum):
    """When a document goes with a request."""

    NEVER = "never"
    OPTIONAL = "optional"
    ALWAYS = "always"


class LeaveType(Record):
    """A kind of leave that someone may ask for, and its rules. ``None`` means that the system does not say.

    Attributes:
        increment: Smallest step of an amount, in *unit*.
        charges_holidays: Whether days on which everyone is off cost leave too.
        min_notice: Days between asking and the first day.
        confidential: Others only see that someone is absent.
    """

    name: str
    category: Mapped[LeaveCategory]
    unit: Unit
    increment: Amount | None = None
    half_days: bool | None = None
    hours: bool | None = None
    requires_approval: bool | None = None
    requires_reason: bool | None = None
    attachments: AttachmentRule | None = None
    allow_negative: bool | None = None
    charges_holidays: bool | None = None
    min_notice: int | None = None
    confidential: bool = False

    def __str__(self) -> str:
        return self.name


class BalanceOrigin(StrEnum):
    """Who computed what is available."""

    BACKEND = "backend"
    DERIVED = "derived"


class Expiry(Model):
    """*amount* is lost when it is not taken up to and including *on*."""

    amount: Amount
    on: date


class LeaveBalance(Model):
    """What someone may still take of one leave type, counted up to and including *as_of*. All amounts in *unit*.

    Attributes:
        entitled: For the whole period.
        carried_over: From earlier periods, as far as not expired.
        accrued: Built up by *as_of*, where leave is built up.
        taken: Approved, on days up to *as_of*.
        planned: Approved, on later days of the period.
        pending: Asked for, not yet decided.
        available: What may still be asked for: entitled + carried over + adjusted - taken - planned - pending.
    """

    employee: PersonRef
    leave_type: Ref
    name: str
    as_of: date
    unit: Unit
    entitled: Amount | None = None
    carried_over: Amount | None = None
    expiring: tuple[Expiry, ...] = ()
    accrued: Amount | None = None
    adjusted: Amount | None = None
    taken: Amount | None = None
    planned: Amount | None = None
    pending: Amount | None = None
    available: Amount | None = None
    origin: BalanceOrigin = BalanceOrigin.BACKEND
    unlimited: bool = False
    period: tuple[date, date] | None = None


class DayOff(Model):
    """A day, or a part of it, that someone asks for.

    Attributes:
        hours: With ``Portion.HOURS``: how many.
        start: With ``Portion.HOURS``: from when, on the clocks of the employee's zone.
    """

    date: date
    portion: Portion = Portion.FULL
    hours: Amount | None = None
    start: time | None = None

    @model_validator(mode="after")
    def _hours_with_hours(self) -> Self:
        if (self.portion is Portion.HOURS) != (self.hours is not None):
            raise ValueError("give hours with portion 'hours', and only then")
        if self.hours is not None and not 0 < self.hours <= 24:
            raise ValueError("hours are more than 0 and at most 24")
        return self


class LeaveDay(DayOff):
    """A day of a request with what it costs: nothing on a holiday or a day without work, and *why_zero* says so."""

    charged: DurationAmount
    why_zero: str | None = None


MOST_DAYS = 400
"""Days in one request, at most."""


class LeaveDraft(Model):
    """What someone asks for.

    Attributes:
        leave_type: Reference or name of the type.
        days: Each day once; days without work may be among them and cost nothing.
        person: Who will be off; the caller when left out.
        reason: For the approver; never shown to colleagues.
        substitute: Who stands in.
    """

    leave_type: Ref | str
    days: Annotated[tuple[DayOff, ...], Field(min_length=1, max_length=MOST_DAYS)]
    person: PersonRef | None = None
    reason: Annotated[str, Field(max_length=2000)] | None = None
    substitute: PersonRef | None = None
    attachments: tuple[Upload, ...] = ()

    @model_validator(mode="after")
    def _each_day_once(self) -> Self:
        dates = [day.date for day in self.days]
        if len(set(dates)) != len(dates):
            raise ValueError("days: the same date is there twice")
        return self

    @classmethod
    def between(
        cls,
        leave_type: Ref | str,
        first: date,
        last: date | None = None,
        *,
        first_portion: Portion = Portion.FULL,
        last_portion: Portion = Portion.FULL,
        **others: Any,
    ) -> LeaveDraft:
        """Every day from *first* to *last*, both included; the ends may be half days.

        A first day in the afternoon (``PM``) and a last day in the morning (``AM``) are what makes a gap-free absence.
        """
        until = last or first
        if until < first:
            raise ValueError("last is before first")
        if (until - first).days >= MOST_DAYS:
            raise ValueError(f"at most {MOST_DAYS} days at once")
        portions = {until: last_portion} | {
            first: first_portion if until != first or last is None else _single(first_portion, last_portion)
        }
        days = tuple(DayOff(date=day, portion=portions.get(day, Portion.FULL)) for day in days_between(first, until))
        return cls(leave_type=leave_type, days=days, **others)

    @property
    def first_day(self) -> date:
        """The earliest date."""
        return min(day.date for day in self.days)

    @property
    def last_day(self) -> date:
        """The latest date."""
        return max(day.date for day in self.days)


def _single(first: Portion, last: Portion) -> Portion:
    """The portion of a request of one day, given for its first or its last end."""
    return last if first is Portion.FULL else first


class LeaveRequest(Record):
    """A request as the system recorded it."""

    employee: PersonRef
    leave_type: Ref
    type_name: str
    days: tuple[LeaveDay, ...]
    status: Mapped[LeaveStatus]
    reason: str | None = None
    substitute: PersonRef | None = None
    approvals: tuple[ApprovalStep, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    supersedes: Ref | None = None
    submitted_by: PersonRef | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    decided_at: AwareDatetime | None = None

    @property
    def first_day(self) -> date:
        """The earliest date."""
        return min(day.date for day in self.days)

    @property
    def last_day(self) -> date:
        """The latest date."""
        return max(day.date for day in self.days)

    @property
    def total(self) -> DurationAmount:
        """What all days cost together, in the leave type's unit."""
        first = self.days[0].charged
        return DurationAmount(value=sum((day.charged.value for day in self.days), Decimal(0)), unit=first.unit)


class Absence(Model):
    """Someone is off on a day, or a part of it. The reason and the kind of leave are not part of it."""

    person: PersonRef
    date: date
    portion: Portion = Portion.FULL
    tentative: bool = False


_READ = Access("leave.read", frozenset({Relation.SELF, Relation.MANAGER}), named("person"))
_READ_REF = Access("leave.read", frozenset({Relation.SELF, Relation.MANAGER}), owner())
_REQUEST_REF = Access("leave.request", frozenset({Relation.SELF}), owner())
_ANYONE = Access("leave.absences")


def _draft(arguments: Arguments) -> LeaveDraft:
    draft: LeaveDraft = arguments["draft"]
    return draft


_FEATURES: dict[str, Feature] = {
    "half_days": lambda a: any(day.portion in (Portion.AM, Portion.PM) for day in _draft(a).days),
    "hours": lambda a: any(day.portion is Portion.HOURS for day in _draft(a).days),
    "separate_days": lambda a: len(_draft(a).days) != (_draft(a).last_day - _draft(a).first_day).days + 1,
    "reason": lambda a: _draft(a).reason is not None,
    "substitute": lambda a: _draft(a).substitute is not None,
    "attachments": lambda a: bool(_draft(a).attachments),
}
_MEASURES: dict[str, Measure] = {
    "days": lambda a: len(_draft(a).days),
    "reason_length": lambda a: len(_draft(a).reason or ""),
    "attachment_bytes": lambda a: max((upload.size for upload in _draft(a).attachments), default=0),
}


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
            OverlappingLeave: With the requests that overlap.
            NotAWorkingDay: No day of it costs anything.
            NotSupported: With the link to the system's own form.
            OutcomeUnknown: It may have been recorded; ask ``submit.reconcile(key)``.

        Source: RFC 5545 3.8.2 for whole days.
        """
        raise self.unsupported("submit")
        yield

    @write(Safety.ONCE, access=_REQUEST_REF)
    def amend(self, ref: Ref, draft: LeaveDraft, *, key: Key | None = None) -> Steps[LeaveRequest]:
        """Replace a request that is not yet decided, or was returned, by *draft*; it is asked for anew.

        Raises:
            Conflict: It was decided meanwhile.
        """
        raise self.unsupported("amend")
        yield

    @write(Safety.ONCE, access=_REQUEST_REF)
    def withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        """Take back a request before it is decided.

        Raises:
            Conflict: It was decided meanwhile: ``cancel`` may help.
        """
        raise self.unsupported("withdraw")
        yield

    @write(Safety.ONCE, access=_REQUEST_REF)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        """Give approved leave back. Once it has begun, the approver has to agree (``CANCEL_REQUESTED``).

        Raises:
            Conflict: It is not approved, or is over.
        """
        raise self.unsupported("cancel")
        yield

    @pages(access=Access("leave.decide", frozenset({Relation.SELF}), named("person")))
    def inbox(self, person: PersonRef | None = None) -> PageSteps[LeaveRequest]:
        """Requests that wait for the decision of *person*, the oldest first."""
        raise self.unsupported("inbox")
        yield Page(())

    @write(Safety.ONCE, access=Access("leave.decide", frozenset({Relation.MANAGER}), owner()))
    def decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[LeaveRequest]:
        """Approve, reject or return a request, or agree to a cancellation. Nobody decides about their own.

        Raises:
            Conflict: Someone decided already.
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

    @submit.previews
    def preview_submit(self, draft: LeaveDraft, *, key: Key | None = None) -> Steps[Preview]:
        """What the request would cost, by this library's own arithmetic."""
        from workplace_sdk.services.leave_preview import previewed

        return (yield from previewed(self, draft, key))

    @amend.previews
    def preview_amend(self, ref: Ref, draft: LeaveDraft, *, key: Key | None = None) -> Steps[Preview]:
        """As for ``submit``, the request that is replaced left out."""
        from workplace_sdk.services.leave_preview import previewed

        old = yield from self.get.steps(ref)
        return (yield from previewed(self, draft, key, replacing=old))

    @withdraw.previews
    def preview_withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which request goes."""
        request = yield from self.get.steps(ref)
        return _told("leave.withdraw", key, request, Words("Withdraw: {what}", "Intrekken: {what}"))

    @cancel.previews
    def preview_cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which leave is given back, and how much."""
        request = yield from self.get.steps(ref)
        return _told("leave.cancel", key, request, Words("Give back: {what}", "Teruggeven: {what}"))

    @decide.previews
    def preview_decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[Preview]:
        """Whose request, and who else is off then."""
        from workplace_sdk.services.leave_preview import colleagues_off

        request = yield from self.get.steps(ref)
        said = {
            Decision.APPROVE: Words("Approve: {what}", "Goedkeuren: {what}"),
            Decision.REJECT: Words("Reject: {what}", "Afwijzen: {what}"),
            Decision.RETURN: Words("Return: {what}", "Terugsturen: {what}"),
        }[decision]
        told = _told("leave.decide", key, request, said)
        others = yield from colleagues_off(self, request.employee, request.first_day, request.last_day)
        return told.model_copy(update={"lines": (*told.lines, *others)})

    @attach.previews
    def preview_attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Preview]:
        """Which document goes with which request."""
        request = yield from self.get.steps(ref)
        return _told(
            "leave.attach", key, request, Words(f"Add {upload.name} to: {{what}}", f"{upload.name} toevoegen aan: {{what}}")
        )


def _told(operation: str, key: Key | None, request: LeaveRequest, words: Words) -> Preview:
    what = f"{request.employee.label}, {request.type_name}, {request.first_day} - {request.last_day}, {request.total}"
    text = words.filled(what=what)
    line = PreviewLine(
        code="request", en=text.en, nl=text.nl, facts={"ref": str(request.ref), "total": str(request.total.value)}
    )
    return Preview(operation=operation, key=str(key), lines=(line,))


class InsufficientBalance(Rejected):
    """There is less left than was asked for: *short_by* says how much less, in the leave type's unit."""

    code = "insufficient-balance"
    words = Words(
        "You do not have enough leave left: you are short by {short_by}.",
        "U heeft niet genoeg verlof over: u komt {short_by} tekort.",
    )

    def __init__(self, message: str = "", *, short_by: DurationAmount | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.short_by = short_by


class OverlappingLeave(Rejected):
    """There is leave on some of these days already: *refs* says which requests."""

    code = "overlapping-leave"
    words = Words(
        "You already asked for leave on some of these days.", "U heeft op een deel van deze dagen al verlof gevraagd."
    )

    def __init__(self, message: str = "", *, refs: tuple[Ref, ...] = (), **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.refs = refs


class NotAWorkingDay(Rejected):
    """None of the *dates* is a working day: there is nothing to ask leave for."""

    code = "not-a-working-day"
    words = Words(
        "You do not work on these days, so no leave is needed.", "U werkt niet op deze dagen, dus verlof is niet nodig."
    )

    def __init__(self, message: str = "", *, dates: tuple[date, ...] = (), **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.dates = dates


class NoticeTooShort(Rejected):
    """This kind of leave is asked for *min_days* days before it begins."""

    code = "notice-too-short"
    words = Words("Please ask at least {min_days} days before.", "Vraag dit minstens {min_days} dagen van tevoren aan.")

    def __init__(self, message: str = "", *, min_days: int = 0, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.min_days = min_days


class BlackoutPeriod(Rejected):
    """No leave can be taken from *first* to *last*."""

    code = "blackout-period"
    words = Words(
        "No leave can be taken from {first} to {last}.", "Van {first} tot en met {last} kan geen verlof worden opgenomen."
    )

    def __init__(self, message: str = "", *, first: date | None = None, last: date | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.first = first
        self.last = last


class CrossesEntitlementPeriod(Rejected):
    """The days are in two entitlement periods: ask for them in two requests, the second from *split_at*."""

    code = "crosses-entitlement-period"
    words = Words(
        "Please make two requests, the second one from {split_at}.", "Maak twee aanvragen, de tweede vanaf {split_at}."
    )

    def __init__(self, message: str = "", *, split_at: date | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.split_at = split_at


class PayrollLocked(Rejected):
    """Days up to and including *until* are closed for changes."""

    code = "payroll-locked"
    words = Words("Days up to {until} can no longer be changed.", "Dagen tot en met {until} kunnen niet meer worden gewijzigd.")

    def __init__(self, message: str = "", *, until: date | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.until = until


class AttachmentRequired(Rejected):
    """A document has to go with this kind of leave."""

    code = "attachment-required"
    words = Words("Please add a document.", "Voeg een document toe.")


class ReasonRequired(Rejected):
    """A reason has to be given."""

    code = "reason-required"
    words = Words("Please give a reason.", "Geef een reden.")


class IncrementInvalid(Rejected):
    """Amounts go in steps of *step*, in the leave type's unit."""

    code = "increment-invalid"
    words = Words("This leave goes in steps of {step}.", "Dit verlof gaat in stappen van {step}.")

    def __init__(self, message: str = "", *, step: Decimal | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.step = step


class NotYourApproval(Conflict):
    """Someone else has to decide about this."""

    code = "not-your-approval"
    words = Words("This is not for you to decide.", "Het is niet aan u om hierover te beslissen.")
