"""Loading rooms from CSV, and rooms with their bookings from iCalendar."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.importing import ImportReport, Progress, csv_rows, loaded, quiet
from workplace_sdk.connectors.local.rooms_setup import add_site
from workplace_sdk.connectors.local.rooms_tables import rooms, sites
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.common import checked_zone
from workplace_sdk.services.rooms import Bookability, Feature, Layout

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

TEXTS: Final = ("name", "email", "site", "building", "floor")
NUMBERS: Final = ("capacity", "longest_minutes", "ahead_days", "check_in_minutes")
TAKEN: Final = "another room has this name or address"
COLUMNS: Final = (*TEXTS, *NUMBERS, "zone", "features", "layouts", "bookability", "approver")


def import_rooms(
    connection: Connection,
    source: Path,
    *,
    zone: str,
    site: str | None = None,
    format: str | None = None,
    progress: Progress = quiet,
) -> ImportReport:
    """Add the rooms of a file, or update those with the same name or address; sites are made as they are named.

    CSV has a line with the names of columns, of ``COLUMNS``: ``features`` are separated by ``;`` or ``|``, ``layouts`` are
    written ``theatre=40; board=12``, ``approver`` is a number, login or e-mail address. What a file does not say of a known
    room stays as it is. From iCalendar come the bookings, and the rooms that they name (``rooms_import_calendar``).

    Args:
        zone: Of sites for which the file names none, and of times without a zone.
        site: Of rooms for which the file names none; the only site there is, or one named after the file, when left out.

    Raises:
        InvalidInput: The file as a whole cannot be read; a row that cannot be is in the report.
    """
    if not source.is_file():
        raise InvalidInput(f"there is no file {source}", field="source")
    kind = format or {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".ics": "icalendar", ".ical": "icalendar"}.get(
        source.suffix.lower()
    )
    if kind == "csv":
        rows = list(csv_rows(source, COLUMNS))
        return loaded(
            connection, source, rows, lambda row: _room(connection, row, zone, site or source.stem), progress, taken=TAKEN
        )
    if kind == "icalendar":
        from workplace_sdk.connectors.local.rooms_import_calendar import import_calendar

        return import_calendar(connection, source, zone=zone, site=site or source.stem, progress=progress)
    raise InvalidInput(f"{source.name}: say which format it is: csv or icalendar", field="format")


def _room(connection: Connection, row: dict[str, str], zone: str, site: str) -> bool:
    values = _checked(row)
    if row.get("approver"):
        values["approver_id"] = _approver(connection, row["approver"])
    if values.get("bookability") == "approval" and not row.get("approver"):
        raise InvalidInput("a room that needs approval needs an approver", field="approver")
    return stored(connection, values, row.get("zone") or zone, site)


def _checked(row: dict[str, str]) -> dict[str, Any]:
    """Columns of ``rooms``, and the name of the site; ``InvalidInput`` names the field that is wrong."""
    if not row.get("name"):
        raise InvalidInput("a room needs a name", field="name")
    values: dict[str, Any] = {name: row[name] for name in TEXTS if row.get(name)}
    if "email" in values:
        values["email"] = values["email"].casefold()
    for name in NUMBERS:
        if row.get(name):
            values[name] = _number(row[name], name)
    if row.get("features"):
        values["features"] = sorted({_word(part, Feature, "features") for part in _parts(row["features"])})
    if row.get("layouts"):
        pairs = [part.partition("=")[::2] for part in _parts(row["layouts"])]
        values["layouts"] = {_word(name, Layout, "layouts"): _number(seats.strip(), "layouts") for name, seats in pairs}
    if row.get("bookability"):
        values["bookability"] = _word(row["bookability"], Bookability, "bookability")
    if row.get("zone"):
        try:
            checked_zone(row["zone"])
        except ValueError as error:
            raise InvalidInput(str(error), field="zone") from None
    return values


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;|]", text) if part.strip()]


def _word(text: str, kind: type[Feature | Layout | Bookability], field: str) -> str:
    word = text.strip().lower().replace(" ", "_").replace("-", "_")
    known = sorted(one.value for one in kind)
    if word not in known:
        raise InvalidInput(f"{text!r} is not known; known are {', '.join(known)}", field=field)
    return word


def _number(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 1_000_000:
        raise InvalidInput(f"{text!r} is no number from 1", field=field)
    return int(text)


def _approver(connection: Connection, text: str) -> int:
    folded = text.strip().casefold()
    wanted = (people.c.login == folded) | (people.c.email == folded) | (people.c.employee_number == text.strip())
    found = connection.execute(sa.select(people.c.id).where(wanted).limit(2)).scalars().all()
    if len(found) != 1:
        raise InvalidInput(f"the approver {text!r} is not known", field="approver")
    return int(found[0])


def stored(connection: Connection, values: dict[str, Any], zone: str, site: str) -> bool:
    """Keep a room at the site that *values* name, else where it is, else at *site*; whether it is new."""
    named = values.pop("site", None)
    wanted = rooms.c.name == values["name"]
    if values.get("email"):
        wanted |= rooms.c.email == values["email"]
    found = connection.execute(sa.select(rooms.c.id).where(wanted).limit(2)).scalars().all()
    if len(found) > 1:
        raise InvalidInput("its name is of one room and its address of another", field="email")
    if named or not found:
        values["site_id"] = site_of(connection, named, zone, site)
    if found:
        connection.execute(rooms.update().where(rooms.c.id == found[0]).values(**values, active=True))
        return False
    inserted(connection, rooms, {"features": [], **values})
    return True


def site_of(connection: Connection, named: str | None, zone: str, site: str) -> int:
    """The id of the site *named*; of the only one there is, or of *site*, when none is."""
    every = connection.execute(sa.select(sites.c.id, sites.c.name)).all()
    if named is None and len(every) == 1:
        return int(every[0].id)
    wanted = named or site
    found = next((row.id for row in every if row.name.casefold() == wanted.casefold()), None)
    return int(found) if found is not None else add_site(connection, wanted, zone)
