"""The sample organisation in a store, made once and copied for each test."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.servers.postgres import Postgres
from workplace_sdk.connectors.local import expenses_setup, rooms_setup
from workplace_sdk.connectors.local.connector import Local, LocalSettings
from workplace_sdk.connectors.local.people_records import add_person
from workplace_sdk.connectors.local.sample import MAIL, fill
from workplace_sdk.services.common import Money
from workplace_sdk.services.expenses import LineKind, PerDiemRate
from workplace_sdk.services.rooms import Layout


def filled(url: str) -> None:
    local = Local("main", LocalSettings(url=url))
    with local.database.engine().begin() as connection:
        fill(connection, "main", 2026)
        add_person(connection, "main", "Weg Gegaan", login="weg", email=f"weg@{MAIL}", active=False)
        rooms_setup.add_room(connection, "Zaal", 1, capacity=8, layouts={Layout.U_SHAPE: 8})
        expenses_setup.add_category(connection, "dag", "Dagen weg", kind=LineKind.PER_DIEM)
        day = Money.of("59.00", "EUR")
        expenses_setup.add_per_diem_rate(connection, PerDiemRate(country="NL", first=date(2026, 1, 1), day=day))
    local.database.close()


@pytest.fixture(scope="module")
def filled_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to copy for each test."""
    path = tmp_path_factory.mktemp("filled") / "filled.db"
    filled(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def filled_postgresql(postgres_server: Postgres) -> str:
    """A database to copy for each test."""
    url = postgres_server.database()
    filled(url)
    return url
