"""What is claimed: amounts with VAT, journeys, trips, who bears them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field, model_validator

from workplace_sdk.services.common import Amount, Model, Money, PersonRef, Ref, Span, Upload, days_between, zone_of
from workplace_sdk.services.expenses_rates import Country, Currency, DistanceUnit, Location, Percent, Sum, Vehicle

if TYPE_CHECKING:
    from typing import Self

MOST_DAYS: Final = 366
"""Days in one trip."""


class PaidWith(StrEnum):
    """Whose money it was."""

    OWN_MONEY = "own_money"
    COMPANY_CARD = "company_card"
    ADVANCE = "advance"
    DIRECT_BILLED = "direct_billed"


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
        card_transaction: What the statement of the company's card says of it: a reference from ``card_transactions``.
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
    card_transaction: Ref | None = None

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
        uploaded = [receipt for receipt in self.receipts if isinstance(receipt, Ref)]
        if len(set(uploaded)) != len(uploaded):
            raise ValueError("receipts: each once")
        if self.card_transaction is not None and self.paid_with is not PaidWith.COMPANY_CARD:
            raise ValueError("card_transaction: paid_with is company_card")
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
