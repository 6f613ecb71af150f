"""Entries as they came, decoded when they are looked at, and distinguished names compared as names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, overload

import ldap.dn

from ldap import DECODING_ERROR

RANGE: Final = ";range="


class Entry:
    """One entry: its DN as the server wrote it, and raw values by attribute name."""

    __slots__ = ("dn", "values")

    def __init__(self, dn: str, values: Mapping[str, Sequence[bytes]]) -> None:
        self.dn = dn
        self.values = values

    def raw(self, attribute: str) -> Sequence[bytes]:
        """Values of *attribute* as bytes, whatever the case of its name; empty when it has none."""
        found = self.values.get(attribute)
        if found is not None:
            return found
        wanted = attribute.casefold()
        return next((values for name, values in self.values.items() if name.casefold() == wanted), ())

    def all(self, attribute: str) -> tuple[str, ...]:
        """Values of *attribute* as text; what is no UTF-8 is shown with replacement characters."""
        return tuple(value.decode("utf-8", "replace") for value in self.raw(attribute))

    def first(self, attribute: str) -> str | None:
        """The first value as text; ``None`` when there is none or it is empty."""
        values = self.raw(attribute)
        return (values[0].decode("utf-8", "replace").strip() or None) if values else None

    def ranged(self) -> dict[str, tuple[Sequence[bytes], int | None]]:
        """Attributes of which only a part came: values, and the index of the next; ``None`` when these are the last.

        Source: MS-ADTS 3.1.1.3.1.3.3, range retrieval of attribute values.
        """
        found: dict[str, tuple[Sequence[bytes], int | None]] = {}
        for name, values in self.values.items():
            attribute, mark, part = name.partition(RANGE)
            if mark:
                end = part.partition("-")[2]
                found[attribute] = (values, None if end in ("*", "") else int(end) + 1)
        return found


class Entries(Sequence[Entry]):
    """Rows as the library gave them, each made an entry when it is looked at: thousands at once would be work for the collector."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Entry]:
        for dn, values in self._rows:
            yield Entry(dn, values)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(index, slice):
            return Entries(self._rows[index])
        dn, values = self._rows[index]
        return Entry(dn, values)


DnKey = tuple[tuple[tuple[str, str], ...], ...]


@lru_cache(maxsize=65_536)
def dn_key(dn: str) -> DnKey | None:
    """What all spellings of one DN have in common; ``None`` for what is no DN.

    Case, composition of letters, spaces, escapes and the order within an RDN do not matter. Source: RFC 4514, RFC 4518.
    """
    try:
        parsed = ldap.dn.str2dn(dn)
    except (DECODING_ERROR, UnicodeEncodeError):
        return None
    return tuple(tuple(sorted((name.casefold(), _prepared(value)) for name, value, _ in rdn)) for rdn in parsed)


def _prepared(value: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
    return " ".join(folded.split())


def below(dn: str, base: str) -> bool:
    """Whether the entry *dn* is *base* or below it."""
    key, above = dn_key(dn), dn_key(base)
    if key is None or above is None or len(key) < len(above):
        return False
    return key[len(key) - len(above) :] == above


def is_dn(text: str) -> bool:
    """Whether *text* is a distinguished name."""
    return bool(text) and dn_key(text) is not None
