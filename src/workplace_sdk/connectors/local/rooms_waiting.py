"""Waiting for a room that is taken: who came first gets it, in the very transaction that makes it free."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted, locked
from workplace_sdk.connectors.local.rooms_booking import RoomBookings
from workplace_sdk.connectors.local.rooms_tables import room_waits, rooms
from workplace_sdk.kernel.errors import NotFound, Rejected
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Mapped, PersonRef, Span
from workplace_sdk.services.refusals import InvalidField, NotPossible
from workplace_sdk.services.rooms import MeetingDraft, RoomConflict, WaitlistEntry, WaitState

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

NO_ROOM: Final = Words("say which room to wait for", "zeg op welke zaal u wilt wachten")
ONE_ROOM: Final = Words("one waits for one room", "u wacht op een zaal tegelijk")
ONE_TIME: Final = Words("one waits for one time, not for a series", "u wacht op een keer, niet op een reeks")
NO_ORDERS: Final = Words("order when the room is yours", "bestel als de zaal van u is")
WAITS: Final = Words("you wait for it already", "u wacht er al op")
NOT_WAITING: Final = Words("nobody waits for it any more", "er wordt niet meer op gewacht")


class RoomWaits(RoomBookings):
    """What the waiting list does."""

    def joined(self, connection: Connection, draft: MeetingDraft) -> int:
        """Have the organizer of *draft* wait for its room; booked at once when it is free. The id of the entry."""
        for wrong, why, field in (
            (draft.room is None, NO_ROOM, "room"),
            (bool(draft.more_rooms), ONE_ROOM, "more_rooms"),
            (draft.rrule is not None, ONE_TIME, "rrule"),
            (bool(draft.orders), NO_ORDERS, "orders"),
        ):
            if wrong:
                raise InvalidField(why, field=field)
        organizer = self.employee(connection, draft.organizer, field="organizer")
        (room,) = self.kept(connection, draft.rooms)
        draft = draft.model_copy(update={"organizer": PersonRef(ref=self.ref("person", organizer.id)), "room": room.ref})
        self._not_waiting_already(connection, organizer.id, int(room.ref.id), draft.span)
        values = {
            "person_id": organizer.id,
            "room_id": int(room.ref.id),
            "start": draft.span.start,
            "end": draft.span.end,
            "subject": draft.subject,
            "draft": draft.model_dump(mode="json"),
            "state": "waiting",
            "created_at": self.session.now(),
        }
        id_ = inserted(connection, room_waits, values)
        self._serve(connection, id_, draft, tell=True)
        return id_

    def serve_waiting(self, connection: Connection, room_ids: Collection[int], freed: Iterable[Span]) -> None:
        """Book for who waits, first come first served, where rooms (which are kept) became free at *freed*."""
        spans = list(freed)
        waits = room_waits.c
        chosen = sa.select(waits.id, waits.draft).where(
            waits.room_id.in_(sorted(room_ids)),
            waits.state == "waiting",
            waits.start < max(span.end for span in spans),
            waits.end > max(self.session.now(), min(span.start for span in spans)),
        )
        for row in connection.execute(chosen.order_by(waits.id)).all():
            self._serve(connection, row.id, MeetingDraft.model_validate(row.draft))

    def _serve(self, connection: Connection, id_: int, draft: MeetingDraft, *, tell: bool = False) -> None:
        """Book *draft* if its room is free. With *tell*, raise why it could not be had even then."""
        try:
            with connection.begin_nested():
                meeting_id = self.booked(connection, draft, f"waited-{id_}")
        except RoomConflict:
            return
        except Rejected:
            if tell:
                raise
            return
        booked = {"state": "booked", "meeting_id": meeting_id, "draft": sa.null()}
        connection.execute(room_waits.update().where(room_waits.c.id == id_).values(**booked))

    @staticmethod
    def _not_waiting_already(connection: Connection, person_id: int, room_id: int, span: Span) -> None:
        waits = room_waits.c
        same = (waits.person_id == person_id) & (waits.room_id == room_id) & (waits.state == "waiting")
        when = (waits.start < span.end) & (waits.end > span.start)
        if connection.execute(sa.select(waits.id).where(same, when).limit(1)).first() is not None:
            raise NotPossible(WAITS, field="room")

    def left(self, connection: Connection, id_: int) -> int:
        """Wait no longer."""
        row = locked(connection, room_waits, id_)
        if row is None:
            raise NotFound(f"nobody waits for {id_}", field="ref")
        if row.state != "waiting":
            raise NotPossible(NOT_WAITING, field="ref", native_code=row.state)
        values = {"state": "withdrawn", "draft": sa.null()}
        connection.execute(room_waits.update().where(room_waits.c.id == id_).values(**values))
        return id_

    def entry(self, connection: Connection, id_: int) -> WaitlistEntry:
        """One entry of the waiting list."""
        found = self.entries(connection, room_waits.c.id == id_)
        if not found:
            raise NotFound(f"nobody waits for {id_}", field="ref")
        return found[0]

    def entries(self, connection: Connection, *conditions: Any) -> list[WaitlistEntry]:
        """Entries of the waiting list, the earliest time first."""
        chosen = sa.select(room_waits, rooms.c.name).join(rooms, rooms.c.id == room_waits.c.room_id).where(*conditions)
        rows = connection.execute(chosen.order_by(room_waits.c.start, room_waits.c.id)).all()
        names = self.people_by_id(connection, {row.person_id for row in rows})
        return [self._entry(connection, row, names) for row in rows]

    def _entry(self, connection: Connection, row: Any, names: dict[int | None, PersonRef]) -> WaitlistEntry:
        state = WaitState(row.state)
        if state is WaitState.WAITING and row.end <= self.session.now():
            state = WaitState.OVER
        return WaitlistEntry(
            ref=self.ref("wait", row.id),
            fetched_at=self.session.now(),
            person=names[row.person_id],
            room=self.ref("room", row.room_id),
            name=row.name,
            subject=row.subject,
            span=Span(start=row.start, end=row.end, zone=self.session.zone),
            state=Mapped(value=state),
            before=_before(connection, row) if state is WaitState.WAITING else 0,
            meeting=None if row.meeting_id is None else self.ref("meeting", row.meeting_id),
            created_at=row.created_at,
        )


def _before(connection: Connection, row: Any) -> int:
    """How many came earlier and want the room at some of that time."""
    waits = room_waits.c
    chosen: Sequence[Any] = (waits.room_id == row.room_id, waits.state == "waiting", waits.id < row.id)
    when = (waits.start < row.end) & (waits.end > row.start)
    return connection.execute(sa.select(sa.func.count()).select_from(room_waits).where(*chosen, when)).scalar_one()
