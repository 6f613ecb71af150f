"""``workplace incidents``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from workplace_sdk.cli.asking import agreed
from workplace_sdk.cli.desk import Desk, desk_command, for_option, key_option, person_option, yes_option
from workplace_sdk.cli.saving import save, to_option
from workplace_sdk.cli.showing import Columns, also, collected, show, wants_json, words
from workplace_sdk.cli.typed import FILE, PERSON, RefTo, draft

F = TypeVar("F", bound=Callable[..., Any])
TICKET = RefTo("incident")

_KINDS = ["incident", "request", "question", "complaint"]
_URGENCY = ["can_wait", "hindered", "blocked", "safety"]
_IMPACT = ["me", "several", "department", "site", "organisation"]
_STATUS = ["open", "in_progress", "waiting_for_requester", "waiting_for_supplier", "on_hold", "resolved", "closed", "cancelled"]
_PHOTO = click.option("--photo", "photos", type=FILE, multiple=True, help="A photo or another file.")


@click.group("incidents")
def command() -> None:
    """Report what is broken and follow it."""


def _where(function: F) -> F:
    """Where something is: the same options for whatever has a place."""
    for name, help_ in (("--room", "Room."), ("--floor", "Floor."), ("--building", "Building."), ("--site", "Site.")):
        function = click.option(name, help=help_)(function)
    return function


def _place(**parts: str | None) -> Any:
    from workplace_sdk.services.incidents import Place

    return draft(Place, **parts) if any(parts.values()) else None


@desk_command("report", group=command)
@click.argument("what")
@click.option("--details", default="", help="More about it.")
@click.option("--kind", type=click.Choice(_KINDS), default="incident", show_default=True, help="What kind of message it is.")
@click.option("--category", metavar="NAME", help="What it is about.")
@click.option("--asset", metavar="TAG", help="The tag on the thing.")
@_where
@click.option("--impact", type=click.Choice(_IMPACT), default="me", show_default=True, help="Whom it hinders.")
@click.option("--urgency", type=click.Choice(_URGENCY), default="hindered", show_default=True, help="How bad it is.")
@click.option("--contact", help="How and when to reach you about it.")
@_PHOTO
@click.option("--me-too", type=TICKET, help="The ticket that says the same.")
@for_option
@key_option
@yes_option
def report(
    desk: Desk,
    what: str,
    site: str | None,
    building: str | None,
    floor: str | None,
    room: str | None,
    photos: tuple[Any, ...],
    who: Any,
    key: Any,
    yes: bool,
    **said: Any,
) -> None:
    """Say what is wrong.

    workplace incidents report 'Printer jams' --room 3B --photo jam.jpg
    """
    from workplace_sdk.services.incidents import TicketDraft

    place = _place(site=site, building=building, floor=floor, room=room)
    made = draft(TicketDraft, what=what, place=place, person=who, attachments=photos, **said)
    show(agreed(desk.work.incidents.report, made, yes=yes, key=key), _fields())


@desk_command("similar", group=command)
@click.argument("what")
@click.option("--category", metavar="NAME", help="What it is about.")
@click.option("--asset", metavar="TAG", help="The tag on the thing.")
@_where
def similar(desk: Desk, what: str, category: str | None, asset: str | None, **where: str | None) -> None:
    """Open tickets that may say the same, before you report it."""
    from workplace_sdk.services.incidents import TicketDraft

    made = draft(TicketDraft, what=what, category=category, asset=asset, place=_place(**where))
    show(
        desk.work.incidents.similar(made),
        {
            words("ticket", "melding"): "ticket",
            words("what", "wat"): "title",
            words("status", "status"): "status",
            words("score", "score"): "score",
            words("why", "waarom"): "reasons",
        },
        empty=("Nobody reported this yet.", "Niemand heeft dit nog gemeld."),
    )


@desk_command("known", group=command)
@click.option("--asset", metavar="TAG", help="The tag on the thing.")
@_where
def known(desk: Desk, asset: str | None, **where: str | None) -> None:
    """What is reported already and not solved yet, of a thing or at a place."""
    show(
        desk.work.incidents.known_problems(place=_place(**where), asset=asset),
        {
            words("ticket", "melding"): "ticket",
            words("what", "wat"): "title",
            words("status", "status"): "status",
            words("why", "waarom"): "reasons",
        },
        empty=("Nothing is known to be wrong there.", "Daar is niets bekend dat stuk is."),
    )


@desk_command("advice", group=command)
@click.argument("what")
@click.option("--category", metavar="NAME", help="What it is about.")
def advice(desk: Desk, what: str, category: str | None) -> None:
    """Articles that may help, before you report it."""
    from workplace_sdk.services.incidents import TicketDraft

    show(
        desk.work.incidents.advice(draft(TicketDraft, what=what, category=category)),
        {
            words("article", "artikel"): "title",
            words("about", "over"): "category",
            words("text", "tekst"): "text",
            words("more", "meer"): "ref.url",
        },
        empty=("No article fits.", "Geen artikel past hierbij."),
    )


@desk_command("categories", group=command)
def categories(desk: Desk) -> None:
    """What a ticket can be about."""
    show(desk.work.incidents.categories(), {words("category", "soort"): str}, empty=("None.", "Geen."))


@desk_command("assets", group=command)
@person_option
@click.option("--tag", help="The tag on the thing.")
@_where
def assets(desk: Desk, who: Any, tag: str | None, **where: str | None) -> None:
    """Things that the organisation knows: yours, those of a place, or the one with a tag."""
    show(
        desk.work.incidents.assets(person=who, place=_place(**where), tag=tag),
        {
            words("tag", "label"): "tag",
            words("thing", "ding"): "name",
            words("kind", "soort"): "kind",
            words("where", "waar"): "place",
            words("whose", "van wie"): "owner.label",
        },
        empty=("None.", "Geen."),
    )


@desk_command("list", group=command)
@person_option
@click.option("--all", "everything", is_flag=True, help="Finished ones too.")
def list_(desk: Desk, who: Any, everything: bool) -> None:
    """Your tickets, the newest first."""
    found = collected(desk.work.incidents.requests(who, open=not everything))
    show(found, _columns(), empty=("No tickets.", "Geen meldingen."))


@desk_command("queue", group=command)
@click.option(
    "--status", "statuses", type=click.Choice(["new", *_STATUS]), multiple=True, help="Only these; open ones by default."
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
def queue(desk: Desk, statuses: tuple[str, ...], limit: int) -> None:
    """Everyone's tickets; for who has the right incidents.handle."""
    from workplace_sdk.services.incidents import OPEN, TicketStatus

    wanted = frozenset(TicketStatus(one) for one in statuses) or OPEN
    found = collected(desk.work.incidents.queue(status=wanted), most=limit)
    show(found, {**_columns(), words("who", "wie"): "requester.label"}, empty=("No tickets.", "Geen meldingen."))


