"""``workplace rooms``: booking, changing, answering, deciding."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import click

from workplace_sdk.cli.asking import agreed
from workplace_sdk.cli.desk import Desk, desk_command, key_option, yes_option
from workplace_sdk.cli.showing import Columns, also, say, show, words
from workplace_sdk.cli.typed import CLOCK, COUNTED, DAY, PERSON, SUM, RefTo, draft

MEETING = RefTo("meeting")

_ON = click.option("--on", type=DAY, help="Only the time of a series on this date.")
_FOLLOWING = click.option("--following", is_flag=True, help="With --on: that time and all after it.")
_FEE = click.option("--accept-fee", type=SUM, help="What cancelling late may cost.")
_ATTENDEES = click.option("--attendee", "attendees", type=PERSON, multiple=True, help="Who is invited.")
_ORDERS = click.option("--order", "orders", type=COUNTED, multiple=True, help="To bring: a number and an item, '8 Lunch'.")
_DIETS = click.option("--diet", "diets", type=COUNTED, multiple=True, help="How many have which diet, '2 vegetarian'.")
_MANY = click.option("--people", type=click.IntRange(1, 10_000), help="How many come, when that is more than those invited.")


@desk_command("book")
@click.argument("subject")
@click.argument("day", type=DAY)
@click.argument("start", type=CLOCK)
@click.argument("end", type=CLOCK)
@click.option("--room", metavar="NAME", help="Which room.")
@_ATTENDEES
@_MANY
@_ORDERS
@_DIETS
@click.option("--repeat", metavar="RRULE", help="Such as FREQ=WEEKLY;COUNT=4.")
@click.option("--text", metavar="TEXT", help="For those invited.")
@click.option("--online", metavar="URL", help="Where who is elsewhere joins.")
@click.option("--best-effort", is_flag=True, help="Leave out times and orders that cannot be had.")
@click.option("--room-first", is_flag=True, help="The room in any case, and of the orders what can be had.")
@click.option("--private", is_flag=True, help="Others see only that you are not free.")
@key_option
@yes_option
def book(
    desk: Desk,
    subject: str,
    day: date,
    start: time,
    end: time,
    room: str | None,
    attendees: tuple[Any, ...],
    people: int | None,
    orders: tuple[tuple[int, str], ...],
    diets: tuple[tuple[int, str], ...],
    repeat: str | None,
    text: str | None,
    online: str | None,
    best_effort: bool,
    room_first: bool,
    private: bool,
    key: Any,
    yes: bool,
) -> None:
    """Book a meeting.

    workplace rooms book Overleg 3-12-2026 12:00 13:30 --room Amber --order '8 Lunch' --order '1 Projector'
    """
    from workplace_sdk.services.rooms import Attendee, MeetingDraft, Policy

    if best_effort and room_first:
        raise click.UsageError(words("--best-effort or --room-first, not both", "--best-effort of --room-first, niet allebei"))
    made = draft(
        MeetingDraft,
        subject=subject,
        span=span(day, start, end, desk.work.settings.time_zone),
        room=room,
        attendees=tuple(Attendee(person=person) for person in attendees),
        people=people,
        orders=_ordered(orders, diets),
        rrule=repeat,
        body=text,
        online=online,
        private=private,
        policy=Policy.BEST_EFFORT if best_effort else Policy.ROOM_FIRST if room_first else Policy.ALL_OR_NOTHING,
    )
    show_meeting(agreed(desk.work.rooms.book, made, yes=yes, key=key))


@desk_command("change")
@click.argument("meeting", type=MEETING)
@click.option("--day", type=DAY, help="To this date; with a new time give --from and --until too.")
@click.option("--from", "start", type=CLOCK, help="From this time on the clock.")
@click.option("--until", "end", type=CLOCK, help="Until this time on the clock.")
@click.option("--room", metavar="NAME", help="To this room; '' for none.")
@click.option("--subject", help="The new subject.")
@click.option("--text", metavar="TEXT", help="For those invited.")
@_ATTENDEES
@_MANY
@_ORDERS
@_DIETS
@_ON
@_FOLLOWING
@_FEE
@key_option
@yes_option
def change(
    desk: Desk,
    meeting: Any,
    day: date | None,
    start: time | None,
    end: time | None,
    room: str | None,
    subject: str | None,
    text: str | None,
    attendees: tuple[Any, ...],
    people: int | None,
    orders: tuple[tuple[int, str], ...],
    diets: tuple[tuple[int, str], ...],
    on: date | None,
    following: bool,
    accept_fee: Any,
    key: Any,
    yes: bool,
) -> None:
    """Move a meeting, or change its room, people or orders; what is not named stays."""
    from workplace_sdk.services.rooms import Attendee, MeetingChange

    changed = draft(
        MeetingChange,
        span=_moved(desk, meeting, on, day, start, end),
        room=room,
        subject=subject,
        body=text,
        attendees=tuple(Attendee(person=person) for person in attendees) or None,
        people=people,
        orders=_ordered(orders, diets) or None,
    )
    scope = _scope(on, following=following)
    show_meeting(agreed(desk.work.rooms.change, meeting, changed, **scope, accept_fee=accept_fee, yes=yes, key=key))


def _moved(desk: Desk, meeting: Any, on: date | None, day: date | None, start: time | None, end: time | None) -> Any:
    """The new time: what is left out is as it was. ``None`` when it stays."""
    if day is None and start is None and end is None:
        return None
    found = desk.work.rooms.get(meeting)
    was = next((one.span for one in found.occurrences if on in {None, one.date}), found.span)
    return span(day or was.local_start.date(), start or was.local_start.time(), end or was.local_end.time(), was.zone)


@desk_command("cancel")
@click.argument("meeting", type=MEETING)
@click.option("--reason", help="For those invited.")
@_ON
@_FOLLOWING
@_FEE
@key_option
@yes_option
def cancel(
    desk: Desk, meeting: Any, reason: str | None, on: date | None, following: bool, accept_fee: Any, key: Any, yes: bool
) -> None:
    """Cancel a meeting, or a part of a series."""
    scope = _scope(on, following=following)
    done = agreed(desk.work.rooms.cancel, meeting, **scope, reason=reason, accept_fee=accept_fee, yes=yes, key=key)
    show_meeting(done)


@desk_command("respond")
@click.argument("meeting", type=MEETING)
@click.argument("response", type=click.Choice(["accepted", "tentative", "declined"]))
@key_option
@yes_option
def respond(desk: Desk, meeting: Any, response: str, key: Any, yes: bool) -> None:
    """Answer an invitation."""
    from workplace_sdk.services.rooms import Response

    show_meeting(agreed(desk.work.rooms.respond, meeting, Response(response), yes=yes, key=key))


@desk_command("check-in")
@click.argument("meeting", type=MEETING)
@key_option
@yes_option
def check_in(desk: Desk, meeting: Any, key: Any, yes: bool) -> None:
    """Say that the meeting takes place, so that its room is not released."""
    show_meeting(agreed(desk.work.rooms.check_in, meeting, yes=yes, key=key))


@desk_command("release")
@click.argument("meeting", type=MEETING)
@_ON
@key_option
@yes_option
def release(desk: Desk, meeting: Any, on: date | None, key: Any, yes: bool) -> None:
    """Give the room back for others; the meeting itself stays."""
    show_meeting(agreed(desk.work.rooms.release, meeting, occurrence=on, yes=yes, key=key))


@desk_command("decide")
@click.argument("meeting", type=MEETING)
@click.argument("decision", type=click.Choice(["approve", "reject"]))
@click.option("--comment", help="Why.")
@key_option
@yes_option
def decide(desk: Desk, meeting: Any, decision: str, comment: str | None, key: Any, yes: bool) -> None:
    """Let a meeting have a room that you approve, or not."""
    from workplace_sdk.services.common import Decision

    show_meeting(agreed(desk.work.rooms.decide, meeting, Decision(decision), comment=comment, yes=yes, key=key))


BOOKING = (book, change, cancel, respond, check_in, release, decide)


def show_meeting(meeting: Any) -> None:
    """A meeting with its parts: what is settled and what is not."""
    show(
        meeting,
        {
            **columns(),
            words("organizer", "organisator"): "organizer.label",
            words("text", "tekst"): "body",
            words("online", "online"): "online",
            words("repeats", "herhaalt"): "rrule",
            words("key", "sleutel"): "key",
        },
    )
    for component in meeting.components:
        why = f" ({component.why})" if component.why else ""
        state = words(*_STATES[component.state.value])
        say(f"{component.what}: {state}{why}", mark="warning" if component.state.value == "rejected" else "info")
    if len(meeting.occurrences) > 1:
        also(
            meeting.occurrences,
            {
                words("from", "van"): "span.local_start",
                words("to", "tot"): "span.local_end",
                words("state", "stand"): "state",
                "": lambda one: one.conflict or "",
            },
        )
    also(meeting.attendees, {words("who", "wie"): "person.label", words("comes", "komt"): "response"})


_STATES = {
    "done": ("done", "geregeld"),
    "pending": ("pending", "in behandeling"),
    "unknown": ("unknown", "onbekend"),
    "rejected": ("refused", "afgewezen"),
}


def columns() -> Columns:
    """Of meetings in a list."""
    return {
        words("meeting", "vergadering"): "ref",
        words("subject", "onderwerp"): "subject",
        words("from", "van"): "span.local_start",
        words("to", "tot"): "span.local_end",
        words("room", "zaal"): "room.name",
        words("state", "stand"): lambda one: words("cancelled", "geannuleerd") if one.cancelled else one.state,
    }


def span(day: date, start: time, end: time, zone: str) -> Any:
    """From *start* to *end* on the clocks of *zone*; an end that is not after the start is on the next day."""
    from workplace_sdk.services.common import Span

    return Span.local(day, start, end, zone)


def _scope(on: date | None, *, following: bool) -> dict[str, Any]:
    from workplace_sdk.services.rooms import Scope

    if following and on is None:
        raise click.UsageError(words("--following goes with --on", "--following hoort bij --on"))
    scope = Scope.ALL if on is None else Scope.THIS_AND_FOLLOWING if following else Scope.ONE
    return {"scope": scope, "occurrence": on}


def _ordered(orders: tuple[tuple[int, str], ...], diets: tuple[tuple[int, str], ...]) -> tuple[Any, ...]:
    from workplace_sdk.services.rooms import OrderDraft, OrderLine

    if diets and not orders:
        raise click.UsageError(words("--diet goes with --order", "--diet hoort bij --order"))
    if not orders:
        return ()
    lines = tuple(draft(OrderLine, item=name, quantity=number) for number, name in orders)
    return (draft(OrderDraft, lines=lines, diets=diets_of(diets)),)


def diets_of(diets: tuple[tuple[int, str], ...]) -> dict[Any, int]:
    """How many have which diet, as typed."""
    from workplace_sdk.services.rooms import Diet

    known = {diet.value for diet in Diet}
    for _, name in diets:
        if name not in known:
            text = words(f"{name} is none of", f"{name} is geen van")
            raise click.BadParameter(f"{text} {', '.join(sorted(known))}", param_hint="--diet")
    return {Diet(name): number for number, name in diets}
