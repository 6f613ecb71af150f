"""The connector on a running Redmine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers.redmine import Redmine as Server
from workplace_sdk.connectors.redmine import Redmine, RedmineSettings
from workplace_sdk.connectors.redmine.incidents import RedmineIncidents
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef, Ref

ZONE = "Europe/Amsterdam"
FIELDS = {
    "key": "Workplace key",
    "asset": "Asset tag",
    "place": "Location",
    "impact": "Impact",
    "since": "Since",
    "contact": "Contact",
    "major": "Major disruption",
    "resolution": "Resolution",
    "next_update_by": "More by",
    "requester": "Requester",
}
SETTINGS: dict[str, Any] = {
    "projects": ["facilities", "ict"],
    "fields": FIELDS,
    "impacts": {"me": "One person", "several": "Department", "department": "Department", "organisation": "Everybody"},
}


def settings_of(
    server: Server, monkeypatch: pytest.MonkeyPatch, account: str = "svc-workplace", **others: Any
) -> RedmineSettings:
    variable = f"REDMINE_TEST_{account.upper().replace('-', '_').replace('.', '_')}"
    monkeypatch.setenv(variable, server.keys[account])
    auth = {"kind": "header", "name": "X-Redmine-API-Key", "value": {"env": variable}}
    return RedmineSettings.model_validate({"url": server.url, "auth": auth, **SETTINGS, **others})


@pytest.fixture
def desk(redmine: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RedmineIncidents]]:
    """Makes incidents as someone sees them: ``desk("a.devries")``."""
    opened: list[Redmine] = []

    def make(
        caller: str | None = "a.devries", *, account: str = "svc-workplace", acts_as: str = "person", **others: Any
    ) -> RedmineIncidents:
        connection = Redmine("helpdesk", settings_of(redmine, monkeypatch, account, **others))
        connection.acts_as = acts_as
        opened.append(connection)
        who = PersonRef(login=caller) if caller else None
        return RedmineIncidents(connection, Session(caller=who, time_limit=60, zone=ZONE))

    yield make
    for connection in opened:
        connection.close()


def whatever_its_version(ref: Ref) -> Ref:
    """For a handler who does not mind what happened meanwhile."""
    return ref.model_copy(update={"version": None})
