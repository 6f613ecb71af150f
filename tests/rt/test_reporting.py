"""Reporting to a running Request Tracker: it leaves out what it does not take and answers that all is well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.servers.rt import Rt as Server
from workplace_sdk.conformance.base import DIFFICULT
from workplace_sdk.connectors.rt.incidents import RtIncidents
from workplace_sdk.kernel.errors import ConfigError, InvalidInput, NotFound, NotSupported, OutcomeUnknown, Unavailable
from workplace_sdk.kernel.failures import Failure, Kind
from workplace_sdk.kernel.keys import Key, new_key
from workplace_sdk.services.common import PersonRef, Upload
from workplace_sdk.services.incidents import (
    AssetUnknown,
    CategoryRequired,
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

Desk = Callable[..., RtIncidents]
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def test_everything_that_can_be_said_is_kept(desk: Desk, rt: Server) -> None:
    draft = TicketDraft(
        what=f"Laptop {DIFFICULT}"[:80],
        details=f"It beeps\n\n  three times {DIFFICULT}",
        kind=TicketKind.REQUEST,
        category="ICT / Mail",
        asset="lt-10021",
        place=Place(room="2.14"),
        impact=Impact.ORGANISATION,
        urgency=Urgency.BLOCKED,
        since=datetime(2026, 7, 24, 8, 30, tzinfo=AMSTERDAM),
        contact="room 3\nmornings",
        attachments=(Upload(name="foto é 日本.jpg", content=bytes(range(256)), media_type="image/jpeg"),),
    )
    key = new_key()
    ticket = desk("a.devries").report(draft, key=key)
    assert (ticket.title, ticket.description, ticket.kind) == (draft.what, draft.details, TicketKind.REQUEST)
    assert (ticket.category, ticket.asset, ticket.key) == ("ICT / Mail", "LT-10021", key)
    assert ticket.place == Place(site="HQ", floor="2", room="2.14")
    assert ticket.impact is Impact.ORGANISATION
    assert (ticket.priority.value, ticket.priority.source) == (Priority.P1, "100")
    assert ticket.since == datetime(2026, 7, 24, 6, 30, tzinfo=UTC)
    assert ticket.contact == "room 3 mornings"
    assert [(file.name, file.media_type, file.size) for file in ticket.attachments] == [("foto é 日本.jpg", "image/jpeg", 256)]
    assert ticket.requester.same_person(PersonRef(login="a.devries"))
    assert ticket.requester.display_name == "Anna de Vries"
    assert ticket.reported_by is not None
    assert ticket.reported_by.display_name == "Workplace"
    assert (ticket.status.value, ticket.status.source, ticket.waiting_on) == (TicketStatus.NEW, "new", WaitingOn.HELPDESK)
    assert ticket.created_at is not None
    assert abs(ticket.created_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert ticket.ref.url == f"{rt.url}/Ticket/Display.html?id={ticket.number}"
    winter = desk().report(TicketDraft(what="In winter", since=datetime(2026, 1, 24, 8, 30, tzinfo=UTC)))
    assert winter.since == datetime(2026, 1, 24, 8, 30, tzinfo=UTC)


def test_a_draft_that_would_be_cut_or_left_out_is_refused_and_nothing_is_sent(desk: Desk) -> None:
    service = desk("a.devries")
    before = [one.ref for one in service.requests(open=False)]
    for field, draft in (
        ("asset", TicketDraft(what="Broken", asset="XX")),
        ("place", TicketDraft(what="Broken", place=Place(room="9.99"))),
        ("place", TicketDraft(what="Broken", place=Place(site="HQ"))),
        ("place", TicketDraft(what="Broken", place=Place(building="Tower", room="2.14"))),
        ("category", TicketDraft(what="Broken", category="Coffee")),
        ("impact", TicketDraft(what="Broken", category="ICT", impact=Impact.SITE)),
        ("what", TicketDraft(what="é" * 101)),
        ("attachments", TicketDraft(what="Broken", attachments=(Upload(name="empty.txt", content=b""),))),
        ("attachments", TicketDraft(what="Broken", attachments=(Upload(name='a "b".txt', content=b"x"),))),
    ):
        with pytest.raises((InvalidInput, NotFound)) as error:
            service.report(draft)
        assert error.value.field == field, draft
    with pytest.raises(AssetUnknown):
        service.report(TicketDraft(what="Broken", asset="LT-99999"))
    with pytest.raises(InvalidInput) as too_long:
        service.report(TicketDraft(what="Broken"), key=Key("k" * 300))
    assert too_long.value.field == "key"
    assert [one.ref for one in service.requests(open=False)] == before


def test_without_a_register_the_pattern_of_the_field_decides(desk: Desk) -> None:
    service = desk("a.devries", assets=None)
    with pytest.raises(InvalidInput, match="Two letters, dash, five digits") as error:
        service.report(TicketDraft(what="Broken", asset="XX"))
    assert error.value.field == "asset"
    assert service.report(TicketDraft(what="Broken", asset="ZZ-00001")).asset == "ZZ-00001"


def test_a_field_that_a_queue_wants_is_asked_for(desk: Desk) -> None:
    fields = {"key": "Workplace key", "author": "Workplace author"}
    plain = {"fields": fields, "kinds": {}, "impacts": {}}
    with pytest.raises(ConfigError, match="'Impact', which the settings do not name"):
        desk("a.devries", **plain).report(TicketDraft(what="Broken", category="ICT"))
    as_category = {**plain, "fields": {**fields, "category": "Impact"}}
    with pytest.raises(CategoryRequired) as error:
        desk("a.devries", **as_category).report(TicketDraft(what="Broken", category="ICT"))
    assert error.value.options == ("ICT / One person", "ICT / Department", "ICT / Everybody")
    made = desk("a.devries", **as_category).report(TicketDraft(what="Broken", category="ICT / Department"))
    assert made.category == "ICT / Department"


def test_what_the_settings_have_no_field_for_is_refused_by_name(desk: Desk) -> None:
    service = desk("a.devries", fields={"key": "Workplace key"}, kinds={}, impacts={}, assets=None)
    now = datetime.now(UTC)
    for name, draft in (
        ("asset", TicketDraft(what="Broken", asset="LT-10021")),
        ("place", TicketDraft(what="Broken", place=Place(room="2.14"))),
        ("since", TicketDraft(what="Broken", since=now)),
        ("contact", TicketDraft(what="Broken", contact="me")),
        ("kind", TicketDraft(what="Broken", kind=TicketKind.QUESTION)),
    ):
        with pytest.raises(NotSupported) as error:
            service.report(draft)
        assert error.value.field == name
        assert error.value.handoff is not None
        assert "/SelfService/Create.html?Queue=Facilities&Subject=Broken" in error.value.handoff.url


def test_what_is_left_out_all_the_same_is_noticed(desk: Desk, rt: Server) -> None:
    service = desk("a.devries", assets=None)
    service.report(TicketDraft(what="First"))  # the fields are remembered from here on
    field = next(one for one in rt.ask("GET", "queue/Facilities")[2]["TicketCustomFields"] if one["name"] == "Asset tag")
    pattern = rt.ask("GET", f"customfield/{field['id']}")[2]["Pattern"]
    rt.ask("PUT", f"customfield/{field['id']}", {"Pattern": "^NONE$"})
    key = new_key()
    try:
        with pytest.raises(OutcomeUnknown, match="left out: Asset tag") as error:
            service.report(TicketDraft(what="Changed meanwhile", asset="LT-10021"), key=key)
    finally:
        rt.ask("PUT", f"customfield/{field['id']}", {"Pattern": pattern})
    assert error.value.key == key
    found = service.report.reconcile(key)
    assert found is not None
    assert found.title == "Changed meanwhile"
    assert found.asset is None


def test_files_come_back_byte_for_byte(desk: Desk) -> None:
    files = {
        "latin.txt": ("é".encode("latin-1") * 3, "text/plain"),
        "page.html": (b"<p>\xe9</p>", "text/html"),
        "lines.txt": (b"a\r\nb\r\n", "text/plain"),
        "utf8.txt": ("é\n".encode(), "text/plain; charset=utf-8"),
        "utf16.txt": ("hi".encode("utf-16"), "text/plain"),
        "table.csv": (b"a;b\r\n\xe9;\x00", "text/csv"),
        "it's 50% & a;b?.bin": (bytes(range(256)), "application/octet-stream"),
    }
    uploads = tuple(Upload(name=name, content=content, media_type=kind) for name, (content, kind) in files.items())
    service = desk("a.devries")
    ticket = service.report(TicketDraft(what="Files", attachments=uploads))
    assert {file.name for file in ticket.attachments} == set(files)
    for file in ticket.attachments:
        assert service.attachment(ticket.ref, file.ref) == files[file.name][0], file.name


def test_who_has_the_trouble_is_named_always(desk: Desk) -> None:
    with pytest.raises(NotFound) as error:
        desk("nobody.knows").report(TicketDraft(what="Of nobody"))
    assert error.value.field == "person"
    for_another = desk("fac.agent").report(TicketDraft(what="For another", person=PersonRef(login="j.smit")))
    assert for_another.requester.same_person(PersonRef(login="j.smit"))
    service = desk(None, person="email")
    stranger = PersonRef(email="New.Comer@lab.example")
    made = service.report(TicketDraft(what="Of who is new", person=stranger))
    assert made.requester.same_person(stranger)
    assert made.requester.login is None
    assert [one.ref for one in service.requests(stranger)] == [made.ref]
    with pytest.raises(InvalidInput) as unknown:
        service.report(TicketDraft(what="By login", person=PersonRef(login="a.devries")))
    assert unknown.value.field == "person"


def test_an_answer_that_is_lost_is_found_again_and_nothing_is_sent_twice(
    desk: Desk, rt: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, key = desk("a.devries"), new_key()
    perform = HttpExchange.perform

    def lost(self: Any, attempt: Any) -> Any:
        answer = perform(self, attempt)
        if self.method == "POST" and self.path == "/ticket":
            raise Failure(Kind.LOST, Unavailable("the line is cut"))
        return answer

    monkeypatch.setattr(HttpExchange, "perform", lost)
    with pytest.raises(OutcomeUnknown) as error:
        service.report(TicketDraft(what="Lost"), key=key)
    monkeypatch.undo()
    assert error.value.key == key
    service = desk("a.devries")
    found = service.report.reconcile(key)
    assert found is not None
    assert found.title == "Lost"
    query = f"tickets?query=CF.{{Workplace%20key}}='{key}'"
    assert rt.ask("GET", query)[2]["total"] == 1


def test_many_at_once_each_with_its_own_key(desk: Desk) -> None:
    service = desk("a.devries")
    keys = [new_key() for _ in range(5)]

    async def main() -> list[str]:
        made = await asyncio.gather(
            *(service.report.aio(TicketDraft(what=f"At once {number}"), key=key) for number, key in enumerate(keys))
        )
        await service.connection.aclose()
        return [one.number for one in made]

    numbers = asyncio.run(main())
    assert len(set(numbers)) == 5
    assert [found.number for key in keys if (found := service.report.reconcile(key))] == numbers
