"""Rows of rooms and meetings as models, and what is free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import LocalService
from workplace_sdk.connectors.local.rooms_tables import (
    meeting_people,
    meeting_times,
    meetings,
    menu_items,
    order_lines,
    orders,
    rooms,
    sites,
)
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.services.common import ComponentState, Mapped, Money, PersonRef, Ref, Span
from workplace_sdk.services.rooms import (
    Attendee,
    Bookability,
    Component,
    Feature,
    Meeting,
    Occurrence,
    Order,
    OrderedLine,
    OrderKind,
    ReservationState,
    Response,
    Role,
    Room,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

HOLDS = ("requested", "confirmed")
ERASED = PersonRef(display_name="(erased)")


class RoomRecords(LocalService):
    """Reading of rooms and meetings, shared by the operations."""

    def room_of(self, row: Any) -> Room:
        """The room of a row joined with its site."""
        return Room(
            ref=self.ref("room", row.id),
            name=row.name,
            site=row.site,
            building=row.building,
            floor=row.floor,
            capacity=row.capacity,
            features=frozenset(Feature(name) for name in row.features),
            zone=row.zone,
            bookability=Bookability(row.bookability),
            longest=_minutes(row.longest_minutes),
            ahead=timedelta(days=row.ahead_days) if row.ahead_days else None,
            check_in=row.check_in_minutes,
        )

    def room_rows(self, connection: Connection, *conditions: Any) -> Sequence[Row[Any]]:
        """Rooms with their site's name and zone, the smallest first."""
        chosen = sa.select(rooms, sites.c.name.label("site"), sites.c.zone).join(sites, sites.c.id == rooms.c.site_id)
        order = (rooms.c.capacity.is_(None), rooms.c.capacity, rooms.c.name)
        return connection.execute(chosen.where(rooms.c.active, *conditions).order_by(*order)).all()

    def room_row(self, connection: Connection, wanted: Ref | str) -> Row[Any]:
        """The room that a draft names, by reference, name or address; kept from other writers when they lock it too."""
        if isinstance(wanted, Ref):
            rows = self.room_rows(connection, rooms.c.id == self.id_of(wanted, "room"))
        else:
            lowered = wanted.lower()
            rows = self.room_rows(
                connection, (sa.func.lower(rooms.c.name) == lowered) | (sa.func.lower(rooms.c.email) == lowered)
            )
        if not rows:
            raise NotFound(f"there is no room {wanted}", field="room")
        return rows[0]

    def taken(
        self, connection: Connection, room_ids: Iterable[int], start: datetime, end: datetime, *, without: int = 0
    ) -> list[Any]:
        """Times at which rooms are held, those of the meeting *without* left out; what nobody checked in for is free."""
        times = meeting_times.c
        chosen = (
            sa.select(meeting_times, rooms.c.check_in_minutes)
            .join(rooms, rooms.c.id == times.room_id)
            .where(
                times.room_id.in_(sorted(set(room_ids))),
                times.state.in_(HOLDS),
                times.start < end,
                times.end > start,
                times.meeting_id != without,
            )
        )
        return [row for row in connection.execute(chosen.order_by(times.start)) if not self._released(row)]

    def _released(self, row: Any) -> bool:
        """Whether nobody checked in for it in time."""
        if row.state != "confirmed" or row.check_in_minutes is None or row.checked_in_at is not None:
            return False
        return bool(self.session.now() > row.start + timedelta(minutes=row.check_in_minutes))

    def busy_people(self, connection: Connection, ids: Iterable[int], start: datetime, end: datetime) -> list[Any]:
        """Times at which people organize or attend a meeting they did not decline."""
        wanted = sorted(set(ids))
        attending = sa.select(meeting_people.c.meeting_id, meeting_people.c.person_id).where(
            meeting_people.c.person_id.in_(wanted), meeting_people.c.response != "declined"
        )
        organizing = sa.select(meetings.c.id, meetings.c.organizer_id).where(meetings.c.organizer_id.in_(wanted))
        both = sa.union(attending, organizing).subquery()
        meeting_id, person_id = both.c[0], both.c[1]
        chosen = (
            sa.select(meeting_times.c.start, meeting_times.c.end, person_id.label("person_id"), meetings.c.zone)
            .join(both, meeting_id == meeting_times.c.meeting_id)
            .join(meetings, meetings.c.id == meeting_times.c.meeting_id)
            .where(
                meeting_times.c.state.not_in(("cancelled", "declined")),
                meeting_times.c.start < end,
                meeting_times.c.end > start,
            )
        )
        return list(connection.execute(chosen.order_by(meeting_times.c.start)).all())

    def meeting(self, connection: Connection, id_: int) -> Meeting:
        """One meeting; ``NotFound`` when there is none."""
        row = connection.execute(sa.select(meetings).where(meetings.c.id == id_)).one_or_none()
        if row is None:
            raise NotFound(f"there is no meeting {id_}", field="ref")
        times = connection.execute(
            sa.select(meeting_times, rooms.c.check_in_minutes)
            .outerjoin(rooms, rooms.c.id == meeting_times.c.room_id)
            .where(meeting_times.c.meeting_id == id_)
            .order_by(meeting_times.c.start)
        ).all()
        invited = connection.execute(
            sa.select(meeting_people).where(meeting_people.c.meeting_id == id_).order_by(meeting_people.c.person_id)
        ).all()
        names = self.people_by_id(connection, {row.organizer_id} | {one.person_id for one in invited})
        found = self.room_rows(connection, rooms.c.id == row.room_id) if row.room_id else ()
        made = tuple(self._orders(connection, id_))
        occurrences = tuple(self._occurrence(time, row.zone) for time in times)
        return Meeting(
            ref=self.ref("meeting", id_),
            key=self.key_of(connection, "rooms.book", id_),
            fetched_at=self.session.now(),
            subject=row.subject,
            organizer=names.get(row.organizer_id, ERASED),
            room=self.room_of(found[0]) if found else None,
            occurrences=occurrences,
            people=row.people,
            attendees=tuple(
                Attendee(person=names[one.person_id], role=Role(one.role), response=Response(one.response)) for one in invited
            ),
            orders=made,
            rrule=row.rrule,
            body=row.body,
            private=row.private,
            components=_components(found[0].name if found else None, occurrences, made),
            created_at=row.created_at,
        )

    def _occurrence(self, time: Any, zone: str) -> Occurrence:
        state = ReservationState.RELEASED if time.room_id and self._released(time) else ReservationState(time.state)
        return Occurrence(
            span=Span(start=time.start, end=time.end, zone=zone), state=Mapped(value=state), conflict=time.conflict
        )

    def _orders(self, connection: Connection, id_: int) -> Iterable[Order]:
        for row in connection.execute(sa.select(orders).where(orders.c.meeting_id == id_).order_by(orders.c.id)):
            chosen = sa.select(order_lines, menu_items.c.name, menu_items.c.kind).join(
                menu_items, menu_items.c.id == order_lines.c.item_id
            )
            lines = tuple(
                OrderedLine(
                    name=line.name,
                    kind=OrderKind(line.kind),
                    quantity=line.quantity,
                    price=Money(amount=line.price, currency=line.currency) if line.price is not None else None,
                )
                for line in connection.execute(chosen.where(order_lines.c.order_id == row.id).order_by(order_lines.c.id))
            )
            yield Order(
                ref=self.ref("order", row.id),
                lines=lines,
                diets=row.diets,
                deliver_at=row.deliver_at,
                cost_centre=row.cost_centre,
                note=row.note,
                state=ComponentState(row.state),
                total=_total(lines),
            )


