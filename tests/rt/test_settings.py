"""What is wrong with the settings of a connection to Request Tracker is said with the table and the key to mend."""

from __future__ import annotations

from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from pydantic import ValidationError

from tests.rt.conftest import FIELDS, SETTINGS
from tests.servers.rt import Rt as Server
from tests.servers.rt_seed import PASSWORD
from workplace_sdk.connectors.rt import RtSettings
from workplace_sdk.connectors.rt.incidents import RtIncidents
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.errors import ConfigError, Unauthorized, WorkplaceError
from workplace_sdk.kernel.session import Call
from workplace_sdk.services.incidents import Place, TicketDraft
from workplace_sdk.settings import Settings
from workplace_sdk.workplace import Workplace

Desk = Callable[..., RtIncidents]


def ping(service: RtIncidents) -> str:
    told: str = run(service.connection.ping(), Call(session=service.session, name="ping"))
    return told


def test_a_connection_that_is_well_says_so(desk: Desk) -> None:
    assert ping(desk()).startswith("Request Tracker 5.0")
    assert ping(desk(account="svc-narrow", assets=None)).endswith("Facilities, ICT")


@pytest.mark.parametrize(
    ("others", "table", "key"),
    [
        ({"queues": ["Facilities", "Nope"]}, "connections.helpdesk", "queues"),
        ({"queues": ["General"]}, "connections.helpdesk", "queues"),
        ({"fields": {**FIELDS, "key": "Contact"}}, "connections.helpdesk.fields", "key"),  # for tickets, not for messages
        ({"fields": {**FIELDS, "key": "Nope"}}, "connections.helpdesk.fields", "key"),
        ({"fields": {**FIELDS, "author": "Contact"}}, "connections.helpdesk.fields", "author"),
        ({"fields": {**FIELDS, "place": "Nope"}}, "connections.helpdesk.fields", "place"),
        ({"fields": {**FIELDS, "since": "Contact"}}, "connections.helpdesk.fields", "since"),
    ],
)
def test_what_is_not_there_is_named(desk: Desk, others: dict[str, Any], table: str, key: str) -> None:
    with pytest.raises(ConfigError) as error:
        ping(desk(**others))
    assert (error.value.table, error.value.key) == (table, key)


def test_nothing_is_written_that_could_not_be_found(desk: Desk) -> None:
    with pytest.raises(ConfigError) as error:
        desk(fields={**FIELDS, "key": "Nope"}).report(TicketDraft(what="Without a key"))
    assert error.value.key == "key"
    ticket = desk().report(TicketDraft(what="To be answered"))
    with pytest.raises(ConfigError):
        desk(fields={**FIELDS, "author": "Nope"}).comment(ticket.ref, "who says this?")
    assert "who says this?" not in [event.text for event in desk().timeline(ticket.ref)]


def test_credentials_that_are_wrong(desk: Desk, rt: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    service = desk()
    monkeypatch.setenv("RT_TEST_SVC_WORKPLACE", "1-27-" + "0" * 32)
    with pytest.raises(Unauthorized):
        ping(service)
    monkeypatch.setenv("RT_TEST_PASSWORD", PASSWORD)
    basic = {"kind": "basic", "user": "svc-workplace", "password": {"env": "RT_TEST_PASSWORD"}}
    content = {"connections": {"helpdesk": {"connector": "rt", **SETTINGS, "url": rt.url, "auth": basic}}}
    with Workplace(Settings.checked(content)) as work:
        (checked,) = work.check()
        assert checked.error is None, checked.message
        monkeypatch.setenv("RT_TEST_PASSWORD", "wrong")
        assert isinstance(work.check()[0].error, Unauthorized)


@pytest.mark.parametrize(
    "wrong",
    [
        {"queues": []},
        {"person": "name"},
        {"zone": "Mars/Olympus"},
        {"statuses": {"new": "new"}},
        {"priorities": {"P1": 1}},
        {"priorities": {"P1": 1, "P2": 2, "P3": 3, "P4": 4, "P5": 5}},
        {"kinds": {}},
        {"impacts": {"me": "x"}, "fields": {"key": "k"}, "kinds": {}},
        {"fields": {"nonsense": "x"}},
        {"assets": {"catalogs": []}},
        {"page_size": 101},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RtSettings.model_validate({"url": "https://rt.example.org", **SETTINGS, **wrong})


def test_the_zone_of_custom_fields_is_that_of_the_workplace_unless_it_is_named(desk: Desk) -> None:
    assert desk().rt.zone == "Europe/Amsterdam"
    assert desk(zone="America/New_York").rt.zone == "America/New_York"


def test_links_lead_to_the_ticket_and_to_the_form(desk: Desk, rt: Server) -> None:
    service = desk()
    ticket = service.report(TicketDraft(what="Where is it?"))
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    login = urlencode({"user": "a.devries", "pass": PASSWORD, "next": ""}).encode()
    opener.open(Request(f"{rt.url}/NoAuth/Login.html", login, {"Referer": rt.url}), timeout=60).read()

    def page(url: str) -> str:
        with opener.open(Request(url, headers={"Referer": f"{rt.url}/"}), timeout=60) as reply:
            text: str = reply.read().decode()
            return text

    assert ticket.ref.url is not None
    assert "Where is it?" in page(ticket.ref.url)
    draft = TicketDraft(what='Lamp & "socket"', details="Since Monday", place=Place(text="somewhere"))
    link = service.report.handoff(draft)
    assert link is not None
    form = page(link.url)
    assert 'value="Lamp &#38; &#34;socket&#34;"' in form
    assert "Since Monday" in form


def test_errors_have_no_secret_in_them(desk: Desk, rt: Server) -> None:
    service = desk(queues=["Nope"])
    try:
        ping(service)
    except WorkplaceError as error:
        assert rt.tokens["svc-workplace"] not in f"{error!r} {error} {vars(error)} {vars(service.connection)}"
