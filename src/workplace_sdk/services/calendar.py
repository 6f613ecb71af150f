"""Working time: schedules, public holidays, and what a day or a part of it comes to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from pydantic import Field, field_validator

from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Amount, DurationAmount, Model, Unit, checked_zone

_ZERO: Final = Decimal(0)
HALF: Final = Decimal("0.5")
_DAY_STEP: Final = Decimal("0.0001")
NOON: Final = time(12)
"""Where the halves of a day meet."""
HOW_MANY: Final = Words("say how many hours", "zeg hoeveel uur")
SO_MANY: Final = Words("that day has {hours} hours of work", "die dag heeft {hours} uur werk")
_FROM_NOON: Final = re.compile(r"\(from (12|1) ?pm\)$", re.IGNORECASE)


class Portion(StrEnum):
    """Which part of a working day."""

    FULL = "full"
    AM = "am"
    PM = "pm"
    HALF = "half"
    """Half of it, and nobody says which."""
    HOURS = "hours"


class HolidayKind(StrEnum):
    """Whose day off it is."""

    PUBLIC = "public"
    COMPANY = "company"


class Holiday(Model):
    """A day off, or half of one, for everyone in *region* (ISO 3166 country or subdivision)."""

    date: date
    name: str
    region: str
    kind: HolidayKind = HolidayKind.PUBLIC
    portion: Portion = Portion.FULL

    @field_validator("portion")
    @classmethod
    def _a_day_or_a_half(cls, value: Portion) -> Portion:
        if value is Portion.HOURS:
            raise ValueError("a holiday is a whole day, a morning or an afternoon")
        return value


class WorkSchedule(Model):
    """When someone works: hours per weekday from Monday, with other hours on single dates (a roster).

    Attributes:
        hours: Seven numbers of hours, Monday first.
        exceptions: Hours on single dates, instead of the weekday's.
        zone: IANA name.
        fte: Part of a full-time job, from 0 to 1, as far as known.
        region: Whose public holidays are days off.
        valid_from: First day on which it holds; ``None`` when it always did.
        valid_until: Last day on which it holds; ``None`` when no end is known.
    """

    hours: tuple[Amount, Amount, Amount, Amount, Amount, Amount, Amount]
    exceptions: Mapping[date, Amount] = Field(default_factory=dict[date, Decimal])
    zone: str = "Europe/Amsterdam"
    fte: Amount | None = None
    region: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    @field_validator("hours")
    @classmethod
    def _within_a_day(cls, value: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
        if any(hours < 0 or hours > 24 for hours in value):
            raise ValueError("hours of a day are between 0 and 24")
        return value

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return checked_zone(value)

    def hours_on(self, day: date) -> Decimal:
        """Hours on *day*, holidays not considered; ``ValueError`` when the schedule does not hold then."""
        if (self.valid_from and day < self.valid_from) or (self.valid_until and day > self.valid_until):
            raise ValueError(f"this schedule does not hold on {day}: ask for the one that does")
        return self.exceptions.get(day, self.hours[day.weekday()])

    @property
    def hours_per_week(self) -> Decimal:
        """The sum of a plain week."""
        return sum(self.hours, _ZERO)

    @property
    def hours_per_day(self) -> Decimal | None:
        """The hours of a working day when all are alike; ``None`` when they differ, so that nobody multiplies by eight."""
        kinds = {hours for hours in self.hours if hours}
        return kinds.pop() if len(kinds) == 1 else None


class HoursDoNotFit(ValueError):
    """More hours were asked for than the day has, or none: *words* says so to the employee."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


class Charge(Model):
    """What a day off costs: *why_zero* says why it is nothing."""

    amount: DurationAmount
    why_zero: str | None = None


NON_WORKING: Final = "non_working"
HOLIDAY: Final = "holiday"
NOT_EMPLOYED: Final = "not_employed"


def charge(
    day: date,
    portion: Portion,
    *,
    unit: Unit,
    schedule: WorkSchedule | None,
    holidays: Mapping[date, Holiday],
    hours: Decimal | None = None,
    start: time | None = None,
    charges_holidays: bool = False,
) -> Charge:
    """What being off on *day* costs, by the person's own schedule.

    In hours, a day costs the hours that it has, half a day half of them. In days, a whole working day costs one however
    long it is, and some hours cost their part of that day, rounded half up to a ten-thousandth.

    Args:
        unit: Of the leave type.
        schedule: That holds on *day*; ``None`` on a day on which the person is not employed.
        hours: For ``Portion.HOURS``: how many; never more than there is to work on that day.
        start: For ``Portion.HOURS``: from when, where that is known: within a half day off for everyone it costs nothing.
        charges_holidays: Whether this leave type also costs days on which everyone is off.

    Raises:
        HoursDoNotFit: More hours than there are to work on that day (a ``ValueError``).
    """
    if schedule is None or not (worked := schedule.hours_on(day)):
        return _nothing(unit, NOT_EMPLOYED if schedule is None else NON_WORKING)
    holiday = None if charges_holidays else holidays.get(day)
    free = None if holiday is None else holiday.portion
    half = portion if portion is not Portion.HOURS or start is None else Portion.AM if start < NOON else Portion.PM
    if free in (Portion.FULL, half):
        return _nothing(unit, HOLIDAY)
    there = worked if free is None else worked * HALF
    if portion is Portion.HOURS:
        if hours is None or hours <= 0:
            raise HoursDoNotFit(HOW_MANY)
        if hours > there:
            raise HoursDoNotFit(SO_MANY.filled(hours=f"{there.normalize():f}"))
        off = hours
    else:
        off = there if portion is Portion.FULL else worked * HALF
    return Charge(amount=converted(DurationAmount(value=off, unit=Unit.HOUR), unit, hours_of_day=worked))


