"""The conformance tests on the local store, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import pytest

from workplace_sdk.conformance import (
    ExpensesConformance,
    ExpertsConformance,
    IncidentsConformance,
    LeaveConformance,
    RoomsConformance,
)
from workplace_sdk.connectors.local.connector import Local, LocalSettings
from workplace_sdk.connectors.local.people_records import add_person
from workplace_sdk.connectors.local.sample import MAIL, ZONE, fill
from workplace_sdk.kernel.operation import Service
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef, Span


class OnLocal:
    """The sample organisation, seen by Bram."""

    kind: str
    damaged = ()  # what answers is our own code in the same process: there is no reply that could be damaged

    @pytest.fixture
    def service(self, database_url: str) -> Iterator[Service]:
        local = Local("main", LocalSettings(url=database_url))
        with local.database.engine().begin() as connection:
            fill(connection, "main", 2026)
            add_person(connection, "main", "Weg Gegaan", login="weg", email=f"weg@{MAIL}", active=False)
        made = local.service_class(self.kind)
        assert made is not None
        now = datetime(2026, 3, 2, 8, tzinfo=UTC)
        yield made(local, Session(caller=PersonRef(login="bram"), now=lambda: now, zone=ZONE))
        local.database.close()


class TestLocalLeave(OnLocal, LeaveConformance):
    kind = "leave"

    @pytest.fixture
    def workday(self) -> date:
        return date(2026, 4, 13)

    @pytest.fixture
    def leave_type(self) -> str:
        return "Vakantie"


class TestLocalExperts(OnLocal, ExpertsConformance):
    kind = "experts"

    @pytest.fixture
    def known(self) -> PersonRef:
        return PersonRef(login="lukasz")

    @pytest.fixture
    def hidden(self) -> PersonRef:
        return PersonRef(login="weg")

    @pytest.fixture
    def topic(self) -> str:
        return "tilhulp"


class TestLocalRooms(OnLocal, RoomsConformance):
    kind = "rooms"

    @pytest.fixture
    def room(self) -> str:
        return "Beuk"

    @pytest.fixture
    def free(self) -> Span:
        return Span.local(date(2026, 3, 12), time(10), time(11), ZONE)


class TestLocalExpenses(OnLocal, ExpensesConformance):
    kind = "expenses"

    @pytest.fixture
    def category(self) -> str:
        return "ov"

    @pytest.fixture
    def day(self) -> date:
        return date(2026, 2, 27)


class TestLocalIncidents(OnLocal, IncidentsConformance):
    kind = "incidents"
