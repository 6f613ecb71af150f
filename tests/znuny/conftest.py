"""The connector on a running Znuny, by SOAP and by REST."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers.znuny import ZONE
from tests.servers.znuny import Znuny as Server
from workplace_sdk.connectors.znuny import Znuny, ZnunySettings
from workplace_sdk.connectors.znuny.incidents import ZnunyIncidents
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef, Ref

FIELDS = {
    "key": "WorkplaceKey",
    "author": "WorkplaceAuthor",
    "asset": "AssetTag",
    "place": "Location",
    "impact": "Impact",
    "since": "Since",
    "contact": "Contact",
    "major": "Major",
    "resolution": "Resolution",
    "next_update_by": "MoreBy",
}
PLAIN = {"fields": {"key": "WorkplaceKey"}, "impacts": {}}
SETTINGS: dict[str, Any] = {
    "queues": ["Facilities", "ICT", "ICT::Second line"],
    "services": {"ICT": ["Mail", "Network", "Printing"]},
    "fields": FIELDS,
    "statuses": {
        "new": "new",
        "open": "open",
        "pending reminder": "waiting_for_requester",
        "waiting for parts": "waiting_for_supplier",
        "closed successful": "resolved",
        "pending auto close+": "resolved",
        "closed and confirmed": "closed",
        "closed unsuccessful": "cancelled",
        "merged": "cancelled",
    },
    "kinds": {"incident": "Malfunction", "request": "Request", "question": "Question", "complaint": "Complaint"},
    "impacts": {"me": "one", "several": "department", "department": "department", "organisation": "all"},
}
Desk = Callable[..., ZnunyIncidents]


def settings_of(
    server: Server, monkeypatch: pytest.MonkeyPatch, flavour: str = "soap", user: str = "svc-workplace", **others: Any
) -> ZnunySettings:
    monkeypatch.setenv("ZNUNY_TEST_PASSWORD", server.password)
    login = {"user": user, "password": {"env": "ZNUNY_TEST_PASSWORD"}, "agents": server.agents}
    web = {"flavour": flavour, "service": "WorkplaceSOAP" if flavour == "soap" else "WorkplaceREST"}
    return ZnunySettings.model_validate({"url": server.url, **login, **web, **SETTINGS, **others})


@pytest.fixture
def desk(znuny: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Makes incidents as someone sees them: ``desk("a.devries", "rest")``."""
    opened: list[Znuny] = []

    def make(caller: str | None = "a.devries", flavour: str = "soap", **others: Any) -> ZnunyIncidents:
        connection = Znuny("helpdesk", settings_of(znuny, monkeypatch, flavour, **others), {"zone": ZONE})
        opened.append(connection)
        return ZnunyIncidents(connection, Session(caller=PersonRef(login=caller) if caller else None, time_limit=60, zone=ZONE))

    yield make
    for connection in opened:
        connection.close()


@pytest.fixture(params=["soap", "rest"])
def flavour(request: pytest.FixtureRequest) -> str:
    """How the web service is spoken to."""
    spoken: str = request.param
    return spoken


def whatever_its_version(ref: Ref) -> Ref:
    return ref.model_copy(update={"version": None})
