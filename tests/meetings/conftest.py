"""One office, on SQLite and on PostgreSQL, and a mail server that others wrote."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.meetings import office
from tests.servers import mail
from tests.servers.certificates import Certificates
from tests.servers.mail import PASSWORD, MailServer
from workplace_sdk.workplace import Workplace


@pytest.fixture
def post(certificates: Certificates, monkeypatch) -> Iterator[MailServer]:
    if reason := mail.unavailable():
        pytest.skip(reason)
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    server = MailServer(certificates)
    yield server
    server.stop()


@pytest.fixture
def open_office(post: MailServer, certificates: Certificates, database_url: str, tmp_path: Path):
    """Opens the office with these ``[meetings.orders]``, and other settings of meetings."""
    made: list[Workplace] = []
    filled = False

    def opened(*, meetings: dict[str, Any] | None = None, now: datetime = office.NOW, **orders: Any) -> Workplace:
        nonlocal filled
        settings = office.tables(tmp_path, database_url, post.port, certificates.ca, **orders)
        settings["meetings"] |= meetings or {}
        if not filled:
            office.furnish(settings, tmp_path)
            filled = True
        made.append(office.opened(settings, now=now))
        return made[-1]

    yield opened
    for work in made:
        work.close()
