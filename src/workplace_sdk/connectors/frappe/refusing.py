"""How Frappe says no: most of it with status 417, in JSON that holds a list in JSON whose items are JSON with HTML in them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from workplace_sdk.kernel.errors import (
    ConfigError,
    Conflict,
    InvalidInput,
    NotFound,
    ProtocolError,
    Rejected,
    Unauthorized,
    WorkplaceError,
)
from workplace_sdk.services.leave import CrossesEntitlementPeriod, InsufficientBalance, OverlappingLeave
from workplace_sdk.wires.http import excerpt

if TYPE_CHECKING:
    from workplace_sdk.wires.http import Reply

KINDS: Final[Mapping[str, type[Rejected]]] = {
    "DoesNotExistError": NotFound,
    "DuplicateEntryError": Conflict,
    "InsufficientLeaveBalanceError": InsufficientBalance,
    "LeaveAcrossAllocationsError": CrossesEntitlementPeriod,
    "LinkValidationError": NotFound,
    "MandatoryError": InvalidInput,
    "OverlapError": OverlappingLeave,
    "TimestampMismatchError": Conflict,
}
"""What the names of Frappe's exceptions mean; any other is a plain refusal. Its sentences are in the language of the account."""
DENIED: Final = frozenset({"AuthenticationError", "PermissionError", "SessionExpired", "CSRFTokenError"})
_TAG: Final = re.compile(r"<[^>]*>")
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
_LINKED: Final = re.compile(r"/app/leave-application/([^\"'/?#<>]+)")


class Overlap(OverlappingLeave):
    """There is leave then already: *names* says which applications, as far as Frappe links them."""

    def __init__(self, message: str, names: tuple[str, ...]) -> None:
        super().__init__(message, native_code="OverlapError")
        self._names = names

    @property
    def names(self) -> tuple[str, ...]:
        """Names of applications."""
        return self._names


def refusal(reply: Reply) -> WorkplaceError | None:
    """What is behind a status; ``None`` for what is no refusal, or leaves what HTTP says of the status."""
    if reply.status < 400 or reply.status >= 500:
        return None
    if reply.status == 404 and reply.media_type == "text/html":
        return ConfigError("no Frappe site answers under this host name", key="url")
    told = _object(reply)
    kind = told.get("exc_type")
    kind = kind if isinstance(kind, str) else ""
    raw = said(told)
    text = excerpt(plain(raw), reply.hidden) or f"Frappe refused it ({kind or reply.status})"
    if reply.status in (401, 403) or kind in DENIED:
        return Unauthorized(text)
    if kind == "OverlapError":
        return Overlap(text, tuple(dict.fromkeys(_LINKED.findall(raw))))
    if kind in KINDS:
        return KINDS[kind](text, native_code=kind)
    return Rejected(text, native_code=kind) if kind else None


def _object(reply: Reply) -> Mapping[str, Any]:
    try:
        told: object = reply.json()
    except ProtocolError:
        return {}
    return cast("Mapping[str, Any]", told) if isinstance(told, dict) else {}


def said(told: Mapping[str, Any]) -> str:
    """What Frappe says to people, HTML and all: its messages, else what its exception says. Never the traceback."""
    found = [message for text in _listed(told.get("_server_messages")) if (message := _message(text))]
    if found:
        return " ".join(found)
    if isinstance(error := told.get("_error_message"), str):
        return error
    exception = told.get("exception")
    return exception.partition(": ")[2] if isinstance(exception, str) else ""


def _listed(value: object) -> list[object]:
    """A list that is written as JSON; a piece of one is no list."""
    try:
        found: object = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return []
    return cast("list[object]", found) if isinstance(found, list) else []


def _message(value: object) -> str:
    """The message in an item, which is JSON again."""
    try:
        found: object = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return ""
    text = cast("Mapping[str, object]", found).get("message") if isinstance(found, dict) else None
    return text if isinstance(text, str) else ""


def plain(text: str) -> str:
    """A text without its HTML."""
    return html.unescape(_TAG.sub("", _BREAK.sub(". ", text))).strip()
