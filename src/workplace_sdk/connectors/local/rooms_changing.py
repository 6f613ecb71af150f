"""Changing and cancelling within one transaction: a whole meeting, one of its times, or that one and those after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.rooms_booking import coming
from workplace_sdk.connectors.local.rooms_free import Wanted
from workplace_sdk.connectors.local.rooms_tables import meeting_people, meeting_times, meetings, orders
from workplace_sdk.connectors.local.rooms_waiting import RoomWaits
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Money, Span
from workplace_sdk.services.refusals import InvalidField, NotPossible
from workplace_sdk.services.rooms import MeetingChange, Policy, Room, Scope
from workplace_sdk.services.rooms_rules import over
from workplace_sdk.services.rooms_times import apart, moved

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

OVER = Words("it is over", "ze is voorbij")
WHICH_TIME = Words("say which time of the series", "zeg welke keer van de reeks")
_OF_A_PART = (
    "subject", "body", "private", "organizer_id", "organizer_name", "organizer_email", "people", "layout", "zone",
    "online", "created_at",
)  # fmt: skip


class RoomChanges(RoomWaits):
    """What ``change`` and ``cancel`` do."""

    def changed(
        self,
        connection: Connection,
        id_: int,
        change: MeetingChange,
        scope: Scope,
        occurrence: date | None,
        accept_fee: Money | None,
    ) -> int:
        """Change the times that *scope* says; the id of the meeting they belong to now."""
        row, times = self.locked_times(connection, id_)
        chosen = self._ahead(in_scope(times, row.zone, scope, occurrence))
        had = _rooms_of(chosen)
        wanted = (
            had if change.room is None else [self.room_id(connection, one) for one in (change.room, *change.more_rooms) if one]
        )
        found = self.kept(connection, wanted, also=had)
        target = id_ if len(chosen) == len(times) else self._split(connection, row, chosen)
        old = [_span(some, row.zone) for some in chosen.values()]
        new = [moved(span, old[0], change.span) for span in old] if change.span is not None else old
        for problem in over((b for a, b in zip(old, new, strict=True) if a.start != b.start), self.session.now()):
            raise problem
        apart(new)
        moves = dict(zip(chosen, zip(old, new, strict=True), strict=True))
        self._reinvite(connection, target, change, row.organizer_id)
        asked = self._wanted(connection, row, target, change)
        if change.span is not None or change.room is not None:
            self._rehouse(connection, target, row, chosen, moves, found, asked)
        elif change.people is not None or change.attendees is not None or change.layout is not None:
            self.check(connection, found, new, asked)
        self._reorder(connection, target, change, moves, had, found, accept_fee)
        self._rewrite(connection, target, change)
        self.serve_waiting(connection, {*had, *(int(room.ref.id) for room in found)}, old)
        return target

    def cancelled(
        self,
        connection: Connection,
        id_: int,
        scope: Scope,
        occurrence: date | None,
        reason: str | None,
        accept_fee: Money | None,
    ) -> int:
        """Cancel the times that *scope* says, with what was ordered for them."""
        row, times = self.with_rooms(connection, id_)
        chosen = self._ahead(in_scope(times, row.zone, scope, occurrence))
        spans = {number: _span(some, row.zone) for number, some in chosen.items()}
        self.cancel_orders(connection, id_, spans, accept_fee)
        ids = [time.id for some in chosen.values() for time in some]
        connection.execute(meeting_times.update().where(meeting_times.c.id.in_(ids)).values(state="cancelled", conflict=reason))
        self.serve_waiting(connection, _rooms_of(chosen), spans.values())
        return id_

    def _rehouse(
        self,
        connection: Connection,
        target: int,
        row: Any,
        chosen: Mapping[int, Sequence[Any]],
        moves: Mapping[int, tuple[Span, Span]],
        found: Sequence[Room],
        asked: Wanted,
    ) -> None:
        """Give times their new rooms and their new places in time, or raise why not."""
        ids = [time.id for some in chosen.values() for time in some]
        self.claimed(connection, found, [new for _, new in moves.values()], asked, Policy.ALL_OR_NOTHING, besides=ids)
        checked_in = {number: chosen[number][0].checked_in_at for number, (a, b) in moves.items() if a.start == b.start}
        connection.execute(meeting_times.delete().where(meeting_times.c.id.in_(ids)))
        times = [(number, new) for number, (_, new) in moves.items()]
        self.keep_times(connection, target, found, times, set(), row.organizer_id, checked_in)

    @staticmethod
    def _rewrite(connection: Connection, target: int, change: MeetingChange) -> None:
        values = change.model_dump(include={"subject", "body", "people", "layout", "private"}, exclude_none=True)
        if change.span is not None:
            values["zone"] = change.span.zone
        if change.online is not None:
            values["online"] = change.online or None
        if values:
            connection.execute(meetings.update().where(meetings.c.id == target).values(**values))

    @staticmethod
    def _wanted(connection: Connection, row: Any, target: int, change: MeetingChange) -> Wanted:
        """What the changed meeting needs of its room."""
        chosen = sa.select(meeting_people).where(meeting_people.c.meeting_id == target)
        invited = [dict(one) for one in connection.execute(chosen).mappings()]
        people = max(change.people or row.people or 0, coming(invited, row.organizer_id))
        return Wanted(people, layout=change.layout or row.layout, organizer_id=row.organizer_id)

    def _reinvite(self, connection: Connection, target: int, change: MeetingChange, organizer_id: int | None) -> None:
        """The new attendees; who was invited already keeps their answer, unless the time is another."""
        table = meeting_people.c
        if change.attendees is not None:
            before = connection.execute(sa.select(meeting_people).where(table.meeting_id == target)).all()
            answers = {row.person_id or row.email or row.name: row.response for row in before}
            connection.execute(meeting_people.delete().where(table.meeting_id == target))
            invited = self.invited(connection, change.attendees)
            for one in invited:
                one["response"] = answers.get(one["person_id"] or one["email"] or one["name"], one["response"])
            self.invite(connection, target, invited)
        if change.span is not None:
            others = (table.meeting_id == target) & (table.person_id.is_(None) | (table.person_id != (organizer_id or 0)))
            connection.execute(meeting_people.update().where(others).values(response="needs_action"))

    def _reorder(
        self,
        connection: Connection,
        target: int,
        change: MeetingChange,
        moves: Mapping[int, tuple[Span, Span]],
        had: Sequence[int],
        found: Sequence[Room],
        accept_fee: Money | None,
    ) -> None:
        """Order what is wanted now instead, or take along what was ordered."""
        site = found[0].site if found else None
        if change.orders is not None:
            self.cancel_orders(connection, target, {number: old for number, (old, _) in moves.items()}, accept_fee)
            wanted = [(number, new) for number, (_, new) in moves.items()]
            self.order(connection, target, change.orders, wanted, first=wanted[0][1], site=site)
        elif change.span is not None or change.room is not None:
            elsewhere = {room.site for room in self.rooms_by_id(connection, set(had))} not in ({site}, set())
            self.move_orders(connection, target, moves, site=site, elsewhere=elsewhere, accept_fee=accept_fee)

    def _ahead(self, times: dict[int, list[Any]]) -> dict[int, list[Any]]:
        """Those that are not over."""
        now = self.session.now()
        ahead = {number: some for number, some in times.items() if some[0].end > now}
        if not ahead:
            raise NotPossible(OVER, field="ref")
        return ahead

    @staticmethod
    def _split(connection: Connection, row: Any, times: Mapping[int, Sequence[Any]]) -> int:
        """A meeting of its own for some times of a series, with its people and orders."""
        values = {name: getattr(row, name) for name in _OF_A_PART}
        id_ = inserted(connection, meetings, {**values, "series_id": row.series_id or row.id})
        connection.execute(meetings.update().where(meetings.c.id == id_).values(uid=f"{row.uid or row.id}-{id_}"))
        for table in (meeting_times, orders):
            mine = (table.c.meeting_id == row.id) & table.c.number.in_(sorted(times))
            connection.execute(table.update().where(mine).values(meeting_id=id_))
        invited = connection.execute(sa.select(meeting_people).where(meeting_people.c.meeting_id == row.id)).all()
        if invited:
            columns = ("person_id", "name", "email", "role", "response")
            rows = [{"meeting_id": id_, **{name: getattr(one, name) for name in columns}} for one in invited]
            connection.execute(meeting_people.insert(), rows)
        return id_


def _rooms_of(times: Mapping[int, Sequence[Any]]) -> list[int]:
    """Ids of the rooms of *times*, in their order."""
    ids = dict.fromkeys(time.room_id for some in times.values() for time in some)
    return [room_id for room_id in ids if room_id is not None]


def _span(rows: Sequence[Any], zone: str) -> Span:
    return Span(start=rows[0].start, end=rows[0].end, zone=zone)


def in_scope(times: dict[int, list[Any]], zone: str, scope: Scope, occurrence: date | None) -> dict[int, list[Any]]:
    """The times that *scope* says, counted from the one on *occurrence*."""
    if scope == Scope.ALL or (len(times) == 1 and occurrence is None):
        return times
    if occurrence is None:
        raise InvalidField(WHICH_TIME, field="occurrence")
    numbers = list(times)
    for index, number in enumerate(numbers):
        if _span(times[number], zone).local_start.date() == occurrence:
            wanted = numbers[index : index + 1] if scope == Scope.ONE else numbers[index:]
            return {one: times[one] for one in wanted}
    raise NotFound(f"there is no time on {occurrence}", field="occurrence")
