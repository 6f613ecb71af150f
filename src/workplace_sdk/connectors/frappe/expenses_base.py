"""Reading of expense claims, shared by the operations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from attrs import evolve

from workplace_sdk.connectors.frappe.base import PAGE, FrappeBase
from workplace_sdk.connectors.frappe.connector import asked, resource
from workplace_sdk.connectors.frappe.expenses_words import report_of, tells_its_sums, whole_report
from workplace_sdk.connectors.frappe.leave_words import DRAFT
from workplace_sdk.connectors.frappe.records import Claim, ClaimRow, Data, File, Named, Uploaded
from workplace_sdk.kernel.effects import All, Page, PageSteps, Steps
from workplace_sdk.kernel.errors import ConfigError, NotFound
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import pages, read
from workplace_sdk.kernel.support import Absent, Native, Support
from workplace_sdk.services.common import Attachment, Ref
from workplace_sdk.services.expenses import ExpenseCategory, ExpenseReport, Expenses, ExpenseStatus

if TYPE_CHECKING:
    from workplace_sdk.connectors.frappe.settings import ClaimSettings
    from workplace_sdk.services.common import PersonRef

HERE: Final = Native(evidence="transcribed")
DOCTYPE: Final = "Expense Claim"
_ROW: Final = (
    "name",
    "status",
    "approval_status",
    "total_claimed_amount",
    "total_sanctioned_amount",
    "grand_total",
    "docstatus",
    "posting_date",
)
_NO_TAXES: Final = "receipts go with the claim, not with a line; the settings name no account for VAT"
_FILE: Final = ("name", "file_name", "file_url", "file_size", "is_private")


class FrappeExpensesBase(FrappeBase, Expenses):
    """What there is."""

    def support_of(self, name: str) -> Support:
        support = super().support_of(name)
        if not isinstance(support, Native):
            return support
        if self.settings.claims is None:
            return Absent(f"the settings say nothing of claims ([connections.{self.connection_name}.claims])")
        if name == "submit" and not self.settings.claims.taxes:
            return evolve(support, without=support.without | {"taxes"}, evidence="transcribed", note=_NO_TAXES)
        return support

    @property
    def rules(self) -> ClaimSettings:
        """How claims are booked."""
        if self.settings.claims is None:
            raise ConfigError("say how claims are booked", table=f"connections.{self.connection_name}", key="claims")
        return self.settings.claims

    def claim_ref(self, name: str, version: str | None = None) -> Ref:
        """Where a claim is, for people too."""
        return self.ref("expense", name, url=f"/app/expense-claim/{name}", version=version)

    def attachment_of(self, file: File) -> Attachment:
        """A file of a claim."""
        return Attachment(ref=self.ref("file", file.name), name=file.file_name, size=file.file_size)

    @read(support=HERE)
    def categories(self, *, on: date | None = None) -> Steps[Listing[ExpenseCategory]]:
        reply = yield from self.http.get(resource("Expense Claim Type"), {"limit_page_length": "0"})
        names = sorted(row.name for row in reply.model(Data[tuple[Named, ...]]).data)
        now = self.session.now()
        found = [
            ExpenseCategory(ref=self.ref("expense_category", name), fetched_at=now, code=name, name=name) for name in names
        ]
        return Listing(found, answered=(self.connection_name,))

    @pages(support=HERE)
    def requests(
        self,
        person: PersonRef | None = None,
        *,
        status: frozenset[ExpenseStatus] | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> PageSteps[ExpenseReport]:
        employee = yield from self.employee_id(person)
        who = self.employee(employee, self.person(person).display_name)
        query = asked(_ROW, {"employee": employee}, order_by="creation desc")
        start = 0
        while True:
            rows = yield from self.some(DOCTYPE, ClaimRow, query, start)
            start += len(rows)
            wanted = [
                row
                for row in rows
                if (since is None or row.posting_date >= since) and (until is None or row.posting_date <= until)
            ]
            found = yield from All(*(self._told(row, who) for row in wanted))
            yield Page([one for one in found if status is None or one.status.value in status])
            if len(rows) < PAGE:
                return

    def _told(self, row: ClaimRow, who: PersonRef) -> Steps[ExpenseReport]:
        """A claim as its row tells it; what taxes and advances it has only the document says."""
        if tells_its_sums(row):
            return report_of(self, row, who, self.rules)
        found = whole_report(self, (yield from self.document(DOCTYPE, row.name, Claim)), (), self.rules)
        return found.model_copy(update={"lines": ()})

    @pages(support=Native(evidence="documented"))
    def inbox(self, person: PersonRef | None = None) -> PageSteps[ExpenseReport]:
        user = yield from self.user_of(person)
        waiting = {"docstatus": DRAFT, "approval_status": "Draft", "expense_approver": user}
        rows = yield from self.lists(DOCTYPE, Named, asked(filters=waiting, order_by="creation asc"))
        for at in range(0, len(rows), PAGE):
            yield Page((yield from self._waiting([row.name for row in rows[at : at + PAGE]])))

    def _waiting(self, names: Sequence[str]) -> Steps[tuple[ExpenseReport, ...]]:
        """Claims with their receipts; not those that somebody decided about since they were listed."""
        filters = [["attached_to_doctype", "=", DOCTYPE], ["attached_to_name", "in", list(names)]]
        query = asked((*_FILE, "attached_to_name"), filters, order_by="creation asc")
        documents = All(*(self.document(DOCTYPE, name, Claim) for name in names))
        found, files = yield from All(documents, self.lists("File", Uploaded, query))
        return tuple(
            whole_report(self, one, [file for file in files if file.attached_to_name == one.name], self.rules)
            for one in found
            if (one.docstatus, one.approval_status) == (DRAFT, "Draft")
        )

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[ExpenseReport]:
        name = self.name_of(ref, "expense")
        found, files = yield from All(self.document(DOCTYPE, name, Claim), self.files(name))
        return whole_report(self, found, files, self.rules)

    def claim(self, ref: Ref) -> Steps[Claim]:
        """The document that *ref* is of."""
        return (yield from self.document(DOCTYPE, self.name_of(ref, "expense"), Claim))

    def files(self, name: str) -> Steps[tuple[File, ...]]:
        """The files of a claim, the oldest first."""
        query = asked(_FILE, {"attached_to_doctype": DOCTYPE, "attached_to_name": name})
        found = yield from self.lists("File", File, query)
        return found[::-1]

    @read(support=HERE)
    def attachment(self, report: Ref, ref: Ref) -> Steps[bytes]:
        found = yield from self.files(self.name_of(report, "expense"))
        wanted = self.name_of(ref, "file")
        url = next((one.file_url for one in found if one.name == wanted), None)
        if url is None:
            raise NotFound(f"{report.id} has no file {wanted}", field="ref")
        return (yield from self.http.get(url)).body
