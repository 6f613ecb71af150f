"""The conformance tests on a running Redmine: where it sees the person, and where it sees an account of ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.redmine.conftest import desk  # noqa: F401 - a fixture
from tests.servers.redmine import Redmine as Server
from workplace_sdk.conformance import IncidentsConformance
from workplace_sdk.connectors.redmine.incidents import RedmineIncidents
from workplace_sdk.services.incidents import Place


class TestRedmineAsPerson(IncidentsConformance):
    @pytest.fixture
    def service(self, desk: Callable[..., RedmineIncidents]) -> RedmineIncidents:  # noqa: F811
        return desk("a.devries")

    @pytest.fixture
    def handler(self, desk: Callable[..., RedmineIncidents]) -> RedmineIncidents:  # noqa: F811
        return desk("fac.agent")

    @pytest.fixture
    def category(self) -> str:
        return "ICT"

    @pytest.fixture
    def asset(self) -> str:
        return "BM-00007"

    @pytest.fixture
    def place(self) -> Place:
        return Place(site="HQ", floor="3", room="3.07")

    @pytest.fixture
    def secrets(self, redmine: Server) -> tuple[str, ...]:
        return tuple(redmine.keys.values())


class TestRedmineAsService(IncidentsConformance):
    """With the key of an account that is no administrator."""

    @pytest.fixture
    def service(self, desk: Callable[..., RedmineIncidents]) -> RedmineIncidents:  # noqa: F811
        return desk("a.devries", account="svc-plain", acts_as="service")

    @pytest.fixture
    def handler(self, service: RedmineIncidents) -> RedmineIncidents:
        return service

    @pytest.fixture
    def category(self) -> str:
        return "ICT"

    @pytest.fixture
    def asset(self) -> str:
        return "BM-00007"

    @pytest.fixture
    def place(self) -> Place:
        return Place(site="HQ", floor="3", room="3.07")

    @pytest.fixture
    def secrets(self, redmine: Server) -> tuple[str, ...]:
        return tuple(redmine.keys.values())
