"""Rooms and meetings, as every connector has to do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from workplace_sdk.conformance.base import DIFFICULT, Edge, ServiceConformance, Use, needs, not_another
from workplace_sdk.conformance.checks import alike, refusing
from workplace_sdk.conformance.trial import Trial
from workplace_sdk.kernel.errors import NotFound, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.services.common import Decision, PersonRef, Ref, Span
from workplace_sdk.services.rooms import (
    Attendee,
    Feature,
    Layout,
    Meeting,
    MeetingChange,
    MeetingDraft,
    OrderDraft,
    OrderLine,
    Policy,
    ReservationState,
    Response,
    RoomBooking,
    RoomConflict,
    RoomQuery,
    Scope,
    WaitlistEntry,
    WaitState,
)


def _draft(trial: Trial, **others: Any) -> MeetingDraft:
    values: dict[str, Any] = {"subject": "conformance", "span": trial["free"], "room": trial["room"], **others}
    return MeetingDraft(**values)


def _booked(trial: Trial, **others: Any) -> Meeting:
    made: Meeting = trial.do("book", _draft(trial, **others))
    return made


def _waiting(trial: Trial) -> WaitlistEntry:
    """A colleague waits for a room that is taken."""
    _booked(trial)
    waiting: WaitlistEntry = trial.do("join_waitlist", _draft(trial), by=trial.other("colleague"))
    return waiting


def _guests(count: int) -> tuple[Attendee, ...]:
    return tuple(Attendee(person=PersonRef(email=f"guest{number}@example.org")) for number in range(count))


def _with(**values: Callable[[Trial], Any]) -> Callable[[Trial], Mapping[str, Any]]:
    """The arguments of a booking with *values*."""

    def arguments(trial: Trial) -> Mapping[str, Any]:
        return {"draft": _draft(trial, **{name: value(trial) for name, value in values.items()})}

    return arguments


def _changing(**values: Callable[[Trial], Any]) -> Use:
    """A change that is refused before anyone looks which meeting it is about."""

    def arguments(trial: Trial) -> Mapping[str, Any]:
        return {"ref": _nowhere(trial), "change": MeetingChange(**{name: value(trial) for name, value in values.items()})}

    return Use(arguments)


def _nowhere(trial: Trial) -> Ref:
    return Ref(connection=trial.service.connection_name, kind="meeting", id="0")


def _only(trial: Trial) -> Mapping[str, Any]:
    return {"scope": Scope.ONE, "occurrence": trial["free"].start.date()}


def _asking(**values: Callable[[Trial], Any]) -> Use:
    def arguments(trial: Trial) -> Mapping[str, Any]:
        asked: dict[str, Any] = {"span": trial["free"], **{name: value(trial) for name, value in values.items()}}
        return {"query": RoomQuery(**asked)}

    return Use(arguments)


def _orders(trial: Trial, count: int = 1) -> tuple[OrderDraft, ...]:
    return (OrderDraft(lines=(OrderLine(item=trial.given("item"), quantity=2),)),) * count


def _daily(count: int) -> str:
    return f"FREQ=DAILY;COUNT={count}"


_LINK = "https://meet.example/a?b=1&c=2"
_GUEST = "Zoë Ødegård-Łukasik"
_BOOKING: Mapping[str, Use] = {
    "room": Use(_with(), lambda made, _: made.room is not None),
    "several_rooms": Use(
        _with(more_rooms=lambda trial: (trial.given("another_room"),)),
        lambda made, _: len({one.ref for one in made.rooms}) == 2,
    ),
    "layout": Use(_with(layout=lambda trial: trial.given("layout")), lambda made, trial: made.layout == trial["layout"]),
    "attendees": Use(
        _with(attendees=lambda _: _guests(2)),
        lambda made, _: {one.person.email for one in made.attendees} == {one.person.email for one in _guests(2)},
    ),
    "guests": Use(
        _with(attendees=lambda _: (Attendee(person=PersonRef(display_name=_GUEST)),)),
        lambda made, _: [one.person.display_name for one in made.attendees] == [_GUEST],
    ),
    "orders": Use(_with(orders=_orders), lambda made, _: [line.quantity for one in made.orders for line in one.lines] == [2]),
    "recurrence": Use(_with(rrule=lambda _: _daily(2)), lambda made, _: len(made.occurrences) == 2),
    "exceptions": Use(
        _with(rrule=lambda _: _daily(3), except_on=lambda trial: {trial["free"].local_start.date() + timedelta(days=1)}),
        lambda made, _: len(made.occurrences) == 2,
    ),
    "recurrence_with_orders": Use(
        _with(rrule=lambda _: _daily(2), orders=_orders), lambda made, _: len(made.occurrences) == 2 and bool(made.orders)
    ),
    "body": Use(_with(body=lambda _: DIFFICULT), lambda made, _: made.body == DIFFICULT),
    "online": Use(_with(online=lambda _: _LINK), lambda made, _: made.online == _LINK),
    "private": Use(_with(private=lambda _: True), lambda made, _: made.private),
    "cost_centre": Use(_with(cost_centre=lambda _: "4711")),
    "room_first": Use(_with(policy=lambda _: Policy.ROOM_FIRST)),
    "best_effort": Use(_with(policy=lambda _: Policy.BEST_EFFORT)),
}


_SIZES: Mapping[str, Callable[[Trial, int], MeetingDraft]] = {
    "subject_length": lambda trial, size: _draft(trial, subject="x" * size),
    "body_length": lambda trial, size: _draft(trial, body="x" * size),
    "attendees": lambda trial, size: _draft(trial, attendees=_guests(size)),
    "orders": lambda trial, size: _draft(trial, orders=_orders(trial, size)),
    "occurrences": lambda trial, size: _draft(trial, rrule=_daily(size)),
}


def _sized(make: Callable[[Trial, int], MeetingDraft]) -> Edge:
    return lambda trial, size: {"draft": make(trial, size)}


_EDGES: Mapping[tuple[str, str], Edge] = {
    (operation, measure): _sized(make) for operation in ("book", "join_waitlist") for measure, make in _SIZES.items()
}


def _states(meeting: Meeting) -> set[str]:
    return {one.state.value for one in meeting.occurrences}


class RoomsConformance(ServiceConformance):
    """Give ``service``, ``room`` (one that can be booked at once) and ``free``: an hour on a working day at which it is free;
    ``colleague`` where people are invited, ``approval_room`` and ``approver`` where someone decides about rooms.
    """

    interface = RoomBooking
    creates = frozenset({"book"})
    uses = {  # noqa: RUF012 - a ClassVar in the base
        **{("book", name): use for name, use in _BOOKING.items()},
        **{("join_waitlist", name): Use(use.arguments) for name, use in _BOOKING.items()},
        ("change", "span"): _changing(span=lambda trial: trial["free"]),
        ("change", "room"): _changing(room=lambda trial: trial["room"]),
        ("change", "attendees"): _changing(attendees=lambda _: _guests(1)),
        ("change", "online"): _changing(online=lambda _: _LINK),
        ("change", "orders"): _changing(orders=lambda _: ()),
        ("change", "occurrence"): Use(
            lambda trial: {"ref": _nowhere(trial), "change": MeetingChange(subject="x"), **_only(trial)}
        ),
        ("cancel", "occurrence"): Use(lambda trial: {"ref": _nowhere(trial), **_only(trial)}),
        ("cancel", "reason"): Use(lambda trial: {"ref": _nowhere(trial), "reason": "x"}),
        ("rooms", "features"): Use(lambda _: {"features": frozenset({Feature.PROJECTOR})}),
        ("rooms", "people"): Use(lambda _: {"people": 5}),
        ("rooms", "site"): Use(lambda _: {"site": "x"}),
        ("find", "attendees"): _asking(attendees=lambda trial: (trial.service.session.caller,)),
        ("find", "within"): _asking(
            span=lambda _: None, within=lambda trial: trial["free"], duration=lambda _: timedelta(minutes=30)
        ),
        ("find", "recurrence"): _asking(rrule=lambda _: _daily(2)),
        ("find", "features"): _asking(required=lambda _: frozenset({Feature.PROJECTOR})),
        ("find", "near"): _asking(near=lambda _: "x"),
        ("menu", "on"): Use(lambda trial: {"on": trial["free"].local_start.date()}),
    }
    edges = _EDGES

    @pytest.fixture
    def colleague(self) -> RoomBooking | None:
        """The same service for someone else, who may be invited; ``None`` where nobody can be given."""
        return None

    @pytest.fixture
    def approver(self) -> RoomBooking | None:
        """The same service for who decides about ``approval_room``; ``None`` where nobody can be given."""
        return None

    @pytest.fixture
    def approval_room(self) -> str | Ref:
        """A room that is booked when someone agrees."""
        raise NotImplementedError("override the fixture 'approval_room' in your test class: decide() is offered")

    @pytest.fixture
    def another_room(self) -> str | Ref | None:
        """Another room that is free then; ``None`` where meetings have one room."""
        return None

    @pytest.fixture
    def layout(self) -> Layout | None:
        """How ``room`` can be set up; ``None`` where nobody sets up rooms."""
        return None

    @pytest.fixture
    def item(self) -> str | Ref | None:
        """Something that can be ordered for ``room``; ``None`` where nothing is delivered."""
        return None

    @pytest.fixture
    def room(self) -> str | Ref:
        """A room that can be booked without approval."""
        raise NotImplementedError("override the fixture 'room' in your test class: a room that can be booked at once")

    @pytest.fixture
    def free(self) -> Span:
        """An hour at which the room is free, and the hours after it too."""
        raise NotImplementedError("override the fixture 'free' in your test class: an hour at which the room is free")

    def examples(self, service: Any) -> Mapping[str, Mapping[str, Any]]:
        now = service.session.now()
        month = Span(start=now, end=now + timedelta(days=31), zone=service.session.zone)
        free = {"find": {"query": RoomQuery(span=Span(start=now, end=now + timedelta(hours=1), zone=service.session.zone))}}
        busy = {"busy": {"span": month, "people": (service.session.caller,)}}
        return {"sites": {}, "rooms": {}, "menu": {}, "mine": {}, "inbox": {}, **free, **busy}

    def try_book(self, trial: Trial) -> Any:
        assert not trial.preview("book", _draft(trial)).blockers, "the preview of a room that is free says that it is not"
        return _booked(trial)

    def try_wait_confirmed(self, trial: Trial) -> Any:
        made = _booked(trial)
        found = trial.do("wait_confirmed", made.ref, timeout=5.0)
        assert found.ref == made.ref
        return found

    def try_join_waitlist(self, trial: Trial) -> Any:
        waiting = _waiting(trial)
        assert waiting.state == WaitState.WAITING, "the room is taken: whoever wants it waits"
        return waiting

    def try_waitlist(self, trial: Trial) -> Any:
        waiting = _waiting(trial)
        found = trial.do("waitlist", by=trial.other("colleague"))
        assert waiting.ref in [one.ref for one in found], "waitlist() has whom join_waitlist() added"
        return found

    def try_waitlist_entry(self, trial: Trial) -> Any:
        waiting = _waiting(trial)
        found = trial.do("waitlist_entry", waiting.ref, by=trial.other("colleague"))
        assert found == waiting
        return found

    def try_leave_waitlist(self, trial: Trial) -> Any:
        gone = trial.do("leave_waitlist", _waiting(trial).ref, by=trial.other("colleague"))
        assert gone.state == WaitState.WITHDRAWN
        return gone

    def try_get(self, trial: Trial) -> Any:
        made = _booked(trial)
        found = trial.do("get", made.ref)
        assert alike(found, made), "get() gives what book() returned"
        return found

    def try_change(self, trial: Trial) -> Any:
        made = _booked(trial)
        hour = timedelta(hours=1)
        later = Span(start=made.span.start + hour, end=made.span.end + hour, zone=made.span.zone)
        changed = trial.do("change", made.ref, MeetingChange(span=later))
        assert changed.span == later, "the meeting is where it was"
        return changed

    def try_cancel(self, trial: Trial) -> Any:
        made = _booked(trial)
        trial.do("cancel", made.ref)
        if not trial.offers("get"):
            return _booked(trial)  # somebody else may have it now
        gone = trial.do("get", made.ref)
        assert _states(gone) == {ReservationState.CANCELLED}, "a cancelled meeting is told as cancelled"
        return gone

    def try_release(self, trial: Trial) -> Any:
        trial.do("release", _booked(trial).ref)
        return _booked(trial)  # someone else may have it now

    def try_respond(self, trial: Trial) -> Any:
        invited = trial.other("colleague")
        made = _booked(trial, attendees=(Attendee(person=invited.session.caller),))
        answered = trial.do("respond", made.ref, Response.ACCEPTED, by=invited)
        assert [one.response for one in answered.attendees] == [Response.ACCEPTED], (
            "respond() gives the meeting back with the answer in it"
        )
        return answered

    def try_check_in(self, trial: Trial) -> Any:
        made = _booked(trial)
        try:
            return trial.do("check_in", made.ref)
        except Rejected as refusal:  # too early, or not needed for this room
            return refusal.sentence("nl")

    def try_decide(self, trial: Trial) -> Any:
        approver = trial.other("approver")
        made = _booked(trial, room=trial["approval_room"])
        assert _states(made) == {ReservationState.REQUESTED}, "a room that needs approval is requested, not confirmed"
        assert made.ref in [one.ref for one in trial.do("inbox", by=approver)], "what waits for the approver is in inbox()"
        done = trial.do("decide", made.ref, Decision.APPROVE, by=approver)
        assert _states(done) == {ReservationState.CONFIRMED}, "decide() gives the meeting back as it is now: confirmed"
        return done

    def test_booked_found_and_cancelled(self, service: RoomBooking, room: str | Ref, free: Span) -> None:
        needs(service, "book", "get", "cancel")
        made = service.book(MeetingDraft(subject=DIFFICULT, span=free, room=room))
        assert made.subject == DIFFICULT, "the subject came back changed: look at the encoding, and at HTML"
        assert made.span == free, "the time came back changed: look at the time zone"
        assert alike(service.get(made.ref), made), "get() gives what book() returned"
        service.cancel(made.ref)
        assert _states(service.get(made.ref)) == {ReservationState.CANCELLED}, "a cancelled meeting is told as cancelled"
        service.book(MeetingDraft(subject="again", span=free, room=room))

    def test_the_preview_of_a_taken_room_says_so(self, service: RoomBooking, room: str | Ref, free: Span) -> None:
        needs(service, "book", "busy")
        draft = MeetingDraft(subject="one", span=free, room=room)
        assert not service.book.preview(draft).blockers
        service.book(draft)
        assert service.book.preview(draft).blockers, "the preview of a room that is taken says nothing of it"

    def test_a_taken_room_is_a_conflict(self, service: RoomBooking, room: str | Ref, free: Span) -> None:
        needs(service, "book")
        service.book(MeetingDraft(subject="one", span=free, room=room))
        half = Span(start=free.start + timedelta(minutes=30), end=free.end + timedelta(minutes=30), zone=free.zone)
        with refusing(RoomConflict, "the room is taken for half of that time"):
            service.book(MeetingDraft(subject="other", span=half, room=room))
        following = Span(start=free.end, end=free.end + timedelta(hours=1), zone=free.zone)
        service.book(MeetingDraft(subject="next", span=following, room=room))

    def test_a_taken_room_is_not_offered(self, service: RoomBooking, room: str | Ref, free: Span) -> None:
        needs(service, "book", "find")
        made = service.book(MeetingDraft(subject="one", span=free, room=room))
        assert made.room is not None, "book() does not say which room it took"
        offered = service.find(RoomQuery(span=free, limit=200))
        assert made.room.ref not in [option.room.ref for option in offered], "a room that is taken is offered"

    def test_a_repeat_with_the_same_key(self, service: RoomBooking, room: str | Ref, free: Span) -> None:
        needs(service, "book")
        if service.book.safety is not Safety.KEYED:
            pytest.skip("book is not KEYED: a repeat is not promised to be harmless")
        key, draft = new_key(), MeetingDraft(subject="one", span=free, room=room)
        first = service.book(draft, key=key)
        assert service.book(draft, key=key).ref == first.ref, "KEYED means: the same key never books twice"
        later = Span(start=free.end, end=free.end + timedelta(hours=1), zone=free.zone)
        not_another(service.book, draft.model_copy(update={"span": later}), key, first.ref)

    def test_more_people_than_seats(self, service: RoomBooking, room: str | Ref, free: Span) -> None:
        needs(service, "book")
        with refusing(Rejected, "nobody fits 10,000 people into a room: look at its capacity"):
            service.book(MeetingDraft(subject="all", span=free, room=room, people=10_000))

    def test_what_is_not_there(self, service: RoomBooking, free: Span) -> None:
        needs(service, "get", "book")
        with refusing(NotFound, "get() of a meeting that is not there"):
            service.get(Ref(connection=service.connection_name, kind="meeting", id="999999999"))
        with refusing(NotFound, "a room that is not there"):
            service.book(MeetingDraft(subject="x", span=free, room="no room has this name"))
