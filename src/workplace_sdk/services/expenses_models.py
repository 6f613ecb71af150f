"""What expenses are made of: categories, lines, journeys, trips, VAT, reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from workplace_sdk.services.common import (
    Amount,
    ApprovalStep,
    Attachment,
    Mapped,
    Model,
    Money,
    PersonRef,
    Record,
    Ref,
    Span,
    Upload,
    days_between,
    zone_of,
)

if TYPE_CHECKING:
    from typing import Self

KM_PER_MILE: Final = Decimal("1.609344")
"""Source: international yard and pound agreement of 1959; exact."""
MOST: Final = Decimal(10) ** 12
"""Amounts are below this, so that no sum and no conversion loses a digit."""
MOST_DAYS: Final = 366
"""Days in one trip."""


def _in_minor_units(money: Money) -> Money:
    if abs(money.amount) >= MOST:
        raise ValueError(f"must be below {MOST:,} {money.currency}")
    if money.amount != money.rounded().amount:
        raise ValueError(f"{money.amount} is no whole number of minor units of {money.currency}")
    return money


Sum = Annotated[Money, AfterValidator(_in_minor_units)]
"""Money that can be paid: whole cents (as ISO 4217 has it for the currency)."""
Percent = Annotated[Amount, Field(ge=0, le=100)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1, two letters."""
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class LineKind(StrEnum):
    """What kind of cost a category is for: it decides what a line of it takes."""

    PURCHASE = "purchase"
    """An amount, with a receipt."""
    MILEAGE = "mileage"
    """A distance by one's own vehicle."""
    PER_DIEM = "per_diem"
    """A trip, paid by the day."""
    ALLOWANCE = "allowance"
    """An amount that was agreed: no receipt, no VAT."""


class LimitPer(StrEnum):
    """What a category's limit is for."""

    UNIT = "unit"
    """One line."""
    DAY = "day"
    """All that one person claims of the category for one date."""
    PERSON = "person"
    """Each of the attendees, or the person alone when there are none."""


class PaidWith(StrEnum):
    """Whose money it was."""

    OWN_MONEY = "own_money"
    COMPANY_CARD = "company_card"
    ADVANCE = "advance"
    DIRECT_BILLED = "direct_billed"


class Vehicle(StrEnum):
    """How the distance was travelled."""

    CAR = "car"
    ELECTRIC_CAR = "electric_car"
    MOTORBIKE = "motorbike"
    BICYCLE = "bicycle"
    OTHER = "other"


class DistanceUnit(StrEnum):
    """Units of a distance."""

    KM = "km"
    MI = "mi"


class ReceiptState(StrEnum):
    """Whether a line has the receipt that it needs."""

    ATTACHED = "attached"
    MISSING = "missing"
    NOT_REQUIRED = "not_required"
    DECLARED_LOST = "declared_lost"


