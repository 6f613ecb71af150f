"""The arithmetic of kilometres, days away and shares: exact until the end, rounded to minor units once for each thing that is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from workplace_sdk.services.common import Money
from workplace_sdk.services.expenses_drafts import Allocation, Trip
from workplace_sdk.services.expenses_rates import (
    KM_PER_MILE,
    DistanceUnit,
    Location,
    MileagePart,
    MileageRate,
    PerDiemDay,
    PerDiemRate,
)

WHOLE: Final = Decimal(100)
METRES: Final = Decimal("0.001")
_HUNDREDTH: Final = Decimal("0.01")
_TICK: Final = timedelta(microseconds=1)
_TICKS_PER_HOUR: Final = 3_600_000_000


def in_unit(length: Decimal, unit: DistanceUnit, wanted: DistanceUnit) -> Decimal:
    """*length* in the unit *wanted*, to three digits."""
    if unit is wanted:
        return length
    return (length * KM_PER_MILE if wanted is DistanceUnit.KM else length / KM_PER_MILE).quantize(METRES)


def mileage(length: Decimal, before: Decimal, rates: Sequence[MileageRate]) -> tuple[MileagePart, ...]:
    """What the parts of a distance are paid at, when *before* was claimed in the year already.

    Args:
        length: More than nothing, in the unit of *rates*, as *before* is.
        rates: Of one vehicle and one first date; the lowest is over nothing.
    """
    ordered = sorted(rates, key=lambda rate: rate.over)
    ends: list[Decimal | None] = [*(rate.over for rate in ordered[1:]), None]
    parts: list[MileagePart] = []
    for rate, end in zip(ordered, ends, strict=True):
        start = max(before, rate.over)
        last = before + length if end is None else min(before + length, end)
        if last > start:
            parts.append(
                MileagePart(
                    distance=last - start,
                    unit=rate.unit,
                    rate=rate.rate,
                    untaxed=rate.untaxed,
                    over=rate.over,
                    valid_from=rate.first,
                    source=rate.source,
                )
            )
    return tuple(parts)


def mileage_sum(parts: Sequence[MileagePart]) -> Money:
    """What *parts* pay together, rounded once."""
    return _total((part.rate * part.distance for part in parts), parts[0].rate.currency).rounded()


def mileage_taxable(parts: Sequence[MileagePart]) -> Money | None:
    """What of *parts* is income, rounded once; ``None`` when no rate says what is untaxed."""
    if all(part.untaxed is None for part in parts):
        return None
    over = (
        Money(amount=max(Decimal(0), part.rate.amount - part.untaxed.amount) * part.distance, currency=part.rate.currency)
        for part in parts
        if part.untaxed is not None
    )
    return _total(over, parts[0].rate.currency).rounded()


def per_diem(trip: Trip, rate_of: Callable[[Location, date], PerDiemRate]) -> tuple[PerDiemDay, ...]:
    """What each date of *trip* pays; each amount rounded, so that what is shown adds up.

    Args:
        rate_of: The rate of a place on a date; all that it gives are in one currency.
    """
    days = trip.days
    return tuple(_day(trip, day, rate_of(trip.location_on(day), day), last=day == days[-1]) for day in days)


def per_diem_sum(days: Sequence[PerDiemDay]) -> Money:
    """What *days* pay together."""
    return _total((day.amount for day in days), days[0].allowance.currency)


def shared(money: Money, allocations: Sequence[Allocation]) -> tuple[Money, ...]:
    """What each of *allocations* bears of *money*, in whole minor units that make *money* again: who is rounded down most gets one more."""
    weights = [one.share.amount if isinstance(one.share, Money) else one.share for one in allocations]
    whole = sum(weights, Decimal(0))
    unit = Decimal(1).scaleb(-money.digits)
    exact = [money.rounded().amount * weight / whole / unit for weight in weights]
    parts = [int(one) for one in exact]
    left = int(money.rounded().amount / unit) - sum(parts)
    for index in sorted(range(len(parts)), key=lambda index: parts[index] - exact[index])[:left]:
        parts[index] += 1
    return tuple(Money(amount=part * unit, currency=money.currency) for part in parts)


def _day(trip: Trip, day: date, rate: PerDiemRate, *, last: bool) -> PerDiemDay:
    away = trip.away_on(day)
    share = _share(rate, away, edge=last or day == trip.first_day, alone=last and day == trip.first_day)
    allowance = (rate.day * (share / WHOLE)).rounded()
    meals = trip.meals_on(day)
    provided = ((meals.breakfast, rate.breakfast), (meals.lunch, rate.lunch), (meals.dinner, rate.dinner))
    percent = sum((part for given, part in provided if given), Decimal(0))
    deducted = (rate.day * (percent / WHOLE)).rounded()
    nothing = Money(amount=Decimal(0), currency=rate.day.currency).rounded()
    sleeps = rate.night is not None and not trip.accommodation_provided and not last
    return PerDiemDay(
        on=day,
        location=trip.location_on(day),
        hours=hours(away),
        share=share,
        allowance=allowance,
        deducted=min(deducted, allowance),
        night=rate.night.rounded() if rate.night is not None and sleeps else nothing,
        valid_from=rate.first,
        source=rate.source,
    )


def _share(rate: PerDiemRate, away: timedelta, *, edge: bool, alone: bool) -> Decimal:
    """Percent of a whole day that a date pays: its hours count at the trip's edges only."""
    if not edge:
        return WHOLE
    if not alone and rate.first_and_last is not None:
        return rate.first_and_last
    if not rate.parts:
        return WHOLE
    spent = Decimal(away // _TICK)
    reached = [part for part in rate.parts if spent > part.over_hours * _TICKS_PER_HOUR]
    return max(reached, key=lambda part: part.over_hours).share if reached else Decimal(0)


def hours(away: timedelta) -> Decimal:
    """*away* in hours, to a hundredth."""
    return (Decimal(away // _TICK) / _TICKS_PER_HOUR).quantize(_HUNDREDTH)


def _total(amounts: Iterable[Money], currency: str) -> Money:
    return sum(amounts, Money(amount=Decimal(0), currency=currency))
