"""Lines of previews of meetings: times, rooms, who is busy, orders and fees, each in English and Dutch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.kernel.errors import Rejected, WorkplaceError
from workplace_sdk.kernel.operation import settled
from workplace_sdk.kernel.preview import Origin, PreviewLine, Weight
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Money, PersonRef, Ref, Span
from workplace_sdk.services.refusals import blocker_line
from workplace_sdk.services.rooms_errors import CancelFeeApplies, CutoffPassed
from workplace_sdk.services.rooms_models import (
    Bookability,
    Busy,
    Meeting,
    MeetingChange,
    OrderDraft,
    OrderedLine,
    OrderState,
    ReservationState,
    Room,
    RoomQuery,
    ServiceItem,
)
from workplace_sdk.services.rooms_rules import cancel_fee, chosen_item, named, order_problems, per_currency, total
from workplace_sdk.services.vocabulary import word

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import JsonValue

    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.services.rooms import RoomBooking

MOST_LINES: Final = 5
"""Conflicts that are told one by one."""
_CHANGED_NL: Final = {
    "room": "zaal", "subject": "onderwerp", "attendees": "genodigden", "people": "aantal mensen", "orders": "bestelling",
    "layout": "opstelling", "body": "tekst", "online": "link", "private": "besloten",
}  # fmt: skip


def what(meeting: Meeting) -> str:
    """A meeting in a few words, the same in both languages."""
    rooms = ", ".join(room.name for room in meeting.rooms) or "-"
    times = f" (+{len(meeting.occurrences) - 1})" if len(meeting.occurrences) > 1 else ""
    return f"{meeting.subject}, {meeting.span.local_start:%Y-%m-%d %H:%M}{times}, {rooms}"


def meeting_line(meeting: Meeting) -> PreviewLine:
    """Which meeting it is about."""
    return PreviewLine(
        code="meeting",
        en=f"{what(meeting)}, {len(meeting.attendees)} invited",
        nl=f"{what(meeting)}, {len(meeting.attendees)} genodigd",
        origin=Origin.BACKEND,
        facts={"ref": str(meeting.ref), "people": len(meeting.attendees)},
    )


def times_line(subject: str, spans: Sequence[Span]) -> PreviewLine:
    """When it takes place."""
    first = spans[0]
    when = f"{first.local_start:%Y-%m-%d %H:%M}-{first.local_end:%H:%M}"
    if len(spans) == 1:
        return PreviewLine(code="times", en=f"{subject}: {when}", nl=f"{subject}: {when}", facts={"times": 1})
    last = spans[-1].local_start.date()
    en, nl = f"{subject}: {when}, {len(spans)} times until {last}", f"{subject}: {when}, {len(spans)} keer tot en met {last}"
    return PreviewLine(code="times", en=en, nl=nl, facts={"times": len(spans), "last": str(last)})


def days(spans: Sequence[Span]) -> str:
    """The first of *spans*, each by date and time."""
    return ", ".join(f"{span.local_start:%Y-%m-%d %H:%M}" for span in spans[:MOST_LINES]) + (
        " ..." if len(spans) > MOST_LINES else ""
    )


def changes_line(meeting: Meeting, change: MeetingChange, old: Sequence[Span], new: Sequence[Span]) -> PreviewLine:
    """What changes, at how many times, and whether they become a meeting of their own."""
    parts_en, parts_nl = list[str](), list[str]()
    if change.span is not None:
        parts_en.append(f"from {days(old[:1])} to {days(new[:1])}-{new[0].local_end:%H:%M}")
        parts_nl.append(f"van {days(old[:1])} naar {days(new[:1])}-{new[0].local_end:%H:%M}")
    others = [name for name in change.changed if name not in ("span", "more_rooms")]
    parts_en += [name.replace("_", " ") for name in others]
    parts_nl += [_CHANGED_NL.get(name, name) for name in others]
    count = len(old)
    apart = count < sum(time.state != ReservationState.CANCELLED for time in meeting.occurrences)
    en = f"Changes {count} {'time' if count == 1 else 'times'}: {'; '.join(parts_en)}" + (
        ", as a meeting of its own." if apart else "."
    )
    nl = f"Wijzigt {count} keer: {'; '.join(parts_nl)}" + (", als een eigen vergadering." if apart else ".")
    return PreviewLine(code="changes", en=en, nl=nl, facts={"times": count, "changed": list(change.changed)})


def found_rooms(service: RoomBooking, wanted: Sequence[Ref | str]) -> Steps[tuple[list[Room], list[PreviewLine]]]:
    """The rooms that are asked for, and that some are not there."""
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
            en, nl = f"There is no room {one}.", f"Er is geen zaal {one}."
            lines.append(PreviewLine(code="not-found", en=en, nl=nl, weight=Weight.BLOCKER, facts={"field": "room"}))
        else:
            rooms.append(found)
    return rooms, lines


def seats_line(rooms: Sequence[Room], people: int) -> list[PreviewLine]:
    """How many the rooms seat, and how many come."""
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


def approval_lines(rooms: Sequence[Room], organizer: PersonRef | None) -> list[PreviewLine]:
    """Which rooms need approval, or are not for everyone; who approves one need not ask."""
    lines: list[PreviewLine] = []
    for room in rooms:
        own = organizer is not None and room.approver is not None and bool(organizer.same_person(room.approver))
        who = room.approver.label if room.approver else "?"
        if room.bookability is Bookability.APPROVAL and not own:
            en, nl = f"{room.name} needs the approval of {who}.", f"{room.name} moet worden goedgekeurd door {who}."
            lines.append(PreviewLine(code="approval", en=en, nl=nl, weight=Weight.WARNING, facts={"approver": who}))
        if room.bookability is Bookability.RESTRICTED and not own:
            en, nl = f"{room.name} is not for everyone; ask {who}.", f"{room.name} is niet voor iedereen; vraag het {who}."
            lines.append(PreviewLine(code="restricted-room", en=en, nl=nl, weight=Weight.WARNING, facts={"request_to": who}))
    return lines


def conflict_lines(
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
    weight = Weight.WARNING if forgiving and not lost else Weight.BLOCKER
    for span, room in clashes[:MOST_LINES]:
        wanted = RoomQuery(span=span, people=people, required=features or room.features, site=room.site, limit=MOST_LINES)
        found = (yield from settled(service.find.steps(wanted))) if isinstance(service.find.support, Native) else ()
        free = (
            [] if isinstance(found, WorkplaceError) else [option.room.name for option in found if option.room.ref != room.ref]
        )
        when = f"{span.local_start:%Y-%m-%d %H:%M}"
        en = f"{room.name} is taken on {when}; free: {', '.join(free) or 'nothing like it'}."
        nl = f"{room.name} is bezet op {when}; wel vrij: {', '.join(free) or 'niets vergelijkbaars'}."
        facts: dict[str, JsonValue] = {"start": span.start.isoformat(), "room": room.name, "alternatives": list(free)}
        lines.append(PreviewLine(code="room-conflict", en=en, nl=nl, weight=weight, origin=Origin.BACKEND, facts=facts))
    if len(clashes) > MOST_LINES:
        more = len(clashes) - MOST_LINES
        en, nl = f"And {more} more times.", f"En nog {more} keer."
        lines.append(PreviewLine(code="more_conflicts", en=en, nl=nl, weight=weight, facts={"times": more}))
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


def busy_lines(
    service: RoomBooking, people: Sequence[PersonRef], spans: Sequence[Span], *, own: Sequence[Span] = ()
) -> Steps[list[PreviewLine]]:
    """Who of *people* is not free at some of the times; with the meeting itself (its times now are *own*) they are not."""
    if not people or not isinstance(service.busy.support, Native):
        return []
    whole = Span(start=min(span.start for span in spans), end=max(span.end for span in spans), zone=spans[0].zone)
    mine = {(span.start, span.end) for span in own}
    found = yield from service.busy.steps(whole, people=tuple(people))
    taken = [one for one in found if (one.span.start, one.span.end) not in mine]
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
    en, nl = f"Not free then: {who}.", f"Dan niet vrij: {who}."
    return [PreviewLine(code="busy", en=en, nl=nl, weight=weight, origin=origin, facts={"people": len(clashes)})]


def order_lines(
    service: RoomBooking, orders: Sequence[OrderDraft], spans: Sequence[Span], rooms: Sequence[Room], *, forgiving: bool = False
) -> Steps[list[PreviewLine]]:
    """What is ordered, what it costs, and until when it can be."""
    if not orders or not isinstance(service.menu.support, Native):
        return []
    site = rooms[0].site if rooms else None
    menu = [item for item in (yield from service.menu.steps(site)) if site is not None or item.site is None]
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
                lines.append(blocker_line(problem, weight=Weight.WARNING if forgiving and items else Weight.BLOCKER))
    return lines


def _resolved(menu: Sequence[ServiceItem], order: OrderDraft) -> list[tuple[ServiceItem, int]]:
    """What the lines of *order* name; nothing when one of them is not there."""
    try:
        return [(chosen_item(menu, line.item), line.quantity) for line in order.lines]
    except Rejected:
        return []


def _ordered(order: OrderDraft, items: Sequence[tuple[ServiceItem, int]], spans: Sequence[Span]) -> PreviewLine:
    named_ = ", ".join(f"{quantity} x {item.name}" for item, quantity in items)
    cost = total(OrderedLine(name=item.name, kind=item.kind, quantity=quantity, price=item.price) for item, quantity in items)
    all_times = cost * len(spans) if cost is not None else None
    cutoffs = [at for item, _ in items if (at := item.order_by(spans[0].start)) is not None]
    en, nl = named_, named_
    if all_times is not None:
        en, nl = f"{en}: {all_times}", f"{nl}: {all_times}"
    if len(spans) > 1:
        en, nl = f"{en} ({len(spans)} times {cost or 'no price'})", f"{nl} ({len(spans)} keer {cost or 'zonder prijs'})"
    if cutoffs:
        at = min(cutoffs).astimezone(spans[0].local_start.tzinfo)
        en, nl = f"{en}, to be ordered before {at:%Y-%m-%d %H:%M}", f"{nl}, te bestellen voor {at:%Y-%m-%d %H:%M}"
    if order.diets:
        en, nl = (
            f"{text}; " + ", ".join(f"{count} {word(diet, language)}" for diet, count in order.diets.items())
            for text, language in ((en, "en"), (nl, "nl"))
        )
    facts: dict[str, JsonValue] = {
        "amount": str(all_times.amount) if all_times else None,
        "currency": all_times.currency if all_times else None,
    }
    return PreviewLine(
        code="order", en=f"{en}.", nl=f"{nl}.", facts={**facts, "order_by": min(cutoffs).isoformat() if cutoffs else None}
    )


def fee_lines(
    service: RoomBooking, meeting: Meeting, spans: Sequence[Span], accept_fee: Money | None
) -> Steps[list[PreviewLine]]:
    """What it costs to cancel what was ordered for these times, or that this is not possible."""
    wanted = {span.local_start.date(): span for span in spans}
    orders = [order for order in meeting.orders if order.state == OrderState.ORDERED and order.date in wanted]
    if not orders or not isinstance(service.menu.support, Native):
        return []
    menu = named((yield from service.menu.steps(meeting.room.site if meeting.room else None)))
    lines, fees = list[PreviewLine](), list[Money]()
    for order in orders:
        try:
            fee = _fee(order.lines, menu, wanted[order.date].start, service.session.now())
        except CutoffPassed as error:
            lines.append(blocker_line(error))
            continue
        if fee is not None:
            fees.append(fee)
    lines += [_fee_line(due, accept_fee) for due in per_currency(fees)]
    if not lines:
        text = "; ".join(str(order) for order in orders[:MOST_LINES])
        en, nl = f"Cancelled or moved with it: {text}.", f"Vervalt of gaat mee: {text}."
        lines.append(PreviewLine(code="orders", en=en, nl=nl, facts={"orders": len(orders)}))
    return lines


def _fee_line(due: Money, accept_fee: Money | None) -> PreviewLine:
    """A fee stands in the way until it is accepted."""
    accepted = accept_fee is not None and accept_fee.currency == due.currency and not accept_fee < due
    weight = Weight.WARNING if accepted else Weight.BLOCKER
    return blocker_line(CancelFeeApplies(fee=due), weight=weight, amount=str(due.amount), currency=due.currency)


def _fee(lines: Iterable[OrderedLine], menu: Mapping[str, ServiceItem], start: datetime, now: datetime) -> Money | None:
    return cancel_fee(((line, menu.get(line.name)) for line in lines), start, now)
