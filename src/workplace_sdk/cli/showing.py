"""What commands print: tables for people, JSON for scripts, sentences in the chosen language."""

# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# What is shown can be anything.
from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import click
from attrs import define

from workplace_sdk.cli.progress import hush
from workplace_sdk.kernel.listing import Gap, Listing

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from decimal import Decimal

    from workplace_sdk.settings import Settings


Column: TypeAlias = "str | Callable[[Any], Any]"
"""An attribute path such as ``leave_type.name``, or what makes the value of a record."""
Columns: TypeAlias = Mapping[str, Column]
"""Columns by heading."""


@define
class _Choice:
    as_json: bool = False
    language: str | None = None
    settings: str | None = None
    zone: str | None = None


_choice = _Choice()


def choose(*, as_json: bool, language: str | None, settings: str | None = None, zone: str | None = None) -> None:
    """Remember what the options ask for."""
    _choice.as_json, _choice.language, _choice.settings, _choice.zone = as_json, language, settings, zone


def prefer(settings: Settings) -> None:
    """Use the settings' time zone, and their language unless ``--lang`` was given."""
    _choice.language = _choice.language or settings.language
    _choice.zone = settings.time_zone


def wants_json() -> bool:
    """Whether ``--json`` was given."""
    return _choice.as_json


def colour_wanted() -> bool | None:
    """``False`` where the person wants none (https://no-color.org); else a terminal gets colours."""
    return False if os.environ.get("NO_COLOR") else None


def given_language() -> str | None:
    """What ``--lang`` said."""
    return _choice.language


def chosen_language() -> str:
    """``--lang``, else the settings', else English."""
    if _choice.language is None:
        from workplace_sdk.kernel.errors import ConfigError
        from workplace_sdk.settings import Settings

        try:
            _choice.language = Settings.load(_choice.settings).language
        except ConfigError:
            _choice.language = "en"
    return _choice.language


def words(en: str, nl: str) -> str:
    """The one in the chosen language."""
    return nl if chosen_language() == "nl" else en


_MARKS: Final[Mapping[str, tuple[str, str | None]]] = {
    "info": ("  ", None),
    "warning": ("! ", "yellow"),
    "blocker": ("x ", "red"),
}


def say(text: str, *, mark: str = "info") -> None:
    """A sentence for the person, beside the answer: on standard error, so that output can be piped."""
    if _choice.as_json:
        return
    sign, colour = _MARKS[mark]
    tell(f"{sign}{text}", colour=colour)


def tell(text: str, *, colour: str | None = None, nl: bool = True) -> None:
    """Text on standard error as it is, without what a terminal would obey."""
    hush()
    shown = "\n".join(printable(line) for line in text.split("\n"))
    click.echo(click.style(shown, fg=colour) if colour else shown, err=True, nl=nl)


def put(text: str) -> None:
    """A line of the answer, on standard output."""
    hush()
    click.echo(text)


def show(answer: Any, columns: Columns | None = None, *, empty: tuple[str, str] = ("Nothing.", "Niets.")) -> None:
    """Print an answer: as JSON, as a table of *columns* (heading by attribute path), or as fields of one record."""
    if _choice.as_json:
        several = Listing(answer) if isinstance(answer, list | tuple) and not isinstance(answer, Listing) else answer
        put(json.dumps(jsonable(several), ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))
    elif isinstance(answer, Sequence) and not isinstance(answer, str):
        if answer:
            table(answer, columns or {})
        else:
            put(words(*empty))
        for gap in getattr(answer, "gaps", ()):
            say(gap_sentence(gap), mark="warning")
    elif columns:
        fields(answer, columns)
    else:
        put(text_of(answer))


def collected(pages: Any, most: int | None = None) -> Listing[Any]:
    """All items of ``@pages`` (at most *most*), with what is known to be missing."""
    items: list[Any] = []
    with pages:
        for item in pages:
            if most is not None and len(items) >= most:
                break
            items.append(item)
    return Listing(items, gaps=pages.gaps)


def gap_sentence(gap: Gap) -> str:
    """What is missing from a listing, in a sentence."""
    reasons = {
        "size_limit": ("there are more than the system gives at once", "er zijn er meer dan het systeem in een keer geeft"),
        "time_limit": ("it took too long", "het duurde te lang"),
        "no_answer": ("it did not answer", "het gaf geen antwoord"),
        "referral": (f"a part is on {gap.message}", f"een deel staat op {gap.message}"),
        "capped": ("so many fit that not all were compared", "er passen er zoveel dat niet alles is vergeleken"),
        "not_supported": ("it cannot answer this", "het kan dit niet beantwoorden"),
    }
    return words(f"{gap.connection}: not everything, ", f"{gap.connection}: niet alles, ") + words(*reasons[gap.why])


def also(rows: Sequence[Any], columns: Columns) -> None:
    """A table below the record it belongs to; nothing when there is nothing in it, and never with ``--json``."""
    if rows and not _choice.as_json:
        put("")
        table(rows, columns)


