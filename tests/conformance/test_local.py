"""The conformance tests on the local store, on SQLite and PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
import sqlalchemy as sa
from attrs import evolve

from workplace_sdk.conformance import (
    ExpensesConformance,
    ExpertsConformance,
    IncidentsConformance,
    LeaveConformance,
    RoomsConformance,
)
from workplace_sdk.connectors.local.connector import Local, LocalSettings
from workplace_sdk.connectors.local.expenses_setup import add_card_transaction
from workplace_sdk.connectors.local.sample import ZONE
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.operation import Service
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import Money, PersonRef, Ref, Span
from workplace_sdk.services.rooms import Layout


class OnLocal:
    """The sample organisation, seen by Bram."""

    kind: str
    damaged = ()  # what answers is our own code in the same process: there is no reply that could be damaged

    @pytest.fixture(params=["sqlite", "postgresql"])
    def service(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
        filled, lent = request.getfixturevalue(f"filled_{request.param}"), ExitStack()
        if request.param == "sqlite":
            shutil.copy(filled, tmp_path / "store.db")
            url = f"sqlite:///{tmp_path / 'store.db'}"
        else:
            url = lent.enter_context(request.getfixturevalue("postgres_server").lent(filled))
        local = Local("main", LocalSettings(url=url))
        made = local.service_class(self.kind)
        assert made is not None
        now = datetime(2026, 3, 2, 8, tzinfo=UTC)
        yield made(local, Session(caller=PersonRef(login="bram"), now=lambda: now, zone=ZONE))
        local.database.close()
        lent.close()

    def _as(self, service: Service, login: str) -> Service:
        return type(service)(service.connection, evolve(service.session, caller=PersonRef(login=login)))

    @pytest.fixture
    def approver(self, service: Service) -> Service:
        return self._as(service, "femke")


class TestLocalLeave(OnLocal, LeaveConformance):
    kind = "leave"

    @pytest.fixture
    def workday(self) -> date:
        return date(2026, 4, 13)

    @pytest.fixture
    def leave_type(self) -> str:
        return "Vakantie"

    @pytest.fixture
    def substitute(self) -> PersonRef:
        return PersonRef(login="wouter")


class TestLocalExperts(OnLocal, ExpertsConformance):
    kind = "experts"

    @pytest.fixture
    def known(self) -> PersonRef:
        return PersonRef(login="lukasz")

    @pytest.fixture
    def named(self) -> tuple[PersonRef, str]:
        return PersonRef(login="lukasz"), "Łukasz Wiśniewski"

    @pytest.fixture
    def hidden(self) -> PersonRef:
        return PersonRef(login="weg")

    @pytest.fixture
    def topic(self) -> str:
        return "tilhulp"

    @pytest.fixture
    def responsibility(self, service: Service, known: PersonRef) -> str:
        with service.connection.database.engine().begin() as connection:  # type: ignore[attr-defined]  # of local
            connection.execute(people.update().where(people.c.login == "lukasz").values(responsibilities=["BHV"]))
        return "BHV"


class TestLocalRooms(OnLocal, RoomsConformance):
    kind = "rooms"

    @pytest.fixture
    def room(self) -> str:
        return "Zaal"

    @pytest.fixture
    def layout(self) -> Layout:
        return Layout.U_SHAPE

    @pytest.fixture
    def free(self) -> Span:
        return Span.local(date(2026, 3, 12), time(10), time(11), ZONE)

    @pytest.fixture
    def colleague(self, service: Service) -> Service:
        return self._as(service, "wouter")

    @pytest.fixture
    def approver(self, service: Service) -> Service:
        return self._as(service, "ingrid")

    @pytest.fixture
    def approval_room(self) -> str:
        return "Bestuurskamer"

    @pytest.fixture
    def another_room(self) -> str:
        return "Eik"

    @pytest.fixture
    def item(self) -> str:
        return "Projector"


class TestLocalExpenses(OnLocal, ExpensesConformance):
    kind = "expenses"

    @pytest.fixture
    def category(self) -> str:
        return "ov"

    @pytest.fixture
    def day(self) -> date:
        return date(2026, 2, 27)

    @pytest.fixture
    def mileage(self) -> str:
        return "km"

    @pytest.fixture
    def per_diem(self) -> str:
        return "dag"

    @pytest.fixture
    def cost_centre(self) -> str:
        return "4711"

    @pytest.fixture
    def card_transaction(self, service: Service, day: date) -> Ref:
        with service.connection.database.engine().begin() as connection:  # type: ignore[attr-defined]  # of local
            bram = connection.execute(sa.select(people.c.id).where(people.c.login == "bram")).scalar_one()
            number = add_card_transaction(connection, bram, day, Money.of("12.34", "EUR"))
        return Ref(connection="main", kind="card_transaction", id=str(number))

    @pytest.fixture
    def payer(self, service: Service) -> Service:
        return self._as(service, "aisha")


class TestLocalIncidents(OnLocal, IncidentsConformance):
    kind = "incidents"

    @pytest.fixture
    def category(self) -> str:
        return "ICT / Printers"

    @pytest.fixture
    def asset(self) -> str:
        return "PR-3B"

    @pytest.fixture
    def handler(self, service: Service) -> Service:
        return self._as(service, "wouter")
