"""Taking part: answering an invitation, checking in, giving a room back; and deciding about a room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.rooms_changing import RoomChanges
from workplace_sdk.connectors.local.rooms_records import GIVEN_BACK
from workplace_sdk.connectors.local.rooms_tables import meeting_people, meeting_times, rooms
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Decision, Span, zone_of
from workplace_sdk.services.refusals import InvalidField, NotPossible
from workplace_sdk.services.rooms import CheckInTooEarly, ReservationState, Response, RoomReleased
from workplace_sdk.services.vocabulary import word

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

EARLY: Final = timedelta(minutes=15)
"""How long before the start one can check in."""
NO_ROOM: Final = Words("there is no room to give back", "er is geen zaal om terug te geven")
NOT_RETURNED: Final = Words("a room is approved or rejected", "een zaal wordt toegekend of geweigerd")
NOTHING_WAITS: Final = Words("nothing of it waits for approval", "niets ervan wacht op goedkeuring")
OWN: Final = Words("nobody decides about their own meeting", "niemand beslist over een eigen vergadering")


class RoomAttending(RoomChanges):
    """What ``respond``, ``check_in``, ``release`` and ``decide`` do."""

    def responded(self, connection: Connection, id_: int, response: Response) -> int:
        """Keep the caller's answer."""
        me = self.employee(connection, None).id
        mine = (meeting_people.c.meeting_id == id_) & (meeting_people.c.person_id == me)
        if connection.execute(sa.select(meeting_people.c.id).where(mine)).first() is None:
            raise NotFound(f"you are not invited to meeting {id_}", field="ref")
        self.locked_times(connection, id_)
        connection.execute(meeting_people.update().where(mine).values(response=Response(response).value))
        return id_

    def checked_in(self, connection: Connection, id_: int) -> int:
        """Keep the rooms of the time that is under way or about to begin."""
        now = self.session.now()
        _, times = self.with_rooms(connection, id_)
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
            state = ReservationState(near[0].state)
            why = Words(f"its room is {word(state)}", f"de zaal is {word(state, 'nl')}")
            raise NotPossible(why, field="ref", native_code=state.value)
        connection.execute(meeting_times.update().where(meeting_times.c.id.in_(ids)).values(checked_in_at=now))
        return id_

    def released(self, connection: Connection, id_: int, occurrence: date | None) -> int:
        """Give the rooms of a time back, from now on when it has begun."""
        now = self.session.now()
        meeting, times = self.with_rooms(connection, id_)
        ahead = [some for some in times.values() if some[0].end > now]
        if occurrence is not None:
            ahead = [some for some in ahead if some[0].start.astimezone(zone_of(meeting.zone)).date() == occurrence]
        held = [row for row in ahead[0] if row.state in ("confirmed", "requested") and row.room_id is not None] if ahead else []
        if not held:
            raise NotPossible(NO_ROOM, field="ref")
        first = ahead[0][0]
        values = {"end": now} if first.start < now else {"state": "released", "conflict": GIVEN_BACK.en}
        chosen = ahead[0] if first.start < now else held  # every row of a time ends when it does
        ids = [row.id for row in chosen]
        connection.execute(meeting_times.update().where(meeting_times.c.id.in_(ids)).values(**values))
        freed = Span(start=max(first.start, now), end=first.end, zone=meeting.zone)
        self.serve_waiting(connection, [row.room_id for row in held], [freed])
        return id_

    def decided(self, connection: Connection, id_: int, decision: Decision, comment: str | None) -> int:
        """Let a meeting have the rooms that the caller decides about, or not."""
        if decision not in (Decision.APPROVE, Decision.REJECT):
            raise InvalidField(NOT_RETURNED, field="decision")
        meeting, times = self.with_rooms(connection, id_)
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
            raise NotPossible(NOTHING_WAITS, field="ref")
        if me is not None and me == meeting.organizer_id and not own:
            raise NotPossible(OWN, field="ref")
        self._answer(connection, waiting, approved=decision == Decision.APPROVE, comment=comment)
        if decision == Decision.REJECT:
            freed = [Span(start=row.start, end=row.end, zone=meeting.zone) for row in waiting]
            self.serve_waiting(connection, {row.room_id for row in waiting}, freed)
        return id_

    def _answer(self, connection: Connection, rows: Sequence[Any], *, approved: bool, comment: str | None) -> None:
        now = self.session.now()
        values: dict[str, Any] = {"state": "confirmed" if approved else "declined", "conflict": comment}
        for late in (False, True):  # who hears too late that they may have it need not check in
            ids = [row.id for row in rows if (row.start <= now) is late]
            more = {"check_in_by": None} if late else {}
            connection.execute(meeting_times.update().where(meeting_times.c.id.in_(ids)).values(**values, **more))
