"""What LDAP's result codes mean for the driver and the caller.

Source: RFC 4511 appendix A; Active Directory's own use of them in the comments.
"""

from __future__ import annotations

from typing import Any

import ldap
from workplace_sdk.kernel.errors import (
    ConfigError,
    Conflict,
    InvalidInput,
    NotFound,
    ProtocolError,
    Rejected,
    Unauthorized,
    Unavailable,
)
from workplace_sdk.kernel.failures import Failure, Kind

_NO_ANSWER = (ldap.SERVER_DOWN, ldap.CONNECT_ERROR, ldap.UNAVAILABLE, ldap.TIMEOUT, ldap.TIMELIMIT_EXCEEDED)
_NOT_ALLOWED = (ldap.INSUFFICIENT_ACCESS, ldap.INVALID_CREDENTIALS, ldap.INAPPROPRIATE_AUTH, ldap.AUTH_UNKNOWN)
_NEEDS_TLS = (ldap.CONFIDENTIALITY_REQUIRED, ldap.STRONG_AUTH_REQUIRED)
_BAD_VALUE = (
    ldap.INVALID_DN_SYNTAX,
    ldap.INVALID_SYNTAX,
    ldap.CONSTRAINT_VIOLATION,
    ldap.UNDEFINED_TYPE,
    ldap.OBJECT_CLASS_VIOLATION,
    ldap.TYPE_OR_VALUE_EXISTS,
    ldap.NO_SUCH_ATTRIBUTE,
)


def failure(error: ldap.LDAPError, what: str, *, identity: str | None, sent: bool = True) -> Failure:
    """The failure of one attempt. *sent* is False while connecting and binding: nothing was asked for yet."""
    text = f"{what}: {described(error)}"
    if isinstance(error, _NO_ANSWER):
        return Failure(Kind.LOST if sent else Kind.NOT_SENT, Unavailable(text))
    if isinstance(error, ldap.BUSY):
        return Failure(Kind.BUSY, Unavailable(text))
    if isinstance(error, _NOT_ALLOWED):
        return Failure(Kind.REFUSED, Unauthorized(text, identity=identity))
    if isinstance(error, ldap.LOCAL_ERROR) and not sent:  # SASL: no ticket, or one for someone else
        return Failure(Kind.REFUSED, Unauthorized(text, identity=identity))
    if isinstance(error, _NEEDS_TLS):
        return Failure(Kind.REFUSED, ConfigError(f"{text}: use ldaps:// or start_tls = true", key="uri"))
    if isinstance(error, ldap.OPERATIONS_ERROR) and "without authentication" in described(error):  # Active Directory
        return Failure(Kind.REFUSED, Unauthorized(text, identity=identity))
    if isinstance(error, ldap.NO_SUCH_OBJECT):
        return Failure(Kind.REFUSED, NotFound(text))
    if isinstance(error, ldap.REFERRAL):
        return Failure(Kind.REFUSED, Rejected(f"{what}: it is kept on another server", native_code=code_of(error)))
    if isinstance(error, ldap.ADMINLIMIT_EXCEEDED):  # what this identity may ask for is less
        return Failure(Kind.REFUSED, Unauthorized(text, identity=identity))
    if isinstance(error, ldap.UNWILLING_TO_PERFORM):
        return Failure(Kind.REFUSED, Rejected(text, native_code=code_of(error)))
    if isinstance(error, ldap.ALREADY_EXISTS | ldap.ASSERTION_FAILED):
        return Failure(Kind.REFUSED, Conflict(text, native_code=code_of(error)))
    if isinstance(error, _BAD_VALUE):
        return Failure(Kind.REFUSED, InvalidInput(text, native_code=code_of(error)))
    return Failure(Kind.REFUSED, ProtocolError(text))


def code_of(error: ldap.LDAPError) -> str | None:
    """The result code as a number."""
    return str(_told(error).get("result", "")) or None


def described(error: ldap.LDAPError) -> str:
    """What the library and the server say, in one line; a filter or password is in neither."""
    if isinstance(error, ldap.TIMEOUT):
        return "no answer in time"
    told = _told(error)
    parts = (told.get("desc") or type(error).__name__, told.get("info"))
    return ", ".join(" ".join(str(part).split())[:200] for part in parts if part)


def referred(error: ldap.LDAPError) -> tuple[str, ...]:
    """Where the server says that the whole search has to go. (python-ldap: a line ``Referral:``, then the addresses.)"""
    lines = str(_told(error).get("info", "")).splitlines()
    return tuple(line.strip() for line in lines if "://" in line)


def _told(error: ldap.LDAPError) -> dict[str, Any]:
    told: Any = error.args[0] if error.args else None
    return dict(told) if isinstance(told, dict) else {}  # pyright: ignore[reportUnknownArgumentType]
