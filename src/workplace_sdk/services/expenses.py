"""Expenses: claiming what one paid, with receipts, kilometres, VAT and other currencies, and deciding about it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AwareDatetime, Field, model_validator

from workplace_sdk.kernel.access import Access, Arguments, Relation
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import Conflict, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import Service, pages, read, write
from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import (
    Amount,
    ApprovalStep,
    Attachment,
    Decision,
    Mapped,
    Model,
    Money,
    PersonRef,
    Record,
    Ref,
    Upload,
    named,
    owner,
)

if TYPE_CHECKING:
    from typing import Self

CENT: Final = Decimal("0.01")


class LineKind(StrEnum):
    """What kind of cost a line is."""

    PURCHASE = "purchase"
    MILEAGE = "mileage"


class PaidWith(StrEnum):
    """Whose money it was."""

    OWN_MONEY = "own_money"
    COMPANY_CARD = "company_card"
    ADVANCE = "advance"


class Vehicle(StrEnum):
    """How the distance was travelled."""

    CAR = "car"
    ELECTRIC_CAR = "electric_car"
    MOTORBIKE = "motorbike"
    BICYCLE = "bicycle"


class ExpenseStatus(StrEnum):
    """How far a report is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PARTLY_APPROVED = "partly_approved"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    PAYMENT_SCHEDULED = "payment_scheduled"
    PAID = "paid"
    UNMAPPED = "unmapped"


class ExpenseCategory(Record):
    """What money is spent on, and its rules. Limits and thresholds are in the report's currency."""

    code: str
    name: str
    kind: LineKind = LineKind.PURCHASE
    limit: Money | None = None
    receipt_over: Money | None = None
    attendees_required: bool | None = None
    vat_rate: Amount | None = None

    def __str__(self) -> str:
        return self.name


class MileageRate(Model):
    """What a kilometre pays from *first* on; over *untaxed* a part of it is income."""

    vehicle: Vehicle
    first: date
    rate: Money
    untaxed: Money | None = None


class Tax(Model):
    """VAT in a line: *net* and *tax* make the gross within one minor unit. *rate* in percent."""

    rate: Annotated[Amount, Field(ge=0, le=100)]
    net: Money
    tax: Money
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "NL"
    reclaimable: bool = True

    @classmethod
    def inside(cls, gross: Money, rate: Decimal, *, country: str = "NL") -> Tax:
        """The VAT that is inside *gross* at *rate* percent, rounded to minor units."""
        tax = Money(amount=gross.amount * rate / (100 + rate), currency=gross.currency).rounded()
        return cls(rate=rate, net=gross.rounded() - tax, tax=tax, country=country)


class Exchange(Model):
    """One unit of the original currency is *rate* of the report's, on *on*, says *source*."""

    rate: Annotated[Amount, Field(gt=0)]
    on: date
    source: str


class Allocation(Model):
    """Who bears a part of a line: *share* in percent."""

    cost_centre: str | None = None
    project: str | None = None
    share: Annotated[Amount, Field(gt=0, le=100)]


class Distance(Model):
    """A journey by one's own vehicle. *kilometres* one way; *round_trip* doubles them."""

    origin: Annotated[str, Field(min_length=1, max_length=200)]
    destination: Annotated[str, Field(min_length=1, max_length=200)]
    kilometres: Annotated[Amount, Field(gt=0, le=20_000)]
    round_trip: bool = False
    vehicle: Vehicle = Vehicle.CAR

    @property
    def total(self) -> Decimal:
        """Kilometres there, and back with *round_trip*."""
        return self.kilometres * (2 if self.round_trip else 1)


