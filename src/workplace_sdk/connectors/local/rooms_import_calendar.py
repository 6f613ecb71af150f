"""Bookings from iCalendar: events with a room among the attendees, or else as their location.

Source: RFC 5545; 3.2.3 for the kinds of attendees.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import define, frozen

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.importing import ImportReport, Progress, RefusedRow, loaded
from workplace_sdk.connectors.local.rooms_free import HOLDS, LONGEST
from workplace_sdk.connectors.local.rooms_import import TAKEN, stored
from workplace_sdk.connectors.local.rooms_tables import meeting_people, meeting_times, meetings, rooms
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.common import Span, checked_zone, zone_of
from workplace_sdk.services.rooms import MOST_OCCURRENCES
from workplace_sdk.services.rooms_models import JOINING
from workplace_sdk.services.rooms_times import merged, overlaps

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Connection

ROOMS: Final = ("ROOM", "RESOURCE")
_ROLES: Final = {"CHAIR": "chair", "REQ-PARTICIPANT": "required", "OPT-PARTICIPANT": "optional", "NON-PARTICIPANT": "informed"}
_ANSWERS: Final = {"ACCEPTED": "accepted", "TENTATIVE": "tentative", "DECLINED": "declined"}


@frozen
class _Person:
    name: str | None
    email: str | None
    role: str = "required"
    response: str = "needs_action"


@frozen
class _Time:
    """One time of a booking, in its rooms."""

    span: Span
    rooms: tuple[_Person, ...]


@define
class _Booking:
    """An event with its times, changes of single times worked in."""

    uid: str
    subject: str
    body: str | None
    private: bool
    cancelled: bool
    organizer: _Person | None
    attendees: list[_Person]
    rrule: str | None
    zone: str
    times: list[_Time]
    online: str | None = None
    cut: bool = False
    declined: int = 0
    """Times at which every room said no."""


def import_calendar(connection: Connection, source: Path, *, zone: str, site: str, progress: Progress) -> ImportReport:
    """Load the bookings of a calendar, each wholly or not at all; one that was loaded before (the same UID) is replaced.

    A booking whose room is taken is refused. Where the room itself declined nothing is held, with a warning. A series without an end is loaded as far as ``MOST_OCCURRENCES`` times reach,
    with a warning. Rows are counted by event; changes of single times go with their series.
    """
    from icalendar import Calendar

    try:
        calendar: Any = Calendar.from_ical(source.read_bytes())
    except (ValueError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{source.name} is no iCalendar file: {error}", field="source") from None
    events: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for number, event in enumerate(calendar.walk("VEVENT"), start=1):
        events[str(event.get("UID") or f"{source.name}-{number}")].append((number, event))
    warnings: list[RefusedRow] = []

    def take(row: tuple[str, list[tuple[int, Any]]]) -> bool | None:
        booking = _booking(row[0], [event for _, event in row[1]], zone)
        new = _kept(connection, booking, site)
        if booking.cut:
            last = booking.times[-1].span.local_start.date()
            warnings.append(RefusedRow(row[1][0][0], "rrule", f"it has no end, or too far away: loaded until {last}"))
        if booking.declined:
            warnings.append(
                RefusedRow(row[1][0][0], "attendee", f"its room declined {booking.declined} of its times: not held")
            )
        return new

    report = loaded(
        connection, source, [(some[0][0], (uid, some)) for uid, some in events.items()], take, progress, taken=TAKEN
    )
    return ImportReport(report.source, report.added, report.updated, report.refused, tuple(warnings))


def _booking(uid: str, events: Sequence[Any], zone: str) -> _Booking:
    """One booking of the events with one UID: the first, and changes of single times of it."""
    main = next((event for event in events if event.get("RECURRENCE-ID") is None), events[0])
    cancelled = _cancelled(main)
    first = _span(main, zone)
    rule = main.get("RRULE")
    text = rule.to_ical().decode() if rule is not None else None
    spans, cut = _times(main, first, text)
    where = () if cancelled else _rooms(main)
    asked = {span.start: _Time(span, where) for span in spans}
    for event in events:
        at = event.get("RECURRENCE-ID")
        if at is None or event is main:
            continue
        if str(at.params.get("RANGE", "")).upper() == "THISANDFUTURE":
            raise InvalidInput("a change of a time and all after it (RANGE) is not read", field="recurrence-id")
        asked.pop(_instant(at.dt, first.zone), None)
        if not _cancelled(event):
            span = _span(event, zone)
            asked[span.start] = _Time(span, _rooms(event))
    times = sorted((time for time in asked.values() if time.rooms), key=lambda time: time.span.start)
    if any(later.span.start < earlier.span.end for earlier, later in pairwise(times)):
        raise InvalidInput("its times overlap each other", field="rrule")
    organizer = main.get("ORGANIZER")
    guests = [one for one in _attendees(main) if str(one.params.get("CUTYPE", "INDIVIDUAL")).upper() not in ROOMS]
    return _Booking(
        uid=uid,
        subject=str(main.get("SUMMARY") or "-").strip()[:200] or "-",
        body=str(main.get("DESCRIPTION"))[:20_000] if main.get("DESCRIPTION") else None,
        private=str(main.get("CLASS", "PUBLIC")).upper() in ("PRIVATE", "CONFIDENTIAL"),
        cancelled=cancelled or not times,
        organizer=_person(organizer) if organizer is not None else None,
        attendees=[_person(one) for one in guests],
        rrule=text,
        zone=first.zone,
        times=times,
        online=_link(main),
        cut=cut,
        declined=0 if cancelled else len(asked) - len(times),
    )


def _cancelled(event: Any) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _link(event: Any) -> str | None:
    """The first link by which people join from elsewhere. Source: RFC 7986 5.11."""
    links = (str(one).strip() for one in _several(event.get("CONFERENCE", [])))
    return next((link for link in links if re.match(JOINING, link) and len(link) <= 2000), None)


def _attendees(event: Any) -> list[Any]:
    return _several(event.get("ATTENDEE", []))


def _rooms(event: Any) -> tuple[_Person, ...]:
    """The rooms that an event has: attendees of that kind, but for those that declined; its location when there are none.

    Raises:
        InvalidInput: It names none at all.
    """
    asked = [_person(one) for one in _attendees(event) if str(one.params.get("CUTYPE", "")).upper() in ROOMS]
    found = [one for one in asked if one.response != "declined"]
    place = str(event.get("LOCATION") or "").strip()
    if asked and not found:
        return ()
    if not found and not place:
        raise InvalidInput("it has no room: no attendee of the kind ROOM, no location", field="location")
    if not found:
        return (_Person(place[:200], None),)
    if len(found) == 1 and found[0].name is None and place:
        return (_Person(place[:200], found[0].email),)
    return tuple(found)


def _person(value: Any) -> _Person:
    address = str(value).strip()
    email = address.partition(":")[2] if address.lower().startswith("mailto:") else None
    name = str(value.params.get("CN") or "").strip() or (None if email else address)
    role = _ROLES.get(str(value.params.get("ROLE", "")).upper(), "required")
    return _Person(
        name,
        email.casefold() if email else None,
        role,
        _ANSWERS.get(str(value.params.get("PARTSTAT", "")).upper(), "needs_action"),
    )


def _span(event: Any, zone: str) -> Span:
    """From DTSTART to DTEND, or as long as DURATION; a date alone is that whole day."""
    if event.get("DTSTART") is None:
        raise InvalidInput("it has no DTSTART", field="dtstart")
    start = event["DTSTART"].dt
    own = _zone_of(start, str(event["DTSTART"].params.get("TZID") or ""), zone)
    begin = _instant(start, own)
    if event.get("DTEND") is not None:
        end = _instant(event["DTEND"].dt, own)
    elif event.get("DURATION") is not None:
        end = begin + event["DURATION"].dt
    else:
        end = begin + (timedelta(days=1) if not isinstance(start, datetime) else timedelta())
    if end <= begin:
        raise InvalidInput("it ends before it begins", field="dtend")
    if end - begin > LONGEST:
        raise InvalidInput(f"it is longer than {LONGEST.days} days", field="dtend")
    return Span(start=begin, end=end, zone=own)


def _zone_of(start: Any, tzid: str, zone: str) -> str:
    key = str(getattr(getattr(start, "tzinfo", None), "key", "") or tzid)
    if key in ("", "UTC"):
        return zone
    try:
        return checked_zone(key)
    except ValueError:
        return zone


def _instant(value: date | datetime, zone: str) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(0))
    return (value if value.tzinfo is not None else value.replace(tzinfo=zone_of(zone))).astimezone(UTC)


def _times(event: Any, first: Span, rule: str | None) -> tuple[list[Span], bool]:
    """The times of an event, and whether there are more than are loaded."""
    left_out = {_instant(one.dt, first.zone) for one in _listed(event, "EXDATE")}
    starts: list[datetime] = [first.start]
    cut = False
    if rule is not None:
        starts, cut = _repeated(first, rule)
    more = [one.dt for one in _listed(event, "RDATE")]
    if any(not isinstance(at, date) for at in more):
        raise InvalidInput("a further time as a period is not read", field="rdate")
    starts += [_instant(at, first.zone) for at in more]
    length = first.length
    wanted = sorted({start for start in starts if start not in left_out})
    return [Span(start=start, end=start + length, zone=first.zone) for start in wanted], cut


def _repeated(first: Span, rule: str) -> tuple[list[datetime], bool]:
    from dateutil.rrule import rrulestr

    from workplace_sdk.services.rooms_times import until_of

    parts = {name: value for name, _, value in (part.partition("=") for part in rule.upper().split(";") if part)}
    if "UNTIL" in parts:
        parts["UNTIL"] = until_of(parts["UNTIL"], first.zone).strftime("%Y%m%dT%H%M%S")
    begin, tz, starts = first.local_start.replace(tzinfo=None), zone_of(first.zone), list[datetime]()
    try:
        for at in rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=begin):
            if len(starts) == MOST_OCCURRENCES:
                return starts, True
            starts.append(at.replace(tzinfo=tz).astimezone(UTC))
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise InvalidInput(f"the rule {rule!r} cannot be read: {error}", field="rrule") from None
    return starts or [first.start], False


def _listed(event: Any, name: str) -> Iterator[Any]:
    for some in _several(event.get(name, [])):
        yield from some.dts


def _kept(connection: Connection, booking: _Booking, site: str) -> bool | None:
    """Keep a booking instead of what was there under its UID; whether it is new, ``None`` for one that is cancelled and unknown."""
    old = connection.execute(sa.select(meetings.c.id).where(meetings.c.uid == booking.uid)).scalar()
    if old is None and booking.cancelled:
        return None
    if old is not None:
        connection.execute(meetings.delete().where(meetings.c.id == old))
        if booking.cancelled:
            return False
    known = {one: _room_id(connection, one, booking.zone, site) for time in booking.times for one in time.rooms}
    wanted = [(time.span, [known[one] for one in time.rooms]) for time in booking.times]
    _refuse_taken(connection, wanted)
    organizer_id = _person_id(connection, booking.organizer)
    outsider = booking.organizer if organizer_id is None else None
    values = {
        "uid": booking.uid,
        "subject": booking.subject,
        "body": booking.body,
        "private": booking.private,
        "organizer_id": organizer_id,
        "organizer_name": outsider.name if outsider else None,
        "organizer_email": outsider.email if outsider else None,
        "rrule": booking.rrule,
        "zone": booking.zone,
        "online": booking.online,
        "created_at": datetime.now(UTC),
    }
    id_ = inserted(connection, meetings, values)
    rows = [
        {
            "meeting_id": id_,
            "number": number,
            "position": position,
            "room_id": room_id,
            "start": span.start,
            "end": span.end,
            "state": "confirmed",
        }
        for number, (span, room_ids) in enumerate(wanted)
        for position, room_id in enumerate(room_ids)
    ]
    connection.execute(meeting_times.insert(), rows)
    _invite(connection, id_, booking.attendees)
    return old is None


def _room_id(connection: Connection, place: _Person, zone: str, site: str) -> int:
    """The room, by address or else by name; made when it is not known."""
    wanted = [rooms.c.email == place.email] if place.email else []
    wanted += [sa.func.lower(rooms.c.name) == place.name.lower()] if place.name else []
    for condition in wanted:
        id_ = connection.execute(sa.select(rooms.c.id).where(condition)).scalar()
        if id_ is not None:
            return int(id_)
    name = place.name or (place.email or "").partition("@")[0]
    stored(connection, {"name": name, **({"email": place.email} if place.email else {})}, zone, site)
    return int(connection.execute(sa.select(rooms.c.id).where(rooms.c.name == name)).scalar_one())


def _refuse_taken(connection: Connection, wanted: Sequence[tuple[Span, Sequence[int]]]) -> None:
    """Raise ``InvalidInput`` for the first time at which a room (kept from other writers from now on) is taken."""
    if any(len(set(room_ids)) != len(room_ids) for _, room_ids in wanted):
        raise InvalidInput("the same room is there twice", field="attendee")
    every = sorted({room_id for _, room_ids in wanted for room_id in room_ids})
    kept = connection.execute(
        sa.select(rooms.c.id, rooms.c.name).where(rooms.c.id.in_(every)).order_by(rooms.c.id).with_for_update()
    )
    names = {row.id: row.name for row in kept}
    times = meeting_times.c
    start, end = wanted[0][0].start, wanted[-1][0].end
    chosen = sa.select(times.start, times.end).where(
        times.start < end, times.start > start - LONGEST, times.end > start, times.state.in_(HOLDS)
    )
    for room_id, name in names.items():
        held = merged((row.start, row.end) for row in connection.execute(chosen.where(times.room_id == room_id)))
        for span, room_ids in wanted:
            if room_id in room_ids and overlaps(held, span.start, span.end):
                raise InvalidInput(f"{name} is taken on {span.local_start:%Y-%m-%d %H:%M}", field="dtstart")


def _person_id(connection: Connection, person: _Person | None) -> int | None:
    if person is None or person.email is None:
        return None
    return connection.execute(sa.select(people.c.id).where(people.c.email == person.email)).scalar()


def _invite(connection: Connection, id_: int, attendees: Sequence[_Person]) -> None:
    rows: dict[Any, dict[str, Any]] = {}
    for one in attendees:
        person_id = _person_id(connection, one)
        known = {"person_id": person_id, "name": None if person_id else one.name, "email": None if person_id else one.email}
        rows[person_id or one.email or one.name] = {"meeting_id": id_, **known, "role": one.role, "response": one.response}
    if rows:
        connection.execute(meeting_people.insert(), list(rows.values()))


def _several(found: Any) -> list[Any]:
    """What is there once or more often, as a list."""
    return list(found) if isinstance(found, list) else [found]  # pyright: ignore[reportUnknownArgumentType]
