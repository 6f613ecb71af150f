"""``workplace leave``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeVar

import click

from workplace_sdk.cli.asking import agreed
from workplace_sdk.cli.desk import Desk, desk_command, for_option, key_option, person_option, yes_option
from workplace_sdk.cli.saving import save, to_option
from workplace_sdk.cli.showing import Columns, also, chosen_language, collected, show, words
from workplace_sdk.cli.typed import CLOCK, DAY, FILE, NUMBER, PERSON, RefTo, draft

F = TypeVar("F", bound=Callable[..., Any])
REQUEST = RefTo("leave")
_WHY_ZERO = {
    "holiday": ("public holiday", "feestdag"),
    "non_working": ("no working day", "geen werkdag"),
    "not_employed": ("not employed then", "dan niet in dienst"),
}


@click.group("leave")
def command() -> None:
    """Book leave, see balances, decide about requests, report ill."""


@desk_command("balances", group=command)
@person_option
@click.option("--on", type=DAY, help="As of this date; today by default.")
def balances(desk: Desk, who: Any, on: date | None) -> None:
    """What is left, per kind of leave."""
    show(
        desk.work.leave.balances(who, on=on),
        {
            words("leave", "verlof"): "name",
            words("available", "beschikbaar"): "available",
            words("unit", "eenheid"): "unit",
            words("entitled", "recht"): "entitled",
            words("carried over", "meegenomen"): "carried_over",
            words("accrued", "opgebouwd"): "accrued",
            words("adjusted", "bijgesteld"): "adjusted",
            words("taken", "opgenomen"): "taken",
            words("planned", "gepland"): "planned",
            words("pending", "aangevraagd"): "pending",
        },
        empty=("No leave was granted.", "Er is geen verlof toegekend."),
    )


@desk_command("types", group=command)
@person_option
def types(desk: Desk, who: Any) -> None:
    """Kinds of leave that may be asked for."""
    show(
        desk.work.leave.types(who),
        {
            words("leave", "verlof"): "name",
            words("unit", "eenheid"): "unit",
            words("approval", "goedkeuring"): "requires_approval",
            words("reference", "verwijzing"): "ref",
        },
    )


@desk_command("list", group=command)
@person_option
@click.option("--since", type=DAY, help="Days off from this date on.")
@click.option("--until", type=DAY, help="Days off up to and including this date.")
def list_(desk: Desk, who: Any, since: date | None, until: date | None) -> None:
    """Requests, the latest first."""
    pages = desk.work.leave.requests(who, since=since, until=until)
    show(collected(pages), _columns(), empty=("No requests.", "Geen aanvragen."))


@desk_command("show", group=command)
@click.argument("request", type=REQUEST)
def show_(desk: Desk, request: Any) -> None:
    """A request with its days and what happened to it."""
    found = desk.work.leave.get(request)
    show(found, {**_fields(), words("reason", "reden"): "reason", words("files", "bestanden"): "attachments.name"})
    also(
        found.days,
        {
            words("date", "datum"): "date",
            words("part", "deel"): "portion",
            words("costs", "kost"): "charged",
            "": lambda day: words(*_WHY_ZERO.get(day.why_zero, (day.why_zero, day.why_zero))) if day.why_zero else "",
        },
    )
    also(
        found.timeline,
        {
            words("when", "wanneer"): "at",
            words("what", "wat"): "step",
            words("who", "wie"): "by",
            words("comment", "opmerking"): "comment",
        },
    )


@desk_command("holidays", group=command)
@click.argument("year", type=click.IntRange(1900, 2200))
@person_option
def holidays(desk: Desk, year: int, who: Any) -> None:
    """Days of YEAR on which everyone is off."""
    columns: Columns = {
        words("date", "datum"): "date",
        words("name", "naam"): _holiday_name,
        words("part", "deel"): "portion",
    }
    show(desk.work.leave.holidays(who, year=year), columns)


def _holiday_name(holiday: Any) -> str:
    """Public holidays are called as people call them in the chosen language."""
    from workplace_sdk.services.calendar import public_holidays

    if holiday.kind.value != "public":
        return str(holiday.name)
    try:
        known = public_holidays(holiday.region, [holiday.date.year], chosen_language())
    except ValueError:  # a region of the system's own
        return str(holiday.name)
    return known[holiday.date].name if holiday.date in known else str(holiday.name)


@desk_command("schedule", group=command)
@person_option
@click.option("--on", type=DAY, help="As it holds on this date; today by default.")
def schedule(desk: Desk, who: Any, on: date | None) -> None:
    """Hours per weekday, Monday first."""
    columns = {
        words("hours from Monday", "uren vanaf maandag"): "hours",
        words("from", "van"): "valid_from",
        words("until", "tot en met"): "valid_until",
    }
    show(desk.work.leave.schedule(who, on=on), columns)


@desk_command("absences", group=command)
@click.argument("since", type=DAY)
@click.argument("until", type=DAY)
@click.option("--person", "people", type=PERSON, multiple=True, help="Only these; your team by default.")
def absences(desk: Desk, since: date, until: date, people: tuple[Any, ...]) -> None:
    """Who is off from SINCE to UNTIL (both included); never why."""
    show(
        desk.work.leave.absences(since=since, until=until, people=people or None),
        {
            words("date", "datum"): "date",
            words("who", "wie"): "person.label",
            words("part", "deel"): "portion",
            words("tentative", "onder voorbehoud"): "tentative",
        },
        empty=("Everyone is there.", "Iedereen is er."),
    )


def _days_off(function: F) -> F:
    """What is asked for: the options of ``request`` and ``amend``."""
    options = (
        click.option("--type", "kind", metavar="NAME", help="Kind of leave; may be left out when there is only one."),
        click.option("--first-half", type=click.Choice(["am", "pm", "half"]), help="Only this half of the first day."),
        click.option("--last-half", type=click.Choice(["am", "pm", "half"]), help="Only this half of the last day."),
        click.option("--hours", type=NUMBER, help="Only so many hours of the one day."),
        click.option("--from", "start", type=CLOCK, help="With --hours: from this time on the clock."),
        click.option("--reason", help="For the approver; colleagues never see it."),
        click.option("--substitute", type=PERSON, help="Who stands in."),
        click.option("--attach", type=FILE, multiple=True, help="A document to add."),
        key_option,
        yes_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


@desk_command("request", group=command)
@click.argument("first", type=DAY)
@click.argument("last", type=DAY, required=False)
@for_option
@_days_off
def request(desk: Desk, first: date, last: date | None, who: Any, key: Any, yes: bool, **asked: Any) -> None:
    """Ask for leave from FIRST to LAST (both included).

    workplace leave request 24-12-2026 31-12-2026
    """
    made = _draft(desk, who, first, last, **asked)
    show(agreed(desk.work.leave.submit, made, yes=yes, key=key), _fields())


@desk_command("amend", group=command)
@click.argument("reference", type=REQUEST)
@click.argument("first", type=DAY)
@click.argument("last", type=DAY, required=False)
@_days_off
def amend(desk: Desk, reference: Any, first: date, last: date | None, key: Any, yes: bool, **asked: Any) -> None:
    """Ask for other days instead: the whole request anew, from FIRST to LAST."""
    if asked["kind"] is None:
        asked["kind"] = desk.work.leave.get(reference).type_name
    made = _draft(desk, None, first, last, **asked)
    show(agreed(desk.work.leave.amend, reference, made, yes=yes, key=key), _fields())


def _draft(
    desk: Desk,
    who: Any,
    first: date,
    last: date | None,
    *,
    kind: str | None,
    first_half: str | None,
    last_half: str | None,
    hours: Decimal | None,
    start: time | None,
    **others: Any,
) -> Any:
    from pydantic import ValidationError

    from workplace_sdk.kernel.errors import InvalidInput
    from workplace_sdk.services.calendar import Portion
    from workplace_sdk.services.leave import LeaveDraft

    if kind is None:
        names = [one.name for one in desk.work.leave.types(who)]
        if len(names) != 1:
            text = words("say which kind of leave with --type", "zeg met --type welk verlof")
            raise InvalidInput(f"{text}: {', '.join(names)}", field="type")
        kind = names[0]
    if hours is None and start is not None:
        raise click.UsageError(words("--from goes with --hours", "--from hoort bij --hours"))
    others |= {"attachments": others.pop("attach"), "person": who}
    try:
        if hours is not None:
            if last or first_half or last_half:
                raise click.UsageError(
                    words("--hours are of one day, and no half of it", "--hours horen bij een enkele hele dag")
                )
            return LeaveDraft.for_hours(kind, first, hours, start=start, **others)
        halves = {"first_portion": Portion(first_half or "full"), "last_portion": Portion(last_half or "full")}
        return LeaveDraft.between(kind, first, last, **halves, **others)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise InvalidInput(problem["msg"].removeprefix("Value error, "), field=str(problem["loc"][-1])) from None
    except ValueError as error:
        raise InvalidInput(str(error), field="days") from None


@desk_command("withdraw", group=command)
@click.argument("request", type=REQUEST)
@click.option("--reason", help="Why.")
@key_option
@yes_option
def withdraw(desk: Desk, request: Any, reason: str | None, key: Any, yes: bool) -> None:
    """Take back a request that is not decided yet."""
    show(agreed(desk.work.leave.withdraw, request, reason=reason, yes=yes, key=key), _fields())


@desk_command("cancel", group=command)
@click.argument("request", type=REQUEST)
@click.option("--reason", help="Why.")
@key_option
@yes_option
def cancel(desk: Desk, request: Any, reason: str | None, key: Any, yes: bool) -> None:
    """Give approved leave back."""
    show(agreed(desk.work.leave.cancel, request, reason=reason, yes=yes, key=key), _fields())


@desk_command("decide", group=command)
@click.argument("request", type=REQUEST)
@click.argument("decision", type=click.Choice(["approve", "reject", "return"]))
@click.option("--comment", help="Why; needed for reject and return.")
@key_option
@yes_option
def decide(desk: Desk, request: Any, decision: str, comment: str | None, key: Any, yes: bool) -> None:
    """Approve, reject or return a request."""
    from workplace_sdk.services.common import Decision

    show(agreed(desk.work.leave.decide, request, Decision(decision), comment=comment, yes=yes, key=key), _fields())


@desk_command("attach", group=command)
@click.argument("request", type=REQUEST)
@click.argument("file", type=FILE)
@key_option
@yes_option
def attach(desk: Desk, request: Any, file: Any, key: Any, yes: bool) -> None:
    """Add a document to a request."""
    done = agreed(desk.work.leave.attach, request, file, yes=yes, key=key)
    show(done, {words("reference", "verwijzing"): "ref", words("file", "bestand"): "name", "bytes": "size"})


@desk_command("file", group=command)
@click.argument("request", type=REQUEST)
@click.argument("name")
@to_option
def file(desk: Desk, request: Any, name: str, to: str | None) -> None:
    """Save a document of a request, by its name or reference."""
    save(desk.work.leave.get(request).attachments, name, to, lambda one: desk.work.leave.attachment(request, one))


@desk_command("sick", group=command)
@click.argument("first", type=DAY, required=False)
@click.option("--until", type=DAY, help="Last day, as far as you expect.")
@click.option("--from-noon", is_flag=True, help="Ill from noon of the first day on.")
@click.option("--reachable", metavar="TEXT", help="Where to reach you.")
@click.option("--handover", metavar="TEXT", help="What someone has to take over.")
@for_option
@key_option
@yes_option
def sick(
    desk: Desk,
    first: date | None,
    until: date | None,
    from_noon: bool,
    reachable: str | None,
    handover: str | None,
    who: Any,
    key: Any,
    yes: bool,
) -> None:
    """Report ill from FIRST (today by default). What you have is not asked."""
    from workplace_sdk.services.calendar import Portion
    from workplace_sdk.services.leave import SickReport

    report = draft(
        SickReport,
        first_day=first,
        portion=Portion.PM if from_noon else None,
        person=who,
        expected_until=until,
        reachable_at=reachable,
        handover=handover,
    )
    show(agreed(desk.work.leave.report_sick, report, yes=yes, key=key), _sick_fields())


@desk_command("recovered", group=command)
@click.argument("case", type=RefTo("sick"), required=False)
@click.option("--on", type=DAY, help="First day back; today by default.")
@for_option
@key_option
@yes_option
def recovered(desk: Desk, case: Any, on: date | None, who: Any, key: Any, yes: bool) -> None:
    """Report well again; CASE may be left out."""
    from workplace_sdk.kernel.errors import NotFound

    leave = desk.work.leave
    if case is None:
        open_cases = [one.ref for one in leave.sick_cases(who) if not one.over]
        if not open_cases:
            raise NotFound(words("nobody is reported ill", "niemand is ziek gemeld"), field="case")
        case = open_cases[0]
    show(agreed(leave.report_recovered, case, back_on=on, yes=yes, key=key), _sick_fields())


@desk_command("sick-list", group=command)
@person_option
@click.option("--since", type=DAY, help="Illnesses from this date on.")
def sick_list(desk: Desk, who: Any, since: date | None) -> None:
    """Times you were reported ill, the latest first."""
    show(desk.work.leave.sick_cases(who, since=since), _sick_fields(), empty=("None.", "Geen."))


def _columns() -> dict[str, str]:
    return {
        words("request", "aanvraag"): "ref",
        words("leave", "verlof"): "type_name",
        words("from", "van"): "first_day",
        words("to", "tot en met"): "last_day",
        words("costs", "kost"): "total",
        words("status", "status"): "status",
    }


def _sick_fields() -> dict[str, str]:
    return {
        words("case", "melding"): "ref",
        words("who", "wie"): "employee.label",
        words("since", "sinds"): "first_day",
        words("expected until", "verwacht tot en met"): "expected_until",
        words("back on", "terug op"): "back_on",
    }


def _fields() -> dict[str, str]:
    return {**_columns(), words("who", "wie"): "employee.label", words("key", "sleutel"): "key"}
