"""Following tickets in a running Znuny: lists, what happened, what others may know."""

from __future__ import annotations

import logging
from decimal import Decimal

import pytest

from tests.servers.znuny import Znuny as Server
from tests.znuny.conftest import PLAIN, Desk, whatever_its_version
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.listing import Missing
from workplace_sdk.kernel.support import Absent
from workplace_sdk.services.common import PersonRef, Ref, Upload
from workplace_sdk.services.incidents import EventKind, Place, TicketChange, TicketDraft, TicketKind, TicketStatus, Urgency
from workplace_sdk.settings import Settings
from workplace_sdk.workplace import Workplace


def test_more_than_a_page_is_read_as_it_is_used(desk: Desk, znuny: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "workplace_sdk.http")

    def asked() -> int:
        return sum("POST /TicketGet:" in record.getMessage() for record in caplog.records)

    service = desk("m.ozturk", "rest", page_size=10)
    tickets = service.requests(open=False)
    first = [next(tickets) for _ in range(10)]
    assert asked() == 1
    rest = list(tickets)
    assert asked() == 3
    ids = [int(one.ref.id) for one in (*first, *rest)]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == len(set(ids)) == znuny.many
    solved = [one.ref for one in first + rest if one.status == TicketStatus.RESOLVED]
    assert [one.ref for one in service.inbox()] == solved[::-1]
    capped = desk("m.ozturk", "rest", page_size=10, most=15).requests(open=False)
    assert len(list(capped)) == 15
    assert [gap.why for gap in capped.gaps] == [Missing.CAPPED]


def test_what_happened_as_the_requester_may_see_it(desk: Desk, znuny: Server) -> None:
    flavour = "soap"
    anna, fatima = desk("a.devries", flavour), desk("fac.agent", flavour)
    report = TicketDraft(what="Radiator", details="It leaks", attachments=(Upload(name="a.txt", content=b"a"),))
    ticket = anna.report(report)
    html = {"Subject": "s", "Body": "<p>We come <b>today</b>.<br>Fatima</p>", "ContentType": "text/html; charset=utf-8"}
    znuny.ask("TicketUpdate", {"TicketID": ticket.ref.id, "Article": html}, account="fac.agent")
    secret = {"Content": "c2VjcmV0", "ContentType": "text/plain", "Filename": "secret.txt"}
    note = {"Subject": "s", "Body": "difficult", "ContentType": "text/plain; charset=utf-8", "IsVisibleForCustomer": 0}
    znuny.ask("TicketUpdate", {"TicketID": ticket.ref.id, "Article": note, "Attachment": secret}, account="fac.agent")
    said = anna.comment(ticket.ref, "Thanks", uploads=(Upload(name="b.txt", content=b"b"),))
    added = anna.attach(ticket.ref, Upload(name="c.txt", content=b"c"))
    fatima.handle(whatever_its_version(ticket.ref), TicketChange(status=TicketStatus.RESOLVED, resolution="New pipe"))
    events = anna.timeline(ticket.ref)
    assert [event.kind for event in events] == [
        EventKind.REPORTED,
        EventKind.COMMENTED,
        EventKind.COMMENTED,
        EventKind.ATTACHED,
        EventKind.CHANGED,
    ]
    assert events[-1].status == TicketStatus.RESOLVED
    told = events[1]
    assert (told.text, told.by and told.by.display_name) == ("We come today.\nFatima", "Fatima Caretaker")
    mine = events[2]
    assert mine.by is not None
    assert mine.by.same_person(PersonRef(login="a.devries"))
    assert (said.body, [file.name for file in said.attachments]) == ("Thanks", ["b.txt"])
    assert said.author.same_person(PersonRef(login="a.devries"))
    found = anna.get(ticket.ref)
    assert [file.name for file in found.attachments] == ["a.txt", "b.txt", "c.txt"]
    assert (found.resolution, found.description) == ("New pipe", "It leaks")
    assert found.resolved_at is not None
    assert anna.attachment(ticket.ref, added.ref) == b"c"
    internal = next(event for event in fatima.history(ticket.ref) if event.internal)
    assert internal.text == "difficult"
    with pytest.raises(NotFound):
        anna.attachment(ticket.ref, internal.attachments[0].ref)
    other = anna.report(TicketDraft(what="Another"))
    with pytest.raises(NotFound):
        anna.attachment(other.ref, added.ref)


