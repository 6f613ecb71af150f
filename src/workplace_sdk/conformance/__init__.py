"""The tests that a connector's author inherits: one class per service.

    from workplace_sdk.conformance import LeaveConformance

    class TestAcmeLeave(LeaveConformance):
        @pytest.fixture
        def service(self):                 # for an employee of a tenant that may be written to
            return AcmeLeave(Acme("acme", settings), Session(caller=...))

What a connector does not declare is not exercised, but for this: it has to be refused, and nothing may be sent.
A failing message says what to do.
"""

from __future__ import annotations

from workplace_sdk.conformance.expenses import ExpensesConformance
from workplace_sdk.conformance.experts import ExpertsConformance
from workplace_sdk.conformance.incidents import IncidentsConformance
from workplace_sdk.conformance.leave import LeaveConformance
from workplace_sdk.conformance.rooms import RoomsConformance

__all__ = ["ExpensesConformance", "ExpertsConformance", "IncidentsConformance", "LeaveConformance", "RoomsConformance"]
