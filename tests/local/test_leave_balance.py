"""The arithmetic of balances, without a store: properties that hold for whatever was granted and taken."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from workplace_sdk.connectors.local.leave_balance import Grant, Used, cover, figures, fits

START = date(2026, 1, 1)
HALVES = st.integers(1, 20).map(lambda halves: Decimal(halves) / 2)
DAYS = st.integers(0, 120).map(lambda offset: START + timedelta(days=offset))


@st.composite
def grants(draw, *, corrections: bool = False) -> Grant:
    first = draw(DAYS)
    last = first + timedelta(days=draw(st.integers(0, 60)))
    usable_from = first + timedelta(days=draw(st.integers(0, 20)))
    usable_until = max(last, usable_from) + timedelta(days=draw(st.integers(0, 60)))
    kinds = ["entitled", "carried_over", "accrued", "adjusted"]
    kind = draw(st.sampled_from(kinds))
    amount = draw(HALVES)
    if corrections and kind == "adjusted" and draw(st.booleans()):
        amount = -amount
    return Grant(kind, amount, first, last, usable_from, usable_until)


USED = st.builds(Used, DAYS, st.sampled_from([Decimal(1), Decimal("0.5"), Decimal("7.6")]), st.booleans())
GRANTED = st.lists(grants(corrections=True), max_size=6)
SPENT = st.lists(USED, max_size=12)


@given(GRANTED, SPENT)
def test_every_amount_is_covered_once_or_said_to_be_short(granted, spent) -> None:
    covering = cover(granted, spent)
    for used in spent:
        assert any(draw.used is used for draw in covering.draws)
    assert sum((draw.amount for draw in covering.draws), Decimal(0)) == sum((used.amount for used in spent), Decimal(0))
    for at, grant in enumerate(granted):
        drawn = [draw for draw in covering.draws if draw.grant == at]
        assert all(grant.usable_on(draw.used.date) for draw in drawn)
        full = max(grant.amount, Decimal(0)) - covering.taken_away[at]
        assert covering.left[at] + sum((draw.amount for draw in drawn), Decimal(0)) == full
        assert covering.left[at] >= 0


@given(st.lists(grants(), max_size=5), st.lists(USED, max_size=8), st.permutations(range(8)))
def test_who_asked_first_makes_no_difference(granted, spent, order) -> None:
    again = [spent[at] for at in order if at < len(spent)]
    assert cover(granted, spent).short == cover(granted, again).short


@settings(max_examples=200)
@given(GRANTED, SPENT, DAYS)
def test_the_sum_is_what_is_available(granted, spent, on) -> None:
    told = figures(granted, spent, on)
    left = told.entitled + told.carried_over + told.accrued + told.adjusted - told.taken - told.planned - told.pending
    assert told.available == left
    assert min(told.taken, told.planned, told.pending, told.entitled, told.carried_over, told.accrued) >= 0


@settings(max_examples=200)
@given(st.lists(grants(), max_size=6), SPENT, DAYS)
def test_what_is_available_can_be_asked_for_and_not_a_bit_more(granted, spent, on) -> None:
    before = cover(granted, spent).short
    free = fits(granted, spent, on)
    assert cover(granted, [*spent, Used(on, free)]).short == before
    assert cover(granted, [*spent, Used(on, free + Decimal("0.5"))]).short == before + Decimal("0.5")
    if not before:  # nothing is owed from elsewhere
        assert figures(granted, spent, on).available == free


@given(st.lists(grants(), max_size=6), SPENT, DAYS, DAYS)
def test_asking_takes_what_it_costs(granted, spent, on, when) -> None:
    """A request that fits takes its cost from what is available on its own day, and never adds to any other day."""
    cost = Decimal(1)
    if cover(granted, spent).short or fits(granted, spent, when) < cost:
        return
    after = [*spent, Used(when, cost, pending=True)]
    assert figures(granted, after, when).available == figures(granted, spent, when).available - cost
    assert figures(granted, after, on).available <= figures(granted, spent, on).available


def test_dutch_statutory_leave_is_carried_over_by_itself_and_lapses_in_july() -> None:
    year, before = (START, date(2026, 12, 31)), (date(2025, 1, 1), date(2025, 12, 31))
    granted = [
        Grant("entitled", Decimal(20), *before, usable_until=date(2026, 6, 30)),  # statutory
        Grant("entitled", Decimal(5), *before, usable_until=date(2030, 12, 31)),  # beyond the statutory
        Grant("entitled", Decimal(20), *year, usable_until=date(2027, 6, 30)),
    ]
    spent = [Used(date(2025, 8, 3) + timedelta(days=day), Decimal(1)) for day in range(14)]
    spent += [Used(date(2026, 2, 2) + timedelta(days=day), Decimal(1)) for day in range(2)]
    last_year = figures(granted, spent, date(2025, 12, 31))
    assert (last_year.entitled, last_year.taken) == (25, 14)
    assert (last_year.planned, last_year.available) == (0, 11)  # February can draw on next year's
    march = figures(granted, spent, date(2026, 3, 1))
    assert (march.carried_over, march.entitled, march.taken, march.available) == (11, 20, 2, 29)
    assert march.expiring == ((4, date(2026, 6, 30)), (20, date(2027, 6, 30)), (5, date(2030, 12, 31)))
    july = figures(granted, spent, date(2026, 7, 1))
    assert (july.carried_over, july.taken, july.available) == (5 + 2, 2, 25)  # four were lost


def test_leave_that_is_built_up_counts_from_when_it_is_usable() -> None:
    year = (START, date(2026, 12, 31))
    months = [date(2026, month, 1) for month in range(2, 13)]
    granted = [Grant("accrued", Decimal(2), *year, usable_from=month) for month in months]
    summer = [Used(date(2026, 8, 3) + timedelta(days=day), Decimal(1)) for day in range(10)]
    assert figures(granted, [], START).available == 0
    april = figures(granted, [], date(2026, 4, 15))
    assert (april.accrued, april.available) == (6, 6)
    planned = figures(granted, summer, date(2026, 4, 15))
    assert (planned.accrued, planned.planned, planned.available) == (6, 2, 4)  # eight of the ten come from later months
    august = figures(granted, summer, date(2026, 8, 31))
    assert (august.accrued, august.taken, august.available) == (14, 10, 4)


def test_a_correction_takes_away_and_cannot_be_asked_for() -> None:
    year = (START, date(2026, 12, 31))
    granted = [Grant("entitled", Decimal(10), *year), Grant("adjusted", Decimal(-4), *year)]
    told = figures(granted, [], START)
    assert (told.entitled, told.adjusted, told.available) == (10, -4, 6)
    assert fits(granted, [], START) == 6
    overdrawn = figures([Grant("entitled", Decimal(2), *year), Grant("adjusted", Decimal(-4), *year)], [], START)
    assert overdrawn.available == -2
    taken = [Used(START + timedelta(days=day), Decimal(1)) for day in range(3)]
    assert figures([Grant("entitled", Decimal(2), *year)], taken, date(2026, 6, 1)).available == -1
