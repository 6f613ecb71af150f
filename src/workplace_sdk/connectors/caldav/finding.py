"""What there is, when it is free, and what fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Final

from workplace_sdk.connectors.caldav.base import CaldavBase
from workplace_sdk.connectors.caldav.house import Bookable, Member
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import NotFound, NotSupported
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import read
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import PersonRef, Ref, Span
from workplace_sdk.services.rooms import (
    Bookability,
    Busy,
    Feature,
    OccurrenceConflict,
    Room,
    RoomConflict,
    RoomOption,
    RoomQuery,
    ServiceItem,
    Site,
    occurrences,
)
from workplace_sdk.services.rooms_ranking import EACH, free_times, option
from workplace_sdk.services.rooms_rules import room_problems
from workplace_sdk.services.rooms_times import Interval, merged, overlaps
from workplace_sdk.wires.caldav.freebusy import Period

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE: Final = Native(evidence="live")
MOST_ALTERNATIVES: Final = 5


class CaldavFinding(CaldavBase):
    """Rooms by the settings, and by what their calendars say."""

    @read(support=Native(evidence="live", note="of rooms in the settings"))
    def sites(self) -> Steps[Listing[Site]]:
        zones: dict[str, str] = {}
        for one in self.house.rooms:
            if one.room is not None and one.room.site is not None:
                zones.setdefault(one.room.site, one.room.zone or self.session.zone)
        found = [
            Site(ref=Ref(connection=self.connection_name, kind="site", id=name), name=name, zone=zone)
            for name, zone in zones.items()
        ]
        return Listing(sorted(found, key=lambda site: site.name), answered=(self.connection_name,))
        yield

    @read(support=Native(evidence="live", note="capacity and features by the settings"))
    def rooms(
        self, *, site: str | None = None, people: int = 1, features: frozenset[Feature] = frozenset()
    ) -> Steps[Listing[Room]]:
        fit = [
            room
            for one in self.house.rooms
            if (room := one.room) is not None
            and (site is None or (room.site or "").casefold() == site.casefold())
            and (room.capacity is None or room.capacity >= people)
            and features <= room.features
        ]
        fit.sort(key=lambda room: (room.capacity is None, room.capacity or 0, room.name))
        return Listing(fit, answered=(self.connection_name,))
        yield

    @read(support=Native(evidence="live", note="equipment that has a calendar"))
    def menu(self, site: str | None = None, *, on: date | None = None) -> Steps[Listing[ServiceItem]]:
        found = [
            one.item
            for one in self.house.equipment
            if one.item is not None and (site is None or one.item.site is None or one.item.site.casefold() == site.casefold())
        ]
        return Listing(sorted(found, key=lambda item: item.name), answered=(self.connection_name,))
        yield

    @read(support=HERE)
    def busy(self, span: Span, *, people: tuple[PersonRef, ...] = (), rooms: tuple[Ref, ...] = ()) -> Steps[Listing[Busy]]:
        known, gaps = yield from self._known(people)
        asked = {ref: self._by_ref(ref) for ref in rooms}
        members: dict[str, Member] = {one.address: one for one in (*known.values(), *asked.values())}
        told = (yield from self.engaged(list(members.values()), span.start, span.end)) if members else {}
        found: list[Busy] = []
        for person, member in known.items():
            found += [
                Busy(person=person, span=when, tentative=soft) for when, soft in self._spans(told[member.address], span, gaps)
            ]
        for ref, one in asked.items():
            found += [Busy(room=ref, span=when, tentative=soft) for when, soft in self._spans(told[one.address], span, gaps)]
        return Listing(
            sorted(found, key=lambda one: one.span.start), gaps=dict.fromkeys(gaps), answered=(self.connection_name,)
        )

    @read(support=HERE)
    def find(self, query: RoomQuery) -> Steps[Listing[RoomOption]]:
        if isinstance(query.near, PersonRef):
            raise NotSupported("where people sit is not known here: name a site", field="near")
        spans = list(occurrences(query.span, query.rrule)) if query.span is not None else list[Span]()
        whole = query.within or Span(start=spans[0].start, end=spans[-1].end, zone=spans[0].zone)
        fit = self._fitting(query, spans)
        if query.span is not None and spans[0].end <= self.session.now():
            fit = []
        people, gaps = yield from self._known((*query.attendees, *query.optional))
        members: dict[str, Member] = {one.address: one for one in (*people.values(), *fit)}
        told = (yield from self.engaged(list(members.values()), whole.start, whole.end)) if fit else {}
        away = {person: self._intervals(told[one.address], gaps) for person, one in people.items()} if fit else {}
        search = _Search(query, away)
        found: list[RoomOption] = []
        for one in fit:
            assert one.room is not None
            answer = told[one.address]
            if isinstance(answer, str):
                gaps.append(Gap(self.connection_name, Missing.NO_ANSWER, f"{one.name}: {answer}"))
                continue
            held = merged((period.start, period.end) for period in answer)
            if query.span is not None:
                if not any(overlaps(held, span.start, span.end) for span in spans):
                    found.append(search.option(one.room, spans[0], spans))
            else:
                times = free_times(query, one.room, [*held, *search.required], now=self.session.now())
                found += [search.option(one.room, span, [span]) for span in islice(times, EACH)]
        found.sort(key=lambda option: (-option.score, option.span.start, option.room.name))
        return Listing(found[: query.limit], gaps=dict.fromkeys(gaps), answered=(self.connection_name,))

    def conflict(
        self, taken: Mapping[Bookable, Sequence[Span]], spans: Sequence[Span], *, people: int, features: frozenset[Feature]
    ) -> Steps[RoomConflict]:
        """The error for what is taken, with rooms that are free instead: at each time, and at all of them."""
        start, end = min(span.start for span in spans), max(span.end for span in spans)
        conflicts: list[OccurrenceConflict] = []
        everywhere: tuple[Room, ...] = ()
        for one, times in taken.items():
            if one.room is None:
                continue
            others = self._instead_of(one.room, spans, people=people, features=features, but=taken)
            told = (yield from self.engaged(others, start, end)) if others else {}
            free = {
                other: merged((period.start, period.end) for period in answer)
                for other in others
                if not isinstance(answer := told[other.address], str)
            }
            everywhere += tuple(room for room in _free_at(free, spans) if room not in everywhere)
            conflicts += [OccurrenceConflict(room=one.room, span=span, alternatives=_free_at(free, [span])) for span in times]
        conflicts.sort(key=lambda one: one.span.start)
        times = sorted({span.start: span for some in taken.values() for span in some}.values(), key=lambda span: span.start)
        names = ", ".join(sorted({one.name for one in taken}))
        return RoomConflict(
            f"{names}: taken at {len(times)} of {len(spans)} times",
            alternatives=everywhere,
            conflicts=tuple(conflicts),
            times=tuple(times),
        )

    def _fitting(self, query: RoomQuery, spans: Sequence[Span]) -> list[Bookable]:
        """Rooms that seat so many and have what is required, whoever else has booked."""
        if query.span is None:
            assert query.within is not None
            assert query.duration is not None
            start = max(query.within.start, self.session.now())
            spans = [Span(start=start, end=start + query.duration, zone=query.within.zone)]
        return [
            one
            for one in self.house.rooms
            if (room := one.room) is not None
            and (query.site is None or (room.site or "").casefold() == query.site.casefold())
            and (query.layout is None or query.layout in room.layouts)
            and query.required <= room.features
            and not any(room_problems([room], spans, people=query.seats, now=self.session.now(), layout=query.layout))
        ]

    def _instead_of(
        self, room: Room, spans: Sequence[Span], *, people: int, features: frozenset[Feature], but: Mapping[Bookable, object]
    ) -> list[Bookable]:
        """Rooms of the same site, open to all, that do as well as *room*, the smallest first."""
        seats, wanted = people if people > 1 else room.capacity or 1, features or room.features
        fit = [
            one
            for one in self.house.rooms
            if (other := one.room) is not None
            and one not in but
            and other.site == room.site
            and other.bookability is Bookability.OPEN
            and wanted <= other.features
            and not any(room_problems([other], spans, people=seats, now=self.session.now()))
        ]
        return sorted(
            fit,
            key=lambda one: (
                one.room is None or one.room.capacity is None,
                one.room.capacity or 0 if one.room else 0,
                one.name,
            ),
        )

    def _known(self, people: Iterable[PersonRef]) -> Steps[tuple[dict[PersonRef, Member], list[Gap]]]:
        """Those who have a calendar here, and gaps for the others."""
        found: dict[PersonRef, Member] = {}
        gaps: list[Gap] = []
        for person in people:
            try:
                found[person] = yield from self.house.find(person, self.session, of="people")
            except NotFound:
                gaps.append(Gap(self.connection_name, Missing.NOT_SUPPORTED, f"{person.label} has no calendar here"))
        return found, gaps

    def _by_ref(self, ref: Ref) -> Member:
        try:
            return self.house.named(ref)
        except NotFound:
            if (
                ref.kind == "room"
                and ref.connection == self.connection_name
                and (known := self.house.by_mail(ref.id)) is not None
            ):
                return known
            raise

    def _spans(self, told: list[Period] | str, span: Span, gaps: list[Gap]) -> Iterable[tuple[Span, bool]]:
        if isinstance(told, str):
            gaps.append(Gap(self.connection_name, Missing.NO_ANSWER, told))
            return
        for one in told:
            yield Span(start=one.start, end=one.end, zone=span.zone), one.tentative

    def _intervals(self, told: list[Period] | str, gaps: list[Gap]) -> list[Interval]:
        if isinstance(told, str):
            gaps.append(Gap(self.connection_name, Missing.NO_ANSWER, told))
            return []
        return merged((one.start, one.end) for one in told)


class _Search:
    """A query with when people are away."""

    def __init__(self, query: RoomQuery, away: Mapping[PersonRef, list[Interval]]) -> None:
        self.query = query
        self.away = away
        self.required = merged(one for person in query.attendees for one in away.get(person, ()))

    def option(self, room: Room, span: Span, spans: Sequence[Span]) -> RoomOption:
        absent = tuple(person for person, busy in self.away.items() if any(overlaps(busy, one.start, one.end) for one in spans))
        near = self.query.near if isinstance(self.query.near, str) else None
        return option(self.query, room, span, seats=self.query.seats, near=near, asked=len(self.away), absent=absent)


def _free_at(free: Mapping[Bookable, list[Interval]], spans: Sequence[Span]) -> tuple[Room, ...]:
    found = [
        one.room for one, held in free.items() if one.room and not any(overlaps(held, span.start, span.end) for span in spans)
    ]
    return tuple(found[:MOST_ALTERNATIVES])
