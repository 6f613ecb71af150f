"""What these servers do that no standard says, each with why it does not bite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.caldav.conftest import ZONE, Desk, settings_of
from tests.servers.calendars import DOMAIN, SERVICE, CalendarServer, ask, calendar, event, put
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.errors import ConfigError, NotFound, OutcomeUnknown, Unauthorized, Unavailable
from workplace_sdk.kernel.failures import Retrying, Safety
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.services.common import PersonRef, Span
from workplace_sdk.services.rooms import Attendee, MeetingChange, MeetingDraft, RoomQuery, Scope

_days = count(0)


@pytest.fixture
def day() -> date:
    """A working day of its own."""
    number = next(_days)
    return date(2034, 1, 2) + timedelta(days=number % 5, weeks=number // 5)


def at(day: date, hour: int, zone: str = ZONE) -> Span:
    return Span.local(day, time(hour), time(hour + 1), zone)


def only(name: str) -> pytest.MarkDecorator:
    """About one server alone."""
    return pytest.mark.parametrize("server", [name], indirect=True)


def perform(steps: Any) -> Any:
    return run(steps, Call(session=Session(), name="test"))


@pytest.fixture
def another(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The connector on the same server with other settings."""
    made: list[Desk] = []

    def make(**others: Any) -> Desk:
        made.append(Desk(desk.server, settings_of(desk.server, monkeypatch, **others)))
        return made[-1]

    yield make
    for one in made:
        one.caldav.close()


