"""Payments with the company's card: which no line claims yet, and what a line has to agree with."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.expenses_rates import FOR_NOTHING, ExpenseRates
from workplace_sdk.connectors.local.expenses_tables import card_transactions, expense_lines, expense_reports
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.services.common import Money
from workplace_sdk.services.expenses import CardMismatch, CardTransaction, Exchange, LineDraft

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

DIGITS: Final = 12
"""Of an exchange rate."""


class CardPayments(ExpenseRates):
    """Reading of card payments, shared by the operations."""

    def unclaimed(self, connection: Connection, person: Any) -> list[CardTransaction]:
        """Payments of a row of ``people`` that no line of a report has, those that count for nothing left out."""
        claimed = (
            sa.select(expense_lines.c.card_transaction_id)
            .join(expense_reports, expense_reports.c.id == expense_lines.c.report_id)
            .where(expense_reports.c.person_id == person.id, expense_reports.c.status.not_in(FOR_NOTHING))
            .where(expense_lines.c.card_transaction_id.is_not(None))
        )
        table = card_transactions.c
        chosen = sa.select(card_transactions).where(table.person_id == person.id, table.id.not_in(claimed))
        return [self._payment(row, person) for row in connection.execute(chosen.order_by(table.on, table.id))]

    def _payment(self, row: Any, person: Any) -> CardTransaction:
        return CardTransaction(
            ref=self.ref("card_transaction", row.id),
            fetched_at=self.session.now(),
            owner=self.person_ref(person),
            on=row.on,
            merchant=row.merchant,
            charged=Money(amount=row.charged, currency=row.currency),
            paid=None if row.paid is None else Money(amount=row.paid, currency=row.paid_currency),
            card=row.card,
        )

    def by_card(self, connection: Connection, line: LineDraft, number: int, person_id: int) -> Exchange | None:
        """The exchange that the card's statement says; ``None`` when it says none, or the line names no payment.

        Raises:
            NotFound: The person has no such payment.
            CardMismatch: The line is about another amount.
        """
        if line.card_transaction is None or line.amount is None:
            return None
        id_ = self.id_of(line.card_transaction, "card_transaction")
        mine = (card_transactions.c.id == id_) & (card_transactions.c.person_id == person_id)
        row = connection.execute(sa.select(card_transactions).where(mine)).one_or_none()
        if row is None:
            raise NotFound(f"there is no payment {line.card_transaction}", field="card_transaction")
        charged = Money(amount=row.charged, currency=row.currency)
        paid = charged if row.paid is None else Money(amount=row.paid, currency=row.paid_currency)
        if line.amount != paid:
            raise CardMismatch(f"{line.amount}, not {paid}", line=number, amount=line.amount, expected=paid)
        if paid.currency == self.currency or charged.currency != self.currency:
            return None
        rate = charged.amount / paid.amount
        places = DIGITS - max(0, rate.adjusted() + 1)
        return Exchange(rate=rate.quantize(Decimal(1).scaleb(-places)), on=row.on, source="card")
