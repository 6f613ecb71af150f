"""Frappe's expense claims in our words, and our drafts in Frappe's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.frappe.expenses_taxes import net_of, taxes_by_line, taxes_of
from workplace_sdk.connectors.frappe.leave_words import CANCELLED, DRAFT, moment
from workplace_sdk.connectors.frappe.records import Claim, ClaimLine, ClaimRow, File
from workplace_sdk.kernel.errors import NotSupported
from workplace_sdk.services.common import ApprovalStep, Attachment, Mapped, Money, PersonRef, Ref, StepState
from workplace_sdk.services.expenses import (
    Allocation,
    ExpenseEvent,
    ExpenseLine,
    ExpenseReport,
    ExpenseStatus,
    ExpenseStep,
    LineKind,
    ReceiptState,
    Totals,
)

if TYPE_CHECKING:
    from workplace_sdk.connectors.frappe.expenses_base import FrappeExpensesBase
    from workplace_sdk.connectors.frappe.settings import ClaimSettings
    from workplace_sdk.services.expenses import LineDraft, ReportDraft, Tax

_DECIDED: Final = {
    "Approved": (ExpenseStatus.APPROVED, ExpenseStep.APPROVED, StepState.APPROVED),
    "Rejected": (ExpenseStatus.REJECTED, ExpenseStep.REJECTED, StepState.REJECTED),
}


def status_of(row: ClaimRow) -> Mapped[ExpenseStatus]:
    """How far it is, by all of its states: "Approved" on a draft is booked nowhere, and of an approved one less may be granted."""
    if row.docstatus == CANCELLED:
        value = ExpenseStatus.CANCELLED
    elif row.docstatus == DRAFT:
        value = ExpenseStatus.SUBMITTED  # employees submit nothing themselves: a draft is what the approver sees
    elif row.approval_status not in _DECIDED:
        value = ExpenseStatus.UNMAPPED
    else:
        value = _DECIDED[row.approval_status][0]
        if value is ExpenseStatus.APPROVED and row.status == "Paid":
            value = ExpenseStatus.PAID
        elif value is ExpenseStatus.APPROVED and row.total_sanctioned_amount < row.total_claimed_amount:
            value = ExpenseStatus.PARTLY_APPROVED
    return Mapped(value=value, source=f"{row.approval_status}, {row.status}")


def report_of(service: FrappeExpensesBase, row: ClaimRow, employee: PersonRef, rules: ClaimSettings) -> ExpenseReport:
    """What a row tells of a claim: no lines, no title, and of its sums what has neither taxes nor advances in it."""
    claimed, approved = (_money(amount, rules) for amount in (row.total_claimed_amount, row.total_sanctioned_amount))
    status = status_of(row)
    start = service.instant(datetime.combine(row.posting_date, time()))
    nothing = _money(Decimal(0), rules)
    return ExpenseReport(
        ref=service.claim_ref(row.name),
        fetched_at=service.session.now(),
        number=row.name,
        title=row.name,
        employee=employee,
        currency=rules.currency,
        lines=(),
        totals=Totals(
            claimed=claimed,
            approved=approved if row.docstatus != DRAFT else None,
            tax=nothing,
            company_paid=nothing,
            payable=_money(row.grand_total, rules) if row.docstatus != DRAFT else claimed,
        ),
        status=status,
        submitted_at=start,
    )


def whole_report(service: FrappeExpensesBase, found: Claim, files: Sequence[File], rules: ClaimSettings) -> ExpenseReport:
    """What a document tells of a claim. Its files are shown with its first line: Frappe keeps them with the whole."""
    made = report_of(service, found, service.employee(found.employee, found.employee_name), rules)
    created, changed = service.instant(found.creation), service.instant(moment(found.modified))
    receipts = tuple(service.attachment_of(one) for one in files)
    vat = taxes_by_line(found)
    lines = tuple(
        _line(service, found, at, taxes_of(vat.get(at + 1, ()), rules.currency), () if at else receipts, rules)
        for at in range(len(found.expenses))
    )
    by = service.user(found.modified_by)
    events = [ExpenseEvent(step=Mapped(value=ExpenseStep.SUBMITTED), at=created, by=service.user(found.owner))]
    decided = _DECIDED.get(found.approval_status) if found.docstatus not in (DRAFT, CANCELLED) else None
    if decided is not None:
        events.append(ExpenseEvent(step=Mapped(value=decided[1], source=found.approval_status), at=changed, by=by))
    if found.docstatus == CANCELLED:
        events.append(ExpenseEvent(step=Mapped(value=ExpenseStep.CANCELLED), at=changed, by=by))
    approver = service.user(found.expense_approver)
    steps: tuple[ApprovalStep, ...] = ()
    if approver is not None and found.docstatus != CANCELLED:
        state = decided[2] if decided else StepState.PENDING
        steps = (
            ApprovalStep(
                approver=approver, state=state, decided_by=by if decided else None, decided_at=changed if decided else None
            ),
        )
    return made.model_copy(
        update={
            "ref": service.claim_ref(found.name, found.modified),
            "title": titled(found)[0],
            "lines": lines,
            "totals": made.totals.model_copy(update=_sums(found, rules)),
            "approvals": steps,
            "timeline": tuple(events),
            "submitted_at": created,
        }
    ).with_raw(found)


def tells_its_sums(row: ClaimRow) -> bool:
    """Whether a row is all there is to its sums: taxes and advances are only in the document."""
    return row.grand_total == row.total_sanctioned_amount


def _sums(found: Claim, rules: ClaimSettings) -> dict[str, Money | None]:
    """Taxes come on top of the lines, and advances are taken off. Of a rejected claim nothing is booked, whatever its total says."""
    tax, advance = found.total_taxes_and_charges, found.total_advance_amount
    claimed, approved = found.total_claimed_amount + tax, found.total_sanctioned_amount + tax
    if found.docstatus == DRAFT:
        payable = claimed - advance
    else:
        approved, payable = (Decimal(0), Decimal(0)) if _rejected(found) else (approved, found.grand_total)
    return {
        "claimed": _money(claimed, rules),
        "approved": _money(approved, rules) if found.docstatus != DRAFT else None,
        "tax": _money(tax, rules),
        "company_paid": _money(advance, rules),
        "payable": _money(payable, rules),
    }


def _rejected(found: Claim) -> bool:
    return found.docstatus != DRAFT and found.approval_status == "Rejected"


def _line(
    service: FrappeExpensesBase,
    found: Claim,
    at: int,
    taxes: tuple[Tax, ...],
    receipts: tuple[Attachment, ...],
    rules: ClaimSettings,
) -> ExpenseLine:
    """A line with its VAT inside. Frappe pays all of the VAT, also when it grants less of the line."""
    line = found.expenses[at]
    inside = sum((one.tax.amount for one in taxes), Decimal(0))
    claimed = _money(line.amount + inside, rules)
    granted = Decimal(0) if _rejected(found) else line.sanctioned_amount + inside
    centre = line.cost_center if line.cost_center and line.cost_center != rules.cost_center else None
    return ExpenseLine(
        ref=service.ref("expense_line", line.name),
        date=line.expense_date,
        category=line.expense_type,
        kind=LineKind.PURCHASE,
        description=line.description or "" if at else titled(found)[1],
        original=claimed,
        claimed=claimed,
        approved=_money(granted, rules) if found.docstatus != DRAFT else None,
        taxes=taxes,
        allocations=(Allocation(cost_centre=centre, share=Decimal(100)),) if centre else (),
        receipts=receipts,
        receipt_state=ReceiptState.ATTACHED if receipts else None,
    )


def titled(found: Claim) -> tuple[str, str]:
    """The title of a claim, and what else its first line says. Frappe has no place for a title: it is the first line of that text."""
    text = (found.expenses[0].description or "") if found.expenses else ""
    title, _, rest = text.strip().partition("\n")
    return (title.strip()[:200] or found.name), rest.strip()


def short_of(found: Claim) -> list[ClaimLine]:
    """Lines of which less would be paid than is claimed: those that nobody gave a sanctioned amount, too."""
    return [line for line in found.expenses if line.sanctioned_amount != line.amount]


def _money(amount: Decimal, rules: ClaimSettings) -> Money:
    return Money(amount=amount, currency=rules.currency).rounded()


def wanted_of(draft: ReportDraft, rules: ClaimSettings) -> list[dict[str, Any]]:
    """The lines of a draft as Frappe takes them.

    Raises:
        NotSupported: It has something that Frappe has no place for.
    """
    if "\n" in draft.title.strip():
        raise NotSupported("a title is one line", field="title")
    if draft.purpose:
        raise NotSupported("Frappe has no place for a purpose: say it in the title", field="purpose")
    if (draft.currency or rules.currency) != rules.currency:
        raise NotSupported(f"{rules.company} pays back in {rules.currency}", field="currency")
    lines = [_wanted(line, rules) for line in draft.lines]
    lines[0]["description"] = "\n".join(text for text in (draft.title.strip(), lines[0].get("description", "")) if text)
    return lines


def _wanted(line: LineDraft, rules: ClaimSettings) -> dict[str, Any]:
    assert line.amount is not None, "distances and trips were refused"
    if line.amount.currency != rules.currency:
        raise NotSupported(f"{rules.company} pays back in {rules.currency}", field="currency")
    if line.merchant is not None:
        raise NotSupported("Frappe has no place for a merchant: say it in the description", field="merchant")
    amount = float(net_of(line))  # as JSON has it: the shortest number that reads as this amount
    wanted: dict[str, Any] = {
        "expense_date": line.date.isoformat(),
        "expense_type": line.category.id if isinstance(line.category, Ref) else line.category,
        "amount": amount,
        "sanctioned_amount": amount,  # without it Frappe would pay nothing of the line
    }
    wanted |= {"description": line.description} if line.description else {}
    return wanted | {"cost_center": _centre(line) or rules.cost_center}


def _centre(line: LineDraft) -> str | None:
    """Who bears a line: one cost centre bears all of it."""
    if not line.allocations:
        return None
    first = line.allocations[0]
    if len(line.allocations) > 1 or first.cost_centre is None or first.project or first.account:
        raise NotSupported("one cost centre bears a line", field="allocations")
    return first.cost_centre
