"""Times of meetings: repetition on the wall clock, and what is free between what is busy."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final, TypeAlias

from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Span, days_between, in_utc, zone_of
from workplace_sdk.services.rooms_errors import RecurrenceNotSupported, SeriesTooLong

RRULE_PARTS: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"})
OTHER_PARTS: Final = frozenset({"BYSECOND", "BYMINUTE", "BYHOUR", "BYYEARDAY", "BYWEEKNO"})
"""Parts that the standard knows and meetings do not use."""
MOST_OCCURRENCES: Final = 366
OVERLAP: Final = Words("the times overlap each other", "de keren overlappen elkaar")
NOT_USED: Final = Words("{part} is not used for meetings", "{part} wordt niet gebruikt voor vergaderingen")
NOT_THE_FIRST: Final = Words("the first time is not one that the rule gives", "de eerste keer past niet bij de regel")
NONE_LEFT: Final = Words("no time is left", "er blijft geen keer over")
STEP: Final = timedelta(minutes=15)
OFFICE_HOURS: Final = (time(8), time(18))

Interval: TypeAlias = tuple[datetime, datetime]
"""From an instant up to, and not including, another."""


def checked_rrule(text: str) -> str:
    """*text*, when it is a rule with an end, once a day at most; ``ValueError`` else."""
    rule = text.strip().upper().removeprefix("RRULE:")
    parts = _parts(rule)
    if unknown := sorted(set(parts) - RRULE_PARTS - OTHER_PARTS):
        raise ValueError(f"rrule: {', '.join(unknown)} is not known")
    if parts.get("FREQ") not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        raise ValueError("rrule: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY")
    if ("COUNT" in parts) == ("UNTIL" in parts):
        raise ValueError("rrule: give COUNT or UNTIL, so that it ends")
    from dateutil.rrule import rrulestr

    try:
        rrulestr(rule.replace("Z", ""), dtstart=datetime(2026, 1, 1))  # noqa: DTZ001 - only read, not used
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise ValueError(f"rrule: {error or 'cannot be read'}") from None
    return rule


def _parts(rule: str) -> dict[str, str]:
    named = [part.partition("=") for part in rule.split(";") if part]
    if len({name for name, _, _ in named}) != len(named):
        raise ValueError("rrule: a part is there twice")
    return {name: value for name, _, value in named}


def occurrences(span: Span, rrule: str | None, except_on: Iterable[date] = ()) -> tuple[Span, ...]:
    """The times of a meeting: the same wall-clock start in the span's zone, summer or winter, and the same length.

    A start that the clocks skip is as much later as they skip; one that comes twice is the first of the two.

    Raises:
        RecurrenceNotSupported: A part of the rule that meetings do not use, or a first time that the rule does not give.
        SeriesTooLong: More than ``MOST_OCCURRENCES`` times.
        ValueError: A rule that cannot be read.

    Source: RFC 5545 3.3.5 for skipped and repeated times, 3.8.5.3 for the length.
    """
    if rrule is None:
        return (span,)
    from dateutil.rrule import rrulestr

    rule = checked_rrule(rrule)
    if other := sorted(set(_parts(rule)) & OTHER_PARTS):
        raise RecurrenceNotSupported(NOT_USED.filled(part=other[0]), part=other[0])
    first = span.local_start.replace(tzinfo=None)
    starts: list[datetime] = []
    for at in rrulestr(_naive_until(rule, span), dtstart=first):
        starts.append(at)
        if len(starts) > MOST_OCCURRENCES:
            raise SeriesTooLong(max=MOST_OCCURRENCES)
    if not starts or starts[0] != first:
        raise RecurrenceNotSupported(NOT_THE_FIRST, part="DTSTART")
    left_out = frozenset(except_on)
    spans = [_at(at, span) for at in starts if at.date() not in left_out]
    if not spans:
        raise RecurrenceNotSupported(NONE_LEFT, part="EXDATE")
    apart(spans)
    return tuple(spans)


def apart(spans: Iterable[Span]) -> None:
    """Raise ``RecurrenceNotSupported`` when the times of one meeting overlap each other."""
    if any(later.start < earlier.end for earlier, later in pairwise(sorted(spans, key=lambda span: span.start))):
        raise RecurrenceNotSupported(OVERLAP, part="INTERVAL")


def _at(wall_clock: datetime, like: Span) -> Span:
    """As long as *like*, from a time on the clocks of its zone."""
    from datetime import UTC

    begin = wall_clock.replace(tzinfo=zone_of(like.zone)).astimezone(UTC)
    return Span(start=begin, end=begin + like.length, zone=like.zone)


def moved(span: Span, old: Span, new: Span) -> Span:
    """*span*, moved as *old* was to *new*: as many days, to the same time of day, as long as *new*."""
    days = new.local_start.date() - old.local_start.date()
    wall_clock = datetime.combine(span.local_start.date() + days, new.local_start.time())
    return _at(wall_clock, new)


def shifted(instant: datetime | None, old: Span, new: Span) -> datetime | None:
    """*instant* as long after the start of *new* on the clocks as it was after that of *old*."""
    if instant is None:
        return None
    after = instant.astimezone(zone_of(old.zone)).replace(tzinfo=None) - old.local_start.replace(tzinfo=None)
    return (new.local_start.replace(tzinfo=None) + after).replace(tzinfo=zone_of(new.zone))


def _naive_until(rule: str, span: Span) -> str:
    """UNTIL on the wall clock of the meeting's zone: the times are generated on it."""
    parts = _parts(rule)
    if "UNTIL" in parts:
        parts["UNTIL"] = until_of(parts["UNTIL"], span.zone).strftime("%Y%m%dT%H%M%S")
    return ";".join(f"{name}={value}" for name, value in parts.items())


