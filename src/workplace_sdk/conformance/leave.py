"""Leave, as every connector has to do it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from workplace_sdk.conformance.base import DIFFICULT, ServiceConformance, needs
from workplace_sdk.kernel.errors import InvalidInput, NotFound, NotSupported, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import Ref, Upload
from workplace_sdk.services.leave import LeaveDraft, LeaveService, LeaveStatus


class LeaveConformance(ServiceConformance):
    """Give ``service``, and ``workday``: a working day with enough leave for it and the ten days after it."""

    @pytest.fixture
    def workday(self) -> date:
        """A Monday that is a working day, followed by ten days, with leave to spare and none asked for."""
        raise NotImplementedError("override the fixture 'workday' in your test class: a working Monday with leave to spare")

    @pytest.fixture
    def leave_type(self) -> str | Ref:
        """The kind of leave that is asked for."""
        raise NotImplementedError("override the fixture 'leave_type' in your test class: the name of a leave type")

    def examples(self, service: Any) -> Mapping[str, Mapping[str, Any]]:
        year = service.session.today().year
        return {"types": {}, "balances": {}, "schedule": {}, "holidays": {"year": year}, "requests": {}}

    def test_what_is_asked_for_is_found_again(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit", "get")
        made = service.submit(LeaveDraft.between(leave_type, workday))
        assert made.status in (LeaveStatus.SUBMITTED, LeaveStatus.APPROVED), "a new request is submitted, or approved at once"
        assert made.total.value > 0, "a working day costs something: fill in what each day is charged"
        assert service.get(made.ref) == made, "get() gives what submit() returned"
        if isinstance(service.requests.support, Native):
            assert made.ref in [one.ref for one in service.requests()], "requests() has the new request"

    def test_a_repeat_with_the_same_key(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit")
        if service.submit.safety is not Safety.KEYED:
            pytest.skip("submit is not KEYED: a repeat is not promised to be harmless")
        key, draft = new_key(), LeaveDraft.between(leave_type, workday)
        first = service.submit(draft, key=key)
        assert service.submit(draft, key=key).ref == first.ref, "KEYED means: the same key never asks twice"
        assert service.submit.reconcile(key) == first

    def test_both_colours_write(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit")
        one = service.submit(LeaveDraft.between(leave_type, workday), key=new_key())
        other = asyncio.run(service.submit.aio(LeaveDraft.between(leave_type, workday + timedelta(days=1)), key=new_key()))
        assert type(one) is type(other)
        assert one.ref != other.ref

    def test_half_days_are_kept_or_refused(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit")
        draft = LeaveDraft.between(leave_type, workday, first_portion=Portion.AM)
        support = service.submit.support
        if isinstance(support, Native) and "half_days" in support.without:
            with pytest.raises(NotSupported):
                service.submit(draft)
            return
        whole = service.submit(LeaveDraft.between(leave_type, workday + timedelta(days=1)))
        assert service.submit(draft).total.value < whole.total.value, (
            "half a day costs less than a whole one: do not round it away"
        )

    def test_limits_at_their_edge(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit")
        support = service.submit.support
        most = int(support.limits.get("attachment_bytes", 0)) if isinstance(support, Native) else 0
        if not most or "attachments" in getattr(support, "without", ()):
            pytest.skip("submit declares no limit for attachments")
        draft = LeaveDraft.between(leave_type, workday, attachments=(Upload(name="a", content=bytes(most + 1)),))
        with pytest.raises(InvalidInput) as refused:
            service.submit(draft)
        assert refused.value.field == "attachment_bytes"
        service.submit(draft.model_copy(update={"attachments": (Upload(name="a", content=bytes(most)),)}))

    def test_texts_survive(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit", "get")
        support = service.submit.support
        if isinstance(support, Native) and "reason" in support.without:
            pytest.skip("submit takes no reason")
        made = service.submit(LeaveDraft.between(leave_type, workday, reason=DIFFICULT))
        assert service.get(made.ref).reason == DIFFICULT, "the reason came back changed: look at the encoding, and at HTML"

    def test_taking_it_back(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit", "withdraw")
        made = service.submit(LeaveDraft.between(leave_type, workday))
        if made.status != LeaveStatus.SUBMITTED:
            pytest.skip("requests are approved at once here")
        assert service.withdraw(made.ref).status == LeaveStatus.WITHDRAWN
        with pytest.raises(Rejected):
            service.withdraw(made.ref)

    def test_nothing_is_charged_for_a_free_day(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit")
        with pytest.raises(Rejected):
            service.submit(LeaveDraft.between(leave_type, workday + timedelta(days=5), workday + timedelta(days=6)))

    def test_what_is_not_there(self, service: LeaveService) -> None:
        needs(service, "get")
        with pytest.raises(NotFound):
            service.get(Ref(connection=service.connection_name, kind="leave", id="999999999"))
        with pytest.raises(NotFound):
            service.get(Ref(connection="elsewhere", kind="leave", id="1"))