def table(rows: Sequence[Any], columns: Columns) -> None:
    """Aligned columns with a bold heading; on a terminal that is too narrow, one block of lines per row."""
    heads = list(columns)
    lines = [[text_of(value_at(row, path)) for path in columns.values()] for row in rows]
    widths = [max(_width(cell) for cell in (head, *(line[index] for line in lines))) for index, head in enumerate(heads)]
    if sys.stdout.isatty() and sum(widths) + 2 * (len(widths) - 1) > shutil.get_terminal_size().columns:
        for number, row in enumerate(rows):
            if number:
                put("")
            fields(row, columns)
        return
    put(click.style(_aligned(heads, widths), bold=True))
    for line in lines:
        put(_aligned(line, widths))


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(_padded(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns that *text* takes on a terminal: marks that combine take none, wide letters two."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def fields(record: Any, columns: Columns) -> None:
    """One record, a line per field; what is not known is left out."""
    values = {head: value_at(record, path) for head, path in columns.items()}
    known = {head: text_of(value) for head, value in values.items() if value not in (None, (), [], "")}
    width = max((_width(head) for head in known), default=0)
    for head, text in known.items():
        put(f"{click.style(_padded(head, width), bold=True)}  {text}")


def value_at(record: Any, path: Column) -> Any:
    """The value at an attribute path such as ``leave_type.name``, of each where there are several; ``None`` when unknown."""
    if record is None:
        return None
    if not isinstance(path, str):
        return path(record)
    name, _, rest = path.partition(".")
    if isinstance(record, list | tuple):
        return tuple(value_at(one, path) for one in record)
    value = record.get(name) if isinstance(record, Mapping) else getattr(record, name)
    if callable(value):
        value = value()
    return value_at(value, rest) if rest else value


def text_of(value: Any) -> str:
    """A value as people read it: one line, no control characters (names and titles come from other systems)."""
    from datetime import date, datetime, time, timedelta
    from decimal import Decimal

    if value is None:
        return "-"
    if isinstance(value, bool):
        return words("yes", "ja") if value else words("no", "nee")
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, datetime):
        return f"{_on_our_clocks(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, timedelta):
        return _how_long(value)
    if (text := _of_ours(value)) is not None:
        return text
    if isinstance(value, Mapping):
        return ", ".join(f"{text_of(one)}: {text_of(other)}" for one, other in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str) and not hasattr(type(value), "model_fields"):
        parts = (text_of(part) for part in value)
        return ", ".join(sorted(parts) if isinstance(value, set | frozenset) else parts)
    return printable(str(value))


def _of_ours(value: Any) -> str | None:
    """Words of the services, amounts of time, reasons; ``None`` for anything else."""
    from enum import StrEnum

    from workplace_sdk.services.vocabulary import DUTCH, word

    if hasattr(value, "source") and hasattr(value, "value"):
        return printable(word(value, chosen_language()))
    if isinstance(value, StrEnum):
        return word(value, chosen_language()) if type(value).__name__ in DUTCH else str(value)
    if hasattr(value, "unit") and hasattr(value, "value"):  # so many days or hours
        amount: Decimal = value.value
        unit = _UNITS[value.unit.value][0 if amount == 1 else 1]
        return f"{_number(amount)} {unit}" if chosen_language() == "nl" else str(value)
    if hasattr(value, "kind") and hasattr(value, "typed"):  # why someone was found
        return printable(
            f"{word(value.kind, chosen_language())}: {value.found}" + (f" (~{value.typed})" if value.how == "typo" else "")
        )
    if hasattr(value, "en") and hasattr(value, "nl"):
        return printable(words(value.en, value.nl))
    return None


_UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "day": ("dag", "dagen"),
    "hour": ("uur", "uur"),
    "minute": ("minuut", "minuten"),
}


def _number(value: Decimal) -> str:
    text = f"{value.normalize():f}"
    return text.replace(".", ",") if chosen_language() == "nl" else text


def _on_our_clocks(at: datetime) -> datetime:
    """An instant that came without a place's own zone, on the organisation's clocks."""
    from zoneinfo import ZoneInfo

    if at.tzinfo is None or isinstance(at.tzinfo, ZoneInfo) or _choice.zone is None:
        return at
    return at.astimezone(ZoneInfo(_choice.zone))


def _how_long(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    for size, unit, en in ((24 * 60, "day", "day"), (60, "hour", "hour"), (1, "minute", "minute")):
        if minutes % size == 0:
            number = minutes // size
            return words(f"{number} {en}{'' if number == 1 else 's'}", f"{number} {_UNITS[unit][0 if number == 1 else 1]}")
    raise AssertionError("every number of minutes is a number of minutes")


def printable(text: str) -> str:
    """*text* without what a terminal would obey."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def jsonable(value: Any) -> Any:
    """A value as JSON takes it: models by their fields, several answers with what is missing from them."""
    if isinstance(value, Listing):
        gaps = [{"connection": gap.connection, "why": gap.why, "message": gap.message} for gap in value.gaps]
        return {"items": [jsonable(item) for item in value], "complete": value.complete, "gaps": gaps}
    if hasattr(type(value), "model_fields"):
        return _with_texts(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    if hasattr(type(value), "__attrs_attrs__"):
        from attrs import fields as attributes

        return {field.name: jsonable(getattr(value, field.name)) for field in attributes(type(value))}
    return value if value is None or isinstance(value, bool | int | str) else str(value)


_REF: Final = frozenset({"connection", "kind", "id", "url", "version"})


def _with_texts(dumped: Any) -> Any:
    """References also as they are typed: ``"text": "leave:main/12"``."""
    if isinstance(dumped, list):
        return [_with_texts(one) for one in dumped]
    if not isinstance(dumped, dict):
        return dumped
    if dumped.keys() == _REF:
        from workplace_sdk.services.common import Ref

        return {**dumped, "text": str(Ref(**dumped))}
    return {key: _with_texts(one) for key, one in dumped.items()}
