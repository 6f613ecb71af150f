"""``workplace expenses``: claiming, at once or line by line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeVar

import click

from workplace_sdk.cli.asking import agreed
from workplace_sdk.cli.desk import Desk, desk_command, key_option, yes_option
from workplace_sdk.cli.showing import Columns, also, show, words
from workplace_sdk.cli.typed import CLOCK, DAY, FILE, NUMBER, SUM, RefTo, draft

F = TypeVar("F", bound=Callable[..., Any])
REPORT = RefTo("expense")


def _of_a_line(function: F) -> F:
    """Options of every cost, and where it goes: a report of its own, or one that is saved."""
    options = (
        click.option("--on", type=DAY, help="When it was; today by default."),
        click.option("--title", help="Of the report; the description by default."),
        click.option("--save", "saved", is_flag=True, help="Keep the report to add more later; nothing is submitted yet."),
        click.option("--to", "report", type=REPORT, help="Add it to this saved report instead of making one."),
        key_option,
        yes_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


@desk_command("claim")
@click.argument("amount", type=SUM)
@click.argument("category")
@click.argument("description", required=False, default="")
@click.option("--receipt", "receipts", type=FILE, multiple=True, help="A photo or file of the receipt.")
@click.option("--uploaded", type=RefTo("receipt"), multiple=True, help="A receipt that was uploaded before.")
@click.option("--receipt-lost", is_flag=True, help="The receipt is lost, and you say so.")
@click.option("--merchant", help="Who was paid.")
@click.option("--company-card", is_flag=True, help="Paid with the company's card.")
@click.option("--card-payment", type=RefTo("card_transaction"), help="Which payment with the company's card: see 'cards'.")
@click.option("--private-part", type=SUM, help="The part that was private: it is not claimed.")
@click.option("--attendee", "attendees", multiple=True, help="Who was there.")
@_of_a_line
def claim(
    desk: Desk,
    amount: Any,
    category: str,
    description: str,
    receipts: tuple[Any, ...],
    uploaded: tuple[Any, ...],
    receipt_lost: bool,
    merchant: str | None,
    company_card: bool,
    card_payment: Any,
    private_part: Any,
    attendees: tuple[str, ...],
    **where: Any,
) -> None:
    """Claim what you paid.

    workplace expenses claim '12,50 EUR' Meals 'Lunch met klant' --receipt bon.jpg
    """
    from workplace_sdk.services.expenses import PaidWith

    line = {
        "amount": amount,
        "merchant": merchant,
        "paid_with": PaidWith.COMPANY_CARD if company_card or card_payment else PaidWith.OWN_MONEY,
        "card_transaction": card_payment,
        "personal": private_part,
        "attendees": attendees,
        "receipts": (*receipts, *uploaded),
        "receipt_lost": receipt_lost,
    }
    _claim(desk, line, category, description, **where)


@desk_command("kilometres")
@click.argument("kilometres", type=NUMBER)
@click.argument("origin")
@click.argument("destination")
@click.option("--via", multiple=True, help="A place on the way.")
@click.option("--round-trip", is_flag=True, help="There and back.")
@click.option("--commute", type=NUMBER, help="Kilometres of it that are your usual way to work: they are not paid.")
@click.option("--passengers", type=click.IntRange(0, 100), help="Colleagues who came along.")
@click.option(
    "--vehicle",
    type=click.Choice(["car", "electric_car", "motorbike", "bicycle"]),
    default="car",
    show_default=True,
    help="By what.",
)
@click.option("--category", help="Category; may be left out when there is only one for distances.")
@_of_a_line
def kilometres(
    desk: Desk,
    kilometres: Decimal,
    origin: str,
    destination: str,
    via: tuple[str, ...],
    round_trip: bool,
    commute: Decimal | None,
    passengers: int | None,
    vehicle: str,
    category: str | None,
    **where: Any,
) -> None:
    """Claim a journey by your own vehicle.

    workplace expenses kilometres 42 Utrecht Amersfoort --round-trip
    """
    from workplace_sdk.services.expenses import Distance

    way = draft(
        Distance,
        origin=origin,
        destination=destination,
        length=kilometres,
        via=via,
        round_trip=round_trip,
        commute=commute,
        passengers=passengers,
        vehicle=vehicle,
    )
    _claim(desk, {"distance": way}, category or _only(desk, "mileage", where["on"]), f"{origin} - {destination}", **where)


@desk_command("trip")
@click.argument("destination")
@click.argument("left", type=DAY)
@click.argument("left_at", type=CLOCK)
@click.argument("back", type=DAY)
@click.argument("back_at", type=CLOCK)
@click.option("--country", metavar="XX", required=True, help="Country of DESTINATION (ISO 3166).")
@click.option("--own-nights", is_flag=True, help="Nobody else provided the nights.")
@click.option("--category", help="Category; may be left out when there is only one for days away.")
@_of_a_line
def trip(
    desk: Desk,
    destination: str,
    left: date,
    left_at: time,
    back: date,
    back_at: time,
    country: str,
    own_nights: bool,
    category: str | None,
    **where: Any,
) -> None:
    """Claim days away for work, by the organisation's rates: LEFT at LEFT_AT, BACK at BACK_AT.

    workplace expenses trip Berlin 2026-03-09 7:00 2026-03-11 19:30 --country DE
    """
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from workplace_sdk.services.common import Span
    from workplace_sdk.services.expenses import Location, Trip

    zone = desk.work.settings.time_zone
    away = draft(
        Span,
        start=datetime.combine(left, left_at, ZoneInfo(zone)),
        end=datetime.combine(back, back_at, ZoneInfo(zone)),
        zone=zone,
    )
    place = draft(Location, country=country.upper(), city=destination)
    made = draft(Trip, span=away, destination=place, accommodation_provided=not own_nights)
    where["on"] = where["on"] or left
    _claim(desk, {"trip": made}, category or _only(desk, "per_diem", where["on"]), destination, **where)


def _only(desk: Desk, kind: str, on: date | None) -> str:
    """The category of *kind*, when there is one only."""
    from workplace_sdk.kernel.errors import InvalidInput

    names = [one.code or one.name for one in desk.work.expenses.categories(on=on) if one.kind.value == kind]
    if len(names) != 1:
        text = words("say which category with --category", "zeg met --category welke soort")
        raise InvalidInput(f"{text}: {', '.join(names) or '-'}", field="category")
    return names[0]


def _claim(
    desk: Desk,
    values: dict[str, Any],
    category: str,
    description: str,
    *,
    on: date | None,
    title: str | None,
    saved: bool,
    report: Any,
    key: Any,
    yes: bool,
) -> None:
    """Submit a report of one line, keep it, or add the line to one that is kept."""
    from workplace_sdk.services.expenses import LineDraft, ReportDraft

    expenses = desk.work.expenses
    day = on or desk.work.session.today()
    line = draft(LineDraft, date=day, category=category, description=description, **values)
    if report is not None:
        if saved or title:
            raise click.UsageError(words("--to goes without --save and --title", "--to gaat niet samen met --save en --title"))
        show_report(agreed(expenses.add_line, report, line, yes=yes, key=key))
        return
    made = draft(ReportDraft, title=title or description or category, lines=(line,))
    show(agreed(expenses.save if saved else expenses.submit, made, yes=yes, key=key), report_fields())


@desk_command("remove-line")
@click.argument("report", type=REPORT)
@click.argument("number", type=click.IntRange(min=1))
@key_option
@yes_option
def remove_line(desk: Desk, report: Any, number: int, key: Any, yes: bool) -> None:
    """Take the line with this NUMBER out of a saved report."""
    from workplace_sdk.kernel.errors import NotFound

    lines = desk.work.expenses.get(report).lines
    if number > len(lines):
        raise NotFound(f"{report} has {len(lines)} lines", field="number")
    show_report(agreed(desk.work.expenses.remove_line, report, lines[number - 1].ref, yes=yes, key=key))


@desk_command("submit")
@click.argument("report", type=REPORT)
@key_option
@yes_option
def submit(desk: Desk, report: Any, key: Any, yes: bool) -> None:
    """Submit a saved report."""
    show(agreed(desk.work.expenses.submit_saved, report, yes=yes, key=key), report_fields())


@desk_command("upload")
@click.argument("file", type=FILE)
@key_option
@yes_option
def upload(desk: Desk, file: Any, key: Any, yes: bool) -> None:
    """Upload a receipt now, to use it in a claim later."""
    show(
        agreed(desk.work.expenses.upload_receipt, file, yes=yes, key=key),
        {words("receipt", "bon"): "ref", words("file", "bestand"): "file.name", words("key", "sleutel"): "key"},
    )


CLAIMING = (claim, kilometres, trip, remove_line, submit, upload)


def columns() -> Columns:
    """Of reports in a list."""
    return {
        words("report", "declaratie"): "ref",
        words("title", "titel"): "title",
        words("claimed", "gevraagd"): "totals.claimed",
        words("payable", "te betalen"): "totals.payable",
        words("status", "status"): "status",
    }


def report_fields() -> Columns:
    """Of one report."""
    return {
        **columns(),
        words("VAT", "btw"): "totals.tax",
        words("who", "wie"): "employee.label",
        words("paid", "betaald"): "paid_at",
        words("key", "sleutel"): "key",
    }


def show_report(report: Any) -> None:
    """A report with its lines and what happened to it."""
    show(report, report_fields())
    numbered = {id(line): number for number, line in enumerate(report.lines, start=1)}
    also(
        report.lines,
        {
            words("line", "regel"): lambda line: str(numbered[id(line)]),
            words("date", "datum"): "date",
            words("category", "soort"): "category",
            words("what", "wat"): "description",
            words("paid", "betaald"): "original",
            words("claimed", "gevraagd"): "claimed",
            words("approved", "goedgekeurd"): "approved",
            words("receipts", "bonnen"): "receipts.name",
        },
    )
    also(
        report.timeline,
        {
            words("when", "wanneer"): "at",
            words("what", "wat"): "step",
            words("who", "wie"): "by",
            words("comment", "opmerking"): "comment",
        },
    )
