"""Who may do what with meetings and rooms, by the gate of a whole workplace."""

from __future__ import annotations

from datetime import date, time

import pytest

from workplace_sdk.kernel.errors import Unauthorized
from workplace_sdk.services.common import Decision, PersonRef, Ref, Span
from workplace_sdk.services.rooms import Attendee, Meeting, MeetingChange, MeetingDraft, Response
from workplace_sdk.testing import Sample, sample_workplace

DAY = date(2026, 3, 4)


@pytest.fixture(scope="module")
def sample():
    with sample_workplace() as made:
        yield made


def booked(sample: Sample, hour: int, room: str = "Beuk", **others) -> Meeting:
    people = (Attendee(person=PersonRef(email="joao@delinde.example")),)
    span = Span.local(DAY, time(hour), time(hour + 1), "Europe/Amsterdam")
    return sample.person("sanne").rooms.book(MeetingDraft(subject="x", span=span, room=room, attendees=people, **others))


def test_who_takes_part_sees_a_meeting_and_others_do_not(sample: Sample) -> None:
    ref = booked(sample, 9).ref
    for login in ("sanne", "joao"):
        assert sample.person(login).rooms.get(ref).ref == ref
    for login in ("bram", "mehmet"):  # a manager's right to look is for when, not for what
        with pytest.raises(Unauthorized):
            sample.person(login).rooms.get(ref)


def test_who_organizes_changes_and_cancels(sample: Sample) -> None:
    ref = booked(sample, 10).ref
    for login in ("joao", "bram"):
        rooms = sample.person(login).rooms
        with pytest.raises(Unauthorized):
            rooms.cancel(ref)
        with pytest.raises(Unauthorized):
            rooms.change(ref, MeetingChange(subject="y"))
        with pytest.raises(Unauthorized):
            rooms.release(ref)
    assert sample.person("sanne").rooms.change(ref, MeetingChange(subject="y")).subject == "y"
    with pytest.raises(Unauthorized):
        booked(sample, 11, organizer=PersonRef(email="joao@delinde.example"))


def test_who_is_there_checks_in(sample: Sample) -> None:
    ref = booked(sample, 13, room="Wilg").ref
    sample.clock.now = Span.local(DAY, time(13), time(14), "Europe/Amsterdam").start
    with pytest.raises(Unauthorized):
        sample.person("bram").rooms.check_in(ref)
    assert sample.person("joao").rooms.check_in(ref).occurrences[0].check_in == "done"
    assert sample.person("joao").rooms.respond(ref, Response.ACCEPTED).attendees[0].response is Response.ACCEPTED


def test_only_who_approves_a_room_decides_about_it(sample: Sample) -> None:
    ref: Ref = booked(sample, 16, room="Bestuurskamer").ref
    for login in ("sanne", "joao", "mehmet"):
        with pytest.raises(Unauthorized):
            sample.person(login).rooms.decide(ref, Decision.APPROVE)
    ingrid = sample.person("ingrid")
    assert [one.ref for one in ingrid.rooms.inbox()] == [ref]
    assert ingrid.rooms.get(ref).ref == ref
    assert ingrid.rooms.decide(ref, Decision.APPROVE).state == "done"
