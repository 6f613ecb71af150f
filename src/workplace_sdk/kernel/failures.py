"""What to do about a failed attempt: one pure table, used by both drivers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING

from attrs import define, field, frozen, validators

if TYPE_CHECKING:
    from workplace_sdk.kernel.errors import WorkplaceError


class Safety(StrEnum):
    """What a repeat of a call does to the system behind it."""

    READ = "read"
    """Nothing: it may be retried."""
    KEYED = "keyed"
    """The system itself refuses or merges a repeat of the key: it may be retried with that key."""
    FINDABLE = "findable"
    """The key is stored where it can be searched: ``reconcile`` answers, nothing is resent by itself."""
    ONCE = "once"
    """Neither: a repeat may do it twice."""


class Kind(Enum):
    """How far a failed attempt got."""

    NOT_SENT = auto()
    """Nothing reached the other side: no connection, no name, no certificate."""
    LOST = auto()
    """It was sent, and no answer came: it may have been done."""
    BUSY = auto()
    """The other side answered that it did not do it now (HTTP 429, LDAP busy, a rolled-back transaction)."""
    BROKEN = auto()
    """The other side answered with a failure of its own: it may have been done (HTTP 500, 502)."""
    REFUSED = auto()
    """The other side answered that it will not do it: trying again changes nothing."""


class Failure(Exception):
    """One attempt failed; wires raise it, the driver decides. It never reaches the caller."""

    def __init__(self, kind: Kind, error: WorkplaceError, *, retry_after: float | None = None) -> None:
        super().__init__(str(error))
        self.kind = kind
        self.error = error
        self.retry_after = retry_after


class Verdict(Enum):
    """What to do about a failed attempt."""

    RETRY = auto()
    GIVE_UP = auto()
    UNKNOWN = auto()


@frozen
class Decision:
    """*verdict*, and how many seconds to wait before the retry."""

    verdict: Verdict
    wait: float = 0.0


@frozen
class Retrying:
    """How patient a driver is.

    Attributes:
        attempts: How often one action is tried at most, the first time included; at least 1.
        base: Seconds before the first retry when the other side names no time; doubled each time.
        longest: Seconds waited at most before a retry; a longer ``Retry-After`` is given to the caller instead.
    """

    attempts: int = field(default=4, validator=validators.ge(1))
    base: float = 0.2
    longest: float = 30.0


def decide(
    *,
    safety: Safety,
    kind: Kind,
    attempt: int,
    in_doubt: bool,
    keyed: bool,
    retry_after: float | None,
    remaining: float,
    retrying: Retrying,
    jitter: float = 1.0,
) -> Decision:
    """What to do after attempt number *attempt* (1 is the first) failed as *kind*.

    Args:
        safety: Of the action: ``READ`` for one that changes nothing.
        in_doubt: An earlier attempt of the same action may have been done.
        keyed: The attempt carried the operation's key to the other side.
        retry_after: Seconds the other side asks us to wait.
        remaining: Seconds until the deadline.
        jitter: 0.5 to 1.0, multiplies the waiting time we choose ourselves.

    A ``FINDABLE`` or ``ONCE`` write is retried only when nothing was sent, a ``KEYED`` one only with its key.
    """
    maybe_done = in_doubt or kind in (Kind.LOST, Kind.BROKEN)
    stop = Decision(Verdict.UNKNOWN if maybe_done and safety is not Safety.READ else Verdict.GIVE_UP)
    if kind is Kind.REFUSED or attempt >= retrying.attempts:
        return stop
    repeatable = safety is Safety.READ or (safety is Safety.KEYED and keyed)
    if not repeatable and (kind is not Kind.NOT_SENT or in_doubt):
        return stop
    ours = min(retrying.base * 2 ** (attempt - 1) * jitter, retrying.longest)
    wait = ours if retry_after is None else max(0.0, retry_after)
    return stop if wait > retrying.longest or wait >= remaining else Decision(Verdict.RETRY, wait)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, from a ``Retry-After`` header: a number of seconds or an HTTP date. ``None`` if it is neither.

    Source: RFC 9110 10.2.3.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    from email.utils import parsedate_to_datetime

    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


@define
class Attempt:
    """One attempt of an action: when it must be over, and whether anyone still waits for it.

    Attributes:
        deadline: On the monotonic clock, in seconds.
        number: 1 for the first attempt.
        now: The injected clock, for dates in answers.
        begun: Whether it has got a thread, or its turn; before that nothing can have been sent.
    """

    deadline: float
    number: int = 1
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    begun: bool = False
    abandoned: bool = False
    """Set when nobody waits any more, cancelled or too late: stop soon, and drop the connection."""

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.deadline - time.monotonic())
