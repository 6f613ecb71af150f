"""Working time: schedules, public holidays, and what a day or a part of it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Final

from pydantic import Field, field_validator

from workplace_sdk.services.common import Amount, DurationAmount, Model, Unit, checked_zone

_ZERO: Final = Decimal(0)
HALF: Final = Decimal("0.5")


class Portion(StrEnum):
    """Which part of a working day."""

    FULL = "full"
    AM = "am"
    PM = "pm"
    HOURS = "hours"


class HolidayKind(StrEnum):
    """Whose day off it is."""

    PUBLIC = "public"
    COMPANY = "company"


class Holiday(Model):
    """A day off for everyone in *region* (ISO 3166 country or subdivision)."""

    date: date
    name: str
    region: str
    kind: HolidayKind = HolidayKind.PUBLIC
    portion: Portion = Portion.FULL


class WorkSchedule(Model):
    """When someone works: hours per weekday from Monday, with other hours on single dates (a roster).

    Attributes:
        hours: Seven numbers of hours, Monday first.
        exceptions: Hours on single dates, instead of the weekday's.
        zone: IANA name.
        fte: Part of a full-time job, from 0 to 1, as far as known.
        region: Whose public holidays are days off.
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
        """Hours on *day*, holidays not considered."""
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


class Charge(Model):
    """What a day off costs: *why_zero* says why it is nothing."""

    amount: DurationAmount
    why_zero: str | None = None


NON_WORKING: Final = "non_working"
HOLIDAY: Final = "holiday"


def charge(
    day: date,
    portion: Portion,
    *,
    unit: Unit,
    schedule: WorkSchedule,
    holidays: Mapping[date, Holiday],
    hours: Decimal | None = None,
    charges_holidays: bool = False,
) -> Charge:
    """What being off on *day* costs, by the person's own schedule.

    Args:
        unit: Of the leave type: days count fractions of that day's work, hours count its hours.
        hours: For ``Portion.HOURS``: how many; never more than the day has.
        charges_holidays: Whether this leave type also costs days on which everyone is off.

    Raises:
        ValueError: More hours than that day has.
    """
    worked = schedule.hours_on(day)
    if not worked:
        return Charge(amount=DurationAmount(value=_ZERO, unit=unit), why_zero=NON_WORKING)
    part = _part(portion, hours, worked)
    holiday = None if charges_holidays else holidays.get(day)
    if holiday is not None:
        left = _ZERO if holiday.portion in (Portion.FULL, portion) else part - min(part, HALF) * (portion is Portion.FULL)
        if not left:
            return Charge(amount=DurationAmount(value=_ZERO, unit=unit), why_zero=HOLIDAY)
        part = left
    if unit is Unit.DAY:
        return Charge(amount=DurationAmount(value=part, unit=unit))
    in_hours = part * worked if hours is None else hours
    return Charge(amount=DurationAmount(value=in_hours if unit is Unit.HOUR else in_hours * 60, unit=unit))


def _part(portion: Portion, hours: Decimal | None, worked: Decimal) -> Decimal:
    """The part of the day, from 0 to 1."""
    if portion is Portion.FULL:
        return Decimal(1)
    if portion is not Portion.HOURS:
        return HALF
    if hours is None or hours <= 0:
        raise ValueError("say how many hours")
    if hours > worked:
        raise ValueError(f"that day has {worked.normalize():f} hours of work")
    return hours / worked


def public_holidays(region: str, years: Iterable[int], language: str = "en") -> dict[date, Holiday]:
    """Public holidays of *region* (``NL``, ``DE-BY``) in *years*; ``ValueError`` for an unknown region.

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
    try:
        calendar = holidays.country_holidays(
            country, subdiv=subdivision or None, years=year, language=_spoken(country, language)
        )
    except (NotImplementedError, KeyError):
        raise ValueError(f"no public holidays are known for {region!r}") from None
    return {day: Holiday(date=day, name=name, region=region) for day, name in calendar.items()}


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
