"""Whether two calls asked for the same: what is kept with a key, so that another draft under it is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from workplace_sdk.services.common import Ref

if TYPE_CHECKING:
    from pydantic import JsonValue


def fingerprint(*asked: object) -> str:
    """A digest of *asked*: the same for equal values, however their sets are ordered and their instants and numbers written."""
    text = json.dumps([_plain(one) for one in asked], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> JsonValue:
    """As JSON has it, one way for each value."""
    if isinstance(value, Ref):
        return str(value)
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Mapping):
        return {str(_plain(name)): _plain(one) for name, one in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, set | frozenset):
        return sorted((_plain(one) for one in cast("frozenset[Any]", value)), key=json.dumps)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in cast("Sequence[Any]", value)]
    return str(value)
