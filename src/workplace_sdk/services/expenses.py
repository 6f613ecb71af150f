"""Expenses: claiming what one paid, with receipts, kilometres, days away, VAT and other currencies, and deciding about it."""

from __future__ import annotations

from datetime import date
from typing import Final

from workplace_sdk.kernel.access import Access, Arguments, Relation
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import Feature, Measure, Service, pages, read, write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.services.common import Decision, PersonRef, Ref, Upload, named, owner
from workplace_sdk.services.expenses_drafts import (
    Allocation,
    Distance,
    Exchange,
    LineDraft,
    Meals,
    PaidWith,
    ReportDraft,
    Stop,
    Tax,
    Trip,
)
from workplace_sdk.services.expenses_errors import (
    AlreadyDecided,
    AlreadySubmitted,
    AttendeesRequired,
    CardMismatch,
    CategoryNotAllowed,
    CurrencyNotAllowed,
    DuplicateExpense,
    LimitExceeded,
    NothingToClaim,
    PeriodClosed,
    RateUnavailable,
    ReceiptRequired,
    ReceiptUsedElsewhere,
    TaxMismatch,
)
from workplace_sdk.services.expenses_rates import (
    DistanceUnit,
    ExpenseCategory,
    LimitPer,
    LineKind,
    Location,
    MileagePart,
    MileageRate,
    PartDay,
    PerDiemDay,
    PerDiemRate,
    Vehicle,
)
from workplace_sdk.services.expenses_reports import (
    CardTransaction,
    ExpenseEvent,
    ExpenseLine,
    ExpenseReport,
    ExpenseStatus,
    ExpenseStep,
    LineDecision,
    Receipt,
    ReceiptState,
    Totals,
    Violation,
)

__all__ = [
    "Allocation",
    "AlreadyDecided",
    "AlreadySubmitted",
    "AttendeesRequired",
    "CardMismatch",
    "CardTransaction",
    "CategoryNotAllowed",
    "CurrencyNotAllowed",
    "Distance",
    "DistanceUnit",
    "DuplicateExpense",
    "Exchange",
    "ExpenseCategory",
    "ExpenseEvent",
    "ExpenseLine",
    "ExpenseReport",
    "ExpenseStatus",
    "ExpenseStep",
    "Expenses",
    "LimitExceeded",
    "LimitPer",
    "LineDecision",
    "LineDraft",
    "LineKind",
    "Location",
    "Meals",
    "MileagePart",
    "MileageRate",
    "NothingToClaim",
    "PaidWith",
    "PartDay",
    "PerDiemDay",
    "PerDiemRate",
    "PeriodClosed",
    "RateUnavailable",
    "Receipt",
    "ReceiptRequired",
    "ReceiptState",
    "ReceiptUsedElsewhere",
    "ReportDraft",
    "Stop",
    "Tax",
    "TaxMismatch",
    "Totals",
    "Trip",
    "Vehicle",
    "Violation",
]

_OWN = frozenset({Relation.SELF})
_READ = frozenset({Relation.SELF, Relation.MANAGER})
_LOOK = Access("expenses.look")
_MINE = Access("expenses.submit")
_SUBMIT = Access("expenses.submit", _OWN, named("draft", "person"))
_SUBMIT_REF = Access("expenses.submit", _OWN, owner())
_PAY = Access("expenses.pay", frozenset[Relation]())


def _lines(arguments: Arguments) -> tuple[LineDraft, ...]:
    """The lines of the draft that a call is about, or the one line."""
    draft: ReportDraft | LineDraft = arguments["draft"]
    return draft.lines if isinstance(draft, ReportDraft) else (draft,)


def _currencies(arguments: Arguments) -> set[str]:
    draft: ReportDraft | LineDraft = arguments["draft"]
    asked = {draft.currency} if isinstance(draft, ReportDraft) and draft.currency else set[str]()
    return asked | {line.amount.currency for line in _lines(arguments) if line.amount}


def _uploads(arguments: Arguments) -> list[Upload]:
    return [receipt for line in _lines(arguments) for receipt in line.receipts if isinstance(receipt, Upload)]


