"""Who brings a part of a meeting, and how they are asked: each way checks, does, finds again and gives back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from workplace_sdk.kernel.errors import NotSupported, Rejected, WorkplaceError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import settled
from workplace_sdk.kernel.preview import Weight
from workplace_sdk.kernel.support import Native
from workplace_sdk.meetings.journal import what_of
from workplace_sdk.services.common import ComponentState, Money, Ref, Span
from workplace_sdk.services.incidents import Incidents, Place, TicketDraft, TicketKind
from workplace_sdk.services.rooms import CancelFeeApplies, CutoffPassed, MeetingDraft, RoomBooking
from workplace_sdk.services.rooms_models import Meeting, OrderDraft, OrderLine, Policy, ServiceItem
from workplace_sdk.services.rooms_rules import chosen_item, order_problems

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.meetings.journal import Part, Plan
    from workplace_sdk.settings import OrderSettings


@frozen
class Had:
    """A part that was had: what it is there, and whether someone has yet to approve it."""

    ref: Ref | None = None
    pending: bool = False
    why: str | None = None
    meeting: Meeting | None = None


class Way(Protocol):
    """Brings one kind of part."""

    connection: str
    safety: Safety
    """What asking twice with the same key does."""

    def problems(self, order: OrderDraft, spans: Sequence[Span], now: datetime) -> Steps[list[Rejected]]:
        """Why *order* cannot be had; nothing is asked for."""
        ...

    def price(self, order: OrderDraft) -> Steps[Money | None]:
        """What *order* costs each time; ``None`` when that is not known."""
        ...

    def do(self, plan: Plan, part: Part) -> Steps[Had]:
        """Ask for it."""
        ...

    def find(self, plan: Plan, part: Part) -> Steps[Had | None]:
        """What became of asking for it; ``NotSupported`` where that cannot be found out."""
        ...

    def undo_problem(self, plan: Plan, part: Part, accept_fee: Money | None) -> Steps[Rejected | None]:
        """Why it cannot be given back now, as far as that can be known before."""
        ...

    def undo(self, plan: Plan, part: Part, reason: str, accept_fee: Money | None) -> Steps[None]:
        """Give it back; ``Rejected`` when that cannot be."""
        ...


class ByRooms:
    """The system that has the rooms, or another of its kind: what it brings is ordered with a booking there."""

    def __init__(self, rooms: RoomBooking, settings: OrderSettings | None = None) -> None:
        self.rooms = rooms
        self.connection = rooms.connection_name
        self.safety = rooms.book.safety

    def problems(self, order: OrderDraft, spans: Sequence[Span], now: datetime) -> Steps[list[Rejected]]:
        menu = yield from self._menu()
        return [problem for span in spans for problem in order_problems(menu, order, span, now=now)]

    def price(self, order: OrderDraft) -> Steps[Money | None]:
        menu = yield from self._menu()
        prices = [_times(chosen_item(menu, line.item).price, line.quantity) for line in order.lines]
        return _sum(prices)

    def _menu(self) -> Steps[Sequence[ServiceItem]]:
        if not isinstance(self.rooms.menu.support, Native):
            return ()
        return (yield from self.rooms.menu.steps())

    def draft(self, plan: Plan, part: Part) -> MeetingDraft:
        """The booking that has the order; the meeting's room is another system's."""
        asked = plan.plan
        return MeetingDraft(
            subject=asked.subject,
            span=plan.spans[0],
            rrule=asked.rrule,
            except_on=asked.except_on,
            people=asked.seats,
            orders=part.orders,
            organizer=asked.organizer,
            cost_centre=asked.cost_centre,
            body=f"{plan.room.name}" if plan.room else None,
            private=asked.private,
        )

    def do(self, plan: Plan, part: Part) -> Steps[Had]:
        meeting = yield from self.rooms.book.call(self.draft(plan, part), key=Key(part.key))
        return self.had(meeting)

    def had(self, meeting: Meeting) -> Had:
        """What became of a booking."""
        unsettled = [one for one in meeting.components if one.state is not ComponentState.DONE]
        why = "; ".join(f"{one.what}: {one.why or one.state}" for one in unsettled) or None
        return Had(ref=meeting.ref, pending=meeting.state is ComponentState.PENDING, why=why, meeting=meeting)

    def find(self, plan: Plan, part: Part) -> Steps[Had | None]:
        meeting = yield from self.rooms.book.reconcile.steps(Key(part.key))
        return None if meeting is None or meeting.cancelled else self.had(meeting)

    def undo_problem(self, plan: Plan, part: Part, accept_fee: Money | None) -> Steps[Rejected | None]:
        if part.ref is None:
            return None
        preview = yield from settled(self.rooms.cancel.preview.steps(part.ref))
        if isinstance(preview, WorkplaceError):
            return None  # it is gone, or giving it back will say
        for line in preview.lines:
            if line.code == CancelFeeApplies.code:
                fee = Money.of(str(line.facts["amount"]), str(line.facts["currency"]))
                if accept_fee is None or accept_fee.currency != fee.currency or accept_fee < fee:
                    return CancelFeeApplies(line.en, fee=fee)
            elif line.weight is Weight.BLOCKER:
                return Rejected(line.en, native_code=line.code)
        return None

    def undo(self, plan: Plan, part: Part, reason: str, accept_fee: Money | None) -> Steps[None]:
        assert part.ref is not None, "what is given back was had"
        said = _reason(self.rooms, reason)
        yield from self.rooms.cancel.call(part.ref, reason=said, accept_fee=accept_fee, key=Key(f"{part.key}-undo"))


def _reason(rooms: RoomBooking, reason: str) -> str | None:
    support = rooms.cancel.support
    return None if isinstance(support, Native) and "reason" in support.without else reason


class TheRoom(ByRooms):
    """The room itself, with everyone who comes, and what its own system brings."""

    def draft(self, plan: Plan, part: Part) -> MeetingDraft:
        asked, support = plan.plan, self.rooms.book.support
        without = support.without if isinstance(support, Native) else frozenset[str]()
        return MeetingDraft(
            subject=asked.subject,
            span=plan.spans[0],
            rrule=asked.rrule,
            except_on=asked.except_on,
            room=plan.room.ref if plan.room else None,
            layout=asked.layout,
            features=asked.features,
            people=asked.seats,
            attendees=() if "attendees" in without else asked.attendees,
            orders=part.orders,
            policy=Policy.ALL_OR_NOTHING if "best_effort" in without else asked.policy,
            organizer=asked.organizer,
            cost_centre=asked.cost_centre,
            body=asked.body,
            private=asked.private,
        )


class ByIncidents:
    """A helpdesk: what is ordered is a ticket in one of its categories."""

    def __init__(self, incidents: Incidents, settings: OrderSettings) -> None:
        self.incidents = incidents
        self.settings = settings
        self.connection = incidents.connection_name
        self.safety = incidents.report.safety

    def problems(self, order: OrderDraft, spans: Sequence[Span], now: datetime) -> Steps[list[Rejected]]:
        return too_late(self.settings, order, spans, now)
        yield

    def price(self, order: OrderDraft) -> Steps[Money | None]:
        return priced(self.settings, order)
        yield

    def do(self, plan: Plan, part: Part) -> Steps[Had]:
        from workplace_sdk.meetings.letters import order_text

        (order,) = part.orders
        support = self.incidents.report.support
        without = support.without if isinstance(support, Native) else frozenset[str]()
        room = plan.room
        place = Place(site=room.site, building=room.building, floor=room.floor, room=room.name) if room else None
        draft = TicketDraft(
            what=f"{part.what}, {plan.spans[0].local_start:%Y-%m-%d %H:%M}, {room.name if room else plan.plan.subject}"[:200],
            details=order_text(plan, order),
            kind=TicketKind.REQUEST,
            category=self.settings.category,
            place=None if "place" in without else place,
            person=plan.plan.organizer,
        )
        ticket = yield from self.incidents.report.call(draft, key=Key(part.key))
        return Had(ref=ticket.ref, pending=True, why=ticket.number)

    def find(self, plan: Plan, part: Part) -> Steps[Had | None]:
        ticket = yield from self.incidents.report.reconcile.steps(Key(part.key))
        return None if ticket is None else Had(ref=ticket.ref, pending=True, why=ticket.number)

    def undo_problem(self, plan: Plan, part: Part, accept_fee: Money | None) -> Steps[Rejected | None]:
        return too_late_to_cancel(self.settings, plan, self.incidents.session.now())
        yield

    def undo(self, plan: Plan, part: Part, reason: str, accept_fee: Money | None) -> Steps[None]:
        assert part.ref is not None, "what is given back was had"
        if late := too_late_to_cancel(self.settings, plan, self.incidents.session.now()):
            raise late
        if isinstance(self.incidents.cancel.support, Native):
            yield from self.incidents.cancel.call(part.ref, reason=reason, key=Key(f"{part.key}-undo"))
        elif isinstance(self.incidents.comment.support, Native):
            yield from self.incidents.comment.call(part.ref, f"Not needed any more: {reason}", key=Key(f"{part.key}-undo"))
        else:
            raise NotSupported("this helpdesk takes no cancellations from here", connection=self.connection)


def too_late(settings: OrderSettings, order: OrderDraft, spans: Sequence[Span], now: datetime) -> list[Rejected]:
    """That *order* had to be made before now."""
    if settings.order_before is None:
        return []
    late = [span for span in spans if now > span.start - timedelta(hours=settings.order_before)]
    return [
        CutoffPassed(
            f"{what_of(order)} is ordered {settings.order_before} hours ahead",
            what=what_of(order),
            at=span.local_start - timedelta(hours=settings.order_before),
        )
        for span in late
    ]


def too_late_to_cancel(settings: OrderSettings, plan: Plan, now: datetime) -> CutoffPassed | None:
    """That what was ordered can not be cancelled any more."""
    if settings.cancel_before is None:
        return None
    at = plan.spans[0].local_start - timedelta(hours=settings.cancel_before)
    return (
        CutoffPassed(f"it is cancelled {settings.cancel_before} hours ahead", what=plan.plan.subject, at=at)
        if now > at
        else None
    )


def priced(settings: OrderSettings, order: OrderDraft) -> Money | None:
    """What *order* costs by the settings."""
    return _sum([_times(settings.price, line.quantity) for line in order.lines])


def _times(price: Money | None, quantity: int) -> Money | None:
    return None if price is None else price * quantity


def _sum(prices: Sequence[Money | None]) -> Money | None:
    known = [price for price in prices if price is not None]
    if len(known) < len(prices) or len({price.currency for price in known}) != 1:
        return None
    return sum(known[1:], start=known[0])


def names_of(line: OrderLine) -> str:
    """The item of a line, for looking up who brings it."""
    return (line.item if isinstance(line.item, str) else line.item.id).casefold()
