"""Loading rooms from CSV, and bookings from iCalendar; on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.local.conftest import Office
from workplace_sdk.connectors.local.importing import ImportReport
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.connectors.local.rooms_import import import_rooms
from workplace_sdk.connectors.local.rooms_tables import meetings, rooms, sites
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.rooms import MOST_OCCURRENCES, Bookability, Feature, Layout, Response, Role

ZONE = "Europe/Amsterdam"


def load(office: Office, path: Path, text: str, **others) -> ImportReport:
    path.write_text(text, encoding="utf-8")
    return office.write(lambda c: import_rooms(c, path, zone=ZONE, **others))


def calendar(*events: str) -> str:
    inside = "".join(f"BEGIN:VEVENT\r\nDTSTAMP:20261101T000000Z\r\n{event}END:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{inside}END:VCALENDAR\r\n"


def event(uid: str, start: str = "20261203T120000", end: str = "20261203T130000", *lines: str, room: str = "Amber") -> str:
    zoned = f"DTSTART;TZID={ZONE}:{start}\r\nDTEND;TZID={ZONE}:{end}\r\n"
    place = f"ATTENDEE;CUTYPE=ROOM;CN={room}:mailto:{room.lower()}@example.org\r\n" if room else ""
    return f"UID:{uid}\r\nSUMMARY:Overleg {uid}\r\n{zoned}{place}" + "".join(f"{line}\r\n" for line in lines)


def test_rooms_with_all_that_is_known_of_them(office: Office, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    text = (
        "Name;Site;Zone;Building;Floor;Capacity;Features;Layouts;Bookability;Approver;Email;Longest minutes;Ahead days;Check in minutes\n"
        "Zaal Één;Gent;Europe/Brussels;A;2;20;projector|Video conference;theatre=40|u-shape=16;approval;BO;Een@example.org;240;90;15\n"
    )
    report = load(office, tmp_path / "zalen.csv", text, progress=lambda done, total: told.append((done, total)))
    assert (report.added, report.updated, report.refused, report.source) == (1, 0, (), "zalen.csv")
    assert told == [(1, 1)]
    (room,) = office.as_("ana", LocalRooms).rooms()
    assert (room.name, room.site, room.zone, room.email) == ("Zaal Één", "Gent", "Europe/Brussels", "een@example.org")
    assert room.features == {Feature.PROJECTOR, Feature.VIDEO_CONFERENCE}
    assert room.layouts == {Layout.THEATRE: 40, Layout.U_SHAPE: 16}
    assert room.bookability is Bookability.APPROVAL
    assert room.approver is not None
    assert room.approver.login == "bo"
    again = load(office, tmp_path / "meer.csv", "email,name,capacity\neen@example.org,Zaal 1,22\n")
    assert (again.added, again.updated) == (0, 1)
    (room,) = office.as_("ana", LocalRooms).rooms()
    assert (room.name, room.capacity, room.site) == ("Zaal 1", 22, "Gent")
    assert room.features == {Feature.PROJECTOR, Feature.VIDEO_CONFERENCE}  # what the file does not say stays


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",Gent,,,,", "name"),
        ("A,Gent,-3,,,", "capacity"),
        ("A,Gent,٣,,,", "capacity"),
        ("A,Gent,3,jacuzzi,,", "features"),
        ("A,Gent,3,,sometimes,", "bookability"),
        ("A,Gent,3,,approval,", "approver"),
        ("A,Gent,3,,approval,nobody", "approver"),
        ("A,Nergens,3,,,", "zone"),
        ("Amber,,,,,,basalt@example.org", "email"),
    ],
)
def test_rows_that_are_refused_say_where_and_why_and_leave_nothing(
    office: Office, tmp_path: Path, row: str, field: str
) -> None:
    load(
        office, tmp_path / "eerst.csv", "name,site,email\nAmber,Utrecht,amber@example.org\nBasalt,Utrecht,basalt@example.org\n"
    )
    zone = "Europe/Atlantis" if field == "zone" else ""
    cells = row.split(",")
    text = "name,site,capacity,features,bookability,approver,email,zone\n" + ",".join([*cells, *[""] * (7 - len(cells)), zone])
    report = load(office, tmp_path / "rooms.csv", text + "\nGoed,Utrecht,,,,,,\n")
    assert [(one.line, one.field) for one in report.refused] == [(2, field)]
    assert report.refused[0].reason
    assert report.added == 1
    assert [room.name for room in office.as_("ana", LocalRooms).rooms()] == ["Amber", "Basalt", "Goed"]
    assert office.read(lambda c: c.execute(sa.select(sites.c.name)).scalars().all()) == ["Utrecht"]


def test_files_that_cannot_be_read_at_all(office: Office, tmp_path: Path) -> None:
    for name, content in (("a.csv", "jacuzzi,name\n1,2\n"), ("a.ics", "geen kalender"), ("a.xlsx", "x")):
        with pytest.raises(InvalidInput):
            load(office, tmp_path / name, content)
    with pytest.raises(InvalidInput, match="no file"):
        office.write(lambda c: import_rooms(c, tmp_path / "none.csv", zone=ZONE))


def test_bookings_with_their_room_people_and_times(office: Office, tmp_path: Path) -> None:
    text = calendar(
        event(
            "1",
            "20261022T090000",
            "20261022T100000",
            "RRULE:FREQ=WEEKLY;COUNT=4",
            f"EXDATE;TZID={ZONE}:20261105T090000",
            "ORGANIZER;CN=Ana:mailto:ANA@example.org",
            "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:kees@example.org",
            "ATTENDEE;CN=Gast:mailto:gast@elders.example",
            "CLASS:PRIVATE",
        ),
        "RECURRENCE-ID;TZID=Europe/Amsterdam:20261029T090000\r\n" + event("1", "20261029T140000", "20261029T150000"),
    )
    report = load(office, tmp_path / "agenda.ics", text)
    assert (report.added, report.refused, report.warnings) == (1, (), ())
    desk = office.as_("ana", LocalRooms)
    (meeting,) = desk.mine(since=date(2026, 10, 1))
    assert [f"{time.span.local_start:%m-%d %H:%M}" for time in meeting.occurrences] == [
        "10-22 09:00",
        "10-29 14:00",
        "11-12 09:00",
    ]
    assert (meeting.uid, meeting.subject, meeting.private, meeting.organizer.login) == ("1", "Overleg 1", True, "ana")
    assert [(one.person.label, one.role, one.response) for one in meeting.attendees] == [
        ("Kees Jansen", Role.OPTIONAL, Response.ACCEPTED),
        ("Gast", Role.REQUIRED, Response.NEEDS_ACTION),
    ]
    assert meeting.room is not None
    assert (meeting.room.name, meeting.room.email, meeting.room.site) == ("Amber", "amber@example.org", "agenda")


def test_loading_again_replaces_and_cancelled_goes(office: Office, tmp_path: Path) -> None:
    source = tmp_path / "agenda.ics"
    load(office, source, calendar(event("1"), event("2", "20261203T140000", "20261203T150000")))
    moved = load(
        office,
        source,
        calendar(event("1", "20261203T123000", "20261203T140000"), event("3", "20261203T100000", "20261203T110000")),
    )
    assert (moved.added, moved.updated, moved.refused) == (1, 1, ())
    gone = load(
        office,
        source,
        calendar(
            event("1", "20261203T123000", "20261203T140000", "STATUS:CANCELLED"),
            event("9", "20261203T180000", "20261203T190000", "STATUS:CANCELLED"),
        ),
    )
    assert (gone.added, gone.updated) == (0, 1)
    assert office.read(lambda c: set(c.execute(sa.select(meetings.c.uid)).scalars())) == {"2", "3"}


def test_a_booking_is_loaded_wholly_or_not_at_all(office: Office, tmp_path: Path) -> None:
    daily = event("2", "20261201T123000", "20261201T133000", "RRULE:FREQ=DAILY;COUNT=5")
    none = event("5", room="")
    backwards = event("6", "20261210T120000", "20261210T110000")
    endless = event("7", "20270101T080000", "20270101T083000", "RRULE:FREQ=DAILY", room="Coral")
    odd = event("8", "20270101T080000", "20270101T083000", "RRULE:FREQ=WEEKLY;BYDAY=XX", room="Onyx")
    report = load(office, tmp_path / "agenda.ics", calendar(event("1"), daily, none, backwards, endless, odd))
    assert [(one.line, one.field) for one in report.refused][:3] == [(2, "dtstart"), (3, "location"), (4, "dtend")]
    assert "Amber is taken on 2026-12-03 12:30" in report.refused[0].reason
    assert [(one.line, one.field) for one in report.warnings] == [(5, "rrule")]
    assert report.added == 2
    assert office.read(lambda c: set(c.execute(sa.select(meetings.c.uid)).scalars())) == {"1", "7"}
    names = office.read(lambda c: set(c.execute(sa.select(rooms.c.name)).scalars()))
    assert names == {"Amber", "Coral"}  # the room of a refused booking is not made either
    (endless_meeting,) = [one for one in _all(office) if one.uid == "7"]
    assert len(endless_meeting.occurrences) == MOST_OCCURRENCES


def _all(office: Office):
    desk = office.as_("ana", LocalRooms)
    ids = office.read(lambda c: list(c.execute(sa.select(meetings.c.id)).scalars()))
    return [desk.get(desk.ref("meeting", id_)) for id_ in ids]


def test_whole_days_places_and_people_who_are_not_here(office: Office, tmp_path: Path) -> None:
    whole_day = "UID:1\r\nSUMMARY:Open dag\r\nDTSTART;VALUE=DATE:20261203\r\nLOCATION:Aula\r\nORGANIZER;CN=Extern:mailto:x@elders.example\r\n"
    floating = "UID:2\r\nDTSTART:20261204T090000\r\nDURATION:PT45M\r\nLOCATION:aula\r\n"
    utc = "UID:3\r\nDTSTART:20261205T090000Z\r\nDTEND:20261205T100000Z\r\nLOCATION:Aula\r\n"
    report = load(office, tmp_path / "a.ics", calendar(whole_day, floating, utc), site="Utrecht")
    assert (report.added, report.refused) == (3, ())
    first, second, third = _all(office)
    assert first.span.start == datetime(2026, 12, 2, 23, tzinfo=UTC)
    assert first.span.end == datetime(2026, 12, 3, 23, tzinfo=UTC)
    assert first.organizer == PersonRef(display_name="Extern", email="x@elders.example")
    assert (second.subject, second.span.local_start.hour, second.span.local_end.minute) == ("-", 9, 45)
    assert (third.span.local_start.hour, third.span.zone) == (10, ZONE)
    assert [room.name for room in office.as_("ana", LocalRooms).rooms(site="utrecht")] == ["Aula"]


def test_a_room_that_said_no_holds_nothing_and_one_time_may_be_elsewhere(office: Office, tmp_path: Path) -> None:
    source = tmp_path / "agenda.ics"
    amber = "ATTENDEE;CUTYPE=ROOM;CN=Amber:mailto:amber@example.org"
    no = "ATTENDEE;CUTYPE=ROOM;CN=Amber;PARTSTAT=DECLINED:mailto:amber@example.org"
    coral = "ATTENDEE;CUTYPE=ROOM;CN=Coral:mailto:coral@example.org"

    def at(day: str, *lines: str) -> str:
        return event("s", f"{day}T090000", f"{day}T100000", *lines, room="")

    def moved(day: str, *lines: str) -> str:
        return f"RECURRENCE-ID;TZID=Europe/Amsterdam:{day}T090000\r\n" + at(day, *lines)

    series = at("20261203", "RRULE:FREQ=DAILY;COUNT=3", amber, "CONFERENCE;VALUE=URI:https://meet.example/s")
    refused = event("n", "20261203T090000", "20261203T100000", no, room="")  # at the same time: Amber is still free
    report = load(office, source, calendar(refused, series, moved("20261204", coral), moved("20261205", no)))
    assert (report.added, report.refused) == (1, ())
    assert [(one.line, one.field) for one in report.warnings] == [(1, "attendee"), (2, "attendee")]
    (meeting,) = _all(office)
    assert [[one.name for one in time.reservations] for time in meeting.occurrences] == [["Amber"], ["Coral"]]
    assert [room.name for room in meeting.rooms] == ["Amber", "Coral"]
    assert meeting.online == "https://meet.example/s"
    gone = load(office, source, calendar(at("20261203", "RRULE:FREQ=DAILY;COUNT=3", no)))
    assert (gone.updated, len(gone.warnings)) == (1, 1)
    assert _all(office) == []


def test_what_is_not_read_of_a_calendar_is_refused(office: Office, tmp_path: Path) -> None:
    ranged = "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Amsterdam:20261204T120000\r\n"
    series = event("1", "20261203T120000", "20261203T130000", "RRULE:FREQ=DAILY;COUNT=3")
    later = ranged + event("1", "20261204T150000", "20261204T160000")
    period = event("2", "20261210T120000", "20261210T130000", "RDATE;VALUE=PERIOD:20261211T120000Z/PT1H")
    report = load(office, tmp_path / "a.ics", calendar(series, later, period))
    assert [(one.line, one.field) for one in report.refused] == [(1, "recurrence-id"), (3, "rdate")]
    assert _all(office) == []


def test_a_row_that_is_shifted_is_refused(office: Office, tmp_path: Path) -> None:
    report = load(
        office, tmp_path / "rooms.csv", 'name,site,capacity\nZaal 1, hoek,Utrecht,8\n"Zaal 2, hoek",Utrecht,8\nZaal 3\n'
    )
    assert [(one.line, one.reason[:17]) for one in report.refused] == [(2, "has more values t")]
    assert report.added == 2
    for wrong in ("name,site,name\nA,B,C\n", "name,,site\nA,B,C\n"):
        with pytest.raises(InvalidInput):
            load(office, tmp_path / "wrong.csv", wrong)
