"""What commands print: tables for people, JSON for scripts, sentences in the chosen language, progress after a second."""

# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# What is shown can be anything.
from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import click
from attrs import define

from workplace_sdk.kernel.listing import Gap, Listing


@define
class _Choice:
    as_json: bool = False
    language: str | None = None
    settings: str | None = None


_choice = _Choice()


def choose(*, as_json: bool, language: str | None, settings: str | None) -> None:
    """Remember what the options ask for."""
    _choice.as_json, _choice.language, _choice.settings = as_json, language, settings


def prefer_language(language: str) -> None:
    """Use the settings' language, unless ``--lang`` was given."""
    _choice.language = _choice.language or language


def wants_json() -> bool:
    """Whether ``--json`` was given."""
    return _choice.as_json


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


def say(text: str, *, mark: str = "info") -> None:
    """A sentence for the person, beside the answer: on standard error, so that output can be piped."""
    if _choice.as_json:
        return
    sign, colour = {"warning": ("! ", "yellow"), "blocker": ("x ", "red")}.get(mark, ("  ", None))
    click.echo(click.style(f"{sign}{text}", fg=colour), err=True)


def show(answer: Any, columns: Mapping[str, str] | None = None, *, empty: tuple[str, str] = ("Nothing.", "Niets.")) -> None:
    """Print an answer: as JSON, as a table of *columns* (heading by attribute path), or as fields of one record."""
    if _choice.as_json:
        click.echo(json.dumps(jsonable(answer), ensure_ascii=False, indent=None if not sys.stdout.isatty() else 2))
        return
    if isinstance(answer, Sequence) and not isinstance(answer, str):
        rows: Sequence[Any] = answer
        if rows:
            table(rows, columns or {})
        else:
            click.echo(words(*empty))
        for gap in getattr(rows, "gaps", ()):
            say(gap_sentence(gap), mark="warning")
    elif columns:
        fields(answer, columns)
    else:
        click.echo(text_of(answer))


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


def table(rows: Sequence[Any], columns: Mapping[str, str]) -> None:
    """Aligned columns, the heading bold on a terminal; a wide last column is left whole."""
    heads = list(columns)
    lines = [[text_of(value_at(row, path)) for path in columns.values()] for row in rows]
    widths = [max(len(cell) for cell in (head, *(line[index] for line in lines))) for index, head in enumerate(heads)]
    click.echo(click.style(_aligned(heads, widths), bold=True))
    for line in lines:
        click.echo(_aligned(line, widths))


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def fields(record: Any, columns: Mapping[str, str]) -> None:
    """One record, a line per field; what is not known is left out."""
    values = {head: value_at(record, path) for head, path in columns.items()}
    known = {head: text_of(value) for head, value in values.items() if value not in (None, (), "")}
    width = max((len(head) for head in known), default=0)
    for head, text in known.items():
        click.echo(f"{click.style(head.ljust(width), bold=True)}  {text}")


def value_at(record: Any, path: str) -> Any:
    """The value at an attribute path such as ``leave_type.name``; ``None`` as soon as something is not known."""
    for name in path.split("."):
        if record is None:
            return None
        record = record.get(name) if isinstance(record, Mapping) else getattr(record, name)
        if callable(record):
            record = record()
    return record


def text_of(value: Any) -> str:
    """A value as people read it: one line, no control characters (names and titles come from other systems)."""
    from datetime import date, datetime
    from decimal import Decimal

    if value is None:
        return "-"
    if isinstance(value, bool):
        return words("yes", "ja") if value else words("no", "nee")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, str | Mapping) and not hasattr(type(value), "model_fields"):
        parts: Iterable[Any] = value
        return ", ".join(text_of(part) for part in parts)
    return "".join(char if char.isprintable() else " " for char in str(value))


def jsonable(value: Any) -> Any:
    """A value as JSON takes it: models by their fields, listings with what is missing from them."""
    if isinstance(value, Listing):
        listing: Listing[Any] = value
        gaps = [{"connection": gap.connection, "why": gap.why, "message": gap.message} for gap in listing.gaps]
        return {"items": [jsonable(item) for item in listing], "complete": listing.complete, "gaps": gaps}
    if hasattr(type(value), "model_fields"):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    if hasattr(type(value), "__attrs_attrs__"):
        from attrs import fields as attributes

        return {field.name: jsonable(getattr(value, field.name)) for field in attributes(type(value))}
    return value if value is None or isinstance(value, bool | int | str) else str(value)


class Progress:
    """A bar on standard error once work has taken a second, and only on a terminal: ``progress(done, total)``."""

    def __init__(self, label: str, *, after: float = 1.0) -> None:
        self._label = label
        self._shown_from = time.monotonic() + after
        self._bar: Any = None

    def __call__(self, done: int, total: int | None) -> None:
        if self._bar is None:
            if time.monotonic() < self._shown_from or _choice.as_json or not sys.stderr.isatty():
                return
            self._bar = click.progressbar(length=total or done, label=self._label, file=sys.stderr, show_pos=True)
            self._bar.__enter__()
        self._bar.length = max(total or 0, done)
        self._bar.update(done - self._bar.pos)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.__exit__(*error)
