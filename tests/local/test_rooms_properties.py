"""Whatever is booked, changed and cancelled: no room is held twice, and none that is held is offered."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.local.conftest import Office
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.connectors.local.rooms_setup import add_item, add_room, add_site
from workplace_sdk.connectors.local.rooms_tables import meeting_times, menu_items, order_lines, orders
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.services.common import Decision, Ref, Span
from workplace_sdk.services.rooms import (
    MeetingChange,
    MeetingDraft,
    OrderDraft,
    OrderKind,
    OrderLine,
    Policy,
    RoomConflict,
    RoomQuery,
    Scope,
)
from workplace_sdk.services.rooms_times import peak

ZONE = "Europe/Amsterdam"
FIRST = date(2026, 11, 25)
ROOMS = ("Amber", "Basalt", "Coral", "Diamant")
BEAMERS = 2

days = st.integers(0, 6).map(lambda number: FIRST + timedelta(days=number))
hours = st.integers(8, 17)
lengths = st.sampled_from((30, 60, 90, 180))
series = st.sampled_from((None, "FREQ=DAILY;COUNT=3", "FREQ=DAILY;INTERVAL=2;COUNT=3"))
scopes = st.sampled_from(tuple(Scope))


def span_of(day: date, hour: int, minutes: int) -> Span:
    start = Span.local(day, time(hour), time(hour, 1), ZONE).start
    return Span(start=start, end=start + timedelta(minutes=minutes), zone=ZONE)


def furnished(office: Office) -> Office:
    def setup(connection: Any) -> None:
        site = add_site(connection, "Utrecht", ZONE)
        for name in ROOMS[:2]:
            add_room(connection, name, site, capacity=8)
        add_room(connection, "Coral", site, capacity=8, check_in_minutes=15)
        add_room(connection, "Diamant", site, capacity=8, bookability="approval", approver_id=office.ids["bo"])
        add_item(connection, "Beamer", OrderKind.EQUIPMENT, stock=BEAMERS)

    office.write(setup)
    return office


class Booking(RuleBasedStateMachine):
    """People of an office who book, change, move, cancel, check in and let time pass."""

    meetings: Bundle[Ref] = Bundle("meetings")

    @initialize()
    def open(self) -> None:
        self.office = Office("sqlite://")
        self.office.write(self.office.hire)
        furnished(self.office)

    def teardown(self) -> None:
        self.office.local.database.close()

    @property
    def desk(self) -> LocalRooms:
        return self.office.as_("ana", LocalRooms)

    @rule(
        target=meetings,
        day=days,
        hour=hours,
        minutes=lengths,
        names=st.sets(st.sampled_from(ROOMS), min_size=1, max_size=2),
        repeat=series,
        policy=st.sampled_from(tuple(Policy)),
        beamers=st.integers(0, 2),
    )
    def book(
        self, day: date, hour: int, minutes: int, names: set[str], repeat: str | None, policy: Policy, beamers: int
    ) -> Any:
        first, *more = sorted(names)
        order = (OrderDraft(lines=(OrderLine(item="Beamer", quantity=beamers),)),) if beamers else ()
        span = span_of(day, hour, minutes)
        draft = MeetingDraft(
            subject="x", span=span, room=first, more_rooms=tuple(more), rrule=repeat, policy=policy, orders=order
        )
        try:
            return self.desk.book(draft).ref
        except RoomConflict as error:
            for one in error.conflicts:  # what is offered instead is free indeed
                taken = {busy.room for busy in self.desk.busy(one.span, rooms=tuple(room.ref for room in one.alternatives))}
                assert not taken
            return multiple()
        except Rejected:
            return multiple()

    @rule(
        ref=meetings,
        day=days,
        hour=hours,
        minutes=lengths,
        name=st.sampled_from((None, *ROOMS)),
        scope=scopes,
        on=days,
        target=meetings,
    )
    def change(self, ref: Ref, day: date, hour: int, minutes: int, name: str | None, scope: Scope, on: date) -> Any:
        try:
            change = MeetingChange(span=span_of(day, hour, minutes), room=name)
            changed = self.desk.change(ref, change, scope=scope, occurrence=on)
        except Rejected:
            return multiple()
        return changed.ref if changed.ref != ref else multiple()

    @rule(ref=consumes(meetings), scope=scopes, on=days)
    def cancel(self, ref: Ref, scope: Scope, on: date) -> None:
        try:
            self.desk.cancel(ref, scope=scope, occurrence=on)
        except Rejected:
            return

    @rule(ref=meetings, what=st.sampled_from(("release", "check_in", "approve", "reject")))
    def do(self, ref: Ref, what: str) -> None:
        try:
            if what == "release":
                self.desk.release(ref)
            elif what == "check_in":
                self.desk.check_in(ref)
            else:
                self.office.as_("bo", LocalRooms).decide(ref, Decision(what))
        except Rejected:
            return

    @rule(minutes=st.sampled_from((5, 20, 240, 1440)))
    def wait(self, minutes: int) -> None:
        self.office.now += timedelta(minutes=minutes)

    @rule(day=days, hour=hours, minutes=lengths)
    def find(self, day: date, hour: int, minutes: int) -> None:
        wide = RoomQuery(duration=timedelta(minutes=minutes), within=span_of(day, 7, 780), limit=200)
        for query in (RoomQuery(span=span_of(day, hour, minutes), limit=200), wide):
            for option in self.desk.find(query):
                assert self.desk.busy(option.span, rooms=(option.room.ref,)) == ()

    @invariant()
    def no_room_is_held_twice(self) -> None:
        held = (meeting_times.c.state.in_(("confirmed", "requested"))) & meeting_times.c.room_id.is_not(None)
        rows = self.office.read(lambda c: c.execute(sa.select(meeting_times).where(held).order_by(meeting_times.c.start)).all())
        last: dict[int, datetime] = {}
        for row in rows:
            assert row.start >= last.get(row.room_id, datetime.min.replace(tzinfo=UTC)), "two meetings in one room"
            last[row.room_id] = row.end

    @invariant()
    def no_beamer_is_lent_twice(self) -> None:
        chosen = (
            sa.select(meeting_times.c.start, meeting_times.c.end, order_lines.c.quantity)
            .join(orders, (orders.c.meeting_id == meeting_times.c.meeting_id) & (orders.c.number == meeting_times.c.number))
            .join(order_lines, order_lines.c.order_id == orders.c.id)
            .join(menu_items, menu_items.c.id == order_lines.c.item_id)
            .where(orders.c.state == "ordered", meeting_times.c.position == 0, meeting_times.c.state != "cancelled")
        )
        rows = self.office.read(lambda c: c.execute(chosen).all())
        assert peak((row.start, row.end, row.quantity) for row in rows) <= BEAMERS


def test_after_any_sequence_no_room_is_held_twice_and_none_that_is_held_is_offered() -> None:
    run_state_machine_as_test(
        Booking,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes longer than a test may
        ),
    )


@pytest.fixture
def furnished_office(office: Office) -> Office:
    return furnished(office)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(days, hours, lengths, st.sampled_from(ROOMS), series), max_size=8))
def test_what_is_booked_is_busy_and_the_rest_is_not(
    furnished_office: Office, asked: list[tuple[date, int, int, str, str | None]]
) -> None:
    desk = furnished_office.as_("ana", LocalRooms)
    rooms = {room.name: room.ref for room in desk.rooms()}
    booked: list[tuple[Ref, str, tuple[Span, ...]]] = []
    for day, hour, minutes, name, repeat in asked:
        wanted = MeetingDraft(subject="x", span=span_of(day, hour, minutes), room=name, rrule=repeat)
        try:
            made = desk.book(wanted)
        except RoomConflict as error:
            others = [span for _, other, spans in booked if other == name for span in spans]
            assert all(any(time.overlaps(span) for span in others) for time in error.times)
        else:
            spans = tuple(time.span for time in made.occurrences)
            assert not any(one.overlaps(span) for _, other, some in booked if other == name for one in spans for span in some)
            booked.append((made.ref, name, spans))
    whole = span_of(FIRST, 0, 60 * 24 * 20)
    for name, ref in rooms.items():
        told = {(one.span.start, one.span.end) for one in desk.busy(whole, rooms=(ref,))}
        assert told == {(span.start, span.end) for _, other, spans in booked if other == name for span in spans}
    for ref, _, _ in booked:
        desk.cancel(ref)