class ExpenseStatus(StrEnum):
    """How far a report is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PARTLY_APPROVED = "partly_approved"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    PAYMENT_SCHEDULED = "payment_scheduled"
    PAID = "paid"
    REVERSED = "reversed"
    UNMAPPED = "unmapped"


class ExpenseStep(StrEnum):
    """What can happen to a report."""

    SAVED = "saved"
    CHANGED = "changed"
    SUBMITTED = "submitted"
    AMENDED = "amended"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    PAYMENT_SCHEDULED = "payment_scheduled"
    PAID = "paid"
    REVERSED = "reversed"
    COMMENTED = "commented"
    UNMAPPED = "unmapped"


class ExpenseCategory(Record):
    """What money is spent on, and its rules. Amounts are in the organisation's currency.

    Attributes:
        receipt_over: A receipt is needed for more than this.
        vat_rate: In percent: what is in an amount that was paid at home, when the line does not say.
        vat_code: What the books call that rate.
        active_from: First date that can be claimed for; *active_until* the last.
    """

    code: str
    name: str
    kind: LineKind = LineKind.PURCHASE
    limit: Money | None = None
    limit_per: LimitPer = LimitPer.UNIT
    receipt_over: Money | None = None
    attendees_required: bool | None = None
    vat_rate: Amount | None = None
    vat_code: str | None = None
    vat_reclaimable: bool | None = None
    active_from: date | None = None
    active_until: date | None = None

    def __str__(self) -> str:
        return self.name


class MileageRate(Model):
    """What a *unit* of distance pays from *first* on, as far as the distance of the calendar year is over *over*.

    Attributes:
        last: The last date; until the next rate when left out.
        over: Units that were claimed in the year with the same vehicle before this rate begins: nothing for the first.
        untaxed: What of the rate is untaxed; the rest is income.
        source: Whose rate it is.
    """

    vehicle: Vehicle
    first: date
    rate: Money
    untaxed: Money | None = None
    last: date | None = None
    over: Annotated[Amount, Field(ge=0)] = Decimal(0)
    unit: DistanceUnit = DistanceUnit.KM
    source: str | None = None


class MileagePart(Model):
    """A part of a journey's distance and what it was paid at: *rate* for each *unit*, as it holds from *valid_from* on."""

    distance: Amount
    unit: DistanceUnit
    rate: Money
    untaxed: Money | None = None
    over: Amount = Decimal(0)
    valid_from: date
    source: str | None = None


class Location(Model):
    """A country, and a city in it when that is known."""

    country: Country
    city: Annotated[str, Field(min_length=1, max_length=100)] | None = None

    def __str__(self) -> str:
        return f"{self.city}, {self.country}" if self.city else self.country


class PartDay(Model):
    """More than *over_hours* of a date away pay *share* percent of the day."""

    over_hours: Annotated[Amount, Field(ge=0, le=24)]
    share: Percent


class PerDiemRate(Model):
    """What a day away in a country, or in a city of it, pays.

    Attributes:
        last: The last date; until the next rate when left out.
        day: For a whole day. Meals are deducted from it in percent of it.
        first_and_last: Percent of *day* for the first and the last date of a trip with a night; by hours when left out.
        parts: By hours away on a date, for trips within one date and where *first_and_last* does not say. Without any, every
            date pays a whole day.
        night: For each night without accommodation provided; nothing when left out.
        source: Whose rate it is.
    """

    country: Country
    city: str | None = None
    first: date
    last: date | None = None
    day: Money
    first_and_last: Percent | None = None
    parts: tuple[PartDay, ...] = ()
    breakfast: Percent = Decimal(0)
    lunch: Percent = Decimal(0)
    dinner: Percent = Decimal(0)
    night: Money | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _one_currency(self) -> Self:
        if self.night is not None and self.night.currency != self.day.currency:
            raise ValueError("night is in the currency of day")
        if len({part.over_hours for part in self.parts}) != len(self.parts):
            raise ValueError("parts: each number of hours once")
        return self


class PerDiemDay(Model):
    """One date of a trip and what it pays: *allowance* less what was *deducted* for meals, and the *night* that follows."""

    on: date
    location: Location
    hours: Amount
    share: Amount
    allowance: Money
    deducted: Money
    night: Money
    valid_from: date
    source: str | None = None

    @property
    def amount(self) -> Money:
        """What the date pays in all."""
        return self.allowance - self.deducted + self.night


