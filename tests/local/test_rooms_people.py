"""Who comes to a meeting: seats, zones, names, answers, links; and keys; on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.local.agreeing import agreeing
from tests.local.conftest import Office, give_leave
from tests.local.houses import THURSDAY, WEEK, ZONE, at, draft, invited
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.keys import Key
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import PersonRef, Span
from workplace_sdk.services.leave import LeaveDraft
from workplace_sdk.services.rooms import (
    Attendee,
    CapacityTooSmall,
    Feature,
    MeetingChange,
    RecurrenceNotSupported,
    ReservationState,
    Response,
    Role,
    RoomQuery,
    Scope,
)


def guests(count: int) -> tuple[Attendee, ...]:
    return tuple(Attendee(person=PersonRef(email=f"gast{number}@elders.example")) for number in range(count))


def moved_to(office: Office, login: str, zone: str) -> None:
    office.write(lambda c: c.execute(people.update().where(people.c.login == login).values(zone=zone)))


def test_the_organizer_needs_one_chair_and_only_one(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    with pytest.raises(CapacityTooSmall) as error:
        agreeing(booking.book, draft(attendees=guests(8)))
    assert (error.value.capacity, error.value.people) == (8, 9)
    by_name = (Attendee(person=PersonRef(display_name="Ana Ödegård")), Attendee(person=PersonRef(login="ana")))
    _, meeting = agreeing(booking.book, draft(attendees=(*guests(7), *by_name)))  # ana is ana, however she is named
    assert len(meeting.attendees) == 8
    agreeing(booking.change, meeting.ref, MeetingChange(attendees=(*guests(7), *invited("ana"))))
    agreeing(booking.change, meeting.ref, MeetingChange(attendees=(*guests(7), *invited("kees", role=Role.INFORMED))))
    with pytest.raises(CapacityTooSmall):
        agreeing(booking.change, meeting.ref, MeetingChange(attendees=(*guests(7), *invited("kees"))))
    query = RoomQuery(span=at(THURSDAY + WEEK, 12, 13), attendees=tuple(one.person for one in guests(8)))
    assert {"Amber", "Coral", "Granaat"} & {option.room.name for option in booking.find(query)} == set()
    seven = query.model_copy(update={"attendees": (*query.attendees[:7], PersonRef(login="ana"))})
    assert "Amber" in {option.room.name for option in booking.find(seven)}


def test_a_series_does_not_run_into_itself(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    series = booking.book(draft(rrule="FREQ=DAILY;COUNT=3"))
    day_long = Span(start=at(THURSDAY, 12, 13).start, end=at(THURSDAY, 12, 13).start + timedelta(hours=25), zone=ZONE)
    with pytest.raises(RecurrenceNotSupported) as error:
        agreeing(booking.change, series.ref, MeetingChange(span=day_long))
    assert "overlappen elkaar" in error.value.sentence("nl")
    agreeing(booking.change, series.ref, MeetingChange(span=at(THURSDAY, 13, 14)), scope=Scope.ONE, occurrence=THURSDAY)


def test_the_same_key_is_for_the_same_draft(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    one = draft(attendees=invited("kees"), features=frozenset({Feature.STEP_FREE, Feature.PROJECTOR}))
    meeting = booking.book(one, key=Key("k"))
    again = one.model_copy(update={"span": Span(start=one.span.start.astimezone(UTC), end=one.span.end, zone=ZONE)})
    assert booking.book(again, key=Key("k")).ref == meeting.ref
    assert [line.code for line in booking.book.preview(one, key=Key("k")).lines] == ["times", "done"]
    for other in (draft(start=15, end=16), one.model_copy(update={"subject": "Anders"})):
        with pytest.raises(Conflict, match="something else") as error:
            booking.book(other, key=Key("k"))
        assert "al voor iets anders gebruikt" in error.value.sentence("nl")
        assert [line.code for line in booking.book.preview(other, key=Key("k")).blockers][-1] == "conflict"
    with pytest.raises(Conflict, match=r"used for rooms\.book"):
        booking.cancel(meeting.ref, key=Key("k"))
    booking.cancel(meeting.ref, key=Key("c"), reason="ziek")
    with pytest.raises(Conflict, match="something else"):
        booking.cancel(meeting.ref, key=Key("c"), reason="anders")
    assert len(list(booking.mine())) == 0


def test_every_write_can_be_asked_for_by_its_key(house: Office) -> None:
    ana, bo, kees = (house.as_(login, LocalRooms) for login in ("ana", "bo", "kees"))
    meeting = ana.book(draft(room="Diamant", attendees=invited("kees")))
    assert kees.respond(meeting.ref, Response.TENTATIVE, key=Key("a")) == kees.respond.reconcile(Key("a"))
    assert bo.decide(meeting.ref, "approve", key=Key("b")) == bo.decide.reconcile(Key("b"))
    assert ana.release(meeting.ref, key=Key("c")) == ana.release.reconcile(Key("c"))
    lapsing = ana.book(draft(room="Coral"))
    house.now = lapsing.span.start
    ana = house.as_("ana", LocalRooms)
    assert ana.check_in(lapsing.ref, key=Key("d")) == ana.check_in.reconcile(Key("d"))
    assert ana.check_in.reconcile(Key("e")) is None


def test_an_invitation_is_nothing_to_others(house: Office) -> None:
    meeting = house.as_("ana", LocalRooms).book(draft(subject="Reorganisatie", attendees=invited("kees")))
    for login in ("lena", "tom"):
        with pytest.raises(NotFound) as error:
            house.as_(login, LocalRooms).respond.preview(meeting.ref, Response.ACCEPTED)
        assert "Reorganisatie" not in str(vars(error.value))
    told, _ = agreeing(house.as_("kees", LocalRooms).respond, meeting.ref, Response.ACCEPTED)
    assert "U komt bij: Reorganisatie" in told.lines[0].nl
    house.as_("mia", LocalRooms).book(draft(room="Basalt", attendees=invited("kees")))
    again = house.as_("kees", LocalRooms).respond.preview(meeting.ref, Response.ACCEPTED)
    assert [line.code for line in again.lines] == ["meeting"]  # the other is at the very time: told apart by nothing


def test_what_time_it_is_for_people_elsewhere(house: Office) -> None:
    moved_to(house, "lena", "America/New_York")
    moved_to(house, "tom", "Europe/Berlin")  # other name, same time
    told = house.as_("ana", LocalRooms).book.preview(draft(date(2027, 3, 25), 14, 15, attendees=invited("lena", "tom", "kees")))
    line = told.line("elsewhere")
    assert line is not None
    assert line.nl == "Voor Łena Kowalska is het 2027-03-25 09:00-10:00 (America/New_York)."  # where summer began already
    assert [one.code for one in told.lines].count("elsewhere") == 1
    seen = at(THURSDAY, 14, 15).seen_from("Asia/Kolkata")
    assert f"{seen.local_start:%H:%M}" == "18:30"
    assert seen.overlaps(at(THURSDAY, 14, 15))


def test_who_is_on_leave_elsewhere_is_busy_on_their_own_day(house: Office) -> None:
    give_leave(house)
    moved_to(house, "lena", "Pacific/Auckland")
    house.as_("lena", LocalLeave).submit(LeaveDraft.between("Annual leave", THURSDAY, first_portion=Portion.AM))
    (away,) = house.as_("ana", LocalRooms).busy(
        Span(start=at(THURSDAY - WEEK, 0, 1).start, end=at(THURSDAY + WEEK, 0, 1).start, zone=ZONE),
        people=(PersonRef(login="lena"),),
    )
    assert away.span.start == datetime(2026, 12, 2, 11, tzinfo=UTC)  # midnight in Auckland
    assert away.span.end == datetime(2026, 12, 2, 23, tzinfo=UTC)


def test_the_organizer_is_told_to_be_somewhere_else(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    first = booking.book(draft())
    told = booking.book.preview(draft(room="Basalt", start=13, end=15))
    line = told.line("busy")
    assert line is not None
    assert line.nl == "Dan niet vrij: ana."
    assert booking.change.preview(first.ref, MeetingChange(span=at(THURSDAY, 12, 15))).line("busy") is None  # with itself


def test_people_are_named_with_the_letters_they_have(house: Office) -> None:
    named = tuple(Attendee(person=PersonRef(display_name=name)) for name in ("łena kowalska", "ANA ÖDEGÅRD"))
    made = house.as_("kees", LocalRooms).book(draft(attendees=named))
    assert [one.person.login for one in made.attendees] == ["lena", "ana"]
    whole = at(THURSDAY, 8, 18)
    found = house.as_("kees", LocalRooms).busy(whole, people=(PersonRef(display_name="Łena Kowalska"),))
    assert (len(found), found.gaps) == (1, ())


def test_a_link_for_who_joins_from_elsewhere(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    meeting = booking.book(draft(online="https://meet.example/abc", private=True))
    assert meeting.online == "https://meet.example/abc"
    assert house.as_("bo", LocalRooms).get(meeting.ref).online is None  # private, and bo is not in it
    for wrong in ("javascript:alert(1)", "data:text/html,x", "meet.example", "https://meet.example/a b"):
        with pytest.raises(ValueError, match="online"):
            draft(online=wrong)
    assert booking.change(meeting.ref, MeetingChange(online="tel:+31201234567")).online == "tel:+31201234567"
    assert booking.change(meeting.ref, MeetingChange(subject="Anders")).online == "tel:+31201234567"
    assert booking.change(meeting.ref, MeetingChange(online="")).online is None
    part = booking.book(draft(room="Basalt", rrule="FREQ=DAILY;COUNT=2", online="https://meet.example/r"))
    one = booking.change(part.ref, MeetingChange(span=at(THURSDAY, 15, 16)), scope=Scope.ONE, occurrence=THURSDAY)
    assert one.online == "https://meet.example/r"


def test_why_a_room_is_not_had_is_told_in_dutch(house: Office) -> None:
    ana = house.as_("ana", LocalRooms)
    meeting = ana.book(draft(room="Coral"))
    other = ana.book(draft(room="Basalt", more_rooms=("Amber",)))
    house.now = meeting.span.start + timedelta(minutes=10)
    ana = house.as_("ana", LocalRooms)
    lapsed = ana.get(meeting.ref)
    assert [one.because("nl") for one in lapsed.components] == ["niemand heeft ingecheckt"]
    assert [one.because() for one in lapsed.components] == ["nobody checked in"]
    ended = ana.release(other.ref)
    assert {one.span.end for one in ended.occurrences} == {house.now}
    series = ana.book(draft(THURSDAY + WEEK))
    given = ana.release(series.ref)
    assert given.occurrences[0].reservations[0].because("nl") == "teruggegeven"
    assert given.occurrences[0].state == ReservationState.RELEASED


def test_a_night_in_which_the_clocks_change_has_its_own_hours(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    for night, hours in ((date(2027, 3, 27), 7), (date(2027, 10, 30), 9)):
        within = Span.local(night, time(22), time(6), ZONE)
        assert within.length == timedelta(hours=hours)
        query = RoomQuery(duration=timedelta(hours=1), within=within, office_hours=False, limit=200)
        booking.book(draft(night, 22, 23).model_copy(update={"span": Span.local(night, time(22), time(1), ZONE)}))
        found = [option.span for option in booking.find(query) if option.room.name == "Amber"]
        assert [span.length for span in found] == [timedelta(hours=1)] * 3
        assert len({span.start.astimezone(UTC) for span in found}) == 3
        twice = Span(start=within.local_start.replace(hour=2, minute=45, day=night.day + 1), end=within.end, zone=ZONE)
        assert booking.book(draft(night).model_copy(update={"span": twice})).span.length == within.length - twice_off(
            twice, within
        )


def twice_off(span: Span, within: Span) -> timedelta:
    return span.start.astimezone(UTC) - within.start.astimezone(UTC)


def test_someone_who_could_be_several_is_asked_for_more(house: Office) -> None:
    house.write(lambda c: c.execute(people.insert().values(display_name="Kees Jansen", login="kees2", active=True)))
    with pytest.raises(InvalidInput) as error:
        house.as_("ana", LocalRooms).book(draft(attendees=(Attendee(person=PersonRef(display_name="Kees Jansen")),)))
    assert error.value.sentence("nl") == (
        "Controleer attendees: Kees Jansen kan meer dan een persoon zijn: geef een nummer, inlognaam of e-mailadres"
    )
