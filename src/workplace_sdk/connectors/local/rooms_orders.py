"""What is ordered for meetings: cut-offs, stock and fees; the rows of items with a stock arbitrate between writers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import LocalService, inserted
from workplace_sdk.connectors.local.rooms_tables import meeting_times, menu_items, order_lines, orders, sites
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.services.common import Mapped, Money, Span
from workplace_sdk.services.rooms import (
    CancelFeeApplies,
    Order,
    OrderDraft,
    OrderedLine,
    OrderKind,
    OrderLine,
    OrderState,
    Policy,
    ServiceItem,
    ServiceNotAvailableHere,
)
from workplace_sdk.services.rooms_rules import cancel_fee, chosen_item, order_problems, per_currency, total
from workplace_sdk.services.rooms_times import peak, shifted

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row


class RoomOrders(LocalService):
    """Reading and writing of orders, each for one time of a meeting."""

    def menu_models(self, connection: Connection, site: str | None = None) -> list[ServiceItem]:
        """What can be ordered (at *site*), by kind and name."""
        chosen = sa.select(menu_items, sites.c.name.label("site")).outerjoin(sites, sites.c.id == menu_items.c.site_id)
        if site is not None:
            chosen = chosen.where(menu_items.c.site_id.is_(None) | (sa.func.lower(sites.c.name) == site.lower()))
        return [
            self._item(row)
            for row in connection.execute(chosen.order_by(menu_items.c.kind, menu_items.c.name, menu_items.c.id))
        ]

    def _item(self, row: Any) -> ServiceItem:
        return ServiceItem(
            ref=self.ref("item", row.id),
            name=row.name,
            kind=OrderKind(row.kind),
            site=row.site,
            price=_money(row.price, row.currency),
            order_before=minutes(row.order_before_minutes),
            cancel_before=minutes(row.cancel_before_minutes),
            cancel_fee=row.cancel_fee,
            stock=row.stock,
        )

    def orders_of(
        self, connection: Connection, ids: Sequence[int], starts: Mapping[tuple[int, int], Any]
    ) -> dict[int, list[Order]]:
        """Orders by meeting; *starts* are the times they are for, by meeting and number."""
        found: dict[int, list[Order]] = defaultdict(list)
        rows = connection.execute(
            sa.select(orders).where(orders.c.meeting_id.in_(ids)).order_by(orders.c.number, orders.c.id)
        ).all()
        lines = self._lines(connection, [row.id for row in rows])
        for row in rows:
            span = starts.get((row.meeting_id, row.number))
            if span is not None:
                found[row.meeting_id].append(self._order(row, lines[row.id], span))
        return found

    def _order(self, row: Any, lines: list[tuple[OrderedLine, ServiceItem]], span: Span) -> Order:
        ordered = tuple(line for line, _ in lines)
        before = [item.cancel_before for _, item in lines if item.cancel_before is not None]
        return Order(
            ref=self.ref("order", row.id),
            date=span.local_start.date(),
            lines=ordered,
            diets=row.diets,
            deliver_at=row.deliver_at and row.deliver_at.astimezone(span.local_start.tzinfo),
            clear_at=row.clear_at and row.clear_at.astimezone(span.local_start.tzinfo),
            cost_centre=row.cost_centre,
            note=row.note,
            state=Mapped(value=OrderState(row.state)),
            total=total(ordered),
            cancel_by=span.start - max(before) if before and row.state == "ordered" else None,
            fee=_money(row.fee, row.fee_currency),
            why=row.why,
        )

    def _lines(self, connection: Connection, order_ids: Sequence[int]) -> dict[int, list[tuple[OrderedLine, ServiceItem]]]:
        """Lines by order, each with its item as it is on the menu now."""
        found: dict[int, list[tuple[OrderedLine, ServiceItem]]] = defaultdict(list)
        menu = {item.ref.id: item for item in self.menu_models(connection)} if order_ids else {}
        for row in connection.execute(
            sa.select(order_lines).where(order_lines.c.order_id.in_(order_ids)).order_by(order_lines.c.id)
        ):
            item = menu[str(row.item_id)]
            line = OrderedLine(name=item.name, kind=item.kind, quantity=row.quantity, price=_money(row.price, row.currency))
            found[row.order_id].append((line, item))
        return found

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
        menu = [item for item in self.menu_models(connection, site) if site is not None or item.site is None]
        self._keep_stock(connection, [chosen_item(menu, line.item) for draft in drafts for line in draft.lines])
        for draft in drafts:
            for number, span in times:
                why = self._problem(connection, menu, draft, span)
                if why is not None and policy is Policy.ALL_OR_NOTHING:
                    raise why
                self._record(
                    connection, meeting_id, number, draft, span, first=first, menu=menu, why=why, cost_centre=cost_centre
                )

    def _keep_stock(self, connection: Connection, items: Iterable[ServiceItem]) -> None:
        """Keep items of which there are so many from other writers, in an order that is always the same."""
        limited = sorted({int(item.ref.id) for item in items if item.stock is not None})
        if limited:
            connection.execute(
                sa.select(menu_items.c.id).where(menu_items.c.id.in_(limited)).order_by(menu_items.c.id).with_for_update()
            ).all()

    def _problem(
        self, connection: Connection, menu: Sequence[ServiceItem], draft: OrderDraft, span: Span, *, besides: int = 0
    ) -> Rejected | None:
        """Why *draft* cannot be had at *span*, the order *besides* left out of account."""
        for problem in order_problems(menu, draft, span, now=self.session.now()):
            return problem
        items = [(chosen_item(menu, line.item), line.quantity) for line in draft.lines]
        if len({item.price.currency for item, _ in items if item.price is not None}) > 1:
            return ServiceNotAvailableHere("prices in several currencies: make an order for each", field="orders")
        wanted: dict[int, int] = defaultdict(int)
        for item, quantity in items:
            wanted[int(item.ref.id)] += quantity
        for item, _ in items:
            if item.stock is not None:
                left = item.stock - self._in_use(connection, int(item.ref.id), span, besides)
                if wanted[int(item.ref.id)] > left:
                    return ServiceNotAvailableHere(f"{item.name}: {max(0, left)} left at that time", field="orders")
        return None

    def _in_use(self, connection: Connection, item_id: int, span: Span, besides: int) -> int:
        """How many of an item are in use at once at some moment within *span*."""
        times, lines = meeting_times.c, order_lines.c
        chosen = (
            sa.select(times.start, times.end, lines.quantity)
            .join(orders, orders.c.id == lines.order_id)
            .join(
                meeting_times,
                (times.meeting_id == orders.c.meeting_id) & (times.number == orders.c.number) & (times.position == 0),
            )
            .where(
                lines.item_id == item_id,
                orders.c.state == "ordered",
                orders.c.id != besides,
                times.state != "cancelled",
                times.start < span.end,
                times.end > span.start,
            )
        )
        return peak((row.start, row.end, row.quantity) for row in connection.execute(chosen))

    def _record(
        self,
        connection: Connection,
        meeting_id: int,
        number: int,
        draft: OrderDraft,
        span: Span,
        *,
        first: Span,
        menu: Sequence[ServiceItem],
        why: Rejected | None,
        cost_centre: str | None,
    ) -> None:
        values = {
            "meeting_id": meeting_id,
            "number": number,
            "diets": {diet.value: count for diet, count in draft.diets.items()},
            "deliver_at": shifted(draft.deliver_at, first, span) or span.start,
            "clear_at": shifted(draft.clear_at, first, span) or span.end,
            "cost_centre": draft.cost_centre or cost_centre,
            "note": draft.note,
            "state": "ordered" if why is None else "rejected",
            "why": None if why is None else why.sentence(),
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

    def _open(self, connection: Connection, meeting_id: int, numbers: Iterable[int]) -> Sequence[Row[Any]]:
        chosen = sa.select(orders).where(
            orders.c.meeting_id == meeting_id, orders.c.number.in_(sorted(numbers)), orders.c.state == "ordered"
        )
        return connection.execute(chosen.order_by(orders.c.id)).all()

    def cancel_orders(
        self, connection: Connection, meeting_id: int, times: Mapping[int, Span], accept_fee: Money | None
    ) -> None:
        """Cancel what was ordered for *times* (by number), for a fee of at most *accept_fee* together."""
        rows = self._open(connection, meeting_id, times)
        self._cancel(connection, rows, times, accept_fee)

    def _cancel(
        self, connection: Connection, rows: Sequence[Any], times: Mapping[int, Span], accept_fee: Money | None
    ) -> set[int]:
        """Cancel orders; those that cost a fee."""
        lines = self._lines(connection, [row.id for row in rows])
        fees = {row.id: cancel_fee(lines[row.id], times[row.number].start, self.session.now()) for row in rows}
        charged = {id_: fee for id_, fee in fees.items() if fee is not None}
        for fee in per_currency(charged.values()):
            if accept_fee is None or accept_fee.currency != fee.currency or accept_fee < fee:
                raise CancelFeeApplies(f"cancelling costs {fee}", fee=fee)
        for id_, due in fees.items():
            values = {"fee": due.amount, "fee_currency": due.currency} if due is not None else {}
            connection.execute(orders.update().where(orders.c.id == id_).values(state="cancelled", **values))
        return set(charged)

    def move_orders(
        self,
        connection: Connection,
        meeting_id: int,
        moves: Mapping[int, tuple[Span, Span]],
        *,
        site: str | None,
        accept_fee: Money | None,
    ) -> None:
        """Take what was ordered along to new times (by number: from, to) at *site*.

        What cannot be cancelled for nothing any more is paid for and ordered anew.
        """
        rows = self._open(connection, meeting_id, moves)
        if not rows:
            return
        menu = [item for item in self.menu_models(connection, site) if site is not None or item.site is None]
        lines = self._lines(connection, [row.id for row in rows])
        self._keep_stock(connection, [item for some in lines.values() for _, item in some])
        late = [row for row in rows if cancel_fee(lines[row.id], moves[row.number][0].start, self.session.now()) is not None]
        self._cancel(connection, late, {number: old for number, (old, _) in moves.items()}, accept_fee)
        for row in rows:
            old, new = moves[row.number]
            draft = OrderDraft(
                lines=tuple(OrderLine(item=item.ref, quantity=line.quantity) for line, item in lines[row.id]),
                diets=row.diets,
                deliver_at=row.deliver_at,
                clear_at=row.clear_at if row.clear_at != old.end else None,
                cost_centre=row.cost_centre,
                note=row.note,
            )
            why = self._problem(connection, menu, draft, new, besides=row.id)
            if why is not None:
                raise why
            if row in late:
                self._record(connection, meeting_id, row.number, draft, new, first=old, menu=menu, why=None, cost_centre=None)
            else:
                values = {
                    "deliver_at": shifted(draft.deliver_at, old, new),
                    "clear_at": shifted(draft.clear_at, old, new) or new.end,
                }
                connection.execute(orders.update().where(orders.c.id == row.id).values(**values))


def minutes(value: int | None) -> timedelta | None:
    """A length of time of a column."""
    return timedelta(minutes=value) if value else None


def _money(amount: Any, currency: str | None) -> Money | None:
    return None if amount is None or currency is None else Money(amount=amount, currency=currency)
