"""Receipts, and what is claimed twice: known by the bytes, by the cost, by the card's statement; on both databases."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from tests.local.conftest import Office
from workplace_sdk.connectors.local import Local, LocalSettings
from workplace_sdk.connectors.local.expenses import LocalExpenses
from workplace_sdk.connectors.local.expenses_setup import add_card_transaction, add_category, set_exchange_rate
from workplace_sdk.connectors.local.forget import forget
from workplace_sdk.connectors.local.schema import files
from workplace_sdk.kernel.errors import InvalidInput, NotFound
from workplace_sdk.services.common import Decision, Money, Ref, Upload
from workplace_sdk.services.expenses import (
    CardMismatch,
    DuplicateExpense,
    LineDraft,
    PaidWith,
    ReceiptRequired,
    ReceiptState,
    ReportDraft,
)
from workplace_sdk.services.files import AttachmentTypeRefused

DAY = date(2026, 11, 20)
BILL = Upload(name="hotel.pdf", content=b"%PDF hotel", media_type="application/pdf")
BON = Upload(name="bon.jpg", content=b"\xff\xd8bon", media_type="image/jpeg")


@pytest.fixture
def desk(office: Office) -> Office:
    def setup(connection) -> None:
        add_category(connection, "meal", "Meals", receipt_over=Decimal(10))
        add_category(connection, "travel", "Travel")
        set_exchange_rate(connection, "USD", "EUR", date(2026, 11, 18), Decimal("0.9"), "ECB")

    office.write(setup)
    return office


def euros(amount: str) -> Money:
    return Money.of(amount, "EUR")


def line(amount: str | Money = "24.20", category: str = "travel", **others) -> LineDraft:
    money = euros(amount) if isinstance(amount, str) else amount
    return LineDraft(**{"date": DAY, "category": category, "amount": money, **others})


def report(*lines: LineDraft, **others) -> ReportDraft:
    return ReportDraft(title="Reis", lines=lines, **others)


def test_the_same_file_is_one_receipt_in_the_inbox(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    first = ana.upload_receipt(BON)
    again = ana.upload_receipt(BON.model_copy(update={"name": "IMG_2.jpg"}))
    assert again.ref == first.ref
    assert [one.ref for one in ana.receipts()] == [first.ref]
    assert ana.receipt(first.ref) == BON.content
    other = desk.as_("kees", LocalExpenses)
    assert other.upload_receipt(BON).ref != first.ref  # everyone their own
    with pytest.raises(NotFound):
        other.receipt(first.ref)
    with pytest.raises(NotFound):
        other.discard_receipt(first.ref)
    gone = ana.discard_receipt(first.ref)
    assert (gone.ref, ana.receipts()) == (first.ref, ())
    with pytest.raises(NotFound):
        ana.submit(report(line(receipts=(first.ref,))))
    assert ana.upload_receipt(BON).ref != first.ref


def test_one_bill_for_several_lines(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    kept = ana.upload_receipt(BILL)
    made = ana.submit(report(line("120", receipts=(kept.ref,)), line("15", "meal", receipts=(kept.ref,))))
    assert [one.receipt_state for one in made.lines] == [ReceiptState.ATTACHED, ReceiptState.ATTACHED]
    for one in made.lines:
        assert ana.attachment(made.ref, one.receipts[0].ref) == BILL.content
    assert ana.receipts() == ()
    ana.withdraw(made.ref)
    assert [one.file.sha256 for one in ana.receipts()] == [BILL.sha256]  # once again one
    again = ana.submit(report(line("120", receipts=(kept.ref,))))
    assert again.lines[0].receipts[0].sha256 == BILL.sha256
    with pytest.raises(ValidationError, match="each once"):
        line(receipts=(kept.ref, kept.ref))


@pytest.mark.parametrize("status", ["submitted", "approved", "paid"])
def test_a_receipt_is_claimed_once_wherever_it_comes_from(desk: Office, status: str) -> None:
    ana, mia = desk.as_("ana", LocalExpenses), desk.as_("mia", LocalExpenses)
    draft = ana.save(report(line("3", receipts=(BON,))))  # before the other one: a draft claims nothing
    first = ana.submit(report(line("1", receipts=(BON,))))
    if status != "submitted":
        mia.decide(first.ref, Decision.APPROVE)
    if status == "paid":
        mia.pay(first.ref, on=date(2026, 11, 24))
    kept = ana.upload_receipt(BON)
    for twice in (
        lambda: ana.submit(report(line("2", receipts=(BON,)))),
        lambda: ana.submit(report(line("2"), line("4", receipts=(kept.ref,)))),
        lambda: ana.submit_saved(draft.ref),
        lambda: ana.submit_saved(ana.add_line(draft.ref, line("9")).ref),
    ):
        with pytest.raises(DuplicateExpense) as error:
            twice()
        assert error.value.candidates == (first.ref,)
    his = desk.as_("kees", LocalExpenses).submit(report(line("8", receipts=(BON,))))
    (told,) = his.lines[0].violations
    assert (told.code, told.blocking) == ("receipt-used-elsewhere", False)
    assert "ana" not in told.en.casefold()
    assert told.code in [one.code for one in mia.decide.preview(his.ref, Decision.APPROVE).warnings]


def test_what_came_to_nothing_can_be_claimed_again(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalExpenses), desk.as_("mia", LocalExpenses)
    draft = report(line(merchant="NS", receipts=(BON,)))

    def rejected(ref: Ref) -> None:
        mia.decide(ref, Decision.REJECT, comment="nee")

    def cancelled(ref: Ref) -> None:
        mia.decide(ref, Decision.APPROVE)
        ana.cancel(ref)

    def undone(ref: Ref) -> None:
        mia.decide(ref, Decision.APPROVE)
        mia.pay(ref, on=date(2026, 11, 24))
        mia.reverse(ref, "verkeerde")

    for end in (ana.withdraw, rejected, cancelled, undone):
        made = ana.submit(draft)
        with pytest.raises(DuplicateExpense):
            ana.submit(draft)
        end(made.ref)
    ana.submit(draft)


def test_the_same_cost_twice(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    first = ana.submit(report(line(merchant="NS", description="heen")))
    for same in (line(merchant="ns"), line(merchant="NS", description="Heen ")):
        with pytest.raises(DuplicateExpense) as error:
            ana.submit(report(same))
        assert error.value.candidates == (first.ref,)
        assert error.value.sentence("nl") == "Regel 1 is al eerder gedeclareerd."
    back = ana.submit(report(line(merchant="NS", description="terug")))  # another ticket of that price, as it says itself
    (told,) = back.lines[0].violations
    assert (told.code, told.blocking) == ("duplicate-expense", False)
    for other in (line(merchant="Arriva"), line("24.21", merchant="NS"), line(merchant="NS", date=date(2026, 11, 19))):
        ana.submit(report(other))
    twins = ana.submit(report(line("7", merchant="bus"), line("7", merchant="bus")))
    (told,) = twins.lines[1].violations
    assert (told.blocking, told.en) == (False, "Line 2 says the same as line 1.")
    assert desk.as_("kees", LocalExpenses).submit(report(line(merchant="NS"))).lines[0].violations == ()


def test_a_receipt_that_is_missing_or_lost(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    with pytest.raises(ReceiptRequired) as error:
        ana.submit(report(line("10", "meal"), line("10.01", "meal")))
    assert (error.value.line, error.value.over) == (2, euros("10"))
    draft = ana.save(report(line("10.01", "meal")))
    assert draft.lines[0].receipt_state is ReceiptState.MISSING
    lost = ana.update_line(draft.ref, draft.lines[0].ref, line("10.01", "meal", receipt_lost=True))
    assert lost.lines[0].receipt_state is ReceiptState.DECLARED_LOST
    made = ana.submit_saved(lost.ref)
    assert (made.lines[0].receipt_lost, made.lines[0].violations) == (True, ())  # who says so, says so


def test_kinds_of_files(office: Office, desk: Office) -> None:
    office.local.database.close()
    office.local = Local("main", LocalSettings(url=office.url, attachment_types=("image/*",)))
    ana = desk.as_("ana", LocalExpenses)
    for sent in (lambda: ana.upload_receipt(BILL), lambda: ana.submit(report(line(receipts=(BON, BILL))))):
        with pytest.raises(AttachmentTypeRefused) as error:
            sent()
        assert error.value.allowed == ("image/*",)
    assert [one.code for one in ana.upload_receipt.preview(BILL).blockers] == ["attachment-type-refused"]
    assert list(ana.requests()) == []
    ana.submit(report(line(receipts=(BON,))))


def test_payments_by_card(desk: Office) -> None:
    def setup(connection) -> None:
        ana, kees = desk.ids["ana"], desk.ids["kees"]
        add_card_transaction(connection, ana, DAY, euros("60"), merchant="Hotel", card="1234", reference="b-1")
        add_card_transaction(connection, ana, DAY, euros("60"), merchant="Hotel", card="1234", reference="b-1")  # loaded again
        add_card_transaction(connection, ana, date(2026, 11, 19), euros("93.17"), paid=Money.of("100", "USD"), reference="b-2")
        add_card_transaction(connection, kees, DAY, euros("5"))

    desk.write(setup)
    ana = desk.as_("ana", LocalExpenses)
    dollars, hotel = ana.card_transactions()
    assert (hotel.merchant, hotel.charged, hotel.card, hotel.owner.login) == ("Hotel", euros("60"), "1234", "ana")
    assert (dollars.charged, dollars.paid) == (euros("93.17"), Money.of("100", "USD"))
    (his,) = desk.as_("kees", LocalExpenses).card_transactions()
    card = {"paid_with": PaidWith.COMPANY_CARD}
    with pytest.raises(CardMismatch) as error:
        ana.submit(report(line("59", card_transaction=hotel.ref, **card)))
    assert (error.value.expected, error.value.line) == (euros("60"), 1)
    for nobodys in (his.ref, Ref(connection="main", kind="card_transaction", id="99")):
        with pytest.raises(NotFound):
            ana.submit(report(line("5", card_transaction=nobodys, **card)))
    with pytest.raises(ValidationError, match="company_card"):
        line("60", card_transaction=hotel.ref)
    draft = report(
        line("60", personal=euros("10"), card_transaction=hotel.ref, **card),
        line(Money.of("100", "USD"), card_transaction=dollars.ref, **card),
    )
    with pytest.raises(DuplicateExpense):
        ana.submit(report(draft.lines[0], line("60", merchant="ander", card_transaction=hotel.ref, **card)))
    made = ana.submit(draft)
    assert made.lines[1].claimed == euros("93.17")  # what the bank took, not what the list of rates says
    assert made.lines[1].exchange is not None
    assert made.lines[1].exchange.source == "card"
    assert (made.totals.company_paid, made.totals.payable) == (euros("143.17"), euros("-10.00"))
    assert made.lines[0].card_transaction == hotel.ref
    assert ana.card_transactions() == ()
    with pytest.raises(DuplicateExpense) as double:
        ana.submit(report(line("60", merchant="Hotel", date=date(2026, 11, 3), card_transaction=hotel.ref, **card)))
    assert double.value.candidates == (made.ref,)
    saved = ana.recall(made.ref)
    changed = ana.update_line(saved.ref, saved.lines[0].ref, line("60", card_transaction=hotel.ref, **card))
    assert ana.submit_saved(changed.ref).totals.payable == euros("0.00")
    ana.withdraw(made.ref)
    assert [one.ref for one in ana.card_transactions()] == [dollars.ref, hotel.ref]
    with pytest.raises(InvalidInput):
        desk.write(lambda c: add_card_transaction(c, desk.ids["ana"], DAY, euros("5"), paid=euros("5")))


def test_who_is_forgotten_leaves_no_receipt_behind(desk: Office) -> None:
    desk.write(lambda c: add_card_transaction(c, desk.ids["ana"], DAY, euros("60"), merchant="Kliniek Ana"))
    ana = desk.as_("ana", LocalExpenses)
    ana.submit(report(line(description="Ana", merchant="Bakker", receipts=(BON,))))
    ana.upload_receipt(BILL)
    desk.write(lambda c: forget(c, "main", desk.ids["ana"]))
    assert desk.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(files)).scalar()) == 0
