"""Setting up sites, rooms and what can be ordered; and loading rooms from CSV or iCalendar."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.importing import ImportReport, Progress, RefusedRow, csv_rows
from workplace_sdk.connectors.local.rooms_tables import menu_items, rooms, sites
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.common import Money, checked_zone
from workplace_sdk.services.rooms import Bookability, Feature, OrderKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Connection

COLUMNS = (
    "name",
    "site",
    "zone",
    "building",
    "floor",
    "capacity",
    "features",
    "bookability",
    "email",
    "longest_minutes",
    "ahead_days",
    "check_in_minutes",
)


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
    **others: Any,
) -> int:
    """Add a room; *others* are columns of ``rooms``. Its id."""
    values = {"name": name, "site_id": site_id, "capacity": capacity, "features": sorted(feature.value for feature in features)}
    return inserted(connection, rooms, {**values, **others})


def add_item(
    connection: Connection, name: str, kind: OrderKind, *, site_id: int | None = None, price: Money | None = None, **others: Any
) -> int:
    """Add something that can be ordered; *others* are columns of ``menu_items``. Its id."""
    cost = {"price": price.amount, "currency": price.currency} if price else {}
    return inserted(connection, menu_items, {"name": name, "kind": kind.value, "site_id": site_id, **cost, **others})


def import_rooms(
    connection: Connection,
    source: Path,
    *,
    zone: str,
    format: str | None = None,
    progress: Progress = lambda _done, _total: None,
) -> ImportReport:
    """Add the rooms of a file, or update those with the same name; sites are made as they are named.

    CSV has columns ``name``, ``site``, ``capacity``, ``features`` (separated by ``;`` or ``|``) and others of ``COLUMNS``.
    From iCalendar the rooms are taken that events name as attendees of the kind ROOM or RESOURCE.

    Args:
        zone: Of sites for which the file names none.

    Raises:
        InvalidInput: The file as a whole cannot be read; a row that cannot be is in the report.
    """
    if not source.is_file():
        raise InvalidInput(f"there is no file {source}", field="source")
    kind = format or {".csv": "csv", ".tsv": "csv", ".ics": "icalendar"}.get(source.suffix.lower())
    if kind not in ("csv", "icalendar"):
        raise InvalidInput(f"{source.name}: say which format it is: csv or icalendar", field="format")
    rows = list(_csv(source) if kind == "csv" else _icalendar(source))
    added, updated, refused = 0, 0, list[RefusedRow]()
    for done, (line, row) in enumerate(rows, start=1):
        try:
            new = _stored(connection, _checked(row), zone)
            added, updated = added + new, updated + (not new)
        except InvalidInput as error:
            refused.append(RefusedRow(line, error.field, error.message))
        progress(done, len(rows))
    return ImportReport(source.name, added, updated, tuple(refused))


def _csv(source: Path) -> Iterator[tuple[int, dict[str, str]]]:
    for line, row in csv_rows(source):
        if unknown := sorted(set(row) - set(COLUMNS)):
            raise InvalidInput(f"unknown columns: {', '.join(unknown)}; known are {', '.join(COLUMNS)}", field="source")
        yield line, row


def _icalendar(source: Path) -> Iterator[tuple[int, dict[str, str]]]:
    from icalendar import Calendar

    try:
        calendar: Any = Calendar.from_ical(source.read_bytes())
    except ValueError as error:
        raise InvalidInput(f"{source.name} is no iCalendar file: {error}", field="source") from None
    seen: set[str] = set()
    for number, event in enumerate(calendar.walk("VEVENT"), start=1):
        named: Any = event.get("ATTENDEE", [])
        attendees: list[Any] = list(named) if isinstance(named, list) else [named]  # pyright: ignore[reportUnknownArgumentType]
        for attendee in attendees:
            if str(attendee.params.get("CUTYPE", "")).upper() not in ("ROOM", "RESOURCE"):
                continue
            email = str(attendee).removeprefix("mailto:").removeprefix("MAILTO:")
            name = str(attendee.params.get("CN") or event.get("LOCATION") or email)
            if email not in seen:
                seen.add(email)
                yield number, {"name": name, "site": "", "email": email}


def _checked(row: dict[str, str]) -> dict[str, Any]:
    if not row.get("name"):
        raise InvalidInput("a room needs a name", field="name")
    values: dict[str, Any] = {name: row[name] for name in ("name", "building", "floor", "email", "site") if row.get(name)}
    for name in ("capacity", "longest_minutes", "ahead_days", "check_in_minutes"):
        if row.get(name):
            if not row[name].isdecimal() or not 0 < int(row[name]) < 1_000_000:
                raise InvalidInput(f"{row[name]!r} is no number from 1", field=name)
            values[name] = int(row[name])
    known = {feature.value for feature in Feature}
    features = [
        part.strip().lower().replace(" ", "_").replace("-", "_")
        for part in re.split(r"[;|]", row.get("features", ""))
        if part.strip()
    ]
    if unknown := sorted(set(features) - known):
        raise InvalidInput(f"unknown: {', '.join(unknown)}; known are {', '.join(sorted(known))}", field="features")
    values["features"] = sorted(set(features))
    values["bookability"] = row.get("bookability") or "open"
    if values["bookability"] not in {one.value for one in Bookability}:
        raise InvalidInput(f"is one of {', '.join(Bookability)}", field="bookability")
    if row.get("zone"):
        try:
            values["zone"] = checked_zone(row["zone"])
        except ValueError as error:
            raise InvalidInput(str(error), field="zone") from None
    return values


def _stored(connection: Connection, values: dict[str, Any], zone: str) -> bool:
    """Whether the room is new."""
    name, own_zone = values.pop("site", "-"), values.pop("zone", zone)
    site_id = connection.execute(sa.select(sites.c.id).where(sites.c.name == name)).scalar()
    values["site_id"] = add_site(connection, name, own_zone) if site_id is None else site_id
    found = connection.execute(sa.select(rooms.c.id).where(rooms.c.name == values["name"])).scalar()
    if found is None:
        inserted(connection, rooms, values)
        return True
    connection.execute(rooms.update().where(rooms.c.id == found).values(**values))
    return False
