"""Expenses, as every connector has to do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from workplace_sdk.conformance.base import DIFFICULT, ServiceConformance, Use, needs
from workplace_sdk.conformance.checks import alike, refusing
from workplace_sdk.conformance.trial import Trial
from workplace_sdk.kernel.errors import NotFound, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Decision, Money, Ref, Span, Upload
from workplace_sdk.services.expenses import (
    Allocation,
    Distance,
    Exchange,
    ExpenseLine,
    ExpenseReport,
    Expenses,
    ExpenseStatus,
    LineDecision,
    LineDraft,
    Location,
    PaidWith,
    ReportDraft,
    Tax,
    Trip,
)


def _line(trial: Trial, euros: str = "12.34", **others: Any) -> LineDraft:
    money = Money.of(euros, trial["currency"])
    values: dict[str, Any] = {"date": trial["day"], "category": trial["category"], "amount": money, **others}
    return LineDraft(**values)


def _draft(trial: Trial, *amounts: str, **others: Any) -> ReportDraft:
    lines = tuple(_line(trial, amount, **others) for amount in amounts or ("12.34",))
    return ReportDraft(title="conformance", lines=lines)


def _many(trial: Trial, count: int) -> ReportDraft:
    return _draft(trial, *(f"{n // 100 + 1}.{n % 100:02d}" for n in range(count)))


def _claimed(trial: Trial, **others: Any) -> ExpenseReport:
    made: ExpenseReport = trial.do("submit", _draft(trial, **others))
    return made


def _saved(trial: Trial, *amounts: str) -> ExpenseReport:
    made: ExpenseReport = trial.do("save", _draft(trial, *amounts))
    return made


def _approved(trial: Trial) -> ExpenseReport:
    done: ExpenseReport = trial.do("decide", _claimed(trial).ref, Decision.APPROVE, by=trial.other("approver"))
    return done


def _receipt(size: int = 256) -> Upload:
    return Upload(name="bon.jpg", content=(bytes(range(256)) * (size // 256 + 1))[:size], media_type="image/jpeg")


def _foreign(trial: Trial) -> str:
    return "USD" if trial["currency"] != "USD" else "GBP"


def _journey(_: Trial) -> Distance:
    return Distance(origin="Utrecht", destination="Zwolle", length=Decimal(90))


def _trip(trial: Trial) -> Trip:
    zone = trial.service.session.zone
    return Trip(span=Span.local(trial["day"], time(8), time(18), zone), destination=Location(country="NL"))


_LINES: Mapping[str, tuple[Callable[[Trial], Mapping[str, Any]], Callable[[ExpenseLine, Trial], bool] | None]] = {
    "mileage": (
        lambda trial: {"amount": None, "distance": _journey(trial), "category": trial.given("mileage")},
        lambda line, trial: line.distance == _journey(trial),
    ),
    "per_diem": (
        lambda trial: {"amount": None, "trip": _trip(trial), "category": trial.given("per_diem")},
        lambda line, trial: line.trip == _trip(trial),
    ),
    "taxes": (
        lambda trial: {"taxes": (Tax.inside(Money.of("12.34", trial["currency"]), Decimal(21)),)},
        lambda line, trial: [one.tax for one in line.taxes] == [Money.of("2.14", trial["currency"])],
    ),
    "allocations": (
        lambda trial: {"allocations": (Allocation(cost_centre=trial.given("cost_centre"), share=Decimal(100)),)},
        lambda line, trial: [one.cost_centre for one in line.allocations] == [trial["cost_centre"]],
    ),
    "attendees": (lambda _: {"attendees": ("Zoë Ødegård",)}, lambda line, _: line.attendees == ("Zoë Ødegård",)),
    "personal": (
        lambda trial: {"personal": Money.of("1.00", trial["currency"])},
        lambda line, trial: line.claimed == Money.of("11.34", trial["currency"]),
    ),
    "place": (
        lambda _: {"place": Location(country="NL", city="Utrecht")},
        lambda line, _: line.place is not None and line.place.city == "Utrecht",
    ),
    "billable": (lambda _: {"billable": True}, lambda line, _: line.billable is True),
    "exchange": (
        lambda trial: {
            "amount": Money.of("12.34", _foreign(trial)),
            "exchange": Exchange(rate=Decimal("0.5"), on=trial["day"], source="receipt"),
        },
        lambda line, trial: line.claimed == Money.of("6.17", trial["currency"]),
    ),
    "not_own_money": (
        lambda _: {"paid_with": PaidWith.COMPANY_CARD},
        lambda line, _: line.paid_with is PaidWith.COMPANY_CARD,
    ),
    "card_transaction": (
        lambda trial: {"paid_with": PaidWith.COMPANY_CARD, "card_transaction": trial.given("card_transaction")},
        lambda line, trial: line.card_transaction == trial["card_transaction"],
    ),
    "receipts": (lambda _: {"receipts": (_receipt(),)}, lambda line, _: [one.name for one in line.receipts] == ["bon.jpg"]),
    "receipt_lost": (lambda _: {"receipt_lost": True}, lambda line, _: line.receipt_lost),
}
"""What a line says, by feature, and whether it is in the line that was recorded."""


def _on(
    carry: Callable[[Trial, LineDraft], Mapping[str, Any]],
    values: Callable[[Trial], Mapping[str, Any]],
    kept: Callable[[ExpenseLine, Trial], bool] | None,
    which: int,
) -> Use:
    """A line with *values*, as *carry* puts it into a call; it is line number *which* of the answer."""

    def shows(report: ExpenseReport, trial: Trial) -> bool:
        return kept is None or kept(report.lines[which], trial)

    return Use(lambda trial: carry(trial, _line(trial, **values(trial))), shows)


def _reported(*lines: LineDraft) -> ReportDraft:
    return ReportDraft(title="conformance", lines=lines)


_CARRIED: Mapping[str, tuple[Callable[[Trial, LineDraft], Mapping[str, Any]], int]] = {
    "submit": (lambda _, line: {"draft": _reported(line)}, 0),
    "save": (lambda _, line: {"draft": _reported(line)}, 0),
    "amend": (lambda trial, line: {"ref": trial.once("claimed", _claimed).ref, "draft": _reported(line)}, 0),
    "add_line": (lambda trial, line: {"ref": trial.once("saved", _saved).ref, "draft": line}, 1),
    "update_line": (
        lambda trial, line: {
            "ref": trial.once("saved", _saved).ref,
            "line": trial.once("saved", _saved).lines[0].ref,
            "draft": line,
        },
        0,
    ),
}
"""How each write takes a line, and where that is in its answer."""


def _in_two_currencies(trial: Trial) -> ReportDraft:
    return _reported(_line(trial), _line(trial, amount=Money.of("1.23", _foreign(trial))))


def _nowhere(trial: Trial, kind: str = "expense") -> Ref:
    return Ref(connection=trial.service.connection_name, kind=kind, id="0")


def _deciding(**values: Any) -> Use:
    return Use(lambda trial: {"ref": _nowhere(trial), "decision": Decision.APPROVE, **values})


class ExpensesConformance(ServiceConformance):
    """Give ``service``, ``category`` (one that needs no receipt for a small amount), ``day`` and ``currency``; ``approver`` where
    someone decides about claims, ``payer`` where payments are recorded.
    """

    interface = Expenses
    creates = frozenset({"submit", "save", "upload_receipt"})
    uses = {  # noqa: RUF012 - a ClassVar in the base
        **{
            (operation, feature): _on(carry, values, kept, which)
            for operation, (carry, which) in _CARRIED.items()
            for feature, (values, kept) in _LINES.items()
        },
        ("submit", "several_currencies"): Use(lambda trial: {"draft": _in_two_currencies(trial)}),
        ("save", "several_currencies"): Use(lambda trial: {"draft": _in_two_currencies(trial)}),
        ("amend", "several_currencies"): Use(lambda trial: {"ref": _nowhere(trial), "draft": _in_two_currencies(trial)}),
        ("decide", "comment"): _deciding(comment="x"),
        ("decide", "return"): _deciding(decision=Decision.RETURN),
        ("decide", "lines"): Use(
            lambda trial: {
                "ref": _nowhere(trial),
                "decision": Decision.APPROVE,
                "lines": (LineDecision(line=_nowhere(trial, "expense_line"), amount=Money.of("1.00", trial["currency"])),),
            }
        ),
    }
    edges = {  # noqa: RUF012 - a ClassVar in the base
        ("submit", "lines"): lambda trial, size: {"draft": _many(trial, size)},
        ("save", "lines"): lambda trial, size: {"draft": _many(trial, size)},
        ("amend", "lines"): lambda trial, size: {"ref": trial.once("claimed", _claimed).ref, "draft": _many(trial, size)},
        ("submit", "attachment_bytes"): lambda trial, size: {"draft": _draft(trial, receipts=(_receipt(size),))},
        ("upload_receipt", "attachment_bytes"): lambda _trial, size: {"upload": _receipt(size)},
        ("save", "attachment_bytes"): lambda trial, size: {"draft": _draft(trial, receipts=(_receipt(size),))},
        ("amend", "attachment_bytes"): lambda trial, size: {
            "ref": trial.once("claimed", _claimed).ref,
            "draft": _draft(trial, receipts=(_receipt(size),)),
        },
        ("add_line", "attachment_bytes"): lambda trial, size: {
            "ref": trial.once("saved", _saved).ref,
            "draft": _line(trial, receipts=(_receipt(size),)),
        },
        ("update_line", "attachment_bytes"): lambda trial, size: {
            "ref": trial.once("saved", _saved).ref,
            "line": trial.once("saved", _saved).lines[0].ref,
            "draft": _line(trial, receipts=(_receipt(size),)),
        },
        ("recall", "text_length"): lambda trial, size: {"ref": trial.once("claimed", _claimed).ref, "reason": "x" * size},
        ("withdraw", "text_length"): lambda trial, size: {"ref": trial.once("claimed", _claimed).ref, "reason": "x" * size},
        ("cancel", "text_length"): lambda trial, size: {"ref": trial.once("approved", _approved).ref, "reason": "x" * size},
        ("comment", "text_length"): lambda trial, size: {"ref": trial.once("claimed", _claimed).ref, "body": "x" * size},
        ("decide", "text_length"): lambda trial, size: {
            "ref": trial.once("claimed", _claimed).ref,
            "decision": Decision.APPROVE,
            "comment": "x" * size,
            "by": trial.other("approver"),
        },
        ("reverse", "text_length"): lambda trial, size: {
            "ref": trial.once("approved", _approved).ref,
            "reason": "x" * size,
            "by": trial.other("payer"),
        },
    }

    @pytest.fixture
    def approver(self) -> Expenses | None:
        """The same service for who decides about the employee's claims; ``None`` where nobody can be given."""
        return None

    @pytest.fixture
    def payer(self) -> Expenses | None:
        """The same service for who records payments; ``None`` where nobody can be given."""
        return None

    @pytest.fixture
    def mileage(self) -> str | Ref | None:
        """A category in which a distance can be claimed; ``None`` where none can."""
        return None

    @pytest.fixture
    def per_diem(self) -> str | Ref | None:
        """A category in which days away can be claimed; ``None`` where none can."""
        return None

    @pytest.fixture
    def cost_centre(self) -> str | None:
        """A cost centre that may bear a cost; ``None`` where none can be given."""
        return None

    @pytest.fixture
    def card_transaction(self) -> Ref | None:
        """A payment with the company's card that no line claims yet; ``None`` where none can be given."""
        return None

    @pytest.fixture
    def category(self) -> str | Ref:
        """A category in which 12.34 can be claimed."""
        raise NotImplementedError("override the fixture 'category' in your test class: where 12.34 can be claimed")

    @pytest.fixture
    def day(self) -> date:
        """A day that can be claimed for."""
        raise NotImplementedError("override the fixture 'day' in your test class: a day that can be claimed for")

    @pytest.fixture
    def currency(self) -> str:
        """The currency in which is paid back."""
        return "EUR"

    def examples(self, service: Any) -> Mapping[str, Mapping[str, Any]]:
        names = ("categories", "rates", "per_diem_rates", "receipts", "card_transactions", "requests", "inbox")
        nothing: dict[str, Any] = {}
        return dict.fromkeys(names, nothing)

    def try_submit(self, trial: Trial) -> Any:
        made = _claimed(trial)
        assert made.status in (ExpenseStatus.SUBMITTED, ExpenseStatus.APPROVED), (
            "what is claimed is submitted, or approved at once"
        )
        return made

    def try_check(self, trial: Trial) -> Any:
        assert not [one for one in trial.do("check", _draft(trial)) if one.blocking], "check() finds fault with a good claim"
        return None

    def try_get(self, trial: Trial) -> Any:
        made = _claimed(trial)
        found = trial.do("get", made.ref)
        assert alike(found, made), "get() gives what submit() returned"
        return found

    def try_amend(self, trial: Trial) -> Any:
        changed = trial.do("amend", _claimed(trial).ref, _draft(trial, "3.21"))
        assert changed.totals.claimed == Money.of("3.21", trial["currency"]), "amend() replaces the lines"
        return changed

    def try_withdraw(self, trial: Trial) -> Any:
        gone = trial.do("withdraw", _claimed(trial).ref)
        assert gone.status == ExpenseStatus.WITHDRAWN, "withdraw() gives the report back as it is now: withdrawn"
        return gone

    def try_upload_receipt(self, trial: Trial) -> Any:
        kept = trial.do("upload_receipt", _receipt())
        if isinstance(trial.service.support_of("receipts"), Native):
            assert kept.ref in [one.ref for one in trial.do("receipts")], "a receipt that no line uses yet is in receipts()"
        return kept

    def try_receipt(self, trial: Trial) -> Any:
        content = trial.do("receipt", trial.do("upload_receipt", _receipt()).ref)
        assert content == _receipt().content, "receipt() gives the bytes as they were sent"
        return content

    def try_discard_receipt(self, trial: Trial) -> Any:
        kept = trial.do("upload_receipt", _receipt())
        trial.do("discard_receipt", kept.ref)
        assert kept.ref not in [one.ref for one in trial.do("receipts")], "a receipt that was thrown away is not in receipts()"
        return kept

    def try_save(self, trial: Trial) -> Any:
        made = _saved(trial)
        assert made.status == ExpenseStatus.DRAFT, "what is saved is not claimed"
        assert made.submitted_at is None, "what is saved was not submitted: leave submitted_at out"
        return made

    def try_add_line(self, trial: Trial) -> Any:
        made = trial.do("add_line", _saved(trial).ref, _line(trial, "1.11"))
        assert [one.claimed.amount for one in made.lines] == [Decimal("12.34"), Decimal("1.11")], "a line goes at the end"
        return made

    def try_update_line(self, trial: Trial) -> Any:
        saved = _saved(trial, "12.34", "1.11")
        made = trial.do("update_line", saved.ref, saved.lines[0].ref, _line(trial, "2.22"))
        assert [one.claimed.amount for one in made.lines] == [Decimal("2.22"), Decimal("1.11")], "only that line is replaced"
        return made

    def try_remove_line(self, trial: Trial) -> Any:
        saved = _saved(trial, "12.34", "1.11")
        made = trial.do("remove_line", saved.ref, saved.lines[0].ref)
        assert [one.claimed.amount for one in made.lines] == [Decimal("1.11")], "only that line is removed"
        return made

    def try_submit_saved(self, trial: Trial) -> Any:
        made = trial.do("submit_saved", _saved(trial).ref)
        assert made.status in (ExpenseStatus.SUBMITTED, ExpenseStatus.APPROVED), (
            "what is claimed is submitted, or approved at once"
        )
        with refusing(Rejected, "nobody claims the same report twice"):
            trial.do("submit_saved", made.ref)
        return made

    def try_recall(self, trial: Trial) -> Any:
        made = trial.do("recall", _claimed(trial).ref)
        assert made.status == ExpenseStatus.DRAFT, "what is taken back to a draft is not claimed"
        assert made.submitted_at is None
        if isinstance(trial.service.support_of("submit_saved"), Native):
            assert trial.do("submit_saved", made.ref).status in (ExpenseStatus.SUBMITTED, ExpenseStatus.APPROVED)
        return made

    def try_cancel(self, trial: Trial) -> Any:
        gone = trial.do("cancel", _approved(trial).ref)
        assert gone.status == ExpenseStatus.CANCELLED, "cancel() gives the report back as it is now: cancelled"
        return gone

    def try_comment(self, trial: Trial) -> Any:
        made = trial.do("comment", _claimed(trial).ref, DIFFICULT)
        assert DIFFICULT in [event.comment for event in made.timeline], "the comment is not in the timeline as it was written"
        return made

    def try_reverse(self, trial: Trial) -> Any:
        gone = trial.do("reverse", _approved(trial).ref, "conformance", by=trial.other("payer"))
        assert gone.status == ExpenseStatus.REVERSED, "reverse() gives the report back as it is now: reversed"
        return gone

    def try_attachment(self, trial: Trial) -> Any:
        made = _claimed(trial, receipts=(_receipt(),))
        content = trial.do("attachment", made.ref, made.lines[0].receipts[0].ref)
        assert content == _receipt().content, "attachment() gives the bytes as they were sent"
        return content

    def try_decide(self, trial: Trial) -> Any:
        approver, made = trial.other("approver"), _claimed(trial)
        assert made.ref in [one.ref for one in trial.do("inbox", by=approver)], "what waits for the approver is in inbox()"
        done = trial.do("decide", made.ref, Decision.APPROVE, by=approver)
        assert done.status == ExpenseStatus.APPROVED, "decide() gives the report back as it is now: approved"
        assert done.totals.approved == made.totals.claimed, "approved without lines is approved as it was claimed"
        with refusing(Rejected, "nobody decides about the same claim twice"):
            trial.do("decide", done.ref, Decision.REJECT, by=approver)
        return done

    def try_pay(self, trial: Trial) -> Any:
        payer = trial.other("payer")
        return trial.do("pay", _approved(trial).ref, on=trial.service.session.today(), by=payer)

    def _draft(self, category: str | Ref, day: date, currency: str, amount: str = "12.34", **others: Any) -> ReportDraft:
        line = LineDraft(date=day, category=category, amount=Money.of(amount, currency), **others)
        return ReportDraft(title=DIFFICULT, lines=(line,))

    def test_not_a_cent_is_lost(self, service: Expenses, category: str | Ref, day: date, currency: str) -> None:
        needs(service, "submit", "get")
        made = service.submit(self._draft(category, day, currency))
        assert made.totals.claimed == Money.of("12.34", currency), (
            "claimed is what was asked for: amounts are decimal from end to end"
        )
        assert made.title == DIFFICULT, "the title came back changed: look at the encoding, and at HTML"
        assert alike(service.get(made.ref), made), "get() gives what submit() returned"

    def test_receipts_come_back_as_they_were(self, service: Expenses, category: str | Ref, day: date, currency: str) -> None:
        needs(service, "submit", "attachment")
        support = service.submit.support
        if isinstance(support, Native) and "receipts" in support.without:
            pytest.skip("submit takes no receipts")
        receipt = Upload(name="bon é.jpg", content=bytes(range(256)), media_type="image/jpeg")
        made = service.submit(self._draft(category, day, currency, receipts=(receipt,)))
        kept = made.lines[0].receipts[0]
        assert service.attachment(made.ref, kept.ref) == receipt.content, "attachment() gives the bytes as they were sent"
        assert kept.name == receipt.name, "the name of a file came back changed: look at the encoding of file names"

    def test_a_repeat_with_the_same_key(self, service: Expenses, category: str | Ref, day: date, currency: str) -> None:
        needs(service, "submit")
        if service.submit.safety is not Safety.KEYED:
            pytest.skip("submit is not KEYED: a repeat is not promised to be harmless")
        key, draft = new_key(), self._draft(category, day, currency)
        first = service.submit(draft, key=key)
        assert service.submit(draft, key=key).ref == first.ref, "KEYED means: the same key never claims twice"

    def test_what_is_not_there(self, service: Expenses, day: date, currency: str) -> None:
        needs(service, "get", "submit")
        with refusing(NotFound, "get() of a report that is not there"):
            service.get(Ref(connection=service.connection_name, kind="expense", id="999999999"))
        with refusing(Rejected, "a category that is not there"):
            service.submit(self._draft("no category has this name", day, currency))
