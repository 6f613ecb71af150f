"""What the organisation set up for incidents: what they can be about, its things, its priorities."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import LocalService
from workplace_sdk.connectors.local.incidents_tables import assets, ticket_categories, ticket_priorities
from workplace_sdk.services.common import Mapped, PersonRef, Ref
from workplace_sdk.services.incidents import (
    MATRIX,
    Asset,
    AssetKind,
    AssetUnknown,
    Category,
    Geo,
    Impact,
    Place,
    Priority,
    Urgency,
)
from workplace_sdk.services.incidents_mapping import chosen_category

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class IncidentRegisters(LocalService):
    """Reading of what was set up, shared by the operations."""

    def category_id(self, connection: Connection, wanted: Ref | str | None) -> int | None:
        """The category of that reference, whole path, or part of a path that only one has.

        Raises:
            CategoryRequired: Several could be meant.
        """
        if wanted is None:
            return None
        rows = connection.execute(sa.select(ticket_categories).order_by(ticket_categories.c.path)).all()
        return self.id_of(chosen_category(wanted, [self.category(row) for row in rows]).ref, "category")

    def category(self, row: Any) -> Category:
        """The category of a row."""
        return Category(ref=self.ref("category", row.id), path=tuple(row.path.split(" / ")))

    def thing(self, connection: Connection, tag: str | None) -> Any:
        """The row of the thing with that tag; ``None`` without one.

        Raises:
            AssetUnknown: There is none.
        """
        if tag is None:
            return None
        row = connection.execute(sa.select(assets).where(sa.func.lower(assets.c.tag) == tag.lower())).one_or_none()
        if row is None:
            raise AssetUnknown(f"there is no thing with the tag {tag}", field="asset")
        return row

    def priority(self, connection: Connection, impact: Impact, urgency: Urgency) -> Priority:
        """As the organisation has it; by ``MATRIX`` where it says nothing."""
        table = ticket_priorities.c
        chosen = sa.select(table.priority).where(table.impact == impact.value, table.urgency == urgency.value)
        found = connection.execute(chosen).scalar()
        return MATRIX[impact, urgency] if found is None else Priority(found)

    def asset_of(self, row: Any, names: Mapping[int | None, PersonRef]) -> Asset:
        """The asset of a row."""
        return Asset(
            ref=self.ref("asset", row.id),
            tag=row.tag,
            name=row.name,
            kind=Mapped(value=AssetKind(row.kind)),
            serial=row.serial,
            place=place_of(row),
            owner=names.get(row.owner_id),
        )


def place_of(row: Any) -> Place | None:
    """The place in a row; ``None`` when nothing of it is known."""
    geo = Geo.model_validate(row.geo) if row.geo else None
    place = Place(site=row.site, building=row.building, floor=row.floor, room=row.room, text=row.place_text, geo=geo)
    return place if str(place) or geo else None


def place_columns(place: Place | None) -> dict[str, Any]:
    """The columns of a place."""
    where = place or Place()
    return {
        **where.model_dump(include={"site", "building", "floor", "room"}),
        "place_text": where.text,
        "geo": where.geo.model_dump(mode="json") if where.geo else sa.null(),
    }
