"""Rows of rooms and meetings as models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.rooms_orders import RoomOrders, minutes
from workplace_sdk.connectors.local.rooms_tables import meeting_people, meeting_times, meetings, rooms, sites
from workplace_sdk.connectors.local.schema import writes
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Mapped, PersonRef, Ref, Span
from workplace_sdk.services.rooms import (
    Attendee,
    Bookability,
    CheckIn,
    Feature,
    Layout,
    Meeting,
    Occurrence,
    Order,
    ReservationState,
    Response,
    Role,
    Room,
    RoomReservation,
)
from workplace_sdk.services.rooms_rules import components

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

ERASED = PersonRef(display_name="(erased)")
TAKEN = Words("the room is taken", "de zaal is bezet")
UNATTENDED = Words("nobody checked in", "niemand heeft ingecheckt")
GIVEN_BACK = Words("given back", "teruggegeven")
_DUTCH = {words.en: words.nl for words in (TAKEN, UNATTENDED, GIVEN_BACK)}
"""Of what the store itself says; what people wrote is in their own language."""


class RoomRecords(RoomOrders):
    """Reading of rooms and meetings, shared by the operations."""

    def room_models(self, connection: Connection, *conditions: Any) -> list[Room]:
        """Rooms in use, the smallest first."""
        chosen = sa.select(rooms, sites.c.name.label("site"), sites.c.zone).join(sites, sites.c.id == rooms.c.site_id)
        order = (rooms.c.capacity.is_(None), rooms.c.capacity, rooms.c.name)
        rows = connection.execute(chosen.where(rooms.c.active, *conditions).order_by(*order)).all()
        approvers = self.people_by_id(connection, {row.approver_id for row in rows})
        return [self._room(row, approvers) for row in rows]

    def _room(self, row: Any, approvers: dict[int | None, PersonRef]) -> Room:
        return Room(
            ref=self.ref("room", row.id),
            name=row.name,
            email=row.email,
            site=row.site,
            building=row.building,
            floor=row.floor,
            capacity=row.capacity,
            features=frozenset(Feature(name) for name in row.features),
            layouts={Layout(name): seats for name, seats in row.layouts.items()},
            zone=row.zone,
            bookability=Bookability(row.bookability),
            longest=minutes(row.longest_minutes),
            ahead=timedelta(days=row.ahead_days) if row.ahead_days else None,
            check_in=row.check_in_minutes,
            approver=approvers.get(row.approver_id),
        )

    def room_id(self, connection: Connection, wanted: Ref | str) -> int:
        """The id of the room that a draft names, by reference, name or address."""
        if isinstance(wanted, Ref):
            chosen = rooms.c.id == self.id_of(wanted, "room")
        else:
            lowered = wanted.strip().lower()
            chosen = (sa.func.lower(rooms.c.name) == lowered) | (sa.func.lower(rooms.c.email) == lowered)
        id_ = connection.execute(sa.select(rooms.c.id).where(chosen, rooms.c.active).order_by(rooms.c.id)).scalars().first()
        if id_ is None:
            raise NotFound(f"there is no room {wanted}", field="room")
        return int(id_)

    def meeting(self, connection: Connection, id_: int) -> Meeting:
        """One meeting; ``NotFound`` when there is none."""
        found = self.meetings_of(connection, [id_])
        if not found:
            raise NotFound(f"there is no meeting {id_}", field="ref")
        return found[0]

    def meetings_of(self, connection: Connection, ids: Sequence[int]) -> list[Meeting]:
        """Meetings by id, in that order; those that are not there are left out."""
        found = {row.id: row for row in connection.execute(sa.select(meetings).where(meetings.c.id.in_(ids)))}
        times = _grouped(
            connection, meeting_times, ids, meeting_times.c.start, meeting_times.c.number, meeting_times.c.position
        )
        invited = _grouped(connection, meeting_people, ids, meeting_people.c.id)
        wanted: set[int | None] = {row.organizer_id for row in found.values()} | {
            one.person_id for some in invited.values() for one in some
        }
        names = self.people_by_id(connection, wanted)
        room_ids = {row.room_id for some in times.values() for row in some if row.room_id is not None}
        known = {int(room.ref.id): room for room in self.rooms_by_id(connection, room_ids)}
        spans = {
            (time.meeting_id, time.number): Span(start=time.start, end=time.end, zone=found[time.meeting_id].zone)
            for some in times.values()
            for time in some
        }
        made = self.orders_of(connection, ids, spans)
        keys = _keys(connection, ids)
        return [
            self._meeting(
                found[id_],
                times[id_],
                [_attendee(one, names) for one in invited[id_]],
                made.get(id_, []),
                names,
                known,
                keys.get(id_),
            )
            for id_ in ids
            if id_ in found
        ]

    def rooms_by_id(self, connection: Connection, ids: set[int]) -> list[Room]:
        """Rooms that meetings have, in use or not."""
        chosen = sa.select(rooms, sites.c.name.label("site"), sites.c.zone).join(sites, sites.c.id == rooms.c.site_id)
        rows = connection.execute(chosen.where(rooms.c.id.in_(ids))).all() if ids else ()
        approvers = self.people_by_id(connection, {row.approver_id for row in rows})
        return [self._room(row, approvers) for row in rows]

    def _meeting(
        self,
        row: Any,
        times: Sequence[Any],
        attendees: list[Attendee],
        made: list[Order],
        names: dict[int | None, PersonRef],
        known: dict[int, Room],
        key: str | None,
    ) -> Meeting:
        numbered: dict[int, list[Any]] = defaultdict(list)
        for time in times:
            numbered[time.number].append(time)
        by_number = {number: self._occurrence(some, row.zone, known) for number, some in numbered.items()}
        housed = sorted((time for time in times if time.room_id is not None), key=lambda time: time.position)
        had = tuple({time.room_id: known[time.room_id] for time in housed}.values())
        when = tuple(by_number.values())
        return Meeting(
            ref=self.ref("meeting", row.id),
            key=key,
            fetched_at=self.session.now(),
            uid=row.uid,
            subject=row.subject,
            organizer=names.get(row.organizer_id) or _outsider(row.organizer_name, row.organizer_email) or ERASED,
            room=had[0] if had else None,
            rooms=had,
            layout=Layout(row.layout) if row.layout else None,
            occurrences=when,
            people=row.people,
            attendees=tuple(attendees),
            orders=tuple(made),
            rrule=row.rrule,
            series=self.ref("meeting", row.series_id) if row.series_id is not None else None,
            body=row.body,
            online=row.online,
            private=row.private,
            components=components(when, made),
            created_at=row.created_at,
        )

    def _occurrence(self, rows: Sequence[Any], zone: str, known: dict[int, Room]) -> Occurrence:
        reservations = tuple(self._reservation(row, known[row.room_id]) for row in rows if row.room_id is not None)
        states = [one.state for one in reservations] or [Mapped(value=ReservationState(rows[0].state))]
        good = (ReservationState.CONFIRMED, ReservationState.REQUESTED)
        worst = next((state for state in states if state.value not in good), None) or next(
            (state for state in states if state.value is ReservationState.REQUESTED), states[0]
        )
        return Occurrence(
            span=Span(start=rows[0].start, end=rows[0].end, zone=zone),
            state=worst,
            conflict=next((row.conflict for row in rows if row.conflict), None),
            reservations=reservations,
        )

    def _reservation(self, row: Any, room: Room) -> RoomReservation:
        released = self.lapsed(row)
        state = ReservationState.RELEASED if released else ReservationState(row.state)
        check_in = CheckIn.NOT_NEEDED
        if row.check_in_by is not None and row.state in ("confirmed", "released"):
            missed = released or row.state == "released"
            check_in = CheckIn.DONE if row.checked_in_at is not None else CheckIn.MISSED if missed else CheckIn.AWAITING
        why: str | None = row.conflict or (UNATTENDED.en if released else None)
        return RoomReservation(
            room=room.ref,
            name=room.name,
            state=Mapped(value=state),
            why=why,
            why_nl=_DUTCH.get(why or ""),
            approver=room.approver if state is ReservationState.REQUESTED else None,
            check_in=check_in,
            check_in_by=row.check_in_by,
        )

    def lapsed(self, row: Any) -> bool:
        """Whether nobody checked in for it in time: known from the clock, whenever it is looked at."""
        if row.state != "confirmed" or row.check_in_by is None or row.checked_in_at is not None:
            return False
        return bool(row.check_in_by <= self.session.now())


def _attendee(row: Any, names: dict[int | None, PersonRef]) -> Attendee:
    person = names.get(row.person_id) or _outsider(row.name, row.email) or ERASED
    return Attendee(person=person, role=Role(row.role), response=Response(row.response))


def _outsider(name: str | None, email: str | None) -> PersonRef | None:
    return PersonRef(display_name=name, email=email) if name or email else None


def _keys(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    chosen = sa.select(writes.c.record_id, writes.c.key).where(writes.c.operation == "rooms.book", writes.c.record_id.in_(ids))
    return {row.record_id: row.key for row in connection.execute(chosen)}


def _grouped(connection: Connection, table: sa.Table, ids: Sequence[int], *order: Any) -> defaultdict[int, list[Row[Any]]]:
    found: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    if ids:
        for row in connection.execute(sa.select(table).where(table.c.meeting_id.in_(ids)).order_by(*order)):
            found[row.meeting_id].append(row)
    return found
