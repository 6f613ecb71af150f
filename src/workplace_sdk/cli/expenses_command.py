"""``workplace expenses``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from workplace_sdk.cli.common import DATE, FILE, Desk, agreed, desk_command, draft, key_option, person, ref, upload, yes_option
from workplace_sdk.cli.showing import show, words


@click.group("expenses")
def command() -> None:
    """Claim expenses, mileage and receipts."""


@desk_command("categories", group=command)
def categories(desk: Desk) -> None:
    """What can be claimed."""
    show(
        desk.work.expenses.categories(),
        {
            words("code", "code"): "code",
            words("category", "soort"): "name",
            words("kind", "wijze"): "kind",
            words("limit", "grens"): "limit",
            words("receipt over", "bon boven"): "receipt_over",
        },
    )


@desk_command("list", group=command)
@click.option("--person", "who", metavar="PERSON", help="Someone else, where you may.")
def list_(desk: Desk, who: str | None) -> None:
    """Reports, the newest first."""
    show(list(desk.work.expenses.requests(person(who))), _columns(), empty=("No reports.", "Geen declaraties."))


@desk_command("show", group=command)
@click.argument("report")
def show_(desk: Desk, report: str) -> None:
    """One report with its lines."""
    found = desk.work.expenses.get(ref(report, "expense"))
    from workplace_sdk.cli.showing import table, wants_json

    show(found, _fields())
    if not wants_json():
        table(
            found.lines,
            {
                words("date", "datum"): "date",
                words("category", "soort"): "category",
                words("what", "wat"): "description",
                words("paid", "betaald"): "original",
                words("claimed", "gevraagd"): "claimed",
                words("approved", "goedgekeurd"): "approved",
            },
        )


_RECEIPT = click.option("--receipt", "receipts", type=FILE, multiple=True, help="A photo or file of the receipt.")
_ON = click.option("--on", type=DATE, help="When it was; today by default.")
_TITLE = click.option("--title", help="Of the report; the description by default.")


@desk_command("claim", group=command)
@click.argument("amount")
@click.argument("category")
@click.argument("description", required=False, default="")
@_ON
@_RECEIPT
@_TITLE
@click.option("--merchant")
@click.option("--company-card", is_flag=True, help="Paid with the company's card.")
@click.option("--attendee", "attendees", multiple=True, help="Who was there.")
@click.option("--receipt-lost", is_flag=True, help="The receipt is lost, and you say so.")
@key_option
@yes_option
def claim(
    desk: Desk,
    amount: str,
    category: str,
    description: str,
    on: datetime | None,
    receipts: tuple[str, ...],
    title: str | None,
    merchant: str | None,
    company_card: bool,
    attendees: tuple[str, ...],
    receipt_lost: bool,
    key: str | None,
    yes: bool,
) -> None:
    """Claim what you paid: workplace expenses claim '12.50 EUR' Meals 'Lunch met klant' --receipt bon.jpg"""
    from workplace_sdk.services.common import Money
    from workplace_sdk.services.expenses import PaidWith

    try:
        money = Money.parse(amount)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="AMOUNT") from None
    line = {
        "amount": money,
        "merchant": merchant,
        "paid_with": PaidWith.COMPANY_CARD if company_card else PaidWith.OWN_MONEY,
        "attendees": attendees,
        "receipts": tuple(upload(path) for path in receipts),
        "receipt_lost": receipt_lost,
    }
    _submit(desk, line, category, description, on, title, key=key, yes=yes)


@desk_command("kilometres", group=command)
@click.argument("kilometres")
@click.argument("origin")
@click.argument("destination")
@click.option("--round-trip", is_flag=True, help="There and back.")
@click.option("--vehicle", type=click.Choice(["car", "electric_car", "motorbike", "bicycle"]), default="car", show_default=True)
@click.option("--category", default="Kilometres", show_default=True)
@_ON
@_TITLE
@key_option
@yes_option
def kilometres(
    desk: Desk,
    kilometres: str,
    origin: str,
    destination: str,
    round_trip: bool,
    vehicle: str,
    category: str,
    on: datetime | None,
    title: str | None,
    key: str | None,
    yes: bool,
) -> None:
    """Claim a journey by your own vehicle: workplace expenses kilometres 42 Utrecht Amersfoort --round-trip"""
    from workplace_sdk.services.expenses import Distance

    way = draft(Distance, origin=origin, destination=destination, length=kilometres, round_trip=round_trip, vehicle=vehicle)
    _submit(desk, {"distance": way}, category, f"{origin} - {destination}", on, title, key=key, yes=yes)


def _submit(
    desk: Desk,
    line: dict[str, Any],
    category: str,
    description: str,
    on: datetime | None,
    title: str | None,
    *,
    key: str | None,
    yes: bool,
) -> None:
    from workplace_sdk.services.expenses import LineDraft, ReportDraft

    day = on.date() if on else desk.work.session.today()
    made = draft(LineDraft, date=day, category=category, description=description, **line)
    report = draft(ReportDraft, title=title or description or category, lines=(made,))
    show(agreed(desk.work.expenses.submit, report, yes=yes, key=key), _fields())


@desk_command("withdraw", group=command)
@click.argument("report")
@key_option
@yes_option
def withdraw(desk: Desk, report: str, key: str | None, yes: bool) -> None:
    """Take back a report that is not decided yet."""
    show(agreed(desk.work.expenses.withdraw, ref(report, "expense"), yes=yes, key=key), _fields())


@desk_command("decide", group=command)
@click.argument("report")
@click.argument("decision", type=click.Choice(["approve", "reject", "return"]))
@click.option("--comment", help="Why; needed for reject and return.")
@key_option
@yes_option
def decide(desk: Desk, report: str, decision: str, comment: str | None, key: str | None, yes: bool) -> None:
    """Approve, reject or return a report."""
    from workplace_sdk.services.common import Decision

    show(
        agreed(desk.work.expenses.decide, ref(report, "expense"), Decision(decision), comment=comment, yes=yes, key=key),
        _fields(),
    )


def _columns() -> dict[str, str]:
    return {
        words("report", "declaratie"): "ref",
        words("title", "titel"): "title",
        words("claimed", "gevraagd"): "totals.claimed",
        words("payable", "te betalen"): "totals.payable",
        words("status", "status"): "status",
    }


def _fields() -> dict[str, str]:
    return {
        **_columns(),
        words("VAT", "btw"): "totals.tax",
        words("who", "wie"): "employee.label",
        words("key", "sleutel"): "key",
    }
