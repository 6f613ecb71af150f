"""What every value that comes back has to be, whatever service it is of."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from workplace_sdk.kernel.errors import ConfigError, WorkplaceError
from workplace_sdk.kernel.secrets import Secret
from workplace_sdk.services.common import Money, Record, Ref


@contextmanager
def refusing(kind: type[WorkplaceError], what: str) -> Generator[list[Any], None, None]:
    """What is done inside has to end in *kind*; *what* tells the reader of a failing test why. Gives the error, when it is over."""
    told: list[Any] = []
    try:
        yield told
    except kind as error:
        told.append(error)
    except Exception as error:
        raise AssertionError(f"{what}: raise {kind.__name__}; it raised {error!r}") from error
    else:
        raise AssertionError(f"{what}: raise {kind.__name__}; nothing was raised")


def values_in(value: Any) -> Iterator[Any]:
    """A value and everything in it."""
    yield value
    for name in _fields(value):
        yield from values_in(getattr(value, name))
    if isinstance(value, tuple | list | frozenset):
        items: Any = value  # pyright: ignore[reportUnknownVariableType]
        for item in items:
            yield from values_in(item)


def check(value: Any, name: str, connection: str) -> None:
    """Whether one value is well-formed: money is decimal, instants have a zone, names are not garbled, models survive JSON."""
    if isinstance(value, Money):
        assert isinstance(value.amount, Decimal), f"{name}: {value!r} is no decimal amount"
        assert value == value.rounded(), f"{name}: {value!r} has parts of a cent"
    if isinstance(value, datetime):
        assert value.tzinfo is not None, f"{name}: {value!r} has no time zone"
    if isinstance(value, float):
        raise AssertionError(f"{name}: {value!r} is a float: amounts are decimal")  # noqa: TRY004 - a test fails with this
    if isinstance(value, str) and not isinstance(value, Enum):
        assert not garbled(value), (
            f"{name}: {value!r} is garbled: it was decoded with another character set than it was written in"
        )
    if isinstance(value, Record):
        assert value.ref.connection == connection, (
            f"{name}: {value.ref} names another connection than {connection!r}: make references with self.connection_name"
        )
    if isinstance(value, BaseModel):
        again = _read_again(value, name)
        assert again == value, f"{name}: {value!r} does not survive JSON: it comes back as {again!r}"


def _read_again(value: BaseModel, name: str) -> BaseModel:
    try:
        return type(value).model_validate_json(value.model_dump_json())
    except (ValidationError, ValueError) as error:
        raise AssertionError(f"{name}: {value!r} cannot be read again from its own JSON: {error}") from error


def garbled(text: str) -> bool:
    """Whether *text* is UTF-8 that somebody read as Latin-1 or Windows-1252, or has lost letters."""
    if "\ufffd" in text:
        return True
    if text.isascii():
        return False
    for charset in ("latin-1", "cp1252"):
        try:
            other = text.encode(charset).decode("utf-8")
        except UnicodeError:
            continue
        if other != text:
            return True
    return False


def alike(found: BaseModel, made: BaseModel) -> bool:
    """Whether what was *found* is what was *made*; a system that takes a key need not tell it again to who looks."""
    if found == made:
        return True
    return getattr(found, "key", None) is None and found == made.model_copy(update={"key": None})


def shape(value: Any, path: str = "") -> dict[str, set[str]]:
    """What kinds of values are where in an answer, without what differs between two of the same: which fields are known, and which
    words were chosen.
    """
    found: dict[str, set[str]] = {}
    for where, kind in _kinds(value, path):
        found.setdefault(where, set()).add(kind)
    return found


def _kinds(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Enum) or value is None or isinstance(value, bool):
        yield path, str(value)
    elif isinstance(value, Ref):
        yield path, value.kind
    elif isinstance(value, tuple | list | frozenset):
        items: Any = value  # pyright: ignore[reportUnknownVariableType]
        for item in items:
            yield from _kinds(item, f"{path}[]")
    elif fields := _fields(value):
        for name in fields:
            if name != "fetched_at":
                yield from _kinds(getattr(value, name), f"{path}.{name}".lstrip("."))
    else:
        yield path, type(value).__name__


def difference(one: dict[str, set[str]], other: dict[str, set[str]]) -> str:
    """Where two shapes differ, in words."""

    def kinds(shape: dict[str, set[str]], path: str) -> str:
        return " or ".join(sorted(shape.get(path, {"nothing"})))

    paths = sorted(path for path in {*one, *other} if one.get(path) != other.get(path))
    return "; ".join(f"{path or 'the answer'} is {kinds(one, path)}, and {kinds(other, path)}" for path in paths)


def _fields(value: Any) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = getattr(value.__class__, "model_fields", {})
    return fields


def revealed(settings: Any) -> Iterator[str]:
    """The secrets that *settings* lead to, as far as they are there."""
    for value in values_in(settings):
        if isinstance(value, Secret):
            try:
                yield value.reveal()
            except ConfigError:
                continue
        elif isinstance(value, SecretStr):
            yield value.get_secret_value()
