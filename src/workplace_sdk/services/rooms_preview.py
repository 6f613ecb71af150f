"""What a booking, a change or a cancellation would mean, of what the system tells and our own arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.kernel.errors import InvalidInput, NotFound, Rejected, WorkplaceError
from workplace_sdk.kernel.operation import settled
from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Decision, Money, Ref, Span
from workplace_sdk.services.rooms_errors import CutoffPassed
from workplace_sdk.services.rooms_models import (
    Bookability,
    Busy,
    Meeting,
    MeetingChange,
    MeetingDraft,
    Occurrence,
    Order,
    OrderDraft,
    OrderedLine,
    OrderState,
    Policy,
    ReservationState,
    Response,
    Role,
    Room,
    RoomQuery,
    Scope,
    ServiceItem,
)
from workplace_sdk.services.rooms_rules import (
    cancel_fee,
    chosen_item,
    named,
    order_problems,
    over,
    per_currency,
    room_problems,
    total,
)
from workplace_sdk.services.rooms_times import moved, occurrences

if TYPE_CHECKING:
    from pydantic import JsonValue

    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.services.rooms import RoomBooking

MOST_LINES: Final = 5
"""Conflicts that are told one by one."""


def of_booking(service: RoomBooking, draft: MeetingDraft, key: Key | None) -> Steps[Preview]:
    """Times, rooms and seats, conflicts, who is busy, orders with price and cut-off, approval."""
    try:
        spans = occurrences(draft.span, draft.rrule, draft.except_on)
    except Rejected as error:
        return Preview(operation="rooms.book", key=str(key), lines=(_blocker(error),))
    lines = [_when(draft.subject, spans), *(_blocker(problem) for problem in over(spans, service.session.now()))]
    rooms, lost = yield from _rooms(service, draft.rooms)
    lines += lost
    forgiving = draft.policy is Policy.BEST_EFFORT
    people = draft.model_copy(update={"organizer": draft.organizer or service.session.caller}).seats
    lines += _seats(rooms, people)
    lines += [
        _blocker(one)
        for one in room_problems(
            rooms, spans, people=people, now=service.session.now(), features=draft.features, layout=draft.layout
        )
    ]
    lines += _approval(rooms, service)
    lines += yield from _conflicts(service, rooms, spans, people, draft.features, forgiving=forgiving)
    lines += yield from _not_free(service, draft, spans)
    lines += yield from _orders(service, draft.orders, spans, rooms, forgiving=forgiving)
    return Preview(operation="rooms.book", key=str(key), lines=tuple(lines))


def of_change(
    service: RoomBooking, ref: Ref, change: MeetingChange, scope: Scope, occurrence: date | None, key: Key | None
) -> Steps[Preview]:
    """Which times change and how, conflicts, and what becomes of the orders."""
    meeting = yield from service.get.steps(ref)
    lines: list[PreviewLine] = [_meeting(meeting)]
    try:
        times = chosen_times(meeting, scope, occurrence, service)
    except Rejected as error:
        return Preview(operation="rooms.change", key=str(key), lines=(*lines, _blocker(error)))
    old = [time.span for time in times]
    new = [moved(span, old[0], change.span) for span in old] if change.span is not None else old
    lines.append(_changes(meeting, change, old, new))
    rooms, lost = (
        (yield from _rooms(service, tuple(one for one in (change.room, *change.more_rooms) if one)))
        if change.room
        else (list(meeting.rooms), [])
    )
    rooms = [] if change.room == "" else rooms
    coming = change.attendees if change.attendees is not None else meeting.attendees
    people = max(change.people or meeting.people or 0, 1 + sum(one.role is not Role.INFORMED for one in coming))
    lines += [*lost, *_seats(rooms, people)]
    now = service.session.now()
    lines += [_blocker(one) for one in over([b for a, b in zip(old, new, strict=True) if a.start != b.start], now)]
    lines += [_blocker(one) for one in room_problems(rooms, new, people=people, now=now, layout=change.layout)]
    lines += _approval(rooms, service)
    if change.span is not None or change.room is not None:
        lines += yield from _conflicts(service, rooms, new, people, frozenset(), own=(meeting, old))
    touched = change.orders is not None or change.span is not None
    if touched:
        lines += yield from _fees(service, meeting, old)
    if change.orders is not None:
        lines += yield from _orders(service, change.orders, new, rooms)
    return Preview(operation="rooms.change", key=str(key), lines=tuple(lines))


def of_cancelling(service: RoomBooking, ref: Ref, scope: Scope, occurrence: date | None, key: Key | None) -> Steps[Preview]:
    """Which times go, who is told, and what cancelling the orders costs."""
    meeting = yield from service.get.steps(ref)
    lines: list[PreviewLine] = [_meeting(meeting)]
    try:
        times = chosen_times(meeting, scope, occurrence, service)
    except Rejected as error:
        return Preview(operation="rooms.cancel", key=str(key), lines=(*lines, _blocker(error)))
    spans = [time.span for time in times]
    days = _days(spans)
    left = sum(time.state != ReservationState.CANCELLED for time in meeting.occurrences) - len(times)
    facts: dict[str, JsonValue] = {"times": len(times), "left": left, "people": len(meeting.attendees)}
    en = f"Cancelled: {days}; {left} times stay." if left else f"Cancelled: {days}."
    nl = f"Vervalt: {days}; {left} keer blijft staan." if left else f"Vervalt: {days}."
    lines.append(PreviewLine(code="times", en=en, nl=nl, facts=facts))
    lines += yield from _fees(service, meeting, spans)
    return Preview(operation="rooms.cancel", key=str(key), lines=tuple(lines))


def of_response(service: RoomBooking, ref: Ref, response: Response, key: Key | None) -> Steps[Preview]:
    """Which meeting, and what else the caller has then."""
    meeting = yield from service.get.steps(ref)
    words = {
        Response.ACCEPTED: Words("You come to: {what}", "U komt bij: {what}"),
        Response.TENTATIVE: Words("You may come to: {what}", "U komt misschien bij: {what}"),
        Response.DECLINED: Words("You do not come to: {what}", "U komt niet bij: {what}"),
        Response.NEEDS_ACTION: Words("You have not answered yet: {what}", "U heeft nog niet geantwoord: {what}"),
    }[response]
    text = words.filled(what=_what(meeting))
    line = PreviewLine(code="meeting", en=text.en, nl=text.nl, facts={"ref": str(ref)})
    return Preview(operation="rooms.respond", key=str(key), lines=(line,))


def of_decision(service: RoomBooking, ref: Ref, decision: Decision, key: Key | None) -> Steps[Preview]:
    """Which meeting may have which room, at how many times."""
    meeting = yield from service.get.steps(ref)
    waiting = [one for time in meeting.occurrences for one in time.reservations if one.state == ReservationState.REQUESTED]
    names = ", ".join(sorted({one.name for one in waiting})) or "-"
    words = {
        Decision.APPROVE: Words("Approve {names} for: {what}", "{names} toekennen aan: {what}"),
        Decision.REJECT: Words("Refuse {names} to: {what}", "{names} weigeren aan: {what}"),
        Decision.RETURN: Words(
            "A room is approved or rejected, not returned.", "Een zaal wordt toegekend of geweigerd, niet teruggestuurd."
        ),
    }[decision]
    text = words.filled(names=names, what=_what(meeting))
    blocked = decision is Decision.RETURN or not waiting
    line = PreviewLine(
        code="meeting", en=text.en, nl=text.nl, weight=Weight.BLOCKER if blocked else Weight.INFO, facts={"times": len(waiting)}
    )
    return Preview(operation="rooms.decide", key=str(key), lines=(line,))


def told(service: RoomBooking, operation: str, ref: Ref, key: Key | None, en: str, nl: str) -> Steps[Preview]:
    """Which meeting it is about."""
    meeting = yield from service.get.steps(ref)
    text = Words(en, nl).filled(what=_what(meeting))
    return Preview(
        operation=f"rooms.{operation}",
        key=str(key),
        lines=(PreviewLine(code="meeting", en=text.en, nl=text.nl, facts={"ref": str(ref)}),),
    )


def chosen_times(meeting: Meeting, scope: Scope, occurrence: date | None, service: RoomBooking) -> list[Occurrence]:
    """The times that *scope* says and that are not over.

    Raises:
        InvalidInput: A part of a series was asked for without saying which.
        NotFound: There is no time on that date.
        Rejected: All of it is over or cancelled.
    """
    left = [time for time in meeting.occurrences if time.state != ReservationState.CANCELLED]
    if scope is not Scope.ALL and (occurrence is not None or len(left) > 1):
        if occurrence is None:
            raise InvalidInput("say which time of the series", field="occurrence")
        index = next((index for index, time in enumerate(left) if time.date == occurrence), None)
        if index is None:
            raise NotFound(f"there is no time on {occurrence}", field="occurrence")
        left = left[index : index + 1] if scope is Scope.ONE else left[index:]
    ahead = [time for time in left if time.span.end > service.session.now()]
    if not ahead:
        raise Rejected("it is over or cancelled", field="ref")
    return ahead


def _blocker(error: Rejected, weight: Weight = Weight.BLOCKER) -> PreviewLine:
    return PreviewLine(
        code=error.code, en=error.sentence("en"), nl=error.sentence("nl"), weight=weight, facts={"field": error.field}
    )


def _what(meeting: Meeting) -> str:
    rooms = ", ".join(room.name for room in meeting.rooms) or "-"
    times = f" (+{len(meeting.occurrences) - 1})" if len(meeting.occurrences) > 1 else ""
    return f"{meeting.subject}, {meeting.span.local_start:%Y-%m-%d %H:%M}{times}, {rooms}"


def _meeting(meeting: Meeting) -> PreviewLine:
    facts: dict[str, JsonValue] = {"ref": str(meeting.ref), "people": len(meeting.attendees)}
    return PreviewLine(
        code="meeting",
        en=f"{_what(meeting)}, {len(meeting.attendees)} invited",
        nl=f"{_what(meeting)}, {len(meeting.attendees)} genodigd",
        origin=Origin.BACKEND,
        facts=facts,
    )


def _when(subject: str, spans: Sequence[Span]) -> PreviewLine:
    first = spans[0]
    when = f"{first.local_start:%Y-%m-%d %H:%M}-{first.local_end:%H:%M}"
    if len(spans) == 1:
        return PreviewLine(code="times", en=f"{subject}: {when}", nl=f"{subject}: {when}", facts={"times": 1})
    last = spans[-1].local_start.date()
    en, nl = f"{subject}: {when}, {len(spans)} times until {last}", f"{subject}: {when}, {len(spans)} keer tot en met {last}"
    return PreviewLine(code="times", en=en, nl=nl, facts={"times": len(spans), "last": str(last)})


def _days(spans: Sequence[Span]) -> str:
    return ", ".join(f"{span.local_start:%Y-%m-%d %H:%M}" for span in spans[:MOST_LINES]) + (
        " ..." if len(spans) > MOST_LINES else ""
    )


def _changes(meeting: Meeting, change: MeetingChange, old: Sequence[Span], new: Sequence[Span]) -> PreviewLine:
    parts_en, parts_nl = list[str](), list[str]()
    if change.span is not None:
        parts_en.append(f"from {_days(old[:1])} to {_days(new[:1])}-{new[0].local_end:%H:%M}")
        parts_nl.append(f"van {_days(old[:1])} naar {_days(new[:1])}-{new[0].local_end:%H:%M}")
    dutch = {
        "room": "zaal",
        "subject": "onderwerp",
        "attendees": "genodigden",
        "people": "aantal mensen",
        "orders": "bestelling",
        "layout": "opstelling",
    }
    others = [name for name in change.changed if name not in ("span", "more_rooms")]
    parts_en += [name.replace("_", " ") for name in others]
    parts_nl += [dutch.get(name, {"body": "tekst", "private": "besloten"}.get(name, name)) for name in others]
    count = len(old)
    apart = count < sum(time.state != ReservationState.CANCELLED for time in meeting.occurrences)
    en = f"Changes {count} {'time' if count == 1 else 'times'}: {'; '.join(parts_en)}" + (
        ", as a meeting of its own." if apart else "."
    )
    nl = f"Wijzigt {count} keer: {'; '.join(parts_nl)}" + (", als een eigen vergadering." if apart else ".")
    return PreviewLine(code="changes", en=en, nl=nl, facts={"times": count, "changed": list(change.changed)})


def _rooms(service: RoomBooking, wanted: Sequence[Ref | str]) -> Steps[tuple[list[Room], list[PreviewLine]]]:
    """The rooms that are asked for, and those that are not there."""
    if not wanted or not isinstance(service.rooms.support, Native):
        return [], []
    known = yield from service.rooms.steps()
    rooms, lines = list[Room](), list[PreviewLine]()
    for one in wanted:
        name = one.strip().casefold() if isinstance(one, str) else None
        found = next(
            (
                room
                for room in known
                if one == room.ref or (name is not None and name in (room.name.casefold(), (room.email or "").casefold()))
            ),
            None,
        )
        if found is None:
            label = one if isinstance(one, str) else str(one)
            lines.append(
                PreviewLine(code="room", en=f"There is no room {label}.", nl=f"Er is geen zaal {label}.", weight=Weight.BLOCKER)
            )
        else:
            rooms.append(found)
    return rooms, lines


def _seats(rooms: Sequence[Room], people: int) -> list[PreviewLine]:
    if not rooms:
        return []
    names = ", ".join(room.name for room in rooms)
    known = [room.capacity for room in rooms if room.capacity is not None]
    seats = sum(known) if len(known) == len(rooms) else None
    en = (
        f"{names} seats {seats}, {people} come."
        if seats is not None
        else f"{names}; how many it seats is not known, {people} come."
    )
    nl = (
        f"{names} heeft {seats} plaatsen, er komen er {people}."
        if seats is not None
        else f"{names}; het aantal plaatsen is niet bekend, er komen er {people}."
    )
    return [PreviewLine(code="room", en=en, nl=nl, facts={"room": names, "capacity": seats, "people": people})]


def _approval(rooms: Sequence[Room], service: RoomBooking) -> list[PreviewLine]:
    lines: list[PreviewLine] = []
    caller = service.session.caller
    for room in rooms:
        own = caller is not None and room.approver is not None and bool(caller.same_person(room.approver))
        who = room.approver.label if room.approver else "?"
        if room.bookability is Bookability.APPROVAL and not own:
            en, nl = f"{room.name} needs the approval of {who}.", f"{room.name} moet worden goedgekeurd door {who}."
            lines.append(PreviewLine(code="approval", en=en, nl=nl, weight=Weight.WARNING, facts={"approver": who}))
        if room.bookability is Bookability.RESTRICTED and not own:
            en, nl = f"{room.name} is not for everyone; ask {who}.", f"{room.name} is niet voor iedereen; vraag het {who}."
            lines.append(PreviewLine(code="restricted-room", en=en, nl=nl, weight=Weight.WARNING, facts={"request_to": who}))
    return lines


def _conflicts(
    service: RoomBooking,
    rooms: Sequence[Room],
    spans: Sequence[Span],
    people: int,
    features: frozenset[Any],
    *,
    forgiving: bool = False,
    own: tuple[Meeting, Sequence[Span]] | None = None,
) -> Steps[list[PreviewLine]]:
    """Each time at which a room is taken, with rooms that are free then."""
    if not rooms or not isinstance(service.busy.support, Native):
        return []
    whole = Span(start=min(span.start for span in spans), end=max(span.end for span in spans), zone=spans[0].zone)
    taken = yield from service.busy.steps(whole, rooms=tuple(room.ref for room in rooms))
    lines: list[PreviewLine] = []
    clashes = [(span, room) for span in spans for room in rooms if any(_clashes(one, room, span, own) for one in taken)]
    lost = len({span.start for span, _ in clashes}) == len(spans)
    for span, room in clashes[:MOST_LINES]:
        wanted = RoomQuery(span=span, people=people, required=features or room.features, site=room.site, limit=MOST_LINES)
        found = (yield from settled(service.find.steps(wanted))) if isinstance(service.find.support, Native) else ()
        free = (
            [] if isinstance(found, WorkplaceError) else [option.room.name for option in found if option.room.ref != room.ref]
        )
        when = f"{span.local_start:%Y-%m-%d %H:%M}"
        weight = Weight.WARNING if forgiving and not lost else Weight.BLOCKER
        en = f"{room.name} is taken on {when}; free: {', '.join(free) or 'nothing like it'}."
        nl = f"{room.name} is bezet op {when}; wel vrij: {', '.join(free) or 'niets vergelijkbaars'}."
        facts: dict[str, JsonValue] = {"start": span.start.isoformat(), "room": room.name, "alternatives": list(free)}
        lines.append(PreviewLine(code="room-conflict", en=en, nl=nl, weight=weight, origin=Origin.BACKEND, facts=facts))
    if len(clashes) > MOST_LINES:
        more = len(clashes) - MOST_LINES
        lines.append(
            PreviewLine(
                code="more_conflicts",
                en=f"And {more} more times.",
                nl=f"En nog {more} keer.",
                weight=lines[-1].weight,
                facts={"times": more},
            )
        )
    return lines


def _clashes(busy: Busy, room: Room, span: Span, own: tuple[Meeting, Sequence[Span]] | None) -> bool:
    if busy.room != room.ref or not busy.span.overlaps(span):
        return False
    mine = (
        own is not None
        and room in own[0].rooms
        and any((busy.span.start, busy.span.end) == (old.start, old.end) for old in own[1])
    )
    return not mine


def _not_free(service: RoomBooking, draft: MeetingDraft, spans: Sequence[Span]) -> Steps[list[PreviewLine]]:
    """Who of the attendees is not free at some of the times."""
    people = tuple(one.person for one in draft.attendees if one.role is not Role.INFORMED)
    if not people or not isinstance(service.busy.support, Native):
        return []
    whole = Span(start=spans[0].start, end=spans[-1].end, zone=spans[0].zone)
    taken = yield from service.busy.steps(whole, people=people)
    clashes: dict[str, int] = {}
    for person in people:
        number = sum(any(one.person == person and one.span.overlaps(span) for one in taken) for span in spans)
        if number:
            clashes[person.label] = number
    if not clashes:
        return []
    several = len(spans) > 1
    who = ", ".join(f"{name} ({number}x)" if several else name for name, number in clashes.items())
    weight, origin = Weight.WARNING, Origin.BACKEND
    return [
        PreviewLine(
            code="busy",
            en=f"Not free then: {who}.",
            nl=f"Dan niet vrij: {who}.",
            weight=weight,
            origin=origin,
            facts={"people": len(clashes)},
        )
    ]


def _orders(
    service: RoomBooking, orders: Sequence[OrderDraft], spans: Sequence[Span], rooms: Sequence[Room], *, forgiving: bool = False
) -> Steps[list[PreviewLine]]:
    """What is ordered, what it costs, and until when it can be."""
    if not orders or not isinstance(service.menu.support, Native):
        return []
    menu = yield from service.menu.steps(rooms[0].site if rooms else None)
    lines: list[PreviewLine] = []
    for order in orders:
        problems = [problem for span in spans for problem in order_problems(menu, order, span, now=service.session.now())]
        items = _resolved(menu, order)
        if items:
            lines.append(_ordered(order, items, spans))
        seen: set[str] = set()
        for problem in problems:
            if problem.sentence() not in seen and len(seen) < MOST_LINES:
                seen.add(problem.sentence())
                lines.append(
                    _blocker(problem, Weight.WARNING if forgiving and isinstance(problem, CutoffPassed) else Weight.BLOCKER)
                )
    return lines


def _resolved(menu: Sequence[ServiceItem], order: OrderDraft) -> list[tuple[ServiceItem, int]]:
    try:
        return [(chosen_item(menu, line.item), line.quantity) for line in order.lines]
    except Rejected:
        return []


def _ordered(order: OrderDraft, items: Sequence[tuple[ServiceItem, int]], spans: Sequence[Span]) -> PreviewLine:
    what = ", ".join(f"{quantity} x {item.name}" for item, quantity in items)
    cost = total(OrderedLine(name=item.name, kind=item.kind, quantity=quantity, price=item.price) for item, quantity in items)
    all_times = cost * len(spans) if cost is not None else None
    cutoffs = [at for item, _ in items if (at := item.order_by(spans[0].start)) is not None]
    en, nl = what, what
    if all_times is not None:
        en, nl = f"{en}: {all_times}", f"{nl}: {all_times}"
    if len(spans) > 1:
        en, nl = f"{en} ({len(spans)} times {cost or 'no price'})", f"{nl} ({len(spans)} keer {cost or 'zonder prijs'})"
    if cutoffs:
        at = min(cutoffs).astimezone(spans[0].local_start.tzinfo)
        en, nl = f"{en}, to be ordered before {at:%Y-%m-%d %H:%M}", f"{nl}, te bestellen voor {at:%Y-%m-%d %H:%M}"
    if order.diets:
        diets = ", ".join(f"{count} {diet.replace('_', ' ')}" for diet, count in order.diets.items())
        en, nl = f"{en}; {diets}", f"{nl}; {diets}"
    facts: dict[str, JsonValue] = {
        "amount": str(all_times.amount) if all_times else None,
        "currency": all_times.currency if all_times else None,
    }
    return PreviewLine(
        code="order", en=f"{en}.", nl=f"{nl}.", facts={**facts, "order_by": min(cutoffs).isoformat() if cutoffs else None}
    )


def _fees(service: RoomBooking, meeting: Meeting, spans: Sequence[Span]) -> Steps[list[PreviewLine]]:
    """What it costs to cancel what was ordered for these times, or that this is not possible."""
    wanted = {span.local_start.date(): span for span in spans}
    orders = [order for order in meeting.orders if order.state == OrderState.ORDERED and order.date in wanted]
    if not orders or not isinstance(service.menu.support, Native):
        return []
    menu = named((yield from service.menu.steps(meeting.room.site if meeting.room else None)))
    fees: list[Money] = []
    lines: list[PreviewLine] = []
    for order in orders:
        try:
            fee = _fee(order, menu, wanted[order.date], service)
        except CutoffPassed as error:
            lines.append(_blocker(error))
            continue
        if fee is not None:
            fees.append(fee)
    for sum_ in per_currency(fees):
        en, nl = f"Cancelling what was ordered costs {sum_}.", f"Annuleren van wat besteld is kost {sum_}."
        facts: dict[str, JsonValue] = {"amount": str(sum_.amount), "currency": sum_.currency}
        lines.append(PreviewLine(code="cancel-fee-applies", en=en, nl=nl, weight=Weight.WARNING, facts=facts))
    if not lines:
        what = "; ".join(str(order) for order in orders[:MOST_LINES])
        lines.append(
            PreviewLine(
                code="orders",
                en=f"Cancelled or moved with it: {what}.",
                nl=f"Vervalt of gaat mee: {what}.",
                facts={"orders": len(orders)},
            )
        )
    return lines


def _fee(order: Order, menu: Any, span: Span, service: RoomBooking) -> Money | None:
    pairs: Iterable[tuple[OrderedLine, ServiceItem | None]] = [(line, menu.get(line.name)) for line in order.lines]
    return cancel_fee(pairs, span.start, service.session.now())
