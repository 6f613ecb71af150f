"""Booking, changing and cancelling within one transaction; the rows of rooms and stock arbitrate between writers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted, locked
from workplace_sdk.connectors.local.rooms_records import HOLDS, RoomRecords
from workplace_sdk.connectors.local.rooms_tables import (
    meeting_people,
    meeting_times,
    meetings,
    menu_items,
    order_lines,
    orders,
    rooms,
)
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.services.common import Ref, Span
from workplace_sdk.services.rooms import (
    Attendee,
    CapacityTooSmall,
    CutoffPassed,
    MeetingChange,
    MeetingDraft,
    OrderDraft,
    OutsideBookingWindow,
    Policy,
    RestrictedRoom,
    Room,
    RoomConflict,
    Scope,
    ServiceNotAvailableHere,
    TooLong,
    occurrences,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class RoomWrites(RoomRecords):
    """What writes do, for the operations."""

    def booked(self, connection: Connection, draft: MeetingDraft) -> int:
        """Record *draft*; the id of the meeting."""
        try:
            spans = occurrences(draft.span, draft.rrule)
        except ValueError as error:
            raise InvalidInput(str(error), field="rrule") from None
        organizer = self.employee(connection, draft.organizer, field="organizer")
        room = self._held(connection, draft.room) if draft.room is not None else None
        head = draft.people or len(draft.attendees) + 1
        states = self._states(connection, room, spans, head, draft.policy, without=0)
        values = {
            "subject": draft.subject,
            "body": draft.body,
            "private": draft.private,
            "organizer_id": organizer.id,
            "room_id": room.id if room else None,
            "people": draft.people,
            "rrule": draft.rrule,
            "zone": draft.span.zone,
            "created_at": self.session.now(),
        }
        id_ = inserted(connection, meetings, values)
        self._keep_times(connection, id_, room.id if room else None, spans, states)
        self._invite(connection, id_, draft.attendees)
        for order in draft.orders:
            self._order(connection, id_, order, spans[0], room, draft.policy)
        return id_

    def changed(self, connection: Connection, id_: int, change: MeetingChange, scope: Scope, occurrence: date | None) -> int:
        """Change the times that *scope* says; the id of the meeting they belong to now."""
        row, times = self._locked_meeting(connection, id_)
        chosen = self._in_scope(times, row.zone, scope, occurrence)
        target = id_
        if len(chosen) < len(times):
            target = self._split(connection, row, [time.id for time in chosen])
        room_id = row.room_id
        if change.room is not None:
            room_id = self._held(connection, change.room).id
        elif room_id is not None:
            locked(connection, rooms, room_id)
        spans = [self._moved(time, chosen[0], change.span, row.zone) for time in chosen]
        if change.span is not None or change.room is not None or change.people is not None:
            room = self.room_row(connection, self.ref("room", room_id)) if room_id else None
            head = change.people or row.people or 1
            states = self._states(connection, room, spans, head, Policy.ALL_OR_NOTHING, without=target)
            for time, span, (state, conflict) in zip(chosen, spans, states, strict=True):
                values = {"start": span.start, "end": span.end, "state": state, "conflict": conflict, "room_id": room_id}
                connection.execute(meeting_times.update().where(meeting_times.c.id == time.id).values(**values))
        values = change.model_dump(include={"subject", "body", "people"}, exclude_none=True)
        connection.execute(meetings.update().where(meetings.c.id == target).values(room_id=room_id, **values))
        if change.attendees is not None:
            connection.execute(meeting_people.delete().where(meeting_people.c.meeting_id == target))
            self._invite(connection, target, change.attendees)
        return target

    def cancelled(self, connection: Connection, id_: int, scope: Scope, occurrence: date | None) -> int:
        """Cancel the times that *scope* says, and with the last of them what was ordered."""
        row, times = self._locked_meeting(connection, id_)
        chosen = self._in_scope(times, row.zone, scope, occurrence)
        if len(chosen) == len(times):
            self._cancel_orders(connection, id_, times[0].start)
        ids = [time.id for time in chosen]
        connection.execute(meeting_times.update().where(meeting_times.c.id.in_(ids)).values(state="cancelled"))
        return id_

    def _held(self, connection: Connection, wanted: Ref | str) -> Any:
        """The room, kept from other writers until the transaction ends."""
        row = self.room_row(connection, wanted)
        locked(connection, rooms, row.id)
        return row

    def _states(
        self, connection: Connection, room: Any, spans: Sequence[Span], people: int, policy: Policy, *, without: int
    ) -> list[tuple[str, str | None]]:
        """State and conflict of each time, when the room's rules are kept."""
        if room is None:
            return [("confirmed", None)] * len(spans)
        self._check_rules(room, spans, people)
        held = self.taken(connection, [room.id], spans[0].start, spans[-1].end, without=without)
        clashing = [span for span in spans if any(row.start < span.end and row.end > span.start for row in held)]
        if clashing and (policy is Policy.ALL_OR_NOTHING or len(clashing) == len(spans)):
            raise RoomConflict(alternatives=self._alternatives(connection, room, spans, people), times=tuple(clashing))
        good = "requested" if room.bookability == "approval" else "confirmed"
        return [("declined", "the room is taken") if span in clashing else (good, None) for span in spans]

    def _check_rules(self, room: Any, spans: Sequence[Span], people: int) -> None:
        if room.bookability == "not_bookable":
            raise RestrictedRoom("it cannot be booked", field="room")
        if room.bookability == "restricted":
            raise RestrictedRoom("it is not for everyone", field="room")
        if room.capacity is not None and people > room.capacity:
            raise CapacityTooSmall(capacity=room.capacity, people=people)
        now = self.session.now()
        if spans[0].end <= now:
            raise OutsideBookingWindow("it is over", until=None)
        if room.ahead_days and spans[-1].start > now + timedelta(days=room.ahead_days):
            raise OutsideBookingWindow(until=(now + timedelta(days=room.ahead_days)).date())
        if room.longest_minutes and any(span.end - span.start > timedelta(minutes=room.longest_minutes) for span in spans):
            raise TooLong(longest=timedelta(minutes=room.longest_minutes))

    def _alternatives(self, connection: Connection, room: Any, spans: Sequence[Span], people: int) -> tuple[Room, ...]:
        """Up to five rooms of the same site with the same features that are free at every time, the smallest first."""
        others = [
            other
            for other in self.room_rows(
                connection, rooms.c.site_id == room.site_id, rooms.c.id != room.id, rooms.c.bookability == "open"
            )
            if (other.capacity or 0) >= people and set(room.features) <= set(other.features)
        ]
        held = self.taken(connection, [other.id for other in others], spans[0].start, spans[-1].end)
        taken = {row.room_id for row in held if any(row.start < span.end and row.end > span.start for span in spans)}
        return tuple(self.room_of(other) for other in others if other.id not in taken)[:5]

    def _keep_times(
        self,
        connection: Connection,
        id_: int,
        room_id: int | None,
        spans: Sequence[Span],
        states: Sequence[tuple[str, str | None]],
    ) -> None:
        rows = [
            {"meeting_id": id_, "room_id": room_id, "start": span.start, "end": span.end, "state": state, "conflict": conflict}
            for span, (state, conflict) in zip(spans, states, strict=True)
        ]
        connection.execute(meeting_times.insert(), rows)

    def _invite(self, connection: Connection, id_: int, attendees: Sequence[Attendee]) -> None:
        invited = {self.employee(connection, one.person, field="attendees").id: one for one in attendees}
        rows = [
            {"meeting_id": id_, "person_id": person_id, "role": one.role.value, "response": one.response.value}
            for person_id, one in invited.items()
        ]
        if rows:
            connection.execute(meeting_people.insert(), rows)

    def _order(self, connection: Connection, id_: int, order: OrderDraft, span: Span, room: Any, policy: Policy) -> None:
        values = {
            "meeting_id": id_,
            "diets": {diet.value: count for diet, count in order.diets.items()},
            "deliver_at": order.deliver_at or span.start,
            "cost_centre": order.cost_centre,
            "note": order.note,
            "state": "done",
        }
        order_id = inserted(connection, orders, values)
        for line in order.lines:
            item = self._item_row(connection, line.item, room)
            locked(connection, menu_items, item.id)
            try:
                self._check_item(connection, item, line.quantity, span)
            except (CutoffPassed, ServiceNotAvailableHere):
                if policy is Policy.ALL_OR_NOTHING:
                    raise
                connection.execute(orders.update().where(orders.c.id == order_id).values(state="rejected"))
            kept = {
                "order_id": order_id,
                "item_id": item.id,
                "quantity": line.quantity,
                "price": item.price,
                "currency": item.currency,
            }
            inserted(connection, order_lines, kept)

    def _item_row(self, connection: Connection, wanted: Ref | str, room: Any) -> Any:
        here = (
            menu_items.c.site_id.is_(None)
            if room is None
            else menu_items.c.site_id.is_(None) | (menu_items.c.site_id == room.site_id)
        )
        if isinstance(wanted, Ref):
            chosen = menu_items.c.id == self.id_of(wanted, "item")
        else:
            chosen = sa.func.lower(menu_items.c.name) == wanted.lower()
        row = connection.execute(sa.select(menu_items).where(chosen, here).order_by(menu_items.c.site_id.is_(None))).first()
        if row is None:
            known = connection.execute(sa.select(menu_items.c.name).where(here).order_by(menu_items.c.name)).scalars().all()
            raise ServiceNotAvailableHere(f"{wanted}; there is: {', '.join(known) or 'nothing'}", field="orders")
        return row

    def _check_item(self, connection: Connection, item: Any, quantity: int, span: Span) -> None:
        if item.order_before_minutes:
            at = span.start - timedelta(minutes=item.order_before_minutes)
            if self.session.now() > at:
                raise CutoffPassed(what=item.name, at=at)
        if item.stock is None:
            return
        times, lines = meeting_times.c, order_lines.c
        overlapping = (times.start < span.end) & (times.end > span.start) & times.state.in_(HOLDS)
        chosen = (
            sa.select(lines.id, lines.quantity)
            .join(orders, orders.c.id == lines.order_id)
            .join(meeting_times, times.meeting_id == orders.c.meeting_id)
            .where(lines.item_id == item.id, orders.c.state == "done", overlapping)
        )
        used = sum({row.id: row.quantity for row in connection.execute(chosen)}.values())
        if used + quantity > item.stock:
            raise ServiceNotAvailableHere(f"{item.name}: {max(0, item.stock - used)} left at that time", field="orders")

    def _cancel_orders(self, connection: Connection, id_: int, start: Any) -> None:
        chosen = (
            sa.select(orders.c.id, menu_items.c.name, menu_items.c.cancel_before_minutes)
            .join(order_lines, order_lines.c.order_id == orders.c.id)
            .join(menu_items, menu_items.c.id == order_lines.c.item_id)
            .where(orders.c.meeting_id == id_, orders.c.state == "done")
        )
        for row in connection.execute(chosen):
            at = start - timedelta(minutes=row.cancel_before_minutes or 0)
            if row.cancel_before_minutes and self.session.now() > at:
                raise CutoffPassed(what=row.name, at=at)
        connection.execute(orders.update().where(orders.c.meeting_id == id_).values(state="rejected"))

    def _locked_meeting(self, connection: Connection, id_: int) -> tuple[Any, list[Any]]:
        """The meeting and its times that are not cancelled, its room and itself kept from other writers."""
        room_id = connection.execute(sa.select(meetings.c.room_id).where(meetings.c.id == id_)).scalar()
        if room_id is not None:
            locked(connection, rooms, room_id)
        row = locked(connection, meetings, id_)
        if row is None:
            raise NotFound(f"there is no meeting {id_}", field="ref")
        chosen = sa.select(meeting_times).where(meeting_times.c.meeting_id == id_, meeting_times.c.state != "cancelled")
        times = list(connection.execute(chosen.order_by(meeting_times.c.start)).all())
        if not times:
            raise Conflict("it was cancelled", field="ref")
        return row, times

    @staticmethod
    def _in_scope(times: list[Any], zone: str, scope: Scope, occurrence: date | None) -> list[Any]:
        if scope is Scope.ALL or (occurrence is None and len(times) == 1):
            return times
        if occurrence is None:
            raise InvalidInput("say which time of the series", field="occurrence")
        for index, time in enumerate(times):
            if Span(start=time.start, end=time.end, zone=zone).local_start.date() == occurrence:
                return times[index : index + 1] if scope is Scope.ONE else times[index:]
        raise NotFound(f"there is no time on {occurrence}", field="occurrence")

    @staticmethod
    def _moved(time: Any, first: Any, span: Span | None, zone: str) -> Span:
        """The time moved as the first one is moved: by days and on the clock, so that summer time does not shift it."""
        old = Span(start=time.start, end=time.end, zone=zone)
        if span is None:
            return old
        begin = Span(start=first.start, end=first.end, zone=zone).local_start
        days = span.local_start.date() - begin.date()
        return Span.local(old.local_start.date() + days, span.local_start.time(), span.local_end.time(), span.zone)

    def _split(self, connection: Connection, row: Any, time_ids: list[int]) -> int:
        """A meeting of its own for some times of a series."""
        values = {
            name: getattr(row, name)
            for name in ("subject", "body", "private", "organizer_id", "room_id", "people", "zone", "created_at")
        }
        id_ = inserted(connection, meetings, values)
        connection.execute(meeting_times.update().where(meeting_times.c.id.in_(time_ids)).values(meeting_id=id_))
        invited = connection.execute(sa.select(meeting_people).where(meeting_people.c.meeting_id == row.id)).all()
        if invited:
            rows = [
                {"meeting_id": id_, "person_id": one.person_id, "role": one.role, "response": one.response} for one in invited
            ]
            connection.execute(meeting_people.insert(), rows)
        return id_
