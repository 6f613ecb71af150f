"""The key of a write: what makes a repeat recognisable as the same write."""

from __future__ import annotations

import secrets
from typing import NewType

Key = NewType("Key", str)


def new_key() -> Key:
    """A key that no one else has: 26 letters and digits, safe in a URL, a header and an LDAP or SOAP value."""
    return Key("wp" + secrets.token_hex(12))
