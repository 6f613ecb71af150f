"""Loading files row by row: what was taken, and what was refused and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import frozen
from sqlalchemy.exc import IntegrityError

from workplace_sdk.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

Progress: TypeAlias = Callable[[int, int | None], None]
"""Told how many rows are done, and of how many."""
MORE: Final = "has more values than there are columns: put quotes around a text with a separator in it"


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


def quiet(_done: int, _total: int | None) -> None:
    """Tell nobody."""


def csv_rows(source: Path, columns: Collection[str]) -> Iterator[tuple[int, dict[str, str] | InvalidInput]]:
    """Rows of a CSV file with their line: UTF-8 with or without a mark, separated by comma, semicolon or tab.

    A row with more values than there are columns is what is wrong with it: a text with a separator in it needs quotes.

    Raises:
        InvalidInput: It is no text, has no heading, or a column that is none of *columns* or there twice.
    """
    if not source.is_file():
        raise InvalidInput(f"there is no file {source}", field="source")
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
    if unknown := sorted({name or "(empty)" for name in names} - set(columns)):
        raise InvalidInput(f"unknown columns: {', '.join(unknown)}; known are {', '.join(columns)}", field="source")
    if len(set(names)) < len(names):
        raise InvalidInput(f"{source.name} has a column twice", field="source")
    reader.fieldnames = names
    try:
        for row in reader:
            extra = row.pop(None, None)  # pyright: ignore[reportArgumentType, reportCallIssue]  # where DictReader keeps what no column is for
            yield reader.line_num, InvalidInput(MORE) if extra else {name: (value or "").strip() for name, value in row.items()}
    except csv.Error as error:
        raise InvalidInput(f"{source.name}, line {reader.line_num}: {error}", field="source") from None


def loaded(
    connection: Connection,
    source: Path,
    rows: Sequence[tuple[int, Any]],
    take: Callable[[Any], bool | None],
    progress: Progress,
    *,
    taken: str = "another one has the same key",
) -> ImportReport:
    """Do *take* with every row by itself: it says whether the row was new (``None``: neither), or raises ``InvalidInput``.

    Args:
        taken: What is wrong with a row whose key another has.
    """
    added, updated, refused = 0, 0, list[RefusedRow]()
    for done, (line, row) in enumerate(rows, start=1):
        try:
            if isinstance(row, InvalidInput):
                raise row
            with connection.begin_nested():  # a row that is refused leaves nothing behind
                new = take(row)
        except InvalidInput as error:
            refused.append(RefusedRow(line, error.field, error.message))
        except IntegrityError:
            refused.append(RefusedRow(line, None, taken))
        else:
            added, updated = added + (new is True), updated + (new is False)
        progress(done, len(rows))
    return ImportReport(source.name, added, updated, tuple(refused))
