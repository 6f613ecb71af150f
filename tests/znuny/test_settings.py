"""What is wrong with the settings of a connection to Znuny is said with the key to mend."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.servers.znuny import ZONE
from tests.servers.znuny import Znuny as Server
from tests.znuny.conftest import FIELDS, SETTINGS, Desk
from workplace_sdk.connectors.znuny import ZnunySettings
from workplace_sdk.connectors.znuny.incidents import ZnunyIncidents
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.errors import ConfigError, Unauthorized, WorkplaceError
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.session import Call
from workplace_sdk.services.incidents import TicketDraft
from workplace_sdk.settings import Settings
from workplace_sdk.workplace import Workplace


def ping(service: ZnunyIncidents) -> str:
    told: str = run(service.connection.ping(), Call(session=service.session, name="ping"))
    return told


def test_a_connection_that_is_well_says_so(desk: Desk, flavour: str) -> None:
    assert ping(desk("a.devries", flavour)) == f"Facilities, ICT, ICT::Second line by {flavour.upper()}"


@pytest.mark.parametrize(
    ("others", "table", "key"),
    [
        ({"queues": ["Facilities", "Nope"], "services": {}}, "connections.helpdesk", "queues"),
        ({"statuses": {**SETTINGS["statuses"], "nope": "on_hold"}}, "connections.helpdesk", "statuses"),
        ({"kinds": {"incident": "Nope"}}, "connections.helpdesk", "kinds"),
        (
            {"priorities": {"P1": "nope", "P2": "4 high", "P3": "3 normal", "P4": "2 low", "P5": "1 very low"}},
            "connections.helpdesk",
            "priorities",
        ),
        ({"fields": {**FIELDS, "key": "Nope"}}, "connections.helpdesk.fields", "key"),
        ({"fields": {**FIELDS, "asset": "Retired"}}, "connections.helpdesk.fields", "asset"),
        ({"fields": {**FIELDS, "author": "Contact"}}, "connections.helpdesk.fields", "author"),
        ({"fields": {**FIELDS, "place": "WorkplaceAuthor"}}, "connections.helpdesk.fields", "place"),
        ({"zone": "America/New_York"}, "connections.helpdesk", "zone"),
    ],
)
def test_what_is_not_there_is_named(desk: Desk, others: dict[str, Any], table: str, key: str) -> None:
    with pytest.raises(ConfigError) as error:
        ping(desk(**others))
    assert (error.value.table, error.value.key) == (table, key)


def test_a_list_is_not_empty_because_a_name_is_wrong(desk: Desk) -> None:
    states = {**SETTINGS["statuses"], "waits": "waiting_for_requester"}
    for ask in (lambda one: list(one.inbox()), lambda one: list(one.queue())):
        with pytest.raises(ConfigError, match="'waits'"):
            ask(desk(statuses=states))


def test_an_account_that_sees_no_ticket_can_prove_nothing(desk: Desk) -> None:
    blind = desk("a.devries", user="blind", fields={**FIELDS, "key": "Nope"})
    assert "could not be tried" in ping(blind)
    assert blind.report.reconcile(new_key()) is None
    assert list(blind.requests()) == []


@pytest.mark.parametrize(("flavour_", "service"), [("soap", "NoSuchService"), ("rest", "NoSuchService")])
def test_a_web_service_that_is_not_there(desk: Desk, flavour_: str, service: str) -> None:
    with pytest.raises(WorkplaceError):
        ping(desk("a.devries", flavour_, service=service))


@pytest.mark.parametrize(
    ("flavour_", "others"),
    [
        ("soap", {"namespace": "urn:other/"}),
        ("soap", {"service": "WorkplaceElsewhere"}),  # whose namespace is another
        ("rest", {"service": "../Webservice"}),
    ],
)
def test_a_web_service_that_is_not_as_it_should_be(desk: Desk, flavour_: str, others: dict[str, Any]) -> None:
    with pytest.raises((ConfigError, ValidationError)):
        ping(desk("a.devries", flavour_, **others))


def test_a_web_service_with_the_namespace_of_otobo(desk: Desk) -> None:
    elsewhere = {"service": "WorkplaceElsewhere", "namespace": "http://www.otobo.org/TicketConnector/"}
    service = desk("a.devries", **elsewhere)
    ticket = service.report(TicketDraft(what="By another name", details="all of it"))
    assert desk("a.devries").get(ticket.ref) == service.get(ticket.ref) == ticket
    with pytest.raises(ConfigError):
        desk("a.devries", **elsewhere, queues=["Nope"], services={}).report(TicketDraft(what="Nowhere"))


def test_credentials_that_are_wrong(desk: Desk, znuny: Server, flavour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    service = desk("a.devries", flavour)
    monkeypatch.setenv("ZNUNY_TEST_PASSWORD", "wrong")
    with pytest.raises(Unauthorized) as error:
        ping(service)
    assert "wrong" not in f"{error.value!r} {vars(error.value)}"
    login = {"user": "svc-workplace", "password": {"env": "ZNUNY_TEST_PASSWORD"}}
    web = {"flavour": flavour, "service": service.settings.service}
    content = {"connections": {"desk": {"connector": "znuny", **SETTINGS, **web, "url": znuny.url, "zone": ZONE, **login}}}
    with Workplace(Settings.checked(content)) as work:
        assert isinstance(work.check()[0].error, Unauthorized)
        monkeypatch.setenv("ZNUNY_TEST_PASSWORD", znuny.password)
        (checked,) = work.check()
        assert checked.error is None, checked.message


@pytest.mark.parametrize(
    "wrong",
    [
        {"queues": []},
        {"person": "name"},
        {"zone": "Mars/Olympus"},
        {"flavour": "graphql"},
        {"service": "a/b"},
        {"statuses": {"new": "new"}},
        {"priorities": {"P1": "x"}},
        {"kinds": {"request": "x"}},
        {"services": {"Nope": ["Mail"]}},
        {"fields": {"nonsense": "x"}},
        {"fields": {"key": "Not a name"}},
        {"impacts": {}},
        {"page_size": 1000},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, Any]) -> None:
    login = {"user": "svc", "password": {"env": "X"}}
    with pytest.raises(ValidationError):
        ZnunySettings.model_validate({"url": "https://desk.example.org/otrs", **login, **SETTINGS, **wrong})
