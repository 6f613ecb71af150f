"""Search filters as values. Only these functions make one, and every value in them is escaped.

Source: RFC 4515 section 3.
"""

from __future__ import annotations

import re
from typing import Final, NewType

Filter = NewType("Filter", str)
"""A filter in its string form."""

_ATTRIBUTE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)(?:;[A-Za-z0-9-]+)*")
_RULE: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_ESCAPED: Final = {char: f"\\{ord(char):02x}" for char in "\\*()\x00"}


def escaped(value: str | bytes) -> str:
    """*value* as it stands in a filter; bytes are escaped one by one."""
    if isinstance(value, bytes):
        return "".join(f"\\{byte:02x}" for byte in value)
    return "".join(_ESCAPED.get(char, char) for char in value)


def attribute_name(name: str) -> str:
    """*name*, when it is the name of an attribute; ``ValueError`` else. Source: RFC 4512 section 2.5."""
    if not _ATTRIBUTE.fullmatch(name):
        raise ValueError(f"{name!r} is no attribute name")
    return name


def equals(attribute: str, value: str | bytes) -> Filter:
    """Has exactly *value*, by the attribute's own rule."""
    return Filter(f"({attribute_name(attribute)}={escaped(value)})")


def starts_with(attribute: str, value: str) -> Filter:
    """Starts with *value*, which is not empty."""
    return Filter(f"({attribute_name(attribute)}={_some(value)}*)")


def contains(attribute: str, value: str) -> Filter:
    """Has *value*, which is not empty, somewhere in it."""
    return Filter(f"({attribute_name(attribute)}=*{_some(value)}*)")


def present(attribute: str) -> Filter:
    """Has any value."""
    return Filter(f"({attribute_name(attribute)}=*)")


def at_least(attribute: str, value: str) -> Filter:
    """Has a value that is not ordered before *value*."""
    return Filter(f"({attribute_name(attribute)}>={escaped(value)})")


def matches(attribute: str, rule: str, value: str) -> Filter:
    """Matches *value* by the rule with that OID, such as Active Directory's bit tests."""
    if not _RULE.fullmatch(rule):
        raise ValueError(f"{rule!r} is no object identifier")
    return Filter(f"({attribute_name(attribute)}:{rule}:={escaped(value)})")


def all_of(*parts: Filter) -> Filter:
    """Every part holds."""
    return parts[0] if len(parts) == 1 else Filter(f"(&{''.join(parts)})")


def any_of(*parts: Filter) -> Filter:
    """At least one part holds."""
    return parts[0] if len(parts) == 1 else Filter(f"(|{''.join(parts)})")


def not_(part: Filter) -> Filter:
    """The part does not hold. On OpenLDAP an attribute that is not defined makes this match nothing."""
    return Filter(f"(!{part})")


def _some(value: str) -> str:
    if not value:
        raise ValueError("an empty start or part would match everything")
    return escaped(value)
