"""The connector on a running Request Tracker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers.rt import Rt as Server
from workplace_sdk.connectors.rt import Rt, RtSettings
from workplace_sdk.connectors.rt.incidents import RtIncidents
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef, Ref

FIELDS = {
    "key": "Workplace key",
    "author": "Workplace author",
    "asset": "Asset tag",
    "place": "Location",
    "category": "Subject area",
    "kind": "Kind",
    "impact": "Impact",
    "since": "Since",
    "contact": "Contact",
    "major": "Major disruption",
    "resolution": "Resolution",
    "next_update_by": "More by",
}
SETTINGS: dict[str, Any] = {
    "queues": ["Facilities", "ICT"],
    "person": "login",
    "fields": FIELDS,
    "statuses": {
        "new": "new",
        "open": "open",
        "question asked": "waiting_for_requester",
        "waiting for parts": "waiting_for_supplier",
        "stalled": "on_hold",
        "resolved": "resolved",
        "closed": "closed",
        "rejected": "cancelled",
        "deleted": "cancelled",
    },
    "kinds": {"incident": "Malfunction", "request": "Request", "question": "Question", "complaint": "Complaint"},
    "impacts": {"me": "One person", "several": "Department", "department": "Department", "organisation": "Everybody"},
    "assets": {
        "catalogs": ["Equipment"],
        "kind": "Device",
        "serial": "Serial number",
        "place": "Kept at",
        "kinds": {"Laptop": "laptop", "Phone": "phone", "Beamer": "projector"},
    },
}


def settings_of(server: Server, monkeypatch: pytest.MonkeyPatch, account: str = "svc-workplace", **others: Any) -> RtSettings:
    variable = f"RT_TEST_{account.upper().replace('-', '_').replace('.', '_')}"
    monkeypatch.setenv(variable, server.tokens[account])
    auth = {"kind": "bearer", "scheme": "token", "token": {"env": variable}}
    return RtSettings.model_validate({"url": server.url, "auth": auth, **SETTINGS, **others})


@pytest.fixture
def desk(rt: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RtIncidents]]:
    """Makes incidents as someone sees them: ``desk("a.devries")``."""
    opened: list[Rt] = []

    def make(caller: str | None = "a.devries", *, account: str = "svc-workplace", **others: Any) -> RtIncidents:
        surroundings = {"zone": "Europe/Amsterdam"}
        connection = Rt("helpdesk", settings_of(rt, monkeypatch, account, **others), surroundings)
        opened.append(connection)
        return RtIncidents(
            connection, Session(caller=PersonRef(login=caller) if caller else None, time_limit=60, zone="Europe/Amsterdam")
        )

    yield make
    for connection in opened:
        connection.close()


def whatever_its_version(ref: Ref) -> Ref:
    """For a handler who does not mind what happened meanwhile."""
    return ref.model_copy(update={"version": None})
