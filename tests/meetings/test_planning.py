"""Meetings over several systems: who brings what, what becomes of each part, and nothing kept when the whole cannot be had."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import icalendar
import pytest

from tests.meetings.office import CATERER, DAY, NOW, noon
from tests.servers.mail import MailServer
from workplace_sdk.connectors.local.sample import MAIL
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, NotSupported, OutcomeUnknown, Rejected, Unauthorized
from workplace_sdk.kernel.keys import Key, new_key
from workplace_sdk.kernel.preview import Weight
from workplace_sdk.services.common import ComponentState, PersonRef, Span
from workplace_sdk.services.meetings import MeetingPlan, PartKind
from workplace_sdk.services.rooms import (
    Attendee,
    CutoffPassed,
    Diet,
    Feature,
    FeatureMissing,
    MeetingDraft,
    OrderDraft,
    OrderLine,
    Policy,
    Role,
    RoomConflict,
    ServiceNotAvailableHere,
)
from workplace_sdk.workplace import Workplace

MAILED = {"lunch": {"items": ["Lunch"], "connection": "post", "to": CATERER, "order_before": 24, "price": "12.50 EUR"}}
HELPDESK = {"lunch": {"items": ["Lunch"], "connection": "main", "category": "Gebouw / Klimaat"}}
FACILITY = {"lunch": {"items": ["Lunch"], "connection": "facility"}}


def lunch(number: int = 8, **others: Any) -> OrderDraft:
    return OrderDraft(lines=(OrderLine(item="Lunch", quantity=number),), diets={Diet.VEGETARIAN: 2}, **others)


def plan(**others: Any) -> MeetingPlan:
    values: dict[str, Any] = {"subject": "Kwartaaloverleg", "span": noon(), "people": 8, "orders": (lunch(),)}
    return MeetingPlan(**values | others)


def booked(work: Workplace) -> list[Any]:
    """Meetings that hold a room, on either system."""
    found = [*work.rooms.mine(since=NOW.date(), until=date(2027, 12, 31))]
    found += work.only("facility").rooms.mine(since=NOW.date(), until=date(2027, 12, 31))
    return [one for one in found if not one.cancelled]


def test_room_and_lunch_from_the_same_system(open_office) -> None:
    work = open_office()
    made = work.meetings.plan(plan(equipment={Feature.PROJECTOR}))
    assert made.room == "Beuk"
    assert made.state is ComponentState.DONE
    assert [(part.kind, part.what, part.connection) for part in made.parts] == [
        (PartKind.ROOM, "Beuk", "main"),
        (PartKind.ORDER, "8 x Lunch (2 vegetarian)", "main"),
    ]
    (meeting,) = booked(work)
    assert meeting == work.rooms.get(made.meeting.ref)
    assert [str(order) for order in meeting.orders] == ["8 x Lunch"]
    assert made.settled
    assert work.meetings.get(made.ref) == made
    assert list(work.meetings.unfinished()) == []


def test_a_projector_that_the_room_lacks_is_ordered(open_office) -> None:
    work = open_office()
    made = work.meetings.plan(plan(room="Wilg", people=3, orders=(), equipment={Feature.PROJECTOR, Feature.WHITEBOARD}))
    assert [part.what for part in made.parts] == ["Wilg", "1 x Projector"]
    (meeting,) = booked(work)
    assert [str(order) for order in meeting.orders] == ["1 x Projector"]
    with pytest.raises(FeatureMissing) as missing:
        work.meetings.plan(plan(site="Deventer", orders=(), equipment={Feature.HEARING_LOOP}))
    assert missing.value.missing == ("hearing_loop",)


def test_one_kind_of_lunch_need_not_be_named_in_full(open_office) -> None:
    only = open_office(lunch=FACILITY["lunch"] | {"items": ["Broodjeslunch"], "connection": "post", "to": CATERER})
    short = OrderDraft(lines=(OrderLine(item="broodjes", quantity=3),))
    made = only.meetings.plan(plan(orders=(short,)))
    assert made.parts[1].what == "3 x Broodjeslunch"
    with pytest.raises(ServiceNotAvailableHere, match="Broodjeslunch, Koffie en thee, Lunch, Projector"):
        only.meetings.plan(plan(orders=(OrderDraft(lines=(OrderLine(item="Diner"),)),)))


def test_lunch_by_mail_with_a_calendar_file(open_office, post: MailServer) -> None:
    work = open_office(**MAILED)
    made = work.meetings.plan(plan(cost_centre="4711"))
    assert [(part.what, part.state, part.why) for part in made.parts] == [
        ("Beuk", ComponentState.DONE, None),
        ("8 x Lunch (2 vegetarian)", ComponentState.PENDING, CATERER),
    ]
    assert made.state is ComponentState.PENDING
    ((_, recipients, message),) = post.taken
    assert recipients == [CATERER]
    assert message["Subject"] == "Bestelling: 8 x Lunch (2 vegetarisch), 2026-12-03 12:00"
    assert message["Message-ID"] == f"<{made.parts[1].key}.1@delinde.example>"
    text = message.get_body().get_content()
    for said in ("8 x Lunch", "2 vegetarisch", "2026-12-03 12:00", "Beuk", "Noor", "4711"):
        assert said in text
    (attached,) = message.iter_attachments()
    (event,) = icalendar.Calendar.from_ical(attached.get_content()).walk("VEVENT")
    assert event["DTSTART"].dt == noon().start
    assert event["LOCATION"] == "Beuk"
    gone = work.meetings.cancel(made.ref, reason="ziek")
    assert gone.cancelled
    assert [(part.state, part.undone) for part in gone.parts] == [(ComponentState.REJECTED, True)] * 2
    assert booked(work) == []
    assert post.taken[1][2]["Subject"].startswith("Vervallen: 8 x Lunch")
    assert post.taken[1][2]["In-Reply-To"] == message["Message-ID"]
    with pytest.raises(Conflict):
        work.meetings.cancel(made.ref)


def test_lunch_from_the_helpdesk_and_from_a_facility_system(open_office) -> None:
    work = open_office(**HELPDESK)
    made = work.meetings.plan(plan())
    ticket = work.incidents.get(made.parts[1].ref)
    assert ticket.title.startswith("8 x Lunch (2 vegetarian), 2026-12-03 12:00")
    assert "8 x Lunch" in ticket.description
    assert ticket.place.room == "Beuk"
    work.meetings.cancel(made.ref)
    assert str(work.incidents.get(made.parts[1].ref).status) == "cancelled"
    other = open_office(**FACILITY)
    made = other.meetings.plan(plan())
    assert {one.ref.connection for one in booked(other)} == {"main", "facility"}
    assert made.parts[1].ref.connection == "facility"
    other.meetings.cancel(made.ref)
    assert booked(other) == []


def test_a_refusal_gives_back_what_was_had(open_office, post: MailServer) -> None:
    work = open_office(lunch=MAILED["lunch"] | {"to": "gone@example.org"})
    with pytest.raises(Rejected, match="no such mailbox"):
        work.meetings.plan(plan(), key=Key("k1"))
    assert booked(work) == []
    assert post.taken == []
    with pytest.raises(Rejected, match="no such mailbox"):  # the same key is told the same
        work.meetings.plan(plan(), key=Key("k1"))
    told = work.meetings.plan.reconcile(Key("k1"))
    assert told.cancelled
    assert [part.undone for part in told.parts] == [True, False]
    made = work.meetings.plan(plan(policy=Policy.BEST_EFFORT))
    assert [part.state for part in made.parts] == [ComponentState.DONE, ComponentState.REJECTED]
    assert len(booked(work)) == 1


def test_what_is_wrong_is_said_before_anything_is_booked(open_office, post: MailServer) -> None:
    work = open_office(**MAILED)
    soon = Span(start=NOW + timedelta(hours=3), end=NOW + timedelta(hours=4), zone="Europe/Amsterdam")
    for others, kind in (
        ({"span": soon}, CutoffPassed),
        ({"orders": (OrderDraft(lines=(OrderLine(item="Taart"),)),)}, ServiceNotAvailableHere),
        ({"room": "Nergens"}, NotFound),
        ({"people": 900}, RoomConflict),
        ({"attendees": (Attendee(person=PersonRef(display_name="Nobody At All")),)}, InvalidInput),
    ):
        preview = work.meetings.plan.preview(plan(**others))
        assert [line.code for line in preview.blockers] == [kind.code]
        with pytest.raises(kind):
            work.meetings.plan(plan(**others))
    assert booked(work) == []
    assert post.taken == []
    late = work.meetings.plan(plan(span=soon, policy=Policy.BEST_EFFORT))
    assert [part.state for part in late.parts] == [ComponentState.DONE, ComponentState.REJECTED]


def test_the_preview_says_what_happens(open_office) -> None:
    work = open_office(**MAILED)
    work.rooms.book(MeetingDraft(subject="x", span=noon(), room="Beuk"))
    preview = work.meetings.plan.preview(
        plan(equipment={Feature.PROJECTOR}, attendees=(Attendee(person=PersonRef(login="sanne")),))
    )
    chosen = preview.line("chosen-room")
    assert chosen.facts["room"] == "IJssel"
    order = preview.line("order")
    assert order.nl == "8 x Lunch (2 vegetarisch): 100.00 EUR, van lunch (post)."
    assert not preview.blockers
    made = work.meetings.plan(plan(equipment={Feature.PROJECTOR}), key=Key(preview.key))
    assert made.room == "IJssel"
    assert made.key == preview.key


def test_people_are_looked_up_and_invited_by_mail(open_office, post: MailServer) -> None:
    work = open_office(meetings={"invite": "post"})
    people = (
        Attendee(person=PersonRef(display_name="Sanne de Boer")),
        Attendee(person=PersonRef(login="mehmet"), role=Role.OPTIONAL),
        Attendee(person=PersonRef(email="guest@elsewhere.example")),
    )
    made = work.meetings.plan(plan(orders=(), attendees=people, people=None))
    assert [one.what for one in made.parts] == ["Wilg", "3 x invitation"]
    ((_, recipients, message),) = post.taken
    assert recipients == [f"sanne@{MAIL}", f"mehmet@{MAIL}", "guest@elsewhere.example"]
    (attached,) = message.iter_attachments()
    assert attached.get_param("method") == "REQUEST"
    (event,) = icalendar.Calendar.from_ical(attached.get_content()).walk("VEVENT")
    roles = {str(one): one.params["ROLE"] for one in event["ATTENDEE"]}
    assert roles[f"mailto:mehmet@{MAIL}"] == "OPT-PARTICIPANT"
    assert roles[f"mailto:sanne@{MAIL}"] == "REQ-PARTICIPANT"
    work.meetings.cancel(made.ref)
    assert next(post.taken[1][2].iter_attachments()).get_param("method") == "CANCEL"


def test_a_time_is_found(open_office) -> None:
    work = open_office(**MAILED)
    for room in ("Beuk", "Eik", "Bestuurskamer", "IJssel"):
        work.rooms.book(
            MeetingDraft(
                subject="x", span=Span(start=noon().start - timedelta(hours=4), end=noon().end, zone=noon().zone), room=room
            )
        )
    within = Span(start=noon().start - timedelta(hours=4), end=noon().start + timedelta(hours=6), zone=noon().zone)
    made = work.meetings.plan(plan(span=None, duration=timedelta(hours=1), within=within))
    assert made.spans[0].start >= noon().end
    assert made.spans[0].end - made.spans[0].start == timedelta(hours=1)


def test_a_series(open_office, post: MailServer) -> None:
    work = open_office(**MAILED)
    made = work.meetings.plan(plan(rrule="FREQ=WEEKLY;COUNT=3", except_on={DAY + timedelta(days=7)}))
    assert [span.local_start.date() for span in made.spans] == [DAY, DAY + timedelta(days=14)]
    text = post.taken[0][2].get_body().get_content()
    assert "2026-12-17 12:00" in text
    assert "2026-12-10" not in text


def test_who_may(open_office) -> None:
    work = open_office()
    made = work.meetings.plan(plan())
    other = work.as_(f"sanne@{MAIL}")
    for call in (other.meetings.get, other.meetings.cancel, other.meetings.resume):
        with pytest.raises(Unauthorized):
            call(made.ref)
    with pytest.raises(Unauthorized):
        other.meetings.plan(plan(organizer=PersonRef(login="noor")))
    names = [entry.operation for entry in work.audited()]
    assert {"meetings.plan", "rooms.book"} <= set(names)


def test_it_can_be_awaited(open_office, post: MailServer) -> None:
    work = open_office(**MAILED)

    async def main() -> Any:
        preview = await work.meetings.plan.preview.aio(plan())
        return await work.meetings.plan.aio(plan(), key=Key(preview.key))

    made = asyncio.run(main())
    assert made.parts[1].state is ComponentState.PENDING
    assert len(post.taken) == 1


def test_without_a_room(open_office, post: MailServer) -> None:
    work = open_office(**MAILED)
    made = work.meetings.plan(plan(without_room=True))
    assert made.room is None
    assert len(post.taken) == 1


def test_what_cannot_be_cancelled_any_more_stays(open_office) -> None:
    work = open_office()
    made = work.meetings.plan(plan(span=noon(date(2026, 11, 27))))
    late = open_office(now=noon(date(2026, 11, 27)).start - timedelta(hours=2))
    with pytest.raises(Rejected):
        late.meetings.cancel(made.ref)
    assert len(booked(work)) == 1
    assert work.meetings.get(made.ref).settled


def test_without_a_store_there_is_no_planning(tmp_path, monkeypatch) -> None:
    from workplace_sdk.settings import Settings

    work = Workplace(Settings.checked({"caller": "ana@example.org"}))
    with pytest.raises(NotSupported, match="store"):
        work.meetings.plan(plan())


def test_a_part_of_unknown_fate_is_left_to_be_looked_at(open_office, post: MailServer) -> None:
    work = open_office(lunch=MAILED["lunch"] | {"to": "lost@example.org"})
    with pytest.raises(OutcomeUnknown) as unknown:
        work.meetings.plan(plan(), key=(key := new_key()))
    assert unknown.value.key == key
    (open_,) = work.meetings.unfinished()
    assert not open_.settled
    assert open_.parts[1].state is ComponentState.UNKNOWN
    assert "workplace meeting resume" in open_.report("nl")[-1]
    with pytest.raises(OutcomeUnknown):
        work.meetings.resume(open_.ref)
    assert len(post.taken) == 1  # nothing is sent twice by itself
    better = open_office(**MAILED)
    made = better.meetings.resume(open_.ref, again=True)
    assert made.settled
    assert len(post.taken) == 2
    assert list(better.meetings.unfinished()) == []
    with pytest.raises(Conflict):
        better.meetings.resume(open_.ref)


def test_what_cannot_be_given_back_is_not_forgotten(open_office, post: MailServer) -> None:
    work = open_office(**MAILED)
    made = work.meetings.plan(plan())
    post.stop()
    with pytest.raises(OutcomeUnknown, match="not everything could be given back"):
        work.meetings.cancel(made.ref)
    (left,) = work.meetings.unfinished()
    assert [part.undone for part in left.parts] == [True, False]
    assert booked(work) == []
    post.__init__(post.certificates)
    again = open_office(**MAILED)
    gone = again.meetings.resume(left.ref)
    assert gone.cancelled
    assert len(post.taken) == 1


def test_blockers_and_warnings_by_policy(open_office) -> None:
    work = open_office(**MAILED)
    soon = Span(start=NOW + timedelta(hours=3), end=NOW + timedelta(hours=4), zone="Europe/Amsterdam")
    preview = work.meetings.plan.preview(plan(span=soon, policy=Policy.BEST_EFFORT))
    assert [line.weight for line in preview.lines if line.code == CutoffPassed.code] == [Weight.WARNING]