def test_a_note_is_never_taken_for_what_was_reported(desk: Desk, znuny: Server) -> None:
    bare = {"Title": "Nothing said", "Queue": "Facilities", "Type": "Malfunction", "State": "new", "Priority": "3 normal"}
    note = {"Subject": "s", "Body": "not for her", "ContentType": "text/plain; charset=utf-8", "IsVisibleForCustomer": 0}
    made = znuny.ask("TicketCreate", {"Ticket": {**bare, "CustomerUser": "a.devries"}, "Article": note}, account="fac.agent")[1]
    service, ref = desk("a.devries"), Ref(connection="helpdesk", kind="incident", id=made["TicketID"])
    assert service.get(ref).description == ""
    assert "not for her" not in [event.text for event in service.timeline(ref)]
    assert "not for her" in [event.text for event in service.history(ref)]


def test_a_status_that_nobody_mapped_is_seen(desk: Desk, znuny: Server) -> None:
    service = desk("j.smit", statuses={"new": "new", "open": "open", "closed successful": "resolved"})
    ticket = service.report(TicketDraft(what="Parts"))
    znuny.ask("TicketUpdate", {"TicketID": ticket.ref.id, "Ticket": {"State": "waiting for parts"}}, account="fac.agent")
    found = next(one for one in service.requests() if one.ref == ticket.ref)
    assert (found.status.value, found.status.source, found.waiting_on) == (TicketStatus.UNMAPPED, "waiting for parts", None)


def test_what_waits_for_whom(desk: Desk) -> None:
    flavour = "rest"
    jeroen, fatima = desk("j.smit", flavour), desk("fac.agent", flavour)
    asked, solved, going = (jeroen.report(TicketDraft(what=f"Inbox {number}")) for number in range(3))
    question = TicketChange(status=TicketStatus.WAITING_FOR_REQUESTER, note="Which one?")
    assert fatima.handle(whatever_its_version(asked.ref), question).status.source == "pending reminder"
    fatima.handle(whatever_its_version(solved.ref), TicketChange(status=TicketStatus.RESOLVED, resolution="done"))
    fatima.handle(whatever_its_version(going.ref), TicketChange(handler=PersonRef(login="fac.agent")))
    waiting = [one.ref for one in jeroen.inbox()]
    assert [ref for ref in waiting if ref in (asked.ref, solved.ref, going.ref)] == [asked.ref, solved.ref]
    assert going.ref in [one.ref for one in fatima.inbox()]
    assert going.ref not in [one.ref for one in desk("fac.agent", flavour, agents={}).inbox()]
    jeroen.comment(asked.ref, "The left one")
    assert jeroen.get(asked.ref).status == TicketStatus.OPEN
    assert asked.ref not in [one.ref for one in jeroen.inbox()]
    queued = [one.ref for one in fatima.queue(status=frozenset({TicketStatus.RESOLVED, TicketStatus.NEW}))]
    assert {solved.ref, going.ref} <= set(queued)
    assert asked.ref not in queued


def test_the_queue_is_that_of_our_queues_by_priority_and_age(desk: Desk) -> None:
    anna, ivo = desk("a.devries"), desk("ict.agent", queues=["ICT::Second line"], services={}, page_size=2)
    first, second = (anna.report(TicketDraft(what=f"Line {n}", category="ICT / Second line")) for n in range(2))
    third = anna.report(TicketDraft(what="Line 2", category="ICT / Second line", urgency=Urgency.SAFETY))
    elsewhere = anna.report(TicketDraft(what="Line 3", category="ICT"))
    queued = [one.ref for one in ivo.queue()]
    assert [ref for ref in queued if ref in (first.ref, second.ref, third.ref)] == [third.ref, first.ref, second.ref]
    assert elsewhere.ref not in queued
    assert list(ivo.queue(status=frozenset({TicketStatus.ON_HOLD}))) == []