class Tax(Model):
    """VAT in a line: *net* and *tax* make the gross within one minor unit.

    Attributes:
        rate: In percent; ``None`` when the receipt does not say.
        country: Whose tax it is; ``None`` when it is not known.
        reclaimable: Whether the organisation gets it back; ``None`` when nobody said.
    """

    rate: Percent | None = None
    net: Sum
    tax: Sum
    code: str | None = None
    country: Country | None = None
    reclaimable: bool | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.net.currency != self.tax.currency:
            raise ValueError("net and tax are in one currency")
        if self.net.amount < 0 or self.tax.amount < 0:
            raise ValueError("net and tax are not below nothing")
        return self

    @classmethod
    def inside(
        cls,
        gross: Money,
        rate: Decimal,
        *,
        country: str | None = None,
        code: str | None = None,
        reclaimable: bool | None = None,
    ) -> Tax:
        """The VAT that is inside *gross* at *rate* percent, rounded to minor units."""
        tax = Money(amount=gross.amount * rate / (100 + rate), currency=gross.currency).rounded()
        return cls(rate=rate, net=gross.rounded() - tax, tax=tax, country=country, code=code, reclaimable=reclaimable)

    @property
    def fits(self) -> bool:
        """Whether *tax* is what *rate* makes of *net*, within one minor unit; true without a rate."""
        if self.rate is None:
            return True
        return abs(self.net.amount * self.rate / 100 - self.tax.amount) <= Decimal(1).scaleb(-self.net.digits)


class Exchange(Model):
    """One unit of the original currency is *rate* of the report's, on *on*, says *source*."""

    rate: Annotated[Amount, Field(gt=0, max_digits=12)]
    on: date
    source: Annotated[str, Field(min_length=1, max_length=200)]

    def converted(self, money: Money, into: str) -> Money:
        """*money* in the currency *into*, rounded to its minor units."""
        return Money(amount=money.amount * self.rate, currency=into).rounded()


class Allocation(Model):
    """Who bears a part of a line: *share* in percent, or an amount in the line's own currency."""

    cost_centre: str | None = None
    project: str | None = None
    account: str | None = None
    share: Annotated[Amount, Field(gt=0, le=100)] | Sum

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.cost_centre or self.project or self.account):
            raise ValueError("give cost_centre, project or account")
        return self


class Distance(Model):
    """A journey by one's own vehicle.

    Attributes:
        length: One way, in *unit*; *round_trip* doubles it.
        via: Places on the way.
        commute: What of the whole is the usual way to work, in *unit*: it is not paid.
        plate: Registration number.
        passengers: Colleagues who came along.
    """

    origin: Annotated[str, Field(min_length=1, max_length=200)]
    destination: Annotated[str, Field(min_length=1, max_length=200)]
    length: Annotated[Amount, Field(gt=0, le=20_000, decimal_places=3)]
    unit: DistanceUnit = DistanceUnit.KM
    via: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    round_trip: bool = False
    vehicle: Vehicle = Vehicle.CAR
    commute: Annotated[Amount, Field(ge=0, decimal_places=3)] = Decimal(0)
    plate: Annotated[str, Field(max_length=20)] | None = None
    passengers: Annotated[int, Field(ge=0, le=100)] = 0

    @model_validator(mode="after")
    def _pays_something(self) -> Self:
        if self.commute >= self.total:
            raise ValueError("commute is less than the whole distance")
        return self

    @property
    def total(self) -> Decimal:
        """There, and back with *round_trip*, in *unit*."""
        return self.length * (2 if self.round_trip else 1)

    @property
    def paid(self) -> Decimal:
        """What is paid: the whole less the usual way to work, in *unit*."""
        return self.total - self.commute

    def __str__(self) -> str:
        way = " - ".join((self.origin, *self.via, self.destination))
        return f"{way}, {self.total.normalize():f} {self.unit}"


class Meals(Model):
    """Meals of a date that someone else paid, so that they are deducted."""

    on: date
    breakfast: bool = False
    lunch: bool = False
    dinner: bool = False


class Stop(Model):
    """From *on* on the trip was in another place: that date pays its rate, and those after it."""

    on: date
    location: Location


