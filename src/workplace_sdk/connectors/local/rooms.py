"""Rooms and meetings in the local store."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.rooms_booking import RoomWrites
from workplace_sdk.connectors.local.rooms_finding import RoomFinding
from workplace_sdk.connectors.local.rooms_tables import meeting_people, meeting_times, meetings, rooms, sites
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Gap, Listing, Missing
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
    Response,
    Room,
    RoomBooking,
    RoomOption,
    RoomQuery,
    RoomReleased,
    Scope,
    ServiceItem,
    Site,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
PAGE: Final = 50
EARLY: Final = timedelta(minutes=15)
"""How long before the start one can check in."""


class LocalRooms(RoomWrites, RoomFinding, RoomBooking):
    """Rooms of our own tables. Writers of one room wait for each other, so no room is booked twice."""

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
            found = self.room_models(connection, *([] if site is None else [sa.func.lower(sites.c.name) == site.lower()]))
            fit = (room for room in found if (room.capacity is None or room.capacity >= people) and features <= room.features)
            return Listing(fit, answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def find(self, query: RoomQuery) -> Steps[Listing[RoomOption]]:
        return (
            yield from self.reading(
                lambda connection: Listing(self.options(connection, query), answered=(self.connection_name,))
            )
        )

    @read(support=HERE)
    def busy(self, span: Span, *, people: tuple[PersonRef, ...] = (), rooms: tuple[Ref, ...] = ()) -> Steps[Listing[Busy]]:
        def query(connection: Connection) -> Listing[Busy]:
            found, gaps = list[Busy](), list[Gap]()
            ids: dict[int, PersonRef] = {}
            for person in people:
                try:
                    ids[self.employee(connection, person, field="people").id] = person
                except NotFound:
                    gaps.append(Gap(self.connection_name, Missing.NOT_SUPPORTED, f"{person.label} is not known here"))
            for one in self.engaged(connection, ids, span.start, span.end):
                when = Span(start=one.start, end=one.end, zone=span.zone)
                found.append(Busy(person=ids[one.person_id], span=when, tentative=one.tentative))
            wanted = {self.id_of(ref, "room"): ref for ref in rooms}
            for row in self.held(connection, wanted, span.start, span.end):
                if not self.lapsed(row):
                    when = Span(start=row.start, end=row.end, zone=span.zone)
                    found.append(Busy(room=wanted[row.room_id], span=when, tentative=row.state == "requested"))
            return Listing(sorted(found, key=lambda one: one.span.start), gaps=gaps, answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def menu(self, site: str | None = None, *, on: date | None = None) -> Steps[Listing[ServiceItem]]:
        def query(connection: Connection) -> Listing[ServiceItem]:
            found = self.menu_models(connection, site)
            if on is not None:
                latest = datetime.combine(on + timedelta(days=1), time(0), zone_of(self.session.zone))
                found = [item for item in found if (item.order_by(latest) or latest) > self.session.now()]
            return Listing(found, answered=(self.connection_name,))

        return (yield from self.reading(query))

    @write(Safety.KEYED, support=HERE)
    def book(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[Meeting]:
        return (
            yield from self.writing(
                key, "rooms.book", lambda connection: self.booked(connection, draft, str(key)), self.meeting
            )
        )

    @book.reconciles
    def book_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that *key* made."""
        return (yield from self.written(key, "rooms.book", self.meeting))

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[Meeting]:
        def query(connection: Connection) -> Meeting:
            return self._seen(connection, [self.meeting(connection, self.id_of(ref, "meeting"))])[0]

        return (yield from self.reading(query))

    @pages(support=HERE)
    def mine(
        self, person: PersonRef | None = None, *, since: date | None = None, until: date | None = None
    ) -> PageSteps[Meeting]:
        tz = zone_of(self.session.zone)
        start = datetime.combine(since or self.session.today(), time(0), tz)
        end = datetime.combine(until + timedelta(days=1), time(0), tz) if until else datetime(9999, 1, 1, tzinfo=UTC)
        after: tuple[datetime, int] | None = None
        while True:
            found = yield from self.reading(partial(self._mine, person, start, end, after))
            yield Page([meeting for _, meeting in found])
            if len(found) < PAGE:
                return
            after = (found[-1][0], int(found[-1][1].ref.id))

    def _mine(
        self,
        person: PersonRef | None,
        start: datetime,
        end: datetime,
        after: tuple[datetime, int] | None,
        connection: Connection,
    ) -> list[tuple[datetime, Meeting]]:
        """A page of meetings of someone, each with its first time from *start* on."""
        me = self.employee(connection, person).id
        firsts = {row.id: row.first for row in connection.execute(_meetings_of(me, start, end, after).limit(PAGE))}
        return list(zip(firsts.values(), self._seen(connection, self.meetings_of(connection, list(firsts))), strict=True))

    @write(Safety.KEYED, support=HERE)
    def change(
        self,
        ref: Ref,
        change: MeetingChange,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        id_ = self.id_of(ref, "meeting")

        def record(connection: Connection) -> int:
            return self.changed(connection, id_, change, scope, occurrence, accept_fee)

        return (yield from self.writing(key, "rooms.change", record, self.meeting))

    @change.reconciles
    def change_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that was changed with *key*."""
        return (yield from self.written(key, "rooms.change", self.meeting))

    @write(Safety.KEYED, support=HERE)
    def cancel(
        self,
        ref: Ref,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        reason: str | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        id_ = self.id_of(ref, "meeting")

        def record(connection: Connection) -> int:
            return self.cancelled(connection, id_, scope, occurrence, reason, accept_fee)

        return (yield from self.writing(key, "rooms.cancel", record, self.meeting))

    @cancel.reconciles
    def cancel_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that was cancelled with *key*."""
        return (yield from self.written(key, "rooms.cancel", self.meeting))

    @write(Safety.KEYED, support=HERE)
    def respond(self, ref: Ref, response: Response, *, key: Key | None = None) -> Steps[Meeting]:
        id_ = self.id_of(ref, "meeting")

        def record(connection: Connection) -> int:
            self.locked_times(connection, id_)
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
            _, times = self._with_rooms(connection, id_)
            near = [
                row
                for some in times.values()
                for row in some
                if row.room_id is not None and row.start <= now + EARLY and row.end > now
            ]
            if not near:
                raise CheckInTooEarly("it does not begin within a quarter of an hour", field="ref")
            ids = [row.id for row in near if row.state == "confirmed"]
            if not ids and any(row.state == "released" for row in near):
                raise RoomReleased("it was released", field="ref")
            if not ids:
                raise Conflict(f"its room is {near[0].state}", field="ref", native_code=near[0].state)
            connection.execute(meeting_times.update().where(meeting_times.c.id.in_(ids)).values(checked_in_at=now))
            return id_

        return (yield from self.writing(key, "rooms.check_in", record, self.meeting))

    @write(Safety.KEYED, support=HERE)
    def release(self, ref: Ref, *, occurrence: date | None = None, key: Key | None = None) -> Steps[Meeting]:
        id_ = self.id_of(ref, "meeting")

        def record(connection: Connection) -> int:
            now = self.session.now()
            meeting, times = self._with_rooms(connection, id_)
            ahead = [some for some in times.values() if some[0].end > now]
            if occurrence is not None:
                ahead = [some for some in ahead if some[0].start.astimezone(zone_of(meeting.zone)).date() == occurrence]
            ids = (
                [row.id for row in ahead[0] if row.state in ("confirmed", "requested") and row.room_id is not None]
                if ahead
                else []
            )
            if not ids:
                raise Conflict("there is no room to give back", field="ref")
            begun = ahead[0][0].start < now
            values = {"end": now} if begun else {"state": "released", "conflict": "given back"}
            connection.execute(meeting_times.update().where(meeting_times.c.id.in_(ids)).values(**values))
            return id_

        return (yield from self.writing(key, "rooms.release", record, self.meeting))

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Meeting]:
        def query(connection: Connection) -> list[Meeting]:
            me = self.employee(connection, person).id
            chosen = (
                sa.select(meeting_times.c.meeting_id)
                .join(rooms, rooms.c.id == meeting_times.c.room_id)
                .where(
                    rooms.c.approver_id == me, meeting_times.c.state == "requested", meeting_times.c.end > self.session.now()
                )
                .distinct()
                .order_by(meeting_times.c.meeting_id)
            )
            return self._seen(connection, self.meetings_of(connection, list(connection.execute(chosen).scalars())))

        yield Page((yield from self.reading(query)))

    @write(Safety.KEYED, support=HERE)
    def decide(self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None) -> Steps[Meeting]:
        id_ = self.id_of(ref, "meeting")
        if decision is Decision.RETURN:
            raise InvalidInput("a room is approved or rejected", field="decision")

        def record(connection: Connection) -> int:
            meeting, times = self._with_rooms(connection, id_)
            waiting = [row for some in times.values() for row in some if row.state == "requested"]
            me = self._caller_id(connection)
            own: set[int] = (
                set(connection.execute(sa.select(rooms.c.id).where(rooms.c.approver_id == me)).scalars())
                if me is not None
                else set()
            )
            # Who approves none of these rooms was let in by a role or a delegation, and decides about all of them.
            waiting = [row for row in waiting if row.room_id in own] or waiting
            if not waiting:
                raise Conflict("nothing of it waits for approval", field="ref")
            if me is not None and me == meeting.organizer_id and not own:
                raise Conflict("nobody decides about their own meeting", field="ref")
            self._decided(connection, waiting, approved=decision is Decision.APPROVE, comment=comment)
            return id_

        return (yield from self.writing(key, "rooms.decide", record, self.meeting))

    def _decided(self, connection: Connection, rows: list[Any], *, approved: bool, comment: str | None) -> None:
        now = self.session.now()
        values: dict[str, Any] = {"state": "confirmed" if approved else "declined", "conflict": comment}
        for late in (False, True):  # who hears too late that they may have it need not check in
            ids = [row.id for row in rows if (row.start <= now) is late]
            more = {"check_in_by": None} if late else {}
            connection.execute(meeting_times.update().where(meeting_times.c.id.in_(ids)).values(**values, **more))

    def _with_rooms(self, connection: Connection, id_: int) -> tuple[Any, dict[int, list[Any]]]:
        """A meeting and the rows of its times, with its rooms, kept from other writers."""
        row, times = self.locked_times(connection, id_)
        self.lock_rooms(connection, [time.room_id for some in times.values() for time in some if time.room_id is not None])
        return row, self.locked_times(connection, id_)[1]  # as they are now that the rooms are kept

    def _seen(self, connection: Connection, found: list[Meeting]) -> list[Meeting]:
        """What the caller may see: of a private meeting of others no more than when and where it is."""
        if not any(meeting.private for meeting in found):
            return found
        me = self._caller_id(connection)
        mine = self.ref("person", me) if me is not None else None
        hidden: Mapping[str, Any] = {"subject": "(private)", "body": None, "attendees": (), "orders": (), "components": ()}
        return [
            meeting
            if not meeting.private
            or (mine is not None and mine in {meeting.organizer.ref, *(one.person.ref for one in meeting.attendees)})
            else meeting.model_copy(update=hidden)
            for meeting in found
        ]


def _meetings_of(person_id: int, start: datetime, end: datetime, after: tuple[datetime, int] | None) -> Any:
    """Meetings of someone with a time from *start* to *end*, by the first such time."""
    attending = sa.select(meeting_people.c.meeting_id).where(
        meeting_people.c.person_id == person_id, meeting_people.c.response != "declined"
    )
    times = meeting_times.c
    first = sa.func.min(times.start).label("first")
    chosen = (
        sa.select(meetings.c.id, sa.type_coerce(first, times.start.type).label("first"))
        .join(meeting_times, times.meeting_id == meetings.c.id)
        .where((meetings.c.organizer_id == person_id) | meetings.c.id.in_(attending))
        .where(times.start < end, times.end > start, times.state != "cancelled")
        .group_by(meetings.c.id)
        .order_by(first, meetings.c.id)
    )
    if after is not None:
        chosen = chosen.having((first > after[0]) | ((first == after[0]) & (meetings.c.id > after[1])))
    return chosen
