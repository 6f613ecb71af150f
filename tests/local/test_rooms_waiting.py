"""Waiting for a room that is taken, and for an answer that comes later; on both databases."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from attrs import evolve

from tests.local.agreeing import agreeing
from tests.local.conftest import Office
from tests.local.houses import LUNCH, THURSDAY, at, draft, invited
from workplace_sdk.connectors.local.forget import forget
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.connectors.local.tables import metadata
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.keys import Key
from workplace_sdk.services.common import ComponentState, Decision, PersonRef, Ref
from workplace_sdk.services.rooms import (
    CapacityTooSmall,
    MeetingChange,
    ReservationState,
    RestrictedRoom,
    Scope,
    WaitState,
)


def test_who_came_first_gets_the_room_that_becomes_free(house: Office) -> None:
    ana, kees, mia = (house.as_(login, LocalRooms) for login in ("ana", "kees", "mia"))
    meeting = ana.book(draft())
    _, first = agreeing(kees.join_waitlist, draft(start=13, end=15, subject="Kees", attendees=invited("tom")))
    _, second = agreeing(mia.join_waitlist, draft(start=12, end=14, subject="Mia"))
    third = mia.join_waitlist(draft(start=15, end=16, room="Basalt"))  # is free: nothing to wait for
    assert [(one.state.value, one.before) for one in (first, second, third)] == [
        (WaitState.WAITING, 0),
        (WaitState.WAITING, 1),
        (WaitState.BOOKED, 0),
    ]
    ana.cancel(meeting.ref)
    (got,) = kees.waitlist()
    assert (got.state.value, got.subject) == (WaitState.BOOKED, "Kees")
    (held,) = kees.mine()
    assert (held.ref, held.organizer.login, held.span) == (got.meeting, "kees", at(THURSDAY, 13, 15))
    assert [one.person.login for one in held.attendees] == ["tom"]
    assert [one.state.value for one in mia.waitlist()] == [WaitState.WAITING, WaitState.BOOKED]
    assert mia.waitlist()[0].before == 0
    kees.change(held.ref, MeetingChange(span=at(THURSDAY, 14, 15)))  # and what is left of it goes to who came next
    assert [one.state.value for one in mia.waitlist()] == [WaitState.BOOKED, WaitState.BOOKED]


@pytest.mark.parametrize("how", ["another room", "one of a series", "released", "refused"])
def test_however_it_becomes_free(house: Office, how: str) -> None:
    ana, kees, bo = (house.as_(login, LocalRooms) for login in ("ana", "kees", "bo"))
    room = "Diamant" if how == "refused" else "Amber"
    meeting = ana.book(draft(room=room, rrule="FREQ=DAILY;COUNT=2"))
    kees.join_waitlist(draft(room=room))
    if how == "another room":
        ana.change(meeting.ref, MeetingChange(room="Basalt"))
    elif how == "one of a series":
        ana.cancel(meeting.ref, scope=Scope.ONE, occurrence=THURSDAY)
    elif how == "released":
        ana.release(meeting.ref)
    else:
        bo.decide(meeting.ref, Decision.REJECT)
    assert [one.state.value for one in kees.waitlist()] == [WaitState.BOOKED]


def test_what_could_not_be_had_anyway_is_not_waited_for(house: Office) -> None:
    ana, kees = house.as_("ana", LocalRooms), house.as_("kees", LocalRooms)
    ana.book(draft())
    for wrong, field in (
        (draft(room=None), "room"),
        (draft(more_rooms=("Basalt",)), "more_rooms"),
        (draft(rrule="FREQ=DAILY;COUNT=2"), "rrule"),
        (draft(orders=(LUNCH,)), "orders"),
    ):
        with pytest.raises(InvalidInput) as error:
            agreeing(kees.join_waitlist, wrong)
        assert error.value.field == field
        assert "Controleer" in error.value.sentence("nl")
    with pytest.raises(CapacityTooSmall):
        agreeing(kees.join_waitlist, draft(start=15, end=16, people=9))
    with pytest.raises(RestrictedRoom):
        agreeing(kees.join_waitlist, draft(room="Erts"))
    with pytest.raises(NotFound):
        agreeing(kees.join_waitlist, draft(room="Onbekend"))
    assert list(kees.waitlist()) == []


def test_nobody_waits_twice_and_who_leaves_gets_nothing(house: Office) -> None:
    ana, kees = house.as_("ana", LocalRooms), house.as_("kees", LocalRooms)
    meeting = ana.book(draft())
    entry = kees.join_waitlist(draft(), key=Key("w"))
    assert kees.join_waitlist(draft(), key=Key("w")) == entry == kees.join_waitlist.reconcile(Key("w"))
    assert [line.code for line in kees.join_waitlist.preview(draft(), key=Key("w")).lines][-1] == "done"
    with pytest.raises(Conflict, match="wait for it already"):
        agreeing(kees.join_waitlist, draft(start=13))
    _, gone = agreeing(kees.leave_waitlist, entry.ref)
    assert gone.state == WaitState.WITHDRAWN
    with pytest.raises(Conflict, match="any more"):
        agreeing(kees.leave_waitlist, entry.ref)
    ana.cancel(meeting.ref)
    assert (list(kees.mine()), list(kees.waitlist())) == ([], [])
    with pytest.raises(NotFound):
        kees.leave_waitlist(Ref(connection="main", kind="wait", id="999"))


def test_who_waited_too_long_waits_no_more(house: Office) -> None:
    ana, kees = house.as_("ana", LocalRooms), house.as_("kees", LocalRooms)
    meeting = ana.book(draft(rrule="FREQ=DAILY;COUNT=2"))
    entry = kees.join_waitlist(draft())
    house.now = at(THURSDAY, 14, 15).start
    ana, kees = house.as_("ana", LocalRooms), house.as_("kees", LocalRooms)
    assert kees.waitlist_entry(entry.ref).state == WaitState.OVER
    ana.cancel(meeting.ref)
    assert (list(kees.mine()), list(kees.waitlist())) == ([], [])


def test_who_is_erased_waits_for_nothing(house: Office) -> None:
    ana, kees = house.as_("ana", LocalRooms), house.as_("kees", LocalRooms)
    meeting = ana.book(draft())
    kees.join_waitlist(draft())
    report = house.write(lambda c: forget(c, "main", house.ids["kees"]))
    assert report.rows["room_waits"] == 1
    ana.cancel(meeting.ref)
    assert house.as_("mia", LocalRooms).book(draft()).organizer.login == "mia"


def test_what_the_erased_wrote_with_their_meetings_is_gone(house: Office) -> None:
    kees = house.as_("kees", LocalRooms)
    order = LUNCH.model_copy(update={"note": "Kees is allergisch"})
    made = kees.book(draft(subject="Kees 50 jaar", body="Feest", online="https://meet.example/kees", orders=(order,)))
    kees.cancel(made.ref, reason="Kees is ziek")
    house.write(lambda c: forget(c, "main", house.ids["kees"]))

    def left(connection) -> str:
        return "\n".join(repr(row) for table in metadata.tables.values() for row in connection.execute(sa.select(table)))

    everything = house.read(left).casefold()
    for trace in ("kees", "feest", "allergisch"):
        assert trace not in everything
    assert house.as_("ana", LocalRooms).get(made.ref).orders[0].total is not None


def test_an_approval_is_waited_for_as_long_as_asked(house: Office) -> None:
    ana = house.as_("ana", LocalRooms)
    meeting = ana.book(draft(room="Diamant"))
    before = time.monotonic()
    assert ana.wait_confirmed(meeting.ref, timeout=0.6).state is ComponentState.PENDING
    assert time.monotonic() - before >= 0.6
    hasty = LocalRooms(ana.local, evolve(ana.session, time_limit=1.5))  # ends before the call's own limit does
    assert hasty.wait_confirmed(meeting.ref).state is ComponentState.PENDING

    def approve() -> None:
        time.sleep(0.3)
        house.as_("bo", LocalRooms).decide(meeting.ref, Decision.APPROVE)

    other = threading.Thread(target=approve)
    other.start()
    done = ana.wait_confirmed(meeting.ref, timeout=20)
    other.join()
    assert {one.state.value for one in done.occurrences} == {ReservationState.CONFIRMED}
    assert asyncio.run(ana.wait_confirmed.aio(meeting.ref)) == done


def test_a_free_room_is_told_and_later_taken(house: Office) -> None:
    kees = house.as_("kees", LocalRooms)
    told = kees.join_waitlist.preview(draft())
    assert [line.code for line in told.lines] == ["times", "free"]
    house.as_("ana", LocalRooms).book(draft())
    told = kees.join_waitlist.preview(draft())
    assert [(line.code, line.weight.value) for line in told.lines] == [("times", "info"), ("room-conflict", "info")]
    entry = kees.join_waitlist(draft(attendees=invited("tom")))
    assert entry.span.end - entry.span.start == timedelta(hours=2)
    assert entry.person.same_person(PersonRef(login="kees"))
