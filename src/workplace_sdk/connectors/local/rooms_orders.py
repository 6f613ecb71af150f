"""What can be ordered, and what was ordered for meetings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import LocalService
from workplace_sdk.connectors.local.rooms_tables import menu_items, order_lines, orders, sites
from workplace_sdk.services.common import Mapped, Money, Span
from workplace_sdk.services.rooms import Order, OrderedLine, OrderKind, OrderState, ServiceItem
from workplace_sdk.services.rooms_rules import total

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class RoomOrders(LocalService):
    """Reading of the menu and of orders, each for one time of a meeting."""

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
        lines = self.lines_of(connection, [row.id for row in rows])
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
            why_nl=row.why_nl,
        )

    def lines_of(self, connection: Connection, order_ids: Sequence[int]) -> dict[int, list[tuple[OrderedLine, ServiceItem]]]:
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


def minutes(value: int | None) -> timedelta | None:
    """A length of time of a column."""
    return timedelta(minutes=value) if value else None


def _money(amount: Any, currency: str | None) -> Money | None:
    return None if amount is None or currency is None else Money(amount=amount, currency=currency)
