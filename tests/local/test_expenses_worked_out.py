"""What things come to: distances by bands of the year, days away, exchange, VAT, shares; on both databases where rates are kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.local.conftest import Office
from workplace_sdk.connectors.local.expenses import LocalExpenses
from workplace_sdk.connectors.local.expenses_setup import (
    add_category,
    add_mileage_rate,
    add_per_diem_rate,
    set_exchange_rate,
)
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.common import Money, Span
from workplace_sdk.services.expenses import (
    Allocation,
    Distance,
    DistanceUnit,
    DuplicateExpense,
    Exchange,
    LimitExceeded,
    LimitPer,
    LineDraft,
    LineKind,
    Location,
    Meals,
    MileageRate,
    NothingToClaim,
    PaidWith,
    PartDay,
    PerDiemRate,
    PeriodClosed,
    RateUnavailable,
    ReportDraft,
    Stop,
    Tax,
    Trip,
    Vehicle,
)
from workplace_sdk.services.expenses_sums import in_unit, mileage, mileage_sum, mileage_taxable, per_diem, shared

DAY = date(2026, 11, 20)
ZONE = "Europe/Amsterdam"


def euros(amount: str) -> Money:
    return Money.of(amount, "EUR")


DUTCH = PerDiemRate(
    country="NL",
    first=date(2026, 1, 1),
    day=euros("60"),
    parts=(PartDay(over_hours=Decimal(4), share=Decimal(20)), PartDay(over_hours=Decimal(8), share=Decimal(50))),
    breakfast=Decimal(15),
    lunch=Decimal(20),
    dinner=Decimal(35),
    night=euros("12.50"),
)


@pytest.fixture
def desk(office: Office) -> Office:
    def setup(connection) -> None:
        add_category(connection, "travel", "Travel", vat_rate=Decimal(21), vat_code="H", vat_reclaimable=True)
        add_category(connection, "lunch", "Lunch", limit_amount=Decimal(30), limit_per=LimitPer.PERSON.value)
        add_category(connection, "snack", "Snack", limit_amount=Decimal(10), limit_per=LimitPer.DAY.value)
        add_category(connection, "km", "Kilometres", kind=LineKind.MILEAGE)
        add_category(connection, "away", "Days away", kind=LineKind.PER_DIEM)
        add_category(connection, "home", "Working at home", kind=LineKind.ALLOWANCE, vat_rate=Decimal(21))
        add_mileage_rate(connection, Vehicle.CAR, date(2026, 1, 1), Decimal("0.35"), Decimal("0.23"))
        add_mileage_rate(connection, Vehicle.CAR, date(2026, 1, 1), Decimal("0.21"), Decimal("0.23"), over=Decimal(100))
        add_mileage_rate(connection, Vehicle.BICYCLE, date(2026, 1, 1), Decimal("0.23"), last=date(2026, 11, 19))
        add_per_diem_rate(connection, DUTCH)
        add_per_diem_rate(connection, PerDiemRate(country="GB", first=date(2026, 1, 1), day=Money.of("50", "GBP")))
        add_per_diem_rate(
            connection, PerDiemRate(country="GB", city="London", first=date(2026, 1, 1), day=Money.of("70", "GBP"))
        )
        for currency, rate in (("USD", "0.9137"), ("JPY", "0.0061"), ("BHD", "2.4321"), ("GBP", "1.15")):
            set_exchange_rate(connection, currency, "EUR", date(2026, 11, 18), Decimal(rate), "ECB")

    office.write(setup)
    return office


def line(category: str = "travel", amount: str | Money = "24.20", **others) -> LineDraft:
    cost = {} if {"distance", "trip"} & set(others) else {"amount": euros(amount) if isinstance(amount, str) else amount}
    return LineDraft(**{"date": DAY, "category": category, **cost, **others})


def report(*lines: LineDraft, **others) -> ReportDraft:
    return ReportDraft(title="Reis", lines=lines, **others)


def journey(length: str, **others) -> LineDraft:
    return line("km", distance=Distance(origin="Utrecht", destination="Zwolle", length=Decimal(length), **others))


def trip(start: datetime, end: datetime, where: str = "NL", city: str | None = None, **others) -> Trip:
    return Trip(span=Span(start=start, end=end, zone=ZONE), destination=Location(country=where, city=city), **others)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour - 1, minute, tzinfo=UTC)  # winter time in Amsterdam


@pytest.mark.parametrize(
    ("paid", "claimed", "vat"),
    [
        (Money.of("1234", "JPY"), "7.53", "0.00"),  # no minor unit
        (Money.of("1.234", "BHD"), "3.00", "0.00"),  # three of them
        (Money.of("100", "USD"), "91.37", "0.00"),
        (euros("121"), "121.00", "21.00"),
    ],
)
def test_money_of_other_countries(desk: Office, paid: Money, claimed: str, vat: str) -> None:
    made = desk.as_("ana", LocalExpenses).submit(report(line(amount=paid)))
    assert (made.lines[0].claimed, made.totals.tax) == (euros(claimed), euros(vat))
    assert made.lines[0].original == paid


def test_a_rate_holds_a_week_and_the_receipts_own_comes_first(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    dollars = Money.of("100", "USD")
    assert ana.check(report(line(amount=dollars, date=date(2026, 11, 24)))) == ()
    desk.write(lambda c: set_exchange_rate(c, "USD", "EUR", date(2026, 11, 20), Decimal("0.90"), "ECB"))
    desk.write(lambda c: set_exchange_rate(c, "USD", "EUR", date(2026, 11, 20), Decimal("0.91"), "ECB"))  # put right
    on_the_bill = Exchange(rate=Decimal("0.95"), on=DAY, source="card")
    made = ana.submit(
        report(
            line(amount=dollars, date=date(2026, 11, 19)),
            line(amount=dollars),
            line(amount=dollars, merchant="hotel", exchange=on_the_bill),
        )
    )
    assert [one.claimed for one in made.lines] == [euros("91.37"), euros("91.00"), euros("95.00")]
    with pytest.raises(RateUnavailable) as error:
        ana.submit(report(line(amount=dollars, date=date(2026, 11, 17))))
    assert (error.value.what, error.value.on) == ("USD", date(2026, 11, 17))
    for wrong in (
        line(exchange=on_the_bill),
        line(amount=dollars, exchange=Exchange(rate=Decimal(1), on=date(2026, 11, 25), source="card")),
    ):
        with pytest.raises(InvalidInput):
            ana.submit(report(wrong))


def test_vat_of_the_receipt_the_category_or_abroad(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    said = (Tax(rate=Decimal(9), net=euros("10.00"), tax=euros("0.90")), Tax(net=euros("13.00"), tax=euros("0.30")))
    made = ana.submit(
        report(
            line(taxes=said),
            line(merchant="home"),
            line(merchant="abroad", place=Location(country="BE")),
            line("home", "24.20"),
        )
    )
    mine, home, abroad, allowance = made.lines
    assert mine.taxes == said
    assert [(tax.code, tax.country, tax.reclaimable, tax.tax) for tax in home.taxes] == [("H", "NL", True, euros("4.20"))]
    assert (abroad.taxes, allowance.taxes) == ((), ())
    assert made.totals.tax == euros("5.40")
    wrong = Tax(rate=Decimal(21), net=euros("20.00"), tax=euros("4.20"))
    with pytest.raises(ValidationError, match="net and tax make"):
        line(amount="25", taxes=(wrong,))
    (told,) = ana.check(report(line(amount="24.10", taxes=(Tax(rate=Decimal(21), net=euros("20.00"), tax=euros("4.10")),))))
    assert (told.code, told.blocking) == ("tax-mismatch", False)


def test_private_parts_and_the_companys_card(desk: Office) -> None:
    card = {"paid_with": PaidWith.COMPANY_CARD}
    made = desk.as_("ana", LocalExpenses).submit(
        report(
            line(amount="121", personal=euros("60.50")),
            line(amount="50", personal=euros("20"), **card),
            line(amount=Money.of("5000", "JPY"), personal=Money.of("2000", "JPY"), **card),
        )
    )
    own, euro, yen = made.lines
    assert [one.claimed for one in (own, euro, yen)] == [euros("60.50"), euros("30.00"), euros("18.30")]
    assert made.totals.tax == euros("10.50") + euros("5.21")  # what is private is not the company's, VAT neither
    assert (made.totals.company_paid, made.totals.private) == (euros("48.30"), euros("32.20"))
    assert made.totals.payable == euros("60.50") - euros("32.20")


def test_distances_by_bands_of_the_year(desk: Office) -> None:
    ana, kees = desk.as_("ana", LocalExpenses), desk.as_("kees", LocalExpenses)
    first = ana.submit(report(journey("90", round_trip=True, commute=Decimal(10), passengers=2, plate="AB-12-CD")))
    (way,) = first.lines
    assert [(part.distance, part.rate) for part in way.rates] == [(100, euros("0.35")), (70, euros("0.21"))]
    assert (way.claimed, way.taxable, way.rate) == (euros("49.70"), euros("12.00"), None)
    assert way.distance is not None
    assert (way.distance.passengers, way.distance.plate) == (2, "AB-12-CD")
    second = ana.submit(report(journey("10"), journey("5", unit=DistanceUnit.MI)))
    assert [one.claimed for one in second.lines] == [euros("2.10"), euros("1.69")]  # 8.047 km
    assert kees.submit(report(journey("10"))).lines[0].claimed == euros("3.50")  # each their own year
    ana.withdraw(second.ref)
    ana.withdraw(first.ref)
    assert ana.submit(report(journey("60"), journey("60", via=("Amersfoort",)))).totals.claimed == euros("21.00") + euros(
        "18.20"
    )
    with pytest.raises(RateUnavailable):  # the bicycle's rate ended
        ana.submit(report(journey("5", vehicle=Vehicle.BICYCLE)))
    with pytest.raises(ValidationError, match="commute"):
        journey("5", commute=Decimal(5))


@given(
    lengths=st.lists(st.decimals(min_value=Decimal("0.1"), max_value=Decimal(500), places=1), min_size=1, max_size=8),
    bands=st.lists(st.integers(min_value=1, max_value=900), max_size=3, unique=True),
)
def test_how_a_distance_is_cut_changes_nothing_but_the_rounding(lengths: list[Decimal], bands: list[int]) -> None:
    steps = [Decimal(0), *sorted(map(Decimal, bands))]
    rates = [
        MileageRate(vehicle=Vehicle.CAR, first=DAY, rate=Money.of(f"0.{40 - 5 * index}", "EUR"), over=over)
        for index, over in enumerate(steps)
    ]
    before, cut = Decimal(0), Decimal(0)
    for length in lengths:
        parts = mileage(length, before, rates)
        assert sum(part.distance for part in parts) == length
        cut += sum(part.rate.amount * part.distance for part in parts)
        before += length
    whole = mileage(before, Decimal(0), rates)
    assert sum(part.rate.amount * part.distance for part in whole) == cut
    assert mileage_sum(whole) == Money(amount=cut, currency="EUR").rounded()
    assert mileage_taxable(whole) is None
    assert in_unit(in_unit(before, DistanceUnit.KM, DistanceUnit.MI), DistanceUnit.MI, DistanceUnit.KM).quantize(
        Decimal("0.1")
    ) == before.quantize(Decimal("0.1"))


def test_days_away_with_meals_and_nights(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    away = trip(
        at(18, 14),
        at(20, 11),
        meals=(Meals(on=date(2026, 11, 19), lunch=True, dinner=True), Meals(on=date(2026, 11, 18), dinner=True)),
        accommodation_provided=False,
    )
    made = ana.submit(report(line("away", trip=away)))
    (stay,) = made.lines
    assert [(day.on.day, day.hours, day.share, day.allowance, day.deducted, day.night) for day in stay.days] == [
        (18, 10, 50, euros("30"), euros("21"), euros("12.50")),
        (19, 24, 100, euros("60"), euros("33"), euros("12.50")),
        (20, 11, 50, euros("30"), euros("0"), euros("0")),
    ]
    assert (stay.claimed, stay.deductions, made.period) == (euros("91.00"), euros("54"), (date(2026, 11, 18), DAY))
    with pytest.raises(DuplicateExpense):  # a date of another trip
        ana.submit(report(line("away", date=date(2026, 11, 18), trip=trip(at(17, 9), at(18, 18)))))
    with pytest.raises(NothingToClaim):  # under four hours
        ana.submit(report(line("away", date=date(2026, 11, 16), trip=trip(at(16, 9), at(16, 12)))))
    with pytest.raises(PeriodClosed):  # it is not over
        ana.submit(report(line("away", date=date(2026, 11, 24), trip=trip(at(24, 9), at(26, 12)))))
    with pytest.raises(RateUnavailable) as error:
        ana.submit(report(line("away", date=date(2026, 11, 16), trip=trip(at(16, 9), at(16, 20), "FR"))))
    assert error.value.what == "FR"


def test_a_trip_to_several_places_in_another_currency(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    there = trip(
        at(18, 8), at(20, 20), "GB", stops=(Stop(on=date(2026, 11, 19), location=Location(country="GB", city="London")),)
    )
    made = ana.submit(report(line("away", trip=there)))
    assert made.lines[0].original == Money.of("190", "GBP")
    assert made.lines[0].claimed == euros("218.50")
    mixed = trip(at(16, 8), at(17, 20), "GB", stops=(Stop(on=date(2026, 11, 17), location=Location(country="NL")),))
    with pytest.raises(InvalidInput, match="several currencies"):
        ana.submit(report(line("away", date=date(2026, 11, 16), trip=mixed)))


def test_days_on_which_the_clocks_change() -> None:
    for start, end, hours in (
        (datetime(2026, 3, 29, 0, tzinfo=UTC) - timedelta(hours=1), datetime(2026, 3, 29, 22, tzinfo=UTC), 23),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC), 25),
    ):
        away = Trip(span=Span(start=start, end=end, zone=ZONE), destination=Location(country="NL"))
        (day,) = per_diem(away, lambda _place, _day: DUTCH)
        assert day.hours == hours


@given(
    start=st.integers(min_value=0, max_value=480_000).map(lambda minutes: at(1, 1) + timedelta(minutes=minutes)),
    length=st.timedeltas(timedelta(minutes=1), timedelta(days=20)),
)
def test_the_days_of_a_trip_add_up(start: datetime, length: timedelta) -> None:
    away = Trip(
        span=Span(start=start, end=start + length, zone=ZONE), destination=Location(country="NL"), accommodation_provided=False
    )
    days = per_diem(away, lambda _place, _day: DUTCH)
    assert sum((away.away_on(day) for day in away.days), timedelta()) == length
    assert [day.on for day in days] == list(away.days)
    assert sum(bool(day.night) for day in days) == len(days) - 1
    assert all(day.amount == day.amount.rounded() for day in days)
    assert datetime.combine(away.first_day, time(0), UTC) - timedelta(hours=2) <= start


def test_limits_of_a_line_a_day_and_a_person(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    ana.submit(report(line("lunch", "90", attendees=("Ana", "Kees", "Lena"))))
    with pytest.raises(LimitExceeded) as error:
        ana.submit(report(line("lunch", "61", attendees=("Ana", "Kees"))))
    assert (error.value.limit, error.value.amount) == (euros("30"), euros("61"))
    ana.submit(report(line("snack", "6")))
    for more in (report(line("snack", "5")), report(line("snack", "2"), line("snack", Money.of("3", "USD")))):
        with pytest.raises(LimitExceeded) as error:
            ana.submit(more)
        assert error.value.line == len(more.lines)
    ana.submit(report(line("snack", "4")))


SHARES = st.lists(st.integers(min_value=1, max_value=9999), min_size=1, max_size=6)


@given(weights=SHARES, cents=st.integers(min_value=0, max_value=10**9), currency=st.sampled_from(["EUR", "JPY", "BHD"]))
def test_shares_make_the_whole(weights: list[int], cents: int, currency: str) -> None:
    money = Money(amount=Decimal(cents).scaleb(-Money(amount=Decimal(0), currency=currency).digits), currency=currency)
    whole = sum(weights)
    parts = [Allocation(cost_centre=str(index), share=Decimal(weight) * 100 / whole) for index, weight in enumerate(weights)]
    amounts = [Allocation(project="p", share=Money(amount=Decimal(weight), currency=currency)) for weight in weights]
    for allocations in (parts, amounts):
        borne = shared(money, allocations)
        assert sum((one.amount for one in borne), Decimal(0)) == money.amount
        assert all(one == one.rounded() for one in borne)
        unit = Decimal(1).scaleb(-money.digits)
        assert all(abs(one.amount - money.amount * weight / whole) <= unit for one, weight in zip(borne, weights, strict=True))


def test_who_bears_a_line(desk: Office) -> None:
    thirds = tuple(
        Allocation(cost_centre=name, share=Decimal(share)) for name, share in (("a", "33.33"), ("b", "33.33"), ("c", "33.34"))
    )
    amounts = (Allocation(project="x", share=euros("4")), Allocation(account="4000", share=euros("6")))
    made = desk.as_("ana", LocalExpenses).submit(
        report(line(amount="10", allocations=thirds), line(amount="11", allocations=amounts, personal=euros("1")))
    )
    assert [one.amount for one in made.lines[0].allocated] == [Decimal("3.33"), Decimal("3.33"), Decimal("3.34")]
    assert made.lines[1].allocated == (euros("4.00"), euros("6.00"))
    assert made.lines[0].allocations == thirds
    for wrong in (thirds[:2], (thirds[0], amounts[0]), (Allocation(project="x", share=euros("9")),)):
        with pytest.raises(ValidationError, match="allocations"):
            line(amount="10", allocations=wrong)
