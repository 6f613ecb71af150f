"""Following tickets in a running Redmine: lists, what happened, what others may know."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from tests.redmine.conftest import whatever_its_version
from tests.servers.redmine import Redmine as Server
from workplace_sdk.connectors.redmine.incidents import RedmineIncidents
from workplace_sdk.kernel.errors import (
    NotFound,
)
from workplace_sdk.kernel.support import Absent
from workplace_sdk.services.common import PersonRef, Ref, Upload
from workplace_sdk.services.incidents import (
    EventKind,
    Place,
    TicketChange,
    TicketDraft,
    TicketKind,
    TicketStatus,
)
from workplace_sdk.settings import Settings
from workplace_sdk.workplace import Workplace

Desk = Callable[..., RedmineIncidents]
MANY = 130
SOLVED = TicketChange(status=TicketStatus.RESOLVED, resolution="New lamp")


def test_more_than_a_page_is_fetched_as_it_is_used(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "workplace_sdk.http")

    def asked() -> int:
        return sum("GET /issues.json:" in record.getMessage() for record in caplog.records)

    tickets = desk("m.ozturk").requests(open=False)
    first = [next(tickets) for _ in range(100)]
    assert asked() == 1
    numbers = [int(one.number) for one in (*first, *tickets)]
    assert asked() == 2
    assert numbers == sorted(numbers, reverse=True)
    seeded = [number for number in numbers if number <= MANY]
    assert len(seeded) == MANY
    assert all(one.description for one in first)


def test_what_happened_as_the_requester_may_see_it(desk: Desk, redmine: Server) -> None:
    jeroen, fatima = desk("j.smit"), desk("fac.agent")  # he has set Redmine to show the newest first
    ticket = jeroen.report(TicketDraft(what="Radiator", attachments=(Upload(name="a.txt", content=b"a"),)))
    fatima.handle(whatever_its_version(ticket.ref), TicketChange(note="only for us", internal=True))
    said = jeroen.comment(ticket.ref, "Any news?\n\n  please", uploads=(Upload(name="b.txt", content=b"b"),))
    added = jeroen.attach(ticket.ref, Upload(name="c.txt", content=b"c"))
    fatima.handle(whatever_its_version(ticket.ref), SOLVED)
    events = jeroen.timeline(ticket.ref)
    assert [event.kind for event in events] == [
        EventKind.REPORTED,
        EventKind.COMMENTED,
        EventKind.ATTACHED,
        EventKind.CHANGED,
    ]
    assert [[file.name for file in event.attachments] for event in events] == [["a.txt"], ["b.txt"], ["c.txt"], []]
    assert (events[1].text, events[3].status) == ("Any news?\n\n  please", TicketStatus.RESOLVED)
    assert events[3].by is not None
    assert events[3].by.display_name == "Fatima Caretaker"
    assert (said.body, [file.name for file in said.attachments]) == ("Any news?\n\n  please", ["b.txt"])
    assert said.author.same_person(PersonRef(login="j.smit"))
    assert jeroen.attachment(ticket.ref, added.ref) == b"c"
    internal = [event.text for event in fatima.history(ticket.ref) if event.internal]
    assert internal == ["only for us"]
    assert "only for us" not in [event.text for event in fatima.timeline(ticket.ref)]
    other = jeroen.report(TicketDraft(what="Another"))
    with pytest.raises(NotFound):
        jeroen.attachment(other.ref, added.ref)
    assert jeroen.get(ticket.ref).resolution == "New lamp"


def test_what_waits_for_whom(desk: Desk) -> None:
    jeroen, fatima = desk("j.smit", page_size=2), desk("fac.agent")
    tickets = [jeroen.report(TicketDraft(what=f"Inbox {number}")) for number in range(4)]
    for ticket in tickets[:3]:
        fatima.handle(
            whatever_its_version(ticket.ref), TicketChange(status=TicketStatus.WAITING_FOR_REQUESTER, note="Which one?")
        )
    fatima.handle(whatever_its_version(tickets[3].ref), SOLVED)
    mine = [one.ref for one in jeroen.inbox()]
    assert [ref for ref in mine if ref in {one.ref for one in tickets}] == [one.ref for one in tickets]
    fatima.handle(jeroen.report(TicketDraft(what="Handled")).ref, TicketChange(handler=PersonRef(login="fac.agent")))
    inbox = list(fatima.inbox())
    assert "Handled" in [one.title for one in inbox]
    assert [int(one.number) for one in inbox] == sorted(int(one.number) for one in inbox)
    jeroen.comment(tickets[0].ref, "The left one")
    assert jeroen.get(tickets[0].ref).status == TicketStatus.IN_PROGRESS
    queued = [one.ref for one in fatima.queue(status=frozenset({TicketStatus.RESOLVED}))]
    assert tickets[3].ref in queued
    assert tickets[1].ref not in queued
    assert list(fatima.queue(status=frozenset({TicketStatus.ON_HOLD}))) == []


def test_what_others_may_see_is_what_redmine_shows_them(desk: Desk) -> None:
    anna = desk("a.devries")
    ticket = anna.report(TicketDraft(what="Mine"))
    with pytest.raises(NotFound):
        desk("j.smit").get(ticket.ref)
    with pytest.raises(NotFound):
        anna.get(Ref(connection="helpdesk", kind="incident", id="../users/1"))
    settings = Settings.checked({"roles": {"desk": {"people": ["login:fac.agent"], "rights": ["incidents.*"]}}})
    with Workplace(settings, connectors={"helpdesk": anna.connection}) as work:
        assert work.as_("login:a.devries").incidents.get(ticket.ref) == ticket
        assert work.as_("login:fac.agent").incidents.get(ticket.ref).number == ticket.number
    service = desk("a.devries", account="svc-plain", acts_as="service")
    ticket = service.report(TicketDraft(what="Mine too"))
    with Workplace(settings, connectors={"helpdesk": service.connection}) as work:
        with pytest.raises(NotFound):  # that it is there is not theirs to know
            work.as_("login:j.smit").incidents.get(ticket.ref)
        assert work.as_("login:a.devries").incidents.get(ticket.ref) == ticket


def test_the_same_is_found_and_what_others_ask_is_not_told(desk: Desk) -> None:
    jeroen = desk("j.smit", account="svc-plain", acts_as="service")
    meryem = desk("m.ozturk", account="svc-plain", acts_as="service")
    said = "Koffieautomaat lekt naast o'briens bureau"
    report = jeroen.report(TicketDraft(what=said, place=Place(text="HQ / 3 / 3.07"), asset="BM-00007"))
    request = jeroen.report(TicketDraft(what=f"Vraag: {said}", kind=TicketKind.REQUEST))
    found = meryem.similar(TicketDraft(what="O'Briens koffieautomaat lekt!", place=Place(site="HQ", floor="3", room="3.07")))
    assert [one.ticket for one in found if one.ticket in (report.ref, request.ref)] == [report.ref]
    match = next(one for one in found if one.ticket == report.ref)
    assert {"same room", "same place", "same words"} <= set(match.reasons)
    assert request.ref in [one.ticket for one in jeroen.similar(TicketDraft(what=said))]
    by_thing = meryem.similar(TicketDraft(what="Iets anders", asset="BM-00007"))
    assert "same thing" in next(one for one in by_thing if one.ticket == report.ref).reasons
    alone = desk("m.ozturk").similar(TicketDraft(what=said))  # as she herself, Redmine shows her nothing of others
    assert report.ref not in [one.ticket for one in alone]
    assert meryem.similar(TicketDraft(what="...")) == ()


def test_large_disruptions_are_known_where_there_is_a_field_for_them(desk: Desk) -> None:
    ticket = desk("a.devries").report(TicketDraft(what="Mail is down", category="Mail", place=Place(room="2.14")))
    ivo = desk("ict.agent")
    ivo.handle(whatever_its_version(ticket.ref), TicketChange(major=True))
    service = desk("m.ozturk", account="svc-plain", acts_as="service")
    assert ticket.ref in [one.ticket for one in service.disruptions()]
    assert ticket.ref in [one.ticket for one in service.disruptions(site="hq")]
    assert ticket.ref not in [one.ticket for one in service.disruptions(site="Annex")]
    ivo.handle(whatever_its_version(ticket.ref), TicketChange(major=False))
    assert ticket.ref not in [one.ticket for one in service.disruptions()]
    plain = desk("a.devries", fields={"key": "Workplace key"}, impacts={})
    assert isinstance(plain.disruptions.support, Absent)
    assert isinstance(plain.assets.support, Absent)


def test_a_value_that_looks_like_an_operator_is_a_value(desk: Desk) -> None:
    service = desk("a.devries", account="svc-plain", acts_as="service")
    for login in ("!a.devries", "~a", "a.devries|j.smit", "*", "><t-1", "=a.devries"):
        person = PersonRef(login=login)
        assert list(service.requests(person, open=False)) == []
        made = service.report(TicketDraft(what="Odd login", person=person))
        assert [one.ref for one in service.requests(person)] == [made.ref]