_FEATURES: Final[dict[str, Feature]] = {
    "mileage": lambda a: any(line.distance is not None for line in _lines(a)),
    "per_diem": lambda a: any(line.trip is not None for line in _lines(a)),
    "taxes": lambda a: any(line.taxes for line in _lines(a)),
    "allocations": lambda a: any(line.allocations for line in _lines(a)),
    "attendees": lambda a: any(line.attendees for line in _lines(a)),
    "personal": lambda a: any(line.personal is not None for line in _lines(a)),
    "place": lambda a: any(line.place is not None for line in _lines(a)),
    "billable": lambda a: any(line.billable is not None for line in _lines(a)),
    "exchange": lambda a: any(line.exchange is not None for line in _lines(a)),
    "not_own_money": lambda a: any(line.paid_with is not PaidWith.OWN_MONEY for line in _lines(a)),
    "receipts": lambda a: any(line.receipts for line in _lines(a)),
    "receipt_lost": lambda a: any(line.receipt_lost for line in _lines(a)),
    "card_transaction": lambda a: any(line.card_transaction is not None for line in _lines(a)),
    "several_currencies": lambda a: len(_currencies(a)) > 1,
}
_MEASURES: Final[dict[str, Measure]] = {
    "lines": lambda a: len(_lines(a)),
    "attachment_bytes": lambda a: max((upload.size for upload in _uploads(a)), default=0),
}
_REASON: Final[dict[str, Measure]] = {"text_length": lambda a: len(a["reason"] or "")}
_COMMENT: Final[dict[str, Measure]] = {"text_length": lambda a: len(a["comment"] or "")}
_DECIDING: Final[dict[str, Feature]] = {
    "comment": lambda a: bool(a["comment"]),
    "lines": lambda a: bool(a["lines"]),
    "return": lambda a: a["decision"] is Decision.RETURN,
}


