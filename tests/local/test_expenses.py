"""Expenses in the local store, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.local.conftest import Office
from workplace_sdk.connectors.local.expenses import LocalExpenses
from workplace_sdk.connectors.local.expenses_setup import add_category, add_mileage_rate, set_exchange_rate
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, Rejected
from workplace_sdk.kernel.keys import Key
from workplace_sdk.services.common import Decision, Money, Upload
from workplace_sdk.services.expenses import (
    Allocation,
    AlreadyDecided,
    Distance,
    DuplicateExpense,
    ExpenseStatus,
    LimitExceeded,
    LineDecision,
    LineDraft,
    LineKind,
    PaidWith,
    PeriodClosed,
    RateUnavailable,
    ReceiptRequired,
    ReportDraft,
    Tax,
    Vehicle,
)

DAY = date(2026, 11, 20)
BON = Upload(name="bon.jpg", content=b"\xff\xd8bon", media_type="image/jpeg")


@pytest.fixture
def desk(office: Office) -> Office:
    def setup(connection) -> None:
        add_category(connection, "meal", "Meals", receipt_over=Decimal(10), limit_amount=Decimal(75), vat_rate=Decimal(9))
        add_category(connection, "travel", "Travel", vat_rate=Decimal(21))
        add_category(connection, "guests", "Guests", attendees_required=True)
        add_category(connection, "km", "Kilometres", kind=LineKind.MILEAGE)
        add_mileage_rate(connection, Vehicle.CAR, date(2024, 1, 1), Decimal("0.30"), Decimal("0.23"))
        add_mileage_rate(connection, Vehicle.CAR, date(2026, 1, 1), Decimal("0.35"), Decimal("0.23"))
        set_exchange_rate(connection, "USD", "EUR", date(2026, 11, 18), Decimal("0.9137"), "ECB")

    office.write(setup)
    return office


def euros(amount: str) -> Money:
    return Money.of(amount, "EUR")


def line(category: str = "travel", amount: str | Money = "24.20", **others) -> LineDraft:
    cost = {} if "distance" in others else {"amount": euros(amount) if isinstance(amount, str) else amount}
    return LineDraft(**{"date": DAY, "category": category, **cost, **others})


def report(*lines: LineDraft, **others) -> ReportDraft:
    return ReportDraft(title="Reis", lines=lines, **others)


def test_a_report_with_a_receipt_kilometres_and_dollars(desk: Office) -> None:
    expenses = desk.as_("ana", LocalExpenses)
    travel = Distance(origin="Utrecht", destination="Zwolle", length=Decimal("87.5"), round_trip=True)
    made = expenses.submit(
        report(
            line("meal", "21.80", receipts=(BON,)),
            line("km", distance=travel),
            line("travel", amount=Money.of("100", "USD"), date=date(2026, 11, 22)),
            line("travel", "60", paid_with=PaidWith.COMPANY_CARD),
        )
    )
    meal, km, dollars, card = made.lines
    assert meal.taxes[0].tax == euros("1.80")
    assert (km.rate, km.claimed, km.taxable) == (euros("0.35"), euros("61.25"), euros("21.00"))
    assert (dollars.claimed, dollars.exchange and dollars.exchange.source) == (euros("91.37"), "ECB")
    assert made.totals.claimed == euros("234.42")
    assert (made.totals.company_paid, made.totals.payable) == (euros("60.00"), euros("174.42"))
    assert made.totals.tax == euros("1.80") + card.taxes[0].tax
    assert expenses.attachment(made.ref, meal.receipts[0].ref) == BON.content
    assert expenses.get(made.ref) == made
    assert [one.ref for one in expenses.requests()] == [made.ref]


def test_what_is_missing_is_said_per_line(desk: Office) -> None:
    expenses = desk.as_("ana", LocalExpenses)
    cases = (
        (ReceiptRequired, line("meal", "12")),
        (LimitExceeded, line("meal", "80", receipts=(BON,))),
        (RateUnavailable, line(amount=Money.of("5", "CHF"))),
        (PeriodClosed, line(date=date(2026, 12, 24))),
        (PeriodClosed, line(date=date(2025, 1, 2))),
    )
    for kind, bad in cases:
        with pytest.raises(kind) as error:
            expenses.submit(report(line(), bad))
        assert error.value.line == 2
    found = expenses.check(report(line("meal", "80"), line("guests", "5")))
    assert [(one.code, one.line) for one in found] == [
        ("limit-exceeded", 1),
        ("receipt-required", 1),
        ("attendees-required", 2),
    ]
    preview = expenses.submit.preview(report(line("meal", "80")))
    assert {one.code for one in preview.blockers} == {"limit-exceeded", "receipt-required"}
    assert list(expenses.requests()) == []
    with pytest.raises(InvalidInput):
        expenses.submit(report(line("km", "5")))
    with pytest.raises(NotFound):
        expenses.submit(report(line("Onbekend", "5")))
    assert expenses.submit(report(line("meal", "12", receipt_lost=True))).lines[0].receipt_lost


def test_the_same_is_not_claimed_twice(desk: Office) -> None:
    expenses = desk.as_("ana", LocalExpenses)
    first = expenses.submit(report(line(merchant="NS", receipts=(BON,))))
    with pytest.raises(DuplicateExpense) as error:
        expenses.submit(report(line(merchant="ns")))
    assert error.value.candidates == (first.ref,)
    with pytest.raises(DuplicateExpense):
        expenses.submit(report(line(amount="5", receipts=(BON,))))
    expenses.withdraw(first.ref)
    expenses.submit(report(line(merchant="NS", receipts=(BON,))))


def test_receipts_first_lines_later(desk: Office) -> None:
    expenses = desk.as_("ana", LocalExpenses)
    kept = expenses.upload_receipt(BON)
    assert [one.ref for one in expenses.receipts()] == [kept.ref]
    with pytest.raises(NotFound):
        desk.as_("kees", LocalExpenses).submit(report(line(receipts=(kept.ref,))))
    made = expenses.submit(report(line(receipts=(kept.ref,))))
    assert made.lines[0].receipts[0].sha256 == BON.sha256
    assert expenses.receipts() == ()


def test_approved_for_less_returned_amended_paid(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalExpenses), desk.as_("mia", LocalExpenses)
    made = ana.submit(report(line(), line(amount="10", description="koffie")))
    assert [one.ref for one in mia.inbox()] == [made.ref]
    with pytest.raises(Conflict):
        ana.decide(made.ref, Decision.APPROVE)
    assert mia.decide(made.ref, Decision.RETURN, comment="Waarvoor?").status == ExpenseStatus.RETURNED
    amended = ana.amend(made.ref, report(line(), line(amount="12", description="koffie")))
    assert amended.totals.claimed == euros("36.20")
    with pytest.raises(InvalidInput):
        mia.decide(amended.ref, Decision.APPROVE, lines=(LineDecision(line=amended.lines[1].ref, amount=euros("13")),))
    with pytest.raises(Conflict, match="look at it again"):  # the reference is of what was before
        mia.decide(made.ref, Decision.APPROVE)
    granted = mia.decide(
        amended.ref, Decision.APPROVE, lines=(LineDecision(line=amended.lines[1].ref, amount=euros("8"), remark="te duur"),)
    )
    assert granted.lines[1].remark == "te duur"
    assert (granted.status.value, granted.totals.payable) == (ExpenseStatus.PARTLY_APPROVED, euros("32.20"))
    with pytest.raises(AlreadyDecided):
        mia.decide(made.ref, Decision.REJECT, comment="x")
    finance = desk.as_("bo", LocalExpenses)
    assert finance.pay(made.ref, on=date(2026, 12, 1)).expected_payment == date(2026, 12, 1)
    assert finance.pay(made.ref, on=date(2026, 11, 24)).status == ExpenseStatus.PAID
    with pytest.raises(Conflict):
        ana.withdraw(made.ref)


def test_two_approvers_at_once_and_one_key_twice(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    made = ana.submit(report(line()), key=Key("k"))
    assert ana.submit(report(line()), key=Key("k")) == made
    assert ana.submit.reconcile(Key("k")) == made

    def decide(login: str) -> str:
        try:
            return str(desk.as_(login, LocalExpenses).decide(made.ref, Decision.APPROVE).status)
        except Rejected as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        told = sorted(pool.map(decide, ["mia", "bo"] * 4))
    assert told == ["already-decided"] * 7 + ["approved"]


AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("99999.99"), places=2)


@given(
    gross=AMOUNTS,
    rate=st.sampled_from([Decimal(0), Decimal(9), Decimal(21), Decimal("5.5")]),
    currency=st.sampled_from(["EUR", "JPY", "BHD"]),
)
def test_vat_inside_an_amount_adds_up(gross: Decimal, rate: Decimal, currency: str) -> None:
    amount = Money(amount=gross, currency=currency).rounded()
    tax = Tax.inside(amount, rate)
    assert tax.net + tax.tax == amount
    assert tax.tax.rounded() == tax.tax
    assert Tax.model_validate_json(tax.model_dump_json()) == tax


@given(one=AMOUNTS, other=AMOUNTS)
def test_taxes_that_do_not_add_up_are_refused(one: Decimal, other: Decimal) -> None:
    tax = Tax.inside(Money(amount=one, currency="EUR"), Decimal(21))
    good = abs(other - one) <= Decimal("0.01")
    try:
        LineDraft(date=DAY, category="x", amount=Money(amount=other, currency="EUR"), taxes=(tax,))
    except ValidationError:
        assert not good
    else:
        assert good


def test_bad_drafts_say_what_is_wrong() -> None:
    for bad, word in (
        ({"amount": euros("0")}, "more than nothing"),
        (
            {"amount": euros("5"), "distance": Distance(origin="a", destination="b", length=Decimal(1))},
            "amount, or distance, or trip",
        ),
        ({"amount": euros("5"), "personal": euros("6")}, "personal"),
        ({"amount": euros("5"), "allocations": (Allocation(cost_centre="a", share=Decimal(60)),)}, "100 percent"),
        ({"amount": {"amount": 5.5, "currency": "EUR"}}, "never a float"),
        ({"amount": {"amount": "5", "currency": "euro"}}, "currency"),
    ):
        with pytest.raises(ValidationError, match=word):
            LineDraft(**{"date": DAY, "category": "x", **bad})
    assert DAY + timedelta(days=1) > DAY
