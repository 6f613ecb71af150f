"""What a day off costs: by the person's own schedule, and never by eight hours."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workplace_sdk.services.calendar import (
    Holiday,
    Portion,
    WorkSchedule,
    charge,
    converted,
    parse_week,
    public_holidays,
)
from workplace_sdk.services.common import DurationAmount, Mapped, Ref, Unit
from workplace_sdk.services.leave import DayOff, LeaveCategory, LeaveDraft, LeaveType
from workplace_sdk.services.leave_preview import charged_days

MONDAY = date(2026, 12, 7)
QUARTERS = st.integers(0, 48).map(lambda quarters: Decimal(quarters) / 4)
WEEKS = st.tuples(*[QUARTERS] * 7)
DAYS = st.dates(date(2020, 1, 1), date(2032, 12, 31))
PORTIONS = st.sampled_from([Portion.FULL, Portion.AM, Portion.PM])
UNITS = st.sampled_from([Unit.DAY, Unit.HOUR])


def a_type(unit: Unit, *, charges_holidays: bool = False) -> LeaveType:
    return LeaveType(
        ref=Ref(connection="main", kind="leave_type", id="1"),
        name="Leave",
        category=Mapped(value=LeaveCategory.ANNUAL),
        unit=unit,
        charges_holidays=charges_holidays,
    )


@st.composite
def rosters(draw) -> WorkSchedule:
    exceptions = draw(st.dictionaries(st.dates(MONDAY, MONDAY + timedelta(days=40)), QUARTERS, max_size=10))
    return WorkSchedule(hours=draw(WEEKS), exceptions=exceptions, region="NL")


@st.composite
def free_days(draw) -> dict[date, Holiday]:
    days = draw(st.dictionaries(st.dates(MONDAY, MONDAY + timedelta(days=40)), PORTIONS, max_size=8))
    return {day: Holiday(date=day, name="x", region="NL", portion=portion) for day, portion in days.items()}


@st.composite
def requests(draw) -> tuple[DayOff, ...]:
    first = draw(st.integers(0, 20))
    length = draw(st.integers(1, 20))
    return tuple(DayOff(date=MONDAY + timedelta(days=first + offset), portion=draw(PORTIONS)) for offset in range(length))


def total(days) -> Decimal:
    return sum((day.charged.value for day in days), Decimal(0))


@given(requests(), rosters(), free_days(), UNITS, st.data())
def test_two_requests_cost_what_one_does(days, roster, holidays, unit, data) -> None:
    kind = a_type(unit)
    at = data.draw(st.integers(0, len(days)))
    whole = charged_days(days, kind, lambda _: roster, holidays)
    parts = [charged_days(part, kind, lambda _: roster, holidays) for part in (days[:at], days[at:])]
    assert total(whole) == sum(map(total, parts))
    assert [day for part in parts for day in part] == list(whole)


@given(requests(), rosters(), free_days(), UNITS)
def test_what_costs_nothing_says_why_and_the_rest_is_within_the_day(days, roster, holidays, unit) -> None:
    for day in charged_days(days, a_type(unit), lambda _: roster, holidays):
        most = Decimal(1) if unit is Unit.DAY else roster.hours_on(day.date)
        assert 0 <= day.charged.value <= most
        assert (day.charged.value == 0) == (day.why_zero is not None)
        if day.date in holidays and holidays[day.date].portion in (Portion.FULL, day.portion):
            assert day.charged.value == 0
        if not roster.hours_on(day.date):
            assert day.why_zero == "non_working"


@given(rosters(), DAYS, UNITS, free_days())
def test_a_morning_and_an_afternoon_are_a_day(roster, day, unit, holidays) -> None:
    def cost(portion: Portion) -> Decimal:
        return charge(day, portion, unit=unit, schedule=roster, holidays=holidays).amount.value

    assert cost(Portion.AM) + cost(Portion.PM) == cost(Portion.FULL)


@given(rosters(), DAYS, st.integers(1, 48).map(lambda quarters: Decimal(quarters) / 4))
def test_hours_cost_themselves_or_are_more_than_there_are(roster, day, hours) -> None:
    worked = roster.hours_on(day)
    if 0 < worked < hours:
        with pytest.raises(ValueError, match="hours of work"):
            charge(day, Portion.HOURS, unit=Unit.HOUR, schedule=roster, holidays={}, hours=hours)
        return
    cost = charge(day, Portion.HOURS, unit=Unit.HOUR, schedule=roster, holidays={}, hours=hours)
    assert cost.amount.value == (hours if worked else 0)


@given(QUARTERS.filter(bool), QUARTERS.filter(bool))
def test_days_and_hours_there_and_back(hours, worked) -> None:
    amount = DurationAmount(value=hours, unit=Unit.HOUR)
    days = converted(amount, Unit.DAY, hours_of_day=worked)
    back = converted(days, Unit.HOUR, hours_of_day=worked)
    assert abs(back.value - hours) <= worked * Decimal("0.00005")
    assert converted(converted(amount, Unit.MINUTE, hours_of_day=None), Unit.HOUR, hours_of_day=None).value == hours


@pytest.mark.parametrize("worked", [None, Decimal(0)])
def test_no_day_has_eight_hours_by_itself(worked: Decimal | None) -> None:
    with pytest.raises(ValueError, match="not known"):
        converted(DurationAmount(value=Decimal(1), unit=Unit.DAY), Unit.HOUR, hours_of_day=worked)
    uneven = WorkSchedule(hours=parse_week("9 0 4.5"))
    assert uneven.hours_per_day is None
    assert WorkSchedule(hours=parse_week("7.6 7.6 7.6 7.6 7.6")).hours_per_day == Decimal("7.6")


def test_part_of_a_day_is_part_of_that_persons_day() -> None:
    schedule = WorkSchedule(hours=parse_week("9 0 4.5 7.6"))
    two = {
        offset: charge(
            MONDAY + timedelta(days=offset), Portion.HOURS, unit=Unit.DAY, schedule=schedule, holidays={}, hours=Decimal(2)
        ).amount.value
        for offset in (0, 2, 3)
    }
    assert two == {0: Decimal("0.2222"), 2: Decimal("0.4444"), 3: Decimal("0.2632")}
    half = charge(MONDAY + timedelta(days=2), Portion.PM, unit=Unit.HOUR, schedule=schedule, holidays={})
    assert half.amount.value == Decimal("2.25")


def test_half_a_holiday_leaves_half_a_day() -> None:
    schedule = WorkSchedule(hours=parse_week("8 8 8 8 8"))
    eve = {MONDAY: Holiday(date=MONDAY, name="Eve", region="NL", portion=Portion.PM)}

    def cost(portion: Portion, **others) -> tuple[Decimal, str | None]:
        made = charge(MONDAY, portion, unit=Unit.HOUR, schedule=schedule, holidays=eve, **others)
        return made.amount.value, made.why_zero

    assert cost(Portion.FULL) == (4, None)
    assert cost(Portion.AM) == (4, None)
    assert cost(Portion.PM) == (0, "holiday")
    assert cost(Portion.HALF) == (4, None)  # the other one: nobody says that it is the afternoon
    assert cost(Portion.HOURS, hours=Decimal(3)) == (3, None)
    with pytest.raises(ValueError, match="4 hours"):
        cost(Portion.HOURS, hours=Decimal(5))
    assert cost(Portion.FULL, charges_holidays=True) == (8, None)


def test_a_schedule_is_not_asked_about_days_on_which_it_does_not_hold() -> None:
    schedule = WorkSchedule(hours=parse_week("8 8"), valid_until=MONDAY)
    assert schedule.hours_on(MONDAY) == 8
    with pytest.raises(ValueError, match="does not hold"):
        schedule.hours_on(MONDAY + timedelta(days=1))


def test_public_holidays_of_country_and_subdivision() -> None:
    dutch = public_holidays("NL", [2026], "nl")
    assert dutch[date(2026, 4, 27)].name == "Koningsdag"
    assert date(2025, 5, 5) in public_holidays("NL", [2025])  # Liberation Day: a day off every five years
    assert date(2026, 5, 5) not in dutch
    assert date(2026, 1, 6) in public_holidays("DE-BY", [2026])
    assert date(2026, 1, 6) not in public_holidays("DE-BE", [2026])
    with pytest.raises(ValueError, match="no public holidays"):
        public_holidays("XX", [2026])


@pytest.mark.parametrize(
    ("region", "afternoons"),
    [("IS", 2), ("PR", 1), ("AU-SA", 0), ("EE", 0), ("CN", 0)],  # evenings, an hour earlier home, for some people only
)
def test_half_holidays_are_those_that_begin_at_noon(region: str, afternoons: int) -> None:
    found = [one for one in public_holidays(region, [2026]).values() if one.portion is not Portion.FULL]
    assert [one.portion for one in found] == [Portion.PM] * afternoons


def test_drafts_by_their_ends() -> None:
    friday = MONDAY + timedelta(days=4)
    draft = LeaveDraft.between("Leave", MONDAY, friday, first_portion=Portion.PM, last_portion=Portion.AM)
    assert [day.portion.value for day in draft.days] == ["pm", "full", "full", "full", "am"]
    assert LeaveDraft.between("Leave", MONDAY).days == (DayOff(date=MONDAY),)
    for given_ends in ({"first_portion": Portion.AM}, {"last_portion": Portion.AM}):
        assert LeaveDraft.between("Leave", MONDAY, MONDAY, **given_ends).days[0].portion is Portion.AM
    with pytest.raises(ValueError, match="a morning or an afternoon"):
        LeaveDraft.between("Leave", MONDAY, MONDAY, first_portion=Portion.PM, last_portion=Portion.AM)
    with pytest.raises(ValueError, match="last is before first"):
        LeaveDraft.between("Leave", friday, MONDAY)
    with pytest.raises(ValueError, match="twice"):
        LeaveDraft(leave_type="Leave", days=(DayOff(date=MONDAY), DayOff(date=MONDAY)))
    hours = LeaveDraft.for_hours("Leave", MONDAY, "1.5", start=time(9))
    assert hours.days == (DayOff(date=MONDAY, portion=Portion.HOURS, hours=Decimal("1.5"), start=time(9)),)
    with pytest.raises(ValueError, match="only then"):
        DayOff(date=MONDAY, hours=Decimal(2))
    again = LeaveDraft.model_validate_json(draft.model_dump_json())
    assert again == draft