def until_of(text: str, zone: str) -> datetime:
    """UNTIL without a zone, on the clocks of *zone*; a date alone includes all of that day."""
    from dateutil.parser import isoparse

    until = isoparse(text)
    if until.tzinfo is not None:
        return until.astimezone(zone_of(zone)).replace(tzinfo=None)
    return until.replace(hour=23, minute=59, second=59) if len(text) == len("20260101") else until


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same instants as few intervals, by time."""
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(wanted: Iterable[Interval], busy: Iterable[Interval]) -> list[Interval]:
    """What is left of *wanted* (apart from each other, by time) when *busy* is taken out."""
    taken = merged(busy)
    left: list[Interval] = []
    for begin, end in wanted:
        start = begin
        for busy_start, busy_end in taken:
            if busy_end <= start or busy_start >= end:
                continue
            if busy_start > start:
                left.append((start, busy_start))
            start = max(start, busy_end)
        if start < end:
            left.append((start, end))
    return left


def overlaps(busy: Sequence[Interval], start: datetime, end: datetime) -> bool:
    """Whether some instant from *start* to *end* is in *busy*, which is as ``merged`` gives it."""
    index = bisect_left(busy, end, key=lambda one: one[0])
    return index > 0 and busy[index - 1][1] > start


def peak(amounts: Iterable[tuple[datetime, datetime, int]]) -> int:
    """The largest sum of amounts at any moment; an amount ends before one that begins at the same moment."""
    changes = sorted((at, change) for start, end, amount in amounts for at, change in ((start, amount), (end, -amount)))
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def office_hours(within: Span) -> list[Interval]:
    """The working hours within: from Monday to Friday, 8:00 to 18:00 on the clocks of the zone."""
    tz: Any = zone_of(within.zone)
    found: list[Interval] = []
    for day in days_between(within.local_start.date(), within.local_end.date()):
        start = max(in_utc(datetime.combine(day, OFFICE_HOURS[0], tz)), in_utc(within.start))
        end = min(in_utc(datetime.combine(day, OFFICE_HOURS[1], tz)), in_utc(within.end))
        if day.weekday() < 5 and start < end:
            found.append((start, end))
    return found


def slots(free: Iterable[Interval], duration: timedelta) -> Iterator[Interval]:
    """Times of *duration* within *free*, one after the other, beginning at a quarter of an hour where that fits."""
    for start, end in free:
        at, until, tz = in_utc(start), in_utc(end), start.tzinfo
        over = timedelta(minutes=start.minute, seconds=start.second, microseconds=start.microsecond) % STEP
        if over and at + (STEP - over) + duration <= until:
            at += STEP - over
        while at + duration <= until:
            yield at.astimezone(tz), (at + duration).astimezone(tz)
            at += max(STEP, duration - duration % STEP)
