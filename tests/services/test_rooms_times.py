"""Times of meetings: repetition as dateutil has it, on the wall clock; and what is free between what is busy."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from workplace_sdk.services.common import Span
from workplace_sdk.services.rooms import MOST_OCCURRENCES, RecurrenceNotSupported, SeriesTooLong, checked_rrule, occurrences
from workplace_sdk.services.rooms_times import merged, moved, office_hours, overlaps, peak, shifted, slots, without

ZONES = ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ORIGIN = datetime(2026, 3, 2, tzinfo=UTC)


def at(day: date, start: int, end: int, zone: str = "Europe/Amsterdam") -> Span:
    return Span.local(day, time(start), time(end), zone)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Span, str]:
    zone = draw(st.sampled_from(ZONES))
    day = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 364)))
    kind = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    parts = [f"FREQ={kind}", f"INTERVAL={draw(st.integers(1, 4))}"]
    if kind == "WEEKLY":
        others = draw(st.sets(st.sampled_from(DAYS), max_size=3)) | {DAYS[day.weekday()]}
        parts += [f"BYDAY={','.join(sorted(others))}", f"WKST={draw(st.sampled_from(DAYS))}"]
    if kind == "MONTHLY" and draw(st.booleans()):
        parts.append(f"BYDAY={DAYS[day.weekday()]};BYSETPOS={(day.day - 1) // 7 + 1}")
    if draw(st.booleans()):
        parts.append(f"COUNT={draw(st.integers(1, 40))}")
    else:
        parts.append(f"UNTIL={(day + timedelta(days=draw(st.integers(0, 80)))):%Y%m%d}T235959Z")
    return at(day, draw(st.integers(0, 22)), 23, zone), ";".join(parts)


@given(rules())
def test_a_series_is_what_dateutil_makes_of_its_rule(made: tuple[Span, str]) -> None:
    span, rule = made
    expected = list(rrulestr(rule, dtstart=span.local_start))
    try:
        found = occurrences(span, rule)
    except RecurrenceNotSupported:
        assert not expected or expected[0] != span.local_start
        return
    assert [one.start for one in found] == [one.astimezone(UTC) for one in expected]
    assert all(one.end - one.start == span.end - span.start for one in found)


@pytest.mark.parametrize(
    ("zone", "first", "offsets"),
    [
        ("Europe/Amsterdam", date(2026, 3, 26), {1, 2}),
        ("Europe/Amsterdam", date(2026, 10, 22), {1, 2}),
        ("America/New_York", date(2026, 3, 5), {-5, -4}),
        ("America/New_York", date(2026, 10, 29), {-5, -4}),
        ("Australia/Lord_Howe", date(2026, 4, 2), {10.5, 11}),
        ("Australia/Lord_Howe", date(2026, 10, 1), {10.5, 11}),
    ],
)
def test_the_time_on_the_clock_stays_over_a_change_to_or_from_summer_time(zone: str, first: date, offsets: set[float]) -> None:
    found = occurrences(at(first, 9, 10, zone), "FREQ=WEEKLY;COUNT=3")
    assert [(one.local_start.hour, one.local_start.minute, one.local_end.hour) for one in found] == [(9, 0, 10)] * 3
    assert {one.local_start.utcoffset() for one in found} == {timedelta(hours=hours) for hours in offsets}
    assert {one.zone for one in found} == {zone}


def test_a_time_that_the_clocks_skip_is_as_much_later() -> None:
    found = occurrences(Span.local(date(2026, 3, 28), time(2, 30), time(3, 30), "Europe/Amsterdam"), "FREQ=DAILY;COUNT=3")
    assert [one.local_start.time() for one in found] == [time(2, 30), time(3, 30), time(2, 30)]
    assert all(one.end - one.start == timedelta(hours=1) for one in found)


def test_of_a_time_that_comes_twice_it_is_the_first() -> None:
    found = occurrences(Span.local(date(2026, 10, 24), time(2, 30), time(3, 30), "Europe/Amsterdam"), "FREQ=DAILY;COUNT=2")
    assert found[1].start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_until_a_date_includes_that_day_and_dates_can_be_left_out() -> None:
    found = occurrences(at(date(2026, 12, 1), 9, 10), "FREQ=DAILY;UNTIL=20261204", except_on={date(2026, 12, 2)})
    assert [one.local_start.day for one in found] == [1, 3, 4]


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        ("FREQ=WEEKLY;COUNT=4;BYHOUR=9", "BYHOUR"),
        ("FREQ=YEARLY;COUNT=4;BYWEEKNO=20", "BYWEEKNO"),
        ("FREQ=WEEKLY;COUNT=4;BYDAY=MO", "DTSTART"),
    ],
)
def test_what_a_meeting_cannot_repeat_by_is_named(rule: str, part: str) -> None:
    with pytest.raises(RecurrenceNotSupported) as error:
        occurrences(at(date(2026, 12, 1), 9, 10), rule)
    assert (error.value.part, error.value.field) == (part, "rrule")


def test_times_that_overlap_each_other_are_no_series() -> None:
    long = Span.local(date(2026, 12, 1), time(9), time(9), "Europe/Amsterdam")
    longer = Span(start=long.start, end=long.end + timedelta(hours=1), zone=long.zone)
    assert len(occurrences(long, "FREQ=DAILY;COUNT=3")) == 3
    with pytest.raises(RecurrenceNotSupported):
        occurrences(longer, "FREQ=DAILY;COUNT=3")


def test_a_series_has_an_end() -> None:
    assert len(occurrences(at(date(2026, 1, 1), 9, 10), f"FREQ=DAILY;COUNT={MOST_OCCURRENCES}")) == MOST_OCCURRENCES
    with pytest.raises(SeriesTooLong) as error:
        occurrences(at(date(2026, 1, 1), 9, 10), f"FREQ=DAILY;COUNT={MOST_OCCURRENCES + 1}")
    assert error.value.max == MOST_OCCURRENCES
    assert str(MOST_OCCURRENCES) in error.value.sentence("nl")


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_a_value_error(text: str) -> None:
    try:
        rule = checked_rrule(text)
    except ValueError:
        return
    assert "FREQ=" in rule


@given(st.sampled_from(ZONES), st.integers(0, 364), st.integers(0, 364), st.integers(0, 23), st.integers(1, 8))
def test_what_is_moved_keeps_days_apart_and_takes_the_new_time(zone: str, first: int, later: int, hour: int, long: int) -> None:
    old, other = (
        at(date(2026, 1, 1) + timedelta(days=first), 9, 10, zone),
        at(date(2026, 1, 1) + timedelta(days=later), 9, 10, zone),
    )
    begin = datetime.combine(old.local_start.date() + timedelta(days=3), time(hour), ZoneInfo(zone)).astimezone(UTC)
    new = Span(start=begin, end=begin + timedelta(hours=long), zone=zone)
    gone = moved(other, old, new)
    assert gone.local_start.date() - other.local_start.date() == new.local_start.date() - old.local_start.date()
    assert gone.local_start.time() == new.local_start.time() or gone.local_start.hour in (2, 3)  # the clocks skip only then
    assert gone.end - gone.start == new.end - new.start
    assert shifted(other.start, other, gone) == gone.start


intervals = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 60)), max_size=12).map(
    lambda pairs: [(ORIGIN + timedelta(minutes=start), ORIGIN + timedelta(minutes=start + long)) for start, long in pairs]
)


def minutes_of(spans) -> set[int]:
    return {
        minute
        for start, end in spans
        for minute in range(int((start - ORIGIN).total_seconds()) // 60, int((end - ORIGIN).total_seconds()) // 60)
    }


@given(intervals, intervals, st.integers(0, 500), st.integers(1, 60))
def test_arithmetic_of_free_and_busy_is_that_of_sets_of_minutes(wanted, busy, start: int, long: int) -> None:
    assert minutes_of(merged(wanted)) == minutes_of(wanted)
    assert minutes_of(without(merged(wanted), busy)) == minutes_of(wanted) - minutes_of(busy)
    begin, end = ORIGIN + timedelta(minutes=start), ORIGIN + timedelta(minutes=start + long)
    assert overlaps(merged(busy), begin, end) == bool(minutes_of(busy) & set(range(start, start + long)))
    most = max((sum(minute in minutes_of([one]) for one in busy) for minute in minutes_of(busy)), default=0)
    assert peak((*one, 1) for one in busy) == most


@given(intervals, st.integers(5, 90))
def test_slots_lie_within_what_is_free_and_apart_from_each_other(free, minutes: int) -> None:
    whole = merged(free)
    found = list(slots(whole, timedelta(minutes=minutes)))
    assert all(end - start == timedelta(minutes=minutes) for start, end in found)
    assert minutes_of(found) <= minutes_of(whole)
    for start, end in whole:
        inside = any(start <= one and other <= end for one, other in found)
        assert inside == (end - start >= timedelta(minutes=minutes))


def test_office_hours_are_those_of_the_zone() -> None:
    week = Span.local(date(2026, 10, 23), time(0), time(23), "Europe/Amsterdam")
    whole = Span(start=week.start, end=week.start + timedelta(days=5), zone=week.zone)
    found = office_hours(whole)
    assert [start.astimezone(UTC).hour for start, _ in found] == [6, 7, 7]  # Friday in summer, Monday and Tuesday in winter
    assert sum(((end - start) for start, end in found), timedelta()) == timedelta(hours=30)
