"""What is held and who is busy, and rooms that are free instead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.base import chunks
from workplace_sdk.connectors.local.leave_records import PENDING, SPOKEN_FOR
from workplace_sdk.connectors.local.leave_tables import leave_days, leave_requests
from workplace_sdk.connectors.local.rooms_records import RoomRecords
from workplace_sdk.connectors.local.rooms_tables import meeting_people, meeting_times, meetings, room_bookers, rooms, sites
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.services.common import Ref, Span, zone_of
from workplace_sdk.services.rooms import Bookability, Feature, Layout, Room
from workplace_sdk.services.rooms_rules import room_problems
from workplace_sdk.services.rooms_times import Interval, merged, overlaps

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HOLDS: Final = ("requested", "confirmed")
LONGEST: Final = timedelta(days=31)
"""No meeting is longer, so that what is held is looked for no further back."""
NOON: Final = time(12)


@frozen
class Wanted:
    """What a room has to offer for a meeting."""

    people: int
    features: frozenset[Feature] = frozenset()
    layout: Layout | None = None
    organizer_id: int | None = None


@frozen
class Engaged:
    """Someone is not free from *start* to *end*."""

    person_id: int
    start: datetime
    end: datetime
    tentative: bool = False


class RoomsFree(RoomRecords):
    """Reading of what is free, shared by finding and booking."""

    def held(
        self, connection: Connection, room_ids: Iterable[int], spans: Sequence[Span], *, besides: Iterable[int] = ()
    ) -> list[Any]:
        """Times at which rooms are held at some of *spans*, the rows *besides* left out; those that nobody checked in for among them."""
        times = meeting_times.c
        columns = (times.id, times.room_id, times.start, times.end, times.state, times.check_in_by, times.checked_in_at)
        chosen = sa.select(*columns).where(
            times.room_id.in_(sorted(set(room_ids))),
            times.state.in_(HOLDS),
            _within(min(span.start for span in spans), max(span.end for span in spans)),
        )
        if len(spans) > 1:  # what lies between the times of a series is not read
            chosen = chosen.where(sa.or_(*((times.start < span.end) & (times.end > span.start) for span in spans)))
        left_out = set(besides)
        return [row for row in connection.execute(chosen.order_by(times.start)).all() if row.id not in left_out]

    def taken(self, connection: Connection, room_ids: Iterable[int], spans: Sequence[Span]) -> dict[int, list[Interval]]:
        """When rooms are not free at *spans*, by room; what nobody checked in for in time does not count."""
        found: dict[int, list[Interval]] = defaultdict(list)
        for row in self.held(connection, room_ids, spans):
            if not self.lapsed(row):
                found[row.room_id].append((row.start, row.end))
        return {room_id: merged(intervals) for room_id, intervals in found.items()}

    def theirs_to_book(self, connection: Connection, restricted: Sequence[Room], person_id: int | None) -> set[Ref]:
        """Which restricted rooms someone may book: who is listed with it, and who approves it."""
        if person_id is None or not restricted:
            return set()
        wanted = [int(room.ref.id) for room in restricted]
        listed = sa.select(room_bookers.c.room_id).where(
            room_bookers.c.room_id.in_(wanted), room_bookers.c.person_id == person_id
        )
        approved = sa.select(rooms.c.id).where(rooms.c.id.in_(wanted), rooms.c.approver_id == person_id)
        return {self.ref("room", id_) for id_ in connection.execute(sa.union(listed, approved)).scalars()}

    def alternatives(
        self, connection: Connection, room: Room, asked: Wanted, spans: Sequence[Span], *, but: frozenset[int]
    ) -> tuple[list[Room], dict[int, list[Interval]]]:
        """Rooms of the same site, open to all, that do as well as *room*, the smallest first; and when they are taken.

        They seat as many as come (as *room* does when that is not known), and have the features that were asked for
        (those of *room* when none were).
        """
        site = sa.func.lower(sites.c.name) == (room.site or "").lower()
        found = self.room_models(connection, site, rooms.c.id.not_in(but), rooms.c.bookability == Bookability.OPEN.value)
        people = asked.people if asked.people > 1 else room.seats() or 1
        features = asked.features or room.features
        now = self.session.now()
        fit = [
            other
            for other in found
            if other.capacity is not None
            and features <= other.features
            and not any(room_problems([other], spans, people=people, now=now, layout=asked.layout))
        ]
        return fit, self.taken(connection, [int(other.ref.id) for other in fit], spans)

    def engaged(self, connection: Connection, ids: Iterable[int], start: datetime, end: datetime) -> list[Engaged]:
        """When people are not free: meetings that they organize or attend and did not decline, and leave; by time."""
        wanted = sorted(set(ids))
        if not wanted:
            return []
        found = [*self._in_meetings(connection, wanted, start, end), *self._on_leave(connection, wanted, start, end)]
        return sorted(found, key=lambda one: (one.start, one.person_id))

    def _in_meetings(self, connection: Connection, ids: list[int], start: datetime, end: datetime) -> Iterable[Engaged]:
        times, invited = meeting_times.c, meeting_people.c
        when = (times.position == 0) & (times.state != "cancelled") & _within(start, end)
        coming = (invited.response != "declined") & (invited.role != "informed")
        attending = (
            sa.select(times.start, times.end, invited.person_id, invited.response)
            .join(meeting_people, invited.meeting_id == times.meeting_id)
            .where(when, coming)
        )
        organizing = (
            sa.select(
                times.start, times.end, meetings.c.organizer_id.label("person_id"), sa.literal("accepted").label("response")
            )
            .join(meetings, meetings.c.id == times.meeting_id)
            .where(when)
        )
        rows: list[Any] = []
        for some in chunks(ids):
            rows += connection.execute(attending.where(invited.person_id.in_(some))).all()
            rows += connection.execute(organizing.where(meetings.c.organizer_id.in_(some))).all()
        seen: dict[tuple[int, datetime, datetime], bool] = {}
        for row in rows:
            where = (row.person_id, row.start, row.end)
            seen[where] = seen.get(where, True) and row.response != "accepted"
        for (who, begin, until), tentative in seen.items():
            yield Engaged(who, begin, until, tentative)

    def _on_leave(self, connection: Connection, ids: list[int], start: datetime, end: datetime) -> Iterable[Engaged]:
        days, asked = leave_days.c, leave_requests.c
        first, last = (
            start.date() - timedelta(days=1),
            end.date() + timedelta(days=1),
        )  # a day begins earlier or later elsewhere
        chosen = (
            sa.select(
                days.date, days.portion, days.hours, days.start, days.charged, asked.person_id, asked.status, people.c.zone
            )
            .join(leave_requests, asked.id == days.request_id)
            .join(people, people.c.id == asked.person_id)
            .where(asked.status.in_(SPOKEN_FOR))
            .where(asked.first_day <= last, asked.last_day >= first, days.date.between(first, last))
        )
        rows = [row for some in chunks(ids) for row in connection.execute(chosen.where(asked.person_id.in_(some)))]
        for row in rows:
            begin, until = _off(row, zone_of(row.zone or self.session.zone))
            if row.charged and begin < end and until > start:
                yield Engaged(row.person_id, begin, until, row.status in PENDING)


def _within(start: datetime, end: datetime) -> Any:
    """Times that have some moment from *start* to *end*; found by their start, as none is longer than ``LONGEST``."""
    times = meeting_times.c
    return (times.start < end) & (times.start > start - LONGEST) & (times.end > start)


def _off(row: Any, tz: Any) -> Interval:
    """From when to when a day of leave takes someone away."""
    midnight, noon = datetime.combine(row.date, time(0), tz), datetime.combine(row.date, NOON, tz)
    next_midnight = datetime.combine(row.date + timedelta(days=1), time(0), tz)
    if row.portion == "am":
        return midnight, noon
    if row.portion == "pm":
        return noon, next_midnight
    if row.portion == "hours" and row.start is not None and row.hours is not None:
        begin = datetime.combine(row.date, row.start, tz)
        return begin, begin + timedelta(minutes=int(row.hours * 60))
    return midnight, next_midnight


def free_at(others: Sequence[Room], taken: Mapping[int, list[Interval]], spans: Iterable[Span]) -> tuple[Room, ...]:
    """Of *others*, those that are free at all of *spans*; five at most."""
    wanted = list(spans)
    free = [
        other
        for other in others
        if not any(overlaps(taken.get(int(other.ref.id), ()), span.start, span.end) for span in wanted)
    ]
    return tuple(free[:5])
