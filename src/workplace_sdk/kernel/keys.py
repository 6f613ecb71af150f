"""The key of a write: what makes a repeat recognisable as the same write."""

from __future__ import annotations

import re
import secrets
from typing import NewType

from workplace_sdk.kernel.errors import InvalidInput

Key = NewType("Key", str)
"""1 to 200 printable ASCII characters, no spaces. Who has the key of a write may ask what became of it: do not make one that others guess."""

_FIT = re.compile(r"[!-~]{1,200}").fullmatch


def new_key() -> Key:
    """A key that no one else has: 26 letters and digits, safe in a URL, a header and an LDAP or SOAP value."""
    return Key("wp" + secrets.token_hex(12))


def checked_key(value: object) -> Key:
    """*value*, when it can be a key: it goes into headers, addresses and searches of other systems."""
    if isinstance(value, str) and _FIT(value):
        return Key(value)
    raise InvalidInput("a key is 1 to 200 printable ASCII characters without spaces", field="key")
