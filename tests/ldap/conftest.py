"""The connector on a real OpenLDAP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers import slapd as slapd_server
from tests.servers.slapd import Slapd
from workplace_sdk.connectors.ldap import Ldap, LdapSettings
from workplace_sdk.connectors.ldap.experts import LdapExperts
from workplace_sdk.kernel.drivers import run, run_pages
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.services.common import PersonRef
from workplace_sdk.wires.ldap.filters import present
from workplace_sdk.wires.ldap.opening import Target
from workplace_sdk.wires.ldap.paging import paged
from workplace_sdk.wires.ldap.search import LdapSearch
from workplace_sdk.wires.ldap.server import Server

ATTRIBUTES = {"topics": "labSkill", "responsibilities": "employeeType"}


@pytest.fixture
def own_slapd() -> Iterator[Slapd]:
    """A server of the test's own, to be stopped and changed."""
    if reason := slapd_server.unavailable():
        pytest.skip(reason)
    server = Slapd(200)
    yield server
    server.stop()


def settings_of(server: Slapd, monkeypatch: pytest.MonkeyPatch, account: str = "reader", **others: Any) -> LdapSettings:
    bind_dn, password = server.account(account)
    monkeypatch.setenv("LDAP_TEST_PASSWORD", password)
    values = {
        "uri": server.uri,
        "base": server.people_base,
        "group_base": f"ou=groups,{server.suffix}",
        "bind_dn": bind_dn,
        "password": {"env": "LDAP_TEST_PASSWORD"},
        "attributes": ATTRIBUTES,
        "disabled": {"labActive": "FALSE"},
    }
    return LdapSettings.model_validate({**values, **others})


@pytest.fixture
def directory(slapd: Slapd, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., LdapExperts]]:
    """Makes the expert directory for an account of the server."""
    opened: list[Ldap] = []

    def make(account: str = "reader", *, server: Slapd | None = None, caller: str = "u0000005", **others: Any) -> LdapExperts:
        surroundings = others.pop("surroundings", None)
        ldap = Ldap("directory", settings_of(server or slapd, monkeypatch, account, **others), surroundings)
        opened.append(ldap)
        return LdapExperts(ldap, Session(caller=PersonRef(login=caller), time_limit=20))

    yield make
    for ldap in opened:
        ldap.close()


def do(effect, seconds: float = 10.0):
    return run(iter(effect), Call(session=Session(time_limit=seconds), name="test"))


def target(server: Slapd, account: str = "reader", **others) -> Target:
    bind_dn, password = server.account(account)
    return Target(**{"uris": (server.uri,), "bind_dn": bind_dn, "password": lambda: password, **others})


def everything(server: Server, base: str, **others) -> LdapSearch:
    return LdapSearch(server, base, present("uid"), ("uid",), **others)


def pages_of(server: Server, base: str, size: int) -> tuple[int, list[str]]:
    """How many came page by page, and why not more."""
    pages = run_pages(paged(everything(server, base), size=size), Call(session=Session(), name="test"))
    count = sum(1 for _ in pages)
    return count, [gap.why for gap in pages.gaps]
