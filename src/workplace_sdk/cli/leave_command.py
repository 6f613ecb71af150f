"""``workplace leave``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from workplace_sdk.cli.common import DATE, FILE, Desk, agreed, desk_command, draft, key_option, person, ref, upload, yes_option
from workplace_sdk.cli.showing import say, show, words

TIME = click.DateTime(formats=["%H:%M"])


@click.group("leave")
def command() -> None:
    """Book leave, see balances, decide about requests."""


@desk_command("balances", group=command)
@click.option("--person", "who", metavar="PERSON", help="Someone else, where you may.")
@click.option("--on", type=DATE, help="As of this date; today by default.")
def balances(desk: Desk, who: str | None, on: datetime | None) -> None:
    """What is left, per kind of leave."""
    found = desk.work.leave.balances(person(who), on=on.date() if on else None)
    show(
        found,
        {
            words("leave", "verlof"): "name",
            words("available", "beschikbaar"): "available",
            words("unit", "eenheid"): "unit",
            words("entitled", "recht"): "entitled",
            words("carried over", "meegenomen"): "carried_over",
            words("taken", "opgenomen"): "taken",
            words("planned", "gepland"): "planned",
            words("pending", "aangevraagd"): "pending",
        },
        empty=("No leave was granted.", "Er is geen verlof toegekend."),
    )


@desk_command("types", group=command)
def types(desk: Desk) -> None:
    """Kinds of leave that you may ask for."""
    show(
        desk.work.leave.types(),
        {
            words("leave", "verlof"): "name",
            words("unit", "eenheid"): "unit",
            words("approval", "goedkeuring"): "requires_approval",
            "": "ref",
        },
    )


@desk_command("list", group=command)
@click.option("--person", "who", metavar="PERSON", help="Someone else, where you may.")
@click.option("--since", type=DATE)
@click.option("--until", type=DATE)
def list_(desk: Desk, who: str | None, since: datetime | None, until: datetime | None) -> None:
    """Requests, the latest first."""
    pages = desk.work.leave.requests(person(who), since=since.date() if since else None, until=until.date() if until else None)
    show(list(pages), _columns(), empty=("No requests.", "Geen aanvragen."))


@desk_command("holidays", group=command)
@click.argument("year", type=click.IntRange(1900, 2200))
def holidays(desk: Desk, year: int) -> None:
    """Days of YEAR on which everyone is off."""
    show(desk.work.leave.holidays(year=year), {words("date", "datum"): "date", words("name", "naam"): "name"})


@desk_command("request", group=command)
@click.argument("first", type=DATE)
@click.argument("last", type=DATE, required=False)
@click.option("--type", "kind", metavar="NAME", help="Kind of leave; may be left out when there is only one.")
@click.option("--first-half", type=click.Choice(["am", "pm"]), help="Only this half of the first day.")
@click.option("--last-half", type=click.Choice(["am", "pm"]), help="Only this half of the last day.")
@click.option("--hours", metavar="NUMBER", help="Only so many hours of the one day.")
@click.option("--from", "start", type=TIME, help="With --hours: from this time on the clock.")
@click.option("--reason", help="For the approver; colleagues never see it.")
@click.option("--substitute", metavar="PERSON", help="Who stands in.")
@click.option("--attach", type=FILE, multiple=True, help="A document to add.")
@click.option("--for", "who", metavar="PERSON", help="Someone else, where you may.")
@key_option
@yes_option
def request(
    desk: Desk,
    first: datetime,
    last: datetime | None,
    kind: str | None,
    first_half: str | None,
    last_half: str | None,
    hours: str | None,
    start: datetime | None,
    reason: str | None,
    substitute: str | None,
    attach: tuple[str, ...],
    who: str | None,
    key: str | None,
    yes: bool,
) -> None:
    """Ask for leave from FIRST to LAST (both included): workplace leave request 2026-12-24 2026-12-31."""
    from workplace_sdk.kernel.errors import InvalidInput
    from workplace_sdk.services.calendar import Portion
    from workplace_sdk.services.leave import LeaveDraft

    leave = desk.work.leave
    if kind is None:
        names = [one.name for one in leave.types(person(who))]
        if len(names) != 1:
            raise InvalidInput(f"say which kind of leave: {', '.join(names)}", field="type")
        kind = names[0]
    others: dict[str, Any] = {
        "reason": reason,
        "substitute": person(substitute),
        "person": person(who),
        "attachments": tuple(upload(path) for path in attach),
    }
    halves = {"first_portion": Portion(first_half or "full"), "last_portion": Portion(last_half or "full")}
    try:
        if hours is not None:
            if last or first_half or last_half:
                raise InvalidInput("hours are of one day, and no half of it", field="hours")
            made = LeaveDraft.for_hours(
                kind, first.date(), hours.replace(",", "."), start=start.time() if start else None, **others
            )
        else:
            made = LeaveDraft.between(kind, first.date(), last.date() if last else None, **halves, **others)
    except ValueError as error:
        raise InvalidInput(str(error).splitlines()[-1], field="days") from None
    show(agreed(leave.submit, made, yes=yes, key=key), _fields())


@desk_command("withdraw", group=command)
@click.argument("request")
@key_option
@yes_option
def withdraw(desk: Desk, request: str, key: str | None, yes: bool) -> None:
    """Take back a request that is not decided yet."""
    show(agreed(desk.work.leave.withdraw, ref(request, "leave"), yes=yes, key=key), _fields())


@desk_command("cancel", group=command)
@click.argument("request")
@key_option
@yes_option
def cancel(desk: Desk, request: str, key: str | None, yes: bool) -> None:
    """Give approved leave back."""
    show(agreed(desk.work.leave.cancel, ref(request, "leave"), yes=yes, key=key), _fields())


@desk_command("decide", group=command)
@click.argument("request")
@click.argument("decision", type=click.Choice(["approve", "reject", "return"]))
@click.option("--comment", help="Why; needed for reject and return.")
@key_option
@yes_option
def decide(desk: Desk, request: str, decision: str, comment: str | None, key: str | None, yes: bool) -> None:
    """Approve, reject or return a request."""
    from workplace_sdk.services.common import Decision

    show(
        agreed(desk.work.leave.decide, ref(request, "leave"), Decision(decision), comment=comment, yes=yes, key=key), _fields()
    )


@desk_command("show", group=command)
@click.argument("request")
def show_(desk: Desk, request: str) -> None:
    """A request with what happened to it."""
    found = desk.work.leave.get(ref(request, "leave"))
    show(found, _fields())
    for event in found.timeline:
        say(f"{event.at:%Y-%m-%d %H:%M} {event.step} {event.by or ''}{f': {event.comment}' if event.comment else ''}")


@desk_command("schedule", group=command)
@click.option("--person", "who", metavar="PERSON", help="Someone else, where you may.")
@click.option("--on", type=DATE, help="As it holds on this date; today by default.")
def schedule(desk: Desk, who: str | None, on: datetime | None) -> None:
    """Hours per weekday, Monday first."""
    found = desk.work.leave.schedule(person(who), on=on.date() if on else None)
    columns = {
        words("hours from Monday", "uren vanaf maandag"): "hours",
        words("from", "van"): "valid_from",
        words("until", "tot en met"): "valid_until",
    }
    show(found, columns)


@desk_command("sick", group=command)
@click.argument("first", type=DATE, required=False)
@click.option("--until", type=DATE, help="Last day, as far as you expect.")
@click.option("--from-noon", is_flag=True, help="Ill from noon of the first day on.")
@click.option("--reachable", metavar="TEXT", help="Where to reach you.")
@click.option("--handover", metavar="TEXT", help="What someone has to take over.")
@click.option("--for", "who", metavar="PERSON", help="Someone else, where you may.")
@key_option
@yes_option
def sick(
    desk: Desk,
    first: datetime | None,
    until: datetime | None,
    from_noon: bool,
    reachable: str | None,
    handover: str | None,
    who: str | None,
    key: str | None,
    yes: bool,
) -> None:
    """Report ill from FIRST (today by default). What you have is not asked."""
    from workplace_sdk.services.calendar import Portion
    from workplace_sdk.services.leave import SickReport

    report = draft(
        SickReport,
        first_day=first.date() if first else None,
        portion=Portion.PM if from_noon else None,
        person=person(who),
        expected_until=until.date() if until else None,
        reachable_at=reachable,
        handover=handover,
    )
    show(agreed(desk.work.leave.report_sick, report, yes=yes, key=key), _sick_fields())


@desk_command("recovered", group=command)
@click.argument("case", required=False)
@click.option("--on", type=DATE, help="First day back; today by default.")
@click.option("--for", "who", metavar="PERSON", help="Someone else, where you may.")
@key_option
@yes_option
def recovered(desk: Desk, case: str | None, on: datetime | None, who: str | None, key: str | None, yes: bool) -> None:
    """Report well again; CASE may be left out."""
    from workplace_sdk.kernel.errors import NotFound

    leave = desk.work.leave
    if case is None:
        open_cases = [one.ref for one in leave.sick_cases(person(who)) if not one.over]
        if not open_cases:
            raise NotFound("nobody is reported ill", field="case")
        found = open_cases[0]
    else:
        found = ref(case, "sick")
    back = on.date() if on else None
    show(agreed(leave.report_recovered, found, back_on=back, yes=yes, key=key), _sick_fields())


@desk_command("absences", group=command)
@click.argument("since", type=DATE)
@click.argument("until", type=DATE)
def absences(desk: Desk, since: datetime, until: datetime) -> None:
    """Who of your team is off; never why."""
    show(
        desk.work.leave.absences(since=since.date(), until=until.date()),
        {
            words("date", "datum"): "date",
            words("who", "wie"): "person.label",
            words("part", "deel"): "portion",
            words("tentative", "onder voorbehoud"): "tentative",
        },
        empty=("Everyone is there.", "Iedereen is er."),
    )


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
