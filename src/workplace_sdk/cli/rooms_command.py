"""``workplace rooms``."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import click

from workplace_sdk.cli.common import DATE, Desk, agreed, desk_command, draft, key_option, person, ref, yes_option
from workplace_sdk.cli.showing import show, words


@click.group("rooms")
def command() -> None:
    """Plan meetings: rooms, people, lunch, equipment."""


_FEATURES = click.option("--with", "features", multiple=True, metavar="FEATURE", help="projector, whiteboard, step_free, ...")
_PEOPLE = click.option(
    "--people", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many it has to seat."
)


@desk_command("list", group=command)
@click.option("--site", help="Only there.")
@_PEOPLE
@_FEATURES
def list_(desk: Desk, site: str | None, people: int, features: tuple[str, ...]) -> None:
    """Rooms that fit, the smallest first."""
    show(
        desk.work.rooms.rooms(site=site, people=people, features=features_of(features)),
        {
            words("room", "zaal"): "name",
            words("site", "locatie"): "site",
            words("seats", "plaatsen"): "capacity",
            words("has", "heeft"): "features",
        },
        empty=("No room fits.", "Geen zaal past."),
    )


@desk_command("find", group=command)
@click.argument("day", type=DATE)
@click.argument("start", required=False)
@click.argument("end", required=False)
@click.option(
    "--minutes", type=click.IntRange(5, 600), default=60, show_default=True, help="How long, when no START and END are given."
)
@click.option("--site", help="Only there.")
@click.option("--attendee", "attendees", multiple=True, metavar="PERSON")
@_PEOPLE
@_FEATURES
def find(
    desk: Desk,
    day: datetime,
    start: str | None,
    end: str | None,
    minutes: int,
    site: str | None,
    attendees: tuple[str, ...],
    people: int,
    features: tuple[str, ...],
) -> None:
    """Free rooms on DAY from START to END, or at any hour of the day: workplace rooms find 2026-12-03 12:00 13:30"""
    from workplace_sdk.services.rooms import RoomQuery

    zone = desk.work.settings.time_zone
    when: dict[str, Any] = (
        {"span": span_of(day.date(), start, end, zone)} if start and end else _whole_day(day.date(), minutes, zone)
    )
    who = tuple(person(one) for one in attendees)
    query = draft(RoomQuery, people=people, required=features_of(features), site=site, attendees=who, **when)
    show(
        desk.work.rooms.find(query),
        {
            words("room", "zaal"): "room.name",
            words("from", "van"): "span.local_start",
            words("to", "tot"): "span.local_end",
            words("seats", "plaatsen"): "room.capacity",
            words("has", "heeft"): "room.features",
            words("not free", "niet vrij"): "busy",
        },
        empty=("Nothing is free that fits.", "Er is niets vrij dat past."),
    )


@desk_command("menu", group=command)
@click.option("--site", help="Only there.")
def menu(desk: Desk, site: str | None) -> None:
    """What can be ordered with a meeting."""
    show(
        desk.work.rooms.menu(site),
        {
            words("item", "artikel"): "name",
            words("kind", "soort"): "kind",
            words("price", "prijs"): "price",
            words("order before", "bestellen voor"): "order_before",
        },
        empty=("Nothing can be ordered.", "Er kan niets worden besteld."),
    )


@desk_command("book", group=command)
@click.argument("subject")
@click.argument("day", type=DATE)
@click.argument("start")
@click.argument("end")
@click.option("--room", metavar="NAME")
@click.option("--attendee", "attendees", multiple=True, metavar="PERSON")
@click.option("--people", type=click.IntRange(1, 10_000), help="How many come, when that is more than those invited.")
@click.option("--order", "orders", multiple=True, metavar="'8 Lunch'", help="Something to bring: a number and an item.")
@click.option("--diet", "diets", multiple=True, metavar="'2 vegetarian'", help="How many of the people have which diet.")
@click.option("--repeat", metavar="RRULE", help="Such as FREQ=WEEKLY;COUNT=4.")
@click.option("--best-effort", is_flag=True, help="Leave out times and orders that cannot be had.")
@click.option("--private", is_flag=True)
@key_option
@yes_option
def book(
    desk: Desk,
    subject: str,
    day: datetime,
    start: str,
    end: str,
    room: str | None,
    attendees: tuple[str, ...],
    people: int | None,
    orders: tuple[str, ...],
    diets: tuple[str, ...],
    repeat: str | None,
    best_effort: bool,
    private: bool,
    key: str | None,
    yes: bool,
) -> None:
    """Book a meeting: workplace rooms book Overleg 2026-12-03 12:00 13:30 --room Amber --order '8 Lunch' --order '1 Projector'"""
    from workplace_sdk.services.rooms import Attendee, Diet, MeetingDraft, OrderDraft, OrderLine, Policy

    lines = tuple(draft(OrderLine, item=name, quantity=number) for number, name in map(counted, orders))
    eaten = {draft(Diet, value=name): number for number, name in map(counted, diets)}
    made = draft(
        MeetingDraft,
        subject=subject,
        span=span_of(day.date(), start, end, desk.work.settings.time_zone),
        room=room,
        attendees=tuple(Attendee(person=person(one)) for one in attendees),
        people=people,
        orders=(OrderDraft(lines=lines, diets=eaten),) if lines else (),
        rrule=repeat,
        private=private,
        policy=Policy.BEST_EFFORT if best_effort else Policy.ALL_OR_NOTHING,
    )
    _show(agreed(desk.work.rooms.book, made, yes=yes, key=key))


@desk_command("mine", group=command)
@click.option("--since", type=DATE)
@click.option("--until", type=DATE)
def mine(desk: Desk, since: datetime | None, until: datetime | None) -> None:
    """Meetings you organize or attend."""
    found = desk.work.rooms.mine(since=since.date() if since else None, until=until.date() if until else None)
    show(list(found), _columns(), empty=("No meetings.", "Geen vergaderingen."))


@desk_command("cancel", group=command)
@click.argument("meeting")
@click.option("--on", type=DATE, help="Only the time of a series on this date.")
@click.option("--following", is_flag=True, help="That time and all after it.")
@key_option
@yes_option
def cancel(desk: Desk, meeting: str, on: datetime | None, following: bool, key: str | None, yes: bool) -> None:
    """Cancel a meeting, or a part of a series."""
    from workplace_sdk.services.rooms import Scope

    scope = Scope.ALL if on is None else Scope.THIS_AND_FOLLOWING if following else Scope.ONE
    occurrence = on.date() if on else None
    _show(agreed(desk.work.rooms.cancel, ref(meeting, "meeting"), scope=scope, occurrence=occurrence, yes=yes, key=key))


@desk_command("respond", group=command)
@click.argument("meeting")
@click.argument("response", type=click.Choice(["accepted", "tentative", "declined"]))
@key_option
@yes_option
def respond(desk: Desk, meeting: str, response: str, key: str | None, yes: bool) -> None:
    """Answer an invitation."""
    from workplace_sdk.services.rooms import Response

    _show(agreed(desk.work.rooms.respond, ref(meeting, "meeting"), Response(response), yes=yes, key=key))


@desk_command("check-in", group=command)
@click.argument("meeting")
@key_option
@yes_option
def check_in(desk: Desk, meeting: str, key: str | None, yes: bool) -> None:
    """Say that the meeting takes place, so that its room is not released."""
    _show(agreed(desk.work.rooms.check_in, ref(meeting, "meeting"), yes=yes, key=key))


@desk_command("decide", group=command)
@click.argument("meeting")
@click.argument("decision", type=click.Choice(["approve", "reject"]))
@click.option("--comment")
@key_option
@yes_option
def decide(desk: Desk, meeting: str, decision: str, comment: str | None, key: str | None, yes: bool) -> None:
    """Let a meeting have a room that you approve, or not."""
    from workplace_sdk.services.common import Decision

    _show(agreed(desk.work.rooms.decide, ref(meeting, "meeting"), Decision(decision), comment=comment, yes=yes, key=key))


def _show(meeting: Any) -> None:
    show(meeting, {**_columns(), words("key", "sleutel"): "key"})
    from workplace_sdk.cli.showing import say

    for component in meeting.components:
        why = f" ({component.why})" if component.why else ""
        say(f"{component.what}: {component.state}{why}", mark="warning" if component.state == "rejected" else "info")


def _columns() -> dict[str, str]:
    return {
        words("meeting", "vergadering"): "ref",
        words("subject", "onderwerp"): "subject",
        words("from", "van"): "span.local_start",
        words("to", "tot"): "span.local_end",
        words("room", "zaal"): "room.name",
        words("state", "stand"): "state",
    }


def features_of(names: tuple[str, ...]) -> Any:
    """Features as typed."""
    from workplace_sdk.services.rooms import Feature

    known = {feature.value for feature in Feature}
    for name in names:
        if name not in known:
            raise click.BadParameter(f"{name} is none of {', '.join(sorted(known))}", param_hint="--with")
    return frozenset(Feature(name) for name in names)


def span_of(day: date, start: str, end: str, zone: str) -> Any:
    """From one time of day to another, as typed."""
    from workplace_sdk.services.common import Span

    try:
        return Span.local(day, time.fromisoformat(start), time.fromisoformat(end), zone)
    except ValueError as error:
        raise click.BadParameter(f"{error}: write times as 09:30") from None


def _whole_day(day: date, minutes: int, zone: str) -> dict[str, Any]:
    return {"duration": timedelta(minutes=minutes), "within": span_of(day, "08:00", "18:00", zone)}


def counted(text: str) -> tuple[int, str]:
    """A number and a name, as typed: ``8 Lunch``."""
    number, _, name = text.strip().partition(" ")
    if not number.isdecimal() or not name.strip():
        raise click.BadParameter(f"{text!r} is not a number and a name, such as '8 Lunch'")
    return int(number), name.strip()