class Trip(Model):
    """Being away for work, paid by the day.

    Attributes:
        span: From leaving to coming back. Its dates are those on the clocks of its zone.
        destination: Where it went; *stops* when it went on to other places.
        meals: Provided by others.
        accommodation_provided: False when the nights were the person's own affair: they are paid where the rate has an amount.
    """

    span: Span
    destination: Location
    stops: tuple[Stop, ...] = ()
    meals: tuple[Meals, ...] = ()
    accommodation_provided: bool = True

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.last_day - self.first_day).days >= MOST_DAYS:
            raise ValueError(f"a trip has at most {MOST_DAYS} days")
        for name, dates in (("meals", [one.on for one in self.meals]), ("stops", [one.on for one in self.stops])):
            if len(set(dates)) != len(dates):
                raise ValueError(f"{name}: each date once")
            if any(not self.first_day <= day <= self.last_day for day in dates):
                raise ValueError(f"{name}: on dates of the trip, from {self.first_day} to {self.last_day}")
        return self

    @property
    def first_day(self) -> date:
        """The date of leaving."""
        return self.span.local_start.date()

    @property
    def last_day(self) -> date:
        """The date of coming back; the one before when that is at midnight."""
        last: date = (self.span.end.astimezone(UTC) - timedelta(microseconds=1)).astimezone(zone_of(self.span.zone)).date()
        return last

    @property
    def days(self) -> tuple[date, ...]:
        """Every date."""
        return tuple(days_between(self.first_day, self.last_day))

    def away_on(self, day: date) -> timedelta:
        """How long of *day* was spent away: a day on which the clocks change has 23 or 25 hours."""
        tz = zone_of(self.span.zone)
        midnights = (datetime.combine(one, time(0), tz) for one in (day, day + timedelta(days=1)))
        first, last, start, end = (at.astimezone(UTC) for at in (*midnights, self.span.start, self.span.end))
        return max(timedelta(0), min(last, end) - max(first, start))

    def location_on(self, day: date) -> Location:
        """Where *day* was spent."""
        reached = [stop for stop in self.stops if stop.on <= day]
        return max(reached, key=lambda stop: stop.on).location if reached else self.destination

    def meals_on(self, day: date) -> Meals:
        """What was provided on *day*."""
        return next((one for one in self.meals if one.on == day), Meals(on=day))


class LineDraft(Model):
    """One cost: an amount that was paid, a distance, or a trip.

    Attributes:
        category: Reference, code or name.
        amount: What was paid, VAT included, in the currency it was paid in.
        distance: A journey by one's own vehicle, instead of *amount*.
        trip: Days away, instead of *amount*.
        exchange: The rate, when the receipt or the card says it; else the organisation's own is used.
        taxes: VAT as the receipt says; worked out from the category's rate when left out.
        place: Where it was paid; VAT is worked out only for what was paid at home.
        personal: The part that was private: it is not claimed.
        billable: Whether a customer pays it in the end.
        receipts: Files, or receipts that were uploaded before.
        receipt_lost: The receipt is lost, and the person says so.
    """

    date: date
    category: Ref | str
    amount: Sum | None = None
    distance: Distance | None = None
    trip: Trip | None = None
    description: Annotated[str, Field(max_length=500)] = ""
    merchant: Annotated[str, Field(max_length=200)] | None = None
    place: Location | None = None
    exchange: Exchange | None = None
    taxes: tuple[Tax, ...] = ()
    paid_with: PaidWith = PaidWith.OWN_MONEY
    personal: Sum | None = None
    billable: bool | None = None
    attendees: tuple[str, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    receipts: tuple[Upload | Ref, ...] = ()
    receipt_lost: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.amount, self.distance, self.trip).count(None) != 2:
            raise ValueError("give amount, or distance, or trip")
        if self.amount is None:
            self._without_amount()
        else:
            self._with_amount(self.amount)
        if self.trip is not None and not self.trip.first_day <= self.date <= self.trip.last_day:
            raise ValueError("date is one of the trip's")
        self._shares()
        return self

    def _without_amount(self) -> None:
        for name in ("exchange", "taxes", "personal"):
            if getattr(self, name):
                raise ValueError(f"{name} goes with amount")
        if self.paid_with is not PaidWith.OWN_MONEY:
            raise ValueError("a distance or a trip is nothing that somebody paid: leave paid_with out")

    def _with_amount(self, amount: Money) -> None:
        if amount.amount <= 0:
            raise ValueError("amount is more than nothing")
        if self.taxes:
            gross = sum((tax.net.amount + tax.tax.amount for tax in self.taxes), Decimal(0))
            if any(tax.net.currency != amount.currency for tax in self.taxes):
                raise ValueError("taxes are in the currency of amount")
            if abs(gross - amount.amount) > Decimal(1).scaleb(-amount.digits):
                raise ValueError(f"taxes: net and tax make {gross}, and amount is {amount.amount}")
        if self.personal is not None and (
            self.personal.currency != amount.currency or not 0 <= self.personal.amount < amount.amount
        ):
            raise ValueError("personal is a part of amount, and not all of it")

    def _shares(self) -> None:
        sums = [one.share for one in self.allocations if isinstance(one.share, Money)]
        if sums and len(sums) != len(self.allocations):
            raise ValueError("allocations: all in percent, or all as amounts")
        if self.allocations and not sums:
            if sum((one.share for one in self.allocations if isinstance(one.share, Decimal)), Decimal(0)) != 100:
                raise ValueError("allocations: the shares make 100 percent")
        elif sums and self.amount is None:
            raise ValueError("allocations: in percent where the amount is worked out")
        elif sums and self.amount is not None:
            paid = self.amount if self.personal is None else self.amount - self.personal
            if any(one.currency != paid.currency for one in sums):
                raise ValueError("allocations are in the currency of amount")
            if sum((one.amount for one in sums), Decimal(0)) != paid.amount:
                raise ValueError(f"allocations: the shares make {paid}")


