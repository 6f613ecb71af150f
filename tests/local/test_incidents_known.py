"""What is known already about an incident: similar ones, what is wrong with a thing or at a place, articles that help."""

from __future__ import annotations

import pytest

from tests.local.conftest import NOW, Office
from workplace_sdk.connectors.local.incidents import LocalIncidents
from workplace_sdk.connectors.local.incidents_setup import add_article, add_asset, add_category
from workplace_sdk.connectors.local.incidents_tables import tickets
from workplace_sdk.kernel.errors import InvalidInput, NotFound
from workplace_sdk.kernel.listing import Missing
from workplace_sdk.kernel.preview import Weight
from workplace_sdk.search.tickets import telling
from workplace_sdk.services.common import Ref
from workplace_sdk.services.incidents import (
    AssetKind,
    AssetUnknown,
    Place,
    TicketChange,
    TicketClosed,
    TicketDraft,
    TicketKind,
    TicketStatus,
)

THIRD = Place(site="Utrecht", building="Oost", floor="3", room="3B")


@pytest.fixture
def desk(office: Office) -> Office:
    def setup(connection) -> None:
        printers = add_category(connection, "ICT", "Printers")
        add_asset(connection, "PR-3B", "Printer 3B", AssetKind.PRINTER, place=THIRD)
        add_asset(connection, "PR-1A", "Printer 1A", AssetKind.PRINTER, place=Place(site="Utrecht", room="1A"))
        add_article(
            connection, "Printer geeft streepjes", "Maak de trommel schoon.", category_id=printers, url="https://help.example/7"
        )
        add_article(connection, "Wachtwoord vergeten", "Kies op het aanmeldscherm voor herstel.")

    office.write(setup)
    return office


def refs(found) -> list[Ref]:
    return [one.ticket for one in found]


