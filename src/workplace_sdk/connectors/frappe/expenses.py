"""Claiming expenses in Frappe, and deciding about them. What it does not refuse is looked at first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workplace_sdk.connectors.frappe.connector import resource
from workplace_sdk.connectors.frappe.expenses_base import DOCTYPE, FrappeExpensesBase
from workplace_sdk.connectors.frappe.expenses_taxes import all_of, tax_rows
from workplace_sdk.connectors.frappe.expenses_words import short_of, wanted_of, whole_report
from workplace_sdk.connectors.frappe.leave_words import DRAFT, SUBMITTED
from workplace_sdk.connectors.frappe.records import Claim, Data, Employee, Message, Uploaded
from workplace_sdk.kernel.errors import Conflict, NotSupported, OutcomeUnknown, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.support import HandOff, Native
from workplace_sdk.services.common import Decision, Ref, Upload
from workplace_sdk.services.expenses import AlreadyDecided, ExpenseReport, LineDecision
from workplace_sdk.wires.http import FilePart, multipart

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.services.expenses import ReportDraft

_FORM: Final = HandOff("Open it in Frappe", "{base_url}/app/expense-claim/{id}", ("id",))
_WORDS: Final = {Decision.APPROVE: "Approved", Decision.REJECT: "Rejected"}
_UNKNOWN_TO_FRAPPE: Final = frozenset(
    {
        "mileage",
        "per_diem",
        "attendees",
        "personal",
        "place",
        "billable",
        "exchange",
        "not_own_money",
        "receipt_lost",
        "card_transaction",
        "several_currencies",
    }
)


class FrappeExpenses(FrappeExpensesBase):
    """Claims in Frappe. Employees may make one and not submit it: their draft is the claim, and who approves submits it."""

    handoffs = {  # noqa: RUF012 - a ClassVar in the base
        **dict.fromkeys(("add_line", "update_line", "remove_line", "amend", "withdraw", "cancel", "comment"), _FORM),
        "save": HandOff("Write it in Frappe", "{base_url}/app/expense-claim/new-expense-claim"),
        "pay": HandOff("Pay it in Frappe", "{base_url}/app/expense-claim/{id}", ("id",)),
    }
    absent = {  # noqa: RUF012 - a ClassVar in the base
        **dict.fromkeys(("rates", "per_diem_rates"), "Frappe has no rates for claims"),
        **dict.fromkeys(
            ("upload_receipt", "receipts", "receipt", "discard_receipt"), "a receipt is kept with the claim that it is for"
        ),
        "card_transactions": "Frappe knows no payments by card here",
        "check": "Frappe says what it does not take when a claim is made",
        **dict.fromkeys(("submit_saved", "recall"), "an employee's draft is the claim already"),
        "reverse": "a claim is cancelled in Frappe, with what was booked for it",
    }

    @write(
        Safety.ONCE,
        support=Native(
            evidence="documented",
            without=_UNKNOWN_TO_FRAPPE,
            note="transcribed without VAT; VAT where the settings name accounts; receipts go with the claim, not with a line",
        ),
    )
    def submit(self, draft: ReportDraft, *, key: Key | None = None) -> Steps[ExpenseReport]:
        rules, lines, taxes = self.rules, wanted_of(draft, self.rules), tax_rows(draft.lines, self.rules)
        uploads = _uploads(draft)
        name = yield from self.employee_id(draft.person)
        approver = (yield from self.document("Employee", name, Employee)).expense_approver
        wanted = {"employee": name, "company": rules.company, "payable_account": rules.payable_account}
        wanted |= {"expense_approver": approver} if approver else {}
        wanted |= {"posting_date": self.session.today().isoformat()}
        reply = yield from self.http.post(
            resource(DOCTYPE), json={**wanted, "expenses": lines, **({"taxes": taxes} if taxes else {})}
        )
        made = reply.model(Data[Claim]).data
        if made.employee != name or len(made.expenses) != len(lines) or short_of(made) or not all_of(draft, made):
            raise OutcomeUnknown(f"Frappe made claim {made.name}, and not what was asked for")
        files: list[Uploaded] = []
        for one in uploads:
            files.append((yield from self._attached(made.name, one)))  # noqa: PERF401 - a comprehension cannot yield
        return whole_report(self, made, files, rules)

    def _attached(self, name: str, upload: Upload) -> Steps[Uploaded]:
        """Give Frappe a file of the claim *name*, which it may keep under another name."""
        fields = {"doctype": DOCTYPE, "docname": name, "is_private": "1"}
        body, kind = multipart(fields, [FilePart("file", upload.name, upload.content, upload.media_type)])
        headers = {"Content-Type": kind}
        try:
            reply = yield from self.http.exchange("POST", "/api/method/upload_file", body=body, headers=headers)
        except Rejected as told:
            raise OutcomeUnknown(f"claim {name} is there, and its receipt {upload.name} was refused: {told.message}") from None
        kept = reply.model(Message[Uploaded]).message
        if (kept.attached_to_name, kept.file_size) != (name, upload.size):
            raise OutcomeUnknown(f"claim {name} is there, and its receipt {upload.name} was not kept as it is")
        return kept

    @write(
        Safety.ONCE,
        support=Native(
            evidence="documented",
            without={"comment", "lines", "return"},
            note="all of it: approving is transcribed, rejecting from documentation",
        ),
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
        found = yield from self.claim(ref)
        if found.docstatus != DRAFT:
            raise AlreadyDecided(f"{found.name} is {found.approval_status}", field="ref", native_code=found.status)
        if ref.version is not None and ref.version != found.modified:
            raise Conflict(f"{found.name} was changed meanwhile", field="ref", native_code=found.status)
        yield from self.for_the_caller(found.name, found.employee, found.expense_approver)
        if decision is Decision.APPROVE and (less := short_of(found)):
            told = ", ".join(f"{line.expense_type}: {line.sanctioned_amount:.2f} of {line.amount:.2f}" for line in less)
            raise Conflict(f"Frappe would not pay all that is claimed ({told}): mend it there", field="ref")
        wanted = {"approval_status": _WORDS[decision], "docstatus": SUBMITTED}
        reply = yield from self.http.put(resource(DOCTYPE, found.name), json=wanted)
        done = reply.model(Data[Claim]).data
        if (done.name, done.docstatus, done.approval_status) != (found.name, SUBMITTED, _WORDS[decision]):
            raise OutcomeUnknown(f"Frappe answers that {found.name} is {done.approval_status}, and does not book it")
        if decision is Decision.REJECT and done.total_sanctioned_amount:
            raise OutcomeUnknown(f"Frappe answers that {found.name} is rejected, and grants {done.total_sanctioned_amount}")
        return whole_report(self, done, (yield from self.files(done.name)), self.rules)


def _uploads(draft: ReportDraft) -> list[Upload]:
    """The files of a draft. There are no receipts that were uploaded before."""
    found: list[Upload] = []
    for receipt in (one for line in draft.lines for one in line.receipts):
        if isinstance(receipt, Ref):
            raise NotSupported("a receipt is kept with the claim that it is for: give the file", field="receipts")
        found.append(receipt)
    return found
