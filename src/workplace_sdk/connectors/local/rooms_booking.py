"""Booking within one transaction: the meeting, its times in its rooms, its people, what is ordered for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.rooms_claiming import RoomClaims
from workplace_sdk.connectors.local.rooms_free import Wanted
from workplace_sdk.connectors.local.rooms_records import TAKEN
from workplace_sdk.connectors.local.rooms_tables import meeting_people, meeting_times, meetings, rooms
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.services.common import Span
from workplace_sdk.services.rooms import Attendee, Bookability, MeetingDraft, Role, Room, occurrences
from workplace_sdk.services.rooms_rules import over

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class RoomBookings(RoomClaims):
    """What ``book`` does, and what changing a meeting does again."""

    def booked(self, connection: Connection, draft: MeetingDraft, uid: str) -> int:
        """Record *draft*; the id of the meeting."""
        organizer = self.employee(connection, draft.organizer, field="organizer")
        spans = occurrences(draft.span, draft.rrule, draft.except_on)
        for problem in over(spans, self.session.now()):
            raise problem
        invited = self.invited(connection, draft.attendees)
        chosen = self.kept(connection, draft.rooms)
        people = max(draft.people or 0, coming(invited, organizer.id))
        asked = Wanted(people, draft.features, draft.layout, organizer.id)
        refused = self.claimed(connection, chosen, spans, asked, draft.policy)
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
            "online": draft.online,
            "created_at": self.session.now(),
        }
        id_ = inserted(connection, meetings, values)
        times = list(enumerate(spans))
        self.keep_times(connection, id_, chosen, times, refused, organizer.id)
        self.invite(connection, id_, invited)
        self.order(
            connection,
            id_,
            draft.orders,
            times,
            first=draft.span,
            site=chosen[0].site if chosen else None,
            policy=draft.policy,
            cost_centre=draft.cost_centre,
        )
        return id_

    def keep_times(
        self,
        connection: Connection,
        id_: int,
        chosen: Sequence[Room],
        times: Sequence[tuple[int, Span]],
        refused: set[tuple[int, int]],
        organizer_id: int | None,
        checked_in: Mapping[int, datetime | None] | None = None,
    ) -> None:
        """Keep the times (by number) of a meeting, each in the rooms *chosen* but for those it was *refused*."""
        rows: list[dict[str, Any]] = []
        states = self._states(connection, chosen, organizer_id)
        for when, (number, span) in enumerate(times):
            common: dict[str, Any] = {"meeting_id": id_, "number": number, "start": span.start, "end": span.end}
            common["checked_in_at"] = (checked_in or {}).get(number)
            if not chosen:
                rows.append(
                    {**common, "position": 0, "room_id": None, "state": "confirmed", "conflict": None, "check_in_by": None}
                )
            for which, room in enumerate(chosen):
                grace = timedelta(minutes=room.check_in) if room.check_in else None
                check_in_by = span.start + grace if grace is not None and grace < span.length else None
                lost = (when, which) in refused
                state = {"state": "declined" if lost else states[which], "conflict": TAKEN.en if lost else None}
                rows.append({**common, "position": which, "room_id": int(room.ref.id), "check_in_by": check_in_by, **state})
        connection.execute(meeting_times.insert(), rows)

    @staticmethod
    def _states(connection: Connection, chosen: Sequence[Room], organizer_id: int | None) -> list[str]:
        """How far each room is at once: who approves a room need not ask for it."""
        needed = [int(room.ref.id) for room in chosen if room.bookability is Bookability.APPROVAL]
        own = sa.select(rooms.c.id).where(rooms.c.id.in_(needed), rooms.c.approver_id == organizer_id)
        free = set(connection.execute(own).scalars()) if needed and organizer_id is not None else set[int]()
        return [
            "requested" if id_ in needed and id_ not in free else "confirmed" for id_ in (int(room.ref.id) for room in chosen)
        ]

    def invited(self, connection: Connection, attendees: Sequence[Attendee]) -> list[dict[str, Any]]:
        """Attendees as rows, each person once: a colleague by id, who is not in this store by name and address.

        Raises:
            NotFound: Someone is named by what only a colleague has, and is not known.
        """
        found: dict[Any, dict[str, Any]] = {}
        known = self.employees(connection, [one.person for one in attendees], field="attendees")
        for attendee, row in zip(attendees, known, strict=True):
            person = attendee.person
            if row is None and (person.ref is not None or person.login or person.employee_number or person.dn):
                raise NotFound(f"{person.label} is not known here", field="attendees")
            who = {"person_id": row.id, "name": None, "email": None} if row is not None else _guest(attendee)
            how = {"role": attendee.role.value, "response": attendee.response.value}
            found[who["person_id"] or who["email"] or who["name"]] = {**who, **how}
        return list(found.values())

    @staticmethod
    def invite(connection: Connection, id_: int, invited: Iterable[Mapping[str, Any]]) -> None:
        """Invite people to a meeting."""
        rows = [{"meeting_id": id_, **one} for one in invited]
        if rows:
            connection.execute(meeting_people.insert(), rows)


def _guest(attendee: Attendee) -> dict[str, Any]:
    return {"person_id": None, "name": attendee.person.display_name, "email": attendee.person.email}


def coming(invited: Iterable[Mapping[str, Any]], organizer_id: int | None) -> int:
    """How many come: who is invited and not only informed, and the organizer, who may be one of them."""
    there = [one for one in invited if one["role"] != Role.INFORMED.value]
    others = [one for one in there if one["person_id"] is None or one["person_id"] != organizer_id]
    return len(others) + 1
