"""The connector of docs/plugins/soap.md: as an author would write it, on a real register, through the conformance tests."""

from __future__ import annotations

import itertools
import re
import sys
import tomllib
import types
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.servers.jaxws import LeaveRegister
from tests.soap.conftest import WSDL
from workplace_sdk.conformance import LeaveConformance
from workplace_sdk.kernel.errors import Conflict, NotFound
from workplace_sdk.kernel.operation import Service
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.leave import InsufficientBalance, LeaveDraft, OverlappingLeave
from workplace_sdk.wires.soap.settings import SoapSettings

PAGE = Path(__file__).parent.parent.parent / "docs/plugins/soap.md"
_numbers = itertools.count(300_000)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> types.ModuleType:
    """The module of the page, where conformance can read its source."""
    code = next(
        text for text in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL) if "class Register(" in text
    )
    file = tmp_path_factory.mktemp("page") / "register.py"
    file.write_text(code, "utf-8")
    module = types.ModuleType("register_of_the_page")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module
    exec(compile(code, str(file), "exec"), vars(module))
    return module


@pytest.fixture
def service(
    page: types.ModuleType, register: LeaveRegister, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Leave of someone who has asked for none yet."""
    monkeypatch.setenv("HR_PASSWORD", register.password)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    security = {"user": register.user, "password": {"env": "HR_PASSWORD"}, "digest": True}
    settings = SoapSettings.model_validate({"url": f"{register.url}/leave-user", "wsdl": WSDL, "security": security})
    connector = page.Register("hr", settings)
    caller = PersonRef(employee_number=str(next(_numbers)))
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    yield page.RegisterLeave(connector, Session(caller=caller, now=lambda: now, zone="Europe/Amsterdam"))
    connector.close()


class TestRegister(LeaveConformance):
    @pytest.fixture
    def service(self, service: Service) -> Service:
        return service

    @pytest.fixture
    def secrets(self, register: LeaveRegister) -> tuple[str, ...]:
        return (register.password,)

    @pytest.fixture
    def workday(self) -> date:
        return date(2026, 4, 13)

    @pytest.fixture
    def leave_type(self) -> str:
        return "Annual leave"


def test_the_first_lines_of_the_page_run() -> None:
    first = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]
    names: dict[str, Any] = {}
    exec(compile(first, str(PAGE), "exec"), names)
    assert names["soap"].path == "/services/leave"


def test_the_settings_of_the_page_are_right(register: LeaveRegister, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    own = {name: value for name, value in tomllib.loads(text)["connections"]["hr"].items() if name != "connector"}
    made = SoapSettings.model_validate(own).soap(Path("/etc/hr"))
    assert (made.http.base_url, made.path, made.files.root) == (
        "https://hr.example.org",
        "/services/leave",
        Path("/etc/hr/leave.wsdl"),
    )
    assert made.security is not None
    assert [type(token).__name__ for token in made.security.tokens] == ["Timestamp", "UsernameToken"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"security": {"user": "svc"}},
        {"security": {}},
        {"security": {"user": "svc", "password": {"env": "X"}, "key": "k.pem"}},
        {"version": "2.0"},
        {"soap_action": "urn:{nonsense}"},
        {"wsdl": None},
        {"auth": {"kind": "negotiate", "user": "LAB\\svc"}},
    ],
)
def test_settings_that_are_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SoapSettings.model_validate({"url": "https://hr.example.org/leave", "wsdl": "leave.wsdl", **wrong})


def test_settings_that_are_right() -> None:
    values = {
        "url": "https://hr.example.org/leave",
        "wsdl": "leave.wsdl",
        "soap_action": "urn:example#{operation}",
        "security": {"certificate": "c.pem", "key": "k.pem", "timestamp": 60},
        "auth": {"kind": "negotiate", "user": "LAB\\svc", "password": {"env": "HR_PASSWORD"}, "scheme": "NTLM"},
        "mtom": False,
    }
    made = SoapSettings.model_validate(values).soap()
    assert made.action is not None
    assert made.action("Echo", "urn:other") == "urn:example#Echo"
    assert type(made.http.credentials).__name__ == "Negotiate"


def test_the_registers_refusals_are_those_of_leave(service: Any) -> None:
    first = service.submit(LeaveDraft.between("Annual leave", date(2026, 4, 13)))
    with pytest.raises(OverlappingLeave):
        service.submit(LeaveDraft.between("Annual leave", date(2026, 4, 13)))
    with pytest.raises(InsufficientBalance) as short:
        service.submit(LeaveDraft.between("Annual leave", date(2026, 5, 4), date(2026, 6, 19)))
    assert short.value.short_by is not None
    service.withdraw(first.ref)
    with pytest.raises(Conflict):
        service.withdraw(first.ref)
    with pytest.raises(NotFound):
        service.submit(LeaveDraft.between("Nonsense", date(2026, 4, 14)))


def test_pages_are_fetched_as_they_are_used(service: Any) -> None:
    for day in range(1, 29):
        if date(2026, 9, day).weekday() < 5:
            service.submit(LeaveDraft.between("Special leave", date(2026, 9, day)))
    for day in range(1, 29):
        if date(2026, 10, day).weekday() < 5:
            service.submit(LeaveDraft.between("Special leave", date(2026, 10, day)))
    found = list(service.requests())
    assert len(found) == 40
    assert [one.first_day for one in found] == sorted((one.first_day for one in found), reverse=True)
    assert len(list(service.requests(since=date(2026, 10, 1)))) == 20
