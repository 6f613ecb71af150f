"""Deciding about expenses in the local store, and paying them."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import Act
from workplace_sdk.connectors.local.expenses_reads import HERE
from workplace_sdk.connectors.local.expenses_saved import ExpenseDrafts
from workplace_sdk.connectors.local.expenses_tables import expense_lines
from workplace_sdk.connectors.local.expenses_writes import WITH_REASON, in_state, not_decided, unchanged
from workplace_sdk.connectors.local.previewing import agreed
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Decision, Ref, zone_of
from workplace_sdk.services.expenses import ExpenseReport, Expenses, ExpenseStep, LineDecision
from workplace_sdk.services.expenses import ExpenseStatus as Status
from workplace_sdk.services.refusals import InvalidField, NotPossible

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

APPROVED: Final = (Status.APPROVED, Status.PARTLY_APPROVED)
_DECIDED: Final = {
    Decision.APPROVE: (Status.APPROVED, ExpenseStep.APPROVED),
    Decision.REJECT: (Status.REJECTED, ExpenseStep.REJECTED),
    Decision.RETURN: (Status.RETURNED, ExpenseStep.RETURNED),
}
_OWN: Final = Words(
    "nobody decides about their own expenses, or about what they claimed for others",
    "niemand beslist over de eigen declaraties, of over wat hij voor anderen indiende",
)


class ExpenseDecisions(ExpenseDrafts):
    """What approvers and finance do."""

    @write(Safety.KEYED, support=WITH_REASON)
    def decide(
        self,
        ref: Ref,
        decision: Decision,
        *,
        comment: str | None = None,
        lines: tuple[LineDecision, ...] = (),
        key: Key | None = None,
    ) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_decide(ref, decision, comment, lines), key))

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
        """Which report, how much, what it did not keep, of which lines less is approved, and whether it can be decided so."""
        told = yield from Expenses.preview_decide(self, ref, decision, comment=comment, lines=lines, key=key)
        return agreed(told, (yield from self.attempt(self._to_decide(ref, decision, comment, lines), key)))

    @decide.reconciles
    def decided(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* decided about."""
        return (yield from self.written(key, "expenses.decide", self.report))

    def _to_decide(
        self, ref: Ref, decision: Decision, comment: str | None, lines: tuple[LineDecision, ...]
    ) -> Act[ExpenseReport]:
        approving = decision is Decision.APPROVE

        def change(connection: Connection, row: Any) -> None:
            not_decided(row)
            in_state(row, (Status.SUBMITTED,))
            unchanged(row, ref)
            if self._caller_id(connection) in {row.person_id, row.submitted_by_id} - {None}:
                raise NotPossible(_OWN, field="ref")
            if not approving and not (comment or "").strip():
                why = Words("say why it is rejected or returned", "geef aan waarom het is afgewezen of teruggestuurd")
                raise InvalidField(why, field="comment")
            status, step = _DECIDED[decision]
            if self._grant(connection, row, lines, approving=approving):
                status = Status.PARTLY_APPROVED
            self.becomes(connection, row, status, step, comment)

        return self.about("decide", ref, change, decision, comment, lines)

    def _grant(self, connection: Connection, row: Any, lines: Sequence[LineDecision], *, approving: bool) -> bool:
        """Write down what is approved of each line, and said of it; whether that is less than was claimed."""
        if not approving and any(one.amount is not None for one in lines):
            raise InvalidField(
                Words("amounts are for what is approved", "bedragen zijn voor wat is goedgekeurd"), field="lines"
            )
        said = {self.id_of(one.line, "expense_line"): one for one in lines}
        if len(said) != len(lines):
            raise InvalidField(Words("each line once", "elke regel een keer"), field="lines")
        claimed = granted = Decimal(0)
        for line in connection.execute(sa.select(expense_lines).where(expense_lines.c.report_id == row.id)).all():
            about = said.pop(line.id, None)
            amount = line.claimed
            if about is not None and about.amount is not None:
                amount = about.amount.amount
                if about.amount.currency != row.currency or not 0 <= amount <= line.claimed:
                    why = Words("from nothing to {most} {currency}", "van niets tot {most} {currency}")
                    raise InvalidField(why.filled(most=line.claimed, currency=row.currency), field="lines")
            claimed, granted = claimed + line.claimed, granted + amount
            values = {"approved": amount if approving else None, "remark": about.remark if about else None}
            connection.execute(expense_lines.update().where(expense_lines.c.id == line.id).values(**values))
        if said:
            raise NotFound("a line is not of this report", field="lines")
        if approving and not granted:
            raise InvalidField(
                Words("nothing of it is approved: reject it", "niets is goedgekeurd: wijs het af"), field="lines"
            )
        return approving and granted < claimed

    @write(Safety.KEYED, support=HERE)
    def pay(self, ref: Ref, *, on: date, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_pay(ref, on), key))

    @pay.previews
    def preview_pay(self, ref: Ref, *, on: date, key: Key | None = None) -> Steps[Preview]:
        """Which report, how much, and whether it can be paid."""
        told = yield from Expenses.preview_pay(self, ref, on=on, key=key)
        return agreed(told, (yield from self.attempt(self._to_pay(ref, on), key)))

    @pay.reconciles
    def paid(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* paid."""
        return (yield from self.written(key, "expenses.pay", self.report))

    def _to_pay(self, ref: Ref, on: date) -> Act[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            in_state(row, (*APPROVED, Status.PAYMENT_SCHEDULED))
            if on < row.submitted_at.astimezone(zone_of(self.session.zone)).date():
                raise InvalidField(Words("it was not claimed yet on that date", "het was toen nog niet ingediend"), field="on")
            if on > self.session.today():
                step = (Status.PAYMENT_SCHEDULED, ExpenseStep.PAYMENT_SCHEDULED)
                self.becomes(connection, row, *step, on.isoformat(), expected_payment=on)
            else:
                self.becomes(connection, row, Status.PAID, ExpenseStep.PAID, on.isoformat(), paid_on=on)

        return self.about("pay", ref, change, on)

    @write(Safety.KEYED, support=WITH_REASON)
    def reverse(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[ExpenseReport]:
        return (yield from self.perform(self._to_reverse(ref, reason), key))

    @reverse.previews
    def preview_reverse(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Preview]:
        """Which report, how much, and whether it can be undone."""
        told = yield from Expenses.preview_reverse(self, ref, reason, key=key)
        return agreed(told, (yield from self.attempt(self._to_reverse(ref, reason), key)))

    @reverse.reconciles
    def reversed(self, key: Key) -> Steps[ExpenseReport | None]:
        """The report that *key* undid."""
        return (yield from self.written(key, "expenses.reverse", self.report))

    def _to_reverse(self, ref: Ref, reason: str) -> Act[ExpenseReport]:
        def change(connection: Connection, row: Any) -> None:
            if not reason.strip():
                raise InvalidField(Words("say why it is undone", "geef aan waarom het wordt teruggedraaid"), field="reason")
            in_state(row, (*APPROVED, Status.PAYMENT_SCHEDULED, Status.PAID))
            self.becomes(connection, row, Status.REVERSED, ExpenseStep.REVERSED, reason)

        return self.about("reverse", ref, change, reason)
