"""``workplace rooms``: looking for rooms, and what is booked."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import click

from workplace_sdk.cli.desk import Desk, desk_command
from workplace_sdk.cli.rooms_booking import BOOKING, MEETING, columns, show_meeting, span
from workplace_sdk.cli.rooms_waiting import WAITING
from workplace_sdk.cli.showing import collected, show, words
from workplace_sdk.cli.typed import CLOCK, DAY, PERSON, draft


@click.group("rooms")
def command() -> None:
    """Plan meetings: rooms, people, lunch, equipment."""


for _booking in (*BOOKING, *WAITING):
    command.add_command(_booking)

_FEATURES = click.option("--with", "features", multiple=True, metavar="FEATURE", help="projector, whiteboard, step_free, ...")
_PEOPLE = click.option(
    "--people", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many it has to seat."
)


@desk_command("sites", group=command)
def sites(desk: Desk) -> None:
    """Places with rooms."""
    show(
        desk.work.rooms.sites(),
        {words("site", "locatie"): "name", words("address", "adres"): "address", words("time zone", "tijdzone"): "zone"},
        empty=("There are none.", "Er zijn er geen."),
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
            words("booking", "boeken"): "bookability",
        },
        empty=("No room fits.", "Geen zaal past."),
    )


@desk_command("find", group=command)
@click.argument("day", type=DAY)
@click.argument("start", type=CLOCK, required=False)
@click.argument("end", type=CLOCK, required=False)
@click.option(
    "--minutes", type=click.IntRange(5, 600), default=60, show_default=True, help="How long, when no START and END are given."
)
@click.option("--site", help="Only there.")
@click.option("--near", type=PERSON, help="Rather at the site of this person.")
@click.option("--attendee", "attendees", type=PERSON, multiple=True, help="Who has to be free.")
@click.option("--repeat", metavar="RRULE", help="Free at every time of a series, such as FREQ=WEEKLY;COUNT=4.")
@_PEOPLE
@_FEATURES
def find(
    desk: Desk,
    day: date,
    start: time | None,
    end: time | None,
    minutes: int,
    site: str | None,
    near: Any,
    attendees: tuple[Any, ...],
    repeat: str | None,
    people: int,
    features: tuple[str, ...],
) -> None:
    """Free rooms on DAY from START to END, or at any hour of the day.

    workplace rooms find 3-12-2026 12:00 13:30 --people 8
    """
    from workplace_sdk.services.rooms import RoomQuery

    zone = desk.work.settings.time_zone
    if (start is None) != (end is None):
        raise click.UsageError(words("START and END go together", "START en END horen bij elkaar"))
    when: dict[str, Any] = (
        {"span": span(day, start, end, zone)}
        if start and end
        else {"duration": timedelta(minutes=minutes), "within": span(day, time(8), time(18), zone), "office_hours": False}
    )
    query = draft(
        RoomQuery,
        people=people,
        required=features_of(features),
        site=site,
        near=near,
        attendees=attendees,
        rrule=repeat,
        **when,
    )
    show(
        desk.work.rooms.find(query),
        {
            words("room", "zaal"): "room.name",
            words("from", "van"): "span.local_start",
            words("to", "tot"): "span.local_end",
            words("seats", "plaatsen"): "room.capacity",
            words("has", "heeft"): "room.features",
            words("not free", "niet vrij"): "busy",
            words("why", "waarom"): "reasons",
        },
        empty=("Nothing is free that fits.", "Er is niets vrij dat past."),
    )


@desk_command("busy", group=command)
@click.argument("day", type=DAY)
@click.argument("people", type=PERSON, nargs=-1)
@click.option("--from", "start", type=CLOCK, default="08:00", show_default=True, help="From this time on the clock.")
@click.option("--until", "end", type=CLOCK, default="18:00", show_default=True, help="Until this time on the clock.")
@click.option("--room", "rooms", multiple=True, metavar="NAME", help="This room too.")
def busy(desk: Desk, day: date, people: tuple[Any, ...], start: time, end: time, rooms: tuple[str, ...]) -> None:
    """When PEOPLE and rooms are not free on DAY; what for is not said."""
    from workplace_sdk.kernel.errors import NotFound

    if not people and not rooms:
        raise click.UsageError(words("name people, or --room NAME", "noem mensen, of --room NAAM"))
    named = {room.name.casefold(): room for room in desk.work.rooms.rooms()} if rooms else {}
    for name in rooms:
        if name.casefold() not in named:
            raise NotFound(words(f"there is no room {name}", f"er is geen zaal {name}"), field="room")
    wanted = [named[name.casefold()] for name in rooms]
    labels = {str(room.ref): room.name for room in wanted}
    when = span(day, start, end, desk.work.settings.time_zone)
    show(
        desk.work.rooms.busy(when, people=people, rooms=tuple(room.ref for room in wanted)),
        {
            words("who", "wie"): lambda one: one.person or labels.get(str(one.room), one.room),
            words("from", "van"): "span.local_start",
            words("to", "tot"): "span.local_end",
            words("tentative", "onder voorbehoud"): "tentative",
        },
        empty=("All of it is free.", "Alles is vrij."),
    )


@desk_command("menu", group=command)
@click.option("--site", help="Only there.")
@click.option("--on", type=DAY, help="As it is on this date; today by default.")
def menu(desk: Desk, site: str | None, on: date | None) -> None:
    """What can be ordered with a meeting."""
    show(
        desk.work.rooms.menu(site, on=on),
        {
            words("item", "artikel"): "name",
            words("kind", "soort"): "kind",
            words("price", "prijs"): "price",
            words("order before", "vooraf bestellen"): "order_before",
        },
        empty=("Nothing can be ordered.", "Er kan niets worden besteld."),
    )


@desk_command("mine", group=command)
@click.option("--person", "who", type=PERSON, help="Someone else, where you may.")
@click.option("--since", type=DAY, help="From this date on.")
@click.option("--until", type=DAY, help="Up to and including this date.")
def mine(desk: Desk, who: Any, since: date | None, until: date | None) -> None:
    """Meetings you organize or attend."""
    found = collected(desk.work.rooms.mine(who, since=since, until=until))
    show(found, columns(), empty=("No meetings.", "Geen vergaderingen."))


@desk_command("show", group=command)
@click.argument("meeting", type=MEETING)
def show_(desk: Desk, meeting: Any) -> None:
    """One meeting: its times, people, room and orders."""
    show_meeting(desk.work.rooms.get(meeting))


def features_of(names: tuple[str, ...]) -> Any:
    """Features as typed."""
    from workplace_sdk.services.rooms import Feature

    known = {feature.value for feature in Feature}
    for name in names:
        if name not in known:
            text = words(f"{name} is none of", f"{name} is geen van")
            raise click.BadParameter(f"{text} {', '.join(sorted(known))}", param_hint="--with")
    return frozenset(Feature(name) for name in names)
