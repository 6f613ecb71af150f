"""What became of a claim: its lines as they were recorded, sums, decisions, payment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from workplace_sdk.services.common import ApprovalStep, Attachment, Mapped, Model, Money, PersonRef, Record, Ref
from workplace_sdk.services.expenses_drafts import Allocation, Distance, Exchange, PaidWith, Tax, Trip
from workplace_sdk.services.expenses_rates import LineKind, Location, MileagePart, PerDiemDay, Sum


class ReceiptState(StrEnum):
    """Whether a line has the receipt that it needs."""

    ATTACHED = "attached"
    MISSING = "missing"
    NOT_REQUIRED = "not_required"
    DECLARED_LOST = "declared_lost"


class ExpenseStatus(StrEnum):
    """How far a report is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PARTLY_APPROVED = "partly_approved"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    PAYMENT_SCHEDULED = "payment_scheduled"
    PAID = "paid"
    REVERSED = "reversed"
    UNMAPPED = "unmapped"


class ExpenseStep(StrEnum):
    """What can happen to a report."""

    SAVED = "saved"
    CHANGED = "changed"
    SUBMITTED = "submitted"
    AMENDED = "amended"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"
    RECALLED = "recalled"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    PAYMENT_SCHEDULED = "payment_scheduled"
    PAID = "paid"
    REVERSED = "reversed"
    COMMENTED = "commented"
    UNMAPPED = "unmapped"


class Violation(Model):
    """A rule that a draft does not keep; a *blocking* one has it refused. *line* counts from 1."""

    code: str
    line: int | None = None
    en: str
    nl: str
    blocking: bool = True


