"""Finding rooms that are free and fit, ranked with the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.rooms_free import Engaged, RoomsFree
from workplace_sdk.connectors.local.rooms_tables import rooms, sites
from workplace_sdk.services.common import PersonRef, Span
from workplace_sdk.services.rooms import Bookability, Room, RoomOption, RoomQuery, occurrences
from workplace_sdk.services.rooms_ranking import EACH, free_times, option, seats_of
from workplace_sdk.services.rooms_rules import room_problems
from workplace_sdk.services.rooms_times import Interval, overlaps

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


@frozen
class _Search:
    """A query with what is known about it."""

    query: RoomQuery
    seats: int
    now: datetime
    near: str | None
    required: Mapping[int, PersonRef]
    optional: Mapping[int, PersonRef]
    engaged: Sequence[Engaged]

    def absent(self, start: datetime, end: datetime) -> tuple[PersonRef, ...]:
        """Who of those asked for is not free at some moment from *start* to *end*."""
        ids = {one.person_id for one in self.engaged if one.start < end and one.end > start}
        return tuple(person for id_, person in {**self.required, **self.optional}.items() if id_ in ids)


class RoomFinding(RoomsFree):
    """What ``find`` is made of."""

    def options(self, connection: Connection, query: RoomQuery) -> list[RoomOption]:
        """Free rooms that fit, the best first."""
        spans = list(occurrences(query.span, query.rrule)) if query.span is not None else list[Span]()
        whole = query.within or Span(start=spans[0].start, end=spans[-1].end, zone=spans[0].zone)
        fit = self._fitting(connection, query, spans)
        search = self._search(connection, query, whole)
        taken = self.taken(connection, [int(room.ref.id) for room in fit], spans or [whole])
        found: list[RoomOption] = []
        for room in fit:
            held = taken.get(int(room.ref.id), [])
            if query.span is not None:
                if spans[0].end > search.now and not any(overlaps(held, span.start, span.end) for span in spans):
                    found.append(_option(search, room, spans[0], spans))
            else:
                found += [_option(search, room, span, [span]) for span in islice(self._slots(search, room, held), EACH)]
        found.sort(key=lambda option: (-option.score, option.span.start, option.room.name))
        return found[: query.limit]

    def _fitting(self, connection: Connection, query: RoomQuery, spans: Sequence[Span]) -> list[Room]:
        """Rooms that seat so many, have what is required, and can be booked by the caller, whoever else has booked."""
        conditions = [] if query.site is None else [sa.func.lower(sites.c.name) == query.site.lower()]
        if query.span is not None:
            asked = list(spans)
        else:
            assert query.within is not None
            assert query.duration is not None
            start = max(query.within.start, self.session.now())
            asked = [Span(start=start, end=start + query.duration, zone=query.within.zone)]
        seats, now = query.seats_with(self.session.caller), self.session.now()
        fit = [
            room
            for room in self.room_models(connection, rooms.c.bookability != Bookability.NOT_BOOKABLE.value, *conditions)
            if seats_of(room, query.layout) is not None
            and (query.layout is None or query.layout in room.layouts)
            and query.required <= room.features
            and not any(room_problems([room], asked, people=seats, now=now, layout=query.layout))
        ]
        restricted = [room for room in fit if room.bookability is Bookability.RESTRICTED]
        theirs = self.theirs_to_book(connection, restricted, self._caller_id(connection))
        return [room for room in fit if room.bookability is not Bookability.RESTRICTED or room.ref in theirs]

    def _search(self, connection: Connection, query: RoomQuery, whole: Span) -> _Search:
        required, optional = (self._known(connection, people) for people in (query.attendees, query.optional))
        engaged = self.engaged(connection, [*required, *optional], whole.start, whole.end)
        seats = query.seats_with(self.session.caller)
        return _Search(query, seats, self.session.now(), self._near(connection, query), required, optional, engaged)

    def _known(self, connection: Connection, people: Sequence[PersonRef]) -> dict[int, PersonRef]:
        """Those who are in this store; of others nothing is known."""
        rows = self.employees(connection, people, field="attendees")
        return {row.id: person for person, row in zip(people, rows, strict=True) if row is not None}

    def _near(self, connection: Connection, query: RoomQuery) -> str | None:
        """The site or building that is preferred."""
        if query.near is None or isinstance(query.near, str):
            return query.near
        site: str | None = self.employee(connection, query.near, field="near").site
        return site

    def _slots(self, search: _Search, room: Room, held: Sequence[Interval]) -> Any:
        """Times at which a room and everyone who has to come are free, by time."""
        away = [(one.start, one.end) for one in search.engaged if one.person_id in search.required]
        return free_times(search.query, room, [*held, *away], now=search.now)


def _option(search: _Search, room: Room, span: Span, spans: Sequence[Span]) -> RoomOption:
    """The offer with its score."""
    absent = tuple(dict.fromkeys(person for one in spans for person in search.absent(one.start, one.end)))
    asked = len(search.required) + len(search.optional)
    return option(search.query, room, span, seats=search.seats, near=search.near, asked=asked, absent=absent)
