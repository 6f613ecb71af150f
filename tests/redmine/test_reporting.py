"""Reporting to a running Redmine: as the person, or as our account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.redmine.conftest import FIELDS
from tests.servers.redmine import Redmine as Server
from workplace_sdk.conformance.base import DIFFICULT
from workplace_sdk.connectors.redmine.incidents import RedmineIncidents
from workplace_sdk.kernel.errors import (
    ConfigError,
    InvalidInput,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    Rejected,
    Unauthorized,
    Unavailable,
)
from workplace_sdk.kernel.failures import Failure, Kind
from workplace_sdk.kernel.keys import Key, new_key
from workplace_sdk.services.common import PersonRef, Upload
from workplace_sdk.services.incidents import Impact, Place, Priority, TicketDraft, TicketKind, TicketStatus, Urgency
from workplace_sdk.wires.http.exchange import HttpExchange

Desk = Callable[..., RedmineIncidents]
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def test_everything_that_can_be_said_is_kept(desk: Desk, redmine: Server) -> None:
    draft = TicketDraft(
        what=f"Laptop {DIFFICULT}",
        details=f"It beeps\n\n  three times {DIFFICULT}",
        category="ICT / Mail",
        asset="LT-10021",
        place=Place(room="2.14"),
        impact=Impact.ORGANISATION,
        urgency=Urgency.BLOCKED,
        since=datetime(2026, 7, 24, 8, 30, tzinfo=AMSTERDAM),
        contact="room 3\nmornings",
        attachments=(
            Upload(name="foto é 日本.jpg", content=bytes(range(256)), media_type="image/jpeg"),
            Upload(name="empty.txt", content=b"", media_type="text/plain"),
        ),
    )
    key = new_key()
    service = desk("a.devries")
    ticket = service.report(draft, key=key)
    assert (ticket.title, ticket.description, ticket.kind) == (draft.what, draft.details, TicketKind.INCIDENT)
    assert (ticket.category, ticket.asset, ticket.key) == ("ICT / Mail", "LT-10021", key)
    assert ticket.place == Place(site="HQ", floor="2", room="2.14")
    assert ticket.impact is Impact.ORGANISATION
    assert (ticket.priority.value, ticket.priority.source) == (Priority.P1, "Immediate")
    assert ticket.since == datetime(2026, 7, 24, 6, 30, tzinfo=UTC)
    assert ticket.contact == "room 3 mornings"
    files = {file.name: file for file in ticket.attachments}
    assert {name: (file.media_type, file.size) for name, file in files.items()} == {
        "foto é 日本.jpg": ("image/jpeg", 256),
        "empty.txt": ("text/plain", 0),
    }
    assert service.attachment(ticket.ref, files["foto é 日本.jpg"].ref) == bytes(range(256))
    assert ticket.requester.same_person(PersonRef(login="a.devries"))
    assert ticket.requester.display_name == "Anna de Vries"
    assert (ticket.status.value, ticket.status.source) == (TicketStatus.NEW, "New")
    assert ticket.ref.url == f"{redmine.url}/issues/{ticket.number}"
    seen = redmine.ask("GET", f"issues/{ticket.number}.json")[2]["issue"]
    assert seen["author"]["name"] == "Anna de Vries"
    assert next(one["value"] for one in seen["custom_fields"] if one["name"] == "Since") == "2026-07-24T08:30+02:00"


def test_a_request_has_its_own_tracker_and_fields(desk: Desk) -> None:
    service = desk("a.devries")
    ticket = service.report(TicketDraft(what="A second screen", kind=TicketKind.REQUEST, impact=Impact.SITE))
    assert (ticket.kind, ticket.impact) == (TicketKind.REQUEST, None)  # the tracker has no field for it, so it needs no word
    with pytest.raises(InvalidInput) as error:
        service.report(TicketDraft(what="Why?", kind=TicketKind.QUESTION))
    assert error.value.field == "kind"


def test_names_of_files_are_told_as_redmine_keeps_them(desk: Desk) -> None:
    service = desk("a.devries")
    ticket = service.report(TicketDraft(what="Names", attachments=(Upload(name="it's 50%.txt", content=b"x"),)))
    assert [file.name for file in ticket.attachments] == ["it_s 50_.txt"]


def test_a_draft_that_would_be_refused_is_refused_before(desk: Desk) -> None:
    service = desk("j.smit")  # whose Redmine is in Dutch
    before = [one.ref for one in service.requests(open=False)]
    for field, draft in (
        ("asset", TicketDraft(what="Broken", asset="bad")),
        ("asset", TicketDraft(what="Broken", asset="AB-123456789")),
        ("place", TicketDraft(what="Broken", place=Place(room="9.99"))),
        ("category", TicketDraft(what="Broken", category="Coffee")),
        ("impact", TicketDraft(what="Broken", impact=Impact.SITE)),
    ):
        with pytest.raises((InvalidInput, NotFound)) as error:
            service.report(draft)
        assert error.value.field == field
    with pytest.raises(InvalidInput):
        service.report(TicketDraft(what="Broken"), key=Key("k" * 300))
    assert [one.ref for one in service.requests(open=False)] == before


def test_a_refusal_is_mapped_whatever_its_language(desk: Desk) -> None:
    """Who is no administrator does not know the rules of fields, so that Redmine itself refuses."""
    service = desk("j.smit", account="svc-plain", acts_as="service")
    service.report(TicketDraft(what="Fields are learnt from a ticket"))
    for field, draft in (
        ("asset", TicketDraft(what="Broken", asset="bad")),
        ("place", TicketDraft(what="Broken", place=Place(text="Nowhere"))),
    ):
        with pytest.raises(Rejected) as error:
            service.report(draft)
        assert (error.value.field, error.value.native_code) == (field, "422")
    dutch = desk("j.smit")
    dutch.categories()
    known = dutch.redmine.known.get("catalogue")
    assert known is not None
    from attrs import evolve

    blunt = {name: one.model_copy(update={"regexp": None, "possible_values": ()}) for name, one in known.fields.items()}
    dutch.redmine.known.keep("catalogue", evolve(known, fields=blunt))  # as if they had been changed meanwhile
    for field, draft in (
        ("asset", TicketDraft(what="Stuk", asset="bad")),
        ("place", TicketDraft(what="Stuk", place=Place(text="Nergens"))),
    ):
        with pytest.raises(Rejected, match=r"ongeldig|staat niet in de lijst") as told:
            dutch.report(draft)
        assert told.value.field == field


def test_what_the_settings_have_no_field_for_is_refused_by_name(desk: Desk, redmine: Server) -> None:
    service = desk("a.devries", fields={"key": "Workplace key"}, impacts={}, trackers={"incident": "Bug"})
    now = datetime.now(UTC)
    for name, draft in (
        ("asset", TicketDraft(what="Broken", asset="LT-10021")),
        ("place", TicketDraft(what="Broken", place=Place(room="2.14"))),
        ("since", TicketDraft(what="Broken", since=now)),
        ("contact", TicketDraft(what="Broken", contact="me")),
        ("kind", TicketDraft(what="Broken", kind=TicketKind.REQUEST)),
    ):
        with pytest.raises(NotSupported) as error:
            service.report(draft)
        assert error.value.field == name
        assert error.value.handoff is not None
        assert error.value.handoff.url.startswith(f"{redmine.url}/projects/facilities/issues/new?issue%5Bsubject%5D=Broken")


def test_as_the_person_nobody_reports_for_another(desk: Desk) -> None:
    for_another = TicketDraft(what="For another", person=PersonRef(login="j.smit"))
    with pytest.raises(NotSupported) as error:
        desk("a.devries").report(for_another)
    assert error.value.field == "person"
    service = desk("a.devries", account="svc-plain", acts_as="service")
    ticket = service.report(for_another)
    assert ticket.requester.same_person(PersonRef(login="j.smit"))
    assert ticket.reported_by is not None
    assert ticket.reported_by.display_name == "Workplace Plain"
    assert ticket.ref in [one.ref for one in desk("j.smit", account="svc-plain", acts_as="service").requests()]
    assert ticket.ref not in [one.ref for one in service.requests()]


def test_who_has_no_account_or_may_not_report(desk: Desk) -> None:
    with pytest.raises(Unauthorized):
        desk("nobody.knows").report(TicketDraft(what="By nobody"))
    with pytest.raises(Rejected):  # an account, and no member of the project
        desk("s.tranger").report(TicketDraft(what="By a stranger"))


def test_acting_for_someone_is_proved(desk: Desk, redmine: Server) -> None:
    """A Redmine ignores the wish of who is no administrator: the ticket would be of our account."""
    before = redmine.ask("GET", "issues.json?status_id=*&limit=1")[2]["total_count"]
    with pytest.raises(ConfigError) as error:
        desk("a.devries", account="svc-plain").report(TicketDraft(what="By whom?"))
    assert (error.value.table, error.value.key) == ("connections.helpdesk", "auth")
    assert redmine.ask("GET", "issues.json?status_id=*&limit=1")[2]["total_count"] == before
    with pytest.raises(ConfigError) as missing:
        desk("a.devries", acts_as="service", fields={"key": "Workplace key"}, impacts={}).report(TicketDraft(what="Of whom?"))
    assert missing.value.key == "requester"


def test_an_answer_that_is_lost_is_found_again_and_nothing_is_sent_twice(
    desk: Desk, redmine: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, key = desk("a.devries"), new_key()
    perform = HttpExchange.perform

    def lost(self: Any, attempt: Any) -> Any:
        answer = perform(self, attempt)
        if self.method == "POST" and self.path == "/issues.json":
            raise Failure(Kind.LOST, Unavailable("the line is cut"))
        return answer

    monkeypatch.setattr(HttpExchange, "perform", lost)
    with pytest.raises(OutcomeUnknown) as error:
        service.report(TicketDraft(what="Lost", attachments=(Upload(name="a.txt", content=b"a"),)), key=key)
    monkeypatch.undo()
    assert error.value.key == key
    found = desk("a.devries").report.reconcile(key)
    assert found is not None
    assert found.title == "Lost"
    field = redmine.fields[FIELDS["key"]]
    assert (
        redmine.ask("GET", f"issues.json?set_filter=1&f[]=cf_{field}&op[cf_{field}]==&v[cf_{field}][]={key}")[2]["total_count"]
        == 1
    )


def test_a_key_is_compared_because_a_search_may_be_ignored(desk: Desk, redmine: Server) -> None:
    """A field that is no filter is left out of a search, which finds everything then."""
    field = redmine.fields["Not for searching"]
    everything = redmine.ask("GET", "issues.json?set_filter=1&limit=1")[2]["total_count"]
    ignored = redmine.ask("GET", f"issues.json?set_filter=1&limit=1&f[]=cf_{field}&op[cf_{field}]==&v[cf_{field}][]=none")[2]
    assert ignored["total_count"] >= everything
    service = desk("a.devries", fields={**FIELDS, "key": "Not for searching"})
    service.report(TicketDraft(what="Something"))
    assert service.report.reconcile(new_key()) is None


def test_what_is_left_out_all_the_same_is_noticed(desk: Desk) -> None:
    service = desk("a.devries")
    service.categories()
    known = service.redmine.known.get("catalogue")
    assert known is not None
    from attrs import evolve

    elsewhere = known.fields | {"contact": known.fields["contact"].model_copy(update={"id": 99_999})}
    service.redmine.known.keep("catalogue", evolve(known, fields=elsewhere))
    key = new_key()
    with pytest.raises(OutcomeUnknown, match="left out: 99999") as error:
        service.report(TicketDraft(what="Without contact", contact="me"), key=key)
    assert error.value.key == key
    found = desk("a.devries").report.reconcile(key)
    assert found is not None
    assert found.title == "Without contact"
