"""What a booking, a change or a cancellation would mean, of what the system tells and our own arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from workplace_sdk.kernel.errors import NotFound, Rejected
from workplace_sdk.kernel.preview import Preview, PreviewLine, Weight
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Decision, Money, PersonRef, Ref, Span
from workplace_sdk.services.refusals import InvalidField, NotPossible, blocker_line
from workplace_sdk.services.rooms_lines import (
    approval_lines,
    busy_lines,
    changes_line,
    conflict_lines,
    days,
    fee_lines,
    found_rooms,
    meeting_line,
    order_lines,
    seats_line,
    times_line,
    what,
)
from workplace_sdk.services.rooms_models import (
    Attendee,
    Meeting,
    MeetingChange,
    MeetingDraft,
    Occurrence,
    Policy,
    ReservationState,
    Response,
    Role,
    Scope,
)
from workplace_sdk.services.rooms_rules import over, room_problems
from workplace_sdk.services.rooms_times import apart, moved, occurrences

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.services.rooms import RoomBooking

WHICH_TIME = Words("say which time of the series", "zeg welke keer van de reeks")
OVER = Words("it is over or cancelled", "ze is voorbij of afgezegd")


def of_booking(service: RoomBooking, draft: MeetingDraft, key: Key | None) -> Steps[Preview]:
    """Times, rooms and seats, conflicts, who is busy, orders with price and cut-off, approval."""
    try:
        spans = occurrences(draft.span, draft.rrule, draft.except_on)
    except Rejected as error:
        return Preview(operation="rooms.book", key=str(key), lines=(blocker_line(error),))
    lines = yield from booking_lines(service, draft, spans)
    return Preview(operation="rooms.book", key=str(key), lines=tuple(lines))


def booking_lines(service: RoomBooking, draft: MeetingDraft, spans: Sequence[Span]) -> Steps[list[PreviewLine]]:
    """What booking *draft* at *spans* would mean."""
    now = service.session.now()
    lines = [times_line(draft.subject, spans), *(blocker_line(problem) for problem in over(spans, now))]
    rooms, lost = yield from found_rooms(service, draft.rooms)
    lines += lost
    organizer: PersonRef | None = draft.organizer or service.session.caller
    people = draft.model_copy(update={"organizer": organizer}).seats
    lines += seats_line(rooms, people)
    problems = room_problems(rooms, spans, people=people, now=now, features=draft.features, layout=draft.layout)
    lines += [blocker_line(one) for one in problems]
    lines += approval_lines(rooms, organizer)
    forgiving = draft.policy is Policy.BEST_EFFORT
    lines += yield from conflict_lines(service, rooms, spans, people, draft.features, forgiving=forgiving)
    lines += yield from busy_lines(service, _coming(organizer, draft.attendees), spans)
    forgiving = draft.policy is not Policy.ALL_OR_NOTHING
    lines += yield from order_lines(service, draft.orders, spans, rooms, forgiving=forgiving)
    return lines


def _coming(organizer: PersonRef | None, attendees: Sequence[Attendee]) -> list[PersonRef]:
    """Who comes, the organizer first; who is only informed does not."""
    people = [one.person for one in attendees if one.role is not Role.INFORMED]
    if organizer is None or any(one.same_person(organizer) for one in people):
        return people
    return [organizer, *people]


def of_change(
    service: RoomBooking,
    ref: Ref,
    change: MeetingChange,
    scope: Scope,
    occurrence: date | None,
    accept_fee: Money | None,
    key: Key | None,
) -> Steps[Preview]:
    """Which times change and how, conflicts, who is busy, and what becomes of the orders."""
    meeting = yield from service.get.steps(ref)
    lines: list[PreviewLine] = [meeting_line(meeting)]
    try:
        old = [time.span for time in chosen_times(meeting, scope, occurrence, service)]
        new = [moved(span, old[0], change.span) for span in old] if change.span is not None else old
        apart(new)
    except Rejected as error:
        return Preview(operation="rooms.change", key=str(key), lines=(*lines, blocker_line(error)))
    lines.append(changes_line(meeting, change, old, new))
    wanted = tuple(one for one in (change.room, *change.more_rooms) if one)
    rooms, lost = (yield from found_rooms(service, wanted)) if change.room else (list(meeting.rooms), [])
    rooms = [] if change.room == "" else rooms
    attendees = change.attendees if change.attendees is not None else meeting.attendees
    coming = _coming(meeting.organizer, attendees)
    people = max(change.people or meeting.people or 0, len(coming))
    lines += [*lost, *seats_line(rooms, people)]
    now = service.session.now()
    lines += [blocker_line(one) for one in over((b for a, b in zip(old, new, strict=True) if a.start != b.start), now)]
    if {"span", "room", "people", "attendees", "layout"} & set(change.changed):
        layout = change.layout or meeting.layout
        lines += [blocker_line(one) for one in room_problems(rooms, new, people=people, now=now, layout=layout)]
    if change.span is not None or change.room is not None:
        lines += approval_lines(rooms, meeting.organizer)
        lines += yield from conflict_lines(service, rooms, new, people, frozenset(), own=(meeting, old))
    if change.span is not None or change.attendees is not None:
        lines += yield from busy_lines(service, coming, new, own=old)
    if change.orders is not None or any(a.start != b.start for a, b in zip(old, new, strict=True)):
        lines += yield from fee_lines(service, meeting, old, accept_fee)
    if change.orders is not None:
        lines += yield from order_lines(service, change.orders, new, rooms)
    return Preview(operation="rooms.change", key=str(key), lines=tuple(lines))


def of_cancelling(
    service: RoomBooking, ref: Ref, scope: Scope, occurrence: date | None, accept_fee: Money | None, key: Key | None
) -> Steps[Preview]:
    """Which times go, who is told, and what cancelling the orders costs."""
    meeting = yield from service.get.steps(ref)
    lines: list[PreviewLine] = [meeting_line(meeting)]
    try:
        times = chosen_times(meeting, scope, occurrence, service)
    except Rejected as error:
        return Preview(operation="rooms.cancel", key=str(key), lines=(*lines, blocker_line(error)))
    spans = [time.span for time in times]
    left = sum(time.state != ReservationState.CANCELLED for time in meeting.occurrences) - len(times)
    en = f"Cancelled: {days(spans)}; {left} times stay." if left else f"Cancelled: {days(spans)}."
    nl = f"Vervalt: {days(spans)}; {left} keer blijft staan." if left else f"Vervalt: {days(spans)}."
    facts = {"times": len(times), "left": left, "people": len(meeting.attendees)}
    lines.append(PreviewLine(code="times", en=en, nl=nl, facts=facts))
    lines += yield from fee_lines(service, meeting, spans, accept_fee)
    return Preview(operation="rooms.cancel", key=str(key), lines=tuple(lines))


def of_response(service: RoomBooking, ref: Ref, response: Response, key: Key | None) -> Steps[Preview]:
    """Which meeting, and what else the caller has then; for who is invited."""
    meeting = yield from service.get.steps(ref)
    caller = service.session.caller
    if caller is not None and not any(caller.same_person(one.person) is not False for one in meeting.attendees):
        raise NotFound(f"you are not invited to {ref}", field="ref")
    words = {
        Response.ACCEPTED: Words("You come to: {what}", "U komt bij: {what}"),
        Response.TENTATIVE: Words("You may come to: {what}", "U komt misschien bij: {what}"),
        Response.DECLINED: Words("You do not come to: {what}", "U komt niet bij: {what}"),
        Response.NEEDS_ACTION: Words("You have not answered yet: {what}", "U heeft nog niet geantwoord: {what}"),
    }[response]
    text = words.filled(what=what(meeting))
    lines = [PreviewLine(code="meeting", en=text.en, nl=text.nl, facts={"ref": str(ref)})]
    spans = [one.span for one in meeting.occurrences if one.state != ReservationState.CANCELLED]
    if caller is not None and spans and response in (Response.ACCEPTED, Response.TENTATIVE):
        lines += yield from busy_lines(service, [caller], spans, own=spans)
    return Preview(operation="rooms.respond", key=str(key), lines=tuple(lines))


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
    text = words.filled(names=names, what=what(meeting))
    blocked = decision == Decision.RETURN or not waiting
    line = PreviewLine(
        code="meeting", en=text.en, nl=text.nl, weight=Weight.BLOCKER if blocked else Weight.INFO, facts={"times": len(waiting)}
    )
    return Preview(operation="rooms.decide", key=str(key), lines=(line,))


def of_waiting(service: RoomBooking, draft: MeetingDraft, key: Key | None) -> Steps[Preview]:
    """What would be booked when the room is free, and that it is free now when it is."""
    spans = (draft.span,)
    rooms, lost = yield from found_rooms(service, draft.rooms)
    taken = yield from conflict_lines(service, rooms, spans, draft.seats, draft.features)
    lines = [times_line(draft.subject, spans), *lost]
    lines += [line.model_copy(update={"weight": Weight.INFO}) for line in taken]
    if rooms and not taken:
        en, nl = f"{rooms[0].name} is free: it is booked at once.", f"{rooms[0].name} is vrij en wordt meteen geboekt."
        lines.append(PreviewLine(code="free", en=en, nl=nl, facts={"room": rooms[0].name}))
    return Preview(operation="rooms.join_waitlist", key=str(key), lines=tuple(lines))


def of_leaving(service: RoomBooking, ref: Ref, key: Key | None) -> Steps[Preview]:
    """Which room is no longer waited for."""
    entry = yield from service.waitlist_entry.steps(ref)
    text = f"{entry.subject}, {entry.span.local_start:%Y-%m-%d %H:%M}, {entry.name}"
    line = PreviewLine(
        code="waiting", en=f"No longer wait for: {text}", nl=f"Niet langer wachten op: {text}", facts={"ref": str(ref)}
    )
    return Preview(operation="rooms.leave_waitlist", key=str(key), lines=(line,))


def told(service: RoomBooking, operation: str, ref: Ref, key: Key | None, en: str, nl: str) -> Steps[Preview]:
    """Which meeting it is about."""
    meeting = yield from service.get.steps(ref)
    text = Words(en, nl).filled(what=what(meeting))
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
        Conflict: All of it is over or cancelled.
    """
    left = [time for time in meeting.occurrences if time.state != ReservationState.CANCELLED]
    if left and scope != Scope.ALL and (occurrence is not None or len(left) > 1):
        if occurrence is None:
            raise InvalidField(WHICH_TIME, field="occurrence")
        index = next((index for index, time in enumerate(left) if time.date == occurrence), None)
        if index is None:
            raise NotFound(f"there is no time on {occurrence}", field="occurrence")
        left = left[index : index + 1] if scope == Scope.ONE else left[index:]
    ahead = [time for time in left if time.span.end > service.session.now()]
    if not ahead:
        raise NotPossible(OVER, field="ref")
    return ahead
