"""``workplace expenses``: rates, reports, and decisions about them."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from workplace_sdk.cli.asking import agreed
from workplace_sdk.cli.desk import Desk, desk_command, key_option, person_option, yes_option
from workplace_sdk.cli.expenses_claiming import CLAIMING, REPORT, columns, report_fields, show_report
from workplace_sdk.cli.saving import save, to_option
from workplace_sdk.cli.showing import collected, show, words
from workplace_sdk.cli.typed import DAY, RefTo


@click.group("expenses")
def command() -> None:
    """Claim expenses, mileage and receipts."""


for _claiming in CLAIMING:
    command.add_command(_claiming)

_REASON = click.option("--reason", help="Why.")


@desk_command("categories", group=command)
@click.option("--on", type=DAY, help="As they are on this date; today by default.")
def categories(desk: Desk, on: date | None) -> None:
    """What can be claimed."""
    show(
        desk.work.expenses.categories(on=on),
        {
            words("code", "code"): "code",
            words("category", "soort"): "name",
            words("kind", "wijze"): "kind",
            words("limit", "grens"): "limit",
            words("receipt over", "bon boven"): "receipt_over",
        },
    )


@desk_command("rates", group=command)
@click.option("--on", type=DAY, help="As they are on this date; today by default.")
def rates(desk: Desk, on: date | None) -> None:
    """What a distance by one's own vehicle pays."""
    show(
        desk.work.expenses.rates(on=on),
        {
            words("vehicle", "voertuig"): "vehicle",
            words("rate", "tarief"): "rate",
            words("untaxed", "onbelast"): "untaxed",
            words("per", "per"): "unit",
            words("over", "boven"): "over",
            words("from", "van"): "first",
        },
        empty=("No rate is known.", "Er is geen tarief bekend."),
    )


@desk_command("per-diems", group=command)
@click.option("--country", metavar="XX", help="Only of this country (ISO 3166).")
@click.option("--on", type=DAY, help="As they are on this date; today by default.")
def per_diems(desk: Desk, country: str | None, on: date | None) -> None:
    """What a day away pays."""
    show(
        desk.work.expenses.per_diem_rates(country=country.upper() if country else None, on=on),
        {
            words("country", "land"): "country",
            words("city", "plaats"): "city",
            words("day", "dag"): "day",
            words("night", "nacht"): "night",
            words("from", "van"): "first",
        },
        empty=("No rate is known.", "Er is geen tarief bekend."),
    )


@desk_command("cards", group=command)
@person_option
def cards(desk: Desk, who: Any) -> None:
    """Payments with the company's card that nothing claims yet: claim them with --card-payment."""
    show(
        desk.work.expenses.card_transactions(who),
        {
            words("payment", "betaling"): "ref",
            words("on", "op"): "on",
            words("where", "waar"): "merchant",
            words("amount", "bedrag"): "charged",
            words("paid", "betaald"): "paid",
            words("card", "kaart"): "card",
        },
        empty=("No payments.", "Geen betalingen."),
    )


@desk_command("list", group=command)
@person_option
@click.option("--since", type=DAY, help="Costs from this date on.")
@click.option("--until", type=DAY, help="Costs up to and including this date.")
def list_(desk: Desk, who: Any, since: date | None, until: date | None) -> None:
    """Reports, the newest first."""
    pages = desk.work.expenses.requests(who, since=since, until=until)
    show(collected(pages), columns(), empty=("No reports.", "Geen declaraties."))


@desk_command("show", group=command)
@click.argument("report", type=REPORT)
def show_(desk: Desk, report: Any) -> None:
    """One report with its lines and what happened to it."""
    show_report(desk.work.expenses.get(report))


@desk_command("withdraw", group=command)
@click.argument("report", type=REPORT)
@_REASON
@key_option
@yes_option
def withdraw(desk: Desk, report: Any, reason: str | None, key: Any, yes: bool) -> None:
    """Take back a report for good, before it is decided."""
    show(agreed(desk.work.expenses.withdraw, report, reason=reason, yes=yes, key=key), report_fields())


@desk_command("recall", group=command)
@click.argument("report", type=REPORT)
@_REASON
@key_option
@yes_option
def recall(desk: Desk, report: Any, reason: str | None, key: Any, yes: bool) -> None:
    """Make a report a draft again, to change its lines and submit it anew."""
    show(agreed(desk.work.expenses.recall, report, reason=reason, yes=yes, key=key), report_fields())


@desk_command("cancel", group=command)
@click.argument("report", type=REPORT)
@_REASON
@key_option
@yes_option
def cancel(desk: Desk, report: Any, reason: str | None, key: Any, yes: bool) -> None:
    """Give up a report for good."""
    show(agreed(desk.work.expenses.cancel, report, reason=reason, yes=yes, key=key), report_fields())


