"""Rooms and meetings in the local store. Who wants a room waits for its row, so nothing is booked twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.rooms_booking import RoomWrites
from workplace_sdk.connectors.local.rooms_tables import meeting_people, meeting_times, meetings, menu_items, rooms, sites
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import pages, read, write
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Decision, Money, PersonRef, Ref, Span, zone_of
from workplace_sdk.services.rooms import (
    Busy,
    CheckInTooEarly,
    Feature,
    Meeting,
    MeetingChange,
    MeetingDraft,
    OrderKind,
    Response,
    Room,
    RoomBooking,
    RoomOption,
    RoomQuery,
    Scope,
    ServiceItem,
    Site,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
STEP: Final = timedelta(minutes=15)
DAY: Final = (time(8), time(18))


class LocalRooms(RoomWrites, RoomBooking):
    """Rooms of our own tables."""

    @read(support=HERE)
    def sites(self) -> Steps[Listing[Site]]:
        def query(connection: Connection) -> Listing[Site]:
            rows = connection.execute(sa.select(sites).order_by(sites.c.name)).all()
            found = (Site(ref=self.ref("site", row.id), name=row.name, zone=row.zone, address=row.address) for row in rows)
            return Listing(found, answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def rooms(
        self, *, site: str | None = None, people: int = 1, features: frozenset[Feature] = frozenset()
    ) -> Steps[Listing[Room]]:
        def query(connection: Connection) -> Listing[Room]:
            found = [self.room_of(row) for row in self.room_rows(connection, *_at(site))]
            fit = (room for room in found if (room.capacity is None or room.capacity >= people) and features <= room.features)
            return Listing(fit, answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def find(self, query: RoomQuery) -> Steps[Listing[RoomOption]]:
        return (
            yield from self.reading(
                lambda connection: Listing(self._options(connection, query), answered=(self.connection_name,))
            )
        )

    def _options(self, connection: Connection, query: RoomQuery) -> list[RoomOption]:
        bookable = rooms.c.bookability.in_(("open", "approval"))
        found = [self.room_of(row) for row in self.room_rows(connection, bookable, *_at(query.site))]
        people = max(query.people, len(query.attendees))
        fit = [
            room for room in found if room.capacity is not None and room.capacity >= people and query.required <= room.features
        ]
        whole = query.span or query.within
        if not fit or whole is None:
            return []
        taken: dict[str, list[Any]] = {}
        for row in self.taken(connection, [int(room.ref.id) for room in fit], whole.start, whole.end):
            taken.setdefault(str(row.room_id), []).append(row)
        ids = {self.employee(connection, one, field="attendees").id: one for one in query.attendees}
        engaged = self.busy_people(connection, ids, whole.start, whole.end) if ids else []
        options: list[RoomOption] = []
        for number, span in enumerate(_slots(query, self.session.now())):
            busy = {row.person_id for row in engaged if row.start < span.end and row.end > span.start}
            absent = tuple(ids[one] for one in ids if one in busy)
            free = [
                room
                for room in fit
                if not any(row.start < span.end and row.end > span.start for row in taken.get(room.ref.id, ()))
            ]
            options += [_option(room, span, people, query, absent, number) for room in free]
            if len(options) > 50 * query.limit:
                break
        options.sort(key=lambda option: (-option.score, option.span.start, option.room.name))
        return options[: query.limit]

    @read(support=HERE)
    def busy(self, span: Span, *, people: tuple[PersonRef, ...] = (), rooms: tuple[Ref, ...] = ()) -> Steps[Listing[Busy]]:
        def query(connection: Connection) -> Listing[Busy]:
            ids = {self.employee(connection, one, field="people").id: one for one in people}
            found = [
                Busy(person=ids[row.person_id], span=Span(start=row.start, end=row.end, zone=row.zone))
                for row in (self.busy_people(connection, ids, span.start, span.end) if ids else ())
            ]
            held = self.taken(connection, [self.id_of(ref, "room") for ref in rooms], span.start, span.end) if rooms else ()
            found += [
                Busy(room=self.ref("room", row.room_id), span=Span(start=row.start, end=row.end, zone=span.zone))
                for row in held
            ]
            return Listing(sorted(found, key=lambda one: one.span.start), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def menu(self, site: str | None = None) -> Steps[Listing[ServiceItem]]:
        def query(connection: Connection) -> Listing[ServiceItem]:
            chosen = sa.select(menu_items, sites.c.name.label("site")).outerjoin(sites, sites.c.id == menu_items.c.site_id)
            if site is not None:
                chosen = chosen.where(menu_items.c.site_id.is_(None) | (sa.func.lower(sites.c.name) == site.lower()))
            rows = connection.execute(chosen.order_by(menu_items.c.kind, menu_items.c.name)).all()
            return Listing(map(self._item, rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    def _item(self, row: Any) -> ServiceItem:
        return ServiceItem(
            ref=self.ref("item", row.id),
            name=row.name,
            kind=OrderKind(row.kind),
            site=row.site,
            price=Money(amount=row.price, currency=row.currency) if row.price is not None else None,
            order_before=timedelta(minutes=row.order_before_minutes) if row.order_before_minutes else None,
            cancel_before=timedelta(minutes=row.cancel_before_minutes) if row.cancel_before_minutes else None,
            stock=row.stock,
        )

    @write(Safety.KEYED, support=HERE)
    def book(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[Meeting]:
        return (yield from self.writing(key, "rooms.book", lambda connection: self.booked(connection, draft), self.meeting))

    @book.reconciles
    def book_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that *key* made."""
        return (yield from self.written(key, "rooms.book", self.meeting))

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[Meeting]:
        return (yield from self.reading(lambda connection: self.meeting(connection, self.id_of(ref, "meeting"))))

    @pages(support=HERE)
    def mine(
        self, person: PersonRef | None = None, *, since: date | None = None, until: date | None = None
    ) -> PageSteps[Meeting]:
        tz = zone_of(self.session.zone)
        start = datetime.combine(since or self.session.today(), time(0), tz)
        end = datetime.combine(until + timedelta(days=1), time(0), tz) if until else datetime(9999, 1, 1, tzinfo=UTC)

        def query(connection: Connection) -> list[Meeting]:
            me = self.employee(connection, person).id
            attending = sa.select(meeting_people.c.meeting_id).where(meeting_people.c.person_id == me)
            within = (
                (meeting_times.c.start < end)
                & (meeting_times.c.end > start)
                & meeting_times.c.state.not_in(("cancelled", "declined"))
            )
            chosen = (
                sa.select(meetings.c.id)
                .join(meeting_times, meeting_times.c.meeting_id == meetings.c.id)
                .where((meetings.c.organizer_id == me) | meetings.c.id.in_(attending), within)
                .group_by(meetings.c.id)
                .order_by(sa.func.min(meeting_times.c.start), meetings.c.id)
            )
            return [self.meeting(connection, id_) for id_ in connection.execute(chosen).scalars()]

        yield Page((yield from self.reading(query)))

    @write(Safety.KEYED, support=HERE)
    def change(
        self,
        ref: Ref,
        change: MeetingChange,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        id_ = self.id_of(ref, "meeting")
        return (
            yield from self.writing(
                key, "rooms.change", lambda connection: self.changed(connection, id_, change, scope, occurrence), self.meeting
            )
        )

    @write(Safety.KEYED, support=HERE)
    def cancel(
        self,
        ref: Ref,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        reason: str | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        id_ = self.id_of(ref, "meeting")
        return (
            yield from self.writing(
                key, "rooms.cancel", lambda connection: self.cancelled(connection, id_, scope, occurrence), self.meeting
            )
        )

    @write(Safety.KEYED, support=HERE)
    def respond(self, ref: Ref, response: Response, *, key: Key | None = None) -> Steps[Meeting]:
        id_ = self.id_of(ref, "meeting")

        def record(connection: Connection) -> int:
            mine = (meeting_people.c.meeting_id == id_) & (meeting_people.c.person_id == self.employee(connection, None).id)
            if not connection.execute(meeting_people.update().where(mine).values(response=response.value)).rowcount:
                raise NotFound(f"you are not invited to {ref}", field="ref")
            return id_

        return (yield from self.writing(key, "rooms.respond", record, self.meeting))

    @write(Safety.KEYED, support=HERE)
    def check_in(self, ref: Ref, *, key: Key | None = None) -> Steps[Meeting]:
        id_ = self.id_of(ref, "meeting")

        def record(connection: Connection) -> int:
            now = self.session.now()
            near = (meeting_times.c.start <= now + STEP) & (meeting_times.c.end > now) & (meeting_times.c.state == "confirmed")
            chosen = meeting_times.update().where(meeting_times.c.meeting_id == id_, near).values(checked_in_at=now)
            self.meeting(connection, id_)
            if not connection.execute(chosen).rowcount:
                raise CheckInTooEarly("it does not begin within a quarter of an hour", field="ref")
            return id_

        return (yield from self.writing(key, "rooms.check_in", record, self.meeting))

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Meeting]:
        def query(connection: Connection) -> list[Meeting]:
            me = self.employee(connection, person).id
            chosen = (
                sa.select(meeting_times.c.meeting_id)
                .join(rooms, rooms.c.id == meeting_times.c.room_id)
                .where(rooms.c.approver_id == me, meeting_times.c.state == "requested")
                .distinct()
                .order_by(meeting_times.c.meeting_id)
            )
            return [self.meeting(connection, id_) for id_ in connection.execute(chosen).scalars()]

        yield Page((yield from self.reading(query)))

    @write(Safety.KEYED, support=HERE)
    def decide(self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None) -> Steps[Meeting]:
        id_ = self.id_of(ref, "meeting")
        if decision is Decision.RETURN:
            raise InvalidInput("a room is approved or rejected", field="decision")

        def record(connection: Connection) -> int:
            self.meeting(connection, id_)
            me = self._caller_id(connection)
            mine = sa.select(rooms.c.id).where(rooms.c.approver_id == me)
            waiting = (
                (meeting_times.c.meeting_id == id_) & (meeting_times.c.state == "requested") & meeting_times.c.room_id.in_(mine)
            )
            state = "confirmed" if decision is Decision.APPROVE else "declined"
            if not connection.execute(meeting_times.update().where(waiting).values(state=state, conflict=comment)).rowcount:
                raise Conflict("nothing of it waits for your approval", field="ref")
            return id_

        return (yield from self.writing(key, "rooms.decide", record, self.meeting))


def _at(site: str | None) -> tuple[Any, ...]:
    return () if site is None else (sa.func.lower(sites.c.name) == site.lower(),)


def _slots(query: RoomQuery, now: datetime) -> list[Span]:
    """Times to try: the one asked for, or every quarter of an hour of the working days within."""
    if query.span is not None:
        return [query.span]
    assert query.within is not None
    assert query.duration is not None
    within, slots = query.within, list[Span]()
    start = max(within.start, now.astimezone(UTC))
    rounded = start.replace(minute=start.minute - start.minute % 15, second=0, microsecond=0)
    start = rounded if rounded >= start else rounded + STEP
    while start + query.duration <= within.end and len(slots) < 5000:
        span = Span(start=start, end=start + query.duration, zone=within.zone)
        begin, end = span.local_start, span.local_end
        if begin.weekday() < 5 and begin.time() >= DAY[0] and end.date() == begin.date() and end.time() <= DAY[1]:
            slots.append(span)
        start += STEP
    return slots


def _option(room: Room, span: Span, people: int, query: RoomQuery, busy: tuple[PersonRef, ...], number: int) -> RoomOption:
    """Score: half for seats (little more than needed is best), three tenths for preferences, two tenths for people and time."""
    capacity = room.capacity or people
    missing = query.preferred - room.features
    seats = Decimal(people) / Decimal(max(capacity, 1))
    preference = Decimal(1) if not query.preferred else 1 - Decimal(len(missing)) / len(query.preferred)
    there = Decimal(1) if not query.attendees else 1 - Decimal(len(busy)) / len(query.attendees)
    score = Decimal("0.5") * seats + Decimal("0.3") * preference + Decimal("0.2") * there - Decimal(min(number, 1000)) / 100_000
    reasons = (f"seats {capacity}", *(feature.value for feature in sorted(query.preferred & room.features)))
    return RoomOption(room=room, span=span, score=max(Decimal(0), round(score, 4)), reasons=reasons, missing=missing, busy=busy)
