"""How far a report is: saved, claimed, taken back, returned, decided, paid, undone; and that previews say what is done then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.local.conftest import NOW, Office
from workplace_sdk.connectors.local.expenses import LocalExpenses
from workplace_sdk.connectors.local.expenses_setup import add_category, add_mileage_rate, set_exchange_rate
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, Rejected
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.services.common import Decision, Money, PersonRef, Ref, Upload
from workplace_sdk.services.expenses import (
    AlreadyDecided,
    AlreadySubmitted,
    CurrencyNotAllowed,
    Distance,
    ExpenseReport,
    ExpenseStatus,
    LimitExceeded,
    LineDecision,
    LineDraft,
    LineKind,
    PaidWith,
    ReportDraft,
    Vehicle,
)

DAY = date(2026, 11, 20)
BON = Upload(name="bon.jpg", content=b"\xff\xd8bon", media_type="image/jpeg")


def prepared(office: Office) -> Office:
    def setup(connection) -> None:
        add_category(connection, "meal", "Meals", receipt_over=Decimal(10), limit_amount=Decimal(75), vat_rate=Decimal(9))
        add_category(connection, "travel", "Travel", vat_rate=Decimal(21))
        add_category(connection, "guests", "Guests", attendees_required=True, active_from=date(2026, 11, 1))
        add_category(connection, "km", "Kilometres", kind=LineKind.MILEAGE)
        add_mileage_rate(connection, Vehicle.CAR, date(2026, 1, 1), Decimal("0.35"), Decimal("0.23"))
        set_exchange_rate(connection, "USD", "EUR", date(2026, 11, 18), Decimal("0.9137"), "ECB")

    office.write(setup)
    return office


@pytest.fixture
def desk(office: Office) -> Office:
    return prepared(office)


def euros(amount: str) -> Money:
    return Money.of(amount, "EUR")


def line(category: str = "travel", amount: str | Money = "24.20", **others) -> LineDraft:
    cost = {} if "distance" in others else {"amount": euros(amount) if isinstance(amount, str) else amount}
    return LineDraft(**{"date": DAY, "category": category, **cost, **others})


def report(*lines: LineDraft, **others) -> ReportDraft:
    return ReportDraft(title="Reis", lines=lines, **others)


def test_put_together_line_by_line(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalExpenses), desk.as_("mia", LocalExpenses)
    draft = ana.save(report(line("meal", "80")))
    assert (draft.status, draft.submitted_at, draft.totals.claimed) == (ExpenseStatus.DRAFT, None, euros("80"))
    assert {one.code for one in draft.lines[0].violations} == {"limit-exceeded", "receipt-required"}
    with pytest.raises(LimitExceeded):
        ana.submit_saved(draft.ref)
    with pytest.raises(NotFound):  # the approver sees what is claimed, not what is being written
        mia.get(draft.ref)
    assert list(mia.requests(PersonRef(login="ana"))) == []
    assert list(mia.inbox()) == []
    longer = ana.add_line(draft.ref, line(receipts=(BON,)))
    mended = ana.update_line(longer.ref, longer.lines[0].ref, line("meal", "70", receipt_lost=True))
    assert [one.receipts[0].name for one in mended.lines if one.receipts] == ["bon.jpg"]
    with pytest.raises(Conflict):  # of before
        ana.update_line(longer.ref, longer.lines[0].ref, line("meal", "1"))
    with pytest.raises(Conflict):
        ana.submit_saved(longer.ref)
    with pytest.raises(NotFound):
        ana.update_line(mended.ref, Ref(connection="main", kind="expense_line", id="999"), line())
    shorter = ana.remove_line(mended.ref, mended.lines[1].ref)
    assert [one.file.name for one in ana.receipts()] == ["bon.jpg"]  # free again
    with pytest.raises(Conflict, match="at least one line"):
        ana.remove_line(shorter.ref, shorter.lines[0].ref)
    made = ana.submit_saved(shorter.ref)
    assert (made.status, made.lines[0].violations) == (ExpenseStatus.SUBMITTED, ())
    for late in (lambda: ana.add_line(made.ref, line()), lambda: ana.submit_saved(made.ref)):
        with pytest.raises(AlreadySubmitted):
            late()
    assert [event.step for event in made.timeline] == ["saved", "changed", "changed", "changed", "submitted"]
    with pytest.raises(NotFound):  # nothing of somebody else's is used by saving
        ana.save(report(line(receipts=(desk.as_("kees", LocalExpenses).upload_receipt(BON).ref,))))


def test_taken_back_to_a_draft_returned_and_claimed_again(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalExpenses), desk.as_("mia", LocalExpenses)
    made = ana.submit(report(line(receipts=(BON,)), line("meal", "5")))
    back = ana.recall(made.ref, reason="bedrag klopt niet")
    assert (back.status, back.lines[0].receipts[0].name) == (ExpenseStatus.DRAFT, "bon.jpg")
    assert list(mia.inbox()) == []
    with pytest.raises(Conflict, match="a draft"):
        mia.decide(made.ref, Decision.APPROVE)
    with pytest.raises(Conflict):
        ana.recall(made.ref)
    again = ana.submit_saved(ana.update_line(back.ref, back.lines[1].ref, line("meal", "6")).ref)
    assert again.totals.claimed == euros("30.20")
    said = (LineDecision(line=again.lines[1].ref, remark="Met wie?"),)
    returned = mia.decide(again.ref, Decision.RETURN, comment="Zie regel 2", lines=said)
    assert (returned.status, returned.lines[1].remark, returned.totals.approved) == (ExpenseStatus.RETURNED, "Met wie?", None)
    with pytest.raises(AlreadyDecided):
        ana.recall(returned.ref)
    mended = ana.update_line(returned.ref, returned.lines[1].ref, line("meal", "6", attendees=("Kees",)))
    done = mia.decide(ana.submit_saved(mended.ref).ref, Decision.APPROVE)
    assert (done.status, done.totals.payable) == (ExpenseStatus.APPROVED, euros("30.20"))
    assert [step.state for step in done.approvals] == ["returned", "approved"]
    assert [event.step for event in done.timeline][:3] == ["submitted", "recalled", "changed"]


def test_deciding_line_by_line(desk: Office) -> None:
    ana, mia = desk.as_("ana", LocalExpenses), desk.as_("mia", LocalExpenses)
    made = ana.submit(report(line(), line("meal", "9"), line(amount="50", paid_with=PaidWith.COMPANY_CARD)))
    first, meal, card = (one.ref for one in made.lines)

    def cut(ref: Ref, amount: str | Money | None, remark: str | None = None) -> LineDecision:
        return LineDecision(line=ref, amount=euros(amount) if isinstance(amount, str) else amount, remark=remark)

    for wrong in (
        (cut(meal, "9.01"),),
        (cut(meal, "-1"),),
        (cut(meal, Money.of("9", "USD")),),
        (cut(meal, "1"), cut(meal, "2")),
        (cut(first, "0"), cut(meal, "0"), cut(card, "0")),  # that is a rejection
    ):
        with pytest.raises(InvalidInput) as error:
            mia.decide(made.ref, Decision.APPROVE, lines=wrong)
        assert error.value.field == "lines"
    with pytest.raises(InvalidInput):
        mia.decide(made.ref, Decision.REJECT, comment="x", lines=(cut(meal, "1"),))
    with pytest.raises(NotFound):
        mia.decide(made.ref, Decision.APPROVE, lines=(cut(Ref(connection="main", kind="expense_line", id="999"), "1"),))
    for comment in (None, " "):
        with pytest.raises(InvalidInput) as silent:
            mia.decide(made.ref, Decision.RETURN, comment=comment)
        assert silent.value.field == "comment"
    done = mia.decide(
        made.ref, Decision.APPROVE, lines=(cut(meal, "0", "geen bon"), cut(card, "40"), cut(first, None, "akkoord"))
    )
    assert [one.approved for one in done.lines] == [euros("24.20"), euros("0"), euros("40")]
    assert [one.remark for one in done.lines] == ["akkoord", "geen bon", None]
    assert (done.status, done.totals.approved) == (ExpenseStatus.PARTLY_APPROVED, euros("64.20"))
    assert (done.totals.company_paid, done.totals.payable) == (euros("40"), euros("24.20"))


def test_nobody_decides_about_their_own_or_twice(desk: Office) -> None:
    mia, bo = desk.as_("mia", LocalExpenses), desk.as_("bo", LocalExpenses)
    own = mia.submit(report(line()))
    for_ana = mia.submit(report(line(), person=PersonRef(login="ana")))
    assert (for_ana.employee.login, for_ana.submitted_by and for_ana.submitted_by.login) == ("ana", "mia")
    for made in (own, for_ana):
        with pytest.raises(Conflict) as error:
            mia.decide(made.ref, Decision.APPROVE)
        assert "eigen declaraties" in error.value.sentence("nl")
        assert bo.decide(made.ref, Decision.APPROVE).status == ExpenseStatus.APPROVED
        with pytest.raises(AlreadyDecided):
            bo.decide(made.ref, Decision.REJECT, comment="toch niet")


def test_paid_given_up_undone(desk: Office) -> None:
    ana, mia, bo = (desk.as_(login, LocalExpenses) for login in ("ana", "mia", "bo"))
    made = ana.submit(report(line()))
    with pytest.raises(Conflict) as early:
        bo.pay(made.ref, on=date(2026, 11, 24))
    assert early.value.sentence("nl") == "Dit kan niet meer: het is ingediend"
    mia.decide(made.ref, Decision.APPROVE)
    with pytest.raises(InvalidInput) as before:
        bo.pay(made.ref, on=date(2026, 11, 23))  # it was claimed on the 24th
    assert before.value.field == "on"
    planned = bo.pay(made.ref, on=date(2026, 12, 1))
    assert (planned.status, planned.expected_payment, planned.paid_at) == (
        ExpenseStatus.PAYMENT_SCHEDULED,
        date(2026, 12, 1),
        None,
    )
    with pytest.raises(Conflict):
        ana.cancel(made.ref)
    paid = bo.pay(made.ref, on=date(2026, 11, 24))
    assert (paid.status, paid.paid_at) == (ExpenseStatus.PAID, NOW.replace(hour=0) - timedelta(hours=1))
    for reason in ("", "dubbel"):
        if reason:
            assert bo.reverse(made.ref, reason).status == ExpenseStatus.REVERSED
        else:
            with pytest.raises(InvalidInput):
                bo.reverse(made.ref, reason)
    for end in (lambda: bo.pay(made.ref, on=date(2026, 11, 24)), lambda: ana.withdraw(made.ref), lambda: ana.cancel(made.ref)):
        with pytest.raises(Conflict):
            end()


def test_requests_by_status_and_date(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    made = [ana.submit(report(line(amount=f"{number}.00"))) for number in range(1, 61)]
    ana.withdraw(made[3].ref)
    assert [one.ref for one in ana.requests()] == [one.ref for one in reversed(made)]
    assert [one.ref for one in ana.requests(status=frozenset({ExpenseStatus.WITHDRAWN}))] == [made[3].ref]
    assert list(ana.requests(since=date(2026, 11, 25))) == []
    assert len(list(ana.requests(since=date(2026, 11, 24), until=date(2026, 11, 24)))) == 60
    seen = []
    for one in desk.as_("mia", LocalExpenses).inbox():
        if not seen:
            ana.withdraw(made[1].ref)  # one of the first page goes while it is read
        seen.append(one.ref)
    assert seen == [one.ref for one in made if one.ref != made[3].ref]


def test_in_the_organisations_currency_only(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    assert ana.submit(report(line(), currency="EUR")).currency == "EUR"
    for call in (ana.submit, ana.save, ana.check):
        with pytest.raises(CurrencyNotAllowed) as error:
            call(report(line(amount="3"), currency="USD"))
        assert (error.value.allowed, error.value.field) == ("EUR", "currency")


def test_the_same_key_is_for_the_same_draft(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    key = Key("k-1")
    made = ana.submit(report(line(receipts=(BON,))), key=key)
    assert ana.submit(report(line(receipts=(BON,))), key=key) == made
    for other in (report(line(amount="24.21", receipts=(BON,))), report(line())):
        with pytest.raises(Conflict) as error:
            ana.submit(other, key=key)
        assert error.value.field == "key"
        assert "conflict" in [one.code for one in ana.submit.preview(other, key=key).blockers]
    with pytest.raises(Conflict):
        ana.save(report(line(receipts=(BON,))), key=key)
    assert ana.submit.reconcile(key) == made
    assert ana.submit.reconcile(Key("k-2")) is None
    assert ana.submit.preview(report(line(receipts=(BON,))), key=key).line("done")
    assert len(list(ana.requests())) == 1


LINES = st.one_of(
    st.builds(
        lambda category, cents, currency, personal, lost, files, merchant, day, guests: line(
            category,
            Money.of(Decimal(cents).scaleb(-2), currency),
            personal=Money.of(Decimal(cents // 3).scaleb(-2), currency) if personal else None,
            receipt_lost=lost,
            receipts=(BON,) if files else (),
            merchant=merchant,
            date=DAY + timedelta(days=day),
            attendees=("Kees",) if guests else (),
        ),
        st.sampled_from(["meal", "travel", "guests", "nothing"]),
        st.integers(min_value=1, max_value=12_000),
        st.sampled_from(["EUR", "EUR", "USD", "CHF"]),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, "NS"]),
        st.sampled_from([-400, -20, -1, 0, 1, 3]),
        st.booleans(),
    ),
    st.integers(min_value=1, max_value=300).map(
        lambda km: line("km", distance=Distance(origin="a", destination="b", length=Decimal(km)))
    ),
)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["submit", "save", "amend", "recall", "submit_saved", "withdraw", "decide", "pay", "cancel", "reverse"]
        ),
        st.lists(LINES, min_size=1, max_size=3),
        st.sampled_from(list(Decision)),
        st.sampled_from(["ana", "mia", "bo"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(acts=ACTS)
def test_a_preview_says_what_is_done_then(acts: list[tuple[str, list[LineDraft], Decision, str]], previewed: Office) -> None:
    office = previewed
    made: ExpenseReport | None = None
    for what, lines, decision, who in acts:
        service = office.as_({"decide": who, "pay": "bo", "reverse": "bo"}.get(what, "ana"), LocalExpenses)
        try:
            call, args, kwargs = _called(service, what, lines, decision, made)
        except LookupError:
            continue
        try:
            told: Preview = call.preview(*args, **kwargs)
        except NotFound:  # somebody else's draft
            with pytest.raises(Rejected):
                call(*args, **kwargs)
            continue
        try:
            done = call(*args, key=Key(told.key), **kwargs)
        except Rejected as error:
            assert error.code in {one.code for one in told.blockers}, f"{what}: {error!r}, and the preview says {told.lines}"
        else:
            assert not told.blockers, f"{what} was done, and the preview says {told.blockers}"
            total = told.line("total")
            if total is not None:
                assert total.facts["payable"] == str(done.totals.payable.amount)
                assert total.facts["claimed"] == str(done.totals.claimed.amount)
            assert call.preview(*args, key=Key(told.key), **kwargs).line("done")
            made = done


@pytest.fixture(scope="module")
def previewed(tmp_path_factory: pytest.TempPathFactory):  # one store for all examples: reports of earlier ones are there
    office = Office(f"sqlite:///{tmp_path_factory.mktemp('previewed') / 'store.db'}")
    office.write(office.hire)
    yield prepared(office)
    office.local.database.close()


def _called(
    service: LocalExpenses, what: str, lines: list[LineDraft], decision: Decision, made: ExpenseReport | None
) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    bound: Any = getattr(service, what)
    draft = report(*lines)
    if what in ("submit", "save"):
        return bound, (draft,), {}
    if made is None:
        raise LookupError
    ref = made.ref.model_copy(update={"version": None})
    if what == "amend":
        return bound, (ref, draft), {}
    if what == "decide":
        return bound, (ref, decision), {"comment": "x"}
    if what == "pay":
        return bound, (ref,), {"on": date(2026, 11, 24)}
    return (bound, (ref, "x"), {}) if what == "reverse" else (bound, (ref,), {})