class Expenses(Service, service="expenses"):
    """Expense reports, receipts, mileage and days away."""

    @read(access=_LOOK)
    def categories(self, *, on: date | None = None) -> Steps[Listing[ExpenseCategory]]:
        """What can be claimed for *on* (today when left out), by name."""
        raise self.unsupported("categories")
        yield

    @read(access=_LOOK)
    def rates(self, *, on: date | None = None) -> Steps[Listing[MileageRate]]:
        """What a unit of distance pays on *on* (today when left out), per vehicle, the first part of the year's distance first."""
        raise self.unsupported("rates")
        yield

    @read(access=_LOOK)
    def per_diem_rates(self, *, country: str | None = None, on: date | None = None) -> Steps[Listing[PerDiemRate]]:
        """What a day away pays on *on* (today when left out), per country and city; of *country* only when given."""
        raise self.unsupported("per_diem_rates")
        yield

    @write(Safety.ONCE, access=_MINE, measures={"attachment_bytes": lambda a: a["upload"].size})
    def upload_receipt(self, upload: Upload, *, key: Key | None = None) -> Steps[Receipt]:
        """Keep a receipt of the caller, to be used in a line later."""
        raise self.unsupported("upload_receipt")
        yield

    @read(access=Access("expenses.read", _OWN, named("person")))
    def receipts(self, person: PersonRef | None = None) -> Steps[Listing[Receipt]]:
        """Receipts of *person* that no line uses yet, the oldest first."""
        raise self.unsupported("receipts")
        yield

    @read(access=_MINE)
    def receipt(self, ref: Ref) -> Steps[bytes]:
        """The bytes of a receipt of the caller that no line uses yet."""
        raise self.unsupported("receipt")
        yield

    @write(Safety.ONCE, access=_MINE)
    def discard_receipt(self, ref: Ref, *, key: Key | None = None) -> Steps[Receipt]:
        """Throw away a receipt of the caller that no line uses."""
        raise self.unsupported("discard_receipt")
        yield

    @read(access=Access("expenses.read", _OWN, named("person")))
    def card_transactions(self, person: PersonRef | None = None) -> Steps[Listing[CardTransaction]]:
        """Payments of *person* with the company's card that no line claims yet, the oldest first."""
        raise self.unsupported("card_transactions")
        yield

    @read(access=Access("expenses.submit", _READ, named("draft", "person")))
    def check(self, draft: ReportDraft) -> Steps[Listing[Violation]]:
        """Rules that *draft* does not keep: missing receipts, limits, doubles, unknown rates."""
        raise self.unsupported("check")
        yield

    @write(Safety.ONCE, access=_SUBMIT, features=_FEATURES, measures=_MEASURES)
    def submit(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        """Claim *draft*.

        Returns:
            The report as recorded, with amounts in its currency.

        Raises:
            ReceiptRequired: *line* needs one.
            RateUnavailable: There is no exchange, mileage or per diem rate for a line's date.
            LimitExceeded: A line is over its category's limit.
            DuplicateExpense: The same was claimed before, or the same receipt or card payment used: *candidates*.
            CardMismatch: A line is not what the card's statement says.
            PeriodClosed: A line's date can no longer, or not yet, be claimed.
            CategoryNotAllowed: A line's category cannot be claimed for its date.
            CurrencyNotAllowed: It is not paid back in that currency.
            NothingToClaim: A line pays nothing.
            OutcomeUnknown: It may have been recorded; ask ``submit.reconcile(key)``.
        """
        raise self.unsupported("submit")
        yield

    @write(Safety.ONCE, access=_SUBMIT, features=_FEATURES, measures=_MEASURES)
    def save(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        """Keep *draft* without claiming it: rules that it does not keep yet are in the lines' ``violations``.

        Raises:
            RateUnavailable: A line cannot be worked out.
        """
        raise self.unsupported("save")
        yield

    @write(Safety.ONCE, access=_SUBMIT_REF, features=_FEATURES, measures=_MEASURES)
    def add_line(self, ref: Ref, draft: LineDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        """Add a line to a report that is a draft or was returned."""
        raise self.unsupported("add_line")
        yield

    @write(Safety.ONCE, access=_SUBMIT_REF, features=_FEATURES, measures=_MEASURES)
    def update_line(self, ref: Ref, line: Ref, draft: LineDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        """Replace a line of a report that is a draft or was returned. Receipts of the line are kept, those of *draft* added."""
        raise self.unsupported("update_line")
        yield

    @write(Safety.ONCE, access=_SUBMIT_REF)
    def remove_line(self, ref: Ref, line: Ref, *, key: Key | None = None) -> Steps[ExpenseReport]:
        """Remove a line of a report that is a draft or was returned; its receipts can be used again."""
        raise self.unsupported("remove_line")
        yield

    @write(Safety.ONCE, access=_SUBMIT_REF)
    def submit_saved(self, ref: Ref, *, key: Key | None = None) -> Steps[ExpenseReport]:
        """Claim a report that is a draft or was returned, worked out and checked anew.

        Raises:
            AlreadySubmitted: It was claimed already.
            ReceiptRequired, LimitExceeded, DuplicateExpense, ...: As for ``submit``.
        """
        raise self.unsupported("submit_saved")
        yield

    @write(Safety.ONCE, access=_SUBMIT_REF, features=_FEATURES, measures=_MEASURES)
    def amend(self, ref: Ref, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        """Replace a report that is not decided yet, or was returned; it is claimed anew.

        Raises:
            Conflict: It was decided meanwhile; or changed, when *ref* is of an earlier ``get`` and carries a version.
        """
        raise self.unsupported("amend")
        yield

    @write(Safety.ONCE, access=_SUBMIT_REF, measures=_REASON)
    def recall(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[ExpenseReport]:
        """Take a claimed report back to a draft before it is decided: its lines can be changed, and claimed with ``submit_saved``.

        Raises:
            AlreadyDecided: Somebody decided already.
        """
        raise self.unsupported("recall")
        yield

    @write(Safety.ONCE, access=_SUBMIT_REF, measures=_REASON)
    def withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[ExpenseReport]:
        """Take back a report for good, before it is decided; its receipts can be used again."""
        raise self.unsupported("withdraw")
        yield

    @write(Safety.ONCE, access=_SUBMIT_REF, measures=_REASON)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[ExpenseReport]:
        """Give up a report that was approved and is not paid."""
        raise self.unsupported("cancel")
        yield

    @write(
        Safety.ONCE,
        access=Access("expenses.comment", _READ, owner()),
        measures={"text_length": lambda a: len(a["body"])},
    )
    def comment(self, ref: Ref, body: str, *, key: Key | None = None) -> Steps[ExpenseReport]:
        """Say something about a report; it is in its ``timeline``."""
        raise self.unsupported("comment")
        yield

    @pages(access=Access("expenses.read", _READ, named("person")))
    def requests(
        self,
        person: PersonRef | None = None,
        *,
        status: frozenset[ExpenseStatus] | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> PageSteps[ExpenseReport]:
        """Reports of *person*, the newest first; submitted (or saved) from *since* to *until* when given."""
        raise self.unsupported("requests")
        yield Page(())

    @read(access=Access("expenses.read", _READ, owner()))
    def get(self, ref: Ref) -> Steps[ExpenseReport]:
        """One report."""
        raise self.unsupported("get")
        yield

    @read(access=Access("expenses.read", _READ, owner(parameter="report")))
    def attachment(self, report: Ref, ref: Ref) -> Steps[bytes]:
        """The bytes of the receipt *ref* of *report*."""
        raise self.unsupported("attachment")
        yield

    @pages(access=Access("expenses.decide", _OWN, named("person")))
    def inbox(self, person: PersonRef | None = None) -> PageSteps[ExpenseReport]:
        """Reports that wait for the decision of *person*, the oldest first."""
        raise self.unsupported("inbox")
        yield Page(())

    @write(
        Safety.ONCE,
        access=Access("expenses.decide", frozenset({Relation.MANAGER}), owner()),
        features=_DECIDING,
        measures=_COMMENT,
    )
    def decide(
        self,
        ref: Ref,
        decision: Decision,
        *,
        comment: str | None = None,
        lines: tuple[LineDecision, ...] = (),
        key: Key | None = None,
    ) -> Steps[ExpenseReport]:
        """Approve (with *lines*: less than claimed of these), reject or return a report. Nobody decides about their own.

        Args:
            ref: With the version that was looked at (as in ``report.ref``), a report that was changed since is not decided.
            comment: Why; needed to reject or return.
            lines: What is approved of single lines, or what is said of them.

        Raises:
            AlreadyDecided: Someone decided already.
            Conflict: It was changed since it was looked at.
        """
        raise self.unsupported("decide")
        yield

    @write(Safety.ONCE, access=_PAY)
    def pay(self, ref: Ref, *, on: date, key: Key | None = None) -> Steps[ExpenseReport]:
        """Say that an approved report was or will be paid on *on*."""
        raise self.unsupported("pay")
        yield

    @write(Safety.ONCE, access=_PAY, measures=_REASON)
    def reverse(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[ExpenseReport]:
        """Undo a report that was approved or paid, with the reason: what was paid is to be given back."""
        raise self.unsupported("reverse")
        yield

    @upload_receipt.previews
    def preview_upload_receipt(self, upload: Upload, *, key: Key | None = None) -> Steps[Preview]:
        """Which file."""
        from workplace_sdk.services.expenses_preview import of_upload

        return of_upload(upload, key)
        yield

    @discard_receipt.previews
    def preview_discard_receipt(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Which file."""
        from workplace_sdk.services.expenses_preview import of_discard

        return (yield from of_discard(self, ref, key))

    @submit.previews
    def preview_submit(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Sums per currency, kilometres, days away, and rules that are not kept."""
        from workplace_sdk.services.expenses_preview import of_draft

        return (yield from of_draft(self, "submit", draft, key))

    @save.previews
    def preview_save(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[Preview]:
        """As for ``submit``; rules that are not kept yet are warnings."""
        from workplace_sdk.services.expenses_preview import of_draft

        return (yield from of_draft(self, "save", draft, key, blocking=False))

    @add_line.previews
    def preview_add_line(self, ref: Ref, draft: LineDraft, *, key: Key | None = None) -> Steps[Preview]:
        """To which report, and what."""
        from workplace_sdk.services.expenses_preview import of_line

        return (yield from of_line(self, "add_line", ref, None, draft, key))

    @update_line.previews
    def preview_update_line(self, ref: Ref, line: Ref, draft: LineDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Of which report, what it was and what it becomes."""
        from workplace_sdk.services.expenses_preview import of_line

        return (yield from of_line(self, "update_line", ref, line, draft, key))

    @remove_line.previews
    def preview_remove_line(self, ref: Ref, line: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Of which report, and what."""
        from workplace_sdk.services.expenses_preview import of_line

        return (yield from of_line(self, "remove_line", ref, line, None, key))

    @submit_saved.previews
    def preview_submit_saved(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Which report, and how much."""
        from workplace_sdk.services.expenses_preview import of_report

        return (yield from of_report(self, "submit_saved", ref, key))

    @amend.previews
    def preview_amend(self, ref: Ref, draft: ReportDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Which report, and what it becomes."""
        from workplace_sdk.services.expenses_preview import of_amendment

        return (yield from of_amendment(self, ref, draft, key))

    @recall.previews
    def preview_recall(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which report."""
        from workplace_sdk.services.expenses_preview import of_report

        return (yield from of_report(self, "recall", ref, key))

    @withdraw.previews
    def preview_withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which report."""
        from workplace_sdk.services.expenses_preview import of_report

        return (yield from of_report(self, "withdraw", ref, key))

    @cancel.previews
    def preview_cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which report."""
        from workplace_sdk.services.expenses_preview import of_report

        return (yield from of_report(self, "cancel", ref, key))

    @comment.previews
    def preview_comment(self, ref: Ref, body: str, *, key: Key | None = None) -> Steps[Preview]:
        """On which report."""
        from workplace_sdk.services.expenses_preview import of_report

        return (yield from of_report(self, "comment", ref, key))

    @decide.previews
    def preview_decide(
        self,
        ref: Ref,
        decision: Decision,
        *,
        comment: str | None = None,
        lines: tuple[LineDecision, ...] = (),
        key: Key | None = None,
    ) -> Steps[Preview]:
        """Which report, how much, what it did not keep, and what is approved of lines for which it is less."""
        from workplace_sdk.services.expenses_preview import of_decision

        return (yield from of_decision(self, ref, decision, lines, key))

    @pay.previews
    def preview_pay(self, ref: Ref, *, on: date, key: Key | None = None) -> Steps[Preview]:
        """Which report, and how much."""
        from workplace_sdk.services.expenses_preview import of_report

        return (yield from of_report(self, "pay", ref, key, on=on))

    @reverse.previews
    def preview_reverse(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Preview]:
        """Which report, and how much."""
        from workplace_sdk.services.expenses_preview import of_report

        return (yield from of_report(self, "reverse", ref, key))
