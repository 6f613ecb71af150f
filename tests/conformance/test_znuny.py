"""The conformance tests on a running Znuny, by SOAP and by REST."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.servers.znuny import Znuny as Server
from tests.znuny.conftest import desk  # noqa: F401 - a fixture
from workplace_sdk.conformance import IncidentsConformance
from workplace_sdk.connectors.znuny.incidents import ZnunyIncidents


class TestZnunyBySoap(IncidentsConformance):
    flavour = "soap"

    @pytest.fixture
    def service(self, desk: Callable[..., ZnunyIncidents]) -> ZnunyIncidents:  # noqa: F811
        return desk("a.devries", self.flavour)

    @pytest.fixture
    def handler(self, desk: Callable[..., ZnunyIncidents]) -> ZnunyIncidents:  # noqa: F811
        return desk("fac.agent", self.flavour)

    @pytest.fixture
    def category(self) -> str:
        return "ICT / Mail"

    @pytest.fixture
    def asset(self) -> str:
        return "LT-10021"

    @pytest.fixture
    def secrets(self, znuny: Server) -> tuple[str, ...]:
        return (znuny.password,)


class TestZnunyByRest(TestZnunyBySoap):
    flavour = "rest"
