"""Meetings on each of the servers: booked, changed, cancelled, answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

import pytest

from tests.caldav.conftest import NOW, ZONE, Desk
from tests.servers.calendars import DOMAIN, event, put
from workplace_sdk.connectors.caldav.booking import uid_of
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, NotSupported
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key, new_key
from workplace_sdk.services.common import ComponentState, PersonRef, Ref, Span
from workplace_sdk.services.rooms import (
    Attendee,
    CapacityTooSmall,
    Meeting,
    MeetingChange,
    MeetingDraft,
    OrderDraft,
    OrderLine,
    RecurrenceNotSupported,
    ReservationState,
    Response,
    Role,
    RoomConflict,
    RoomQuery,
    Scope,
)

_turns: dict[str, Iterator[int]] = defaultdict(count)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


@pytest.fixture
def monday(server: Any) -> date:
    """A Monday after which no other test on that server has anything for ten weeks."""
    return date(2027, 5, 3) + next(_turns[server.profile]) * 10 * WEEK


def at(day: date, hour: int, hours: int = 1, zone: str = ZONE) -> Span:
    return Span.local(day, time(hour), time(hour + hours), zone)


def invite(*numbers: int, **others: Any) -> tuple[Attendee, ...]:
    return tuple(
        Attendee(person=PersonRef(email=f"u{number:07d}@{DOMAIN}", login=f"u{number:07d}"), **others) for number in numbers
    )


def starts(meeting: Meeting) -> list[str]:
    return [f"{one.span.local_start:%m-%d %H:%M}" for one in meeting.occurrences if one.state != ReservationState.CANCELLED]


def shown(desk: Desk, room: str, span: Span) -> list[str]:
    """When a room is busy, by its free/busy."""
    service = desk.person(1)
    ref = next(one.ref for one in service.rooms() if one.name == room)
    return [f"{one.span.start.astimezone(span.local_start.tzinfo):%m-%d %H:%M}" for one in service.busy(span, rooms=(ref,))]


def after(day: date, weeks: int = 6) -> Span:
    return Span.local(day, time(0), time(23), ZONE).model_copy(update={"end": at(day + weeks * WEEK, 0).start})


def test_people_room_and_projector(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    draft = MeetingDraft(
        subject="Overleg: één, twee; drie",
        body="Regel 1\nRegel 2, met; tekens\\",
        span=at(monday, 10),
        room="Zaal 2",
        attendees=(*invite(2), *invite(3, role=Role.OPTIONAL)),
        orders=(OrderDraft(lines=(OrderLine(item="Beamer"),)),),
        people=5,
    )
    made = sanne.book(draft)
    assert (made.subject, made.body, made.span, made.people) == (draft.subject, draft.body, draft.span, 5)
    assert [(str(one.person), one.role, one.response) for one in made.attendees] == [
        ("u0000002@lab.example", Role.REQUIRED, Response.NEEDS_ACTION),
        ("u0000003@lab.example", Role.OPTIONAL, Response.NEEDS_ACTION),
    ]
    assert made.room is not None
    assert [one.state.value for one in made.occurrences] == [ReservationState.CONFIRMED]
    assert [(str(order), order.state.value.value) for order in made.orders] == [("1 x Beamer", "accepted")]
    assert made.state is ComponentState.DONE
    for number in (2, 3):
        mine = list(desk.person(number).mine(since=monday, until=monday))
        assert [(one.ref, one.subject) for one in mine] == [(made.ref, draft.subject)]
    whole = after(monday, 1)
    busy = sanne.busy(
        whole, people=(PersonRef(login="u0000002"), PersonRef(email="nobody@elsewhere.example")), rooms=(made.room.ref,)
    )
    assert {one.span.start for one in busy} == {made.span.start}
    assert {(one.person.login if one.person else None) for one in busy} == {"u0000002", None}
    assert ["nobody@elsewhere.example" in gap.message for gap in busy.gaps] == [True]


def test_a_taken_room_is_told_with_what_is_free(desk: Desk, monday: date) -> None:
    desk.person(1).book(MeetingDraft(subject="eerst", span=at(monday, 10), room="Zaal 3"))
    other = desk.person(2)
    with pytest.raises(RoomConflict) as refused:
        other.book(MeetingDraft(subject="tweede", span=at(monday, 10), room="Zaal 3", people=7))
    assert [room.name for room in refused.value.alternatives] == ["Zaal 2", "Zaal 4", "Zaal 5"]
    assert refused.value.times == (at(monday, 10),)
    assert list(other.mine(since=monday, until=monday)) == [], "what was refused is in nobody's calendar"
    with pytest.raises(CapacityTooSmall):
        other.book(MeetingDraft(subject="tweede", span=at(monday, 12), room="Zaal 3", people=30))


def test_a_taken_projector_is_a_conflict_too(desk: Desk, monday: date) -> None:
    wanted = (OrderDraft(lines=(OrderLine(item="beamer"),)),)
    desk.person(1).book(MeetingDraft(subject="eerst", span=at(monday, 10), orders=wanted))
    with pytest.raises(RoomConflict, match="Beamer"):
        desk.person(2).book(MeetingDraft(subject="tweede", span=at(monday, 10), room="Zaal 1", orders=wanted))
    assert shown(desk, "Zaal 1", at(monday, 9, 4)) == []


def test_lunch_is_ordered_elsewhere(desk: Desk, monday: date) -> None:
    lunch = (OrderDraft(lines=(OrderLine(item="Lunch", quantity=8),)),)
    with pytest.raises(NotSupported) as refused:
        desk.person(1).book(MeetingDraft(subject="met lunch", span=at(monday, 12), room="Zaal 1", orders=lunch))
    assert refused.value.field == "orders"
    assert refused.value.handoff is not None
    assert refused.value.handoff.url == "https://facilities.example.org/orders"
    assert shown(desk, "Zaal 1", at(monday, 11, 4)) == []


def test_a_series_with_its_conflicts_by_occurrence(desk: Desk, monday: date) -> None:
    sanne, bram = desk.person(1), desk.person(2)
    for weeks in (1, 3):
        sanne.book(MeetingDraft(subject="bezet", span=at(monday + weeks * WEEK, 10), room="Zaal 2"))
    sanne.book(MeetingDraft(subject="bezet", span=at(monday + 3 * WEEK, 10), room="Zaal 3"))
    with pytest.raises(RoomConflict) as refused:
        bram.book(MeetingDraft(subject="reeks", span=at(monday, 10), room="Zaal 2", rrule="FREQ=WEEKLY;COUNT=5"))
    told = {f"{one.span.local_start:%m-%d}": [room.name for room in one.alternatives] for one in refused.value.conflicts}
    assert told == {
        f"{monday + WEEK:%m-%d}": ["Zaal 3", "Zaal 4", "Zaal 5"],
        f"{monday + 3 * WEEK:%m-%d}": ["Zaal 4", "Zaal 5"],
    }
    assert [room.name for room in refused.value.alternatives] == ["Zaal 4", "Zaal 5"]
    free = frozenset(monday + weeks * WEEK for weeks in (1, 3))
    made = bram.book(
        MeetingDraft(subject="reeks", span=at(monday, 10), room="Zaal 2", rrule="FREQ=WEEKLY;COUNT=5", except_on=free)
    )
    assert starts(made) == [f"{monday + weeks * WEEK:%m-%d} 10:00" for weeks in (0, 2, 4)]


def test_one_time_of_a_series_moves(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    made = sanne.book(
        MeetingDraft(subject="reeks", span=at(monday, 10), room="Zaal 2", rrule="FREQ=WEEKLY;COUNT=4", attendees=invite(2))
    )
    second = monday + WEEK
    moved = sanne.change(made.ref, MeetingChange(span=at(second + timedelta(days=1), 14)), scope=Scope.ONE, occurrence=second)
    assert (moved.series, starts(moved)) == (made.ref, [f"{second + timedelta(days=1):%m-%d} 14:00"])
    assert [one.state.value for one in moved.occurrences] == [ReservationState.CONFIRMED]
    assert starts(sanne.get(made.ref)) == [f"{monday + weeks * WEEK:%m-%d} 10:00" for weeks in (0, 2, 3)]
    expected = [f"{monday:%m-%d} 10:00", f"{second + timedelta(days=1):%m-%d} 14:00", f"{monday + 2 * WEEK:%m-%d} 10:00", f"{monday + 3 * WEEK:%m-%d} 10:00"]  # fmt: skip
    assert shown(desk, "Zaal 2", after(monday)) == expected
    theirs = [when for one in desk.person(2).mine(since=monday, until=monday + 4 * WEEK) for when in starts(one)]
    assert sorted(theirs) == sorted(expected)


def test_one_time_moves_half_an_hour_in_its_own_room(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    made = sanne.book(MeetingDraft(subject="reeks", span=at(monday, 10), room="Zaal 4", rrule="FREQ=WEEKLY;COUNT=3"))
    half = Span.local(monday + WEEK, time(10, 30), time(11, 30), ZONE)
    sanne.change(made.ref, MeetingChange(span=half), scope=Scope.ONE, occurrence=monday + WEEK)
    assert shown(desk, "Zaal 4", after(monday)) == [
        f"{monday:%m-%d} 10:00",
        f"{monday + WEEK:%m-%d} 10:30",
        f"{monday + 2 * WEEK:%m-%d} 10:00",
    ]


def test_this_and_following_get_another_room(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    made = sanne.book(MeetingDraft(subject="reeks", span=at(monday, 10), room="Zaal 2", rrule="FREQ=WEEKLY;COUNT=5"))
    later = sanne.change(
        made.ref, MeetingChange(room="Zaal 5", subject="nieuw"), scope=Scope.THIS_AND_FOLLOWING, occurrence=monday + 2 * WEEK
    )
    assert (later.subject, later.series, later.room and later.room.name) == ("nieuw", made.ref, "Zaal 5")
    assert starts(later) == [f"{monday + weeks * WEEK:%m-%d} 10:00" for weeks in (2, 3, 4)]
    assert starts(sanne.get(made.ref)) == [f"{monday + weeks * WEEK:%m-%d} 10:00" for weeks in (0, 1)]
    assert shown(desk, "Zaal 2", after(monday)) == [f"{monday + weeks * WEEK:%m-%d} 10:00" for weeks in (0, 1)]
    assert shown(desk, "Zaal 5", after(monday)) == [f"{monday + weeks * WEEK:%m-%d} 10:00" for weeks in (2, 3, 4)]


def test_all_of_a_series_moves_a_day(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    made = sanne.book(
        MeetingDraft(
            subject="reeks", span=at(monday, 10), room="Zaal 2", rrule="FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5", attendees=invite(2)
        )
    )
    changed = sanne.change(made.ref, MeetingChange(span=at(monday + timedelta(days=1), 11)))
    days = (1, 3, 8, 10, 15)
    assert changed.ref == made.ref
    assert starts(changed) == [f"{monday + timedelta(days=n):%m-%d} 11:00" for n in days]
    assert shown(desk, "Zaal 2", after(monday)) == [f"{monday + timedelta(days=n):%m-%d} 11:00" for n in days]
    assert {one.state.value for one in changed.occurrences} == {ReservationState.CONFIRMED}
    theirs = list(desk.person(2).mine(since=monday, until=monday + 3 * WEEK))
    assert [starts(one) for one in theirs] == [starts(changed)]


def test_a_move_that_no_rule_gives_is_refused(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    first = date(monday.year, monday.month, 28)
    made = sanne.book(MeetingDraft(subject="maandelijks", span=at(first, 10), rrule="FREQ=MONTHLY;BYMONTHDAY=28;COUNT=3"))
    with pytest.raises(RecurrenceNotSupported):
        sanne.change(made.ref, MeetingChange(span=at(first + timedelta(days=2), 10)))
    assert sanne.get(made.ref) == made


def test_a_change_into_a_taken_room_changes_nothing(desk: Desk, monday: date) -> None:
    sanne, bram = desk.person(1), desk.person(2)
    bram.book(MeetingDraft(subject="van Bram", span=at(monday, 14), room="Zaal 2"))
    made = sanne.book(MeetingDraft(subject="van Sanne", span=at(monday, 10), room="Zaal 2"))
    for change in (MeetingChange(span=at(monday, 14)), MeetingChange(span=Span.local(monday, time(14, 30), time(15), ZONE))):
        with pytest.raises(RoomConflict):
            sanne.change(made.ref, change)
    assert sanne.get(made.ref) == made
    assert shown(desk, "Zaal 2", at(monday, 8, 10)) == [f"{monday:%m-%d} 10:00", f"{monday:%m-%d} 14:00"]
    longer = sanne.change(made.ref, MeetingChange(span=Span.local(monday, time(10, 30), time(12), ZONE)))
    assert starts(longer) == [f"{monday:%m-%d} 10:30"], "what was its own is not in its way"


def test_who_is_invited_changes(desk: Desk, monday: date) -> None:
    sanne, bram, cleo = desk.person(1), desk.person(2), desk.person(3)
    made = sanne.book(MeetingDraft(subject="wie", span=at(monday, 10), room="Zaal 2", attendees=invite(2)))
    assert [one.response for one in bram.respond(made.ref, Response.ACCEPTED).attendees] == [Response.ACCEPTED]
    changed = sanne.change(made.ref, MeetingChange(attendees=invite(2, 3)))
    assert [one.response for one in changed.attendees] == [Response.ACCEPTED, Response.NEEDS_ACTION], (
        "who answered has answered"
    )
    assert [one.subject for one in cleo.mine(since=monday, until=monday)] == ["wie"]
    sanne.change(made.ref, MeetingChange(attendees=invite(3)))
    assert list(bram.mine(since=monday, until=monday)) == []
    moved = sanne.change(made.ref, MeetingChange(span=at(monday, 15)))
    assert [one.response for one in moved.attendees] == [Response.NEEDS_ACTION], "another time is another question"
    assert [starts(one) for one in cleo.mine(since=monday, until=monday)] == [[f"{monday:%m-%d} 15:00"]]


def test_declined_is_not_mine(desk: Desk, monday: date) -> None:
    sanne, bram = desk.person(1), desk.person(2)
    made = sanne.book(MeetingDraft(subject="vraag", span=at(monday, 10), attendees=invite(2)))
    assert [one.response for one in bram.respond(made.ref, Response.DECLINED).attendees] == [Response.DECLINED]
    assert list(bram.mine(since=monday, until=monday)) == []
    assert [one.response for one in sanne.get(made.ref).attendees] == [Response.DECLINED]
    them = PersonRef(login="u0000002")
    assert list(sanne.busy(at(monday, 8, 10), people=(them,))) == []
    assert [one.response for one in bram.respond(made.ref, Response.TENTATIVE).attendees] == [Response.TENTATIVE]
    assert [one.ref for one in bram.mine(since=monday, until=monday)] == [made.ref]
    assert [one.response for one in bram.respond(made.ref, Response.ACCEPTED).attendees] == [Response.ACCEPTED]
    assert len(sanne.busy(at(monday, 8, 10), people=(them,))) == 1
    with pytest.raises(NotFound):
        desk.person(3).respond(made.ref, Response.ACCEPTED)


def test_cancelled_with_notice(desk: Desk, monday: date) -> None:
    sanne, bram = desk.person(1), desk.person(2)
    made = sanne.book(MeetingDraft(subject="gaat niet door", span=at(monday, 10), room="Zaal 2", attendees=invite(2)))
    gone = sanne.cancel(made.ref)
    assert gone.cancelled
    assert [str(one.person) for one in gone.attendees] == ["u0000002@lab.example"]
    assert list(bram.mine(since=monday, until=monday)) == []
    assert list(sanne.mine(since=monday, until=monday)) == []
    assert shown(desk, "Zaal 2", at(monday, 8, 10)) == []
    assert list(sanne.busy(at(monday, 8, 10), people=(PersonRef(login="u0000001"), PersonRef(login="u0000002")))) == []
    with pytest.raises(Conflict):
        sanne.cancel(made.ref)
    with pytest.raises(Conflict):
        sanne.change(made.ref, MeetingChange(subject="toch"))


def test_a_reason_is_told_where_it_can_be(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    made = sanne.book(MeetingDraft(subject="met reden", span=at(monday, 10), attendees=invite(2)))
    if desk.server.profile != "radicale":
        with pytest.raises(NotSupported) as refused:
            sanne.cancel(made.ref, reason="ziek")
        assert refused.value.field == "reason"
        assert not sanne.get(made.ref).cancelled
        return
    sanne.cancel(made.ref, reason="Bram is ziek")
    found = desk.person(2)
    resource = run_steps(found, found.found(found.house.member("u0000002"), made.uid or ""))
    assert "COMMENT:Bram is ziek" in resource[0].data
    assert "STATUS:CANCELLED" in resource[0].data


def run_steps(service: Any, steps: Any) -> Any:
    from workplace_sdk.kernel.drivers import run
    from workplace_sdk.kernel.session import Call

    return run(steps, Call(session=service.session, name="test"))


def test_one_time_and_the_rest_are_cancelled(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    made = sanne.book(
        MeetingDraft(subject="reeks", span=at(monday, 10), room="Zaal 2", rrule="FREQ=WEEKLY;COUNT=5", attendees=invite(2))
    )
    left = sanne.cancel(made.ref, scope=Scope.ONE, occurrence=monday + WEEK)
    assert starts(left) == [f"{monday + weeks * WEEK:%m-%d} 10:00" for weeks in (0, 2, 3, 4)]
    left = sanne.cancel(made.ref, scope=Scope.THIS_AND_FOLLOWING, occurrence=monday + 3 * WEEK)
    assert starts(left) == [f"{monday + weeks * WEEK:%m-%d} 10:00" for weeks in (0, 2)]
    assert shown(desk, "Zaal 2", after(monday)) == starts(left)
    assert [starts(one) for one in desk.person(2).mine(since=monday, until=monday + 5 * WEEK)] == [starts(left)]
    first = sanne.cancel(made.ref, scope=Scope.ONE, occurrence=monday)
    assert starts(first) == [f"{monday + 2 * WEEK:%m-%d} 10:00"]
    assert shown(desk, "Zaal 2", after(monday)) == starts(first)
    with pytest.raises(NotFound):
        sanne.cancel(made.ref, scope=Scope.ONE, occurrence=monday)
    with pytest.raises(InvalidInput):
        sanne.cancel(
            sanne.book(MeetingDraft(subject="r", span=at(monday, 16), rrule="FREQ=DAILY;COUNT=2")).ref, scope=Scope.ONE
        )


def test_what_is_over_stays(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    made = sanne.book(MeetingDraft(subject="reeks", span=at(monday, 10), room="Zaal 2", rrule="FREQ=WEEKLY;COUNT=4"))
    desk.now = at(monday + WEEK, 18).start
    moved = sanne.change(made.ref, MeetingChange(span=at(monday + 2 * WEEK, 16)))
    assert starts(moved) == [f"{monday + weeks * WEEK:%m-%d} 16:00" for weeks in (2, 3)]
    assert moved.series == made.ref
    assert starts(sanne.get(made.ref)) == [f"{monday + weeks * WEEK:%m-%d} 10:00" for weeks in (0, 1)]
    with pytest.raises(Conflict, match="over"):
        sanne.cancel(made.ref)
    desk.now = NOW


@pytest.mark.parametrize("server", ["radicale", "cyrus"], indirect=True)  # rooms of SOGo answer by themselves
def test_a_room_that_waits_and_one_that_declines(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    made = sanne.book(MeetingDraft(subject="bestuur", span=at(monday, 10), room="Bestuurskamer"))
    one = made.occurrences[0]
    assert (one.state.value, made.state) == (ReservationState.REQUESTED, ComponentState.PENDING)
    assert one.reservations[0].approver == PersonRef(login="u0000009")
    with pytest.raises(RoomConflict):
        desk.person(2).book(MeetingDraft(subject="ook", span=at(monday, 10), room="Bestuurskamer"))
    approver = desk.person(9)
    own = approver.book(MeetingDraft(subject="van wie erover gaat", span=at(monday, 15), room="Bestuurskamer"))
    assert [time.state.value for time in own.occurrences] == [ReservationState.CONFIRMED]
    if desk.server.profile == "radicale":
        return  # nobody carries the answer of a room to who invites
    room = desk.caldav.house.named("Bestuurskamer")
    held = run_steps(sanne, sanne.holds(room, [at(monday, 10)]))
    run_steps(sanne, sanne.answer(room, held[0].resource, "DECLINED"))
    told = sanne.get(made.ref)
    assert (told.occurrences[0].state.value, told.state) == (ReservationState.DECLINED, ComponentState.REJECTED)
    again = desk.person(9).book(MeetingDraft(subject="toch vrij", span=at(monday, 10), room="Bestuurskamer"))
    assert again.state is ComponentState.DONE, "what a room declined is not in anyone's way"


def test_the_same_key_is_the_same_meeting(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    expected = {"radicale": Safety.KEYED, "cyrus": Safety.KEYED, "sogo": Safety.FINDABLE}[desk.server.profile]
    assert sanne.book.safety is expected
    for key in (new_key(), Key('Raadszaal/12:"overleg"<&>%20')):
        draft = MeetingDraft(subject="sleutel", span=at(monday, 10), room="Zaal 2", attendees=invite(2))
        made = sanne.book(draft, key=key)
        assert (made.key, made.uid) == (key, uid_of(key))
        assert sanne.book(draft, key=key) == made
        assert sanne.book.reconcile(key) == made
        assert len([one for one in desk.person(2).mine(since=monday, until=monday) if one.subject == "sleutel"]) == 1
        changed = sanne.change(made.ref, MeetingChange(subject="anders"), key=(second := new_key()))
        assert (changed.key, sanne.change.reconcile(second)) == (key, changed)
        gone = sanne.cancel(made.ref, key=(last := new_key()))
        assert sanne.cancel.reconcile(last) == gone
        assert sanne.book(draft, key=key).cancelled, "a repeat of what was cancelled since books nothing"
    assert sanne.book.reconcile(new_key()) is None


def test_private_meetings_show_nothing_to_others(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    made = sanne.book(
        MeetingDraft(subject="Bedrijfsarts", body="geheim", span=at(monday, 10), private=True, attendees=invite(2))
    )
    assert sanne.get(made.ref).subject == "Bedrijfsarts"
    assert desk.person(2).get(made.ref).subject == "Bedrijfsarts"
    seen = desk.person(3).get(made.ref)
    assert (seen.subject, seen.body, seen.attendees, seen.span) == ("(private)", None, (), made.span)
    listed = list(desk.person(3).mine(PersonRef(login="u0000001"), since=monday, until=monday))
    assert [one.subject for one in listed] == ["(private)"]


def test_slots_for_everyone(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    desk.person(2).book(MeetingDraft(subject="druk", span=at(monday, 8, 4)))
    desk.person(3).book(MeetingDraft(subject="druk", span=at(monday, 13, 2)))
    for room in ("Zaal 1", "Zaal 2"):
        desk.person(4).book(MeetingDraft(subject="bezet", span=at(monday, 12), room=room))
    people = tuple(PersonRef(login=f"u{number:07d}") for number in (1, 2, 3))
    query = RoomQuery(duration=HOUR, within=at(monday, 8, 10), attendees=people, people=8, limit=50)
    found = sanne.find(query)
    assert found.complete
    by_room: dict[str, list[str]] = {}
    for option in found:
        by_room.setdefault(option.room.name, []).append(f"{option.span.local_start:%H:%M}")
    assert by_room == {
        "Zaal 2": ["15:00", "16:00", "17:00"],
        "Zaal 3": ["12:00", "15:00", "16:00"],
        "Zaal 4": ["12:00", "15:00", "16:00"],
        "Zaal 5": ["12:00", "15:00", "16:00"],
        "Bestuurskamer": ["12:00", "15:00", "16:00"],
    }
    span = RoomQuery(span=at(monday, 12), optional=people[1:], limit=50)
    assert {option.room.name for option in sanne.find(span)} == {"Zaal 3", "Zaal 4", "Zaal 5", "Bestuurskamer"}


def test_events_of_other_programs(desk: Desk, monday: date) -> None:
    day, uid = f"{monday:%Y%m%d}", f"vreemd-{monday}"
    text = event(uid, f"DTSTART;VALUE=DATE:{day}", "SUMMARY:Vrije dag", "TRANSP:OPAQUE")
    assert put(desk.server, "u0000007", "andere-naam.ics", text).status in (201, 204)
    floating = event(f"zweeft-{monday}", f"DTSTART:{day}T120000", f"DTEND:{day}T130000", "SUMMARY:Zwevend")
    assert put(desk.server, "u0000007", "zweeft.ics", floating).status in (201, 204)
    service = desk.person(7)
    mine = {one.subject: one for one in service.mine(since=monday, until=monday)}
    assert mine["Vrije dag"].span == Span.local(monday, time(0), time(0), ZONE)
    assert mine["Zwevend"].span.local_start == datetime.combine(monday, time(12), mine["Zwevend"].span.local_start.tzinfo)
    assert mine["Vrije dag"].organizer.login == "u0000007"
    assert service.get(mine["Vrije dag"].ref) == mine["Vrije dag"], "it is found under whatever name its program gave it"
    changed = service.change(mine["Zwevend"].ref, MeetingChange(subject="Vast"))
    assert changed.subject == "Vast"


def test_a_series_without_an_end(desk: Desk, monday: date) -> None:
    day = f"{monday:%Y%m%d}"
    lines = (
        f"DTSTART;TZID={ZONE}:{day}T090000",
        f"DTEND;TZID={ZONE}:{day}T091500",
        "RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
        "SUMMARY:Standup",
    )
    assert put(desk.server, "u0000008", "standup.ics", event(f"standup-{monday}", *lines)).status in (201, 204)
    (found,) = (one for one in desk.person(8).mine(since=monday, until=monday + WEEK) if one.uid == f"standup-{monday}")
    assert starts(found)[:6] == [f"{monday + timedelta(days=n):%m-%d} 09:00" for n in (0, 1, 2, 3, 4, 7)]
    assert len(found.occurrences) == 366


def test_what_cannot_be_written_is_refused(desk: Desk, monday: date) -> None:
    sanne = desk.person(1)
    with pytest.raises(InvalidInput) as refused:
        sanne.book(MeetingDraft(subject="bel\x07", span=at(monday, 10)))
    assert refused.value.field == "subject"
    with pytest.raises(NotFound) as unknown:
        sanne.book(MeetingDraft(subject="x", span=at(monday, 10), organizer=PersonRef(display_name="Niemand")))
    assert unknown.value.field == "organizer"
    with pytest.raises(NotSupported):
        sanne.book(
            MeetingDraft(subject="x", span=at(monday, 10), attendees=(Attendee(person=PersonRef(display_name="Oom Jan")),))
        )
    for id_ in ("u0000001/nietbestaand", "zonder", "/x", "x/"):
        with pytest.raises(NotFound):
            sanne.get(Ref(connection="calendar", kind="meeting", id=id_))
