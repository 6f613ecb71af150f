"""What can be asked of rooms, the rules of rooms and orders, and what errors say."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from workplace_sdk.services.common import Money, PersonRef, Ref, Span
from workplace_sdk.services.rooms import (
    Attendee,
    Bookability,
    CancelFeeApplies,
    CapacityTooSmall,
    CutoffPassed,
    Diet,
    Feature,
    FeatureMissing,
    Layout,
    MeetingChange,
    MeetingDraft,
    NotBookable,
    OrderDraft,
    OrderedLine,
    OrderKind,
    OrderLine,
    OutsideBookingWindow,
    RestrictedRoom,
    Role,
    Room,
    RoomQuery,
    ServiceItem,
    ServiceNotAvailableHere,
    TooLong,
)
from workplace_sdk.services.rooms_errors import spoken
from workplace_sdk.services.rooms_rules import cancel_fee, chosen_item, order_problems, per_currency, room_problems, total

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
NOON = Span.local(date(2026, 12, 3), time(12), time(14), "Europe/Amsterdam")


def room(**others) -> Room:
    return Room(ref=Ref(connection="main", kind="room", id="1"), **{"name": "Amber", "capacity": 8, **others})


def item(name: str, **others) -> ServiceItem:
    return ServiceItem(ref=Ref(connection="main", kind="item", id=name), **{"name": name, "kind": OrderKind.CATERING, **others})


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"duration": timedelta(hours=1)},
        {"within": NOON},
        {"span": NOON, "duration": timedelta(hours=1), "within": NOON},
        {"duration": timedelta(minutes=1), "within": NOON},
        {"duration": timedelta(hours=1), "within": NOON, "rrule": "FREQ=DAILY;COUNT=2"},
        {"duration": timedelta(hours=1), "within": Span(start=NOW, end=NOW + timedelta(days=94), zone="UTC")},
    ],
)
def test_a_query_is_for_a_time_or_for_a_duration_within_one(wrong) -> None:
    with pytest.raises(ValidationError):
        RoomQuery(**wrong)


def test_a_query_seats_who_is_asked_for() -> None:
    ana, kees = PersonRef(login="ana"), PersonRef(login="kees")
    query = RoomQuery(span=NOON, attendees=(ana,), optional=(kees,))
    assert query.seats == 3  # with whoever organizes it
    assert (query.seats_with(kees), query.seats_with(PersonRef(login="mia"))) == (2, 3)
    assert RoomQuery(span=NOON, people=2).seats == 2
    assert RoomQuery(span=NOON, attendees=(ana,), people=9).seats == 9


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"more_rooms": ("B",)}, "more_rooms goes with room"),
        ({"room": "A", "more_rooms": ("A",)}, "there twice"),
        ({"except_on": {date(2026, 12, 4)}}, "goes with rrule"),
        ({"span": Span(start=NOW, end=NOW + timedelta(days=32), zone="UTC")}, "31 days"),
        ({"orders": (OrderDraft(lines=(OrderLine(item="x"),), deliver_at=NOON.start - timedelta(days=1)),)}, "12 hours"),
        ({"subject": ""}, "subject"),
    ],
)
def test_drafts_that_make_no_sense_are_refused(wrong, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        MeetingDraft(**{"subject": "Overleg", "span": NOON, **wrong})


def test_more_diets_than_lunches_are_a_mistake() -> None:
    with pytest.raises(ValidationError, match="more people with a diet"):
        OrderDraft(lines=(OrderLine(item="Lunch", quantity=3),), diets={Diet.VEGAN: 4})
    with pytest.raises(ValidationError, match="after deliver_at"):
        OrderDraft(lines=(OrderLine(item="Lunch"),), deliver_at=NOON.end, clear_at=NOON.start)


def test_who_is_only_informed_needs_no_chair_and_the_organizer_does() -> None:
    ana, kees, mia = (PersonRef(login=name) for name in ("ana", "kees", "mia"))
    invited = (Attendee(person=kees), Attendee(person=mia, role=Role.INFORMED))
    assert MeetingDraft(subject="x", span=NOON, attendees=invited, organizer=ana).seats == 2
    assert MeetingDraft(subject="x", span=NOON, attendees=invited, organizer=kees).seats == 1
    assert MeetingDraft(subject="x", span=NOON, attendees=invited, organizer=ana, people=7).seats == 7


def test_a_change_changes_something() -> None:
    with pytest.raises(ValidationError, match="say what changes"):
        MeetingChange()
    assert MeetingChange(room="", orders=()).changed == ("room", "orders")


def test_every_rule_of_a_room_is_told() -> None:
    strict = room(
        ahead=timedelta(days=1), longest=timedelta(hours=1), bookability=Bookability.NOT_BOOKABLE, layouts={Layout.BOARD: 6}
    )
    found = list(room_problems([strict], [NOON], people=9, now=NOW, features={Feature.PROJECTOR}, layout=Layout.THEATRE))
    assert [type(one) for one in found] == [
        NotBookable,
        OutsideBookingWindow,
        TooLong,
        FeatureMissing,
        FeatureMissing,
        CapacityTooSmall,
    ]
    assert list(room_problems([room()], [NOON], people=8, now=NOW)) == []
    assert list(room_problems([room(capacity=None)], [NOON], people=800, now=NOW)) == []  # not known is not too small


def test_rooms_together_seat_the_sum_and_a_layout_seats_less() -> None:
    two = [room(), room(name="Basalt", features=frozenset({Feature.PROJECTOR}))]
    assert list(room_problems(two, [NOON], people=16, now=NOW, features={Feature.PROJECTOR})) == []
    u_shape = room(layouts={Layout.U_SHAPE: 5})
    (small,) = room_problems([u_shape], [NOON], people=6, now=NOW, layout=Layout.U_SHAPE)
    assert isinstance(small, CapacityTooSmall)
    assert (small.capacity, small.people) == (5, 6)


def test_cut_offs_and_stock_of_orders() -> None:
    menu = [item("Lunch", order_before=timedelta(hours=24)), item("Beamer", stock=1), item("Beamer", stock=2, site="Utrecht")]
    order = OrderDraft(lines=(OrderLine(item="lunch", quantity=4), OrderLine(item="Beamer", quantity=2)))
    assert list(order_problems(menu, order, NOON, now=NOW)) == []
    (late,) = order_problems(menu, order, NOON, now=NOON.start - timedelta(hours=23))
    assert isinstance(late, CutoffPassed)
    assert late.at == NOON.start - timedelta(hours=24)
    assert "2026-12-02 12:00" in late.sentence("nl")
    with pytest.raises(ServiceNotAvailableHere, match="Beamer, Beamer, Lunch"):
        chosen_item(menu, "Taart")


def test_late_cancelling_costs_a_part_or_is_impossible() -> None:
    lunch = item("Lunch", price=Money.of("9.99", "EUR"), cancel_before=timedelta(hours=12), cancel_fee=Decimal("0.5"))
    line = OrderedLine(name="Lunch", kind=OrderKind.CATERING, quantity=3, price=lunch.price)
    assert cancel_fee([(line, lunch)], NOON.start, NOON.start - timedelta(hours=12)) is None
    assert cancel_fee([(line, lunch)], NOON.start, NOON.start - timedelta(hours=11)) == Money.of("14.99", "EUR")
    fixed = lunch.model_copy(update={"cancel_fee": None})
    with pytest.raises(CutoffPassed):
        cancel_fee([(line, fixed)], NOON.start, NOON.start)
    assert cancel_fee([(line, None)], NOON.start, NOON.start) is None


def test_sums_are_per_currency_and_unknown_when_a_price_is() -> None:
    euros, pounds = Money.of("2", "EUR"), Money.of("3", "GBP")
    assert per_currency([euros, pounds, euros]) == (Money.of("4", "EUR"), pounds)
    lines = [OrderedLine(name="a", kind=OrderKind.CATERING, quantity=2, price=price) for price in (euros, pounds)]
    assert total(lines) is None
    assert total(lines[:1]) == Money.of("4", "EUR")
    assert total([lines[0], OrderedLine(name="b", kind=OrderKind.CATERING, quantity=1)]) is None


@pytest.mark.parametrize(
    ("length", "en", "nl"),
    [
        (timedelta(minutes=45), "45 minutes", "45 minuten"),
        (timedelta(hours=1), "1 hour", "1 uur"),
        (timedelta(minutes=90), "1:30 hours", "1:30 uur"),
        (timedelta(days=2), "2 days", "2 dagen"),
        (timedelta(days=1), "1 day", "1 dag"),
    ],
)
def test_lengths_as_people_say_them(length: timedelta, en: str, nl: str) -> None:
    assert (spoken(length), spoken(length, "nl")) == (en, nl)


@pytest.mark.parametrize(
    ("error", "nl"),
    [
        (TooLong(longest=timedelta(hours=4)), "De zaal kan voor hoogstens 4 uur worden geboekt."),
        (
            RestrictedRoom(request_to=PersonRef(display_name="Bo")),
            "Deze zaal kan niet door iedereen worden geboekt. U kunt het vragen aan Bo.",
        ),
        (FeatureMissing(missing=["video_conference"]), "De zaal heeft geen: videovergaderen."),
        (OutsideBookingWindow(), "Dat tijdstip is voorbij."),
        (CancelFeeApplies(fee=Money.of("12.50", "EUR")), "Nu annuleren van wat besteld is kost 12.50 EUR."),
    ],
)
def test_errors_tell_the_employee_what_is_wrong(error, nl: str) -> None:
    assert error.sentence("nl") == nl
    assert "{" not in error.sentence("en")
