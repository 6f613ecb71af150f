"""Reporting to a running Znuny: what it refuses with HTTP 200, what it would lose, and finding a report again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.servers.znuny import Znuny as Server
from tests.znuny.conftest import FIELDS, PLAIN, Desk
from workplace_sdk.conformance.base import DIFFICULT
from workplace_sdk.connectors.znuny.drafting import missed
from workplace_sdk.connectors.znuny.records import TicketReply
from workplace_sdk.kernel.errors import ConfigError, InvalidInput, NotFound, NotSupported, OutcomeUnknown, Rejected, Unavailable
from workplace_sdk.kernel.failures import Failure, Kind
from workplace_sdk.kernel.keys import Key, new_key
from workplace_sdk.services.common import PersonRef, Upload
from workplace_sdk.services.incidents import (
    Impact,
    Place,
    Priority,
    TicketDraft,
    TicketKind,
    TicketStatus,
    Urgency,
    WaitingOn,
)
from workplace_sdk.wires.http.exchange import HttpExchange

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def test_everything_that_can_be_said_is_kept(desk: Desk, znuny: Server, flavour: str) -> None:
    draft = TicketDraft(
        what=f"Laptop {DIFFICULT}",
        details=f"It beeps\n\n  three times {DIFFICULT}",
        kind=TicketKind.REQUEST,
        category="ICT / Mail",
        asset="LT-10021",
        place=Place(site="HQ", floor="2", room="2.14"),
        impact=Impact.ORGANISATION,
        urgency=Urgency.BLOCKED,
        since=datetime(2026, 7, 24, 8, 30, tzinfo=AMSTERDAM),
        contact="room 3\nmornings",
        attachments=(Upload(name="foto é 日本.jpg", content=bytes(range(256)), media_type="image/jpeg"),),
    )
    key = new_key()
    ticket = desk("a.devries", flavour).report(draft, key=key)
    assert (ticket.title, ticket.description, ticket.kind) == (draft.what, draft.details, TicketKind.REQUEST)
    assert (ticket.category, ticket.asset, ticket.key) == ("ICT / Mail", "LT-10021", key)
    assert (ticket.place, ticket.impact, ticket.contact) == (draft.place, Impact.ORGANISATION, "room 3 mornings")
    assert (ticket.priority.value, ticket.priority.source) == (Priority.P1, "5 very high")
    assert ticket.since == datetime(2026, 7, 24, 6, 30, tzinfo=UTC)
    assert [(file.name, file.media_type, file.size) for file in ticket.attachments] == [("foto é 日本.jpg", "image/jpeg", 256)]
    assert ticket.requester.same_person(PersonRef(login="a.devries"))
    assert ticket.requester.display_name == "Anna de Vries"
    assert (ticket.status.value, ticket.status.source, ticket.waiting_on) == (TicketStatus.NEW, "new", WaitingOn.HELPDESK)
    assert ticket.created_at is not None
    assert abs(ticket.created_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert ticket.handler is None
    assert ticket.ref.url == f"{znuny.url}/customer.pl?Action=CustomerTicketZoom;TicketID={ticket.ref.id}"
    other = desk("a.devries", "rest" if flavour == "soap" else "soap")
    assert other.get(ticket.ref) == ticket  # what one flavour wrote the other reads
    assert other.attachment(ticket.ref, ticket.attachments[0].ref) == bytes(range(256))


def test_a_draft_that_would_be_lost_or_refused_is_refused_by_name(desk: Desk) -> None:
    flavour = "soap"
    service = desk("a.devries", flavour, largest_request=100_000)
    before = [one.ref for one in service.requests(open=False)]
    for field, draft in (
        ("place", TicketDraft(what="Broken", place=Place(building="Tower", room="2.14"))),
        ("category", TicketDraft(what="Broken", category="Coffee")),
        ("category", TicketDraft(what="Broken", category="ICT / Printing")),  # for nobody, says Znuny
        ("impact", TicketDraft(what="Broken", impact=Impact.SITE)),
        ("details", TicketDraft(what="Broken", details="0")),
        ("person", TicketDraft(what="Broken", person=PersonRef(login="nobody.knows"))),
        ("person", TicketDraft(what="Broken", person=PersonRef(email="a.devries@lab.example"))),
        ("attachments", TicketDraft(what="Broken", attachments=(Upload(name="empty.txt", content=b""),))),
        ("attachments", TicketDraft(what="Broken", attachments=(Upload(name="file-2", content=b"x"),))),
        ("attachments", TicketDraft(what="Broken", attachments=(Upload(name="x", content=b"x" * 50_000),))),
        ("attachments", TicketDraft(what="Broken", attachments=(Upload(name="x", content=b"x", media_type="nonsense"),))),
    ):
        with pytest.raises(Rejected) as error:
            service.report(draft)
        assert error.value.field == field, draft
    with pytest.raises(InvalidInput) as too_long:
        service.report(TicketDraft(what="Broken"), key=Key("k" * 300))
    assert too_long.value.field == "key"
    assert [one.ref for one in service.requests(open=False)] == before


def test_what_the_settings_have_no_field_for_is_refused_with_a_way_out(desk: Desk) -> None:
    service = desk("a.devries", **PLAIN, kinds={"incident": "Malfunction"})
    for name, draft in (
        ("asset", TicketDraft(what="Broken", asset="LT-10021")),
        ("place", TicketDraft(what="Broken", place=Place(room="2.14"))),
        ("since", TicketDraft(what="Broken", since=datetime.now(UTC))),
        ("contact", TicketDraft(what="Broken", contact="me")),
    ):
        with pytest.raises(NotSupported) as error:
            service.report(draft)
        assert error.value.field == name
        assert error.value.handoff is not None
        assert "/customer.pl?Action=CustomerTicketMessage;Subject=Broken" in error.value.handoff.url
    with pytest.raises(InvalidInput) as kind:
        service.report(TicketDraft(what="Broken", kind=TicketKind.QUESTION))
    assert kind.value.field == "kind"


def test_a_value_of_the_settings_that_znuny_refuses_is_the_administrators(desk: Desk, flavour: str) -> None:
    for key, others in (
        ("queues", {"queues": ["Nope"], "services": {}}),
        ("kinds", {"kinds": {"incident": "Nope"}}),
        ("statuses", {"statuses": {"nope": "new", "open": "open", "closed successful": "resolved"}}),
        ("fields", {"fields": {**FIELDS, "key": "Nope"}}),
        ("fields", {"impacts": {"me": "nope"}}),
    ):
        with pytest.raises(ConfigError) as error:
            desk("a.devries", flavour, **others).report(TicketDraft(what="Broken"), key=new_key())
        assert error.value.key == key


def test_files_come_back_byte_for_byte(desk: Desk) -> None:
    files = {
        "latin.txt": ("é".encode("latin-1") * 3, "text/plain"),
        "page.html": (b"<p>\xe9</p>", "text/html"),
        "lines.txt": (b"a\r\nb\r\n", "text/plain"),
        "utf16.txt": ("hi".encode("utf-16"), "text/plain"),
        "it's 50% & a;b?.bin": (bytes(range(256)), "application/octet-stream"),
    }
    uploads = tuple(Upload(name=name, content=content, media_type=kind) for name, (content, kind) in files.items())
    service = desk("a.devries")
    ticket = service.report(TicketDraft(what="Files", attachments=uploads))
    service.comment(ticket.ref, "more", uploads=(Upload(name="last.txt", content=b"last"),))
    found = service.get(ticket.ref).attachments
    assert {file.name for file in found} == {*files, "last.txt"}
    for file in found:
        assert service.attachment(ticket.ref, file.ref) == files.get(file.name, (b"last", ""))[0], file.name


@pytest.mark.parametrize("login", ["odd*(o+b) or !x", "new.comer@elsewhere.example"])
def test_whoever_znuny_takes_is_found_again_and_nobody_else(desk: Desk, login: str) -> None:
    service, person = desk(None), PersonRef(login=login)
    made = service.report(TicketDraft(what="Of someone odd", person=person))
    assert made.requester.same_person(person)
    found = list(service.requests(person, open=False))
    assert made.ref in [one.ref for one in found]
    assert all(one.requester.same_person(person) for one in found)


def test_an_answer_that_is_lost_is_found_again_and_nothing_is_sent_twice(
    desk: Desk, znuny: Server, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, key = desk("a.devries", flavour), new_key()
    perform = HttpExchange.perform

    def lost(self: Any, attempt: Any) -> Any:
        answer = perform(self, attempt)
        if b"TicketID" in answer.body and b"ArticleID" in answer.body and b"TicketNumber" in answer.body:
            raise Failure(Kind.LOST, Unavailable("the line is cut"))
        return answer

    monkeypatch.setattr(HttpExchange, "perform", lost)
    with pytest.raises(OutcomeUnknown) as error:
        service.report(TicketDraft(what="Lost"), key=key)
    monkeypatch.undo()
    assert error.value.key == key
    found = desk("a.devries", flavour).report.reconcile(key)
    assert found is not None
    assert (found.title, found.key) == ("Lost", key)
    assert znuny.sql(f"select count(*) from dynamic_field_value where value_text = '{key}'") == [["1"]]
    assert desk("a.devries", flavour).report.reconcile(new_key()) is None


@pytest.mark.parametrize("name", ["Nope", "Retired"])
def test_a_key_is_not_looked_for_in_a_field_that_is_not_there(desk: Desk, flavour: str, name: str) -> None:
    service = desk("a.devries", flavour, fields={**FIELDS, "key": name})
    with pytest.raises(ConfigError) as error:
        service.report.reconcile(new_key())
    assert (error.value.table, error.value.key) == ("connections.helpdesk.fields", "key")
    service.znuny.proofs.keep("names", value=True)  # as when the field was taken away since
    with pytest.raises(ConfigError, match="finds tickets that do not have the key"):
        service.report.reconcile(new_key())
    assert service.znuny.proofs.get("names") is None


def test_many_at_once_each_with_its_own_key(desk: Desk) -> None:
    service = desk("a.devries")
    keys = [new_key() for _ in range(3)]

    async def main() -> list[str]:
        made = await asyncio.gather(
            *(service.report.aio(TicketDraft(what=f"At once {number}"), key=key) for number, key in enumerate(keys))
        )
        await service.connection.aclose()
        return [one.number for one in made]

    numbers = asyncio.run(main())
    assert len(set(numbers)) == 3
    assert [found.number for key in keys if (found := service.report.reconcile(key))] == numbers


def test_characters_that_znuny_loses_on_mysql_are_not_missed() -> None:
    kept = TicketReply.model_validate(
        {
            "TicketID": 1, "TicketNumber": "1", "Title": "a \ufffd", "Queue": "q", "State": "new", "Priority": "3 normal",
            "Created": "2026-11-25 12:00:00", "Changed": "2026-11-25 12:00:00", "DynamicField": {"Name": "Contact", "Value": "x\r\ny"},
        }
    )  # fmt: skip
    assert missed({"Title": " a 🦄"}, {"Contact": "x\ny "}, kept) == []
    assert missed({"Title": "a b"}, {"Contact": "z"}, kept) == ["Title", "Contact"]


def test_who_is_not_there_is_said_as_such(desk: Desk) -> None:
    with pytest.raises(NotFound) as error:
        desk("nobody.knows").report(TicketDraft(what="Of nobody"))
    assert error.value.field == "person"
