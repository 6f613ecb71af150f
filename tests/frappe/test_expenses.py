"""Expenses, and how much Frappe pays of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.frappe.changed import replayed
from workplace_sdk.connectors.frappe.expenses_words import status_of
from workplace_sdk.connectors.frappe.records import ClaimRow
from workplace_sdk.kernel.errors import Conflict, NotFound, NotSupported, Unauthorized
from workplace_sdk.kernel.support import Absent
from workplace_sdk.services.common import Decision, Money, Ref, Upload
from workplace_sdk.services.expenses import AlreadyDecided, ExpenseStatus, LineDraft, ReportDraft
from workplace_sdk.services.leave import NotYourApproval

CLAIM = Ref(connection="hr", kind="expense", id="HR-EXP-2026-00001")
NIGHT = LineDraft(date=date(2026, 11, 20), category="Hotel", amount=Money.of("118.50", "EUR"))


def receipt(content: bytes = b"%PDF-1.4 lab\n%%EOF") -> Upload:
    return Upload(name="receipt.pdf", content=content, media_type="application/pdf")


@pytest.mark.default_cassette("expenses/categories")
@pytest.mark.vcr
def test_categories(seen: Callable[..., Any]) -> None:
    names = [one.name for one in seen("expenses", "omar").categories()]
    assert names == ["Calls", "Food", "Hotel", "Meals", "Medical", "Mileage", "Others", "Travel"]


@pytest.mark.default_cassette("expenses/claimed")
@pytest.mark.vcr
def test_a_claim_says_how_much_of_each_line_is_sanctioned(seen: Callable[..., Any]) -> None:
    """The request that the recording has: with ``sanctioned_amount`` in its line, which Frappe takes to be zero when it is left out."""
    service = seen("expenses", "omar")
    line = NIGHT.model_copy(update={"receipts": (receipt(), receipt(b"%PDF-1.4 lab2\n%%EOF"))})
    made = service.submit(ReportDraft(title="1 night", lines=(line,)))
    assert (made.status, str(made.totals.claimed), made.title) == (ExpenseStatus.SUBMITTED, "118.50 EUR", "1 night")
    assert [one.name for one in made.lines[0].receipts] == ["receipt.pdf", "receipt700185.pdf"], "Frappe renames the second"
    assert [str(step.approver) for step in made.approvals] == ["maria@lab.example"]
    assert service.get(made.ref) == made
    assert service.attachment(made.ref, made.lines[0].receipts[0].ref) == receipt().content
    with pytest.raises(NotFound):
        service.attachment(made.ref, Ref(connection="hr", kind="file", id="of another claim"))


@pytest.mark.default_cassette("expenses/partly")
@pytest.mark.vcr
def test_a_line_without_a_sanctioned_amount_is_paid_nothing(seen: Callable[..., Any]) -> None:
    service = seen("expenses", "omar")
    found = service.get(CLAIM)
    assert [(one.category, str(one.claimed), str(one.approved)) for one in found.lines] == [
        ("Hotel", "118.50 EUR", "118.50 EUR"),
        ("Meals", "24.90 EUR", "0.00 EUR"),
    ]
    assert (found.status, found.status.source) == (ExpenseStatus.PARTLY_APPROVED, "Approved, Unpaid")
    assert (str(found.totals.claimed), str(found.totals.payable)) == ("143.40 EUR", "118.50 EUR")
    assert [one.name for one in found.lines[0].receipts] == ["receipt.pdf", "receipt700185.pdf", "x.exe"]
    (row,) = service.requests()
    assert (row.ref, row.status, row.totals.approved) == (CLAIM, ExpenseStatus.PARTLY_APPROVED, Money.of("118.50", "EUR"))


@pytest.mark.parametrize(
    ("docstatus", "approval", "tax", "advance", "total", "payable"),
    [
        (0, "Draft", "7.00", "0.00", "125.50", "150.40"),  # until it is decided: of all that is claimed
        (0, "Draft", "7.00", "20.00", "105.50", "130.40"),
        (1, "Approved", "7.00", "20.00", "105.50", "105.50"),
        (1, "Rejected", "7.00", "0.00", "7.00", "0.00"),
    ],
)
def test_taxes_come_on_top_and_advances_are_taken_off(
    seen: Callable[..., Any], tmp_path: Path, docstatus: int, approval: str, tax: str, advance: str, total: str, payable: str
) -> None:
    """No recording has either: the sums of the recorded claim are changed to what Frappe HR's own source (15.33) makes of them."""
    sanctioned = Decimal(0) if approval == "Rejected" else Decimal("118.5")
    changes = {"docstatus": docstatus, "approval_status": approval, "total_sanctioned_amount": float(sanctioned)}
    amounts = {"total_taxes_and_charges": tax, "total_advance_amount": advance, "grand_total": total}

    def change(_: str, one: dict[str, Any]) -> None:
        if "docstatus" in one:
            one.update(changes | {name: float(amount) for name, amount in amounts.items()})

    with replayed("expenses/partly", tmp_path, change):
        service = seen("expenses", "omar")
        (row,) = service.requests()
        found = service.get(CLAIM)
    assert row.totals == found.totals, "the row has no taxes, and so the document is asked for"
    assert (row.lines, len(found.lines)) == ((), 2)
    sums = found.totals
    assert [str(one) for one in (sums.tax, sums.company_paid, sums.payable)] == [f"{x} EUR" for x in (tax, advance, payable)]