class ExpenseLine(Model):
    """A line as it was recorded: *claimed* and *approved* in the report's currency.

    Attributes:
        original: What was paid, in the currency it was paid in; what is claimed, for a distance or a trip.
        rate: What each unit of a distance paid; ``None`` when *rates* are several.
        rates: What the parts of a distance paid.
        taxable: What of a distance is income.
        days: What the dates of a trip pay.
        violations: Rules that it did not keep when it was recorded.
        remark: What the approver said about it.
    """

    ref: Ref
    date: date
    category: str
    kind: LineKind
    description: str = ""
    merchant: str | None = None
    place: Location | None = None
    original: Money
    exchange: Exchange | None = None
    claimed: Money
    approved: Money | None = None
    taxes: tuple[Tax, ...] = ()
    paid_with: PaidWith = PaidWith.OWN_MONEY
    personal: Money | None = None
    distance: Distance | None = None
    rate: Money | None = None
    rates: tuple[MileagePart, ...] = ()
    taxable: Money | None = None
    trip: Trip | None = None
    days: tuple[PerDiemDay, ...] = ()
    billable: bool | None = None
    attendees: tuple[str, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    receipts: tuple[Attachment, ...] = ()
    receipt_lost: bool = False
    receipt_state: ReceiptState | None = None
    card_transaction: Ref | None = None
    violations: tuple[Violation, ...] = ()
    remark: str | None = None

    @property
    def allocated(self) -> tuple[Money, ...]:
        """What each of *allocations* bears of what was approved (of what is claimed until then); it adds up."""
        from workplace_sdk.services.expenses_sums import shared

        return shared(self.claimed if self.approved is None else self.approved, self.allocations) if self.allocations else ()

    @property
    def deductions(self) -> Money | None:
        """What was deducted for meals, in the currency of *original*; ``None`` for what is no trip."""
        if not self.days:
            return None
        return Money(amount=sum((day.deducted.amount for day in self.days), Decimal(0)), currency=self.original.currency)


class Totals(Model):
    """Sums of a report in its currency.

    Attributes:
        tax: VAT in what is claimed.
        company_paid: What the company's card, advance or own bill paid, as far as approved (claimed until then).
        private: Private parts of what the company paid: they are taken off what is paid.
        payable: What the person gets: as far as approved (claimed until then), less *company_paid* and *private*. Below
            nothing when the person owes it.
    """

    claimed: Money
    approved: Money | None = None
    tax: Money
    company_paid: Money
    private: Money | None = None
    payable: Money

    @classmethod
    def of(cls, lines: Iterable[ExpenseLine], currency: str) -> Totals:
        """The sums of *lines*, whose claimed and approved amounts are in *currency*."""
        claimed = approved = tax = company = private = Money(amount=Decimal(0), currency=currency).rounded()
        undecided = False
        for line in lines:
            granted = line.claimed if line.approved is None else line.approved
            undecided |= line.approved is None
            claimed += line.claimed
            approved += granted
            tax += _tax_claimed(line, currency)
            if line.paid_with is not PaidWith.OWN_MONEY:
                company += granted
                private += _in_report(line, line.personal, currency)
        return cls(
            claimed=claimed,
            approved=None if undecided else approved,
            tax=tax,
            company_paid=company,
            private=private,
            payable=approved - company - private,
        )


def _in_report(line: ExpenseLine, money: Money | None, currency: str) -> Money:
    """*money* of a line in the report's currency."""
    if money is None:
        return Money(amount=Decimal(0), currency=currency)
    return money.rounded() if line.exchange is None else line.exchange.converted(money, currency)


def _tax_claimed(line: ExpenseLine, currency: str) -> Money:
    """VAT of a line as far as it is claimed, not private, in the report's currency."""
    tax = sum((one.tax.amount for one in line.taxes), Decimal(0))
    if line.personal is not None:
        tax = tax * (line.original.amount - line.personal.amount) / line.original.amount
    return _in_report(line, Money(amount=tax, currency=line.original.currency), currency)


class ExpenseEvent(Model):
    """What happened to a report, when, and what was said with it; *by* is ``None`` where it is not known."""

    step: Mapped[ExpenseStep]
    at: AwareDatetime
    by: PersonRef | None = None
    comment: str | None = None


class ExpenseReport(Record):
    """A report as the system recorded it.

    Attributes:
        approvals: Who decided, and whose decision it waits for.
        timeline: What happened to it and what was said about it, oldest first, as far as the system tells.
        submitted_by: Not the employee when someone claimed on their behalf.
        paid_at: The start of the day on which it was paid, where the system knows no better.
    """

    number: str | None = None
    title: str
    purpose: str = ""
    employee: PersonRef
    currency: str
    lines: tuple[ExpenseLine, ...]
    totals: Totals
    status: Mapped[ExpenseStatus]
    approvals: tuple[ApprovalStep, ...] = ()
    timeline: tuple[ExpenseEvent, ...] = ()
    submitted_by: PersonRef | None = None
    submitted_at: AwareDatetime | None = None
    paid_at: AwareDatetime | None = None
    expected_payment: date | None = None

    @property
    def period(self) -> tuple[date, date] | None:
        """The earliest and the latest date of its lines; ``None`` when the system gave no lines."""
        if not self.lines:
            return None
        firsts = [line.trip.first_day if line.trip else line.date for line in self.lines]
        lasts = [line.trip.last_day if line.trip else line.date for line in self.lines]
        return min(firsts), max(lasts)


class Receipt(Record):
    """A receipt that was uploaded and is not yet used."""

    file: Attachment
    owner: PersonRef


class CardTransaction(Record):
    """A payment with the company's card that no line claims yet.

    Attributes:
        charged: What was taken for it, in the card's currency.
        paid: What was paid, where that was in another currency.
        card: What tells the card from others, such as its last four digits.
    """

    owner: PersonRef
    on: date
    merchant: str | None = None
    charged: Money
    paid: Money | None = None
    card: str | None = None


class LineDecision(Model):
    """What is said of one line.

    Attributes:
        amount: What is approved of it, in the report's currency: zero for none, all of it when left out. Nothing for a report that is
            rejected or returned.
        remark: Why, or what is to be mended.
    """

    line: Ref
    amount: Sum | None = None
    remark: Annotated[str, Field(max_length=2000)] | None = None