def _nothing(unit: Unit, why: str) -> Charge:
    return Charge(amount=DurationAmount(value=_ZERO, unit=unit), why_zero=why)


def converted(amount: DurationAmount, unit: Unit, *, hours_of_day: Decimal | None) -> DurationAmount:
    """*amount* in *unit*. Between days and hours only by the hours that the working day in question has.

    Days are rounded half up to a ten-thousandth; hours and minutes are exact.

    Args:
        hours_of_day: ``schedule.hours_on(day)``, or ``schedule.hours_per_day`` where all working days are alike.

    Raises:
        ValueError: Days are asked for or given, and the hours of the day are not known (or there are none).
    """
    if amount.unit is unit:
        return amount
    if Unit.DAY not in (amount.unit, unit):
        return DurationAmount(value=amount.value * 60 if unit is Unit.MINUTE else amount.value / 60, unit=unit)
    if not hours_of_day:
        raise ValueError("days and hours are converted by the hours of a working day, and they are not known")
    if amount.unit is Unit.DAY:
        return converted(DurationAmount(value=amount.value * hours_of_day, unit=Unit.HOUR), unit, hours_of_day=None)
    in_hours = amount.value if amount.unit is Unit.HOUR else amount.value / 60
    return DurationAmount(value=_short((in_hours / hours_of_day).quantize(_DAY_STEP, ROUND_HALF_UP)), unit=Unit.DAY)


def _short(value: Decimal) -> Decimal:
    """Without zeros at the end: 1, not 1.0000."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def public_holidays(region: str, years: Iterable[int], language: str = "en") -> dict[date, Holiday]:
    """Public holidays of *region* (``NL``, ``DE-BY``) in *years*, afternoons among them; ``ValueError`` for an unknown region.

    Of half holidays those that begin at noon or an hour later: what begins in the evening, or is for some people only, is
    no half day off.

    Source: the ``holidays`` library.
    """
    found: dict[date, Holiday] = {}
    for year in years:
        found.update(_of_year(region.upper(), year, language))
    return found


@lru_cache(maxsize=256)
def _of_year(region: str, year: int, language: str) -> Mapping[date, Holiday]:
    import holidays

    country, _, subdivision = region.partition("-")

    def named(language: str, categories: tuple[str, ...] | None = None) -> Mapping[date, str]:
        return holidays.country_holidays(
            country, subdiv=subdivision or None, years=year, language=_spoken(country, language), categories=categories
        )

    try:
        found = {day: Holiday(date=day, name=name, region=region) for day, name in named(language).items()}
    except (NotImplementedError, KeyError):
        raise ValueError(f"no public holidays are known for {region!r}") from None
    known: Any = getattr(holidays, country)
    if holidays.HALF_DAY in known.supported_categories:
        half = (holidays.HALF_DAY,)
        names = named(language, half)
        afternoons = (day for day, name in named("en", half).items() if _FROM_NOON.search(name))
        for day in afternoons:
            found.setdefault(day, Holiday(date=day, name=names[day], region=region, portion=Portion.PM))
    return found


def _spoken(country: str, language: str) -> str | None:
    """The library's name for *language* in *country*; its default (often English or the country's own) when it has none."""
    import holidays

    wanted = {"nl": "nl", "en": "en_US"}.get(language, language)
    supported: tuple[str, ...] = (getattr(holidays, country, None) and getattr(holidays, country).supported_languages) or ()
    return wanted if wanted in supported else None


def parse_week(text: str) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal, Decimal]:
    """Hours per weekday as typed, Monday first: ``8 8 8 8 0 0 0`` or ``8,8,8,8``; missing days are free. Else ``ValueError``."""
    try:
        parts = [Decimal(part) for part in text.replace(",", " ").split()]
    except InvalidOperation:
        raise ValueError(f"{text!r} is no list of hours such as 8 8 8 8 4") from None
    if not 1 <= len(parts) <= 7:
        raise ValueError("give one to seven numbers of hours, Monday first")
    parts += [_ZERO] * (7 - len(parts))
    return (parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6])
