"""``workplace incidents``."""

from __future__ import annotations

import click

from workplace_sdk.cli.common import FILE, Desk, agreed, desk_command, draft, key_option, ref, upload, yes_option
from workplace_sdk.cli.showing import show, words

_URGENCY = ["can_wait", "hindered", "blocked", "safety"]
_IMPACT = ["me", "several", "department", "site", "organisation"]


@click.group("incidents")
def command() -> None:
    """Report what is broken and follow it."""


@desk_command("report", group=command)
@click.argument("what")
@click.option("--details", default="")
@click.option("--category", metavar="NAME")
@click.option("--asset", metavar="TAG", help="The tag on the thing.")
@click.option("--site")
@click.option("--room")
@click.option("--impact", type=click.Choice(_IMPACT), default="me", show_default=True, help="Whom it hinders.")
@click.option("--urgency", type=click.Choice(_URGENCY), default="hindered", show_default=True, help="How bad it is.")
@click.option("--photo", "photos", type=FILE, multiple=True, help="A photo or another file.")
@click.option("--me-too", metavar="TICKET", help="The ticket that says the same.")
@key_option
@yes_option
def report(
    desk: Desk,
    what: str,
    details: str,
    category: str | None,
    asset: str | None,
    site: str | None,
    room: str | None,
    impact: str,
    urgency: str,
    photos: tuple[str, ...],
    me_too: str | None,
    key: str | None,
    yes: bool,
) -> None:
    """Say what is wrong: workplace incidents report 'Printer jams' --room 3B --photo jam.jpg"""
    from workplace_sdk.services.incidents import Place, TicketDraft

    place = Place(site=site, room=room) if site or room else None
    made = draft(
        TicketDraft,
        what=what,
        details=details,
        category=category,
        asset=asset,
        place=place,
        impact=impact,
        urgency=urgency,
        attachments=tuple(upload(path) for path in photos),
        me_too=ref(me_too, "incident") if me_too else None,
    )
    show(agreed(desk.work.incidents.report, made, yes=yes, key=key), _fields())


@desk_command("list", group=command)
@click.option("--all", "everything", is_flag=True, help="Finished ones too.")
def list_(desk: Desk, everything: bool) -> None:
    """Your tickets, the newest first."""
    show(list(desk.work.incidents.requests(open=not everything)), _columns(), empty=("No tickets.", "Geen meldingen."))


@desk_command("show", group=command)
@click.argument("ticket")
def show_(desk: Desk, ticket: str) -> None:
    """One ticket with what happened to it."""
    from workplace_sdk.cli.showing import table, wants_json

    found = ref(ticket, "incident")
    show(desk.work.incidents.get(found), _fields())
    if not wants_json():
        table(
            desk.work.incidents.timeline(found),
            {words("when", "wanneer"): "at", words("what", "wat"): "kind", words("who", "wie"): "by", "": "text"},
        )


@desk_command("comment", group=command)
@click.argument("ticket")
@click.argument("text")
@click.option("--photo", "photos", type=FILE, multiple=True, help="A photo or another file.")
@key_option
@yes_option
def comment(desk: Desk, ticket: str, text: str, photos: tuple[str, ...], key: str | None, yes: bool) -> None:
    """Add something to a ticket."""
    files = tuple(upload(path) for path in photos)
    said = agreed(desk.work.incidents.comment, ref(ticket, "incident"), text, uploads=files, yes=yes, key=key)
    show(said, {words("when", "wanneer"): "at", words("who", "wie"): "author.label", words("what", "wat"): "body"})


@desk_command("confirm", group=command)
@click.argument("ticket")
@key_option
@yes_option
def confirm(desk: Desk, ticket: str, key: str | None, yes: bool) -> None:
    """Say that it is solved."""
    show(agreed(desk.work.incidents.confirm_resolved, ref(ticket, "incident"), yes=yes, key=key), _fields())


@desk_command("reopen", group=command)
@click.argument("ticket")
@click.argument("reason")
@key_option
@yes_option
def reopen(desk: Desk, ticket: str, reason: str, key: str | None, yes: bool) -> None:
    """Say that it is not solved after all."""
    show(agreed(desk.work.incidents.reopen, ref(ticket, "incident"), reason, yes=yes, key=key), _fields())


@desk_command("cancel", group=command)
@click.argument("ticket")
@key_option
@yes_option
def cancel(desk: Desk, ticket: str, key: str | None, yes: bool) -> None:
    """Take back a ticket that is not needed any more."""
    show(agreed(desk.work.incidents.cancel, ref(ticket, "incident"), yes=yes, key=key), _fields())


@desk_command("disruptions", group=command)
@click.option("--site", help="Only there.")
def disruptions(desk: Desk, site: str | None) -> None:
    """Known large disruptions."""
    show(
        desk.work.incidents.disruptions(site=site),
        {words("ticket", "melding"): "ticket", words("what", "wat"): "title", words("status", "status"): "status"},
        empty=("No known disruptions.", "Geen bekende storingen."),
    )


def _columns() -> dict[str, str]:
    return {
        words("ticket", "melding"): "ref",
        words("what", "wat"): "title",
        words("priority", "prioriteit"): "priority",
        words("status", "status"): "status",
        words("waits for", "wacht op"): "waiting_on",
    }


def _fields() -> dict[str, str]:
    return {
        **_columns(),
        words("number", "nummer"): "number",
        words("where", "waar"): "place",
        words("solution", "oplossing"): "resolution",
        words("files", "bestanden"): "attachments",
        words("key", "sleutel"): "key",
    }
