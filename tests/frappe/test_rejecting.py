"""Claims that wait, and rejecting one, from documentation only: the answers follow from Frappe HR's published source."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.frappe.changed import replayed
from tests.frappe.conftest import who
from tests.frappe.gated import workplace_of
from workplace_sdk.kernel.errors import Conflict, NotSupported, OutcomeUnknown, Unauthorized
from workplace_sdk.services.common import Decision, Ref
from workplace_sdk.services.expenses import AlreadyDecided, ExpenseStatus
from workplace_sdk.services.leave import NotYourApproval

CLAIM = Ref(connection="hr", kind="expense", id="HR-EXP-2026-00001")


@pytest.mark.default_cassette("documented/rejected")
@pytest.mark.vcr
def test_rejected_and_not_twice(seen: Callable[..., Any], vcr: Any) -> None:
    service = seen("expenses", "maria")
    done = service.decide(CLAIM, Decision.REJECT)
    assert (done.status, done.status.source) == (ExpenseStatus.REJECTED, "Rejected, Rejected")
    assert [str(one) for one in (done.totals.claimed, done.totals.approved, done.totals.payable)] == [
        "118.50 EUR",
        "0.00 EUR",
        "0.00 EUR",
    ]
    assert [str(line.approved) for line in done.lines] == ["0.00 EUR"]
    assert [(str(event.step), str(event.by)) for event in done.timeline][-1] == ("rejected", "maria@lab.example")
    assert [str(step.state) for step in done.approvals] == ["rejected"]
    with pytest.raises(AlreadyDecided):
        service.decide(CLAIM, Decision.REJECT)
    sent = [(request.method, json.loads(request.body)) for request in vcr.requests if request.body]
    assert sent == [("PUT", {"approval_status": "Rejected", "docstatus": 1})]
    assert vcr.all_played


@pytest.mark.default_cassette("documented/rejected_short")
@pytest.mark.vcr
def test_a_claim_that_would_be_cut_short_may_be_rejected(seen: Callable[..., Any]) -> None:
    """Approving it is a conflict; of a rejected one nothing is paid anyway."""
    done = seen("expenses", "maria").decide(CLAIM, Decision.REJECT)
    assert (done.status, str(done.totals.claimed), str(done.totals.payable)) == ("rejected", "143.40 EUR", "0.00 EUR")


@pytest.mark.parametrize(
    ("caller", "version", "kind"),
    [
        ("omar", None, NotYourApproval),
        ("yuki", None, NotYourApproval),
        ("maria", "2026-11-23 08:00:50.000000", Conflict),
    ],
)
@pytest.mark.default_cassette("documented/rejected")
@pytest.mark.vcr
def test_what_frappe_would_let_through(
    seen: Callable[..., Any], vcr: Any, caller: str, version: str | None, kind: type[Exception]
) -> None:
    """One's own, one that waits for somebody else, one that was changed since it was looked at: nothing is sent."""
    with pytest.raises(kind):
        seen("expenses", caller, account="maria").decide(CLAIM.model_copy(update={"version": version}), Decision.REJECT)
    assert vcr.play_counts == {0: 1}


def test_why_it_is_rejected_cannot_be_said(seen: Callable[..., Any]) -> None:
    with pytest.raises(NotSupported) as told:
        seen("expenses", "maria").decide(CLAIM, Decision.REJECT, comment="no receipt")
    assert told.value.field == "comment"


@pytest.mark.parametrize(
    "changed",
    [{"docstatus": 0}, {"approval_status": "Draft"}, {"total_sanctioned_amount": 118.5}, {"name": "HR-EXP-2026-00002"}],
)
def test_an_answer_that_does_not_reject_it(seen: Callable[..., Any], tmp_path: Path, changed: dict[str, Any]) -> None:
    def change(method: str, document: dict[str, Any]) -> None:
        if method == "PUT":
            document.update(changed)

    with replayed("documented/rejected", tmp_path, change), pytest.raises(OutcomeUnknown):
        seen("expenses", "maria").decide(CLAIM, Decision.REJECT)


@pytest.mark.default_cassette("documented/inbox")
@pytest.mark.vcr
def test_what_waits_is_for_who_approves(seen: Callable[..., Any], vcr: Any) -> None:
    (found,) = seen("expenses", "maria").inbox()
    assert (found.ref, found.status, found.employee.label) == (CLAIM, ExpenseStatus.SUBMITTED, "Omar Haddad")
    assert found.ref.version == "2026-11-23 08:00:51.341358", "so that what is decided is what was looked at"
    assert (found.title, str(found.totals.payable)) == ("1 night", "118.50 EUR")
    assert [one.name for one in found.lines[0].receipts] == ["receipt.pdf", "receipt700185.pdf"]
    assert vcr.all_played, "the second, which was approved meanwhile, was asked for too"


@pytest.mark.default_cassette("documented/inbox_pages")
@pytest.mark.vcr
def test_more_than_a_page_waits(seen: Callable[..., Any], vcr: Any) -> None:
    found = seen("expenses", "maria").inbox()
    assert [one.ref.id[-2:] for one in found] == [f"{number:02}" for number in range(1, 22)]
    assert vcr.all_played


@pytest.mark.default_cassette("documented/inbox")
@pytest.mark.vcr
def test_what_waits_for_somebody_else_is_not_shown(monkeypatch: pytest.MonkeyPatch, vcr: Any) -> None:
    with workplace_of("maria", monkeypatch) as work:
        with pytest.raises(Unauthorized):
            list(work.as_(who("omar")).expenses.inbox(who("maria")))
        assert vcr.play_count == 0
        assert [one.ref for one in work.expenses.inbox()] == [CLAIM]
