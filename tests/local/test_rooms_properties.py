"""Whatever is booked, changed and cancelled: no room is held twice, and none that is held is offered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.local.agreeing import agreeing
from tests.local.conftest import Office
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.connectors.local.rooms_setup import add_item, add_room, add_site
from workplace_sdk.connectors.local.rooms_tables import meeting_times, menu_items, order_lines, orders
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.services.common import ComponentState, Decision, Money, PersonRef, Ref, Span
from workplace_sdk.services.rooms import (
    Attendee,
    Meeting,
    MeetingChange,
    MeetingDraft,
    OrderDraft,
    OrderKind,
    OrderLine,
    Policy,
    ReservationState,
    Response,
    RoomConflict,
    RoomQuery,
    Scope,
    WaitState,
)
from workplace_sdk.services.rooms_times import peak

ZONE = "Europe/Amsterdam"
FIRST = date(2026, 11, 25)
ROOMS = ("Amber", "Basalt", "Coral", "Diamant")
BEAMERS = 2
Ordering: TypeAlias = Callable[[Span], tuple[OrderDraft, ...]]

days = st.integers(0, 6).map(lambda number: FIRST + timedelta(days=number))
hours = st.integers(8, 17)
lengths = st.sampled_from((30, 60, 90, 180))
series = st.sampled_from((None, "FREQ=DAILY;COUNT=3", "FREQ=DAILY;INTERVAL=2;COUNT=3"))
scopes = st.sampled_from(tuple(Scope))
fees = st.sampled_from((None, Money.of("5", "EUR"), Money.of("500", "EUR")))


def _nothing(_: Span) -> tuple[OrderDraft, ...]:
    return ()


def _beamer(span: Span) -> tuple[OrderDraft, ...]:
    return (OrderDraft(lines=(OrderLine(item="Beamer"),)),)


def _beamers_early(span: Span) -> tuple[OrderDraft, ...]:
    early, late = span.start - timedelta(hours=2), span.end + timedelta(hours=1)
    return (OrderDraft(lines=(OrderLine(item="Beamer", quantity=2),), deliver_at=early, clear_at=late),)


def _lunch(span: Span) -> tuple[OrderDraft, ...]:
    return (*_beamer(span), OrderDraft(lines=(OrderLine(item="Lunch", quantity=4), OrderLine(item="Koffie", quantity=4))))


def _unknown(span: Span) -> tuple[OrderDraft, ...]:
    return (OrderDraft(lines=(OrderLine(item="Taart"),)),)


orders_ = st.sampled_from((_nothing, _nothing, _beamer, _beamers_early, _lunch, _unknown))


def reserved(meeting: Meeting) -> set[ReservationState]:
    return {one.state.value for time in meeting.occurrences for one in time.reservations}


def states(meeting: Meeting) -> set[ComponentState]:
    return {one.state for one in meeting.components}


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
        add_room(
            connection,
            "Erts",
            site,
            capacity=8,
            bookability="restricted",
            approver_id=office.ids["bo"],
            bookers=[office.ids["kees"]],
        )
        add_item(connection, "Beamer", OrderKind.EQUIPMENT, stock=BEAMERS)
        late = {"order_before_minutes": 24 * 60, "cancel_before_minutes": 12 * 60, "cancel_fee": Decimal("0.5")}
        add_item(connection, "Lunch", OrderKind.CATERING, site_id=site, price=Money.of("9.50", "EUR"), **late)
        add_item(connection, "Koffie", OrderKind.CATERING, price=Money.of("2", "EUR"), cancel_before_minutes=60)

    office.write(setup)
    return office


class Booking(RuleBasedStateMachine):
    """People of an office who book, change, move, cancel, wait, answer, check in and let time pass; each after its preview."""

    meetings: Bundle[Ref] = Bundle("meetings")
    waits: Bundle[Ref] = Bundle("waits")

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
        who=st.sampled_from(("ana", "ana", "kees")),
        day=days,
        hour=hours,
        minutes=lengths,
        names=st.sets(st.sampled_from((*ROOMS, "Erts")), max_size=2),
        people=st.sampled_from((None, None, 6, 9, 17)),
        guests=st.integers(0, 3),
        repeat=series,
        policy=st.sampled_from(tuple(Policy)),
        order=orders_,
    )
    def book(
        self,
        who: str,
        day: date,
        hour: int,
        minutes: int,
        names: set[str],
        people: int | None,
        guests: int,
        repeat: str | None,
        policy: Policy,
        order: Ordering,
    ) -> Any:
        first, *more = [*sorted(names), None]
        span = span_of(day, hour, minutes)
        logins = ("kees", "mia", "tom")[:guests]
        draft = MeetingDraft(
            subject="x", span=span, room=first, more_rooms=tuple(name for name in more if name), rrule=repeat, policy=policy,
            orders=order(span), people=people, attendees=tuple(Attendee(person=PersonRef(login=login)) for login in logins),
        )  # fmt: skip
        try:
            told, made = agreeing(self.office.as_(who, LocalRooms).book, draft)
        except RoomConflict as error:
            for one in error.conflicts:  # what is offered instead is free indeed
                taken = {busy.room for busy in self.desk.busy(one.span, rooms=tuple(room.ref for room in one.alternatives))}
                assert not taken
            return multiple()
        except Rejected:
            return multiple()
        lost = {"left_out"} & {line.code for line in told.lines}
        assert bool(lost) == (made.state is ComponentState.REJECTED or ComponentState.REJECTED in states(made))
        priced = [line.facts["amount"] for line in told.lines if line.code == "order" and line.facts["amount"] is not None]
        assert sum(map(Decimal, priced)) == sum(one.total.amount for one in made.orders if one.total is not None)
        assert (ReservationState.REQUESTED in reserved(made)) == any(line.code == "approval" for line in told.lines) or lost
        return made.ref

    @rule(
        ref=meetings,
        day=days,
        hour=hours,
        minutes=st.sampled_from((30, 60, 90, 180, 60 * 25)),
        name=st.sampled_from((None, "", *ROOMS, "Erts")),
        what=st.sets(st.sampled_from(("span", "room", "people", "orders", "attendees")), min_size=1),
        people=st.sampled_from((2, 9, 17)),
        order=orders_,
        scope=scopes,
        on=days,
        fee=fees,
        target=meetings,
    )
    def change(
        self, ref: Ref, day: date, hour: int, minutes: int, name: str | None, what: set[str], people: int, order: Ordering,
        scope: Scope, on: date, fee: Money | None,
    ) -> Any:  # fmt: skip
        span = span_of(day, hour, minutes)
        values = {
            "span": span,
            "room": name,
            "people": people,
            "orders": order(span),
            "attendees": (Attendee(person=PersonRef(login="ana")), Attendee(person=PersonRef(login="mia"))),
        }
        wanted = {one: values[one] for one in what if values[one] is not None}
        if not wanted:
            return multiple()
        try:
            _, changed = agreeing(self.desk.change, ref, MeetingChange(**wanted), scope=scope, occurrence=on, accept_fee=fee)
        except Rejected:
            return multiple()
        return changed.ref if changed.ref != ref else multiple()

    @rule(ref=meetings, scope=scopes, on=days, fee=fees)
    def cancel(self, ref: Ref, scope: Scope, on: date, fee: Money | None) -> None:
        before = self.desk.get(ref)
        try:
            told, gone = agreeing(self.desk.cancel, ref, scope=scope, occurrence=on, accept_fee=fee)
        except Rejected:
            return
        costs = [Decimal(str(line.facts["amount"])) for line in told.lines if line.code == "cancel-fee-applies"]
        assert sum(costs) == sum(one.amount for one in gone.fee) - sum(one.amount for one in before.fee)
        line = told.line("times")
        assert line is not None
        now, then = (sum(one.state == ReservationState.CANCELLED for one in which.occurrences) for which in (gone, before))
        assert line.facts["times"] == now - then

    @rule(ref=meetings, what=st.sampled_from(("release", "check_in", "approve", "reject", "accepted", "declined")), on=days)
    def do(self, ref: Ref, what: str, on: date) -> None:
        try:
            if what == "release":
                agreeing(self.desk.release, ref, occurrence=on)
            elif what == "check_in":
                agreeing(self.desk.check_in, ref)
            elif what in ("accepted", "declined"):
                agreeing(self.office.as_("kees", LocalRooms).respond, ref, Response(what))
            else:
                agreeing(self.office.as_("bo", LocalRooms).decide, ref, Decision(what))
        except Rejected:
            return

    @rule(target=waits, day=days, hour=hours, minutes=lengths, name=st.sampled_from(ROOMS), people=st.sampled_from((2, 9)))
    def wait_for(self, day: date, hour: int, minutes: int, name: str, people: int) -> Any:
        draft = MeetingDraft(subject="w", span=span_of(day, hour, minutes), room=name, people=people)
        try:
            return agreeing(self.office.as_("mia", LocalRooms).join_waitlist, draft)[1].ref
        except Rejected:
            return multiple()

    @rule(ref=waits)
    def wait_no_longer(self, ref: Ref) -> None:
        try:
            agreeing(self.office.as_("mia", LocalRooms).leave_waitlist, ref)
        except Rejected:
            return

    @rule(minutes=st.sampled_from((5, 20, 240, 1440)))
    def wait(self, minutes: int) -> None:
        self.office.now += timedelta(minutes=minutes)

    @rule(day=days, hour=hours, minutes=lengths, guests=st.integers(0, 7))
    def find(self, day: date, hour: int, minutes: int, guests: int) -> None:
        wide = RoomQuery(duration=timedelta(minutes=minutes), within=span_of(day, 7, 780), limit=200)
        who = tuple(PersonRef(email=f"guest{number}@elders.example") for number in range(guests))
        for query in (RoomQuery(span=span_of(day, hour, minutes), attendees=who, limit=200), wide):
            options = self.desk.find(query)
            for option in options:
                assert self.desk.busy(option.span, rooms=(option.room.ref,)) == ()
            for option in options[:1]:  # what is offered can be booked
                people = tuple(Attendee(person=one) for one in query.attendees)
                draft = MeetingDraft(subject="x", span=option.span, room=option.room.ref, attendees=people)
                assert not self.desk.book.preview(draft).blockers

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
            sa.select(orders.c.deliver_at, orders.c.clear_at, order_lines.c.quantity)
            .join(order_lines, order_lines.c.order_id == orders.c.id)
            .join(menu_items, menu_items.c.id == order_lines.c.item_id)
            .where(orders.c.state == "ordered", menu_items.c.name == "Beamer")
        )
        rows = self.office.read(lambda c: c.execute(chosen).all())
        assert all(row.deliver_at < row.clear_at for row in rows)
        assert peak((row.deliver_at, row.clear_at, row.quantity) for row in rows) <= BEAMERS

    @invariant()
    def nobody_waits_for_a_room_that_is_free(self) -> None:
        for entry in self.office.as_("mia", LocalRooms).waitlist():
            if entry.state == WaitState.WAITING and entry.name != "Coral":  # which is given free by the clock alone
                assert self.desk.busy(entry.span, rooms=(entry.room,))


def test_after_any_sequence_no_room_is_held_twice_and_none_that_is_held_is_offered() -> None:
    run_state_machine_as_test(
        Booking,
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes longer than a test may
        ),
    )


@pytest.fixture
def furnished_office(office: Office) -> Office:
    return furnished(office)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