class LineDraft(Model):
    """One cost: an amount that was paid, or a distance.

    Attributes:
        category: Reference, code or name.
        amount: What was paid, VAT included, in the currency it was paid in; not with *distance*.
        exchange: The rate, when the receipt or the card says it; else the organisation's own is used.
        taxes: VAT as the receipt says; worked out from the category's rate when left out.
        personal: The part that was private: it is not claimed.
        receipts: Files, or receipts that were uploaded before.
        receipt_lost: The receipt is lost, and the person says so.
    """

    date: date
    category: Ref | str
    amount: Money | None = None
    distance: Distance | None = None
    description: Annotated[str, Field(max_length=500)] = ""
    merchant: str | None = None
    exchange: Exchange | None = None
    taxes: tuple[Tax, ...] = ()
    paid_with: PaidWith = PaidWith.OWN_MONEY
    personal: Money | None = None
    attendees: tuple[str, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    receipts: tuple[Upload | Ref, ...] = ()
    receipt_lost: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.amount is None) == (self.distance is None):
            raise ValueError("give amount, or distance")
        if self.amount is not None and self.amount.amount <= 0:
            raise ValueError("amount is more than nothing")
        if self.amount is not None and self.taxes:
            gross = sum((tax.net.amount + tax.tax.amount for tax in self.taxes), Decimal(0))
            unit = Decimal(1).scaleb(-self.amount.digits)
            if any(tax.net.currency != self.amount.currency or tax.tax.currency != self.amount.currency for tax in self.taxes):
                raise ValueError("taxes are in the currency of amount")
            if abs(gross - self.amount.amount) > unit:
                raise ValueError(f"taxes: net and tax make {gross}, and amount is {self.amount.amount}")
        if (
            self.personal is not None
            and self.amount is not None
            and (self.personal.currency != self.amount.currency or not 0 <= self.personal.amount <= self.amount.amount)
        ):
            raise ValueError("personal is a part of amount")
        if self.allocations and sum((one.share for one in self.allocations), Decimal(0)) != 100:
            raise ValueError("allocations: the shares make 100 percent")
        return self


