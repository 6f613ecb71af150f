"""Making sure that rooms can be had: they are kept from other writers, their rules are checked, what is taken is told.

Everyone locks in the same order: the meeting, its rooms by id, items with a stock by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import locked
from workplace_sdk.connectors.local.rooms_free import Wanted, free_at
from workplace_sdk.connectors.local.rooms_ordering import RoomOrdering
from workplace_sdk.connectors.local.rooms_records import UNATTENDED
from workplace_sdk.connectors.local.rooms_tables import meeting_times, meetings, rooms
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Ref, Span
from workplace_sdk.services.refusals import InvalidField, NotPossible
from workplace_sdk.services.rooms import Bookability, OccurrenceConflict, Policy, RestrictedRoom, Room, RoomConflict
from workplace_sdk.services.rooms_rules import room_problems
from workplace_sdk.services.rooms_times import overlaps

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

CANCELLED = Words("it was cancelled", "ze is afgezegd")
TWICE = Words("the same room is there twice", "dezelfde zaal staat er twee keer")


class RoomClaims(RoomOrdering):
    """What every write that wants rooms begins with."""

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
            raise NotPossible(CANCELLED, field="ref")
        return row, times

    def with_rooms(self, connection: Connection, id_: int) -> tuple[Any, dict[int, list[Any]]]:
        """As ``locked_times``, its rooms kept from other writers too."""
        row, times = self.locked_times(connection, id_)
        self.lock_rooms(connection, [time.room_id for some in times.values() for time in some if time.room_id is not None])
        return row, self.locked_times(connection, id_)[1]  # as they are now that the rooms are kept

    def lock_rooms(self, connection: Connection, ids: Iterable[int]) -> None:
        """Keep rooms from other writers until the transaction ends."""
        connection.execute(
            sa.select(rooms.c.id).where(rooms.c.id.in_(sorted(set(ids)))).order_by(rooms.c.id).with_for_update()
        ).all()

    def kept(self, connection: Connection, wanted: Sequence[Ref | str | int], *, also: Sequence[int] = ()) -> list[Room]:
        """The rooms in the order named, kept from other writers together with *also*, as they are then."""
        ids = [one if isinstance(one, int) else self.room_id(connection, one) for one in wanted]
        if len(set(ids)) != len(ids):
            raise InvalidField(TWICE, field="more_rooms")
        self.lock_rooms(connection, [*ids, *also])
        found = {int(room.ref.id): room for room in self.room_models(connection, rooms.c.id.in_(ids))} if ids else {}
        if gone := next((id_ for id_ in ids if id_ not in found), None):
            raise NotFound(f"there is no room {self.ref('room', gone)} any more", field="room")
        return [found[id_] for id_ in ids]

    def check(self, connection: Connection, chosen: Sequence[Room], spans: Sequence[Span], asked: Wanted) -> None:
        """The rules of the rooms, whoever else has booked."""
        now = self.session.now()
        for problem in room_problems(chosen, spans, people=asked.people, now=now, features=asked.features, layout=asked.layout):
            raise problem
        restricted = [room for room in chosen if room.bookability is Bookability.RESTRICTED]
        theirs = self.theirs_to_book(connection, restricted, asked.organizer_id)
        for room in restricted:
            if room.ref not in theirs:
                raise RestrictedRoom(f"{room.name} is not for everyone", request_to=room.approver)

    def claimed(
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
        self.check(connection, chosen, spans, asked)
        ids = [int(room.ref.id) for room in chosen]
        rows = self.held(connection, ids, spans, besides=besides)
        taken = {id_: [(row.start, row.end) for row in rows if row.room_id == id_ and not self.lapsed(row)] for id_ in ids}
        refused = {
            (when, which)
            for which, id_ in enumerate(ids)
            for when, span in enumerate(spans)
            if overlaps(taken[id_], span.start, span.end)
        }
        if refused and (policy is not Policy.BEST_EFFORT or len({when for when, _ in refused}) == len(spans)):
            raise self._conflict(connection, chosen, spans, asked, refused)
        lapsed = [
            row.id for row in rows if self.lapsed(row) and any(row.start < span.end and row.end > span.start for span in spans)
        ]
        connection.execute(
            meeting_times.update().where(meeting_times.c.id.in_(lapsed)).values(state="released", conflict=UNATTENDED.en)
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
