"""The conformance tests on a running Request Tracker."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.rt.conftest import desk  # noqa: F401 - a fixture
from tests.servers.rt import Rt as Server
from workplace_sdk.conformance import IncidentsConformance
from workplace_sdk.connectors.rt.incidents import RtIncidents
from workplace_sdk.services.incidents import Place


class TestRtIncidents(IncidentsConformance):
    @pytest.fixture
    def service(self, desk: Callable[..., RtIncidents]) -> RtIncidents:  # noqa: F811
        return desk("a.devries")

    @pytest.fixture
    def handler(self, desk: Callable[..., RtIncidents]) -> RtIncidents:  # noqa: F811
        return desk("fac.agent")

    @pytest.fixture
    def category(self) -> str:
        return "ICT / Mail"

    @pytest.fixture
    def asset(self) -> str:
        return "BM-00007"

    @pytest.fixture
    def place(self) -> Place:
        return Place(site="HQ", floor="3", room="3.07")

    @pytest.fixture
    def secrets(self, rt: Server) -> tuple[str, ...]:
        return tuple(rt.tokens.values())
