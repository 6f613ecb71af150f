"""Setting up sites, rooms and what can be ordered. Used by the demo, imports and tests, in a writing block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.rooms_tables import meeting_times, menu_items, room_bookers, rooms, sites
from workplace_sdk.services.common import Money, checked_zone
from workplace_sdk.services.rooms import Feature, Layout, OrderKind

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def add_site(connection: Connection, name: str, zone: str, address: str | None = None) -> int:
    """Add a place with rooms. Its id."""
    return inserted(connection, sites, {"name": name, "zone": checked_zone(zone), "address": address})


def add_room(
    connection: Connection,
    name: str,
    site_id: int,
    *,
    capacity: int | None = None,
    features: Iterable[Feature] = (),
    layouts: Mapping[Layout, int] | None = None,
    bookers: Iterable[int] = (),
    **others: Any,
) -> int:
    """Add a room; *bookers* are ids of people who may book it though it is restricted, *others* columns of ``rooms``. Its id."""
    values = {
        "name": name,
        "site_id": site_id,
        "capacity": capacity,
        "features": sorted(feature.value for feature in features),
        "layouts": {layout.value: seats for layout, seats in (layouts or {}).items()},
    }
    id_ = inserted(connection, rooms, {**values, **others})
    for person_id in bookers:
        connection.execute(room_bookers.insert().values(room_id=id_, person_id=person_id))
    return id_


def add_item(
    connection: Connection,
    name: str,
    kind: OrderKind,
    *,
    site_id: int | None = None,
    price: Money | None = None,
    cancel_fee: Decimal | None = None,
    **others: Any,
) -> int:
    """Add something that can be ordered; *cancel_fee* is a part of the price, *others* are columns of ``menu_items``. Its id."""
    if cancel_fee is not None and not 0 <= cancel_fee <= 1:
        raise ValueError("cancel_fee is a part of the price, from 0 to 1")
    cost = {"price": price.amount, "currency": price.currency} if price else {}
    return inserted(
        connection,
        menu_items,
        {"name": name, "kind": kind.value, "site_id": site_id, "cancel_fee": cancel_fee, **cost, **others},
    )


def decline(connection: Connection, meeting_id: int, why: str) -> None:
    """Have the rooms of a meeting say no, as a room does that was taken by someone who may."""
    held = (meeting_times.c.meeting_id == meeting_id) & meeting_times.c.room_id.is_not(None)
    now = meeting_times.c.state.in_(("confirmed", "requested"))
    connection.execute(meeting_times.update().where(held & now).values(state="declined", conflict=why))
