"""The connector on what a Frappe HR 15 answered once: recordings made by another client, transcribed into cassettes.

In a cassette a comment says of each exchange where it is from. ``follows from`` is one that was not had as it is written, and whose
answer the recordings leave no doubt about. ``Documented:``, in ``recordings/documented`` alone, is one that nobody had: its answer is
made from recorded documents by the arithmetic of Frappe HR's published source. Keys are scrubbed to the name of whose they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.recordings import CONFIG
from workplace_sdk.connectors.frappe import Frappe, FrappeSettings
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef

HERE = Path(__file__).parent / "recordings"
NUMBERS = {"yuki": "HR-EMP-00001", "maria": "HR-EMP-00002", "omar": "HR-EMP-00003", "lena": "HR-EMP-00004"}
SETTINGS: dict[str, Any] = {
    "url": "http://127.0.0.1:8311",
    "claims": {"company": "Lab GmbH", "currency": "EUR", "payable_account": "Creditors - LAB", "cost_center": "Main - LAB"},
}
VAT = {**SETTINGS["claims"], "taxes": {"7": "VAT 7 - LAB", "19.0": "VAT 19 - LAB", "21": "VAT 21 - LAB"}}
"""Claims, and the accounts of three rates."""


def now() -> datetime:
    """The day of the recordings, nine o'clock in Berlin."""
    return datetime(2026, 11, 23, 8, tzinfo=UTC)


def who(name: str) -> PersonRef:
    """Someone of the lab."""
    return PersonRef(employee_number=NUMBERS.get(name), email=f"{name}@lab.example")


def frappe_as(name: str, monkeypatch: pytest.MonkeyPatch, **others: Any) -> Frappe:
    """A connection with the key of someone."""
    monkeypatch.setenv(f"FRAPPE_TEST_{name.upper()}", f"{name}:scrubbed")
    auth = {"kind": "bearer", "scheme": "token", "token": {"env": f"FRAPPE_TEST_{name.upper()}"}}
    return Frappe("hr", FrappeSettings.model_validate({**SETTINGS, "auth": auth, **others}))


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    return CONFIG


@pytest.fixture
def vcr_cassette_dir() -> str:
    return str(HERE)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Makes a service as someone sees it: ``seen("leave", "omar")``; with the key of another account: ``account="yuki"``."""
    opened: list[Frappe] = []

    def make(service: str, name: str, *, account: str | None = None, **others: Any) -> Any:
        connection = frappe_as(account or name, monkeypatch, **others)
        opened.append(connection)
        kind = connection.service_class(service)
        assert kind is not None
        return kind(connection, Session(caller=who(name), now=now, zone="Europe/Berlin", time_limit=20))

    yield make
    for connection in opened:
        connection.close()
