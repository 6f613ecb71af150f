"""The answer to a write is lost: look before repeating."""

from datetime import date

from workplace_sdk import OutcomeUnknown
from workplace_sdk.services.leave import LeaveDraft
from workplace_sdk.testing import Fault, sample_workplace

with sample_workplace() as sample:
    sanne = sample.person("sanne")
    sample.fail("leave.submit", Fault.UNANSWERED)
    try:
        sanne.leave.submit(LeaveDraft.between("Vakantie", date(2026, 5, 11)))
    except OutcomeUnknown as error:
        print(error.sentence("en"))
        assert error.key is not None
        found = sanne.leave.submit.reconcile(error.key)
        assert found is not None
        print("it did arrive:", found.ref)
    assert len(list(sanne.leave.requests())) == 1
