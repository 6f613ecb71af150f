"""A whole workplace with Frappe HR in it: with the gate, and a directory that knows who reports to whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.frappe.conftest import SETTINGS, now, who
from workplace_sdk import Workplace
from workplace_sdk.settings import Settings


@contextmanager
def workplace_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    """As someone sees it, with their own key."""
    monkeypatch.setenv("FRAPPE_TEST_KEY", f"{name}:scrubbed")
    auth = {"kind": "bearer", "scheme": "token", "token": {"env": "FRAPPE_TEST_KEY"}}
    table = {"connector": "frappe", **SETTINGS, "auth": auth}
    settings = Settings.checked({"zone": "Europe/Berlin", "leave": "hr", "connections": {"hr": table}})
    with Workplace(settings, now=now) as work:
        yield work.as_(who(name))
