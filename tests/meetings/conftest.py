"""One office, on SQLite and on PostgreSQL, and a mail server that others wrote."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.meetings import office
from tests.servers import mail
from tests.servers.certificates import Certificates
from tests.servers.mail import PASSWORD, MailServer
from tests.servers.postgres import Postgres
from workplace_sdk.workplace import Workplace


@pytest.fixture
def post(certificates: Certificates, monkeypatch) -> Iterator[MailServer]:
    if reason := mail.unavailable():
        pytest.skip(reason)
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    server = MailServer(certificates)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both stores of the office, filled, to be copied."""
    folder = tmp_path_factory.mktemp("furnished")
    office.furnish(f"sqlite:///{folder}/main.db", folder)
    return folder


@pytest.fixture(scope="session")
def furnished_postgres(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The main store on PostgreSQL, filled, to be copied."""
    url = postgres_server.database()
    office.furnish(url, tmp_path_factory.mktemp("beside"))
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def furnished_url(request: pytest.FixtureRequest, furnished: Path, tmp_path: Path) -> Iterator[str]:
    """The main store of an office of its own; the facility system's is beside it."""
    shutil.copy(furnished / "facility.db", tmp_path)
    if request.param == "sqlite":
        shutil.copy(furnished / "main.db", tmp_path)
        yield f"sqlite:///{tmp_path}/main.db"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    with server.lent(request.getfixturevalue("furnished_postgres")) as url:
        yield url


@pytest.fixture
def open_office(post: MailServer, certificates: Certificates, furnished_url: str, tmp_path: Path):
    """Opens the office with these ``[meetings.orders]``, and other settings of meetings."""
    made: list[Workplace] = []

    def opened(*, meetings: dict[str, Any] | None = None, now: datetime = office.NOW, **orders: Any) -> Workplace:
        settings = office.tables(tmp_path, furnished_url, post.port, certificates.ca, **orders)
        settings["meetings"] |= meetings or {}
        made.append(office.opened(settings, now=now))
        return made[-1]

    yield opened
    for work in made:
        work.close()