@desk_command("comment", group=command)
@click.argument("report", type=REPORT)
@click.argument("text")
@key_option
@yes_option
def comment(desk: Desk, report: Any, text: str, key: Any, yes: bool) -> None:
    """Say something about a report to who decides about it, or to who claimed it."""
    show(agreed(desk.work.expenses.comment, report, text, yes=yes, key=key), report_fields())


@desk_command("file", group=command)
@click.argument("report", type=REPORT)
@click.argument("name")
@to_option
def file(desk: Desk, report: Any, name: str, to: str | None) -> None:
    """Save a receipt of a report, by its name or reference."""
    kept = [one for line in desk.work.expenses.get(report).lines for one in line.receipts]
    save(kept, name, to, lambda one: desk.work.expenses.attachment(report, one))


@desk_command("decide", group=command)
@click.argument("report", type=REPORT)
@click.argument("decision", type=click.Choice(["approve", "reject", "return"]))
@click.option("--comment", help="Why; needed for reject and return.")
@click.option(
    "--line",
    "lines",
    multiple=True,
    metavar="'2 7.50'",
    help="With approve: of the line with this number only so much, in the report's currency. '0' for nothing.",
)
@key_option
@yes_option
def decide(desk: Desk, report: Any, decision: str, comment: str | None, lines: tuple[str, ...], key: Any, yes: bool) -> None:
    """Approve, reject or return a report."""
    from workplace_sdk.services.common import Decision

    less = _line_decisions(desk, report, lines) if lines else ()
    done = agreed(desk.work.expenses.decide, report, Decision(decision), comment=comment, lines=less, yes=yes, key=key)
    show(done, report_fields())


def _line_decisions(desk: Desk, report: Any, lines: tuple[str, ...]) -> tuple[Any, ...]:
    from workplace_sdk.cli.typed import NUMBER, draft
    from workplace_sdk.services.common import Money
    from workplace_sdk.services.expenses import LineDecision

    found = desk.work.expenses.get(report)
    made: list[Any] = []
    for text in lines:
        number, _, amount = text.strip().partition(" ")
        try:
            line = found.lines[int(number) - 1] if int(number) > 0 else None
            approved = NUMBER.understood(amount.strip())
        except (ValueError, IndexError):
            line, approved = None, None
        if line is None or approved is None:
            raise click.BadParameter(
                words(f"{text!r} is no number of a line and an amount", f"{text!r} is geen regelnummer met een bedrag"),
                param_hint="--line",
            )
        made.append(draft(LineDecision, line=line.ref, amount=Money(amount=approved, currency=found.currency)))
    return tuple(made)


@desk_command("pay", group=command)
@click.argument("report", type=REPORT)
@click.argument("on", type=DAY)
@key_option
@yes_option
def pay(desk: Desk, report: Any, on: date, key: Any, yes: bool) -> None:
    """Say that a report is paid on this date; for who has the right expenses.pay."""
    show(agreed(desk.work.expenses.pay, report, on=on, yes=yes, key=key), report_fields())


@desk_command("reverse", group=command)
@click.argument("report", type=REPORT)
@click.argument("reason")
@key_option
@yes_option
def reverse(desk: Desk, report: Any, reason: str, key: Any, yes: bool) -> None:
    """Undo a decision or a payment; for who has the right expenses.pay."""
    show(agreed(desk.work.expenses.reverse, report, reason, yes=yes, key=key), report_fields())


@desk_command("receipts", group=command)
def receipts(desk: Desk) -> None:
    """Receipts that you uploaded and no report uses yet."""
    show(
        desk.work.expenses.receipts(),
        {
            words("receipt", "bon"): "ref",
            words("file", "bestand"): "file.name",
            words("bytes", "bytes"): "file.size",
            words("since", "sinds"): "file.created_at",
        },
        empty=("None.", "Geen."),
    )


@desk_command("receipt", group=command)
@click.argument("receipt", type=RefTo("receipt"))
@to_option
def receipt(desk: Desk, receipt: Any, to: str | None) -> None:
    """Save an uploaded receipt."""
    kept = [one.file for one in desk.work.expenses.receipts() if one.ref == receipt]
    save(kept, kept[0].name if kept else str(receipt), to, lambda _: desk.work.expenses.receipt(receipt))


@desk_command("discard", group=command)
@click.argument("receipt", type=RefTo("receipt"))
@key_option
@yes_option
def discard(desk: Desk, receipt: Any, key: Any, yes: bool) -> None:
    """Throw away an uploaded receipt that no report uses."""
    agreed(desk.work.expenses.discard_receipt, receipt, yes=yes, key=key)
    show({"receipt": receipt, "discarded": True}, {words("thrown away", "weggegooid"): "receipt"})
