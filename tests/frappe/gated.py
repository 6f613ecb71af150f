"""A whole workplace with Frappe HR in it: with the gate, and a directory of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.frappe.conftest import frappe_as, now, who
from workplace_sdk import Settings, Workplace
from workplace_sdk.testing import sample_workplace

if TYPE_CHECKING:
    import pytest


@contextmanager
def workplace_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    """As someone sees it, with their own key."""
    table = {
        "time_zone": "Europe/Berlin",
        "store": {"url": "sqlite:///:memory:"},
        "connections": {"hr": {"connector": "frappe"}, "main": {"connector": "local"}},
        "services": {"leave": "hr", "expenses": "hr", "experts": "main"},
    }
    with sample_workplace() as sample:
        connectors = {"hr": frappe_as(name, monkeypatch), "main": sample.local}
        with Workplace(Settings.checked(table), now=now, connectors=connectors) as work:
            yield work.as_(who(name))
