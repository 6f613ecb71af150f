"""The conformance tests on Radicale, Cyrus and SOGo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from itertools import count

import pytest

from tests.caldav.conftest import NOW, SERVERS, ZONE, Desk, settings_of, started
from tests.servers.calendars import SERVICE, CalendarServer, password_of
from workplace_sdk.conformance import RoomsConformance
from workplace_sdk.connectors.caldav.rooms import CaldavRooms
from workplace_sdk.services.common import Span

_weeks = count(1)


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[CalendarServer]:
    running = started(request.param)
    yield running
    running.stop()


class TestCaldavRooms(RoomsConformance):
    @pytest.fixture
    def desk(self, server: CalendarServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
        made = Desk(server, settings_of(server, monkeypatch))
        yield made
        made.caldav.close()

    @pytest.fixture
    def service(self, desk: Desk) -> CaldavRooms:
        return desk.person(1)

    @pytest.fixture
    def colleague(self, desk: Desk) -> CaldavRooms:
        return desk.person(2)

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return (password_of(SERVICE),)

    @pytest.fixture
    def room(self) -> str:
        return "Zaal 1"

    @pytest.fixture
    def free(self) -> Span:
        """An hour in a week of its own: the tests of a server share its calendars."""
        return Span.local(NOW.date() + timedelta(weeks=next(_weeks)), time(10), time(11), ZONE)