class ReportDraft(Model):
    """A report with its lines. *currency* is the one it is paid back in; the system's own when left out."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    lines: Annotated[tuple[LineDraft, ...], Field(min_length=1, max_length=500)]
    purpose: Annotated[str, Field(max_length=2000)] = ""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    person: PersonRef | None = None


class ExpenseLine(Model):
    """A line as it was recorded: *claimed* and *approved* in the report's currency."""

    ref: Ref
    date: date
    category: str
    kind: LineKind
    description: str = ""
    merchant: str | None = None
    original: Money
    exchange: Exchange | None = None
    claimed: Money
    approved: Money | None = None
    taxes: tuple[Tax, ...] = ()
    paid_with: PaidWith = PaidWith.OWN_MONEY
    personal: Money | None = None
    distance: Distance | None = None
    rate: Money | None = None
    taxable: Money | None = None
    attendees: tuple[str, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    receipts: tuple[Attachment, ...] = ()
    receipt_lost: bool = False


class Totals(Model):
    """Sums of a report in its currency. *payable* is what the person gets: own money, as far as approved (claimed until then)."""

    claimed: Money
    approved: Money | None = None
    tax: Money
    company_paid: Money
    payable: Money


class ExpenseReport(Record):
    """A report as the system recorded it."""

    number: str | None = None
    title: str
    purpose: str = ""
    employee: PersonRef
    currency: str
    lines: tuple[ExpenseLine, ...]
    totals: Totals
    status: Mapped[ExpenseStatus]
    approvals: tuple[ApprovalStep, ...] = ()
    submitted_by: PersonRef | None = None
    submitted_at: AwareDatetime | None = None
    paid_at: AwareDatetime | None = None
    expected_payment: date | None = None


class Receipt(Record):
    """A receipt that was uploaded and is not yet used."""

    file: Attachment
    owner: PersonRef


class Violation(Model):
    """A rule that a draft does not keep; a *blocking* one has it refused. *line* counts from 1."""

    code: str
    line: int | None = None
    en: str
    nl: str
    blocking: bool = True


class LineDecision(Model):
    """What is approved of one line: *amount* in the report's currency, nothing for none of it."""

    line: Ref
    amount: Money


_OWN = frozenset({Relation.SELF})
_READ = frozenset({Relation.SELF, Relation.MANAGER})
_SUBMIT_REF = Access("expenses.submit", _OWN, owner())


def _draft(arguments: Arguments) -> ReportDraft:
    draft: ReportDraft = arguments["draft"]
    return draft


def _uploads(arguments: Arguments) -> list[Upload]:
    return [receipt for line in _draft(arguments).lines for receipt in line.receipts if isinstance(receipt, Upload)]


class Expenses(Service, service="expenses"):
    """Expense reports, receipts and mileage."""

    @read(access=Access("expenses.look"))
    def categories(self, *, on: date | None = None) -> Steps[Listing[ExpenseCategory]]:
        """What can be claimed on *on* (today when left out), by name."""
        raise self.unsupported("categories")
        yield

    @read(access=Access("expenses.look"))
    def rates(self, *, on: date | None = None) -> Steps[Listing[MileageRate]]:
        """What a kilometre pays on *on* (today when left out), per vehicle."""
        raise self.unsupported("rates")
        yield

    @write(Safety.ONCE, access=Access("expenses.submit"), measures={"attachment_bytes": lambda a: a["upload"].size})
    def upload_receipt(self, upload: Upload, *, key: Key | None = None) -> Steps[Receipt]:
        """Keep a receipt of the caller, to be used in a line later."""
        raise self.unsupported("upload_receipt")
        yield

    @read(access=Access("expenses.read", _OWN, named("person")))
    def receipts(self, person: PersonRef | None = None) -> Steps[Listing[Receipt]]:
        """Receipts of *person* that no line uses yet, the oldest first."""
        raise self.unsupported("receipts")
        yield

    @read(access=Access("expenses.submit", _READ, named("draft", "person")))
    def check(self, draft: ReportDraft) -> Steps[Listing[Violation]]:
        """Rules that *draft* does not keep: missing receipts, limits, doubles, unknown rates."""
        raise self.unsupported("check")
        yield

    @write(
        Safety.ONCE,
        access=Access("expenses.submit", _OWN, named("draft", "person")),
        features={
            "mileage": lambda a: any(line.distance is not None for line in _draft(a).lines),
            "taxes": lambda a: any(line.taxes for line in _draft(a).lines),
            "allocations": lambda a: any(line.allocations for line in _draft(a).lines),
            "attendees": lambda a: any(line.attendees for line in _draft(a).lines),
            "personal": lambda a: any(line.personal is not None for line in _draft(a).lines),
            "receipts": lambda a: any(line.receipts for line in _draft(a).lines),
            "several_currencies": lambda a: len({line.amount.currency for line in _draft(a).lines if line.amount}) > 1,
        },
        measures={
            "lines": lambda a: len(_draft(a).lines),
            "attachment_bytes": lambda a: max((upload.size for upload in _uploads(a)), default=0),
        },
    )
    def submit(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        """Claim *draft*.

        Returns:
            The report as recorded, with amounts in its currency.

        Raises:
            ReceiptRequired: *line* needs one.
            RateUnavailable: There is no exchange or mileage rate for a line's date.
            LimitExceeded: A line is over its category's limit.
            DuplicateExpense: The same was claimed before, or the same receipt used: *candidates*.
            OutcomeUnknown: It may have been recorded; ask ``submit.reconcile(key)``.
        """
        raise self.unsupported("submit")
        yield

    @write(Safety.ONCE, access=_SUBMIT_REF)
    def amend(self, ref: Ref, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        """Replace a report that is not decided yet, or was returned; it is claimed anew."""
        raise self.unsupported("amend")
        yield

    @write(Safety.ONCE, access=_SUBMIT_REF)
    def withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[ExpenseReport]:
        """Take back a report before it is decided."""
        raise self.unsupported("withdraw")
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
        """Reports of *person*, the newest first; submitted from *since* to *until* when given."""
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

    @write(Safety.ONCE, access=Access("expenses.decide", frozenset({Relation.MANAGER}), owner()))
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

        Raises:
            Conflict: Someone decided already.
        """
        raise self.unsupported("decide")
        yield

    @write(Safety.ONCE, access=Access("expenses.pay", frozenset[Relation]()))
    def pay(self, ref: Ref, *, on: date, key: Key | None = None) -> Steps[ExpenseReport]:
        """Say that an approved report was or will be paid on *on*."""
        raise self.unsupported("pay")
        yield

    @upload_receipt.previews
    def preview_upload_receipt(self, upload: Upload, *, key: Key | None = None) -> Steps[Preview]:
        """Which file."""
        text = f"{upload.name}, {upload.size} bytes"
        line = PreviewLine(code="receipt", en=f"Keep the receipt {text}.", nl=f"Bon bewaren: {text}.")
        return Preview(operation="expenses.upload_receipt", key=str(key), lines=(line,))
        yield

    @submit.previews
    def preview_submit(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Sums per currency, kilometres, and rules that are not kept."""
        lines = _sums(draft)
        if isinstance(self.check.support, Native):
            for violation in (yield from self.check.steps(draft)):
                where = f"{violation.line}: " if violation.line else ""
                lines.append(
                    PreviewLine(
                        code=violation.code,
                        en=where + violation.en,
                        nl=where + violation.nl,
                        origin=Origin.BACKEND,
                        weight=Weight.BLOCKER if violation.blocking else Weight.WARNING,
                        facts={"line": violation.line},
                    )
                )
        return Preview(operation="expenses.submit", key=str(key), lines=tuple(lines))

    @amend.previews
    def preview_amend(self, ref: Ref, draft: ReportDraft, *, key: Key | None = None) -> Steps[Preview]:
        """As for ``submit``."""
        told = yield from self._told("amend", ref, key, Words("Replace {what}", "Vervang {what}"))
        return told.model_copy(update={"lines": (*told.lines, *_sums(draft))})

    @withdraw.previews
    def preview_withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which report."""
        return (yield from self._told("withdraw", ref, key, Words("Take back {what}", "Intrekken: {what}")))

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
        """Which report, and how much."""
        said = {Decision.APPROVE: "Goedkeuren", Decision.REJECT: "Afwijzen", Decision.RETURN: "Terugsturen"}[decision]
        return (yield from self._told("decide", ref, key, Words(f"{decision.capitalize()}: {{what}}", f"{said}: {{what}}")))

    @pay.previews
    def preview_pay(self, ref: Ref, *, on: date, key: Key | None = None) -> Steps[Preview]:
        """Which report, and how much."""
        return (yield from self._told("pay", ref, key, Words(f"Paid on {on}: {{what}}", f"Betaald op {on}: {{what}}")))

    def _told(self, operation: str, ref: Ref, key: Key | None, words: Words) -> Steps[Preview]:
        report = yield from self.get.steps(ref)
        text = words.filled(what=f"{report.title}, {report.employee.label}, {report.totals.payable} ({report.status})")
        line = PreviewLine(code="report", en=text.en, nl=text.nl, facts={"payable": str(report.totals.payable.amount)})
        return Preview(operation=f"expenses.{operation}", key=str(key), lines=(line,))


def _sums(draft: ReportDraft) -> list[PreviewLine]:
    sums: dict[str, Decimal] = {}
    kilometres = Decimal(0)
    for line in draft.lines:
        if line.amount is not None:
            sums[line.amount.currency] = sums.get(line.amount.currency, Decimal(0)) + line.amount.amount
        elif line.distance is not None:
            kilometres += line.distance.total
    parts = [str(Money(amount=amount, currency=currency)) for currency, amount in sums.items()]
    parts += [f"{kilometres.normalize():f} km"] if kilometres else []
    text = " + ".join(parts)
    return [
        PreviewLine(code="sum", en=f"{draft.title}: {text}", nl=f"{draft.title}: {text}", facts={"lines": len(draft.lines)})
    ]


class _OfLine(Rejected):
    """Something about one line; *line* counts from 1."""

    def __init__(self, message: str = "", *, line: int | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "lines"), **where)
        self.line = line


class ReceiptRequired(_OfLine):
    """A line needs a receipt."""

    code = "receipt-required"
    words = Words("Please add a receipt to line {line}.", "Voeg een bon toe aan regel {line}.")


class LimitExceeded(_OfLine):
    """A line is over its category's limit."""

    code = "limit-exceeded"
    words = Words("Line {line} is over the limit: {message}", "Regel {line} is boven de grens: {message}")


class AttendeesRequired(_OfLine):
    """A line has to say who were there."""

    code = "attendees-required"
    words = Words("Please say who were there in line {line}.", "Geef bij regel {line} aan wie erbij waren.")


class RateUnavailable(_OfLine):
    """There is no rate for a line's currency or vehicle on its date."""

    code = "rate-unavailable"
    words = Words("There is no rate for line {line}: {message}", "Er is geen koers of tarief voor regel {line}: {message}")


class PeriodClosed(_OfLine):
    """A line's date is too long ago, or has not come yet."""

    code = "period-closed"
    words = Words("The date of line {line} cannot be claimed: {message}", "De datum van regel {line} kan niet: {message}")


class DuplicateExpense(Rejected):
    """The same was claimed before: *candidates* says where."""

    code = "duplicate-expense"
    words = Words("This was claimed before.", "Dit is al eerder gedeclareerd.")

    def __init__(self, message: str = "", *, candidates: tuple[Ref, ...] = (), **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "lines"), **where)
        self.candidates = candidates


class AlreadyDecided(Conflict):
    """Somebody decided about it already."""

    code = "already-decided"
    words = Words("Somebody decided about this already.", "Hierover is al beslist.")
