"""Incidents in the local store, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from tests.local.conftest import NOW, Office
from workplace_sdk.connectors.local import Local, LocalSettings
from workplace_sdk.connectors.local.incidents import LocalIncidents
from workplace_sdk.connectors.local.incidents_setup import add_asset, add_category, set_priority
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, Rejected
from workplace_sdk.kernel.keys import Key
from workplace_sdk.services.common import PersonRef, Ref, Upload
from workplace_sdk.services.files import AttachmentTypeRefused
from workplace_sdk.services.incidents import (
    MATRIX,
    AssetKind,
    AssetUnknown,
    CategoryRequired,
    Geo,
    Impact,
    Place,
    Priority,
    ReopenWindowPassed,
    TicketChange,
    TicketClosed,
    TicketDraft,
    TicketKind,
    TicketStatus,
    Urgency,
    WaitingOn,
    may_follow,
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
    taken = mia.handle(
        ticket.ref, TicketChange(status=TicketStatus.IN_PROGRESS, handler=PersonRef(login="mia"), note="geheim", internal=True)
    )
    assert [one.ref for one in mia.inbox()] == [ticket.ref]
    asked = mia.handle(taken.ref, TicketChange(status=TicketStatus.WAITING_FOR_REQUESTER, note="Welke la?"))
    assert [one.ref for one in ana.inbox()] == [ticket.ref]
    comment = ana.comment(ticket.ref, "De bovenste", uploads=(PHOTO,))
    assert ana.attachment(ticket.ref, comment.attachments[0].ref) == PHOTO.content
    going = ana.get(ticket.ref)
    assert going.status == TicketStatus.OPEN
    with pytest.raises(Conflict, match="look at it again"):  # she answered meanwhile
        mia.handle(asked.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Trommel vervangen"))
    with pytest.raises(InvalidInput) as refused:
        mia.handle(going.ref, TicketChange(status=TicketStatus.RESOLVED))
    assert refused.value.field == "resolution"
    solved = mia.handle(going.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Trommel vervangen"))
    assert (solved.resolved_at, solved.closed_at) == (NOW, None)
    told = ana.timeline(ticket.ref)
    assert "Welke la?" in [event.text for event in told]
    assert "geheim" not in str(told)
    assert [event.text for event in mia.history(ticket.ref) if event.internal] == ["geheim"]
    assert [event.status.value for event in told if event.status] == [
        "new",
        "in_progress",
        "waiting_for_requester",
        "open",
        "resolved",
    ]
    closed = ana.confirm_resolved(ticket.ref)
    assert (closed.status, closed.closed_at, closed.waiting_on) == (TicketStatus.CLOSED, NOW, WaitingOn.NOBODY)
    for more in (
        lambda: ana.comment(ticket.ref, "Bedankt"),
        lambda: ana.attach(ticket.ref, PHOTO),
        lambda: ana.reopen(ticket.ref, "toch niet"),
        lambda: ana.escalate(ticket.ref, "nu"),
        lambda: mia.handle(closed.ref, TicketChange(priority=Priority.P1)),
    ):
        with pytest.raises(TicketClosed):
            more()
    assert list(ana.requests()) == []
    assert [one.ref for one in ana.requests(open=False)] == [ticket.ref]
    assert [one.ref for one in mia.queue(status=frozenset({TicketStatus.CLOSED}))] == [ticket.ref]


def test_opened_again_within_a_month(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalIncidents), desk.as_("mia", LocalIncidents)
    ticket = ana.report(BROKEN)
    solved = mia.handle(ticket.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Klaar"))
    again = ana.reopen(solved.ref, "toch niet")
    assert (again.status, again.resolved_at) == (TicketStatus.OPEN, None)
    with pytest.raises(Conflict):
        ana.confirm_resolved(ticket.ref)
    with pytest.raises(Conflict):
        ana.reopen(ticket.ref, "nog eens")
    mia.handle(again.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Nu wel"))
    assert [one.ref for one in ana.inbox()] == [ticket.ref]
    desk.now = NOW + timedelta(days=31)
    late = desk.as_("ana", LocalIncidents)
    with pytest.raises(ReopenWindowPassed):
        late.reopen(ticket.ref, "weer stuk")
    with pytest.raises(TicketClosed):
        late.confirm_resolved(ticket.ref)
    found = late.get(ticket.ref)  # nobody confirmed it, and nothing ran to close it
    assert (found.status, found.closed_at) == (TicketStatus.CLOSED, NOW + timedelta(days=30))
    assert list(late.inbox()) == []
    assert list(late.requests()) == []
    assert [one.ref for one in late.queue(status=frozenset({TicketStatus.CLOSED}))] == [ticket.ref]
    assert list(late.queue(status=frozenset({TicketStatus.RESOLVED}))) == []


def test_escalation_cancellation_and_disruptions(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalIncidents), desk.as_("mia", LocalIncidents)
    ticket = ana.report(BROKEN.model_copy(update={"impact": Impact.ME, "urgency": Urgency.CAN_WAIT}))
    assert ticket.priority == Priority.P5
    escalated = ana.escalate(ticket.ref, "Kan niet wachten")
    assert escalated.priority == Priority.P4
    mia.handle(escalated.ref, TicketChange(major=True))
    assert [one.ticket for one in ana.disruptions(site="Utrecht")] == [ticket.ref]
    assert ana.disruptions(site="Zwolle") == ()
    gone = ana.cancel(ticket.ref, reason="al opgelost")
    assert (gone.status, gone.closed_at) == (TicketStatus.CANCELLED, NOW)
    with pytest.raises(TicketClosed):
        ana.cancel(ticket.ref)
    assert ana.timeline(ticket.ref)[-1].text == "al opgelost"


def test_the_status_keeps_to_its_order(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalIncidents), desk.as_("mia", LocalIncidents)
    for before in (TicketStatus.IN_PROGRESS, TicketStatus.ON_HOLD, TicketStatus.RESOLVED):
        for after in set(TicketStatus) - {TicketStatus.UNMAPPED}:
            ticket = ana.report(TicketDraft(what=f"Van {before} naar {after}"))
            row = mia.handle(ticket.ref, TicketChange(status=before, resolution="Klaar"))
            change = TicketChange(status=after, note="x")
            blocked = bool(mia.handle.preview(row.ref, change).blockers)
            if after is before:
                assert mia.handle(row.ref, change).status == before
            elif may_follow(before, after):
                done = mia.handle(row.ref, change)
                assert done.status == after
                assert (done.resolved_at is None) == (after not in (TicketStatus.RESOLVED, TicketStatus.CLOSED))
                assert (done.closed_at is None) == (after not in (TicketStatus.CLOSED, TicketStatus.CANCELLED))
            else:
                assert blocked
                with pytest.raises(Conflict):
                    mia.handle(row.ref, change)
                assert [event.text for event in ana.timeline(ticket.ref) if event.text == "x"] == []
    assert not any(may_follow(TicketStatus.CLOSED, status) for status in TicketStatus)
    assert not any(may_follow(status, TicketStatus.NEW) for status in TicketStatus)


def test_what_solves_one_solves_those_that_say_the_same(desk: Office) -> None:
    ana, kees, lena, mia = (desk.as_(login, LocalIncidents) for login in ("ana", "kees", "lena", "mia"))
    first = ana.report(BROKEN)
    second = kees.report(TicketDraft(what="Ook bij mij", me_too=first.ref))
    third = lena.report(TicketDraft(what="En hier", me_too=second.ref))  # of one that is itself counted with another
    assert (second.parent, third.parent) == (first.ref, first.ref)
    assert ana.get(first.ref).same_reports == 2
    assert third.ref not in [one.ticket for one in ana.similar(TicketDraft(what="En hier"))]  # the first stands for it
    lena.cancel(third.ref)
    preview = mia.handle.preview(first.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Trommel"))
    assert preview.line("same_reports")
    mia.handle(first.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Trommel"))
    solved = kees.get(second.ref)
    assert (solved.status, solved.resolution) == (TicketStatus.RESOLVED, "Trommel")
    assert [one.ref for one in kees.inbox()] == [second.ref]
    assert lena.get(third.ref).status == TicketStatus.CANCELLED
    assert kees.timeline(second.ref)[-1].text == "Trommel"
    again = kees.reopen(second.ref, "Bij mij niet")
    assert (again.parent, again.resolution) == (None, None)  # it stands for itself
    assert ana.get(first.ref).status == TicketStatus.RESOLVED
    other = ana.report(TicketDraft(what="Iets anders"))
    counted = kees.report(TicketDraft(what="Idem", me_too=second.ref))
    for wrong in (other.ref, counted.ref):
        with pytest.raises(InvalidInput) as refused:
            mia.handle(mia.get(other.ref).ref, TicketChange(parent=wrong))
        assert refused.value.field == "parent"
    with pytest.raises(NotFound):
        mia.handle(other.ref, TicketChange(parent=Ref(connection="main", kind="incident", id="999")))
    with pytest.raises(TicketClosed):
        lena.report(TicketDraft(what="Nog een", me_too=first.ref))


def test_everything_that_is_told_about_a_ticket_is_kept(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalIncidents), desk.as_("mia", LocalIncidents)
    place = Place(
        building="Oost",
        text="lantaarn bij het fietspad",
        geo=Geo(latitude=Decimal("52.5168"), longitude=Decimal("6.0830")),
    )
    since = NOW - timedelta(hours=3)
    draft = TicketDraft(what="Lamp stuk", place=place, since=since, contact="bellen na 10 uur", kind=TicketKind.REQUEST)
    ticket = ana.report(draft)
    assert (ticket.place, ticket.since, ticket.contact, ticket.kind) == (place, since, "bellen na 10 uur", TicketKind.REQUEST)
    due = NOW + timedelta(days=2)
    later = mia.handle(ticket.ref, TicketChange(due=due, next_update_by=NOW + timedelta(hours=1)))
    assert (later.due, later.next_update_by) == (due, NOW + timedelta(hours=1))
    added = ana.attach(ticket.ref, PHOTO)
    assert [one.ref for one in ana.get(ticket.ref).attachments] == [added.ref]
    assert ana.attachment(ticket.ref, added.ref) == PHOTO.content
    assert "attached" in [event.kind for event in ana.timeline(ticket.ref)]
    with pytest.raises(NotFound):
        ana.attachment(ticket.ref, Ref(connection="main", kind="file", id="999"))
    with pytest.raises(InvalidInput):
        mia.handle(later.ref, TicketChange())


def test_complaints_and_questions_are_their_writers_own(desk: Office) -> None:
    ana, kees = desk.as_("ana", LocalIncidents), desk.as_("kees", LocalIncidents)
    said = "Mijn leidinggevende luistert niet"
    for kind in (TicketKind.COMPLAINT, TicketKind.QUESTION, TicketKind.REQUEST):
        ana.report(TicketDraft(what=said, kind=kind))
    assert kees.similar(TicketDraft(what=said)) == ()
    assert len(ana.similar(TicketDraft(what=said))) == 3


def test_priorities_are_the_organisations_own(desk: Office) -> None:
    draft = TicketDraft(what="Deur klemt", impact=Impact.SITE, urgency=Urgency.CAN_WAIT)
    ana = desk.as_("ana", LocalIncidents)
    assert ana.report(draft).priority == MATRIX[draft.impact, draft.urgency]
    for priority in (Priority.P5, Priority.P4):
        desk.write(lambda connection, priority=priority: set_priority(connection, draft.impact, draft.urgency, priority))
        preview = ana.report.preview(draft)
        assert preview.lines[0].facts["priority"] == priority
        assert ana.report(draft).priority == priority


def test_a_category_that_could_be_several_is_asked_for(desk: Office) -> None:
    desk.write(lambda connection: [add_category(connection, "ICT", "Overig"), add_category(connection, "Gebouw", "Overig")])
    ana = desk.as_("ana", LocalIncidents)
    for wanted, options in (
        ("Overig", ("Gebouw / Overig", "ICT / Overig")),
        ("gebouw", ("Gebouw / Overig", "Gebouw / Verlichting")),
    ):
        draft = TicketDraft(what="Iets", category=wanted)
        with pytest.raises(CategoryRequired) as error:
            ana.report(draft)
        assert error.value.options == options
        assert ana.report.preview(draft).blockers[0].code == "category-required"
    assert ana.report(TicketDraft(what="Iets", category="ict / overig")).category == "ICT / Overig"
    assert ana.report(TicketDraft(what="Iets", category="printers")).category == "ICT / Printers"


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
        assert isinstance(error.value, AssetUnknown) == (field == "asset")
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


def test_files_and_texts_within_bounds(office: Office) -> None:
    office.local.database.close()
    office.local = Local("main", LocalSettings(url=office.url, attachment_types=("image/*", "application/pdf")))
    ana = office.as_("ana", LocalIncidents)
    ticket = ana.report(TicketDraft(what="Printer", attachments=(PHOTO,)))
    program = Upload(name="virus.exe", content=b"MZ", media_type="application/x-msdownload")
    for more in (
        lambda: ana.attach(ticket.ref, program),
        lambda: ana.comment(ticket.ref, "zie bijlage", uploads=(PHOTO, program)),
        lambda: ana.report(TicketDraft(what="Nog een", attachments=(program,))),
    ):
        with pytest.raises(AttachmentTypeRefused) as refused:
            more()
        assert refused.value.field == "attachments"
        assert refused.value.sentence("nl") == (
            "virus.exe kan niet worden meegestuurd: alleen image/*, application/pdf kan dat."
        )
    ana.attach(ticket.ref, Upload(name="a.pdf", content=b"%PDF", media_type="Application/PDF; version=1"))
    long = "x" * 20_001
    for said in (
        lambda: ana.comment(ticket.ref, long),
        lambda: ana.escalate(ticket.ref, long),
        lambda: ana.cancel(ticket.ref, reason=long),
    ):
        with pytest.raises(InvalidInput) as too_long:
            said()
        assert too_long.value.field == "text_length"
    assert len(list(ana.requests())) == 1
    assert [event.kind for event in ana.timeline(ticket.ref)] == ["reported", "attached"]


def test_what_was_solved_is_not_solved_again_by_saying_more(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalIncidents), desk.as_("mia", LocalIncidents)
    ticket = ana.report(BROKEN)
    solved = mia.handle(ticket.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Klaar"))
    desk.now = NOW + timedelta(days=20)
    later = desk.as_("mia", LocalIncidents).handle(
        solved.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="Trommel vervangen")
    )
    assert (later.resolved_at, later.resolution) == (NOW, "Trommel vervangen")  # the month to open it again is not longer


def test_only_who_works_here_gets_a_ticket(desk: Office) -> None:
    ticket = desk.as_("ana", LocalIncidents).report(BROKEN)
    desk.write(lambda connection: connection.execute(people.update().where(people.c.login == "tom").values(active=False)))
    with pytest.raises(InvalidInput) as refused:
        desk.as_("mia", LocalIncidents).handle(ticket.ref, TicketChange(handler=PersonRef(login="tom")))
    assert refused.value.field == "handler"
    for wrong in ({"status": TicketStatus.UNMAPPED}, {"priority": Priority.UNMAPPED}):
        with pytest.raises(ValidationError, match="unmapped"):
            TicketChange(**wrong)


def test_of_many_who_take_a_ticket_one_gets_it(desk: Office) -> None:
    ticket = desk.as_("ana", LocalIncidents).report(BROKEN)

    def take(login: str) -> str:
        try:
            desk.as_(login, LocalIncidents).handle(ticket.ref, TicketChange(handler=PersonRef(login=login)))
        except Rejected as error:
            return error.code
        return "got it"

    with ThreadPoolExecutor(8) as pool:
        told = sorted(pool.map(take, ["mia", "tom", "bo", "kees"] * 2))
    assert told == ["conflict"] * 7 + ["got it"]
