"""Searches in RT's own language, and the paths they go to. Pure: nothing is asked here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

TICKET_FIELDS: Final = "Subject,Status,Queue,Requestor,Owner,Creator,Priority,Created,LastUpdated,Resolved,Due,CustomFields"
HISTORY_FIELDS: Final = "Type,Field,NewValue,Created,Creator,ObjectId,CustomFields"
ASSET_FIELDS: Final = "Name,Description,HeldBy,CustomFields"
FILE_FIELDS: Final = "TransactionId,Filename,ContentType,ContentLength"
_PERSON: Final = "Name,RealName,EmailAddress"
EXPANDED: Final = {"fields[Queue]": "Name", **{f"fields[{role}]": _PERSON for role in ("Requestor", "Owner", "Creator")}}
HELD: Final = {"fields[HeldBy]": _PERSON}


def quoted(value: str) -> str:
    """*value* as a string of TicketSQL."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def equals(field: str, value: str) -> str:
    """Holds where *field* is *value*."""
    return f"{field} = {quoted(value)}"


def contains(field: str, value: str) -> str:
    """Holds where *value* is somewhere in *field*, whatever its case."""
    return f"{field} LIKE {quoted(value)}"


def custom(name: str) -> str:
    """The custom field *name*."""
    return f"CF.{{{name}}}"


def any_of(*parts: str) -> str:
    """Holds where one of *parts* does."""
    return f"({' OR '.join(parts)})"


def all_of(*parts: str) -> str:
    """Holds where all of *parts* do. In parentheses: RT reads from left to right, ``a AND b OR c AND d`` as ``((a AND b) OR c) AND d``."""
    return f"({' AND '.join(parts)})"


def one_of(field: str, values: Iterable[str]) -> str:
    """Holds where *field* is one of *values*."""
    return any_of(*(equals(field, value) for value in values))


ACTIVE: Final = equals("Status", "__Active__")
"""Not finished, whatever the lifecycle calls it."""


def parts_of(transactions: Iterable[str], *, files: bool) -> list[dict[str, str]]:
    """The texts of some messages, or their files, for ``/attachments``. (Conditions on one field are alternatives.)"""
    named = {"field": "Filename", "operator": "IS NOT" if files else "IS", "value": "NULL"}
    return [*({"field": "TransactionId", "value": one} for one in transactions), named]


def by_address(email: str) -> str:
    """The user with that address."""
    return json.dumps([{"field": "EmailAddress", "value": email}])


def page(size: int, number: int, fields: str, **others: Any) -> dict[str, str]:
    """What is asked of each page."""
    return {"per_page": str(size), "page": str(number), "fields": fields, **others}
