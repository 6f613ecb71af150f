"""Meetings in full: several rooms, series, orders and their fees, changes, approval, privacy, previews; on both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.local.conftest import Office, give_leave
from tests.local.houses import LUNCH, THURSDAY, WEEK, WEEKLY, at, draft, invited
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.preview import Weight
from workplace_sdk.services.common import ComponentState, Decision, Money, PersonRef
from workplace_sdk.services.leave import LeaveDraft
from workplace_sdk.services.rooms import (
    Attendee,
    CancelFeeApplies,
    CheckIn,
    CutoffPassed,
    Feature,
    FeatureMissing,
    Layout,
    MeetingChange,
    NotBookable,
    OrderDraft,
    OrderLine,
    OrderState,
    Policy,
    ReservationState,
    Response,
    RestrictedRoom,
    RoomConflict,
    RoomQuery,
    RoomReleased,
    Scope,
    ServiceNotAvailableHere,
    TooLong,
)


def test_a_series_with_lunch_has_it_at_every_time_across_a_change_of_the_clocks(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    first = date(2027, 3, 25)  # the clocks change on the 28th
    served = LUNCH.model_copy(
        update={"deliver_at": at(first, 11, 12).start + timedelta(minutes=45), "clear_at": at(first, 14, 15).start}
    )
    meeting = booking.book(draft(first, rrule="FREQ=WEEKLY;COUNT=3", orders=(served,), cost_centre="4711"))
    assert [order.date for order in meeting.orders] == [first, first + WEEK, first + 2 * WEEK]
    assert [f"{order.deliver_at:%H:%M}-{order.clear_at:%H:%M}" for order in meeting.orders] == ["11:45-14:00"] * 3
    assert {order.cost_centre for order in meeting.orders} == {"4711"}
    assert meeting.orders[0].total == Money.of("38.00", "EUR")
    assert [time.span.local_start.hour for time in meeting.occurrences] == [12, 12, 12]
    assert booking.get(meeting.ref) == meeting


def test_each_conflict_of_a_series_comes_with_rooms_that_are_free_then(house: Office) -> None:
    booking = house.as_("kees", LocalRooms)
    booking.book(draft(THURSDAY + WEEK))
    booking.book(draft(THURSDAY + 2 * WEEK))
    booking.book(draft(THURSDAY + 2 * WEEK, room="Basalt"))
    with pytest.raises(RoomConflict) as error:
        house.as_("ana", LocalRooms).book(draft(rrule=WEEKLY))
    found = [(one.span.local_start.date(), [room.name for room in one.alternatives]) for one in error.value.conflicts]
    assert found == [(THURSDAY + WEEK, ["Basalt"]), (THURSDAY + 2 * WEEK, [])]
    assert error.value.alternatives == ()  # none is free every time
    assert "2026-12-10, 2026-12-17" in error.value.sentence("nl")
    for one in error.value.conflicts:
        for room in one.alternatives:
            house.as_("mia", LocalRooms).book(draft(one.span.local_start.date(), room=room.ref))  # it is free indeed


def test_two_rooms_are_had_together_or_not_at_all(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    meeting = booking.book(draft(more_rooms=("Basalt",), people=18))
    assert [room.name for room in meeting.rooms] == ["Amber", "Basalt"]
    assert [one.name for one in meeting.occurrences[0].reservations] == ["Amber", "Basalt"]
    with pytest.raises(RoomConflict) as error:
        booking.book(draft(room="Coral", more_rooms=("Basalt",)))
    assert [one.room.name for one in error.value.conflicts] == ["Basalt"]
    booking.book(draft(room="Coral"))
    with pytest.raises(InvalidInput, match="twice"):
        booking.book(draft(THURSDAY + WEEK, more_rooms=("amber@example.org",)))
    booking.cancel(meeting.ref)
    booking.book(draft(room="Basalt", more_rooms=("Amber",)))


def test_who_may_book_which_room(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    with pytest.raises(RestrictedRoom) as error:
        booking.book(draft(room="Erts"))
    assert error.value.request_to is not None
    assert error.value.request_to.login == "bo"
    assert house.as_("mia", LocalRooms).book(draft(room="Erts")).state is ComponentState.DONE
    assert house.as_("bo", LocalRooms).book(draft(THURSDAY + WEEK, room="Erts")).state is ComponentState.DONE
    with pytest.raises(NotBookable):
        booking.book(draft(room="Fluor"))
    with pytest.raises(TooLong) as long:
        booking.book(draft(room="Granaat", end=15))
    assert long.value.longest == timedelta(hours=2)
    with pytest.raises(FeatureMissing) as missing:
        booking.book(draft(features=frozenset({Feature.HEARING_LOOP})))
    assert missing.value.missing == ("hearing_loop",)
    with pytest.raises(FeatureMissing):
        booking.book(draft(room="Basalt", layout=Layout.CLASSROOM))
    assert booking.book(draft(room="Basalt", layout=Layout.THEATRE, people=30)).layout is Layout.THEATRE
    names = [option.room.name for option in booking.find(RoomQuery(span=at(THURSDAY, 15, 16), limit=50))]
    assert "Erts" not in names
    assert "Fluor" not in names
    assert "Erts" in [option.room.name for option in house.as_("mia", LocalRooms).find(RoomQuery(span=at(THURSDAY, 15, 16)))]


def test_who_approves_a_room_needs_no_approval(house: Office) -> None:
    assert house.as_("bo", LocalRooms).book(draft(room="Diamant")).state is ComponentState.DONE


def test_approval_is_of_all_times_that_wait(house: Office) -> None:
    meeting = house.as_("ana", LocalRooms).book(draft(room="Diamant", more_rooms=("Amber",), rrule=WEEKLY))
    assert meeting.state is ComponentState.PENDING
    first = meeting.occurrences[0].reservations
    assert [(one.state.value, one.approver.login if one.approver else None) for one in first] == [
        ("requested", "bo"),
        ("confirmed", None),
    ]
    bo = house.as_("bo", LocalRooms)
    assert "Diamant toekennen" in bo.decide.preview(meeting.ref, Decision.APPROVE).lines[0].nl
    decided = bo.decide(meeting.ref, Decision.APPROVE)
    assert decided.state is ComponentState.DONE
    assert list(bo.inbox()) == []
    with pytest.raises(Conflict):
        bo.decide(meeting.ref, Decision.REJECT)
    with pytest.raises(InvalidInput):
        bo.decide(meeting.ref, Decision.RETURN)


def test_changing_one_time_makes_a_meeting_of_its_own_with_its_lunch_and_people(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    series = booking.book(draft(rrule=WEEKLY, orders=(LUNCH,), attendees=invited("kees", "mia")))
    house.as_("kees", LocalRooms).respond(series.ref, Response.ACCEPTED)
    one = booking.change(
        series.ref, MeetingChange(span=at(THURSDAY + WEEK, 15, 16), room="Basalt"), scope=Scope.ONE, occurrence=THURSDAY + WEEK
    )
    assert one.series == series.ref
    assert (one.room.name if one.room else None, one.span.local_start.hour) == ("Basalt", 15)
    assert [(order.date, f"{order.deliver_at:%H:%M}") for order in one.orders] == [(THURSDAY + WEEK, "15:00")]
    assert {attendee.response for attendee in one.attendees} == {Response.NEEDS_ACTION}  # another time: asked again
    left = booking.get(series.ref)
    assert [time.date for time in left.occurrences] == [THURSDAY, THURSDAY + 2 * WEEK, THURSDAY + 3 * WEEK]
    assert len(left.orders) == 3
    assert {attendee.person.login: attendee.response for attendee in left.attendees}["kees"] is Response.ACCEPTED
    house.as_("mia", LocalRooms).book(draft(THURSDAY + WEEK))  # the room of the old time is free


def test_changing_all_of_a_series_leaves_what_is_over(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    series = booking.book(draft(rrule=WEEKLY))
    house.now = at(THURSDAY + WEEK, 16, 17).start
    booking = house.as_("ana", LocalRooms)
    changed = booking.change(
        series.ref, MeetingChange(subject="Werkoverleg", span=at(THURSDAY + 2 * WEEK + timedelta(days=1), 9, 10))
    )
    assert [(time.date, time.span.local_start.hour) for time in changed.occurrences] == [
        (date(2026, 12, 18), 9),
        (date(2026, 12, 25), 9),
    ]
    assert [time.date for time in booking.get(series.ref).occurrences] == [THURSDAY, THURSDAY + WEEK]
    with pytest.raises(Conflict, match="over"):
        booking.cancel(series.ref)
    with pytest.raises(Conflict, match="over"):
        booking.change(series.ref, MeetingChange(subject="x"), scope=Scope.ONE, occurrence=THURSDAY)


def test_a_meeting_under_way_is_made_longer_when_the_room_is_free(house: Office) -> None:
    meeting = house.as_("ana", LocalRooms).book(draft(room="Coral"))
    house.now = at(THURSDAY, 12, 13).start + timedelta(minutes=5)
    booking = house.as_("ana", LocalRooms)
    booking.check_in(meeting.ref)
    house.now = at(THURSDAY, 13, 14).start
    booking = house.as_("ana", LocalRooms)
    longer = booking.change(meeting.ref, MeetingChange(span=at(THURSDAY, 12, 15)))
    assert longer.occurrences[0].check_in is CheckIn.DONE
    assert longer.span.local_end.hour == 15
    house.as_("kees", LocalRooms).book(draft(room="Coral", start=15, end=16))
    with pytest.raises(RoomConflict):
        booking.change(meeting.ref, MeetingChange(span=at(THURSDAY, 12, 16)))
    assert booking.get(meeting.ref) == longer  # nothing was changed


def test_attendees_are_changed_and_who_was_invited_keeps_their_answer(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    guest = Attendee(person=PersonRef(display_name="Gast", email="gast@elders.example"))
    meeting = booking.book(draft(attendees=(*invited("kees"), guest)))
    assert [one.person.label for one in meeting.attendees] == ["Kees Jansen", "Gast"]
    house.as_("kees", LocalRooms).respond(meeting.ref, Response.TENTATIVE)
    changed = booking.change(meeting.ref, MeetingChange(attendees=(*invited("kees", "lena"), guest)))
    assert [one.response for one in changed.attendees] == [Response.TENTATIVE, Response.NEEDS_ACTION, Response.NEEDS_ACTION]
    with pytest.raises(NotFound):
        booking.book(draft(THURSDAY + WEEK, attendees=invited("nobody")))


def test_late_cancelling_has_its_price(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    series = booking.book(draft(rrule=WEEKLY, orders=(LUNCH,)))
    house.now = at(THURSDAY, 8, 9).start
    booking = house.as_("ana", LocalRooms)
    told = booking.cancel.preview(series.ref, scope=Scope.ONE, occurrence=THURSDAY)
    line = told.line("cancel-fee-applies")
    assert line is not None
    assert line.facts["amount"] == "19.00"
    for too_little in (None, Money.of("18.99", "EUR"), Money.of("100", "GBP")):
        with pytest.raises(CancelFeeApplies) as error:
            booking.cancel(series.ref, scope=Scope.ONE, occurrence=THURSDAY, accept_fee=too_little)
        assert error.value.fee == Money.of("19.00", "EUR")
    left = booking.cancel(series.ref, scope=Scope.ONE, occurrence=THURSDAY, accept_fee=Money.of("19.00", "EUR"), reason="ziek")
    assert left.orders[0].state == OrderState.CANCELLED
    assert left.fee == (Money.of("19.00", "EUR"),)
    assert (left.occurrences[0].state.value, left.occurrences[0].conflict) == (ReservationState.CANCELLED, "ziek")
    assert left.state is ComponentState.DONE
    gone = booking.cancel(series.ref)  # the later lunches cost nothing yet
    assert gone.cancelled
    assert gone.fee == (Money.of("19.00", "EUR"),)
    with pytest.raises(Conflict, match="cancelled"):
        booking.cancel(series.ref)


def test_moving_a_meeting_takes_its_lunch_along_or_pays_for_it(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    meeting = booking.book(draft(orders=(LUNCH,)))
    with pytest.raises(ServiceNotAvailableHere):
        booking.change(meeting.ref, MeetingChange(room="Granaat"))  # no lunch in Gent
    moved = booking.change(meeting.ref, MeetingChange(span=at(THURSDAY, 13, 15)))
    assert f"{moved.orders[0].deliver_at:%H:%M}" == "13:00"
    with pytest.raises(CutoffPassed):
        booking.change(meeting.ref, MeetingChange(span=at(date(2026, 11, 25), 9, 10)))
    house.now = at(THURSDAY, 8, 9).start
    booking = house.as_("ana", LocalRooms)
    with pytest.raises(CancelFeeApplies):
        booking.change(meeting.ref, MeetingChange(span=at(THURSDAY + WEEK, 13, 15)))
    later = booking.change(meeting.ref, MeetingChange(span=at(THURSDAY + WEEK, 13, 15)), accept_fee=Money.of("19", "EUR"))
    assert sorted((order.state.value, str(order.fee)) for order in later.orders) == [
        ("cancelled", "19.00 EUR"),
        ("ordered", "None"),
    ]
    other = booking.change(meeting.ref, MeetingChange(orders=(OrderDraft(lines=(OrderLine(item="Beamer"),)),)))
    assert [str(order) for order in other.orders if order.state == OrderState.ORDERED] == ["1 x Beamer"]


def test_stock_is_what_is_in_use_at_one_time(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    beamer = (OrderDraft(lines=(OrderLine(item="Beamer"),)),)
    booking.book(draft(start=9, end=11, orders=beamer))
    booking.book(draft(start=11, end=13, orders=beamer))
    booking.book(draft(start=9, end=13, room="Basalt", orders=beamer))  # two in use at any time, never three
    with pytest.raises(ServiceNotAvailableHere, match="0 left"):
        booking.book(draft(start=10, end=12, room="Coral", orders=beamer))
    partly = booking.book(draft(start=10, end=12, room="Coral", orders=beamer, policy=Policy.BEST_EFFORT))
    assert partly.orders[0].state == OrderState.REJECTED
    assert partly.state is ComponentState.REJECTED
    with pytest.raises(ServiceNotAvailableHere, match="there are 2"):
        booking.book(draft(THURSDAY + WEEK, orders=(OrderDraft(lines=(OrderLine(item="Beamer", quantity=3),)),)))


def test_giving_a_room_back(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    early = booking.book(draft())
    given = booking.release(early.ref)
    assert given.occurrences[0].state == ReservationState.RELEASED
    again = house.as_("kees", LocalRooms).book(draft())
    house.now = at(THURSDAY, 13, 14).start
    ended = house.as_("kees", LocalRooms).release(again.ref)
    assert ended.span.end == house.now
    house.as_("mia", LocalRooms).book(draft(start=13))
    with pytest.raises(Conflict):
        house.as_("ana", LocalRooms).release(early.ref)


def test_nobody_checked_in_is_known_from_the_clock_alone(house: Office) -> None:
    meeting = house.as_("ana", LocalRooms).book(draft(room="Coral", attendees=invited("kees")))
    assert meeting.occurrences[0].reservations[0].check_in is CheckIn.AWAITING
    house.now = at(THURSDAY, 12, 13).start + timedelta(minutes=10)
    booking = house.as_("kees", LocalRooms)
    seen = booking.get(meeting.ref).occurrences[0]
    assert (seen.state.value, seen.check_in) == (ReservationState.RELEASED, CheckIn.MISSED)
    assert booking.busy(at(THURSDAY, 12, 14), rooms=(meeting.rooms[0].ref,)) == ()
    assert "Coral" in [option.room.name for option in booking.find(RoomQuery(span=at(THURSDAY, 13, 14)))]
    late = booking.check_in(meeting.ref)  # nobody took it meanwhile
    assert late.occurrences[0].state == ReservationState.CONFIRMED
    with pytest.raises(RoomConflict):
        house.as_("mia", LocalRooms).book(draft(room="Coral", start=13))


def test_a_released_room_that_others_took_is_gone(house: Office) -> None:
    meeting = house.as_("ana", LocalRooms).book(draft(room="Coral"))
    house.now = at(THURSDAY, 12, 13).start + timedelta(minutes=11)
    house.as_("mia", LocalRooms).book(draft(room="Coral", start=13))
    with pytest.raises(RoomReleased):
        house.as_("ana", LocalRooms).check_in(meeting.ref)


def test_people_are_busy_with_meetings_and_with_leave_and_never_why(house: Office) -> None:
    give_leave(house)
    house.as_("kees", LocalRooms).book(draft(room=None, attendees=invited("mia"), private=True, subject="Geheim"))
    house.as_("ana", LocalLeave).submit(LeaveDraft.between("Annual leave", THURSDAY))
    whole = at(THURSDAY, 0, 23)
    people = (*(PersonRef(login=login) for login in ("ana", "kees", "mia", "tom")), PersonRef(email="x@elders.example"))
    found = house.as_("lena", LocalRooms).busy(whole, people=people)
    told = sorted((one.person.login if one.person else "", one.tentative) for one in found)
    assert told == [("ana", True), ("kees", False), ("mia", True)]
    assert [gap.message for gap in found.gaps] == ["x@elders.example is not known here"]
    assert "Geheim" not in str(found)
    house.as_("mia", LocalRooms).respond(next(iter(house.as_("mia", LocalRooms).mine())).ref, Response.DECLINED)
    assert house.as_("lena", LocalRooms).busy(whole, people=(PersonRef(login="mia"),)) == ()


def test_times_are_found_when_everyone_who_has_to_come_is_free(house: Office) -> None:
    give_leave(house)
    house.as_("kees", LocalRooms).book(draft(start=9, end=11, room=None))
    house.as_("mia", LocalRooms).book(draft(start=13, end=17, room=None))
    house.as_("tom", LocalRooms).book(draft(start=11, end=12, room=None))
    within = at(THURSDAY, 7, 20)
    required, optional = (PersonRef(login="kees"), PersonRef(login="mia")), (PersonRef(login="tom"),)
    query = RoomQuery(duration=timedelta(hours=1), within=within, attendees=required, optional=optional, limit=200)
    found = house.as_("ana", LocalRooms).find(query)
    starts = sorted({option.span.local_start.hour for option in found})
    assert starts == [8, 11, 12]
    assert {option.span.local_start.hour: option.busy for option in found}[11] == optional
    assert {option.span.local_start.hour: option.busy for option in found}[12] == ()
    assert found[0].busy == ()
    evening = query.model_copy(update={"office_hours": False, "attendees": (PersonRef(login="mia"),)})
    assert 7 in {option.span.local_start.hour for option in house.as_("ana", LocalRooms).find(evening)}


def test_the_best_room_is_first_and_says_why(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    house.write(lambda c: c.exec_driver_sql("UPDATE people SET site = 'Gent' WHERE login = 'lena'"))
    query = RoomQuery(span=at(THURSDAY, 12, 13), people=6, preferred=frozenset({Feature.PROJECTOR}))
    found = booking.find(query)
    assert [option.room.name for option in found] == ["Amber", "Granaat", "Basalt", "Coral", "Diamant"]
    assert [option.score for option in found] == sorted((option.score for option in found), reverse=True)
    assert all(0 <= option.score <= 1 for option in found)
    assert [str(reason) for reason in found[0].reasons] == ["seats 8", "has projector"]
    assert found[3].missing == {Feature.PROJECTOR}
    assert "moet worden goedgekeurd" in [reason.text("nl") for reason in found[-1].reasons]
    near = booking.find(query.model_copy(update={"near": PersonRef(login="lena")}))
    assert near[0].room.name == "Granaat"
    assert "in Gent" in [reason.text("nl") for reason in near[0].reasons]
    assert booking.find(query.model_copy(update={"near": "hoofdgebouw"}))[0].room.name == "Amber"
    assert [one.room.name for one in booking.find(query.model_copy(update={"site": "gent"}))] == ["Granaat"]
    assert [one.room.name for one in booking.find(RoomQuery(span=at(THURSDAY, 12, 13), people=25, layout=Layout.THEATRE))] == [
        "Basalt"
    ]


def test_a_room_for_a_series_is_free_at_every_time(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    booking.book(draft(THURSDAY + 2 * WEEK))
    found = booking.find(RoomQuery(span=at(THURSDAY, 12, 14), rrule=WEEKLY, people=6, required=frozenset({Feature.PROJECTOR})))
    assert [option.room.name for option in found] == ["Granaat", "Basalt", "Diamant"]


def test_the_preview_tells_all_that_matters(house: Office) -> None:
    house.as_("kees", LocalRooms).book(draft(THURSDAY + WEEK, attendees=invited("mia")))
    booking = house.as_("ana", LocalRooms)
    asked = draft(rrule=WEEKLY, orders=(LUNCH,), attendees=invited("kees", "lena"), people=6)
    told = booking.book.preview(asked)
    lines = {line.code: line for line in told.lines}
    assert lines["times"].facts["times"] == 4
    assert lines["room"].facts == {"room": "Amber", "capacity": 8, "people": 6}
    assert lines["order"].facts["amount"] == "152.00"
    assert "te bestellen voor 2026-12-02 12:00" in lines["order"].nl
    assert lines["busy"].en == "Not free then: kees (1x)."
    assert lines["room-conflict"].facts["alternatives"] == ["Basalt", "Diamant"]
    assert [line.code for line in told.blockers] == ["room-conflict"]
    assert all(line.en and line.nl for line in told.lines)
    with pytest.raises(RoomConflict):
        booking.book(asked, key=Key(told.key))
    forgiving = asked.model_copy(update={"policy": Policy.BEST_EFFORT})
    told = booking.book.preview(forgiving)
    assert told.blockers == ()
    assert booking.book(forgiving, key=Key(told.key)).key == told.key


def test_the_preview_of_what_will_be_refused_says_so(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    told = booking.book.preview(
        draft(date(2026, 11, 24), start=15, end=16, people=30, orders=(LUNCH,), features=frozenset({Feature.PHONE}))
    )
    assert {line.code for line in told.blockers} == {"capacity-too-small", "feature-missing", "cutoff-passed"}
    assert [line.code for line in booking.book.preview(draft(room="Onbekend")).blockers] == ["not-found"]
    assert [line.code for line in booking.book.preview(draft(rrule="FREQ=DAILY;COUNT=500")).blockers] == ["series-too-long"]
    told = booking.book.preview(draft(room="Diamant"))
    assert [(line.code, line.weight) for line in told.warnings] == [("approval", Weight.WARNING)]
    assert "Bo Directeur" in told.warnings[0].nl
    assert [line.code for line in booking.book.preview(draft(room="Erts")).blockers] == ["restricted-room"]
    assert house.as_("mia", LocalRooms).book.preview(draft(room="Erts")).warnings == ()  # it is for her


def test_previews_of_changes_and_cancellations(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    series = booking.book(draft(rrule=WEEKLY, orders=(LUNCH,)))
    house.as_("kees", LocalRooms).book(draft(THURSDAY + WEEK, start=15, end=16))
    change = MeetingChange(span=at(THURSDAY + WEEK, 15, 16))
    told = booking.change.preview(series.ref, change, scope=Scope.ONE, occurrence=THURSDAY + WEEK)
    assert [line.code for line in told.blockers] == ["room-conflict"]
    assert "as a meeting of its own" in told.lines[1].en
    later = booking.change.preview(series.ref, MeetingChange(span=at(THURSDAY, 13, 15)))
    assert later.blockers == ()  # that it has the room itself is no conflict
    assert later.line("changes") is not None
    assert booking.change(series.ref, MeetingChange(span=at(THURSDAY, 13, 15))).span.local_start.hour == 13
    told = booking.cancel.preview(series.ref, scope=Scope.THIS_AND_FOLLOWING, occurrence=THURSDAY + 2 * WEEK)
    line = told.line("times")
    assert line is not None
    assert line.facts == {"times": 2, "left": 2, "people": 0}
    assert [one.code for one in booking.cancel.preview(series.ref, scope=Scope.ONE).blockers] == ["invalid-input"]
    for preview in (booking.release.preview(series.ref), booking.check_in.preview(series.ref)):
        assert "Overleg" in preview.lines[0].nl


def test_a_private_meeting_is_private_to_who_is_in_it(house: Office) -> None:
    ana = house.as_("ana", LocalRooms)
    meeting = ana.book(draft(room="Diamant", private=True, subject="Beoordeling", body="x", attendees=invited("kees")))
    for login in ("ana", "kees"):
        assert house.as_(login, LocalRooms).get(meeting.ref).subject == "Beoordeling"
    (seen,) = house.as_("bo", LocalRooms).inbox()
    assert (seen.subject, seen.body, seen.attendees) == ("(private)", None, ())
    assert seen.span == meeting.span
    assert [one.subject for one in house.as_("mia", LocalRooms).mine(PersonRef(login="ana"))] == ["(private)"]


def test_my_meetings_come_page_by_page_by_time(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    days = [THURSDAY + timedelta(days=7 * (number * 37 % 120)) for number in range(120)]
    made = {booking.book(draft(day, room=None)).ref: day for day in days}
    found = list(booking.mine())
    assert [made[one.ref] for one in found] == sorted(days)
    some = list(booking.mine(since=THURSDAY + WEEK, until=THURSDAY + 3 * WEEK))
    assert [one.occurrences[0].date for one in some] == [THURSDAY + number * WEEK for number in (1, 2, 3)]
    booking.cancel(some[0].ref)
    assert some[0].ref not in {one.ref for one in booking.mine()}


def test_menu_of_a_day(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    assert [item.name for item in booking.menu("Utrecht")] == ["Lunch", "Beamer"]
    assert [item.name for item in booking.menu("Gent")] == ["Beamer"]
    assert [item.name for item in booking.menu("Utrecht", on=date(2026, 11, 24))] == ["Beamer"]
    assert [item.name for item in booking.menu("Utrecht", on=THURSDAY)] == ["Lunch", "Beamer"]


def test_both_colours_agree(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)

    async def asked() -> tuple:
        meeting = await booking.book.aio(draft())
        found = await booking.find.aio(RoomQuery(span=at(THURSDAY, 12, 13), people=4))
        return meeting, found, [one async for one in booking.mine.aio()]

    meeting, found, listed = asyncio.run(asked())
    assert meeting == booking.get(meeting.ref)
    assert found == booking.find(RoomQuery(span=at(THURSDAY, 12, 13), people=4))
    assert listed == list(booking.mine())


def test_every_write_with_its_key_is_done_once(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    meeting = booking.book(draft(), key=Key("a"))
    change = MeetingChange(subject="Nieuw")
    assert booking.change(meeting.ref, change, key=Key("b")) == booking.change(meeting.ref, change, key=Key("b"))
    assert booking.cancel(meeting.ref, key=Key("c")) == booking.cancel(meeting.ref, key=Key("c"))
    assert booking.cancel.reconcile(Key("c")) == booking.get(meeting.ref)
    assert booking.change.reconcile(Key("c")) is None
    with pytest.raises(Conflict):
        booking.cancel(meeting.ref, key=Key("b"))
    assert booking.get(meeting.ref).created_at == datetime(2026, 11, 24, 9, tzinfo=UTC)