def test_ping_looks_at_everything(desk: Desk, another: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told = perform(desk.caldav.ping())
    assert f"({desk.server.profile}) as svc, 6 rooms" in told
    assert ("a repeated booking is one" in told) is (desk.server.profile != "sogo")
    with pytest.raises((ConfigError, Unauthorized)) as refused:  # Radicale does not tell who is not there from who is not ours
        perform(another(rooms=[{"login": "nergens", "name": "Nergens"}]).caldav.ping())
    assert isinstance(refused.value, Unauthorized) or refused.value.key == "rooms"
    wrong = another()
    monkeypatch.setenv("CALENDAR_PASSWORD", "wrong")
    with pytest.raises(Unauthorized):
        perform(wrong.caldav.ping())


@only("sogo")
def test_a_profile_that_promises_too_much_is_found_out(desk: Desk, another: Any) -> None:
    """SOGo overwrites what is there, whatever If-None-Match says: so a booking there is findable, not keyed."""
    text = event("twice", "DTSTART:20280103T080000Z", "SUMMARY:x")
    assert [put(desk.server, "u0000015", "twice.ics", text, If_None_Match="*").status for _ in range(2)] == [201, 204]
    assert desk.person(1).book.safety is Safety.FINDABLE
    promising = another(profile="cyrus")
    with pytest.raises(ConfigError, match="If-None-Match") as refused:
        perform(promising.caldav.ping())
    assert refused.value.key == "profile"


@only("sogo")
def test_versions_that_are_used_again(desk: Desk, day: date) -> None:
    """SOGo counts versions per record from 0: what is deleted and made again has an old one. So what is cancelled gets another name."""
    sanne = desk.person(1)
    made = sanne.book(MeetingDraft(subject="x", span=at(day, 10), room="Zaal 1"))
    name, path = f"{made.uid}.ics", desk.server.calendar("u0000001")
    text = ask(desk.server, "GET", path + name).text
    versions = {made.ref.version, '"gcs00000000"', '"gcs00000001"'}
    sanne.cancel(made.ref)
    for version in versions:
        late = ask(desk.server, "PUT", path + name, body=text, Content_Type="text/calendar", If_Match=str(version))
        assert late.status in (409, 412), "a change that comes late does not bring back what was cancelled"
    assert sanne.get(made.ref).cancelled
    again = sanne.book(MeetingDraft(subject="y", span=at(day, 10), room="Zaal 1"))
    assert again.room is not None


@only("cyrus")
def test_calendars_that_are_elsewhere_for_us(desk: Desk, day: date) -> None:
    """Cyrus answers 301 for calendars of others, to a PUT as well; it is asked there, and the next time at once."""
    moved = ask(desk.server, "PUT", f"{desk.server.calendar('u0000001')}x.ics", body=event("x", "DTSTART:20280103T080000Z"))
    assert (moved.status, moved.headers["location"]) == (301, "/dav/calendars/user/svc/u0000001.Default/x.ics")
    asked: list[str] = []
    original = desk.caldav.http.exchange

    def exchange(method: str, path: str, **others: Any) -> Any:
        asked.append(f"{method} {path}")
        return original(method, path, **others)

    desk.caldav.http.exchange = exchange  # type: ignore[method-assign]
    sanne = desk.person(1)
    made = sanne.book(MeetingDraft(subject="x", span=at(day, 10)))
    first = len([one for one in asked if "/user/u0000001/" in one])
    assert first == 1
    sanne.get(made.ref)
    assert len([one for one in asked if "/user/u0000001/" in one]) == first, "it is known by now where that calendar is"


@only("cyrus")
def test_cyrus_does_not_invite_for_others_without_their_name(desk: Desk, day: date) -> None:
    """A PUT by another account brings nothing to anyone unless Schedule-Address says whose invitation it is."""
    lines = (
        f"DTSTART:{day:%Y%m%d}T080000Z", f"DTEND:{day:%Y%m%d}T090000Z", f"ORGANIZER:mailto:u0000001@{DOMAIN}",
        f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:u0000002@{DOMAIN}",
    )  # fmt: skip
    for number, headers in enumerate(({}, {"Schedule_Address": f"u0000001@{DOMAIN}"})):
        uid = f"naam-{day}-{number}"
        path = f"/dav/calendars/user/svc/u0000001.Default/{uid}.ics"
        assert ask(desk.server, "PUT", path, body=event(uid, *lines), Content_Type="text/calendar", **headers).status == 201
        there = ask(desk.server, "GET", f"{desk.server.calendar('u0000002')}{uid}.ics", by="u0000002").status
        assert there == (404 if number == 0 else 200)


@only("cyrus")
def test_free_busy_of_the_outbox_counts_what_was_withdrawn(desk: Desk, day: date, another: Any) -> None:
    """Cyrus counts messages in the inbox as meetings: so each calendar is asked, not the outbox."""
    sanne = desk.person(1)
    made = sanne.book(MeetingDraft(subject="x", span=at(day, 10), room="Zaal 5"))
    sanne.change(made.ref, MeetingChange(span=at(day, 14)))
    assert made.room is not None
    whole = Span.local(day, time(8), time(18), ZONE)
    assert [one.span.start for one in sanne.busy(whole, rooms=(made.room.ref,))] == [at(day, 14).start]
    outbox = another(free_busy="outbox").person(1)
    assert [one.span.start for one in outbox.busy(whole, rooms=(made.room.ref,))] == [at(day, 10).start, at(day, 14).start]


@only("sogo")
def test_a_room_that_takes_no_part_is_not_booked(desk: Desk, day: date) -> None:
    """SOGo lets a room with ROLE=NON-PARTICIPANT accept, and forgets it: ours always take part."""
    for number in range(2):
        uid = f"deel-{day}-{number}"
        text = event(
            uid, f"DTSTART:{day:%Y%m%d}T100000Z", f"DTEND:{day:%Y%m%d}T110000Z", f"ORGANIZER:mailto:u0000001@{DOMAIN}",
            f"ATTENDEE;CUTYPE=ROOM;ROLE=NON-PARTICIPANT;PARTSTAT=NEEDS-ACTION:mailto:zaal-05@{DOMAIN}",
        )  # fmt: skip
        assert put(desk.server, "u0000001", f"{uid}.ics", text, by=SERVICE).status == 201
    made = desk.person(1).book(MeetingDraft(subject="x", span=Span.local(day, time(11), time(12), ZONE), room="Zaal 5"))
    text = ask(desk.server, "GET", f"{desk.server.calendar('u0000001')}{made.uid}.ics").text.replace("\r\n ", "")
    assert re.search(r"ATTENDEE[^\n]*ROLE=REQ-PARTICIPANT[^\n]*zaal-05", text)


def test_servers_that_drop_connections(desk: Desk, day: date) -> None:
    """A kept connection that the server closed meanwhile does not leave a booking in doubt."""
    sanne = desk.person(1)
    sanne.busy(at(day, 9), people=(PersonRef(login="u0000001"),))
    desk.server.halt()
    impatient = desk.person(1, retrying=Retrying(attempts=1), time_limit=5)
    with pytest.raises(Unavailable):
        impatient.busy(at(day, 9), people=(PersonRef(login="u0000001"),))
    desk.server.start()
    made = sanne.book(MeetingDraft(subject="na herstart", span=at(day, 10), room="Zaal 1"))
    assert sanne.get(made.ref) == made
    desk.server.halt()
    try:
        with pytest.raises((Unavailable, OutcomeUnknown)):
            impatient.book(MeetingDraft(subject="x", span=at(day, 12), room="Zaal 1"))
    finally:
        desk.server.start()


def test_who_the_server_does_not_know_leaves_a_gap(desk: Desk, day: date) -> None:
    known, unknown = PersonRef(login="u0000001"), PersonRef(login="u0009999")
    busy = desk.person(1).busy(at(day, 9), people=(known, unknown))
    assert len(busy.gaps) == 1
    found = desk.person(1).find(RoomQuery(span=at(day, 9), attendees=(known, unknown)))
    assert len(found.gaps) == 1
    assert found


@only("sogo")
def test_a_stranger_is_not_taken_for_somebody_else(desk: Desk, day: date) -> None:
    """SOGo has one calendar for all who are not there."""
    anyone = ask(desk.server, "PROPFIND", desk.server.calendar("u0009999"), Depth="0")
    assert (anyone.status, "/SOGo/dav/anonymous/" in anyone.text) == (207, True)
    stranger = PersonRef(login="u0009999")
    with pytest.raises(NotFound) as refused:
        desk.person(1).book(MeetingDraft(subject="x", span=at(day, 10), organizer=stranger))
    assert refused.value.field == "organizer"
    with pytest.raises(NotFound):
        list(desk.person(1).mine(stranger))


def test_who_cannot_be_invited_is_told(desk: Desk, day: date) -> None:
    """Nobody's calendar: the meeting is booked, and says who did not hear of it. (Cyrus and SOGo hand it to the mail system.)"""
    guests = tuple(Attendee(person=PersonRef(email=address)) for address in (f"u0009999@{DOMAIN}", "gast@elders.example"))
    made = desk.person(1).book(MeetingDraft(subject="met gasten", span=at(day, 10), attendees=guests))
    lost = {one.what for one in made.components if "not invited" in (one.why or "")}
    expected = {"radicale": {f"u0009999@{DOMAIN}", "gast@elders.example"}, "cyrus": set[str](), "sogo": set[str]()}
    assert lost >= expected[desk.server.profile], made.components
    assert {str(one.person) for one in made.attendees} == {f"u0009999@{DOMAIN}", "gast@elders.example"}


def test_times_that_other_programs_moved(desk: Desk, day: date) -> None:
    """RECURRENCE-ID is read: a time that was moved by hand, and one that was cancelled."""
    monday = day - timedelta(days=day.weekday())
    uid = f"hand-{day}"

    def local(weeks: int, hour: int) -> str:
        return f";TZID={ZONE}:{monday + timedelta(weeks=weeks):%Y%m%d}T{hour:02d}0000"

    text = calendar(
        "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260501T080000Z", f"DTSTART{local(0, 10)}", f"DTEND{local(0, 11)}", "RRULE:FREQ=WEEKLY;COUNT=4",
        "SUMMARY:met de hand", "END:VEVENT",
        "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260501T080000Z", f"RECURRENCE-ID{local(1, 10)}", f"DTSTART{local(1, 15)}", f"DTEND{local(1, 16)}",
        "SUMMARY:met de hand", "END:VEVENT",
    )  # fmt: skip
    assert put(desk.server, "u0000014", f"{uid}.ics", text).status in (201, 204)
    service = desk.person(14)
    (found,) = (one for one in service.mine(since=monday, until=monday + timedelta(days=30)) if one.uid == uid)

    def starts(meeting: Any) -> list[str]:
        return [f"{one.span.local_start:%m-%d %H}" for one in meeting.occurrences if one.state != "cancelled"]

    assert starts(found) == [f"{monday + timedelta(weeks=w):%m-%d} {h}" for w, h in ((0, 10), (1, 15), (2, 10), (3, 10))]
    later = monday + timedelta(days=1)
    moved = service.change(found.ref, MeetingChange(span=at(later, 12)))
    assert starts(moved) == [f"{later + timedelta(weeks=w):%m-%d} 12" for w in range(4)], "the one moved by hand moves along"
    left = service.cancel(found.ref, scope=Scope.ONE, occurrence=later + timedelta(weeks=1))
    assert starts(left) == [f"{later + timedelta(weeks=w):%m-%d} 12" for w in (0, 2, 3)]


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/Amsterdam", date(2036, 3, 24)),
        ("America/New_York", date(2036, 3, 3)),
        ("Asia/Kathmandu", date(2036, 3, 24)),
        ("Europe/Amsterdam", date(2036, 10, 20)),
    ],
)
def test_across_a_change_of_the_clocks(desk: Desk, zone: str, first: date) -> None:
    """Ten o'clock stays ten o'clock, in the calendar of the room, by the server's own reckoning, and read back."""
    sanne = desk.person(1)
    made = sanne.book(
        MeetingDraft(
            subject="zomertijd",
            span=at(first, 10, zone),
            room="Zaal 4",
            rrule="FREQ=WEEKLY;COUNT=3",
            attendees=(Attendee(person=PersonRef(login="u0000002")),),
        )
    )
    expected = [at(first + timedelta(weeks=week), 10, zone) for week in range(3)]
    assert [one.span for one in made.occurrences] == expected
    offsets = {one.start.astimezone(ZoneInfo(zone)).utcoffset() for one in expected}
    assert len(offsets) == (1 if zone == "Asia/Kathmandu" else 2), "the clocks change in between, where they do"
    assert made.room is not None
    whole = Span(start=expected[0].start - timedelta(days=1), end=expected[-1].end + timedelta(days=1), zone=zone)
    busy = sanne.busy(whole, rooms=(made.room.ref,), people=(PersonRef(login="u0000002"),))
    assert [one.span.start for one in busy if one.room is not None] == [one.start for one in expected]
    assert [one.span.start for one in busy if one.person is not None] == [one.start for one in expected]
    moved = sanne.change(made.ref, MeetingChange(span=at(first, 15, zone)))
    assert [one.span for one in moved.occurrences] == [at(first + timedelta(weeks=week), 15, zone) for week in range(3)]
    sanne.cancel(made.ref)


