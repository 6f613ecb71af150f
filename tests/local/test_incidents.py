"""Incidents in the local store, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.local.conftest import NOW, Office
from workplace_sdk.connectors.local.incidents import LocalIncidents
from workplace_sdk.connectors.local.incidents_setup import add_asset, add_category
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.keys import Key
from workplace_sdk.services.common import PersonRef, Upload
from workplace_sdk.services.incidents import (
    MATRIX,
    AssetKind,
    Impact,
    Place,
    Priority,
    ReopenWindowPassed,
    TicketChange,
    TicketClosed,
    TicketDraft,
    TicketStatus,
    Urgency,
    WaitingOn,
)

PHOTO = Upload(name="printer.jpg", content=b"\xff\xd8" + bytes(5000), media_type="image/jpeg")
BROKEN = TicketDraft(
    what="Printer op de derde verdieping print streepjes",
    details="Elke pagina.",
    category="Printers",
    asset="PR-3B",
    place=Place(site="Utrecht", room="3B"),
    urgency=Urgency.BLOCKED,
    impact=Impact.DEPARTMENT,
    attachments=(PHOTO,),
)


@pytest.fixture
def desk(office: Office) -> Office:
    def setup(connection) -> None:
        add_category(connection, "ICT", "Printers")
        add_category(connection, "Gebouw", "Verlichting")
        add_asset(connection, "PR-3B", "Printer 3B", AssetKind.PRINTER, place=Place(site="Utrecht", room="3B"))
        add_asset(connection, "LT-77", "Laptop van Ana", AssetKind.LAPTOP, owner_id=office.ids["ana"])

    office.write(setup)
    return office


def test_a_report_with_a_photo(desk: Office) -> None:
    incidents = desk.as_("ana", LocalIncidents)
    ticket = incidents.report(BROKEN)
    assert (ticket.status, ticket.priority.value, ticket.waiting_on) == (TicketStatus.NEW, Priority.P1, WaitingOn.HELPDESK)
    assert ticket.category == "ICT / Printers"
    assert incidents.attachment(ticket.ref, ticket.attachments[0].ref) == PHOTO.content
    assert [one.ref for one in incidents.requests()] == [ticket.ref]
    assert incidents.get(ticket.ref) == ticket


def test_priority_grows_with_impact_and_urgency() -> None:
    order = list(Priority)
    for (impact, urgency), priority in MATRIX.items():
        if urgency is Urgency.SAFETY:
            assert priority is Priority.P1
        for other, worse in MATRIX.items():
            if list(Impact).index(other[0]) >= list(Impact).index(impact) and list(Urgency).index(other[1]) >= list(
                Urgency
            ).index(urgency):
                assert order.index(worse) <= order.index(priority)


def test_the_same_is_seen_before_it_is_reported_again(desk: Office) -> None:
    first = desk.as_("ana", LocalIncidents).report(BROKEN)
    kees = desk.as_("kees", LocalIncidents)
    kees.report(TicketDraft(what="Stoel kapot", place=Place(site="Utrecht", room="1A")))
    mine = TicketDraft(what="streepjes op papier uit de printer", place=Place(site="utrecht", room="3b"))
    found = kees.similar(mine)
    assert [one.ticket for one in found] == [first.ref]
    assert "same room" in found[0].reasons
    preview = kees.report.preview(mine)
    assert first.number in preview.warnings[0].nl
    joined = kees.report(mine.model_copy(update={"me_too": first.ref}))
    assert joined.parent == first.ref
    assert kees.get(first.ref).same_reports == 1


def test_handled_answered_solved_confirmed(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalIncidents), desk.as_("mia", LocalIncidents)
    ticket = ana.report(BROKEN)
    mia.handle(
        ticket.ref, TicketChange(status=TicketStatus.IN_PROGRESS, handler=PersonRef(login="mia"), note="geheim", internal=True)
    )
    assert [one.ref for one in mia.inbox()] == [ticket.ref]
    mia.handle(ticket.ref, TicketChange(status=TicketStatus.WAITING_FOR_REQUESTER, note="Welke la?"))
    assert [one.ref for one in ana.inbox()] == [ticket.ref]
    comment = ana.comment(ticket.ref, "De bovenste", uploads=(PHOTO,))
    assert ana.attachment(ticket.ref, comment.attachments[0].ref) == PHOTO.content
    assert ana.get(ticket.ref).status == TicketStatus.OPEN
    with pytest.raises(InvalidInput):
        mia.handle(ticket.ref, TicketChange(status=TicketStatus.RESOLVED))
    mia.handle(ticket.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Trommel vervangen"))
    told = [event.text for event in ana.timeline(ticket.ref)]
    assert "Welke la?" in told
    assert "geheim" not in str(told)
    assert ana.confirm_resolved(ticket.ref).status == TicketStatus.CLOSED
    with pytest.raises(TicketClosed):
        ana.comment(ticket.ref, "Bedankt")
    assert list(ana.requests()) == []
    assert [one.ref for one in ana.requests(open=False)] == [ticket.ref]


def test_opened_again_within_a_month(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalIncidents), desk.as_("mia", LocalIncidents)
    ticket = ana.report(BROKEN)
    mia.handle(ticket.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Klaar"))
    assert ana.reopen(ticket.ref, "toch niet").status == TicketStatus.OPEN
    with pytest.raises(Conflict):
        ana.confirm_resolved(ticket.ref)
    mia.handle(ticket.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Nu wel"))
    desk.now = NOW + timedelta(days=31)
    with pytest.raises(ReopenWindowPassed):
        desk.as_("ana", LocalIncidents).reopen(ticket.ref, "weer stuk")


def test_escalation_cancellation_and_disruptions(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalIncidents), desk.as_("mia", LocalIncidents)
    ticket = ana.report(BROKEN.model_copy(update={"impact": Impact.ME, "urgency": Urgency.CAN_WAIT}))
    assert ticket.priority == Priority.P5
    assert ana.escalate(ticket.ref, "Kan niet wachten").priority == Priority.P4
    mia.handle(ticket.ref, TicketChange(major=True))
    assert [one.ticket for one in ana.disruptions(site="Utrecht")] == [ticket.ref]
    assert ana.disruptions(site="Zwolle") == ()
    ana.cancel(ticket.ref, reason="al opgelost")
    with pytest.raises(TicketClosed):
        ana.cancel(ticket.ref)


def test_bad_input_names_the_field(desk: Office) -> None:
    ana = desk.as_("ana", LocalIncidents)
    for field, draft in (
        ("category", BROKEN.model_copy(update={"category": "Koffie"})),
        ("asset", BROKEN.model_copy(update={"asset": "XX"})),
        ("attachment_bytes", BROKEN.model_copy(update={"attachments": (Upload(name="x", content=bytes(10_000_001)),)})),
    ):
        with pytest.raises((NotFound, InvalidInput)) as error:
            ana.report(draft)
        assert error.value.field == field
    assert list(ana.requests()) == []
    assert [asset.tag for asset in ana.assets()] == ["LT-77"]
    assert [asset.tag for asset in ana.assets(place=Place(room="3b"))] == ["PR-3B"]


def test_the_same_key_reports_once(desk: Office) -> None:
    ana = desk.as_("ana", LocalIncidents)
    key = Key("k-1")
    ticket = ana.report(BROKEN, key=key)
    assert ana.report(BROKEN, key=key).ref == ticket.ref
    assert ana.report.reconcile(key) == ticket
    assert ana.report.reconcile(Key("other")) is None
    assert len(list(ana.requests())) == 1
