"""``workplace rooms``: waiting for a room that is taken, and for what is not settled yet."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import click

from workplace_sdk.cli.asking import agreed
from workplace_sdk.cli.desk import Desk, desk_command, key_option, person_option, yes_option
from workplace_sdk.cli.rooms_booking import MEETING, show_meeting, span
from workplace_sdk.cli.showing import Columns, show, words
from workplace_sdk.cli.typed import CLOCK, DAY, PERSON, RefTo, draft

_ENTRY = RefTo("wait")


@desk_command("wait")
@click.argument("subject")
@click.argument("day", type=DAY)
@click.argument("start", type=CLOCK)
@click.argument("end", type=CLOCK)
@click.option("--room", metavar="NAME", required=True, help="Which room.")
@click.option("--attendee", "attendees", type=PERSON, multiple=True, help="Who is invited when it is booked.")
@key_option
@yes_option
def wait(
    desk: Desk, subject: str, day: date, start: time, end: time, room: str, attendees: tuple[Any, ...], key: Any, yes: bool
) -> None:
    """Have a meeting booked as soon as its room is free.

    workplace rooms wait Overleg 3-12-2026 12:00 13:30 --room Amber
    """
    from workplace_sdk.services.rooms import Attendee, MeetingDraft

    invited = tuple(Attendee(person=person) for person in attendees)
    when = span(day, start, end, desk.work.settings.time_zone)
    made = draft(MeetingDraft, subject=subject, span=when, room=room, attendees=invited)
    show(agreed(desk.work.rooms.join_waitlist, made, yes=yes, key=key), _columns())


@desk_command("waiting")
@click.argument("entry", type=_ENTRY, required=False)
@person_option
def waiting(desk: Desk, entry: Any, who: Any) -> None:
    """What you wait for, or got by waiting; or one ENTRY of it."""
    found = desk.work.rooms.waitlist(who) if entry is None else desk.work.rooms.waitlist_entry(entry)
    show(found, _columns(), empty=("You wait for no room.", "U wacht op geen zaal."))


@desk_command("stop-waiting")
@click.argument("entry", type=_ENTRY)
@key_option
@yes_option
def stop_waiting(desk: Desk, entry: Any, key: Any, yes: bool) -> None:
    """Wait for a room no longer."""
    show(agreed(desk.work.rooms.leave_waitlist, entry, yes=yes, key=key), _columns())


@desk_command("settled")
@click.argument("meeting", type=MEETING)
@click.option("--seconds", type=click.FloatRange(0, 600), default=20, show_default=True, help="How long to wait for it.")
def settled(desk: Desk, meeting: Any, seconds: float) -> None:
    """Show a meeting once its rooms have answered, or as it is after a while."""
    work = desk.work.within(max(desk.work.session.time_limit, seconds + 5))
    show_meeting(work.rooms.wait_confirmed(meeting, timeout=seconds))


WAITING = (wait, waiting, stop_waiting, settled)


def _columns() -> Columns:
    return {
        words("entry", "plek"): "ref",
        words("subject", "onderwerp"): "subject",
        words("room", "zaal"): "name",
        words("from", "van"): "span.local_start",
        words("to", "tot"): "span.local_end",
        words("state", "stand"): "state",
        words("before you", "voor u"): "before",
        words("meeting", "vergadering"): "meeting",
    }