def test_people_are_found_by_their_login_and_by_nothing_else(desk: Desk) -> None:
    service = desk("a.devries")
    for login in ("x' OR 1=1 --", "%", "*", "odd*", "(a.devries)", "a.devries && !x"):
        assert list(service.requests(PersonRef(login=login), open=False)) == [], login


def test_the_same_is_found_and_what_others_ask_is_not_told(desk: Desk) -> None:
    flavour = "soap"
    jeroen, meryem = desk("j.smit", flavour), desk("m.ozturk", flavour)
    said = f"Koffieautomaat lekt naast o'briens (bureau) {flavour}"
    report = jeroen.report(TicketDraft(what=said, place=Place(site="HQ", floor="3", room="3.07"), asset=f"BM-{flavour}"))
    question = jeroen.report(TicketDraft(what=f"Vraag: {said}", kind=TicketKind.QUESTION))
    found = meryem.similar(TicketDraft(what="O'Briens koffieautomaat lekt!", place=Place(site="HQ", floor="3", room="3.07")))
    assert [one.ticket for one in found if one.ticket in (report.ref, question.ref)] == [report.ref]
    match = next(one for one in found if one.ticket == report.ref)
    assert match.score > Decimal("0.5")
    assert {"same room", "same place", "same words"} <= set(match.reasons)
    assert question.ref in [one.ticket for one in jeroen.similar(TicketDraft(what=said))]
    by_thing = meryem.similar(TicketDraft(what="Iets anders", asset=f"BM-{flavour}"))
    assert "same thing" in next(one for one in by_thing if one.ticket == report.ref).reasons


def test_large_disruptions_are_for_everyone(desk: Desk) -> None:
    ivo = desk("ict.agent")
    place = Place(site="HQ", floor="2", room="2.14")
    ticket = desk("a.devries").report(TicketDraft(what="Mail is down", category="ICT / Mail", place=place))
    ivo.handle(whatever_its_version(ticket.ref), TicketChange(major=True))
    meryem = desk("m.ozturk")
    assert ticket.ref in [one.ticket for one in meryem.disruptions(site="hq")]
    assert ticket.ref not in [one.ticket for one in meryem.disruptions(site="Annex")]
    ivo.handle(whatever_its_version(ticket.ref), TicketChange(major=False))
    assert ticket.ref not in [one.ticket for one in meryem.disruptions()]
    without = desk("a.devries", **PLAIN)
    assert isinstance(without.disruptions.support, Absent)


def test_one_that_is_gone_meanwhile_does_not_hide_the_others(desk: Desk) -> None:
    service = desk("a.devries")
    ticket = service.report(TicketDraft(what="Still there"))

    def listed() -> list[str]:
        from workplace_sdk.kernel.drivers import run
        from workplace_sdk.kernel.session import Call

        return [one.id for one in run(service.tickets([ticket.ref.id, "999999"]), Call(session=service.session, name="list"))]

    assert listed() == [ticket.ref.id]


def test_only_the_requester_and_who_may_read_a_ticket(desk: Desk) -> None:
    service = desk("a.devries")
    ticket = service.report(TicketDraft(what="Mine"))
    settings = Settings.checked({"roles": {"desk": {"people": ["login:fac.agent"], "rights": ["incidents.*"]}}})
    with Workplace(settings, connectors={"helpdesk": service.connection}) as work:
        assert work.as_("login:a.devries").incidents.get(ticket.ref) == ticket
        assert work.as_("login:fac.agent").incidents.get(ticket.ref).number == ticket.number
        with pytest.raises(NotFound):  # that it is there is not theirs to know
            work.as_("login:j.smit").incidents.get(ticket.ref)
        with pytest.raises(NotFound):
            work.as_("login:j.smit").incidents.comment(ticket.ref, "not mine")