@desk_command("show", group=command)
@click.argument("ticket", type=TICKET)
@click.option("--internal", is_flag=True, help="With what only handlers see; for who has the right incidents.handle.")
def show_(desk: Desk, ticket: Any, internal: bool) -> None:
    """One ticket with what happened to it."""
    incidents = desk.work.incidents
    show(incidents.get(ticket), _fields())
    if not wants_json():
        events = incidents.history(ticket) if internal else incidents.timeline(ticket)
        also(events, _event_columns())


@desk_command("history", group=command)
@click.argument("ticket", type=TICKET)
@click.option("--internal", is_flag=True, help="With what only handlers see; for who has the right incidents.handle.")
def history(desk: Desk, ticket: Any, internal: bool) -> None:
    """What happened to a ticket, oldest first."""
    incidents = desk.work.incidents
    show(incidents.history(ticket) if internal else incidents.timeline(ticket), _event_columns())


@desk_command("comment", group=command)
@click.argument("ticket", type=TICKET)
@click.argument("text")
@_PHOTO
@key_option
@yes_option
def comment(desk: Desk, ticket: Any, text: str, photos: tuple[Any, ...], key: Any, yes: bool) -> None:
    """Add something to a ticket."""
    said = agreed(desk.work.incidents.comment, ticket, text, uploads=photos, yes=yes, key=key)
    show(
        said,
        {
            words("when", "wanneer"): "at",
            words("who", "wie"): "author.label",
            words("what", "wat"): "body",
            words("files", "bestanden"): "attachments.name",
        },
    )


@desk_command("attach", group=command)
@click.argument("ticket", type=TICKET)
@click.argument("file", type=FILE)
@key_option
@yes_option
def attach(desk: Desk, ticket: Any, file: Any, key: Any, yes: bool) -> None:
    """Add a photo or another file to a ticket."""
    done = agreed(desk.work.incidents.attach, ticket, file, yes=yes, key=key)
    show(done, {words("reference", "verwijzing"): "ref", words("file", "bestand"): "name", "bytes": "size"})


