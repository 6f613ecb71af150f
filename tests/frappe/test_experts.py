"""Colleagues, and what they know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from workplace_sdk.connectors.frappe import base
from workplace_sdk.connectors.frappe.connector import asked
from workplace_sdk.connectors.frappe.experts import _level
from workplace_sdk.connectors.frappe.records import EmployeeRow
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.errors import InvalidInput, NotFound, NotSupported, Unauthorized
from workplace_sdk.kernel.session import Call
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import ExpertQuery

OMAR = PersonRef(employee_number="HR-EMP-00003")


@pytest.mark.default_cassette("experts/by_name")
@pytest.mark.vcr
def test_by_a_part_of_a_name(seen: Callable[..., Any]) -> None:
    found = seen("experts", "yuki").find(ExpertQuery(text="ar", limit=2))
    assert [(one.expert.name, one.expert.job_title) for one in found] == [
        ("Maria Keller", "Head of Engineering"),
        ("Omar Haddad", "Software Engineer"),
    ]
    assert [str(reason) for reason in found[1].reasons] == ["name: Omar Haddad"]


@pytest.mark.default_cassette("experts/by_skill")
@pytest.mark.vcr
def test_who_knows_python_the_best_of_them_too(seen: Callable[..., Any]) -> None:
    service = seen("experts", "yuki", account="administrator")
    found = service.find(ExpertQuery(topics=("Python",)))
    assert {one.expert.name: one.expert.topics[0].level for one in found} == {
        "Omar Haddad": 5,
        "Maria Keller": 3,
        "Lena Vogt": 2,
    }


@pytest.mark.default_cassette("experts/get")
@pytest.mark.vcr
@pytest.mark.parametrize("person", [OMAR, PersonRef(email="omar@lab.example")])
def test_a_profile_with_skills(seen: Callable[..., Any], person: PersonRef) -> None:
    found = seen("experts", "yuki", account="administrator").get(person)
    assert [(one.name, one.level, one.confirmed_on) for one in found.topics] == [
        ("Python", 5, date(2026, 1, 10)),
        ("Kubernetes", 4, date(2026, 1, 10)),
    ]
    assert (found.organisation, found.manager.employee_number) == (("Research & Development",), "HR-EMP-00002")
    assert [(str(one.channel), one.address) for one in found.reach] == [
        ("email", "omar@lab.example"),
        ("mobile", "+49 30 5550002"),
    ]


@pytest.mark.default_cassette("experts/denied")
@pytest.mark.vcr
def test_hr_may_not_read_skills(seen: Callable[..., Any]) -> None:
    service = seen("experts", "yuki")
    assert service.get(OMAR).topics == ()
    with pytest.raises(Unauthorized):
        service.find(ExpertQuery(topics=("Python",)))


@pytest.mark.default_cassette("experts/manager")
@pytest.mark.vcr
def test_the_manager(seen: Callable[..., Any]) -> None:
    found = seen("experts", "yuki").manager(OMAR)
    assert (found.name, found.person.email) == ("Maria Keller", "maria@lab.example")


@pytest.mark.default_cassette("experts/page")
@pytest.mark.vcr
def test_the_next_page_is_asked_for_by_its_start(seen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """With pages of two, as the recording has them; the first page is what the other recordings of lists are."""
    monkeypatch.setattr(base, "PAGE", 2)
    service = seen("experts", "yuki")
    steps = service.some("Employee", EmployeeRow, asked(("name", "employee_name")), 2)
    rows = run(steps, Call(session=service.session, name="t"))
    assert [row.employee_name for row in rows] == ["Omar Haddad", "Lena Vogt"]


def test_what_is_not_looked_for(seen: Callable[..., Any]) -> None:
    service = seen("experts", "yuki")
    with pytest.raises(InvalidInput):
        service.find(ExpertQuery(text="!?"))
    with pytest.raises(NotFound):
        service.get(PersonRef(login="nobody"))
    with pytest.raises(NotSupported, match="site"):
        service.find(ExpertQuery(text="ar", site="Berlin"))


@pytest.mark.parametrize(
    ("proficiency", "level"),
    [(None, None), ("0", None), ("0.1", 1), ("0.2", 1), ("0.4", 2), ("0.5", 3), ("0.8", 4), ("1", 5), ("1.2", 5)],
)
def test_levels(proficiency: str | None, level: int | None) -> None:
    assert _level(None if proficiency is None else Decimal(proficiency)) == level