class ReportDraft(Model):
    """A report with its lines. *currency* is the one it is paid back in; the system's own when left out."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    lines: Annotated[tuple[LineDraft, ...], Field(min_length=1, max_length=500)]
    purpose: Annotated[str, Field(max_length=2000)] = ""
    currency: Currency | None = None
    person: PersonRef | None = None


class Violation(Model):
    """A rule that a draft does not keep; a *blocking* one has it refused. *line* counts from 1."""

    code: str
    line: int | None = None
    en: str
    nl: str
    blocking: bool = True


class ExpenseLine(Model):
    """A line as it was recorded: *claimed* and *approved* in the report's currency.

    Attributes:
        original: What was paid, in the currency it was paid in; what is claimed, for a distance or a trip.
        rate: What each unit of a distance paid; ``None`` when *rates* are several.
        rates: What the parts of a distance paid.
        taxable: What of a distance is income.
        days: What the dates of a trip pay.
        violations: Rules that it did not keep when it was recorded.
        remark: What the approver said about it.
    """

    ref: Ref
    date: date
    category: str
    kind: LineKind
    description: str = ""
    merchant: str | None = None
    place: Location | None = None
    original: Money
    exchange: Exchange | None = None
    claimed: Money
    approved: Money | None = None
    taxes: tuple[Tax, ...] = ()
    paid_with: PaidWith = PaidWith.OWN_MONEY
    personal: Money | None = None
    distance: Distance | None = None
    rate: Money | None = None
    rates: tuple[MileagePart, ...] = ()
    taxable: Money | None = None
    trip: Trip | None = None
    days: tuple[PerDiemDay, ...] = ()
    billable: bool | None = None
    attendees: tuple[str, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    receipts: tuple[Attachment, ...] = ()
    receipt_lost: bool = False
    receipt_state: ReceiptState | None = None
    violations: tuple[Violation, ...] = ()
    remark: str | None = None

    @property
    def deductions(self) -> Money | None:
        """What was deducted for meals, in the currency of *original*; ``None`` for what is no trip."""
        if not self.days:
            return None
        return Money(amount=sum((day.deducted.amount for day in self.days), Decimal(0)), currency=self.original.currency)


class Totals(Model):
    """Sums of a report in its currency.

    Attributes:
        tax: VAT in what is claimed.
        company_paid: What the company's card, advance or own bill paid, as far as approved (claimed until then).
        private: Private parts of what the company paid: they are taken off what is paid.
        payable: What the person gets: as far as approved (claimed until then), less *company_paid* and *private*. Below
            nothing when the person owes it.
    """

    claimed: Money
    approved: Money | None = None
    tax: Money
    company_paid: Money
    private: Money | None = None
    payable: Money

    @classmethod
    def of(cls, lines: Iterable[ExpenseLine], currency: str) -> Totals:
        """The sums of *lines*, whose claimed and approved amounts are in *currency*."""
        claimed = approved = tax = company = private = Money(amount=Decimal(0), currency=currency)
        undecided = False
        for line in lines:
            granted = line.claimed if line.approved is None else line.approved
            undecided |= line.approved is None
            claimed += line.claimed
            approved += granted
            tax += _tax_claimed(line, currency)
            if line.paid_with is not PaidWith.OWN_MONEY:
                company += granted
                private += _in_report(line, line.personal, currency)
        return cls(
            claimed=claimed,
            approved=None if undecided else approved,
            tax=tax,
            company_paid=company,
            private=private,
            payable=approved - company - private,
        )


def _in_report(line: ExpenseLine, money: Money | None, currency: str) -> Money:
    """*money* of a line in the report's currency."""
    if money is None:
        return Money(amount=Decimal(0), currency=currency)
    return money.rounded() if line.exchange is None else line.exchange.converted(money, currency)