@pytest.mark.default_cassette("expenses/short")
@pytest.mark.vcr
def test_a_claim_that_would_be_cut_short_is_not_approved_silently(seen: Callable[..., Any], vcr: Any) -> None:
    with pytest.raises(Conflict, match=r"Meals: 0\.00 of 24\.90"):
        seen("expenses", "maria").decide(CLAIM, Decision.APPROVE)
    assert vcr.play_counts == {0: 1}, "nothing was sent: Frappe would have answered 200 and paid 118.50"


@pytest.mark.default_cassette("expenses/approved")
@pytest.mark.vcr
def test_approved_and_not_twice(seen: Callable[..., Any]) -> None:
    service = seen("expenses", "maria")
    done = service.decide(CLAIM, Decision.APPROVE)
    assert (done.status, done.totals.approved) == (ExpenseStatus.APPROVED, done.totals.claimed)
    with pytest.raises(AlreadyDecided):
        service.decide(CLAIM, Decision.APPROVE)


@pytest.mark.default_cassette("expenses/approved")
@pytest.mark.vcr
def test_nobody_approves_their_own(seen: Callable[..., Any], vcr: Any) -> None:
    with pytest.raises(NotYourApproval):
        seen("expenses", "omar", account="maria").decide(CLAIM, Decision.APPROVE)
    assert vcr.play_counts == {0: 1}


@pytest.mark.default_cassette("expenses/refused")
@pytest.mark.vcr
def test_what_an_employee_may_not(seen: Callable[..., Any]) -> None:
    from workplace_sdk.kernel.drivers import run
    from workplace_sdk.kernel.session import Call

    service = seen("expenses", "omar")
    path = "/api/resource/Expense%20Claim/HR-EXP-2026-00001"
    with pytest.raises(Unauthorized, match="does not have doctype access via role permission for document Expense Claim"):
        run(iter(service.http.put(path, json={"docstatus": 1})), Call(session=service.session, name="t"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": "one\ntwo"}, "title"),
        ({"purpose": "a fair"}, "purpose"),
        ({"currency": "USD"}, "several_currencies"),
        ({"lines": (NIGHT.model_copy(update={"merchant": "Hotel Adlon"}),)}, "merchant"),
        ({"lines": (NIGHT.model_copy(update={"amount": Money.of("1.00", "USD")}),)}, "currency"),
        ({"currency": "USD", "lines": (NIGHT.model_copy(update={"amount": Money.of("1.00", "USD")}),)}, "currency"),
        ({"lines": (NIGHT.model_copy(update={"receipts": (CLAIM,)}),)}, "receipts"),
    ],
)
def test_what_frappe_has_no_place_for_is_refused_before_anything_is_sent(
    seen: Callable[..., Any], changed: dict[str, Any], field: str
) -> None:
    draft = ReportDraft(title="Trip", lines=(NIGHT,)).model_copy(update=changed)
    with pytest.raises(NotSupported) as told:
        seen("expenses", "omar").submit(draft)
    assert told.value.field == field


@pytest.mark.default_cassette("expenses/no_receipts")
@pytest.mark.vcr
def test_a_claim_that_is_not_there(seen: Callable[..., Any]) -> None:
    service = seen("expenses", "omar")
    with pytest.raises(NotFound):
        service.get(Ref(connection="hr", kind="expense", id="999999999"))
    preview = service.submit.preview(ReportDraft(title="Trip", lines=(NIGHT,)))
    assert [line.en for line in preview.lines] == ["Trip: 118.50 EUR"]


def test_without_settings_of_claims_there_are_no_expenses(seen: Callable[..., Any]) -> None:
    service = seen("expenses", "omar", claims=None)
    assert isinstance(service.submit.support, Absent)
    with pytest.raises(NotSupported):
        service.categories()


@pytest.mark.parametrize(
    ("docstatus", "approval", "status", "sanctioned", "means"),
    [
        (0, "Draft", "Draft", "10", "submitted"),
        (0, "Approved", "Draft", "10", "submitted"),
        (1, "Approved", "Unpaid", "10", "approved"),
        (1, "Approved", "Unpaid", "9.99", "partly_approved"),
        (1, "Approved", "Paid", "10", "paid"),
        (1, "Rejected", "Rejected", "0", "rejected"),
        (1, "Draft", "Submitted", "10", "unmapped"),
        (2, "Approved", "Cancelled", "10", "cancelled"),
    ],
)
def test_how_far_it_is(docstatus: int, approval: str, status: str, sanctioned: str, means: str) -> None:
    row = ClaimRow(
        name="x", status=status, approval_status=approval, total_claimed_amount=Decimal(10), grand_total=Decimal(sanctioned),
        total_sanctioned_amount=Decimal(sanctioned), docstatus=docstatus, posting_date=date(2026, 11, 23),
    )  # fmt: skip
    assert status_of(row) == means
