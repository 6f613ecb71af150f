"""``workplace demo``: five real actions in a realistic organisation."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from workplace_sdk.cli.showing import choose, show, text_of, words

if TYPE_CHECKING:
    from workplace_sdk.workplace import Workplace


@click.command("demo")
@click.option(
    "--lang", "language", type=click.Choice(["en", "nl"]), default="en", show_default=True, help="Language of the tour."
)
def command(language: str) -> None:
    """Walk through a care group: leave, a colleague, a room with lunch, expenses, a broken printer.

    Everything happens for real in a store of its own, which is gone afterwards.
    """
    from workplace_sdk.testing import sample_workplace

    choose(as_json=False, language=language, zone="Europe/Amsterdam")
    with sample_workplace() as sample:
        sanne, mehmet = sample.person("sanne"), sample.person("mehmet")
        click.echo(words("Care group De Linde, Monday 2 March 2026.", "Zorggroep De Linde, maandag 2 maart 2026."))
        _leave(sanne, mehmet)
        _expert(sanne)
        _room(mehmet)
        _expenses(sanne, mehmet)
        _incident(sanne, sample.person("joao"), sample.person("bram"))
        _inbox(mehmet)
    click.echo()
    click.echo(
        words(
            "To try it yourself, in an empty folder: workplace init --sample",
            "Zelf proberen, in een lege map: workplace init --sample --lang nl",
        )
    )


def _step(number: int, en: str, nl: str) -> None:
    click.echo()
    click.echo(click.style(f"{number}. {words(en, nl)}", bold=True))


def _consequences(preview: Any) -> None:
    for line in preview.lines:
        click.echo(f"   {line.text(words('en', 'nl'))}")


def _leave(sanne: Workplace, mehmet: Workplace) -> None:
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.services.common import Decision
    from workplace_sdk.services.leave import LeaveDraft

    _step(
        1,
        "Sanne, who works 27 hours in three days, takes a week in April off",
        "Sanne, die 27 uur in drie dagen werkt, neemt een week in april vrij",
    )
    draft = LeaveDraft.between("Vakantie", date(2026, 4, 27), date(2026, 5, 1))
    preview = sanne.leave.submit.preview(draft)
    _consequences(preview)
    request = sanne.leave.submit(draft, key=Key(preview.key))
    decided = mehmet.leave.decide(request.ref, Decision.APPROVE, comment="Geniet ervan")
    show([decided], {words("request", "aanvraag"): "ref", words("costs", "kost"): "total", words("status", "status"): "status"})
    show(
        sanne.leave.balances(),
        {
            words("leave", "verlof"): "name",
            words("available", "beschikbaar"): "available",
            words("planned", "gepland"): "planned",
            "": "unit",
        },
    )


def _expert(sanne: Workplace) -> None:
    from workplace_sdk.services.experts import ExpertQuery

    _step(
        2,
        "She looks for someone who knows about printers, and types it wrong",
        "Ze zoekt iemand die verstand heeft van printers, en typt het verkeerd",
    )
    show(
        sanne.experts.find(ExpertQuery(text="pritners")),
        {
            words("name", "naam"): "expert.name",
            words("title", "functie"): "expert.job_title",
            words("why", "waarom"): "reasons",
        },
    )


def _room(mehmet: Workplace) -> None:
    from datetime import time

    from workplace_sdk.services.common import PersonRef, Span
    from workplace_sdk.services.rooms import Attendee, Diet, MeetingDraft, OrderDraft, OrderLine, RoomQuery

    _step(
        3,
        "Mehmet plans a team meeting with lunch for eight and a projector",
        "Mehmet plant een teamoverleg met lunch voor acht en een projector",
    )
    span = Span.local(date(2026, 3, 10), time(12), time(13, 30), "Europe/Amsterdam")
    option = mehmet.rooms.find(RoomQuery(span=span, people=8, site="Zwolle"))[0]
    order = OrderDraft(lines=(OrderLine(item="Lunch", quantity=8), OrderLine(item="Projector")), diets={Diet.VEGETARIAN: 2})
    team = tuple(Attendee(person=PersonRef(login=login)) for login in ("sanne", "joao", "lukasz"))
    meeting = mehmet.rooms.book(
        MeetingDraft(subject="Teamoverleg", span=span, room=option.room.ref, people=8, attendees=team, orders=(order,))
    )
    show(meeting.components, {words("part", "onderdeel"): "what", words("state", "stand"): "state"})
    click.echo(f"   {words('costs', 'kosten')}: {meeting.orders[0].lines[0].price} x 8")


def _expenses(sanne: Workplace, mehmet: Workplace) -> None:
    from decimal import Decimal

    from workplace_sdk.services.common import Decision, Money, Upload
    from workplace_sdk.services.expenses import Distance, LineDraft, ReportDraft

    _step(
        4,
        "Sanne claims a course: a journey by car and a meal with its receipt",
        "Sanne declareert een cursus: een autorit en een maaltijd met bon",
    )
    day = date(2026, 2, 26)
    journey = Distance(origin="Zwolle", destination="Utrecht", length=Decimal(90), round_trip=True)
    receipt = Upload(name="bon.jpg", content=b"a photo of a receipt", media_type="image/jpeg")
    lines = (
        LineDraft(date=day, category="km", distance=journey),
        LineDraft(
            date=day, category="maaltijd", amount=Money.of("18.40", "EUR"), description="Lunch cursus", receipts=(receipt,)
        ),
    )
    report = sanne.expenses.submit(ReportDraft(title="Cursus wondzorg", lines=lines))
    decided = mehmet.expenses.decide(report.ref, Decision.APPROVE)
    show(
        decided.lines,
        {
            words("what", "wat"): "category",
            words("claimed", "gevraagd"): "claimed",
            words("taxed part", "belast deel"): "taxable",
        },
    )
    click.echo(
        f"   {words('to be paid', 'te betalen')}: {decided.totals.payable}, {words('VAT', 'btw')} {decided.totals.tax}, {text_of(decided.status)}"
    )


def _incident(sanne: Workplace, joao: Workplace, bram: Workplace) -> None:
    from workplace_sdk.services.incidents import Impact, Place, TicketChange, TicketDraft, TicketStatus, Urgency

    _step(
        5,
        "The printer in corridor 3B is broken, and João sees that Sanne said so",
        "De printer in gang 3B is stuk, en João ziet dat Sanne dat al meldde",
    )
    place = Place(site="Zwolle", room="3B")
    broken = TicketDraft(
        what="Printer 3B print strepen",
        asset="PR-3B",
        place=place,
        category="Printers",
        impact=Impact.DEPARTMENT,
        urgency=Urgency.HINDERED,
    )
    ticket = sanne.incidents.report(broken)
    similar = joao.incidents.similar(TicketDraft(what="strepen uit de printer", place=place))
    show(similar, {words("ticket", "melding"): "number", words("what", "wat"): "title", words("why", "waarom"): "reasons"})
    bram.incidents.handle(ticket.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Trommel vervangen"))
    done = sanne.incidents.confirm_resolved(ticket.ref)
    click.echo(f"   {done.number} {text_of(done.status)}: {done.resolution}")


def _inbox(mehmet: Workplace) -> None:
    from workplace_sdk.services.leave import LeaveDraft

    first = date(2026, 7, 20)
    mehmet.as_("lukasz@delinde.example").leave.submit(LeaveDraft.between("Vakantie", first, first + timedelta(days=4)))
    click.echo()
    click.echo(click.style(words("What waits for Mehmet:", "Wat op Mehmet wacht:"), bold=True))
    show(
        list(mehmet.inbox()),
        {words("what waits", "wat wacht"): "ref", words("who", "wie"): "who", words("what", "wat"): "what"},
    )