@desk_command("file", group=command)
@click.argument("ticket", type=TICKET)
@click.argument("name")
@to_option
def file(desk: Desk, ticket: Any, name: str, to: str | None) -> None:
    """Save a file of a ticket, by its name or reference."""
    kept = [*desk.work.incidents.get(ticket).attachments]
    kept += [one for event in desk.work.incidents.timeline(ticket) for one in event.attachments]
    save(kept, name, to, lambda one: desk.work.incidents.attachment(ticket, one))


@desk_command("escalate", group=command)
@click.argument("ticket", type=TICKET)
@click.argument("reason")
@key_option
@yes_option
def escalate(desk: Desk, ticket: Any, reason: str, key: Any, yes: bool) -> None:
    """Ask for more haste, and say why."""
    show(agreed(desk.work.incidents.escalate, ticket, reason, yes=yes, key=key), _fields())


@desk_command("confirm", group=command)
@click.argument("ticket", type=TICKET)
@key_option
@yes_option
def confirm(desk: Desk, ticket: Any, key: Any, yes: bool) -> None:
    """Say that it is solved."""
    show(agreed(desk.work.incidents.confirm_resolved, ticket, yes=yes, key=key), _fields())


@desk_command("reopen", group=command)
@click.argument("ticket", type=TICKET)
@click.argument("reason")
@key_option
@yes_option
def reopen(desk: Desk, ticket: Any, reason: str, key: Any, yes: bool) -> None:
    """Say that it is not solved after all."""
    show(agreed(desk.work.incidents.reopen, ticket, reason, yes=yes, key=key), _fields())


@desk_command("cancel", group=command)
@click.argument("ticket", type=TICKET)
@click.option("--reason", help="Why.")
@key_option
@yes_option
def cancel(desk: Desk, ticket: Any, reason: str | None, key: Any, yes: bool) -> None:
    """Take back a ticket that is not needed any more."""
    show(agreed(desk.work.incidents.cancel, ticket, reason=reason, yes=yes, key=key), _fields())


@desk_command("disruptions", group=command)
@click.option("--site", help="Only there.")
def disruptions(desk: Desk, site: str | None) -> None:
    """Known large disruptions."""
    show(
        desk.work.incidents.disruptions(site=site),
        {words("ticket", "melding"): "ticket", words("what", "wat"): "title", words("status", "status"): "status"},
        empty=("No known disruptions.", "Geen bekende storingen."),
    )


@desk_command("handle", group=command)
@click.argument("ticket", type=TICKET)
@click.option("--status", type=click.Choice(_STATUS), help="What it becomes.")
@click.option("--handler", type=PERSON, help="Who handles it.")
@click.option("--priority", type=click.Choice(["P1", "P2", "P3", "P4", "P5"]), help="How soon.")
@click.option("--resolution", metavar="TEXT", help="What the solution is; needed for resolved.")
@click.option("--major/--not-major", default=None, help="A large disruption that everyone may know of.")
@click.option("--same-as", "parent", type=TICKET, help="The ticket that says the same: what solves it solves this one.")
@click.option("--note", metavar="TEXT", help="For the requester, or with --internal for handlers only.")
@click.option("--internal", is_flag=True, help="The note is for handlers only.")
@key_option
@yes_option
def handle(desk: Desk, ticket: Any, key: Any, yes: bool, **changes: Any) -> None:
    """Change a ticket; for who has the right incidents.handle."""
    from workplace_sdk.services.incidents import TicketChange

    change = draft(TicketChange, **changes)
    show(agreed(desk.work.incidents.handle, ticket, change, yes=yes, key=key), _fields())


def _columns() -> Columns:
    return {
        words("ticket", "melding"): "ref",
        words("what", "wat"): "title",
        words("priority", "prioriteit"): "priority",
        words("status", "status"): "status",
        words("waits for", "wacht op"): "waiting_on",
    }


def _event_columns() -> Columns:
    return {
        words("when", "wanneer"): "at",
        words("what", "wat"): "kind",
        words("status", "status"): "status",
        words("who", "wie"): "by",
        words("text", "tekst"): "text",
        words("files", "bestanden"): "attachments.name",
    }


def _fields() -> Columns:
    return {
        **_columns(),
        words("number", "nummer"): "number",
        words("details", "toelichting"): "description",
        words("where", "waar"): "place",
        words("thing", "ding"): "asset",
        words("who", "wie"): "requester.label",
        words("handler", "behandelaar"): "handler.label",
        words("solution", "oplossing"): "resolution",
        words("files", "bestanden"): "attachments.name",
        words("key", "sleutel"): "key",
    }
