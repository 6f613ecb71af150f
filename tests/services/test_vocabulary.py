"""Every word of ours that an employee may see is there in Dutch."""

from __future__ import annotations

import pkgutil
from enum import StrEnum
from importlib import import_module

import pytest

import workplace_sdk.services as package
from workplace_sdk.services.common import Mapped
from workplace_sdk.services.incidents import Priority
from workplace_sdk.services.leave import LeaveStatus
from workplace_sdk.services.vocabulary import DUTCH, word


def enumerations() -> dict[str, type[StrEnum]]:
    found: dict[str, type[StrEnum]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        for name, value in vars(import_module(f"{package.__name__}.{module.name}")).items():
            if isinstance(value, type) and issubclass(value, StrEnum) and value.__module__.startswith(package.__name__):
                assert found.setdefault(name, value) is value, f"two enumerations are called {name}"
    return found


@pytest.mark.parametrize("kind", enumerations().values(), ids=lambda kind: kind.__name__)
def test_every_member_has_a_word(kind: type[StrEnum]) -> None:
    assert set(DUTCH[kind.__name__]) == {member.value for member in kind}
    for member in kind:
        assert word(member, "nl").strip()
        assert "_" not in word(member, "en")


def test_nothing_else_has_one() -> None:
    assert set(DUTCH) <= set(enumerations())


def test_a_word() -> None:
    assert word(LeaveStatus.PARTLY_APPROVED, "nl") == "deels goedgekeurd"
    assert word(LeaveStatus.PARTLY_APPROVED) == "partly approved"
    assert word(Mapped[LeaveStatus](value=LeaveStatus.APPROVED, source="Genehmigt"), "nl-NL") == "goedgekeurd"
    assert word(Mapped[LeaveStatus](value=LeaveStatus.UNMAPPED, source="Genehmigt"), "nl") == "Genehmigt"
    assert word(Mapped[Priority](value=Priority.P1)) == "P1"
