"""Finding rooms that are free and fit, ranked with the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.rooms_free import Engaged, RoomsFree
from workplace_sdk.connectors.local.rooms_tables import rooms, sites
from workplace_sdk.services.common import PersonRef, Span, in_utc
from workplace_sdk.services.rooms import Bookability, Feature, Layout, Reason, Room, RoomOption, RoomQuery, occurrences
from workplace_sdk.services.rooms_rules import room_problems
from workplace_sdk.services.rooms_times import Interval, office_hours, overlaps, slots, without
from workplace_sdk.services.vocabulary import word

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

EACH: Final = 3
"""Times offered for each room, the earliest."""
_SEATS, _PREFERRED, _NEAR, _PEOPLE, _EARLY = (Decimal(part) for part in ("0.4", "0.2", "0.15", "0.15", "0.1"))


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
            if _seats(room, query.layout) is not None
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
        query = search.query
        assert query.within is not None
        assert query.duration is not None
        within, now = query.within, search.now
        wanted = office_hours(within) if query.office_hours else [(in_utc(within.start), in_utc(within.end))]
        until = in_utc(within.end) if room.ahead is None else min(in_utc(within.end), now + room.ahead + query.duration)
        open_ = [(max(start, now), min(end, until)) for start, end in wanted if max(start, now) < min(end, until)]
        away = [(one.start, one.end) for one in search.engaged if one.person_id in search.required]
        tz = within.local_start.tzinfo
        local = [(start.astimezone(tz), end.astimezone(tz)) for start, end in without(open_, [*held, *away])]
        return (Span(start=start, end=end, zone=within.zone) for start, end in slots(local, query.duration))


def _option(search: _Search, room: Room, span: Span, spans: Sequence[Span]) -> RoomOption:
    """The offer with its score: mostly for seats, then preferences, nearness, who can come, and how soon."""
    query = search.query
    capacity = _seats(room, query.layout) or 1
    missing = query.preferred - room.features
    absent = tuple(dict.fromkeys(person for one in spans for person in search.absent(one.start, one.end)))
    near = search.near is not None and search.near.casefold() in {
        (room.site or "").casefold(),
        (room.building or "").casefold(),
    }
    asked = len(search.required) + len(search.optional)
    score = _SEATS * min(Decimal(1), Decimal(search.seats) / capacity)
    score += _PREFERRED * (1 if not query.preferred else Decimal(len(query.preferred - missing)) / len(query.preferred))
    score += _NEAR * (1 if near or search.near is None else 0)
    score += _PEOPLE * (1 if not asked else 1 - Decimal(len(absent)) / asked)
    score += _EARLY * _soon(query, span)
    if room.bookability is Bookability.APPROVAL:
        score *= Decimal("0.9")
    reasons = _reasons(room, capacity, sorted(query.preferred & room.features), near=near, everyone=bool(asked) and not absent)
    return RoomOption(room=room, span=span, score=round(score, 4), reasons=reasons, missing=missing, busy=absent)


def _seats(room: Room, layout: Layout | None) -> int | None:
    return room.seats(layout) if layout in room.layouts else room.capacity


def _soon(query: RoomQuery, span: Span) -> Decimal:
    """1 at the start of the time searched, 0 at its end."""
    if query.within is None:
        return Decimal(1)
    minute = timedelta(minutes=1)
    later = in_utc(span.start) - in_utc(query.within.start)
    return 1 - Decimal(later // minute) / max(1, query.within.length // minute)


def _reasons(room: Room, capacity: int, preferred: Sequence[Feature], *, near: bool, everyone: bool) -> tuple[Reason, ...]:
    found = [Reason(code="seats", en=f"seats {capacity}", nl=f"{capacity} plaatsen")]
    found += [
        Reason(code=f"has_{feature}", en=f"has {word(feature)}", nl=f"heeft {word(feature, 'nl')}") for feature in preferred
    ]
    if near:
        found.append(Reason(code="near", en=f"at {room.building or room.site}", nl=f"in {room.building or room.site}"))
    if everyone:
        found.append(Reason(code="everyone_free", en="everyone is free", nl="iedereen is vrij"))
    if room.bookability is Bookability.APPROVAL:
        found.append(Reason(code="approval", en="needs approval", nl="moet worden goedgekeurd"))
    if room.bookability is Bookability.RESTRICTED:
        found.append(Reason(code="restricted", en="not for everyone, but for you", nl="niet voor iedereen, wel voor u"))
    return tuple(found)
