"""What leave is made of: types, balances, requests by the day, absences, illness."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AwareDatetime, Field, model_validator

from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import (
    Amount,
    ApprovalStep,
    Attachment,
    DurationAmount,
    Mapped,
    Model,
    PersonRef,
    Record,
    Ref,
    Unit,
    Upload,
    days_between,
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
    HOLIDAY_SWAP = "holiday_swap"
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
    AFTER_DAYS = "after_days"
    """When the leave lasts more than ``LeaveType.attachment_after`` days."""
    ALWAYS = "always"


class Pay(StrEnum):
    """Whether someone is paid while on leave."""

    PAID = "paid"
    PARTLY = "partly"
    UNPAID = "unpaid"


class LeaveType(Record):
    """A kind of leave that someone may ask for, and its rules. ``None`` means that the system does not say.

    Attributes:
        increment: Step of a part of a day, in *unit*; a whole day may always be asked for.
        reasons: What may be given as the reason; any text when there are none.
        attachment_after: With ``AFTER_DAYS``: days from the first to the last of a request that need no document yet.
        max_days: Days from the first to the last of one request, at most.
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
    reasons: tuple[str, ...] = ()
    attachments: AttachmentRule | None = None
    attachment_after: int | None = None
    max_days: int | None = None
    allow_negative: bool | None = None
    paid: Pay | None = None
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
    """What someone may still take of one leave type, as of a date. All amounts in *unit*.

    It counts what may be used on *as_of*, and what was used in the same entitlement period of leave that has lapsed since.
    Leave that becomes usable later is not in it, and neither are days that will be taken from such leave. So, as far as
    all are known: available = entitled + carried over + accrued + adjusted - taken - planned - pending.

    Attributes:
        as_of: The date it is counted for; it may be in the future.
        entitled: Granted at once, for the period.
        carried_over: From earlier periods: what was left of it when the period began, as far as not lapsed unused.
        accrued: Built up by *as_of*, where leave is built up bit by bit.
        adjusted: Corrections, up or down.
        taken: Approved, on days up to and including *as_of*.
        planned: Approved, on later days.
        pending: Asked for, not yet decided.
        available: What may still be asked for on *as_of*; below zero when more was taken than there was.
        expiring: What is lost, and when, if no more is asked for.
        period: First and last day of the entitlement period that *as_of* is in.
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
    """A day of a request with what it costs.

    Attributes:
        why_zero: Why it costs nothing: ``holiday``, ``non_working`` or ``not_employed``.
    """

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
        reason: For the approver; never shown to colleagues. One of the type's ``reasons`` where it has them.
        note: What else the approver should know; never shown to colleagues.
        substitute: Who stands in.
    """

    leave_type: Ref | str
    days: Annotated[tuple[DayOff, ...], Field(min_length=1, max_length=MOST_DAYS)]
    person: PersonRef | None = None
    reason: Annotated[str, Field(max_length=2000)] | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None
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
        portions = {first: first_portion, until: last_portion}
        if until == first:
            given = {first_portion, last_portion} - {Portion.FULL}
            if len(given) > 1:
                raise ValueError("a single day is a morning or an afternoon: leave both out for the whole day")
            portions = {first: given.pop() if given else Portion.FULL}
        days = tuple(DayOff(date=day, portion=portions.get(day, Portion.FULL)) for day in days_between(first, until))
        return cls(leave_type=leave_type, days=days, **others)

    @classmethod
    def for_hours(
        cls, leave_type: Ref | str, day: date, hours: Decimal | int | str, *, start: time | None = None, **others: Any
    ) -> LeaveDraft:
        """Some *hours* of one day; *start* is on the clocks of the employee's zone.

        LeaveDraft.for_hours("Annual leave", date(2026, 12, 4), "1.5", start=time(9))
        """
        off = DayOff.model_validate({"date": day, "portion": Portion.HOURS, "hours": hours, "start": start})
        return cls(leave_type=leave_type, days=(off,), **others)

    @property
    def first_day(self) -> date:
        """The earliest date."""
        return min(day.date for day in self.days)

    @property
    def last_day(self) -> date:
        """The latest date."""
        return max(day.date for day in self.days)


