"""Leave, as every connector has to do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest

from workplace_sdk.conformance.base import DIFFICULT, ServiceConformance, Use, needs, not_another
from workplace_sdk.conformance.checks import alike, refusing
from workplace_sdk.conformance.trial import Trial
from workplace_sdk.kernel.errors import NotFound, NotSupported, Rejected, WorkplaceError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import Decision, PersonRef, Ref, Upload
from workplace_sdk.services.leave import DayOff, LeaveDraft, LeaveRequest, LeaveService, LeaveStatus, SickCase, SickReport


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


def _ill(trial: Trial, **others: Any) -> SickCase:
    """A case of illness that does not outlast the test."""
    case: SickCase = trial.do("report_sick", SickReport(**others))
    _recovers(trial, case)
    return case


def _recovers(trial: Trial, case: SickCase) -> None:
    def recover() -> None:
        with suppress(WorkplaceError):
            trial.service.report_recovered(case.ref)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]

    if trial.offers("report_recovered"):
        trial.afterwards(recover)


def _nowhere(trial: Trial) -> Ref:
    return Ref(connection=trial.service.connection_name, kind="leave", id="0")


def _separate(trial: Trial) -> LeaveDraft:
    first = trial["workday"]
    return LeaveDraft(leave_type=trial["leave_type"], days=(DayOff(date=first), DayOff(date=first + timedelta(days=2))))


def _charged(request: LeaveRequest) -> list[date]:
    return [day.date for day in request.days if day.charged.value]


_DRAFTS: Mapping[str, tuple[Callable[[Trial], LeaveDraft], Callable[[LeaveRequest, Trial], bool]]] = {
    "half_days": (
        lambda trial: _draft(trial, first_portion=Portion.AM),
        lambda made, _: [day.portion for day in made.days] == [Portion.AM],
    ),
    "any_half": (
        lambda trial: _draft(trial, first_portion=Portion.HALF),
        lambda made, _: [day.portion for day in made.days] == [Portion.HALF],
    ),
    "hours": (
        lambda trial: LeaveDraft.for_hours(trial["leave_type"], trial["workday"], 2),
        lambda made, _: [day.hours for day in made.days] == [2],
    ),
    "separate_days": (
        _separate,
        lambda made, trial: _charged(made) == [trial["workday"], trial["workday"] + timedelta(days=2)],
    ),
    "reason": (lambda trial: _draft(trial, reason=DIFFICULT), lambda made, _: made.reason == DIFFICULT),
    "note": (lambda trial: _draft(trial, note=DIFFICULT), lambda made, _: made.note == DIFFICULT),
    "substitute": (
        lambda trial: _draft(trial, substitute=trial.given("substitute")),
        lambda made, trial: made.substitute is not None and made.substitute.same_person(trial["substitute"]) is not False,
    ),
    "attachments": (
        lambda trial: _draft(trial, attachments=(_one(10),)),
        lambda made, _: [one.name for one in made.attachments] == ["a.pdf"],
    ),
}
"""What is asked for, by feature, and whether it is in the request."""


def _submitting(make: Callable[[Trial], LeaveDraft]) -> Callable[[Trial], Mapping[str, Any]]:
    return lambda trial: {"draft": make(trial)}


def _amending(make: Callable[[Trial], LeaveDraft]) -> Callable[[Trial], Mapping[str, Any]]:
    return lambda trial: {"ref": trial.once("asked", _asked).ref, "draft": make(trial)}


def _reporting(field: str, value: Callable[[Trial], Any]) -> Use:
    return Use(
        lambda trial: {"report": SickReport.model_validate({field: value(trial)})},
        lambda case, trial: _shown(case, field, trial) == value(trial),
    )


def _shown(case: SickCase, field: str, trial: Trial) -> Any:
    _recovers(trial, case)
    return getattr(case, field)


class LeaveConformance(ServiceConformance):
    """Give ``service``, ``leave_type``, ``workday``: a working day with enough leave for it and the ten days after it,
    and ``approver`` where someone decides about requests.
    """

    interface = LeaveService
    creates = frozenset({"submit", "report_sick"})
    uses = {  # noqa: RUF012 - a ClassVar in the base
        **{("submit", name): Use(_submitting(make), kept) for name, (make, kept) in _DRAFTS.items()},
        **{("amend", name): Use(_amending(make), kept) for name, (make, kept) in _DRAFTS.items()},
        ("withdraw", "reason"): Use(lambda trial: {"ref": _nowhere(trial), "reason": "x"}),
        ("cancel", "reason"): Use(lambda trial: {"ref": _nowhere(trial), "reason": "x"}),
        ("decide", "comment"): Use(lambda trial: {"ref": _nowhere(trial), "decision": Decision.APPROVE, "comment": "x"}),
        ("decide", "return"): Use(lambda trial: {"ref": _nowhere(trial), "decision": Decision.RETURN}),
        ("report_sick", "half_days"): _reporting("portion", lambda _: Portion.PM),
        ("report_sick", "expected_until"): _reporting(
            "expected_until", lambda trial: trial.service.session.today() + timedelta(days=2)
        ),
        ("report_sick", "reachable_at"): _reporting("reachable_at", lambda _: "+31 30 123 45 67"),
        ("report_sick", "handover"): _reporting("handover", lambda _: DIFFICULT),
    }
    edges = {  # noqa: RUF012 - a ClassVar in the base
        ("submit", "attachment_bytes"): lambda trial, size: {"draft": _draft(trial, attachments=(_one(size),))},
        ("submit", "reason_length"): lambda trial, size: {"draft": _draft(trial, reason="x" * size)},
        ("submit", "days"): lambda trial, size: {
            "draft": LeaveDraft.between(trial["leave_type"], trial["workday"], trial["workday"] + timedelta(days=size - 1))
        },
        ("amend", "days"): lambda trial, size: {
            "ref": trial.once("asked", _asked).ref,
            "draft": LeaveDraft.between(trial["leave_type"], trial["workday"], trial["workday"] + timedelta(days=size - 1)),
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
    def substitute(self) -> PersonRef | None:
        """A colleague who may stand in; ``None`` where nobody can be given."""
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
        assert alike(found, made), "get() gives what submit() returned"
        return found

    def try_submit(self, trial: Trial) -> Any:
        made = _asked(trial)
        assert made.status in (LeaveStatus.SUBMITTED, LeaveStatus.APPROVED), "a new request is submitted, or approved at once"
        assert made.total.value > 0, "a working day costs something: fill in what each day is charged"
        if trial.offers("requests"):
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
        assert gone.status == LeaveStatus.WITHDRAWN, "withdraw() gives the request back as it is now: withdrawn"
        return gone

    def try_cancel(self, trial: Trial) -> Any:
        gone = trial.do("cancel", _decided(trial, _asked(trial), Decision.APPROVE).ref)
        assert gone.status in (LeaveStatus.CANCELLED, LeaveStatus.CANCEL_REQUESTED), (
            "cancel() gives the request back as it is now: cancelled, or to be cancelled"
        )
        return gone

    def try_decide(self, trial: Trial) -> Any:
        made = _asked(trial)
        approver = trial.other("approver")
        if made.status != LeaveStatus.SUBMITTED:
            pytest.skip("requests are approved at once here")
        if isinstance(approver.support_of("inbox"), Native):
            assert made.ref in [one.ref for one in trial.do("inbox", by=approver)], "what waits for the approver is in inbox()"
        done = trial.do("decide", made.ref, Decision.APPROVE, by=approver)
        assert done.status == LeaveStatus.APPROVED, "decide() gives the request back as it is now: approved"
        with refusing(Rejected, "nobody decides about the same request twice"):
            trial.do("decide", done.ref, Decision.REJECT, by=approver)
        return done

    def try_attach(self, trial: Trial) -> Any:
        made = _asked(trial)
        kept = trial.do("attach", made.ref, _one(10))
        assert kept.name == "a.pdf", "attach() gives the file back by its name"
        return trial.do("get", made.ref)

    def try_attachment(self, trial: Trial) -> Any:
        made = _asked(trial, attachments=(Upload(name="a.bin", content=bytes(range(256))),))
        content = trial.do("attachment", made.ref, made.attachments[0].ref)
        assert content == bytes(range(256)), "attachment() gives the bytes as they were sent"
        return content

    def try_report_sick(self, trial: Trial) -> Any:
        case = _ill(trial)
        assert case.first_day == trial.service.session.today(), "without a first day it is today, in the organisation's zone"
        return case

    def try_sick_case(self, trial: Trial) -> Any:
        case = _ill(trial)
        found = trial.do("sick_case", case.ref)
        assert alike(found, case), "sick_case() gives what report_sick() returned"
        return found

    def try_report_recovered(self, trial: Trial) -> Any:
        case = trial.do("report_sick", SickReport())
        return trial.do("report_recovered", case.ref)

    def test_what_is_asked_for_is_found_again(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit", "get")
        made = service.submit(LeaveDraft.between(leave_type, workday))
        assert made.status in (LeaveStatus.SUBMITTED, LeaveStatus.APPROVED), "a new request is submitted, or approved at once"
        assert made.total.value > 0, "a working day costs something: fill in what each day is charged"
        assert alike(service.get(made.ref), made), "get() gives what submit() returned"
        if isinstance(service.requests.support, Native):
            assert made.ref in [one.ref for one in service.requests()], "requests() has the new request"

    def test_a_repeat_with_the_same_key(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit")
        if service.submit.safety is not Safety.KEYED:
            pytest.skip("submit is not KEYED: a repeat is not promised to be harmless")
        key, draft = new_key(), LeaveDraft.between(leave_type, workday)
        first = service.submit(draft, key=key)
        assert service.submit(draft, key=key).ref == first.ref, "KEYED means: the same key never asks twice"
        not_another(service.submit, LeaveDraft.between(leave_type, workday + timedelta(days=1)), key, first.ref)

    def test_half_days_are_kept_or_refused(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit")
        draft = LeaveDraft.between(leave_type, workday, first_portion=Portion.AM)
        support = service.submit.support
        if isinstance(support, Native) and "half_days" in support.without:
            with refusing(NotSupported, "half days are named in without="):
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

    def test_nothing_is_charged_for_a_free_day(self, service: LeaveService, workday: date, leave_type: str | Ref) -> None:
        needs(service, "submit")
        with refusing(Rejected, "a weekend costs nothing, so there is nothing to ask for"):
            service.submit(LeaveDraft.between(leave_type, workday + timedelta(days=5), workday + timedelta(days=6)))

    def test_what_is_not_there(self, service: LeaveService) -> None:
        needs(service, "get")
        with refusing(NotFound, "get() of a request that is not there"):
            service.get(Ref(connection=service.connection_name, kind="leave", id="999999999"))
        with refusing(NotFound, "get() of what another connection keeps: look at the reference's connection"):
            service.get(Ref(connection="elsewhere", kind="leave", id="1"))
