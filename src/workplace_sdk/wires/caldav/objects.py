"""Events as servers keep them: read by ``icalendar``, repeated by ``dateutil``, with a limit to what either may be made to do."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import field, frozen

from workplace_sdk.kernel.errors import ProtocolError

LARGEST: Final = 1_000_000
"""Bytes of one event with everything that was changed about it, at most."""
_OFTEN: Final = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_LONGEST_MONTHS: Final = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_MOST_VALUES: Final = 400
_WHEN: Final = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "UID"})


class Unreadable(ProtocolError):
    """An event that cannot be read, or should not be: what else a server sent can."""


class Patience:
    """How long all events of a reply together may take to be repeated: rules can be written that never end, or never begin."""

    def __init__(self, seconds: float = 5.0) -> None:
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """``Unreadable`` when it is over."""
        if time.monotonic() > self._end:
            raise Unreadable("its repetition takes too long to be worked out")


def read_calendar(text: str) -> Any:
    """An iCalendar object as the library's ``Calendar``."""
    if len(text) > LARGEST:
        raise Unreadable(f"an event of more than {LARGEST} bytes")
    from icalendar import Calendar

    try:
        return Calendar.from_ical(text)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise Unreadable(f"it is no iCalendar: {str(error)[:80]}") from None


@frozen
class Happening:
    """One time of an event.

    Attributes:
        component: The event as the library has it: of this time alone, or of all.
        at: When it would be by the rule: by this it is named within its series; ``None`` when there is no rule.
        changed: This time has an event of its own.
    """

    start: datetime
    end: datetime
    component: Any = field(repr=False, eq=False)
    at: datetime | None = None
    changed: bool = False

    @property
    def cancelled(self) -> bool:
        return word(self.component, "STATUS") == "CANCELLED"


@frozen
class Series:
    """What a server keeps under one UID: an event, and what was changed about single times of it."""

    uid: str
    main: Any = field(repr=False, eq=False)
    others: tuple[Any, ...] = field(default=(), repr=False, eq=False)
    calendar: Any = field(default=None, repr=False, eq=False)

    @property
    def repeats(self) -> bool:
        return self.main.get("RRULE") is not None or self.main.get("RDATE") is not None

    @property
    def rrule(self) -> str | None:
        """The rule as text, upper case."""
        rules = several(self.main.get("RRULE"))
        if len(rules) > 1:
            raise Unreadable("it has several rules")
        return rules[0].to_ical().decode().upper() if rules else None

    def zone(self, otherwise: str) -> str:
        """The IANA name of the zone in which it repeats."""
        return zone_name(self.main, otherwise)


def read_series(text: str) -> Series:
    """The event of a calendar object, with changes of single times; ``Unreadable`` when there is none."""
    calendar = read_calendar(text)
    events = [one for one in calendar.subcomponents if one.name == "VEVENT"]
    if not events:
        raise Unreadable("it has no event")
    for one in events:
        _without_what_is_broken(one)
    main = next((one for one in events if one.get("RECURRENCE-ID") is None), events[0])
    uid = str(main.get("UID") or "")
    if not uid or any(str(one.get("UID") or "") != uid for one in events):
        raise Unreadable("its events have no UID in common")
    return Series(uid, main, tuple(one for one in events if one is not main), calendar)


def _without_what_is_broken(event: Any) -> None:
    """Take out what the library could not read; ``Unreadable`` when it is about when the event is."""
    names = {str(name).upper() for name, _ in event.errors}
    if broken := sorted(names & _WHEN):
        raise Unreadable(f"its {broken[0]} cannot be read")
    for name in names:
        good = [one for one in several(event.pop(name, None)) if type(one).__name__ != "vBroken"]
        if good:
            event[name] = good if len(good) > 1 else good[0]


