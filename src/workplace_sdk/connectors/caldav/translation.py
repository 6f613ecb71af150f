"""Events as meetings. Pure: no connection is used here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from workplace_sdk.services.common import Mapped, PersonRef, Ref, Span
from workplace_sdk.services.rooms import (
    MOST_OCCURRENCES,
    Attendee,
    Meeting,
    Occurrence,
    Order,
    OrderedLine,
    OrderKind,
    OrderState,
    ReservationState,
    Response,
    Role,
    Room,
    RoomReservation,
)
from workplace_sdk.services.rooms_models import JOINING
from workplace_sdk.services.rooms_rules import components
from workplace_sdk.wires.caldav.objects import Happening, Patience, Series, happenings, interval, several, word

if TYPE_CHECKING:
    from workplace_sdk.connectors.caldav.house import House, Member
    from workplace_sdk.services.rooms import Component

KEY: Final = "X-WORKPLACE-KEY"
"""The key of the booking."""
LAST: Final = "X-WORKPLACE-LAST"
"""The key of the last write, so that it can be found again."""
PEOPLE: Final = "X-WORKPLACE-PEOPLE"
WAS_INVITED: Final = "X-WORKPLACE-ATTENDEE"
"""Who was invited to what was cancelled, on a server that would invite them again."""
ROLES: Final = {
    Role.CHAIR: "CHAIR",
    Role.REQUIRED: "REQ-PARTICIPANT",
    Role.OPTIONAL: "OPT-PARTICIPANT",
    Role.INFORMED: "NON-PARTICIPANT",
}
ANSWERS: Final = {
    Response.NEEDS_ACTION: "NEEDS-ACTION", Response.ACCEPTED: "ACCEPTED", Response.TENTATIVE: "TENTATIVE", Response.DECLINED: "DECLINED",
}  # fmt: skip
_STATES: Final = {
    "ACCEPTED": ReservationState.CONFIRMED, "TENTATIVE": ReservationState.TENTATIVE, "DECLINED": ReservationState.DECLINED,
    "NEEDS-ACTION": ReservationState.REQUESTED,
}  # fmt: skip
_ORDERS: Final = {"ACCEPTED": OrderState.ACCEPTED, "DECLINED": OrderState.REJECTED}
_RECENT: Final = timedelta(days=31)


@frozen
class Invited:
    """An ATTENDEE or the ORGANIZER of an event."""

    address: str
    name: str | None
    kind: str
    role: str
    answer: str
    status: str
    """What became of the message to them, as the server wrote it; empty when it did not. Source: RFC 6638 7.3."""

    @property
    def undelivered(self) -> bool:
        return self.status[:1] in ("3", "5")


def invited(value: Any) -> Invited:
    """What a property says of someone."""
    params = value.params

    def param(name: str, otherwise: str = "") -> str:
        return str(params.get(name) or otherwise)

    text = str(value).strip()
    address = text[7:] if text[:7].lower() == "mailto:" else text
    answer = param("PARTSTAT", "NEEDS-ACTION").upper()
    kind, role = param("CUTYPE", "INDIVIDUAL").upper(), param("ROLE", "REQ-PARTICIPANT").upper()
    return Invited(address.casefold(), param("CN").strip() or None, kind, role, answer, param("SCHEDULE-STATUS").strip('"'))


def all_invited(component: Any) -> list[Invited]:
    """Everyone and everything on an event, the organizer left out."""
    found = [invited(one) for name in ("ATTENDEE", WAS_INVITED) for one in several(component.get(name))]
    organizer = organizer_of(component)
    return [one for one in found if organizer is None or one.address != organizer.address]


def organizer_of(component: Any) -> Invited | None:
    """Who invites; ``None`` for an event of its owner alone."""
    value = component.get("ORGANIZER")
    return None if value is None else invited(value)


@frozen
class Reader:
    """Reads events that *holder* has in their calendar."""

    house: House
    now: datetime
    zone: str

    def meeting(self, series: Series, holder: Member, etag: str | None = None) -> Meeting:
        """The meeting of an event with everything that was changed about it."""
        main, own = series.main, series.zone(self.zone)
        times = self.times(series)
        organizer = organizer_of(main)
        home = (self.house.by_mail(organizer.address) if organizer else None) or holder
        here = all_invited(main)
        wanted = [one for one in here if self._is_room(one)]
        occurrences = tuple(self._occurrence(one, own) for one in times)
        orders = tuple(self._orders(times, series.uid, own))
        people = [one for one in here if not self._is_room(one) and not self._is_device(one)]
        number = str(main.get(PEOPLE) or "")
        related = next(iter(several(main.get("RELATED-TO"))), None)
        rooms = tuple(self._room(one) for one in wanted)
        return Meeting(
            ref=Ref(connection=self.house.connection, kind="meeting", id=f"{home.login}/{series.uid}", version=etag),
            key=str(main.get(KEY)) if main.get(KEY) else None,
            fetched_at=self.now,
            uid=series.uid,
            subject=str(main.get("SUMMARY") or "-"),
            organizer=self.person(organizer) if organizer else self.owner(holder),
            room=rooms[0] if rooms else None,
            rooms=rooms,
            occurrences=occurrences,
            people=int(number) if number.isascii() and number.isdecimal() and 0 < len(number) < 6 else None,
            attendees=tuple(self._attendee(one) for one in people),
            orders=orders,
            rrule=series.rrule,
            series=self._ref(home, str(related)) if related is not None and main.get(KEY) else None,
            body=str(main.get("DESCRIPTION")) if main.get("DESCRIPTION") else None,
            online=_online(main),
            private=word(main, "CLASS", "PUBLIC") in ("PRIVATE", "CONFIDENTIAL"),
            components=(*components(occurrences, orders), *self._undelivered(people)),
            created_at=self._created(main),
        )

    def times(self, series: Series) -> list[Happening]:
        """Its times; of one that never ends, or is longer than we take, those of lately and to come."""
        patience = Patience()
        found, more = happenings(series, self.zone, most=MOST_OCCURRENCES, patience=patience)
        if more:
            found, _ = happenings(series, self.zone, after=self.now - _RECENT, most=MOST_OCCURRENCES, patience=patience)
        if not found:  # every time was left out
            start, end = interval(series.main, series.zone(self.zone))
            found = [Happening(start, end, series.main)]
        return found

    def person(self, one: Invited) -> PersonRef:
        """Someone by address, and by login when they are of here."""
        member = self.house.by_mail(one.address)
        return PersonRef(email=one.address, login=member.login if member else None, display_name=one.name)

    def owner(self, holder: Member) -> PersonRef:
        """Whose calendar it is in."""
        return PersonRef(email=holder.address, login=holder.login)

    def _ref(self, home: Member, uid: str) -> Ref:
        return Ref(connection=self.house.connection, kind="meeting", id=f"{home.login}/{uid}")

    def _is_room(self, one: Invited) -> bool:
        known = self.house.by_address.get(one.address)
        return known.room is not None if known is not None else one.kind == "ROOM"

    def _is_device(self, one: Invited) -> bool:
        known = self.house.by_address.get(one.address)
        return known.item is not None if known is not None else one.kind == "RESOURCE"

    def _room(self, one: Invited) -> Room:
        known = self.house.by_address.get(one.address)
        if known is not None and known.room is not None:
            return known.room
        ref = Ref(connection=self.house.connection, kind="room", id=one.address)
        return Room(ref=ref, name=one.name or one.address, email=one.address)

    def _attendee(self, one: Invited) -> Attendee:
        role = next((role for role, name in ROLES.items() if name == one.role), Role.REQUIRED)
        response = next((answer for answer, name in ANSWERS.items() if name == one.answer), Response.NEEDS_ACTION)
        return Attendee(person=self.person(one), role=role, response=response)

    def _occurrence(self, one: Happening, zone: str) -> Occurrence:
        span = self.span(one, zone)
        if self._cancelled(one):
            rooms = [one for one in all_invited(one.component) if self._is_room(one)]
            gone = Mapped(value=ReservationState.CANCELLED)
            return Occurrence(
                span=span, state=gone,
                reservations=tuple(RoomReservation(room=self._room(room).ref, name=self._room(room).name, state=gone) for room in rooms),
            )  # fmt: skip
        reservations = tuple(self._reservation(room) for room in all_invited(one.component) if self._is_room(room))
        states = [reservation.state for reservation in reservations] or [Mapped(value=ReservationState.CONFIRMED)]
        order = (ReservationState.DECLINED, ReservationState.UNKNOWN, ReservationState.TENTATIVE, ReservationState.REQUESTED)
        worst = next((state for wanted in order for state in states if state.value is wanted), states[0])
        return Occurrence(
            span=span,
            state=worst,
            reservations=reservations,
            conflict=next((room.why for room in reservations if room.why), None),
        )

    def _reservation(self, one: Invited) -> RoomReservation:
        room = self._room(one)
        state = _STATES.get(one.answer, ReservationState.UNKNOWN)
        why = "the room declined" if state is ReservationState.DECLINED else None
        if one.undelivered and state is ReservationState.REQUESTED:
            state, why = ReservationState.UNKNOWN, f"the room was not asked: {one.status}"
        approver = room.approver if state is ReservationState.REQUESTED else None
        return RoomReservation(
            room=room.ref, name=room.name, state=Mapped(value=state, source=one.answer), why=why, approver=approver
        )

    def _orders(self, times: Sequence[Happening], uid: str, zone: str) -> Iterator[Order]:
        for time in times:
            for one in all_invited(time.component):
                if not self._is_device(one):
                    continue
                known = self.house.by_address.get(one.address)
                name = known.name if known is not None else one.name or one.address
                day = self.span(time, zone).local_start.date()
                state = OrderState.CANCELLED if self._cancelled(time) else _ORDERS.get(one.answer, OrderState.ORDERED)
                yield Order(
                    ref=Ref(connection=self.house.connection, kind="order", id=f"{uid}/{one.address}/{day}"),
                    date=day,
                    lines=(OrderedLine(name=name, kind=OrderKind.EQUIPMENT, quantity=1),),
                    state=Mapped(value=state, source=one.answer),
                )

    def _undelivered(self, people: Sequence[Invited]) -> Iterator[Component]:
        from workplace_sdk.services.common import ComponentState
        from workplace_sdk.services.rooms import Component as Part

        for one in people:
            if one.undelivered:
                yield Part(
                    what=one.name or one.address, state=ComponentState.REJECTED, why=f"not invited by the server: {one.status}"
                )

    @staticmethod
    def _cancelled(one: Happening) -> bool:
        return one.cancelled

    def span(self, one: Happening, zone: str) -> Span:
        """One time of an event; a moment is a minute."""
        return Span(start=one.start, end=max(one.end, one.start + timedelta(minutes=1)), zone=zone)

    def _created(self, main: Any) -> datetime | None:
        value = getattr(main.get("CREATED"), "dt", None)
        return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo is not None else None


def hidden(meeting: Meeting) -> Meeting:
    """What someone else may see of a private meeting."""
    return meeting.model_copy(
        update={"subject": "(private)", "body": None, "online": None, "attendees": (), "orders": (), "components": ()}
    )


def _online(event: Any) -> str | None:
    """The link by which people join from elsewhere: the first that is one, of several. Source: RFC 7986 5.11."""
    links = [str(one) for one in several(event.get("CONFERENCE"))]
    return next((link for link in links if re.match(JOINING, link)), None)
