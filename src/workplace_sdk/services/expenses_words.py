"""How far a report is, as it is told to people."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from workplace_sdk.kernel.words import Words
from workplace_sdk.services.expenses_reports import ExpenseStatus

if TYPE_CHECKING:
    from workplace_sdk.services.common import Mapped

STATUS: Final[Mapping[ExpenseStatus, Words]] = MappingProxyType(
    {
        ExpenseStatus.DRAFT: Words("a draft", "een concept"),
        ExpenseStatus.SUBMITTED: Words("claimed", "ingediend"),
        ExpenseStatus.IN_REVIEW: Words("in review", "in behandeling"),
        ExpenseStatus.APPROVED: Words("approved", "goedgekeurd"),
        ExpenseStatus.PARTLY_APPROVED: Words("partly approved", "deels goedgekeurd"),
        ExpenseStatus.RETURNED: Words("returned", "teruggestuurd"),
        ExpenseStatus.REJECTED: Words("rejected", "afgewezen"),
        ExpenseStatus.WITHDRAWN: Words("withdrawn", "ingetrokken"),
        ExpenseStatus.CANCELLED: Words("cancelled", "geannuleerd"),
        ExpenseStatus.PAYMENT_SCHEDULED: Words("to be paid", "wordt betaald"),
        ExpenseStatus.PAID: Words("paid", "betaald"),
        ExpenseStatus.REVERSED: Words("reversed", "teruggedraaid"),
    }
)


def status_words(status: Mapped[ExpenseStatus]) -> Words:
    """How far a report is; the system's own word where we know none."""
    return STATUS.get(status.value, Words(str(status), str(status)))
