"""Ordering for meetings: cut-offs, stock and fees; the rows of items with a stock arbitrate between writers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.rooms_free import LONGEST, RoomsFree
from workplace_sdk.connectors.local.rooms_tables import menu_items, order_lines, orders
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Money, Span
from workplace_sdk.services.refusals import InvalidField
from workplace_sdk.services.rooms import (
    CancelFeeApplies,
    CutoffPassed,
    OrderDraft,
    OrderLine,
    Policy,
    ServiceItem,
    ServiceNotAvailableHere,
)
from workplace_sdk.services.rooms_models import check_deliveries
from workplace_sdk.services.rooms_rules import cancel_fee, chosen_item, order_problems, per_currency
from workplace_sdk.services.rooms_times import Interval, peak, shifted

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

LEFT = Words("{item}: {left} left at that time", "{item}: dan zijn er nog {left}")
CURRENCIES = Words("prices in several currencies: make an order for each", "prijzen in meer dan een munt: bestel per munt")
WRONG_TIME = Words(
    "deliver and clear it within 12 hours of the meeting, clear it after it is delivered",
    "laat het binnen 12 uur van de vergadering brengen en ophalen, en ophalen na het brengen",
)


@frozen
class _Wish:
    """A draft at one time of a meeting: there from the first to the second instant of *there*."""

    draft: OrderDraft
    span: Span
    there: Interval


class RoomOrdering(RoomsFree):
    """Writing of orders, each for one time of a meeting."""

    def order(
        self,
        connection: Connection,
        meeting_id: int,
        drafts: Sequence[OrderDraft],
        times: Sequence[tuple[int, Span]],
        *,
        first: Span,
        site: str | None,
        policy: Policy = Policy.ALL_OR_NOTHING,
        cost_centre: str | None = None,
    ) -> None:
        """Order *drafts*, meant for *first*, for each of *times* (by number) of a meeting at *site*."""
        if not drafts or not times:
            return
        try:
            check_deliveries(drafts, first)
        except ValueError:
            raise InvalidField(WRONG_TIME, field="orders") from None
        menu = self._menu_at(connection, site)
        self._keep_stock(connection, [chosen_item(menu, line.item) for draft in drafts for line in draft.lines])
        for draft in drafts:
            for number, span in times:
                wish = _Wish(draft, span, _there(draft, first, span))
                why = self._problem(connection, menu, wish)
                if why is not None and policy is Policy.ALL_OR_NOTHING:
                    raise why
                self._record(connection, meeting_id, number, wish, menu=menu, why=why, cost_centre=cost_centre)

    def _menu_at(self, connection: Connection, site: str | None) -> list[ServiceItem]:
        """What can be had at *site*; without one, what can be had everywhere."""
        return [item for item in self.menu_models(connection, site) if site is not None or item.site is None]

    def _keep_stock(self, connection: Connection, items: Iterable[ServiceItem]) -> None:
        """Keep items of which there are so many from other writers, in an order that is always the same."""
        limited = sorted({int(item.ref.id) for item in items if item.stock is not None})
        if limited:
            connection.execute(
                sa.select(menu_items.c.id).where(menu_items.c.id.in_(limited)).order_by(menu_items.c.id).with_for_update()
            ).all()

    def _problem(
        self, connection: Connection, menu: Sequence[ServiceItem], wish: _Wish, *, besides: int = 0, ordered: bool = False
    ) -> Rejected | None:
        """Why a wish cannot be had.

        Args:
            besides: An order that is left out of account.
            ordered: It is ordered already, for the same start: no cut-off.
        """
        for problem in order_problems(menu, wish.draft, wish.span, now=self.session.now()):
            if not (ordered and isinstance(problem, CutoffPassed)):
                return problem
        items = [(chosen_item(menu, line.item), line.quantity) for line in wish.draft.lines]
        if len({item.price.currency for item, _ in items if item.price is not None}) > 1:
            return ServiceNotAvailableHere(CURRENCIES, field="orders")
        wanted: dict[int, int] = defaultdict(int)
        for item, quantity in items:
            wanted[int(item.ref.id)] += quantity
        for item, _ in items:
            if item.stock is not None:
                left = item.stock - self._in_use(connection, int(item.ref.id), wish.there, besides)
                if wanted[int(item.ref.id)] > left:
                    return ServiceNotAvailableHere(LEFT.filled(item=item.name, left=max(0, left)), field="orders")
        return None

    @staticmethod
    def _in_use(connection: Connection, item_id: int, there: Interval, besides: int) -> int:
        """How many of an item are in use at once at some moment of *there*: each from its delivery until it is cleared."""
        order, lines = orders.c, order_lines.c
        start, end = there
        chosen = (
            sa.select(order.deliver_at, order.clear_at, lines.quantity)
            .join(order_lines, lines.order_id == order.id)
            .where(
                lines.item_id == item_id,
                order.state == "ordered",
                order.id != besides,
                order.deliver_at < end,
                order.deliver_at > start - LONGEST - timedelta(days=1),
                order.clear_at > start,
            )
        )
        return peak((row.deliver_at, row.clear_at, row.quantity) for row in connection.execute(chosen))

    @staticmethod
    def _record(
        connection: Connection,
        meeting_id: int,
        number: int,
        wish: _Wish,
        *,
        menu: Sequence[ServiceItem],
        why: Rejected | None,
        cost_centre: str | None,
    ) -> None:
        draft = wish.draft
        values = {
            "meeting_id": meeting_id,
            "number": number,
            "diets": {diet.value: count for diet, count in draft.diets.items()},
            "deliver_at": wish.there[0],
            "clear_at": wish.there[1],
            "cost_centre": draft.cost_centre or cost_centre,
            "note": draft.note,
            "state": "ordered" if why is None else "rejected",
            "why": None if why is None else why.sentence(),
            "why_nl": None if why is None else why.sentence("nl"),
        }
        order_id = inserted(connection, orders, values)
        rows: list[dict[str, Any]] = []
        for line in draft.lines:
            item = chosen_item(menu, line.item)
            price = (
                {"price": item.price.amount, "currency": item.price.currency}
                if item.price
                else {"price": None, "currency": None}
            )
            rows.append({"order_id": order_id, "item_id": int(item.ref.id), "quantity": line.quantity, **price})
        connection.execute(order_lines.insert(), rows)

    @staticmethod
    def _open(connection: Connection, meeting_id: int, numbers: Iterable[int]) -> Sequence[Row[Any]]:
        chosen = sa.select(orders).where(
            orders.c.meeting_id == meeting_id, orders.c.number.in_(sorted(numbers)), orders.c.state == "ordered"
        )
        return connection.execute(chosen.order_by(orders.c.id)).all()

    def cancel_orders(
        self, connection: Connection, meeting_id: int, times: Mapping[int, Span], accept_fee: Money | None
    ) -> None:
        """Cancel what was ordered for *times* (by number), for a fee of at most *accept_fee* together."""
        self._cancel(connection, self._open(connection, meeting_id, times), times, accept_fee)

    def _cancel(self, connection: Connection, rows: Sequence[Any], times: Mapping[int, Span], accept_fee: Money | None) -> None:
        lines = self.lines_of(connection, [row.id for row in rows])
        fees = {row.id: cancel_fee(lines[row.id], times[row.number].start, self.session.now()) for row in rows}
        for fee in per_currency(due for due in fees.values() if due is not None):
            if accept_fee is None or accept_fee.currency != fee.currency or accept_fee < fee:
                raise CancelFeeApplies(f"cancelling costs {fee}", fee=fee)
        for id_, due in fees.items():
            values = {"fee": due.amount, "fee_currency": due.currency} if due is not None else {}
            connection.execute(orders.update().where(orders.c.id == id_).values(state="cancelled", **values))

    def move_orders(
        self,
        connection: Connection,
        meeting_id: int,
        moves: Mapping[int, tuple[Span, Span]],
        *,
        site: str | None,
        elsewhere: bool,
        accept_fee: Money | None,
    ) -> None:
        """Take what was ordered along to new times (by number: from, to) at *site*.

        What begins when it did, where it did, only stays there longer or shorter, however late it is. Of the rest, what
        cannot be cancelled for nothing any more is paid for and ordered anew.

        Args:
            elsewhere: The site is another than before.
        """
        rows = self._open(connection, meeting_id, moves)
        if not rows:
            return
        menu = self._menu_at(connection, site)
        lines = self.lines_of(connection, [row.id for row in rows])
        self._keep_stock(connection, [item for some in lines.values() for _, item in some])
        now = self.session.now()
        late = [
            row
            for row in rows
            if (elsewhere or moves[row.number][0].start != moves[row.number][1].start)
            and cancel_fee(lines[row.id], moves[row.number][0].start, now) is not None
        ]
        self._cancel(connection, late, {number: old for number, (old, _) in moves.items()}, accept_fee)
        for row in rows:
            old, new = moves[row.number]
            draft = OrderDraft(
                lines=tuple(OrderLine(item=item.ref, quantity=line.quantity) for line, item in lines[row.id]),
                diets=row.diets,
                deliver_at=row.deliver_at if row.deliver_at != old.start else None,
                clear_at=row.clear_at if row.clear_at != old.end else None,
                cost_centre=row.cost_centre,
                note=row.note,
            )
            wish = _Wish(draft, new, _there(draft, old, new))
            stays = old.start == new.start and not elsewhere
            why = self._problem(connection, menu, wish, besides=row.id, ordered=stays)
            if why is not None:
                raise why
            if row in late:
                self._record(connection, meeting_id, row.number, wish, menu=menu, why=None, cost_centre=None)
            else:
                values = {"deliver_at": wish.there[0], "clear_at": wish.there[1]}
                connection.execute(orders.update().where(orders.c.id == row.id).values(**values))


def _there(draft: OrderDraft, first: Span, span: Span) -> tuple[datetime, datetime]:
    """From when until when it is there for a time at *span*: as long before or after as the draft says it for *first*."""
    return shifted(draft.deliver_at, first, span) or span.start, shifted(draft.clear_at, first, span) or span.end
