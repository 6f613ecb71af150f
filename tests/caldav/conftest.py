"""The three calendar servers, and services of the connector on them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.servers import cyrus, radicale, sogo
from tests.servers.calendars import DOMAIN, SERVICE, CalendarServer, password_of
from workplace_sdk.connectors.caldav import Caldav, CaldavSettings
from workplace_sdk.connectors.caldav.rooms import CaldavRooms
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef

ZONE = "Europe/Amsterdam"
NOW = datetime(2027, 3, 1, 7, tzinfo=UTC)
"""Servers invite to what is to come: it is 2027 for who calls."""
SERVERS = {"radicale": (radicale, radicale.Radicale), "cyrus": (cyrus, cyrus.Cyrus), "sogo": (sogo, sogo.Sogo)}


def started(name: str) -> CalendarServer:
    """A server of its own, or a skipped test that says why not."""
    module, kind = SERVERS[name]
    if reason := module.unavailable():
        pytest.skip(reason)
    server: CalendarServer = kind()
    return server


def settings_of(server: CalendarServer, monkeypatch: pytest.MonkeyPatch, **others: Any) -> CaldavSettings:
    """Six rooms, one of which needs approval, and a projector."""
    monkeypatch.setenv("CALENDAR_PASSWORD", password_of(SERVICE))
    rooms: list[dict[str, Any]] = [
        {
            "login": f"zaal-{number:02d}",
            "name": f"Zaal {number}",
            "site": "Utrecht",
            "capacity": 4 + 2 * number,
            "features": ["projector"],
        }
        for number in range(1, 6)
    ]
    rooms.append(
        {
            "login": "zaal-06",
            "name": "Bestuurskamer",
            "site": "Utrecht",
            "capacity": 20,
            "bookability": "approval",
            "approver": "login:u0000009",
        }
    )
    values: dict[str, Any] = {
        "url": server.url,
        "profile": server.profile,
        "domain": DOMAIN,
        "calendar": server.calendar("{login}"),
        "auth": {"kind": "basic", "user": SERVICE, "password": {"env": "CALENDAR_PASSWORD"}},
        "rooms": rooms,
        "equipment": [{"login": "beamer-01", "name": "Beamer", "site": "Utrecht"}],
        "orders_url": "https://facilities.example.org/orders",
        **others,
    }
    return CaldavSettings.model_validate(values)


class Desk:
    """The connector on one server, and services for people."""

    def __init__(self, server: CalendarServer, settings: CaldavSettings) -> None:
        self.server = server
        self.caldav = Caldav("calendar", settings)
        self.now = NOW

    def person(self, number: int, **others: Any) -> CaldavRooms:
        caller = PersonRef(login=f"u{number:07d}", email=f"u{number:07d}@{DOMAIN}")
        return CaldavRooms(self.caldav, Session(caller=caller, now=lambda: self.now, zone=ZONE, **others))


@pytest.fixture(scope="session", params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[CalendarServer]:
    """Each of the servers; tests share it, each in hours or calendars of its own."""
    running = started(request.param)
    yield running
    running.stop()


@pytest.fixture
def desk(server: CalendarServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(server, settings_of(server, monkeypatch))
    yield made
    made.caldav.close()
