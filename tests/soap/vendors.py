"""Where the vendors' own WSDLs are, for the tests that need them: they are no part of this repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FILES = {
    "Exchange": "exchange-ews/services.wsdl",
    "Workday Human Resources": "workday/soap/Human_Resources.wsdl",
    "Workday Staffing": "workday/soap/Staffing.wsdl",
    "Workday Absence Management": "workday/soap/Absence_Management.v31.2.rebuilt.wsdl",
    "ServiceNow": "servicenow/incident.rebuilt.wsdl",
    "Mantis": "mantisbt/mantisconnect.wsdl",
    "OTOBO": "otobo-otrs-znuny/GenericTicketConnectorSOAP.wsdl",
    "Znuny": "otobo-otrs-znuny/development-GenericTicketConnectorSOAP.wsdl",
    "AFAS": "afas-profit/afas-soap.rebuilt.wsdl",
    "iTop": "itop/itop.filled.wsdl",
}


def folder() -> Path:
    return Path(os.environ.get("WORKPLACE_SPECS") or ROOT / "../shared/specs")


def wsdl(name: str) -> Path:
    """A vendor's WSDL; the test says that it was not run when it is not there."""
    path = folder() / FILES[name]
    if not path.exists():
        pytest.skip(f"the vendors' interfaces are not here: set WORKPLACE_SPECS ({FILES[name]})")
    return path
