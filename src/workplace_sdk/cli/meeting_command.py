"""``workplace meeting``: a meeting with everything that belongs to it."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import click

from workplace_sdk.cli.asking import agreed
from workplace_sdk.cli.desk import Desk, desk_command, key_option, yes_option
from workplace_sdk.cli.rooms_booking import diets_of, span
from workplace_sdk.cli.rooms_command import features_of
from workplace_sdk.cli.showing import chosen_language, printable, put, say, show, wants_json, words
from workplace_sdk.cli.typed import CLOCK, COUNTED, DAY, PERSON, SUM, Misunderstood, RefTo, draft


class _Planned(RefTo):
    """A planned meeting: its key, or ``plan:meetings/KEY``."""

    def understood(self, text: str) -> Any:
        from workplace_sdk.meetings.journal import CONNECTION
        from workplace_sdk.services.common import Ref

        if ":" in text:
            return super().understood(text)
        if not text:
            raise Misunderstood("the key of a planned meeting", "de sleutel van een gepland overleg")
        return Ref(connection=CONNECTION, kind="plan", id=text)


PLANNED = _Planned("plan")


@click.group("meeting")
def command() -> None:
    """Plan a meeting with all that belongs to it: room, people, lunch, a projector."""


@desk_command("plan", group=command)
@click.argument("subject")
@click.argument("day", type=DAY)
@click.argument("start", type=CLOCK, required=False)
@click.argument("end", type=CLOCK, required=False)
@click.option(
    "--minutes", type=click.IntRange(5, 600), default=60, show_default=True, help="How long, when no START and END are given."
)
@click.option("--attendee", "attendees", type=PERSON, multiple=True, help="Who comes: an address, login:NAME, or a name.")
@click.option("--optional", type=PERSON, multiple=True, help="Who may come.")
@click.option(
    "--people", type=click.IntRange(1, 10_000), help="How many come, when that is more than those invited and those who eat."
)
@click.option("--room", metavar="NAME", help="This room; the best free one when left out.")
@click.option("--no-room", is_flag=True, help="No room is needed.")
@click.option("--site", help="Only there.")
@click.option("--with", "features", multiple=True, metavar="FEATURE", help="The room must have it: step_free, whiteboard, ...")
@click.option("--projector", is_flag=True, help="The room has one, or one is ordered.")
@click.option(
    "--equipment", multiple=True, metavar="FEATURE", help="The room has it, or it is ordered: display, whiteboard, ..."
)
@click.option("--lunch", type=click.IntRange(1, 10_000), metavar="NUMBER", help="Lunch for so many.")
@click.option("--vegetarian", type=click.IntRange(1, 10_000), metavar="NUMBER", help="How many of them eat no meat.")
@click.option("--diet", "diets", type=COUNTED, multiple=True, help="How many of the people have another diet, '2 vegan'.")
@click.option(
    "--order", "orders", type=COUNTED, multiple=True, help="Something else to bring: a number and an item, '8 Coffee'."
)
@click.option("--note", help="For who brings it.")
@click.option("--cost-centre", metavar="CODE", help="Who pays for it.")
@click.option("--repeat", metavar="RRULE", help="Such as FREQ=WEEKLY;COUNT=4.")
@click.option("--best-effort", is_flag=True, help="Leave out what cannot be had; otherwise it is all or nothing.")
@click.option("--private", is_flag=True, help="Others see that you are busy, not with what.")
@key_option
@yes_option
def plan(desk: Desk, yes: bool, key: Any, **asked: Any) -> None:
    """Plan a meeting. Without START and END the first time on DAY is taken at which everyone and a room are free.

    workplace meeting plan Overleg 3-12-2026 12:00 13:30 --lunch 8 --vegetarian 2 --projector
    """
    _show(agreed(desk.work.meetings.plan, _plan(desk, **asked), yes=yes, key=key))


def _plan(desk: Desk, **asked: Any) -> Any:
    from workplace_sdk.services.meetings import MeetingPlan
    from workplace_sdk.services.rooms import Attendee, Policy, Role

    zone, day = desk.work.settings.time_zone, asked["day"]
    people = [Attendee(person=person) for person in asked["attendees"]]
    people += [Attendee(person=person, role=Role.OPTIONAL) for person in asked["optional"]]
    wanted = (*asked["equipment"], *(("projector",) if asked["projector"] else ()))
    return draft(
        MeetingPlan,
        subject=asked["subject"],
        **_when(day, asked["start"], asked["end"], asked["minutes"], zone),
        rrule=asked["repeat"],
        room=asked["room"],
        without_room=asked["no_room"],
        site=asked["site"],
        features=features_of(asked["features"]),
        equipment=features_of(wanted),
        people=asked["people"] or asked["lunch"],
        attendees=tuple(people),
        orders=_orders(asked),
        cost_centre=asked["cost_centre"],
        private=asked["private"],
        policy=Policy.BEST_EFFORT if asked["best_effort"] else Policy.ALL_OR_NOTHING,
    )


def _when(day: date, start: time | None, end: time | None, minutes: int, zone: str) -> dict[str, Any]:
    if (start is None) != (end is None):
        raise click.UsageError(words("give START and END, or neither", "geef START en END, of geen van beide"))
    if start is not None and end is not None:
        return {"span": span(day, start, end, zone)}
    return {"duration": timedelta(minutes=minutes), "within": span(day, time(8), time(18), zone)}


def _orders(asked: dict[str, Any]) -> tuple[Any, ...]:
    from workplace_sdk.services.rooms import Diet, OrderDraft, OrderLine

    lines = [draft(OrderLine, item=name, quantity=number) for number, name in asked["orders"]]
    if asked["lunch"]:
        lines.insert(0, OrderLine(item="Lunch", quantity=asked["lunch"]))
    diets = diets_of(asked["diets"])
    if asked["vegetarian"]:
        diets[Diet.VEGETARIAN] = asked["vegetarian"]
    if not lines:
        if diets or asked["note"]:
            raise click.UsageError(
                words(
                    "--vegetarian, --diet and --note go with --lunch or --order",
                    "--vegetarian, --diet en --note horen bij --lunch of --order",
                )
            )
        return ()
    return (draft(OrderDraft, lines=tuple(lines), diets=diets, note=asked["note"]),)


@desk_command("show", group=command)
@click.argument("meeting", type=PLANNED)
def show_(desk: Desk, meeting: Any) -> None:
    """What became of a planned meeting. MEETING is its key."""
    _show(desk.work.meetings.get(meeting))


@desk_command("unfinished", group=command)
def unfinished(desk: Desk) -> None:
    """Your planned meetings for which something is left to do, or to find out."""
    found = desk.work.meetings.unfinished()
    if wants_json() or not found:
        show(found, empty=("Nothing is unfinished.", "Er is niets onaf."))
        return
    for one in found:
        _show(one)


@desk_command("resume", group=command)
@click.argument("meeting", type=PLANNED, required=False)
@click.option("--again", is_flag=True, help="Do again what may have been done and cannot be found.")
@yes_option
def resume(desk: Desk, meeting: Any, again: bool, yes: bool) -> None:
    """Go on with a meeting that was broken off; with the only unfinished one when MEETING is left out."""
    from workplace_sdk.kernel.errors import NotFound

    chosen = meeting
    if chosen is None:
        found = desk.work.meetings.unfinished()
        if not found:
            raise NotFound(words("nothing is unfinished", "er is niets onaf"))
        if len(found) > 1:
            names = ", ".join(f"{one.ref.id} ({one.subject})" for one in found)
            text = words("several are unfinished, name one", "er zijn er meer onaf, noem er een")
            raise click.UsageError(f"{text}: {names}")
        chosen = found[0].ref
    for line in desk.work.meetings.get(chosen).report(chosen_language()):
        say(line)
    _show(agreed(desk.work.meetings.resume, chosen, again=again, yes=yes))


@desk_command("cancel", group=command)
@click.argument("meeting", type=PLANNED)
@click.option("--reason", help="For those who hear of it.")
@click.option("--accept-fee", type=SUM, help="What you agree to pay at most for what was ordered.")
@yes_option
def cancel(desk: Desk, meeting: Any, reason: str | None, accept_fee: Any, yes: bool) -> None:
    """Give up a planned meeting: every part is cancelled where it was booked."""
    for line in desk.work.meetings.get(meeting).report(chosen_language()):
        say(line)
    _show(agreed(desk.work.meetings.cancel, meeting, reason=reason, accept_fee=accept_fee, yes=yes))


def _show(planned: Any) -> None:
    if wants_json():
        show(planned)
        return
    head, *lines = planned.report(chosen_language())
    put(click.style(head, bold=True))
    for line in lines:
        put(f"  {printable(line)}")
    put(f"  {words('key', 'sleutel')}: {planned.ref.id}")