def _tax_claimed(line: ExpenseLine, currency: str) -> Money:
    """VAT of a line as far as it is claimed, not private, in the report's currency."""
    tax = sum((one.tax.amount for one in line.taxes), Decimal(0))
    if line.personal is not None:
        tax = tax * (line.original.amount - line.personal.amount) / line.original.amount
    return _in_report(line, Money(amount=tax, currency=line.original.currency), currency)


class ExpenseEvent(Model):
    """What happened to a report, when, and what was said with it; *by* is ``None`` where it is not known."""

    step: Mapped[ExpenseStep]
    at: AwareDatetime
    by: PersonRef | None = None
    comment: str | None = None


class ExpenseReport(Record):
    """A report as the system recorded it.

    Attributes:
        approvals: Who decided, and whose decision it waits for.
        timeline: What happened to it and what was said about it, oldest first, as far as the system tells.
        submitted_by: Not the employee when someone claimed on their behalf.
        paid_at: The start of the day on which it was paid, where the system knows no better.
    """

    number: str | None = None
    title: str
    purpose: str = ""
    employee: PersonRef
    currency: str
    lines: tuple[ExpenseLine, ...]
    totals: Totals
    status: Mapped[ExpenseStatus]
    approvals: tuple[ApprovalStep, ...] = ()
    timeline: tuple[ExpenseEvent, ...] = ()
    submitted_by: PersonRef | None = None
    submitted_at: AwareDatetime | None = None
    paid_at: AwareDatetime | None = None
    expected_payment: date | None = None

    @property
    def period(self) -> tuple[date, date] | None:
        """The earliest and the latest date of its lines; ``None`` when the system gave no lines."""
        if not self.lines:
            return None
        firsts = [line.trip.first_day if line.trip else line.date for line in self.lines]
        lasts = [line.trip.last_day if line.trip else line.date for line in self.lines]
        return min(firsts), max(lasts)


class Receipt(Record):
    """A receipt that was uploaded and is not yet used."""

    file: Attachment
    owner: PersonRef


class LineDecision(Model):
    """What is approved of one line: *amount* in the report's currency, nothing for none of it; *remark* says why."""

    line: Ref
    amount: Sum
    remark: Annotated[str, Field(max_length=2000)] | None = None