def several(value: Any) -> list[Any]:
    """What is there never, once or more often, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownArgumentType]


def word(component: Any, name: str, otherwise: str = "") -> str:
    """A property that is one of a few words, in upper case."""
    return str(component.get(name) or otherwise).strip().upper()


def zone_name(component: Any, otherwise: str) -> str:
    """The IANA name of the zone of its start; *otherwise* when it has none, or one that nobody knows."""
    start = component.get("DTSTART")
    key = str(getattr(getattr(getattr(start, "dt", None), "tzinfo", None), "key", "") or "")
    key = key or (str(start.params.get("TZID") or "") if start is not None else "")
    try:
        ZoneInfo(key)
    except (KeyError, OSError, ValueError):
        return otherwise
    return key


def instant(value: Any, zone: str) -> datetime:
    """A date or time of an event as an instant; without a zone it is on the clocks of *zone*."""
    if not isinstance(value, date):
        raise Unreadable("a date that is none")
    try:
        at = value if isinstance(value, datetime) else datetime.combine(value, clock())
        return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (OverflowError, ValueError):
        raise Unreadable("a date at the edge of time") from None


def interval(component: Any, zone: str) -> tuple[datetime, datetime]:
    """From DTSTART to DTEND, or as long as DURATION, or that whole day. Source: RFC 5545 3.6.1."""
    start: Any = getattr(component.get("DTSTART"), "dt", None)
    begin = instant(start, zone)
    if (end := getattr(component.get("DTEND"), "dt", None)) is not None:
        until = instant(end, zone)
    elif isinstance(length := getattr(component.get("DURATION"), "dt", None), timedelta):
        until = _added(begin, length)
    else:
        until = begin if isinstance(start, datetime) else instant(start + timedelta(days=1), zone)
    return begin, max(begin, until)


def happenings(
    series: Series, zone: str, *, after: datetime | None = None, before: datetime | None = None, most: int, patience: Patience
) -> tuple[list[Happening], bool]:
    """The times that end after *after* and begin before *before*, by start; and whether there are more than *most*.

    What repeats is repeated on the wall clock of its zone. *zone* is that of times without one.
    """
    own = series.zone(zone)
    begin, until = interval(series.main, own)
    length = until - begin
    changes = {instant(one["RECURRENCE-ID"].dt, own): one for one in series.others}
    for one in (*series.others, series.main):
        if (at := one.get("RECURRENCE-ID")) is not None and str(at.params.get("RANGE", "")).upper() == "THISANDFUTURE":
            raise Unreadable("a change of this and all following times in one")
    lone = series.main.get("RECURRENCE-ID") is not None  # the server sent changed times alone
    found: list[Happening] = []
    if lone:
        found.append(Happening(begin, until, series.main, instant(series.main["RECURRENCE-ID"].dt, own), changed=True))
    else:
        earliest = None if after is None else _added(after, -length)
        last = before if before is not None or not changes else None
        starts = _starts(series, own, earliest, last, most + len(changes) + 1, patience)
        at_rule = series.repeats
        found += [
            Happening(start, _added(start, length), series.main, start if at_rule else None)
            for start in starts
            if start not in changes
        ]
    found += [Happening(*interval(one, own), one, at, changed=True) for at, one in changes.items()]
    wanted = [
        one
        for one in found
        if (after is None or one.end > after or one.start >= after) and (before is None or one.start < before)
    ]
    wanted.sort(key=lambda one: one.start)
    return wanted[:most], len(wanted) > most


def _starts(
    series: Series, zone: str, earliest: datetime | None, before: datetime | None, most: int, patience: Patience
) -> Iterator[datetime]:
    """Starts from *earliest* on and before *before*, at most so many, without the dates that were left out."""
    begin, _ = interval(series.main, zone)
    left_out = _left_out(series, zone)
    rule, count = series.rrule, 0
    given = sorted({begin, *_listed(series, zone)})
    repeated = _repeated(rule, begin, zone, before, patience) if rule is not None else iter(())
    for start in _merged(given if rule is None else _listed(series, zone), repeated):
        if before is not None and start >= before:
            return
        day = start.astimezone(ZoneInfo(zone)).date()
        if (earliest is not None and start < earliest) or start in left_out or day in left_out:
            continue
        yield start
        count += 1
        if count >= most:
            return


def _merged(given: Sequence[datetime], repeated: Iterator[datetime]) -> Iterator[datetime]:
    from heapq import merge

    last: datetime | None = None
    for start in merge(sorted(given), repeated):
        if start != last:
            yield start
        last = start


def _listed(series: Series, zone: str) -> list[datetime]:
    """Times of RDATE."""
    values = [one.dt for some in several(series.main.get("RDATE")) for one in getattr(some, "dts", ())]
    return sorted(instant(value[0] if isinstance(value, tuple) else value, zone) for value in values)


def _left_out(series: Series, zone: str) -> set[datetime | date]:
    """Instants that EXDATE takes out, and dates."""
    found: set[datetime | date] = set()
    for some in several(series.main.get("EXDATE")):
        for one in getattr(some, "dts", ()):
            found.add(instant(one.dt, zone) if isinstance(one.dt, datetime) else one.dt)
    return found


def _repeated(rule: str, begin: datetime, zone: str, before: datetime | None, patience: Patience) -> Iterator[datetime]:
    """Starts by the rule, on the wall clock."""
    from dateutil.rrule import rrulestr

    parts = harmless(rule)
    tz = ZoneInfo(zone)
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], tz).strftime("%Y%m%dT%H%M%S")
    elif "COUNT" not in parts and before is not None:
        parts["UNTIL"] = before.astimezone(tz).strftime("%Y%m%dT%H%M%S").rjust(15, "0")
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        for number, at in enumerate(rrulestr(text, dtstart=begin.astimezone(tz).replace(tzinfo=None))):
            if number % 500 == 0:
                patience.check()
            yield at.replace(tzinfo=tz).astimezone(UTC)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise Unreadable(f"the rule {rule[:60]!r} cannot be worked out: {str(error)[:60]}") from None
    patience.check()


def harmless(rule: str) -> dict[str, str]:
    """The parts of a rule, when working it out ends soon; ``Unreadable`` else.

    Refused are times within a day, and what the standard forbids because it means nothing: a search for a date that never
    comes reads calendars until the year 9999. Source: RFC 5545 3.3.10.
    """
    pairs = [part.partition("=") for part in rule.upper().split(";") if part]
    parts = {name: value for name, _, value in pairs}
    often = parts.get("FREQ", "")
    forbidden = {"DAILY": ("BYYEARDAY", "BYWEEKNO", "BYSETPOS"), "WEEKLY": ("BYYEARDAY", "BYWEEKNO", "BYMONTHDAY")}
    if often in _OFTEN or often not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        raise Unreadable(f"it repeats {often.lower() or 'by no rule'}")
    if {"BYHOUR", "BYMINUTE", "BYSECOND"} & parts.keys() or any(name in parts for name in forbidden.get(often, ())):
        raise Unreadable(f"it repeats in a way that meetings do not: {rule[:60]}")
    if len(pairs) != len(parts) or any(value.count(",") > _MOST_VALUES for value in parts.values()):
        raise Unreadable("a rule with a part twice, or with very many values")
    months, days = _numbers(parts.get("BYMONTH", "")), _numbers(parts.get("BYMONTHDAY", ""))
    if days and all(abs(day) > max((_LONGEST_MONTHS.get(month, 31) for month in months), default=31) for day in days):
        raise Unreadable("it repeats on a day that no month has")
    if not re.fullmatch(r"[1-9]\d{0,5}", parts.get("INTERVAL", "1")):
        raise Unreadable("a rule with a strange interval")
    return parts


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part]
    except ValueError:
        raise Unreadable("a rule with a number that is none") from None


def _until(text: str, tz: ZoneInfo) -> datetime:
    """UNTIL on the clocks of the zone; a date alone includes all of that day."""
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("a rule until a date that is none") from None
    if until.tzinfo is not None:
        return until.astimezone(tz).replace(tzinfo=None)
    return until.replace(hour=23, minute=59, second=59) if len(text) == len("20260101") else until


def _added(at: datetime, length: timedelta) -> datetime:
    try:
        return at + length
    except OverflowError:
        raise Unreadable("a date at the edge of time") from None
