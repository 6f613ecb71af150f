"""Who may do what: oneself, who is above, a role, a delegation on its days, a service account; and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from workplace_sdk import InvalidInput, NotFound, PersonRef, Settings, Unauthorized, Workplace
from workplace_sdk.connectors.local.connector import Local, LocalSettings
from workplace_sdk.services.common import Decision
from workplace_sdk.services.leave import LeaveDraft
from workplace_sdk.testing import Sample

APRIL = date(2026, 4, 20)
SANNE = PersonRef(login="sanne")


def ask(sample: Sample, login: str, day: date = APRIL) -> Any:
    return sample.person(login).leave.submit(LeaveDraft.between("Vakantie", day))


@pytest.fixture
def with_settings(workplace_sample: Sample, tmp_path: Path) -> Iterator[Any]:
    """The sample's people under other settings."""
    made: list[Workplace] = []

    def open_(**content: Any) -> Workplace:
        content = {"store": {"url": f"sqlite:///{tmp_path / f'{len(made)}.db'}"}, **content}
        made.append(
            Workplace(Settings.checked(content), now=workplace_sample.clock, connectors={"main": workplace_sample.local})
        )
        return made[-1]

    yield open_
    for work in made:
        work.close()


def test_oneself_who_is_above_a_role_and_nobody_else(workplace_sample: Sample) -> None:
    sample = workplace_sample
    request = ask(sample, "sanne")
    for login in ("mehmet", "ingrid", "noor"):
        assert sample.person(login).leave.balances(SANNE)
        assert sample.person(login).leave.get(request.ref) == request
    for login in ("joao", "femke", "aisha"):
        with pytest.raises(Unauthorized) as error:
            sample.person(login).leave.balances(SANNE)
        assert login in str(error.value.identity)
        with pytest.raises(Unauthorized):
            sample.person(login).leave.get(request.ref)
    with pytest.raises(Unauthorized):
        sample.person("sanne").leave.decide(request.ref, Decision.APPROVE)
    with pytest.raises(Unauthorized):
        sample.person("joao").leave.submit(LeaveDraft.between("Vakantie", APRIL, person=SANNE))
    assert sample.person("ingrid").leave.decide(request.ref, Decision.APPROVE).status.value == "approved"


@pytest.mark.parametrize("name", ["sanne@delinde.example", "SANNE@delinde.example", "login:sanne", "nr:4003", "Sanne de Boer"])
def test_a_person_is_the_same_by_every_key(workplace_sample: Sample, name: str) -> None:
    request = ask(workplace_sample, "sanne")
    assert workplace_sample.work.as_(name).leave.get(request.ref) == request


@pytest.mark.parametrize(
    ("first", "last", "allowed"),
    [(-9, 0, True), (0, 9, True), (-9, -1, False), (1, 9, False)],
    ids=["last day", "first day", "over", "not yet"],
)
def test_a_delegation_holds_on_its_days(
    workplace_sample: Sample, with_settings: Any, first: int, last: int, *, allowed: bool
) -> None:
    today = workplace_sample.clock.now.date()
    delegation = {
        "person": "login:mehmet",
        "deputy": "login:joao",
        "rights": ["leave.*"],
        "since": today + timedelta(days=first),
        "until": today + timedelta(days=last),
    }
    work = with_settings(delegations=[delegation]).as_("login:joao")
    request = ask(workplace_sample, "sanne")
    if allowed:
        assert work.leave.decide(request.ref, Decision.APPROVE).status.value == "approved"
    else:
        with pytest.raises(Unauthorized):
            work.leave.decide(request.ref, Decision.APPROVE)


def test_a_delegation_gives_no_more_than_its_rights_and_its_person_has(workplace_sample: Sample, with_settings: Any) -> None:
    days = {"since": date(2026, 1, 1), "until": date(2026, 12, 31)}
    delegations = [
        {"person": "login:mehmet", "deputy": "login:joao", "rights": ["leave.read"], **days},
        {"person": "login:joao", "deputy": "login:femke", "rights": ["leave.*"], **days},
    ]
    work = with_settings(delegations=delegations)
    request = ask(workplace_sample, "sanne")
    assert work.as_("login:joao").leave.get(request.ref) == request
    with pytest.raises(Unauthorized):
        work.as_("login:joao").leave.decide(request.ref, Decision.APPROVE)
    with pytest.raises(Unauthorized):
        work.as_("login:joao").leave.balances(PersonRef(login="bram"))  # not below mehmet
    with pytest.raises(Unauthorized):
        work.as_("login:femke").leave.get(request.ref)  # a delegation is not passed on


def test_a_service_account_is_a_caller_and_says_so(workplace_sample: Sample, with_settings: Any) -> None:
    work = with_settings(
        roles={"payroll": {"people": ["service:payroll"], "rights": ["leave.read", "audit.read"]}}, caller="service:payroll"
    )
    assert work.me.group
    assert work.leave.balances(SANNE)
    with pytest.raises(Unauthorized) as error:
        work.leave.submit(LeaveDraft.between("Vakantie", APRIL, person=SANNE))
    assert error.value.identity == "service:payroll"
    assert work.audited()[0].caller == "login:service:payroll"
    for other in ("service:other", "login:payroll"):
        with pytest.raises((Unauthorized, NotFound)):
            work.as_(other).leave.balances(SANNE)


def test_a_role_may_be_for_one_right_or_for_all_of_a_service(workplace_sample: Sample, with_settings: Any) -> None:
    work = with_settings(
        roles={
            "a": {"people": ["login:bram"], "rights": ["leave.read"]},
            "b": {"people": ["login:femke"], "rights": ["leave.*"]},
        }
    )
    request = ask(workplace_sample, "sanne")
    assert work.as_("login:bram").leave.get(request.ref) == request
    with pytest.raises(Unauthorized):
        work.as_("login:bram").leave.decide(request.ref, Decision.APPROVE)
    assert work.as_("login:femke").leave.decide(request.ref, Decision.APPROVE)
    with pytest.raises(Unauthorized):
        work.as_("login:femke").incidents.queue().__next__()


def test_nobody_calls(tmp_path: Path) -> None:
    local = Local("main", LocalSettings(url=f"sqlite:///{tmp_path / 'x.db'}"))
    work = Workplace(Settings.checked({"store": {"url": f"sqlite:///{tmp_path / 'x.db'}"}}), connectors={"main": local})
    with pytest.raises(Unauthorized):
        work.leave.balances()
    with pytest.raises(Unauthorized):
        work.inbox()
    with pytest.raises(InvalidInput):
        _ = work.me
    work.close()
    local.close()


def test_a_view_of_someone_else_shares_everything_but_the_caller(workplace_sample: Sample) -> None:
    sanne, joao = workplace_sample.person("sanne"), workplace_sample.person("joao")
    assert (sanne.me.email, joao.me.email) == ("sanne@delinde.example", "joao@delinde.example")
    assert sanne.connection("main") is joao.connection("main")
    assert sanne.within(5).session.time_limit == 5
    assert sanne.within(5).me == sanne.me
