"""Leave, as every connector has to do it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from workplace_sdk.conformance.base import DIFFICULT, ServiceConformance, needs, not_another
from workplace_sdk.conformance.trial import Trial
from workplace_sdk.kernel.errors import NotFound, NotSupported, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import Decision, Ref, Upload
from workplace_sdk.services.leave import LeaveDraft, LeaveRequest, LeaveService, LeaveStatus, SickReport


def _draft(trial: Trial, **others: Any) -> LeaveDraft:
    return LeaveDraft.between(trial["leave_type"], trial["workday"], **others)


def _asked(trial: Trial, **others: Any) -> LeaveRequest:
    made: LeaveRequest = trial.do("submit", _draft(trial, **others))
    return made


def _decided(trial: Trial, made: LeaveRequest, decision: Decision) -> LeaveRequest:
    """*made* as the approver left it, unless it was approved at once."""
    if made.status == LeaveStatus.APPROVED:
        return made
    decided: LeaveRequest = trial.do("decide", made.ref, decision, by=trial.other("approver"))
    return decided


def _one(size: int) -> Upload:
    return Upload(name="a.pdf", content=bytes(size), media_type="application/pdf")


class LeaveConformance(ServiceConformance):
    """Give ``service``, ``leave_type``, ``workday``: a working day with enough leave for it and the ten days after it,
    and ``approver`` where someone decides about requests.
    """

    interface = LeaveService
    edges = {  # noqa: RUF012 - a ClassVar in the base
        ("submit", "attachment_bytes"): lambda trial, size: {"draft": _draft(trial, attachments=(_one(size),))},
        ("submit", "reason_length"): lambda trial, size: {"draft": _draft(trial, reason="x" * size)},
        ("submit", "days"): lambda trial, size: {
            "draft": LeaveDraft.between(trial["leave_type"], trial["workday"], trial["workday"] + timedelta(days=size - 1))
        },
        ("amend", "attachment_bytes"): lambda trial, size: {
            "ref": trial.once("asked", _asked).ref,
            "draft": _draft(trial, attachments=(_one(size),)),
        },
        ("amend", "reason_length"): lambda trial, size: {
            "ref": trial.once("asked", _asked).ref,
            "draft": _draft(trial, reason="x" * size),
        },
        ("attach", "attachment_bytes"): lambda trial, size: {"ref": trial.once("asked", _asked).ref, "upload": _one(size)},
    }

    @pytest.fixture
    def approver(self) -> LeaveService | None:
        """The same service for who decides about the employee's requests; ``None`` where nobody can be given."""
        return None

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
        today = service.session.today()
        span = {"since": today, "until": today + timedelta(days=31)}
        mine = {"types": {}, "balances": {}, "schedule": {}, "holidays": {"year": year}, "requests": {}, "sick_cases": {}}
        return {**mine, "inbox": {}, "absences": span}

    def try_get(self, trial: Trial) -> Any:
        made = _asked(trial)
        found = trial.do("get", made.ref)
        assert found == made, "get() gives what submit() returned"
        return found

    def try_submit(self, trial: Trial) -> Any:
        made = _asked(trial)
        assert made.status in (LeaveStatus.SUBMITTED, LeaveStatus.APPROVED), "a new request is submitted, or approved at once"
        assert made.total.value > 0, "a working day costs something: fill in what each day is charged"
        assert trial.preview("submit", _draft(trial)).blockers, (
            "the preview of a day that was asked for already says what stands in the way"
        )
        return made

    def try_amend(self, trial: Trial) -> Any:
        made = _asked(trial)
        later = trial["workday"] + timedelta(days=1)
        changed = trial.do("amend", made.ref, LeaveDraft.between(trial["leave_type"], later))
        assert [day.date for day in changed.days] == [later], "amend() replaces the days"
        return changed

    def try_withdraw(self, trial: Trial) -> Any:
        made = _asked(trial)
        if made.status != LeaveStatus.SUBMITTED:
            pytest.skip("requests are approved at once here")
        gone = trial.do("withdraw", made.ref)
        assert gone.status == LeaveStatus.WITHDRAWN
        return gone

    def try_cancel(self, trial: Trial) -> Any:
        gone = trial.do("cancel", _decided(trial, _asked(trial), Decision.APPROVE).ref)
        assert gone.status in (LeaveStatus.CANCELLED, LeaveStatus.CANCEL_REQUESTED)
        return gone

    def try_decide(self, trial: Trial) -> Any:
        made = _asked(trial)
        approver = trial.other("approver")
        if made.status != LeaveStatus.SUBMITTED:
            pytest.skip("requests are approved at once here")
        if isinstance(approver.support_of("inbox"), Native):
            assert made.ref in [one.ref for one in trial.do("inbox", by=approver)], "what waits for the approver is in inbox()"
        done = trial.do("decide", made.ref, Decision.APPROVE, by=approver)
        assert done.status == LeaveStatus.APPROVED
        with pytest.raises(Rejected):  # nobody decides twice
            trial.do("decide", done.ref, Decision.REJECT, by=approver)
        return done

    def try_attach(self, trial: Trial) -> Any:
        made = _asked(trial)
        kept = trial.do("attach", made.ref, _one(10))
        assert kept.name == "a.pdf"
        return trial.do("get", made.ref)

    def try_attachment(self, trial: Trial) -> Any:
        made = _asked(trial, attachments=(Upload(name="a.bin", content=bytes(range(256))),))
        content = trial.do("attachment", made.ref, made.attachments[0].ref)
        assert content == bytes(range(256)), "attachment() gives the bytes as they were sent"
        return content

    def try_report_sick(self, trial: Trial) -> Any:
        case = trial.do("report_sick", SickReport())
        assert case.first_day == trial.service.session.today(), "without a first day it is today, in the organisation's zone"
        return case

    def try_sick_case(self, trial: Trial) -> Any:
        case = trial.do("report_sick", SickReport())
        found = trial.do("sick_case", case.ref)
        assert found == case
        return found

    def try_report_recovered(self, trial: Trial) -> Any:
        case = trial.do("report_sick", SickReport())
        return trial.do("report_recovered", case.ref)

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
        not_another(service.submit, LeaveDraft.between(leave_type, workday + timedelta(days=1)), key, first.ref)

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

    def test_texts_survive(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit", "get")
        support = service.submit.support
        if isinstance(support, Native) and "reason" in support.without:
            pytest.skip("submit takes no reason")
        made = service.submit(LeaveDraft.between(leave_type, workday, reason=DIFFICULT))
        assert service.get(made.ref).reason == DIFFICULT, "the reason came back changed: look at the encoding, and at HTML"

    def test_a_note_is_kept_or_refused(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit", "get")
        draft, support = LeaveDraft.between(leave_type, workday, note=DIFFICULT), service.submit.support
        if isinstance(support, Native) and "note" in support.without:
            with pytest.raises(NotSupported):
                service.submit(draft)
            return
        assert service.get(service.submit(draft).ref).note == DIFFICULT, (
            "the note was dropped or changed: keep it, or name 'note' in without= of submit"
        )

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
