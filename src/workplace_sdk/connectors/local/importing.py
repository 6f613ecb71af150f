"""Loading files row by row: what was taken, and what was refused and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

from workplace_sdk.kernel.errors import InvalidInput

Progress: TypeAlias = Callable[[int, int | None], None]
"""Told how many rows are done, and of how many."""


@frozen
class RefusedRow:
    """A row that was not taken: where it is (line or entry, from 1), which field, and why."""

    line: int
    field: str | None
    reason: str


@frozen
class ImportReport:
    """What became of a file."""

    source: str
    added: int
    updated: int
    refused: tuple[RefusedRow, ...] = ()
    warnings: tuple[RefusedRow, ...] = ()


def csv_rows(source: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with their line: UTF-8 with or without a mark, separated by comma, semicolon or tab.

    Raises:
        InvalidInput: It is no text, or has no heading.
    """
    try:
        text = source.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{source.name} is not UTF-8 text", field="source") from None
    heading = text.partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    if not reader.fieldnames or len(reader.fieldnames) < 2:
        raise InvalidInput(f"{source.name} has no line with column names", field="source")
    names = [name.strip().lower().replace(" ", "_") for name in reader.fieldnames]
    reader.fieldnames = names
    try:
        for row in reader:
            yield (
                reader.line_num,
                {
                    name: (value or "").strip()
                    for name, value in row.items()
                    if isinstance(name, str) and isinstance(value, str | None)
                },
            )
    except csv.Error as error:
        raise InvalidInput(f"{source.name}, line {reader.line_num}: {error}", field="source") from None
