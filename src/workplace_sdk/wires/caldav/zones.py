"""Time zones as events carry them along: by the rule in force, because not every server reads a list of dates to its end.

``icalendar`` knows when clocks change, and writes each date; Radicale keeps the first two of such a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from workplace_sdk.wires.caldav.objects import several

_FIRST, _LAST = date(2000, 1, 1), date(2038, 1, 1)
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@lru_cache(maxsize=64)
def described(zone: str) -> Any:
    """The VTIMEZONE of an IANA zone; ``None`` for a name that is none."""
    from icalendar import Timezone

    try:
        known: Any = Timezone.from_tzid(zone, first_date=_FIRST, last_date=_LAST)
    except (ValueError, KeyError):
        return None
    known.pop("COMMENT", None)
    ruled = [part for part in (_by_rule(part) for part in known.subcomponents) if part is not None]
    if {part.name for part in ruled} == {"STANDARD", "DAYLIGHT"} and len(ruled) == 2:
        known.subcomponents = ruled
    return known


def _by_rule(part: Any) -> Any:
    """One change of the clocks as a rule instead of dates; ``None`` when it does not follow one, lately and from now on."""
    dates = [part["DTSTART"].dt, *(one.dt for some in several(part.get("RDATE")) for one in some.dts)]
    if dates[-1].year < _LAST.year - 1:
        return None
    for rule in _rules(dates[-1]):
        first = len(dates) - 1
        while first and _follow(dates[first - 1 :], rule):
            first -= 1
        if dates[first].year < date.today().year:  # noqa: DTZ011 - a year more or less
            return _ruled(part, dates[first], rule)
    return None


def _ruled(part: Any, since: datetime, rule: tuple[int, int, int]) -> Any:
    from icalendar import vRecur

    month, which, day = rule
    ruled = part.copy()
    for name in ("DTSTART", "RDATE"):
        ruled.pop(name, None)
    ruled.add("dtstart", since)
    ruled.add("rrule", vRecur({"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": f"{which}{_DAYS[day]}"}))
    return ruled


def _rules(last: datetime) -> Iterable[tuple[int, int, int]]:
    """What the date may be in its year: the last such weekday of its month, or the so-manieth."""
    if (last + timedelta(days=7)).month != last.month:
        yield last.month, -1, last.weekday()
    yield last.month, (last.day - 1) // 7 + 1, last.weekday()


def _follow(dates: Sequence[datetime], rule: tuple[int, int, int]) -> bool:
    """Whether each of *dates*, a year after the other, is what *rule* says, at the same time of day."""
    years = [one.year for one in dates]
    if years != list(range(years[0], years[0] + len(years))) or len({one.time() for one in dates}) > 1:
        return False
    return all(rule in tuple(_rules(one)) for one in dates)