class LeaveStep(StrEnum):
    """Something that happened to a request."""

    SUBMITTED = "submitted"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"
    CANCEL_REQUESTED = "cancel_requested"
    CANCEL_REJECTED = "cancel_rejected"
    CANCELLED = "cancelled"


class LeaveEvent(Model):
    """What happened to a request, when, and what was said with it; *by* is ``None`` where nobody did it or it is not known."""

    step: Mapped[LeaveStep]
    at: AwareDatetime
    by: PersonRef | None = None
    comment: str | None = None


class LeaveRequest(Record):
    """A request as the system recorded it.

    Attributes:
        approvals: Who decided, and whose decision it waits for.
        timeline: What happened to it, oldest first, as far as the system tells.
        counted: What all days cost together, where the system tells no more than that: which of *days* cost nothing is not
            known then, and each has what a working day would cost.
        submitted_by: Not the employee when someone asked on their behalf.
    """

    employee: PersonRef
    leave_type: Ref
    type_name: str
    days: tuple[LeaveDay, ...]
    status: Mapped[LeaveStatus]
    reason: str | None = None
    note: str | None = None
    substitute: PersonRef | None = None
    approvals: tuple[ApprovalStep, ...] = ()
    timeline: tuple[LeaveEvent, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    supersedes: Ref | None = None
    counted: DurationAmount | None = None
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
        if self.counted is not None:
            return self.counted
        first = self.days[0].charged
        return DurationAmount(value=sum((day.charged.value for day in self.days), Decimal(0)), unit=first.unit)


class Absence(Model):
    """Someone is off on a day, or a part of it. The reason and the kind of leave are not part of it.

    Attributes:
        hours: With ``Portion.HOURS``: how many, from *start* when that is known.
        tentative: Not yet approved, or only expected.
    """

    person: PersonRef
    date: date
    portion: Portion = Portion.FULL
    hours: Amount | None = None
    start: time | None = None
    tentative: bool = False


class SickReport(Model):
    """Someone is ill. What they have is not asked: there is no field for it, and no text of it belongs in the others.

    Attributes:
        first_day: First day of illness; today when left out.
        portion: With ``PM``: they went home at noon of *first_day*.
        person: Who is ill; the caller when left out.
        expected_until: Last day of illness as they expect it.
        reachable_at: Telephone number or address during the illness.
        handover: Appointments and work that someone has to take over.

    Source: Dutch Data Protection Authority, policy rules "De zieke werknemer": what an employer may ask.
    """

    first_day: date | None = None
    portion: Portion = Portion.FULL
    person: PersonRef | None = None
    expected_until: date | None = None
    reachable_at: Annotated[str, Field(max_length=200)] | None = None
    handover: Annotated[str, Field(max_length=2000)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.portion not in (Portion.FULL, Portion.PM):
            raise ValueError("portion: illness begins with a whole day or with an afternoon")
        if self.first_day and self.expected_until and self.expected_until < self.first_day:
            raise ValueError("expected_until is before first_day")
        return self


class SickCase(Record):
    """An illness as the system recorded it; for the person and the manager, never part of ``absences`` as such.

    Attributes:
        back_on: First day back at work; ``None`` while the person is ill.
    """

    employee: PersonRef
    first_day: date
    portion: Portion = Portion.FULL
    expected_until: date | None = None
    back_on: date | None = None
    reachable_at: str | None = None
    handover: str | None = None
    reported_by: PersonRef | None = None
    reported_at: AwareDatetime | None = None
    recovered_at: AwareDatetime | None = None

    @property
    def over(self) -> bool:
        """Whether the person was reported recovered."""
        return self.back_on is not None
