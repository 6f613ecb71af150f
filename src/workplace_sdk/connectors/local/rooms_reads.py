"""What can be asked about rooms and meetings in the local store."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.rooms_finding import RoomFinding
from workplace_sdk.connectors.local.rooms_tables import meeting_people, meeting_times, meetings, room_waits, rooms, sites
from workplace_sdk.connectors.local.rooms_waiting import RoomWaits
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import pages, read
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import PersonRef, Ref, Span, zone_of
from workplace_sdk.services.rooms import (
    Busy,
    Feature,
    Meeting,
    Room,
    RoomBooking,
    RoomOption,
    RoomQuery,
    ServiceItem,
    Site,
    WaitlistEntry,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
PAGE: Final = 50


class RoomReads(RoomWaits, RoomFinding, RoomBooking):
    """Reading rooms and meetings from our own tables."""

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
            for person, row in zip(people, self.employees(connection, people, field="people"), strict=True):
                if row is None:
                    gaps.append(Gap(self.connection_name, Missing.NOT_SUPPORTED, f"{person.label} is not known here"))
                else:
                    ids[row.id] = person
            for one in self.engaged(connection, ids, span.start, span.end):
                when = Span(start=one.start, end=one.end, zone=span.zone)
                found.append(Busy(person=ids[one.person_id], span=when, tentative=one.tentative))
            wanted = {self.id_of(ref, "room"): ref for ref in rooms}
            for row in self.held(connection, wanted, [span]):
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

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[Meeting]:
        def query(connection: Connection) -> Meeting:
            return self.seen(connection, [self.meeting(connection, self.id_of(ref, "meeting"))])[0]

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
        return list(zip(firsts.values(), self.seen(connection, self.meetings_of(connection, list(firsts))), strict=True))

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Meeting]:
        last = 0
        while True:
            found = yield from self.reading(partial(self._waiting, person, last))
            yield Page(found)
            if len(found) < PAGE:
                return
            last = int(found[-1].ref.id)

    def _waiting(self, person: PersonRef | None, after: int, connection: Connection) -> list[Meeting]:
        """A page of meetings whose rooms wait for the approval of someone."""
        times, now = meeting_times.c, self.session.now()
        chosen = (
            sa.select(times.meeting_id)
            .join(rooms, rooms.c.id == times.room_id)
            .where(rooms.c.approver_id == self.employee(connection, person).id)
            .where(times.state == "requested", times.end > now, times.meeting_id > after)
            .distinct()
            .order_by(times.meeting_id)
        )
        ids = list(connection.execute(chosen.limit(PAGE)).scalars())
        return self.seen(connection, self.meetings_of(connection, ids))

    @read(support=HERE)
    def waitlist(self, person: PersonRef | None = None) -> Steps[Listing[WaitlistEntry]]:
        def query(connection: Connection) -> Listing[WaitlistEntry]:
            mine = room_waits.c.person_id == self.employee(connection, person).id
            found = self.entries(
                connection, mine, room_waits.c.end > self.session.now(), room_waits.c.state.in_(("waiting", "booked"))
            )
            return Listing(found, answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def waitlist_entry(self, ref: Ref) -> Steps[WaitlistEntry]:
        id_ = self.id_of(ref, "wait")
        return (yield from self.reading(lambda connection: self.entry(connection, id_)))

    def seen(self, connection: Connection, found: list[Meeting]) -> list[Meeting]:
        """What the caller may see: of a private meeting of others no more than when and where it is."""
        if not any(meeting.private for meeting in found):
            return found
        me = self._caller_id(connection)
        mine = self.ref("person", me) if me is not None else None
        hidden: Mapping[str, Any] = {
            "subject": "(private)", "body": None, "online": None, "attendees": (), "orders": (), "components": (),
        }  # fmt: skip
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
