"""What money is spent on, and what distances and days away pay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from workplace_sdk.services.common import Amount, Model, Money, Record

if TYPE_CHECKING:
    from typing import Self

KM_PER_MILE: Final = Decimal("1.609344")
"""Source: international yard and pound agreement of 1959; exact."""
MOST: Final = Decimal(10) ** 12
"""Amounts are below this, so that no sum and no conversion loses a digit."""


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
