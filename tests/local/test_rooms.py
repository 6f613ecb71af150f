"""Rooms and meetings in the local store, on both databases."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.local.conftest import NOW, Office
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.connectors.local.rooms_import import import_rooms
from workplace_sdk.connectors.local.rooms_setup import add_item, add_room, add_site
from workplace_sdk.connectors.local.rooms_tables import meeting_times
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, WorkplaceError
from workplace_sdk.kernel.keys import Key
from workplace_sdk.services.common import ComponentState, Decision, Money, PersonRef, Span
from workplace_sdk.services.rooms import (
    Attendee,
    CapacityTooSmall,
    CheckInTooEarly,
    CutoffPassed,
    Diet,
    Feature,
    MeetingChange,
    MeetingDraft,
    OrderDraft,
    OrderKind,
    OrderLine,
    OutsideBookingWindow,
    Policy,
    ReservationState,
    Response,
    RoomConflict,
    RoomQuery,
    Scope,
    ServiceNotAvailableHere,
    occurrences,
)

ZONE = "Europe/Amsterdam"
THURSDAY = date(2026, 12, 3)


def at(day: date, start: int, end: int, zone: str = ZONE) -> Span:
    return Span.local(day, time(start), time(end), zone)


@pytest.fixture
def house(office: Office) -> Office:
    def setup(connection) -> None:
        utrecht = add_site(connection, "Utrecht", ZONE)
        projector = {Feature.PROJECTOR, Feature.STEP_FREE}
        add_room(connection, "Amber", utrecht, capacity=8, features=projector)
        add_room(connection, "Basalt", utrecht, capacity=12, features=projector)
        add_room(connection, "Coral", utrecht, capacity=8, features={Feature.WHITEBOARD}, check_in_minutes=10)
        add_room(
            connection, "Diamant", utrecht, capacity=20, bookability="approval", approver_id=office.ids["bo"], ahead_days=90
        )
        lunch = {"order_before_minutes": 24 * 60, "cancel_before_minutes": 12 * 60}
        add_item(connection, "Lunch", OrderKind.CATERING, site_id=utrecht, price=Money.of("9.50", "EUR"), **lunch)
        add_item(connection, "Beamer", OrderKind.EQUIPMENT, stock=1)

    office.write(setup)
    return office


def draft(day: date = THURSDAY, start: int = 12, end: int = 14, **others) -> MeetingDraft:
    return MeetingDraft(**{"subject": "Overleg", "span": at(day, start, end), "room": "Amber", **others})


def test_a_meeting_with_people_lunch_and_a_projector(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    lunch = OrderDraft(lines=(OrderLine(item="Lunch", quantity=8), OrderLine(item="Beamer")), diets={Diet.VEGETARIAN: 2})
    people = tuple(Attendee(person=PersonRef(login=login)) for login in ("kees", "mia"))
    meeting = booking.book(draft(attendees=people, orders=(lunch,), people=8))
    assert meeting.room is not None
    assert (meeting.room.name, meeting.state) == ("Amber", ComponentState.DONE)
    assert [component.what for component in meeting.components] == ["Amber, 2026-12-03 12:00", "8 x Lunch, 1 x Beamer"]
    order = meeting.orders[0]
    assert order.lines[0].price == Money.of("9.50", "EUR")
    assert order.diets == {Diet.VEGETARIAN: 2}
    assert booking.get(meeting.ref) == meeting
    kees = house.as_("kees", LocalRooms)
    assert [one.ref for one in kees.mine()] == [meeting.ref]
    answered = kees.respond(meeting.ref, Response.ACCEPTED)
    assert {one.person.login: one.response for one in answered.attendees}["kees"] is Response.ACCEPTED
    with pytest.raises(NotFound):
        house.as_("lena", LocalRooms).respond(meeting.ref, Response.ACCEPTED)


def test_a_taken_room_names_free_ones(house: Office) -> None:
    house.as_("ana", LocalRooms).book(draft())
    with pytest.raises(RoomConflict) as error:
        house.as_("kees", LocalRooms).book(draft(start=13, end=15))
    assert [room.name for room in error.value.alternatives] == ["Basalt"]
    assert "Basalt" in error.value.sentence("nl")
    house.as_("kees", LocalRooms).book(draft(start=14, end=15))  # one ends when the other begins


def test_finding_a_room_that_fits(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    booking.book(draft(room="Basalt", attendees=(Attendee(person=PersonRef(login="kees")),)))
    options = booking.find(RoomQuery(span=at(THURSDAY, 12, 13), people=6, required=frozenset({Feature.PROJECTOR})))
    assert [option.room.name for option in options] == ["Amber"]
    wide = RoomQuery(
        duration=timedelta(hours=1), within=at(THURSDAY, 8, 18), people=6, attendees=(PersonRef(login="kees"),), limit=100
    )
    for option in booking.find(wide):
        free = option.span.end <= at(THURSDAY, 12, 14).start or option.span.start >= at(THURSDAY, 12, 14).end
        assert option.busy == () if free else option.busy == (PersonRef(login="kees"),)
        assert free or option.room.name != "Basalt"
    assert booking.find(RoomQuery(span=at(THURSDAY, 12, 13), people=50)) == ()


def test_rules_of_a_room(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    with pytest.raises(CapacityTooSmall) as small:
        booking.book(draft(people=9))
    assert (small.value.capacity, small.value.people) == (8, 9)
    with pytest.raises(OutsideBookingWindow):
        booking.book(draft(day=date(2027, 6, 3), room="Diamant"))
    with pytest.raises(OutsideBookingWindow):
        booking.book(draft(day=date(2026, 11, 20)))
    with pytest.raises(NotFound):
        booking.book(draft(room="Onbekend"))
    assert list(booking.mine()) == []


def test_lunch_has_a_cut_off_and_a_beamer_is_there_once(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    lunch, beamer = OrderDraft(lines=(OrderLine(item="Lunch", quantity=4),)), OrderDraft(lines=(OrderLine(item="Beamer"),))
    with pytest.raises(CutoffPassed) as error:
        booking.book(draft(day=date(2026, 11, 24), orders=(lunch,)))
    assert error.value.at == at(date(2026, 11, 23), 12, 13).start
    partly = booking.book(draft(day=date(2026, 11, 24), orders=(lunch,), policy=Policy.BEST_EFFORT))
    assert [component.state for component in partly.components] == [ComponentState.DONE, ComponentState.REJECTED]
    booking.book(draft(orders=(beamer,)))
    with pytest.raises(ServiceNotAvailableHere):
        booking.book(draft(room="Basalt", orders=(beamer,)))
    with pytest.raises(ServiceNotAvailableHere, match="Beamer, Lunch"):
        booking.book(draft(room="Basalt", orders=(OrderDraft(lines=(OrderLine(item="Taart"),)),)))
    meeting = booking.book(draft(day=date(2026, 12, 4), orders=(lunch,)))
    house.now = datetime(2026, 12, 4, 5, 0, tzinfo=UTC)
    with pytest.raises(CutoffPassed):
        house.as_("ana", LocalRooms).cancel(meeting.ref)


def test_a_series_reports_the_times_that_clash(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    booking.book(draft(day=THURSDAY + timedelta(days=7)))
    weekly = draft(rrule="FREQ=WEEKLY;COUNT=4")
    with pytest.raises(RoomConflict) as error:
        booking.book(weekly)
    assert [span.local_start.date() for span in error.value.times] == [THURSDAY + timedelta(days=7)]
    meeting = booking.book(weekly.model_copy(update={"policy": Policy.BEST_EFFORT}))
    assert [one.state.value.value for one in meeting.occurrences] == ["confirmed", "declined", "confirmed", "confirmed"]
    assert meeting.state is ComponentState.REJECTED
    moved = booking.change(
        meeting.ref, MeetingChange(span=at(THURSDAY + timedelta(days=14), 15, 16)), scope=Scope.THIS_AND_FOLLOWING,
        occurrence=THURSDAY + timedelta(days=14),
    )  # fmt: skip
    assert moved.ref != meeting.ref
    assert [one.span.local_start.hour for one in moved.occurrences] == [15, 15]
    left = booking.cancel(meeting.ref, scope=Scope.ONE, occurrence=THURSDAY)
    assert left.occurrences[0].state == ReservationState.CANCELLED
    booking.book(draft())
    with pytest.raises(NotFound):
        booking.cancel(meeting.ref, scope=Scope.ONE, occurrence=date(2027, 1, 1))


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/Amsterdam", date(2026, 10, 22)),
        ("America/New_York", date(2026, 10, 28)),
        ("Australia/Lord_Howe", date(2026, 10, 1)),
    ],
)
def test_the_clock_time_stays_over_a_change_of_summer_time(zone: str, first: date) -> None:
    times = occurrences(at(first, 9, 10, zone), "FREQ=WEEKLY;COUNT=3")
    assert [(span.local_start.hour, span.local_end.hour) for span in times] == [(9, 10)] * 3
    assert len({span.start.astimezone(UTC).time() for span in times}) == 2


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY;COUNT=2", "FREQ=DAILY", "FREQ=DAILY;COUNT=2;BYEASTER=1", "x", "FREQ=DAILY;COUNT=2;UNTIL=20270101"]
)
def test_rules_that_are_not_understood_are_refused(rule: str) -> None:
    with pytest.raises(ValueError, match="rrule"):
        draft(rrule=rule)


def test_a_series_is_not_endless(house: Office) -> None:
    with pytest.raises(InvalidInput) as error:
        house.as_("ana", LocalRooms).book(draft(rrule="FREQ=DAILY;UNTIL=20400101"))
    assert error.value.field == "rrule"


def test_approval_of_a_room(house: Office) -> None:
    ana, bo = house.as_("ana", LocalRooms), house.as_("bo", LocalRooms)
    meeting = ana.book(draft(room="Diamant"))
    assert meeting.state is ComponentState.PENDING
    assert [one.ref for one in bo.inbox()] == [meeting.ref]
    with pytest.raises(Conflict, match="own meeting"):
        ana.decide(meeting.ref, Decision.APPROVE)
    with pytest.raises(RoomConflict):
        ana.book(draft(room="Diamant"))
    assert bo.decide(meeting.ref, Decision.REJECT, comment="verbouwing").components[0].why == "verbouwing"
    ana.book(draft(room="Diamant"))


def test_a_room_nobody_checks_in_to_is_free_again(house: Office) -> None:
    meeting = house.as_("ana", LocalRooms).book(draft(room="Coral"))
    with pytest.raises(CheckInTooEarly):
        house.as_("ana", LocalRooms).check_in(meeting.ref)
    house.now = at(THURSDAY, 12, 13).start + timedelta(minutes=5)
    second = house.as_("kees", LocalRooms).book(draft(room="Coral", start=15, end=16))
    house.as_("ana", LocalRooms).check_in(meeting.ref)
    house.now += timedelta(hours=3, minutes=30)
    assert house.as_("kees", LocalRooms).get(second.ref).occurrences[0].state == ReservationState.RELEASED
    house.as_("mia", LocalRooms).book(draft(room="Coral", start=15, end=16))


def test_the_same_key_books_once(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    meeting = booking.book(draft(), key=Key("k"))
    assert booking.book(draft(), key=Key("k")) == meeting
    assert booking.book.reconcile(Key("k")) == meeting


def test_whatever_is_done_no_room_is_held_twice(house: Office) -> None:
    chance, booking, refs = random.Random(5), house.as_("ana", LocalRooms), []
    for _ in range(120):
        day, start = THURSDAY + timedelta(days=chance.randrange(5)), chance.randrange(8, 17)
        try:
            if refs and chance.random() < 0.4:
                ref = chance.choice(refs)
                if chance.random() < 0.5:
                    booking.cancel(ref)
                else:
                    booking.change(ref, MeetingChange(span=at(day, start, start + 1), room=chance.choice(["Amber", "Basalt"])))
            else:
                rule = chance.choice([None, "FREQ=DAILY;COUNT=3"])
                policy = chance.choice(list(Policy))
                made = draft(
                    day=day,
                    start=start,
                    end=start + chance.randrange(1, 4),
                    room=chance.choice(["Amber", "Basalt"]),
                    rrule=rule,
                    policy=policy,
                )
                refs.append(booking.book(made).ref)
        except WorkplaceError:
            continue
    assert_nothing_twice(house)


def assert_nothing_twice(house: Office) -> None:
    rows = house.read(
        lambda c: c.execute(sa.select(meeting_times).where(meeting_times.c.state.in_(("confirmed", "requested")))).all()
    )
    for one in rows:
        for other in rows:
            if one.id < other.id and one.room_id == other.room_id:
                assert one.end <= other.start or other.end <= one.start


def test_rooms_from_csv_and_icalendar(house: Office, tmp_path: Path) -> None:
    source = tmp_path / "rooms.csv"
    source.write_text(
        "name,site,capacity,features,zone\nAmber,Utrecht,10,projector;whiteboard,\nGroen,Gent,x,,\nRood,Gent,4,jacuzzi,Europe/Brussels\nBlauw,Gent,6,,\n"
    )
    report = house.write(lambda c: import_rooms(c, source, zone="Europe/Brussels"))
    assert (report.added, report.updated) == (1, 1)
    assert [(row.line, row.field) for row in report.refused] == [(3, "capacity"), (4, "features")]
    calendar = tmp_path / "rooms.ics"
    calendar.write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261203T120000Z\r\nDTEND:20261203T130000Z\r\nDTSTAMP:20261101T000000Z\r\n"
        "ATTENDEE;CUTYPE=ROOM;CN=Zaal 1:mailto:zaal-1@example.org\r\nATTENDEE:mailto:ana@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert house.write(lambda c: import_rooms(c, calendar, zone=ZONE)).added == 1
    names = {room.name: room for room in house.as_("ana", LocalRooms).rooms()}
    assert names["Amber"].capacity == 10
    assert {"Blauw", "Zaal 1"} <= set(names)
    assert house.as_("ana", LocalRooms).menu("Utrecht")[0].price == Money(amount=Decimal("9.50"), currency="EUR")
    assert house.now == NOW
