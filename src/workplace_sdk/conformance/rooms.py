"""Rooms and meetings, as every connector has to do it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from workplace_sdk.conformance.base import DIFFICULT, ServiceConformance, needs
from workplace_sdk.kernel.errors import NotFound, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.services.common import Ref, Span
from workplace_sdk.services.rooms import MeetingDraft, ReservationState, RoomBooking, RoomConflict, RoomQuery


class RoomsConformance(ServiceConformance):
    """Give ``service``, ``room`` (one that can be booked at once) and ``free``: a time of an hour on a working day at which it is free."""

    @pytest.fixture
    def room(self) -> str | Ref:
        """A room that can be booked without approval."""
        raise NotImplementedError("override the fixture 'room' in your test class: a room that can be booked at once")

    @pytest.fixture
    def free(self) -> Span:
        """An hour at which the room is free, and the hours after it too."""
        raise NotImplementedError("override the fixture 'free' in your test class: an hour at which the room is free")

    def examples(self, service: Any) -> Mapping[str, Mapping[str, Any]]:
        return {"sites": {}, "rooms": {}, "menu": {}, "mine": {}}

    def test_booked_found_and_cancelled(self, service: RoomBooking, room: str | Ref, free: Span) -> None:
        needs(service, "book", "get", "cancel")
        made = service.book(MeetingDraft(subject=DIFFICULT, span=free, room=room))
        assert made.subject == DIFFICULT, "the subject came back changed: look at the encoding, and at HTML"
        assert made.span == free, "the time came back changed: look at the time zone"
        assert service.get(made.ref) == made
        service.cancel(made.ref)
        assert {one.state.value for one in service.get(made.ref).occurrences} == {ReservationState.CANCELLED}
        service.book(MeetingDraft(subject="again", span=free, room=room))

    def test_a_taken_room_is_a_conflict(self, service: RoomBooking, room: str | Ref, free: Span) -> None:
        needs(service, "book")
        service.book(MeetingDraft(subject="one", span=free, room=room))
        half = Span(start=free.start + timedelta(minutes=30), end=free.end + timedelta(minutes=30), zone=free.zone)
        with pytest.raises(RoomConflict):
            service.book(MeetingDraft(subject="other", span=half, room=room))
        following = Span(start=free.end, end=free.end + timedelta(hours=1), zone=free.zone)
        service.book(MeetingDraft(subject="next", span=following, room=room))

    def test_a_taken_room_is_not_offered(self, service: RoomBooking, room: str | Ref, free: Span) -> None:
        needs(service, "book", "find")
        made = service.book(MeetingDraft(subject="one", span=free, room=room))
        assert made.room is not None
        offered = service.find(RoomQuery(span=free, limit=200))
        assert made.room.ref not in [option.room.ref for option in offered]

    def test_a_repeat_with_the_same_key(self, service: RoomBooking, room: str | Ref, free: Span) -> None:
        needs(service, "book")
        if service.book.safety is not Safety.KEYED:
            pytest.skip("book is not KEYED: a repeat is not promised to be harmless")
        key, draft = new_key(), MeetingDraft(subject="one", span=free, room=room)
        first = service.book(draft, key=key)
        assert service.book(draft, key=key).ref == first.ref
        assert service.book.reconcile(key) == first

    def test_more_people_than_seats(self, service: RoomBooking, room: str | Ref, free: Span) -> None:
        needs(service, "book")
        with pytest.raises(Rejected):
            service.book(MeetingDraft(subject="all", span=free, room=room, people=10_000))

    def test_what_is_not_there(self, service: RoomBooking, free: Span) -> None:
        needs(service, "get", "book")
        with pytest.raises(NotFound):
            service.get(Ref(connection=service.connection_name, kind="meeting", id="999999999"))
        with pytest.raises(NotFound):
            service.book(MeetingDraft(subject="x", span=free, room="no room has this name"))