def _total(lines: Sequence[OrderedLine]) -> Money | None:
    """The sum; ``None`` when a price is not known or they are in several currencies."""
    prices = [line.price * line.quantity for line in lines if line.price is not None]
    if len(prices) < len(lines) or len({price.currency for price in prices}) != 1:
        return None
    total = prices[0]
    for price in prices[1:]:
        total += price
    return total


def _components(room: str | None, occurrences: Sequence[Occurrence], made: Sequence[Order]) -> tuple[Component, ...]:
    states = {
        ReservationState.CONFIRMED: ComponentState.DONE,
        ReservationState.REQUESTED: ComponentState.PENDING,
        ReservationState.UNKNOWN: ComponentState.UNKNOWN,
    }
    components = [
        Component(
            what=f"{room}, {one.span.local_start:%Y-%m-%d %H:%M}",
            state=states.get(one.state.value, ComponentState.REJECTED),
            why=one.conflict or (None if one.state.value in states else one.state.value.value),
        )
        for one in occurrences
        if room
    ]
    components += [
        Component(what=", ".join(f"{line.quantity} x {line.name}" for line in order.lines), state=order.state) for order in made
    ]
    return tuple(components)


def _minutes(value: int | None) -> timedelta | None:
    return timedelta(minutes=value) if value else None