def test_what_is_wrong_with_a_thing_or_at_a_place(desk: Office) -> None:
    ana, kees, mia = (desk.as_(login, LocalIncidents) for login in ("ana", "kees", "mia"))
    by_thing = ana.report(TicketDraft(what="Streepjes op papier", asset="PR-3B"))
    by_place = ana.report(TicketDraft(what="Lamp stuk", place=Place(site="utrecht", building="oost", floor="3", room="3b")))
    ana.report(TicketDraft(what="Lamp stuk", place=Place(site="Utrecht", room="1A")))
    ana.report(TicketDraft(what="Iemand snurkt in 3B", place=THIRD, kind=TicketKind.COMPLAINT))
    assert refs(kees.known_problems(asset="pr-3b")) == [by_thing.ref]
    assert refs(kees.known_problems(place=Place(room="3B"))) == [by_place.ref, by_thing.ref]  # a thing is where it stands
    assert refs(kees.known_problems(place=THIRD)) == [by_place.ref, by_thing.ref]
    assert refs(kees.known_problems(place=Place(site="Utrecht", room="9"))) == []
    assert len(ana.known_problems(place=Place(room="3B"))) == 3  # the complaint is her own
    outage = ana.report(TicketDraft(what="Geen netwerk", place=Place(site="Utrecht")))
    assert outage.ref not in refs(kees.known_problems(place=THIRD))
    mia.handle(outage.ref, TicketChange(major=True))
    assert refs(kees.known_problems(place=THIRD))[0] == outage.ref  # a large one concerns every room of the site
    assert outage.ref not in refs(kees.known_problems(place=Place(site="Zwolle", room="3B")))
    kees.report(TicketDraft(what="Ook bij mij", asset="PR-3B", me_too=by_thing.ref))
    assert refs(kees.known_problems(asset="PR-3B")) == [by_thing.ref]  # it stands for who says the same
    mia.handle(by_thing.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Trommel"))
    assert kees.known_problems(asset="PR-3B") == ()
    with pytest.raises(AssetUnknown):
        kees.known_problems(asset="XX")
    for nothing in (None, Place(text="bij de deur")):
        with pytest.raises(InvalidInput) as refused:
            kees.known_problems(place=nothing)
        assert refused.value.field == "place"


def test_an_article_may_spare_the_report(desk: Office) -> None:
    ana = desk.as_("ana", LocalIncidents)
    draft = TicketDraft(what="De printer geeft streepjes", category="Printers")
    (article,) = ana.advice(draft)
    assert (article.title, article.ref.url, article.category) == (
        "Printer geeft streepjes",
        "https://help.example/7",
        "ICT / Printers",
    )
    assert article.score == 1
    line = ana.report.preview(draft).line("advice")
    assert line is not None
    assert (line.weight, line.nl) == (Weight.INFO, "Misschien helpt dit: Printer geeft streepjes (https://help.example/7).")
    assert [one.title for one in ana.advice(TicketDraft(what="Ik ben mijn wachtwoord vergeten"))] == ["Wachtwoord vergeten"]
    assert ana.advice(TicketDraft(what="De kraan lekt")) == ()


def test_a_long_story_does_not_hide_what_is_the_same(desk: Office) -> None:
    first = desk.as_("ana", LocalIncidents).report(TicketDraft(what="Printer geeft streepjes", details="Elke pagina. " * 3))
    story = (
        "Vanochtend kwam ik binnen, zette koffie, groette iedereen, en wilde daarna snel iets afdrukken voor het overleg. " * 5
    )
    kees = desk.as_("kees", LocalIncidents)
    for draft in (
        TicketDraft(what="Streepjes uit de printer", details=story),
        TicketDraft(
            what="Afdrukken lukt vandaag helemaal nergens meer fatsoenlijk", details=f"{story} De printer geeft streepjes."
        ),
    ):
        assert refs(kees.similar(draft)) == [first.ref]


def test_among_ten_thousand_open_tickets_the_one_that_fits_is_found(desk: Office) -> None:
    def fill(connection) -> None:
        many = [f"Scherm {number} flikkert weer" for number in range(10_000)]
        many[17] = "Koffiemachine lekt op de vloer"
        shared = {"kind": "incident", "description": "", "impact": "me", "urgency": "hindered", "status": "open"}
        shared |= {"requester_id": desk.ids["ana"], "created_at": NOW, "updated_at": NOW}
        rows = [
            {**shared, "title": text, "folded": " ".join(sorted(telling(text))), "priority": f"P{number % 5 + 1}"}
            for number, text in enumerate(many)
        ]
        connection.execute(tickets.insert(), rows)

    desk.write(fill)
    kees, mia = desk.as_("kees", LocalIncidents), desk.as_("mia", LocalIncidents)
    (found,) = kees.similar(TicketDraft(what="De koffiemachine lekt weer"))
    assert found.title == "Koffiemachine lekt op de vloer"
    assert len(kees.similar(TicketDraft(what="Scherm flikkert"))) == 10
    seen = [(str(one.priority), int(one.ref.id)) for one in mia.queue()]
    assert seen == sorted(seen)
    assert len(seen) == 10_000
    place = Place(site="Zwolle")
    desk.write(lambda connection: connection.execute(tickets.update().values(site="Zwolle")))
    some = kees.known_problems(place=place)
    assert (len(some), [gap.why for gap in some.gaps]) == (100, [Missing.CAPPED])


def test_pages_leave_nobody_out_while_others_close(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalIncidents), desk.as_("mia", LocalIncidents)
    made = [ana.report(TicketDraft(what=f"Melding {number}")) for number in range(150)]
    seen: list[Ref] = []
    for ticket in mia.queue():
        if not seen:
            mia.handle(made[0].ref, TicketChange(status=TicketStatus.CANCELLED))  # one of the first page goes
        seen.append(ticket.ref)
    assert seen == [ticket.ref for ticket in made]


def test_nobody_learns_of_a_complaint_by_saying_me_too(desk: Office) -> None:
    ana, kees = desk.as_("ana", LocalIncidents), desk.as_("kees", LocalIncidents)
    complaint = ana.report(TicketDraft(what="Over een collega", kind=TicketKind.COMPLAINT))
    for ref in (complaint.ref, Ref(connection="main", kind="incident", id="999")):
        with pytest.raises(NotFound) as error:
            kees.report(TicketDraft(what="Ik ook", me_too=ref))
        assert (type(error.value), error.value.message) == (NotFound, f"there is no {ref}")
    assert ana.report(TicketDraft(what="Nog iets", me_too=complaint.ref)).parent == complaint.ref


def test_when_the_one_that_others_are_counted_with_is_cancelled_another_stands_for_it(desk: Office) -> None:
    ana, kees, lena = (desk.as_(login, LocalIncidents) for login in ("ana", "kees", "lena"))
    first = ana.report(TicketDraft(what="Verwarming koud"))
    second = kees.report(TicketDraft(what="Verwarming ook koud", me_too=first.ref))
    third = lena.report(TicketDraft(what="Hier ook koud", me_too=second.ref))
    ana.cancel(first.ref, reason="was uit")
    assert (kees.get(second.ref).parent, lena.get(third.ref).parent) == (None, second.ref)
    assert refs(ana.similar(TicketDraft(what="Verwarming koud"))) == [second.ref]
    assert ana.report(TicketDraft(what="Toch koud", me_too=third.ref)).parent == second.ref
    with pytest.raises(TicketClosed):
        lena.report(TicketDraft(what="Koud", me_too=first.ref))