def test_events_that_harm_are_a_gap_for_others(desk: Desk, day: date, another: Any) -> None:
    """An event that cannot be read hides no other; only Radicale and Cyrus take such ones at all."""
    bad = event(
        f"bom-{day}",
        f"DTSTART:{day:%Y%m%d}T080000Z",
        f"DTEND:{day:%Y%m%d}T080001Z",
        "RRULE:FREQ=SECONDLY;COUNT=100",
        "SUMMARY:bom",
    )
    good = event(f"goed-{day}", f"DTSTART:{day:%Y%m%d}T100000Z", f"DTEND:{day:%Y%m%d}T110000Z", "SUMMARY:goed")
    taken = put(desk.server, "u0000013", f"bom-{day}.ics", bad).status
    assert put(desk.server, "u0000013", f"goed-{day}.ics", good).status == 201
    pages = desk.person(13).mine(since=day, until=day)
    assert [one.subject for one in pages] == ["goed"]
    assert [gap.message for gap in pages.gaps] == (["an event cannot be read: it repeats secondly"] if taken == 201 else [])
    events = another(free_busy="events").person(1)
    room = next(one for one in desk.caldav.house.rooms if one.name == "Zaal 1")
    assert put(desk.server, room.login, f"ruimte-{day}.ics", good.replace(f"goed-{day}", f"ruimte-{day}")).status == 201
    assert room.room is not None
    told = events.busy(Span.local(day, time(8), time(18), ZONE), rooms=(room.room.ref,))
    assert [f"{one.span.start:%H:%M}" for one in told] == ["10:00"], (
        "free/busy by reading events, where a server does not tell it"
    )


def test_servers_say_who_they_are(server: CalendarServer) -> None:
    """The versions that docs/connectors/caldav.md names."""
    expected = {"radicale": "3.9.0", "cyrus": "Cyrus-HTTP/3.6.1", "sogo": "SOGo 5.8.0"}
    assert server.version.startswith(expected[server.profile])
