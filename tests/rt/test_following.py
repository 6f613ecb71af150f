"""Following tickets in a running Request Tracker: lists, what happened, what others may know."""

from __future__ import annotations

import logging
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.rt.conftest import whatever_its_version
from tests.servers.rt import Rt as Server
from tests.servers.rt_seed import MANY
from workplace_sdk.connectors.rt.incidents import RtIncidents
from workplace_sdk.connectors.rt.queries import all_of, any_of, custom, equals
from workplace_sdk.kernel.errors import NotFound, NotSupported
from workplace_sdk.kernel.support import Absent
from workplace_sdk.services.common import PersonRef, Ref, Upload
from workplace_sdk.services.incidents import (
    AssetKind,
    EventKind,
    Place,
    TicketChange,
    TicketDraft,
    TicketKind,
    TicketStatus,
)
from workplace_sdk.settings import Settings
from workplace_sdk.workplace import Workplace

Desk = Callable[..., RtIncidents]


def test_more_than_a_page_is_fetched_as_it_is_used(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "workplace_sdk.http")

    def asked() -> int:
        return sum("GET /tickets:" in record.getMessage() for record in caplog.records)

    service = desk("m.ozturk")
    tickets = service.requests(open=False)
    first = [next(tickets) for _ in range(100)]
    assert asked() == 1
    rest = list(tickets)
    assert asked() == 2
    numbers = [int(one.number) for one in (*first, *rest)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == len(set(numbers)) == MANY
    small = desk("m.ozturk", page_size=40)
    assert [one.ref for one in small.inbox()][:5] == [one.ref for one in reversed(rest[-5:])]  # solved: to be confirmed


def test_rows_that_our_account_may_not_see_do_not_end_a_list(desk: Desk, rt: Server) -> None:
    ticket = desk("a.devries").report(TicketDraft(what="Long history"))
    path = f"ticket/{ticket.number}"
    for number in range(4):
        rt.ask("POST", f"{path}/comment", {"Content": f"internal {number}", "ContentType": "text/plain"})
    rt.ask("POST", f"{path}/correspond", {"Content": "the last", "ContentType": "text/plain"})
    narrow = desk("a.devries", account="svc-narrow", page_size=2)
    texts = [event.text for event in narrow.timeline(ticket.ref)]
    assert "the last" in texts
    assert "internal 0" not in [event.text for event in narrow.history(ticket.ref)]
    shown = desk("fac.agent", page_size=2).history(ticket.ref)
    assert [event.text for event in shown if event.internal] == [f"internal {number}" for number in range(4)]


def test_what_happened_as_the_requester_may_see_it(desk: Desk, rt: Server) -> None:
    anna, fatima = desk("a.devries"), desk("fac.agent")
    ticket = anna.report(TicketDraft(what="Radiator", details="It leaks", attachments=(Upload(name="a.txt", content=b"a"),)))
    path = f"ticket/{ticket.number}"
    html = "<p>We come <b>today</b>.<br>Fatima</p><ul><li>bring a bucket</li></ul>"
    rt.ask("POST", f"{path}/correspond", {"Content": html, "ContentType": "text/html"}, account="fac.agent")
    secret = {"FileName": "secret.txt", "FileType": "text/plain", "FileContent": "c2VjcmV0"}
    rt.ask("POST", f"{path}/comment", {"Content": "difficult", "ContentType": "text/plain", "Attachments": [secret]})
    said = anna.comment(ticket.ref, "Thanks", uploads=(Upload(name="b.txt", content=b"b"),))
    added = anna.attach(ticket.ref, Upload(name="c.txt", content=b"c"))
    fatima.handle(whatever_its_version(ticket.ref), TicketChange(status=TicketStatus.RESOLVED, resolution="New pipe"))
    events = anna.timeline(ticket.ref)
    assert [event.kind for event in events if event.kind is not EventKind.CHANGED] == [
        EventKind.REPORTED,
        EventKind.COMMENTED,
        EventKind.COMMENTED,
        EventKind.ATTACHED,
    ]
    assert [event.status for event in events if event.status] == [TicketStatus.OPEN, TicketStatus.RESOLVED]
    by_text = {event.text: event for event in events if event.kind is EventKind.COMMENTED}
    told = by_text["We come today.\nFatima\n\n- bring a bucket"]
    assert told.by is not None
    assert told.by.display_name == "Fatima Caretaker"
    mine = by_text["Thanks"]
    assert mine.by is not None
    assert mine.by.same_person(PersonRef(login="a.devries"))
    assert (said.body, [file.name for file in said.attachments]) == ("Thanks", ["b.txt"])
    assert said.author.same_person(PersonRef(login="a.devries"))
    found = anna.get(ticket.ref)
    assert [file.name for file in found.attachments] == ["a.txt", "b.txt", "c.txt"]
    assert (found.resolution, found.description) == ("New pipe", "It leaks")
    assert anna.attachment(ticket.ref, added.ref) == b"c"
    internal = next(event for event in fatima.history(ticket.ref) if event.internal)
    assert internal.text == "difficult"
    with pytest.raises(NotFound):
        anna.attachment(ticket.ref, internal.attachments[0].ref)
    other = anna.report(TicketDraft(what="Another"))
    with pytest.raises(NotFound):
        anna.attachment(other.ref, added.ref)


def test_a_note_is_never_taken_for_what_was_reported(desk: Desk, rt: Server) -> None:
    status, _, made = rt.ask("POST", "ticket", {"Queue": "Facilities", "Subject": "Nothing said", "Requestor": "a.devries"})
    assert status == 201
    rt.ask("POST", f"ticket/{made['id']}/comment", {"Content": "not for her", "ContentType": "text/plain"})
    service = desk("a.devries")
    ticket = service.get(Ref(connection="helpdesk", kind="incident", id=made["id"]))
    assert ticket.description == ""


def test_a_comment_and_a_file_are_found_by_their_key(desk: Desk) -> None:
    from workplace_sdk.kernel.keys import new_key

    service = desk("a.devries")
    ticket = service.report(TicketDraft(what="Keys"))
    one, other = new_key(), new_key()
    said = service.comment(ticket.ref, "0", key=one)
    assert said.body.strip() == "0"
    file = service.attach(ticket.ref, Upload(name="x.bin", content=b"\x00"), key=other)
    assert service.comment.reconcile(one) == said
    assert service.attach.reconcile(other) == file
    assert service.comment.reconcile(new_key()) is None
    assert service.attach.reconcile(one) is None


def test_of_several_requestors_each_has_a_ticket(desk: Desk, rt: Server) -> None:
    both = ["a.devries@lab.example", "j.smit@lab.example"]
    _, _, made = rt.ask("POST", "ticket", {"Queue": "Facilities", "Subject": "Of two", "Requestor": both})
    ref = Ref(connection="helpdesk", kind="incident", id=made["id"])
    for login in ("a.devries", "j.smit"):
        assert desk(login).get(ref).requester.same_person(PersonRef(login=login))
        assert ref in [one.ref for one in desk(login).requests()]


def test_a_ticket_that_was_merged_leads_to_the_other(desk: Desk, rt: Server) -> None:
    service = desk("a.devries")
    gone, kept = service.report(TicketDraft(what="Twice, once")), service.report(TicketDraft(what="Twice"))
    assert rt.ask("PUT", f"ticket/{gone.number}", {"MergeInto": kept.number})[0] == 200
    assert service.get(gone.ref).ref == kept.ref


def test_a_status_that_nobody_mapped_is_seen(desk: Desk, rt: Server) -> None:
    service = desk("j.smit", statuses={"new": "new", "open": "open", "resolved": "resolved"})
    ticket = service.report(TicketDraft(what="Parts"))
    rt.ask("PUT", f"ticket/{ticket.number}", {"Status": "open"})
    rt.ask("PUT", f"ticket/{ticket.number}", {"Status": "waiting for parts"})
    found = next(one for one in service.requests() if one.ref == ticket.ref)
    assert (found.status.value, found.status.source, found.waiting_on) == (TicketStatus.UNMAPPED, "waiting for parts", None)


def test_what_waits_for_whom(desk: Desk) -> None:
    jeroen, fatima = desk("j.smit"), desk("fac.agent")
    asked, solved, going = (jeroen.report(TicketDraft(what=f"Inbox {number}")) for number in range(3))
    fatima.handle(whatever_its_version(asked.ref), TicketChange(status=TicketStatus.WAITING_FOR_REQUESTER, note="Which one?"))
    fatima.handle(whatever_its_version(solved.ref), TicketChange(status=TicketStatus.RESOLVED, resolution="done"))
    fatima.handle(whatever_its_version(going.ref), TicketChange(handler=PersonRef(login="fac.agent")))
    waiting = [one.ref for one in jeroen.inbox()]
    assert [ref for ref in waiting if ref in (asked.ref, solved.ref, going.ref)] == [asked.ref, solved.ref]
    assert going.ref in [one.ref for one in fatima.inbox()]
    jeroen.comment(asked.ref, "The left one")
    assert jeroen.get(asked.ref).status == TicketStatus.OPEN
    assert asked.ref not in [one.ref for one in jeroen.inbox()]
    queued = [one.ref for one in fatima.queue(status=frozenset({TicketStatus.RESOLVED, TicketStatus.NEW}))]
    assert solved.ref in queued
    assert going.ref in queued
    assert asked.ref not in queued


def test_searches_mean_what_they_say() -> None:
    one, other = equals("Owner", "x"), equals(custom("Tag"), "it's a \\")
    assert any_of(all_of(one, other), one) == r"((Owner = 'x' AND CF.{Tag} = 'it\'s a \\') OR Owner = 'x')"


def test_people_are_found_by_what_they_are_called_and_by_nothing_else(desk: Desk) -> None:
    service = desk("a.devries")
    for login in ("x' OR id > 0 OR Subject = 'x", "x\\", "%", "a.devries' --"):
        assert list(service.requests(PersonRef(login=login), open=False)) == []


def test_the_same_is_found_and_what_others_ask_is_not_told(desk: Desk) -> None:
    jeroen, meryem = desk("j.smit"), desk("m.ozturk")
    said = "Koffieautomaat lekt naast o'briens bureau"
    report = jeroen.report(TicketDraft(what=said, place=Place(room="3.07"), asset="BM-00007"))
    question = jeroen.report(TicketDraft(what=f"Vraag: {said}", kind=TicketKind.QUESTION))
    found = meryem.similar(TicketDraft(what="O'Briens koffieautomaat lekt!", place=Place(site="HQ", floor="3", room="3.07")))
    assert [one.ticket for one in found if one.ticket in (report.ref, question.ref)] == [report.ref]
    match = next(one for one in found if one.ticket == report.ref)
    assert match.score > Decimal("0.5")
    assert {"same room", "same place", "same words"} <= set(match.reasons)
    assert question.ref in [one.ticket for one in jeroen.similar(TicketDraft(what=said))]
    by_thing = meryem.similar(TicketDraft(what="Iets anders", asset="BM-00007"))
    assert "same thing" in next(one for one in by_thing if one.ticket == report.ref).reasons


def test_large_disruptions_are_for_everyone(desk: Desk) -> None:
    ivo = desk("ict.agent")
    ticket = desk("a.devries").report(TicketDraft(what="Mail is down", category="ICT / Mail", place=Place(room="2.14")))
    ivo.handle(whatever_its_version(ticket.ref), TicketChange(major=True))
    meryem = desk("m.ozturk")
    assert ticket.ref in [one.ticket for one in meryem.disruptions()]
    assert ticket.ref in [one.ticket for one in meryem.disruptions(site="hq")]
    assert ticket.ref not in [one.ticket for one in meryem.disruptions(site="Annex")]
    ivo.handle(whatever_its_version(ticket.ref), TicketChange(major=False))
    assert ticket.ref not in [one.ticket for one in meryem.disruptions()]
    without = desk("a.devries", fields={"key": "Workplace key"}, kinds={}, impacts={})
    assert isinstance(without.disruptions.support, Absent)


def test_the_register_knows_whose_things_they_are(desk: Desk) -> None:
    anna = desk("a.devries")
    mine = anna.assets()
    assert [asset.tag for asset in mine] == ["LT-10021", "PH-20311"]
    assert (mine[0].name, mine[0].serial, mine[0].kind.value) == ('Laptop 14"', "SN-7F3A21", AssetKind.LAPTOP)
    assert mine[0].place == Place(site="HQ", floor="2", room="2.14")
    assert mine[0].owner is not None
    assert mine[0].owner.same_person(PersonRef(login="a.devries"))
    assert [asset.tag for asset in anna.assets(tag="bm-00007")] == ["BM-00007"]
    assert anna.assets(tag="LT") == ()
    assert {asset.tag for asset in anna.assets(place=Place(room="2.14"))} == {"LT-10021", "LT-10022"}
    by_mail = desk(None, person="email")
    assert [asset.tag for asset in by_mail.assets(person=PersonRef(email="j.smit@lab.example"))] == ["LT-10022"]
    without = desk("a.devries", assets=None)
    assert isinstance(without.assets.support, Absent)
    with pytest.raises(NotSupported):
        without.assets()


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
