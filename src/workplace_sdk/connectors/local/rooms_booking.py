"""Booking, changing and cancelling within one transaction; the rows of rooms arbitrate between writers.

Everyone locks in the same order: the meeting, its rooms by id, items with a stock by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted, locked
from workplace_sdk.connectors.local.rooms_free import RoomsFree, Wanted, free_at
from workplace_sdk.connectors.local.rooms_tables import meeting_people, meeting_times, meetings, orders, rooms
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.services.common import Money, Ref, Span
from workplace_sdk.services.rooms import (
    Attendee,
    Bookability,
    MeetingChange,
    MeetingDraft,
    OccurrenceConflict,
    Policy,
    RestrictedRoom,
    Role,
    Room,
    RoomConflict,
    Scope,
    occurrences,
)
from workplace_sdk.services.rooms_rules import over, room_problems
from workplace_sdk.services.rooms_times import moved, overlaps

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

TAKEN = "the room is taken"


class RoomWrites(RoomsFree):
    """What writes do, for the operations."""

    def booked(self, connection: Connection, draft: MeetingDraft, uid: str) -> int:
        """Record *draft*; the id of the meeting."""
        organizer = self.employee(connection, draft.organizer, field="organizer")
        draft = draft.model_copy(update={"organizer": self.person_ref(organizer)})
        spans = occurrences(draft.span, draft.rrule, draft.except_on)
        for problem in over(spans, self.session.now()):
            raise problem
        chosen = self._kept(connection, draft.rooms)
        asked = Wanted(draft.seats, draft.features, draft.layout, organizer.id)
        refused = self._claimed(connection, chosen, spans, asked, draft.policy)
        values = {
            "uid": uid,
            "subject": draft.subject,
            "body": draft.body,
            "private": draft.private,
            "organizer_id": organizer.id,
            "people": draft.people,
            "layout": draft.layout,
            "rrule": draft.rrule,
            "zone": draft.span.zone,
            "created_at": self.session.now(),
        }
        id_ = inserted(connection, meetings, values)
        times = list(enumerate(spans))
        self._keep_times(connection, id_, chosen, times, refused, organizer.id)
        self._invite(connection, id_, draft.attendees)
        site = chosen[0].site if chosen else None
        self.order(
            connection,
            id_,
            draft.orders,
            times,
            first=draft.span,
            site=site,
            policy=draft.policy,
            cost_centre=draft.cost_centre,
        )
        return id_

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
        had = [
            room_id
            for room_id in dict.fromkeys(time.room_id for some in chosen.values() for time in some)
            if room_id is not None
        ]
        wanted = (
            had if change.room is None else [self.room_id(connection, one) for one in (change.room, *change.more_rooms) if one]
        )
        found = self._kept(connection, wanted, also=had)
        target = id_ if len(chosen) == len(times) else self._split(connection, row, chosen)
        numbers = list(chosen)
        old = [self._span(chosen[number], row.zone) for number in numbers]
        new = [moved(span, old[0], change.span) for span in old] if change.span is not None else old
        for problem in over(
            [span for span, before in zip(new, old, strict=True) if span.start != before.start], self.session.now()
        ):
            raise problem
        asked = self._wanted(connection, row, target, change)
        if change.span is not None or change.room is not None:
            ids = [time.id for some in chosen.values() for time in some]
            self._claimed(connection, found, new, asked, Policy.ALL_OR_NOTHING, besides=ids)
            checked_in = {
                number: chosen[number][0].checked_in_at
                for number, a, b in zip(numbers, old, new, strict=True)
                if a.start == b.start
            }
            connection.execute(meeting_times.delete().where(meeting_times.c.id.in_(ids)))
            self._keep_times(
                connection, target, found, list(zip(numbers, new, strict=True)), set(), row.organizer_id, checked_in
            )
        elif change.people is not None or change.attendees is not None or change.layout is not None:
            self._check(connection, found, new, asked)
        self._reorder(
            connection, target, change, dict(zip(numbers, zip(old, new, strict=True), strict=True)), found, accept_fee
        )
        values = change.model_dump(include={"subject", "body", "people", "layout", "private"}, exclude_none=True)
        if values or change.span is not None:
            zone = {"zone": change.span.zone} if change.span is not None else {}
            connection.execute(meetings.update().where(meetings.c.id == target).values(**values, **zone))
        self._reinvite(connection, target, change, row.organizer_id)
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
        row, times = self.locked_times(connection, id_)
        chosen = self._ahead(in_scope(times, row.zone, scope, occurrence))
        spans = {number: self._span(some, row.zone) for number, some in chosen.items()}
        self.cancel_orders(connection, id_, spans, accept_fee)
        ids = [time.id for some in chosen.values() for time in some]
        connection.execute(meeting_times.update().where(meeting_times.c.id.in_(ids)).values(state="cancelled", conflict=reason))
        return id_

    def locked_times(self, connection: Connection, id_: int) -> tuple[Any, dict[int, list[Any]]]:
        """A meeting, kept from other writers, and the rows of its times that are not cancelled, by number, in the order of time."""
        row = locked(connection, meetings, id_)
        if row is None:
            raise NotFound(f"there is no meeting {id_}", field="ref")
        chosen = sa.select(meeting_times).where(meeting_times.c.meeting_id == id_, meeting_times.c.state != "cancelled")
        times: dict[int, list[Any]] = {}
        for time in connection.execute(
            chosen.order_by(meeting_times.c.start, meeting_times.c.number, meeting_times.c.position)
        ):
            times.setdefault(time.number, []).append(time)
        if not times:
            raise Conflict("it was cancelled", field="ref")
        return row, times

    def lock_rooms(self, connection: Connection, ids: Iterable[int]) -> None:
        """Keep rooms from other writers until the transaction ends."""
        connection.execute(
            sa.select(rooms.c.id).where(rooms.c.id.in_(sorted(set(ids)))).order_by(rooms.c.id).with_for_update()
        ).all()

    def _kept(self, connection: Connection, wanted: Sequence[Ref | str | int], *, also: Sequence[int] = ()) -> list[Room]:
        """The rooms in the order named, kept from other writers together with *also*, as they are then."""
        ids = [one if isinstance(one, int) else self.room_id(connection, one) for one in wanted]
        if len(set(ids)) != len(ids):
            raise InvalidInput("the same room is there twice", field="more_rooms")
        self.lock_rooms(connection, [*ids, *also])
        found = {int(room.ref.id): room for room in self.room_models(connection, rooms.c.id.in_(ids))} if ids else {}
        if gone := next((id_ for id_ in ids if id_ not in found), None):
            raise NotFound(f"there is no room {self.ref('room', gone)} any more", field="room")
        return [found[id_] for id_ in ids]

    def _check(self, connection: Connection, chosen: Sequence[Room], spans: Sequence[Span], asked: Wanted) -> None:
        """The rules of the rooms, whoever else has booked."""
        now = self.session.now()
        for problem in room_problems(chosen, spans, people=asked.people, now=now, features=asked.features, layout=asked.layout):
            raise problem
        for room in chosen:
            if room.bookability is Bookability.RESTRICTED and not self.may_book(connection, room, asked.organizer_id):
                raise RestrictedRoom(f"{room.name} is not for everyone", request_to=room.approver)

    def _claimed(
        self,
        connection: Connection,
        chosen: Sequence[Room],
        spans: Sequence[Span],
        asked: Wanted,
        policy: Policy,
        *,
        besides: Iterable[int] = (),
    ) -> set[tuple[int, int]]:
        """Make sure that the rooms can be had; with best effort, which (index of time, index of room) cannot."""
        if not chosen:
            return set()
        self._check(connection, chosen, spans, asked)
        ids = [int(room.ref.id) for room in chosen]
        start, end = min(span.start for span in spans), max(span.end for span in spans)
        rows = self.held(connection, ids, start, end, besides=besides)
        taken = {id_: [(row.start, row.end) for row in rows if row.room_id == id_ and not self.lapsed(row)] for id_ in ids}
        refused = {
            (when, which)
            for which, id_ in enumerate(ids)
            for when, span in enumerate(spans)
            if overlaps(taken[id_], span.start, span.end)
        }
        if refused and (policy is Policy.ALL_OR_NOTHING or len({when for when, _ in refused}) == len(spans)):
            raise self._conflict(connection, chosen, spans, asked, refused)
        lapsed = [
            row.id for row in rows if self.lapsed(row) and any(row.start < span.end and row.end > span.start for span in spans)
        ]
        connection.execute(
            meeting_times.update().where(meeting_times.c.id.in_(lapsed)).values(state="released", conflict="nobody checked in")
        )
        return refused

    def _conflict(
        self,
        connection: Connection,
        chosen: Sequence[Room],
        spans: Sequence[Span],
        asked: Wanted,
        refused: set[tuple[int, int]],
    ) -> RoomConflict:
        """The error, with rooms that are free instead: at each time, and at all of them."""
        but = frozenset(int(room.ref.id) for room in chosen)
        everywhere: tuple[Room, ...] = ()
        conflicts: list[OccurrenceConflict] = []
        for which in sorted({which for _, which in refused}):
            room = chosen[which]
            others, taken = self.alternatives(connection, room, asked, spans, but=but)
            everywhere += tuple(one for one in free_at(others, taken, spans) if one not in everywhere)
            conflicts += [
                OccurrenceConflict(room=room, span=spans[when], alternatives=free_at(others, taken, [spans[when]]))
                for when in sorted(when for when, other in refused if other == which)
            ]
        conflicts.sort(key=lambda one: one.span.start)
        names = ", ".join(sorted({one.room.name for one in conflicts}))
        return RoomConflict(
            f"{names}: taken at {len(conflicts)} of {len(spans)} times", alternatives=everywhere, conflicts=tuple(conflicts)
        )

    def _keep_times(
        self,
        connection: Connection,
        id_: int,
        chosen: Sequence[Room],
        times: Sequence[tuple[int, Span]],
        refused: set[tuple[int, int]],
        organizer_id: int | None,
        checked_in: Mapping[int, datetime | None] | None = None,
    ) -> None:
        rows: list[dict[str, Any]] = []
        states = [self._state(connection, room, organizer_id) for room in chosen]
        for when, (number, span) in enumerate(times):
            common: dict[str, Any] = {"meeting_id": id_, "number": number, "start": span.start, "end": span.end}
            common["checked_in_at"] = (checked_in or {}).get(number)
            if not chosen:
                rows.append(
                    {**common, "position": 0, "room_id": None, "state": "confirmed", "conflict": None, "check_in_by": None}
                )
            for which, room in enumerate(chosen):
                grace = timedelta(minutes=room.check_in) if room.check_in else None
                check_in_by = span.start + grace if grace is not None and grace < span.end - span.start else None
                lost = (when, which) in refused
                state = {"state": "declined" if lost else states[which], "conflict": TAKEN if lost else None}
                rows.append({**common, "position": which, "room_id": int(room.ref.id), "check_in_by": check_in_by, **state})
        connection.execute(meeting_times.insert(), rows)

    def _state(self, connection: Connection, room: Room, organizer_id: int | None) -> str:
        """Who approves a room need not ask for it."""
        if room.bookability is not Bookability.APPROVAL:
            return "confirmed"
        own = sa.select(rooms.c.approver_id).where(rooms.c.id == int(room.ref.id))
        return "confirmed" if organizer_id is not None and connection.execute(own).scalar() == organizer_id else "requested"

    def _wanted(self, connection: Connection, row: Any, target: int, change: MeetingChange) -> Wanted:
        """What the changed meeting needs of its room."""
        if change.attendees is not None:
            coming = sum(one.role is not Role.INFORMED for one in change.attendees)
        else:
            chosen = (meeting_people.c.meeting_id == target) & (meeting_people.c.role != "informed")
            coming = connection.execute(sa.select(sa.func.count()).select_from(meeting_people).where(chosen)).scalar_one()
        people = max(change.people or row.people or 0, coming + 1)
        return Wanted(people, layout=change.layout or row.layout, organizer_id=row.organizer_id)

    def _invite(self, connection: Connection, id_: int, attendees: Sequence[Attendee]) -> None:
        rows: dict[Any, dict[str, Any]] = {}
        for one in attendees:
            who = self._invited(connection, one)
            rows[who["person_id"] or who["email"] or who["name"]] = {"meeting_id": id_, **who}
        if rows:
            connection.execute(meeting_people.insert(), list(rows.values()))

    def _invited(self, connection: Connection, attendee: Attendee) -> dict[str, Any]:
        """A colleague by id; who is not in this store by name and address, when there is an address or nothing but a name."""
        person = attendee.person
        how = {"role": attendee.role.value, "response": attendee.response.value}
        try:
            return {"person_id": self.employee(connection, person, field="attendees").id, "name": None, "email": None, **how}
        except NotFound:
            if person.ref is not None or person.login or person.employee_number or person.dn:
                raise
            return {"person_id": None, "name": person.display_name, "email": person.email, **how}

    def _reinvite(self, connection: Connection, target: int, change: MeetingChange, organizer_id: int | None) -> None:
        """The new attendees; who was invited already keeps their answer, unless the time is another."""
        table = meeting_people.c
        if change.attendees is not None:
            before = connection.execute(sa.select(meeting_people).where(table.meeting_id == target)).all()
            answers = {row.person_id or row.email or row.name: row.response for row in before}
            connection.execute(meeting_people.delete().where(table.meeting_id == target))
            self._invite(connection, target, change.attendees)
            for row in connection.execute(sa.select(meeting_people).where(table.meeting_id == target)).all():
                if (answer := answers.get(row.person_id or row.email or row.name)) is not None:
                    connection.execute(meeting_people.update().where(table.id == row.id).values(response=answer))
        if change.span is not None:
            others = (table.meeting_id == target) & (table.person_id.is_(None) | (table.person_id != (organizer_id or 0)))
            connection.execute(meeting_people.update().where(others).values(response="needs_action"))

    def _reorder(
        self,
        connection: Connection,
        target: int,
        change: MeetingChange,
        moves: Mapping[int, tuple[Span, Span]],
        found: Sequence[Room],
        accept_fee: Money | None,
    ) -> None:
        site = found[0].site if found else None
        if change.orders is not None:
            self.cancel_orders(connection, target, {number: old for number, (old, _) in moves.items()}, accept_fee)
            times = [(number, new) for number, (_, new) in moves.items()]
            self.order(connection, target, change.orders, times, first=times[0][1], site=site)
        elif change.span is not None or change.room is not None:
            self.move_orders(connection, target, moves, site=site, accept_fee=accept_fee)

    def _ahead(self, times: dict[int, list[Any]]) -> dict[int, list[Any]]:
        """Those that are not over."""
        now = self.session.now()
        ahead = {number: some for number, some in times.items() if some[0].end > now}
        if not ahead:
            raise Conflict("it is over", field="ref")
        return ahead

    def _span(self, rows: Sequence[Any], zone: str) -> Span:
        return Span(start=rows[0].start, end=rows[0].end, zone=zone)

    def _split(self, connection: Connection, row: Any, times: Mapping[int, Sequence[Any]]) -> int:
        """A meeting of its own for some times of a series, with its people and orders."""
        kept = (
            "subject",
            "body",
            "private",
            "organizer_id",
            "organizer_name",
            "organizer_email",
            "people",
            "layout",
            "zone",
            "created_at",
        )
        values = {name: getattr(row, name) for name in kept}
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


def in_scope(times: dict[int, list[Any]], zone: str, scope: Scope, occurrence: date | None) -> dict[int, list[Any]]:
    """The times that *scope* says, counted from the one on *occurrence*."""
    if scope is Scope.ALL or (len(times) == 1 and occurrence is None):
        return times
    if occurrence is None:
        raise InvalidInput("say which time of the series", field="occurrence")
    numbers = list(times)
    for index, number in enumerate(numbers):
        first = times[number][0]
        if Span(start=first.start, end=first.end, zone=zone).local_start.date() == occurrence:
            wanted = numbers[index : index + 1] if scope is Scope.ONE else numbers[index:]
            return {one: times[one] for one in wanted}
    raise NotFound(f"there is no time on {occurrence}", field="occurrence")
