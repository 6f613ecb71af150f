"""What is wrong with the settings of a connection to Redmine is said with the table and the key to mend."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from pydantic import ValidationError

from tests.redmine.conftest import FIELDS, SETTINGS
from tests.servers.redmine import Redmine as Server
from workplace_sdk.connectors.redmine import RedmineSettings
from workplace_sdk.connectors.redmine.incidents import RedmineIncidents
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.errors import ConfigError, ProtocolError, Unauthorized
from workplace_sdk.kernel.session import Call
from workplace_sdk.services.incidents import TicketDraft
from workplace_sdk.settings import Settings
from workplace_sdk.workplace import Workplace

Desk = Callable[..., RedmineIncidents]
TABLE = "connections.helpdesk"


def ping(service: RedmineIncidents) -> str:
    told: str = run(service.connection.ping(), Call(session=service.session, name="ping"))
    return told


def test_a_connection_that_is_well_says_so(desk: Desk) -> None:
    assert ping(desk()) == "Redmine as svc-workplace, Facilities, ICT"
    desk("a.devries").report(TicketDraft(what="So that fields can be learnt"))
    assert ping(desk(account="svc-plain", acts_as="service")) == "Redmine as svc-plain, Facilities, ICT"


@pytest.mark.parametrize(
    ("others", "table", "key"),
    [
        ({"projects": ["facilities", "nope"]}, TABLE, "projects"),
        ({"statuses": {"New": "new", "Resolved": "resolved", "Odd": "on_hold"}}, f"{TABLE}.statuses", "Odd"),
        (
            {"priorities": {"P1": "Immediate", "P2": "Urgent", "P3": "High", "P4": "Odd", "P5": "Low"}},
            f"{TABLE}.priorities",
            "Odd",
        ),
        ({"trackers": {"incident": "Odd"}}, f"{TABLE}.trackers", "Odd"),
        ({"fields": {**FIELDS, "key": "Nope"}}, f"{TABLE}.fields", "key"),
        ({"fields": {**FIELDS, "key": "Not for searching"}}, f"{TABLE}.fields", "key"),
        ({"fields": {**FIELDS, "key": "Of features"}}, f"{TABLE}.fields", "key"),
        ({"fields": {**FIELDS, "place": "Nope"}}, f"{TABLE}.fields", "place"),
        ({"fields": {**FIELDS, "since": "Location"}}, f"{TABLE}.fields", "since"),
        ({"acts_as": "service", "fields": {"key": "Workplace key"}, "impacts": {}}, f"{TABLE}.fields", "requester"),
        ({"account": "svc-plain"}, TABLE, "auth"),
    ],
)
def test_what_is_not_there_is_named(desk: Desk, others: dict[str, Any], table: str, key: str) -> None:
    with pytest.raises(ConfigError) as error:
        ping(desk(**others))
    assert (error.value.table, error.value.key) == (table, key)


def test_a_workplace_acts_as_the_person_when_it_is_set_so(redmine: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDMINE_TEST_KEY", redmine.keys["svc-workplace"])
    auth = {"kind": "header", "name": "X-Redmine-API-Key", "value": {"env": "REDMINE_TEST_KEY"}}
    table = {"connector": "redmine", "url": redmine.url, "auth": auth, "acts_as": "person", **SETTINGS}
    with Workplace(Settings.checked({"connections": {"helpdesk": table}})) as work:
        (checked,) = work.check()
        assert checked.error is None, checked.message
        ticket = work.as_("login:a.devries").incidents.report(TicketDraft(what="Through a workplace"))
        assert redmine.ask("GET", f"issues/{ticket.number}.json")[2]["issue"]["author"]["name"] == "Anna de Vries"
        monkeypatch.setenv("REDMINE_TEST_KEY", "0" * 40)
        assert isinstance(work.check()[0].error, Unauthorized)


@pytest.mark.parametrize(
    "wrong",
    [
        {"projects": []},
        {"person": "name"},
        {"statuses": {"New": "new"}},
        {"priorities": {"P1": "Immediate"}},
        {"trackers": {"request": "Support"}},
        {"impacts": {}},
        {"fields": {"nonsense": "x"}},
        {"page_size": 101},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RedmineSettings.model_validate({"url": "https://redmine.example.org", **SETTINGS, **wrong})


def test_nobody_s_key_is_shown(desk: Desk, redmine: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redmine tells an administrator, and everyone of themselves, the key with which they can be acted as."""
    from workplace_sdk.wires.http import Reply
    from workplace_sdk.wires.http.exchange import HttpExchange

    service = desk("a.devries")
    ticket = service.report(TicketDraft(what="Keys"))
    assert (
        redmine.keys["a.devries"]
        not in f"{ticket!r} {ticket.raw!r} {vars(service.redmine)} {service.redmine.accounts.get('a.devries')!r}"
    )
    perform = HttpExchange.perform

    def odd(self: Any, attempt: Any) -> Reply:
        reply = perform(self, attempt)
        if self.path.startswith("/users/"):
            return Reply(200, reply.headers, b'{"api_key": "' + redmine.keys["a.devries"].encode() + b'"}')
        return reply

    monkeypatch.setattr(HttpExchange, "perform", odd)
    with pytest.raises(ProtocolError) as error:
        desk("a.devries").categories()
    assert redmine.keys["a.devries"] not in f"{error.value!r} {error.value} {vars(error.value)}"


def test_links_lead_to_the_ticket_and_to_the_form(desk: Desk, redmine: Server) -> None:
    service = desk()
    ticket = service.report(TicketDraft(what="Where is it?"))
    opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def page(url: str, content: bytes | None = None) -> str:
        with opener.open(url, content, timeout=60) as reply:
            text: str = reply.read().decode()
            return text

    token = re.search(r'name="authenticity_token" value="([^"]+)"', page(f"{redmine.url}/login"))
    assert token is not None
    login = {"username": "a.devries", "password": "lab-password", "authenticity_token": token[1]}
    page(f"{redmine.url}/login", urlencode(login).encode())
    assert ticket.ref.url is not None
    assert "Where is it?" in page(ticket.ref.url)
    link = service.report.handoff(TicketDraft(what='Lamp & "socket"', details="Since Monday"))
    assert link is not None
    form = page(link.url)
    assert 'value="Lamp &amp; &quot;socket&quot;"' in form
    assert "Since Monday" in form
    assert service.cancel.handoff(ticket.ref).url == ticket.ref.url  # type: ignore[union-attr]  # there is one
