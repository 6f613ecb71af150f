"""The conformance tests on a real OpenLDAP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ldap.conftest import settings_of
from tests.people import people
from tests.servers import slapd as slapd_server
from workplace_sdk.conformance import ExpertsConformance
from workplace_sdk.connectors.ldap import Ldap
from workplace_sdk.connectors.ldap.experts import LdapExperts
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef


@pytest.fixture(scope="module")
def directory_server() -> Iterator[slapd_server.Slapd]:
    if reason := slapd_server.unavailable():
        pytest.skip(reason)
    server = slapd_server.Slapd(200)
    yield server
    server.stop()


class TestLdapExperts(ExpertsConformance):
    @pytest.fixture
    def service(self, directory_server: slapd_server.Slapd, monkeypatch: pytest.MonkeyPatch) -> Iterator[LdapExperts]:
        ldap = Ldap("directory", settings_of(directory_server, monkeypatch, "writer"))
        yield LdapExperts(ldap, Session(caller=PersonRef(login="u0000005")))
        ldap.close()

    @pytest.fixture
    def secrets(self, directory_server: slapd_server.Slapd) -> tuple[str, ...]:
        return (directory_server.account("writer")[1],)

    @pytest.fixture
    def known(self) -> PersonRef:
        return PersonRef(login="u0000013")

    @pytest.fixture
    def named(self) -> tuple[PersonRef, str]:
        person = next(one for one in people(200) if one.active and not one.name.isascii())
        return PersonRef(login=person.attributes["uid"][0]), person.name

    @pytest.fixture
    def hidden(self) -> PersonRef:
        return PersonRef(login="u0000011")

    @pytest.fixture
    def responsibility(self, service: LdapExperts, known: PersonRef) -> str:
        return service.get(known).responsibilities[0]

    @pytest.fixture
    def group(self) -> str:
        return "dept-0000"

    @pytest.fixture
    def topic(self, service: LdapExperts, known: PersonRef) -> str:
        return service.get(known).topics[0].name
