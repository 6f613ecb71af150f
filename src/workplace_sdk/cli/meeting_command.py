"""``workplace meeting``: a meeting with everything that belongs to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click

from workplace_sdk.cli.common import DATE, Desk, agreed, desk_command, draft, key_option, person, yes_option
from workplace_sdk.cli.rooms_command import counted, features_of, span_of
from workplace_sdk.cli.showing import chosen_language, say, show, wants_json, words


@click.group("meeting")
def command() -> None:
    """Plan a meeting with all that belongs to it: room, people, lunch, a projector."""


@desk_command("plan", group=command)
@click.argument("subject")
@click.argument("day", type=DATE)
@click.argument("start", required=False)
@click.argument("end", required=False)
@click.option(
    "--minutes", type=click.IntRange(5, 600), default=60, show_default=True, help="How long, when no START and END are given."
)
@click.option("--attendee", "attendees", multiple=True, metavar="PERSON", help="Who comes: an address, login:NAME, or a name.")
@click.option("--optional", multiple=True, metavar="PERSON", help="Who may come.")
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
@click.option("--diet", "diets", multiple=True, metavar="'2 vegan'", help="How many of the people have another diet.")
@click.option("--order", "orders", multiple=True, metavar="'8 Coffee'", help="Something else to bring: a number and an item.")
@click.option("--note", help="For who brings it.")
@click.option("--cost-centre", metavar="CODE")
@click.option("--repeat", metavar="RRULE", help="Such as FREQ=WEEKLY;COUNT=4.")
@click.option("--best-effort", is_flag=True, help="Leave out what cannot be had; otherwise it is all or nothing.")
@click.option("--private", is_flag=True, help="Others see that you are busy, not with what.")
@key_option
@yes_option
def plan(desk: Desk, /, **asked: Any) -> None:
    """Plan a meeting: workplace meeting plan Overleg 2026-12-03 12:00 13:30 --attendee sanne@... --lunch 8 --vegetarian 2 --projector

    Without START and END the first time on DAY is taken at which everyone and a room are free.
    """
    yes, key = asked.pop("yes"), asked.pop("key")
    _show(agreed(desk.work.meetings.plan, _plan(desk, **asked), yes=yes, key=key))


def _plan(desk: Desk, **asked: Any) -> Any:
    from workplace_sdk.services.meetings import MeetingPlan
    from workplace_sdk.services.rooms import Attendee, Policy, Role

    zone = desk.work.settings.time_zone
    day: datetime = asked["day"]
    if asked["start"] and asked["end"]:
        when: dict[str, Any] = {"span": span_of(day.date(), asked["start"], asked["end"], zone)}
    elif asked["start"]:
        raise click.UsageError("give START and END, or neither")
    else:
        when = {"duration": timedelta(minutes=asked["minutes"]), "within": span_of(day.date(), "08:00", "18:00", zone)}
    people = [Attendee(person=person(one)) for one in asked["attendees"]]
    people += [Attendee(person=person(one), role=Role.OPTIONAL) for one in asked["optional"]]
    wanted = (*asked["equipment"], *(("projector",) if asked["projector"] else ()))
    return draft(
        MeetingPlan,
        subject=asked["subject"],
        **when,
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


def _orders(asked: dict[str, Any]) -> tuple[Any, ...]:
    from workplace_sdk.services.rooms import Diet, OrderDraft, OrderLine

    lines = [draft(OrderLine, item=name, quantity=number) for number, name in map(counted, asked["orders"])]
    if asked["lunch"]:
        lines.insert(0, OrderLine(item="Lunch", quantity=asked["lunch"]))
    diets: dict[Any, int] = {}
    for number, name in map(counted, asked["diets"]):
        if name not in set(Diet):
            raise click.BadParameter(f"{name} is none of {', '.join(Diet)}", param_hint="--diet")
        diets[Diet(name)] = number
    if asked["vegetarian"]:
        diets[Diet.VEGETARIAN] = asked["vegetarian"]
    if not lines:
        if diets or asked["note"]:
            raise click.UsageError("--vegetarian, --diet and --note go with --lunch or --order")
        return ()
    return (draft(OrderDraft, lines=tuple(lines), diets=diets, note=asked["note"]),)


@desk_command("show", group=command)
@click.argument("meeting")
def show_(desk: Desk, meeting: str) -> None:
    """What became of a planned meeting. MEETING is its key."""
    _show(desk.work.meetings.get(_ref(meeting)))


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
@click.argument("meeting", required=False)
@click.option("--again", is_flag=True, help="Do again what may have been done and cannot be found.")
@yes_option
def resume(desk: Desk, meeting: str | None, again: bool, yes: bool) -> None:
    """Go on with a meeting that was broken off; with the only unfinished one when MEETING is left out."""
    from workplace_sdk.kernel.errors import NotFound

    chosen = _ref(meeting) if meeting else None
    if chosen is None:
        found = desk.work.meetings.unfinished()
        if not found:
            raise NotFound(words("nothing is unfinished", "er is niets onaf"))
        if len(found) > 1:
            names = ", ".join(f"{one.ref.id} ({one.subject})" for one in found)
            raise click.UsageError(f"several are unfinished, name one: {names}")
        chosen = found[0].ref
    for line in desk.work.meetings.get(chosen).report(chosen_language()):
        say(line)
    _show(agreed(desk.work.meetings.resume, chosen, again=again, yes=yes))


@desk_command("cancel", group=command)
@click.argument("meeting")
@click.option("--reason", help="For those who hear of it.")
@click.option("--accept-fee", metavar="'40 EUR'", help="What you agree to pay at most for what was ordered.")
@yes_option
def cancel(desk: Desk, meeting: str, reason: str | None, accept_fee: str | None, yes: bool) -> None:
    """Give up a planned meeting: every part is cancelled where it was booked."""
    from workplace_sdk.services.common import Money

    try:
        fee = Money.parse(accept_fee) if accept_fee else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--accept-fee") from None
    chosen = _ref(meeting)
    for line in desk.work.meetings.get(chosen).report(chosen_language()):
        say(line)
    _show(agreed(desk.work.meetings.cancel, chosen, reason=reason, accept_fee=fee, yes=yes))


def _ref(text: str) -> Any:
    """A planned meeting as typed: its key, or ``plan:meetings/KEY``."""
    from workplace_sdk.cli.common import ref
    from workplace_sdk.meetings.journal import CONNECTION
    from workplace_sdk.services.common import Ref

    return ref(text, "plan") if ":" in text else Ref(connection=CONNECTION, kind="plan", id=text)


def _show(planned: Any) -> None:
    if wants_json():
        show(planned)
        return
    head, *lines = planned.report(chosen_language())
    click.echo(click.style(head, bold=True))
    for line in lines:
        click.echo(f"  {line}")
    click.echo(f"  {words('key', 'sleutel')}: {planned.ref.id}")
