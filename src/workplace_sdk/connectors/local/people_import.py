"""Loading an organisation from CSV, LDIF or vCard."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import chunks
from workplace_sdk.connectors.local.importing import ImportReport, Progress, RefusedRow, csv_rows, loaded, quiet
from workplace_sdk.connectors.local.people_records import index_people
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.calendar import public_holidays
from workplace_sdk.services.common import checked_zone

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

TEXTS: Final = (
    "employee_number", "login", "email", "dn", "display_name", "given_name", "family_name", "job_title", "organisation", "site", "room",
    "phone", "mobile", "chat", "about", "visibility", "cost_centre", "zone", "region",
)  # fmt: skip
LISTS: Final = ("topics", "responsibilities", "languages")
DATES: Final = ("started_on", "left_on")
TAKEN: Final = "another person has this number, login or e-mail address"
COLUMNS: Final = (*TEXTS, *LISTS, *DATES, "manager", "active")
_KEYS: Final = ("employee_number", "login", "email", "dn")
_LDIF: Final = {
    "uid": "login", "mail": "email", "cn": "display_name", "givenName": "given_name", "sn": "family_name", "title": "job_title",
    "ou": "organisation", "l": "site", "roomNumber": "room", "telephoneNumber": "phone", "mobile": "mobile", "description": "about",
    "employeeNumber": "employee_number", "manager": "manager", "preferredLanguage": "languages",
}  # fmt: skip
BATCH: Final = 500


def import_people(
    connection: Connection,
    name: str,
    source: Path,
    *,
    format: str | None = None,
    progress: Progress = quiet,
) -> ImportReport:
    """Add the people of a file to the connection *name*, or update those with the same number, login, address or DN.

    Managers may come later in the file than their people; they are found by number, login, address or DN.

    Args:
        format: ``csv``, ``ldif`` or ``vcard``; by the file's name when left out.

    Raises:
        InvalidInput: The file as a whole cannot be read; a row that cannot be is in the report.
    """
    rows = list(_rows(source, format or _format(source)))
    bosses, ids = list[tuple[int, int, str]](), list[int]()

    def take(numbered: tuple[int, dict[str, str]]) -> bool:
        line, row = numbered
        id_, new = _stored(connection, checked(row))
        ids.append(id_)
        if row.get("manager"):
            bosses.append((line, id_, row["manager"]))
        return new

    asked = [(line, row if isinstance(row, InvalidInput) else (line, row)) for line, row in rows]
    report = loaded(connection, source, asked, take, progress, taken=TAKEN)
    warnings = [*_set_managers(connection, bosses)]
    for some in chunks(ids, BATCH):
        index_people(connection, name, some)
    return ImportReport(report.source, report.added, report.updated, report.refused, tuple(warnings))


def _format(source: Path) -> str:
    known = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".ldif": "ldif", ".vcf": "vcard", ".vcard": "vcard"}
    found = known.get(source.suffix.lower())
    if found is None:
        raise InvalidInput(f"{source.name}: say which format it is: csv, ldif or vcard", field="format")
    return found


def _rows(source: Path, kind: str) -> Iterator[tuple[int, dict[str, str] | InvalidInput]]:
    if not source.is_file():
        raise InvalidInput(f"there is no file {source}", field="source")
    readers: dict[str, Callable[[Path], Iterator[tuple[int, dict[str, str] | InvalidInput]]]]
    readers = {"csv": _csv, "ldif": _ldif, "vcard": _vcard}
    if kind not in readers:
        raise InvalidInput(f"{kind} is none of csv, ldif, vcard", field="format")
    yield from readers[kind](source)


def _csv(source: Path) -> Iterator[tuple[int, dict[str, str] | InvalidInput]]:
    return csv_rows(source, COLUMNS)


def _ldif(source: Path) -> Iterator[tuple[int, dict[str, str] | InvalidInput]]:
    from workplace_sdk.wires.ldap.ldif import read_ldif

    for number, entry in enumerate(read_ldif(source), start=1):
        kinds = {kind.lower() for kind in entry.all("objectClass")}
        if kinds & {"inetorgperson", "person", "organizationalperson", "user"}:
            row = {
                ours: "; ".join(entry.all(theirs)) if ours == "languages" else entry.first(theirs) or ""
                for theirs, ours in _LDIF.items()
            }
            yield number, {**row, "dn": entry.dn}


def _vcard(source: Path) -> Iterator[tuple[int, dict[str, str] | InvalidInput]]:
    import vobject
    from vobject.base import ParseError

    try:
        read: Any = vobject.readComponents  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        cards: list[Any] = list(read(source.read_text("utf-8-sig"), ignoreUnreadable=True))
    except (ParseError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{source.name} holds no vCards: {error}", field="source") from None
    for number, card in enumerate(cards, start=1):
        name = getattr(card, "n", None)
        phones = {
            str(kind).lower(): line.value
            for line in getattr(card, "tel_list", ())
            for kind in line.params.get("TYPE", ["voice"])
        }
        mails = [line.value for line in getattr(card, "email_list", ())]
        unit = getattr(card, "org", None)
        yield (
            number,
            {
                "display_name": _value(card, "fn"),
                "given_name": str(name.value.given) if name else "",
                "family_name": str(name.value.family) if name else "",
                "email": mails[0] if mails else "",
                "phone": phones.get("work") or phones.get("voice") or "",
                "mobile": phones.get("cell", ""),
                "job_title": _value(card, "title"),
                "organisation": " / ".join(part for part in unit.value if part) if unit else "",
                "about": _value(card, "note"),
                "topics": "; ".join(
                    line.value if isinstance(line.value, str) else ", ".join(line.value)
                    for line in getattr(card, "categories_list", ())
                ),
            },
        )


def _value(card: Any, name: str) -> str:
    line = getattr(card, name, None)
    return str(line.value).strip() if line is not None else ""


def checked(row: dict[str, str]) -> dict[str, Any]:
    """Column values of one row; ``InvalidInput`` names the field that is wrong."""
    values: dict[str, Any] = {name: row[name] for name in TEXTS if row.get(name)}
    if not any(name in values for name in _KEYS):
        raise InvalidInput("needs an employee_number, login, email or dn", field="employee_number")
    if "display_name" not in values:
        plain = " ".join(values[name] for name in ("given_name", "family_name") if name in values)
        if not plain:
            raise InvalidInput("needs a display_name, or given_name and family_name", field="display_name")
        values["display_name"] = plain
    _check_texts(values)
    values |= {name: values[name].casefold() for name in ("login", "email") if name in values}
    for name in LISTS:
        parts = [part.strip() for part in re.split(r"[;|]", row.get(name, "")) if part.strip()]
        if parts:
            values[name] = [{"name": part[:120], "origin": "hr"} for part in parts] if name == "topics" else parts
    for name in DATES:
        if row.get(name):
            values[name] = _date(row[name], name)
    if row.get("active"):
        values["active"] = _flag(row["active"])
    return values


def _check_texts(values: dict[str, str]) -> None:
    for name, text in values.items():
        if name != "about" and any(unicodedata.category(char) == "Cc" for char in text):
            raise InvalidInput("holds control characters", field=name)
    if "email" in values and not re.fullmatch(r"[^@\s]+@[^@\s]+", values["email"]):
        raise InvalidInput(f"{values['email']!r} is no e-mail address", field="email")
    if values.get("visibility", "everyone") not in ("everyone", "internal", "limited"):
        raise InvalidInput("is everyone, internal or limited", field="visibility")
    for name, check in (("zone", checked_zone), ("region", _checked_region)):
        if name in values:
            try:
                check(values[name])
            except ValueError as error:
                raise InvalidInput(str(error), field=name) from None


def _flag(text: str) -> bool:
    words = {"true": True, "yes": True, "ja": True, "1": True, "false": False, "no": False, "nee": False, "0": False}
    if text.lower() not in words:
        raise InvalidInput("is yes or no", field="active")
    return words[text.lower()]


def _checked_region(region: str) -> None:
    """``ValueError`` when no public holidays are known for *region*."""
    public_holidays(region, [datetime.now(UTC).year])


def _date(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no date such as 2026-11-24", field=name) from None


def _stored(connection: Connection, values: dict[str, Any]) -> tuple[int, bool]:
    """The id of the person, and whether they are new."""
    values = {**values, "changed_at": datetime.now(UTC)}
    for key in _KEYS:
        if key in values:
            found = connection.execute(sa.select(people.c.id).where(people.c[key] == values[key])).scalar()
            if found is not None:
                connection.execute(people.update().where(people.c.id == found).values(**values))
                return int(found), False
    return int(connection.execute(people.insert().values(**values).returning(people.c.id)).scalar_one()), True


def _set_managers(connection: Connection, bosses: list[tuple[int, int, str]]) -> Iterator[RefusedRow]:
    """Set who manages whom; say who is managed by nobody known, or by themselves in a circle."""
    rows = connection.execute(sa.select(people.c.id, *(people.c[key] for key in _KEYS))).all()
    known: dict[str, int] = {}
    for row in rows:
        known.update({_compared(getattr(row, key)): row.id for key in _KEYS if getattr(row, key)})
    above: dict[int, int | None] = {
        row.id: row.manager_id for row in connection.execute(sa.select(people.c.id, people.c.manager_id))
    }
    for line, id_, text in bosses:
        boss = known.get(_compared(text))
        if boss is None:
            yield RefusedRow(line, "manager", f"the manager {text!r} is not known; nobody is set")
            continue
        if _would_circle(above, id_, boss):
            yield RefusedRow(line, "manager", f"{text!r} as manager would make a circle; nobody is set")
            continue
        above[id_] = boss
        connection.execute(people.update().where(people.c.id == id_).values(manager_id=boss))


def _compared(key: str) -> str:
    """A key as it is compared: the spaces after the commas of a DN do not matter."""
    return re.sub(r"\s*,\s*", ",", key.casefold())


def _would_circle(above: dict[int, int | None], id_: int, boss: int) -> bool:
    current: int | None = boss
    for _ in range(len(above) + 1):
        if current is None:
            return False
        if current == id_:
            return True
        current = above.get(current)
    return True
