"""The conformance tests on a running Request Tracker."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.rt.conftest import desk  # noqa: F401 - a fixture
from tests.servers.rt import Rt as Server
from workplace_sdk.conformance import IncidentsConformance
from workplace_sdk.connectors.rt.incidents import RtIncidents


class TestRtIncidents(IncidentsConformance):
    @pytest.fixture
    def service(self, desk: Callable[..., RtIncidents]) -> RtIncidents:  # noqa: F811
        return desk("a.devries")

    @pytest.fixture
    def handler(self, desk: Callable[..., RtIncidents]) -> RtIncidents:  # noqa: F811
        return desk("fac.agent")

    @pytest.fixture
    def secrets(self, rt: Server) -> tuple[str, ...]:
        return tuple(rt.tokens.values())
