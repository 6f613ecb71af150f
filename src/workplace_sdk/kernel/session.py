"""What a call runs in: who calls, how long it may take, what is written down about it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, evolve, field, frozen

from workplace_sdk.kernel.access import Access, Gate, OpenGate
from workplace_sdk.kernel.errors import (
    InvalidInput,
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    Unauthorized,
    UsageError,
    WorkplaceError,
)
from workplace_sdk.kernel.failures import Retrying, Safety
from workplace_sdk.kernel.threads import Threads

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.kernel.operation import Operation, Service

log = logging.getLogger("workplace_sdk")


def utc_now() -> datetime:
    """The clock that is used unless another is given."""
    return datetime.now(UTC)


class Outcome(StrEnum):
    """What became of a call, as the audit log writes it."""

    INTENDED = "intended"
    DONE = "done"
    REFUSED = "refused"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"


class AuditLog(Protocol):
    """Where calls are written down: every write before and after it, and every refusal."""

    def record(self, call: Call, outcome: Outcome, error: WorkplaceError | None = None) -> Steps[None]:
        """Write down what became of *call*; never its reasons or contents."""
        ...


class LoggedAudit:
    """Writes to the ``workplace_sdk.audit`` logger: the default when no store is configured."""

    def record(self, call: Call, outcome: Outcome, error: WorkplaceError | None = None) -> Steps[None]:
        logging.getLogger("workplace_sdk.audit").info(
            "%s %s by=%s for=%s key=%s on=%s%s",
            outcome,
            call.name,
            call.session.caller,
            call.subject,
            call.key,
            call.connection,
            f" error={error.code}" if error else "",
        )
        return
        yield


@frozen
class Session:
    """The circumstances of every call made through one view of a workplace.

    Attributes:
        caller: The ``PersonRef`` on whose behalf calls are made; ``None`` where nobody is known to call.
        time_limit: Seconds a call may take, waiting and retries included; for pages, per page.
        now: The clock, giving aware instants.
        zone: IANA name of the organisation's time zone.
        token: The caller's own token, for systems that are called on the caller's behalf.
        identify: Steps to one more key of a person (``employee_number``, ``login``, ``email``, ``dn``) from the identity map.
    """

    caller: Any = None
    time_limit: float = 30.0
    now: Callable[[], datetime] = utc_now
    zone: str = "UTC"
    retrying: Retrying = field(factory=Retrying)
    threads: Threads = field(factory=Threads, repr=False)
    gate: Gate = field(factory=OpenGate, repr=False)
    audit: AuditLog = field(factory=LoggedAudit, repr=False)
    token: Callable[[], str] | None = field(default=None, repr=False)
    identify: Callable[[Any, str], Steps[str | None]] | None = field(default=None, repr=False)

    def within(self, seconds: float) -> Session:
        """The same, with *seconds* for each call."""
        return evolve(self, time_limit=seconds)

    def today(self) -> Any:
        """Today's ``date`` in the organisation's time zone."""
        from zoneinfo import ZoneInfo

        return self.now().astimezone(ZoneInfo(self.zone)).date()


@define(eq=False)
class Call:
    """One call under way: what was called with what, and what is known of its effects so far."""

    session: Session
    name: str
    safety: Safety = Safety.READ
    connection: str | None = None
    operation: Operation[..., Any] | None = None
    service: Service | None = None
    access: Access | None = None
    arguments: Mapping[str, Any] = field(factory=dict[str, Any])
    key: Key | None = None
    subject: Any = None
    landed: bool = False
    """A write of this call was answered as done."""
    in_doubt: bool = False
    """A write of this call may have been done."""
    deadline: float = field(default=0.0)

    def __attrs_post_init__(self) -> None:
        self.restart_clock()

    def restart_clock(self) -> None:
        """Give the call its whole time limit again: at its start, and for each page."""
        self.deadline = time.monotonic() + self.session.time_limit

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.deadline - time.monotonic())

    @contextmanager
    def around(self, inner: Call) -> Generator[None, None, None]:
        """*inner* is made as a part of this call: it ends at the same time at the latest, and what it did, this did."""
        inner.deadline = min(inner.deadline, self.deadline)
        try:
            yield
        finally:
            self.landed |= inner.landed
            self.in_doubt |= inner.in_doubt

    @property
    def awaited(self) -> str:
        """What to write instead of a blocking call, in an event loop."""
        if self.service is None:
            return "await the async form"
        paged = self.operation is not None and self.operation.paged
        return f"{'async for ... in' if paged else 'await'} {self.name}.aio(...)"

    def foreign(self, error: Exception, doing: str = "") -> ProtocolError:
        """An error that is not ours, as one of ours: its kind and its place, not its text, which may quote what is nobody's business."""
        kind = f"{doing + ': ' if doing else 'unexpected '}{type(error).__name__}"
        return ProtocolError(f"{kind} in {_place(error, type(self.service).__module__.partition('.')[0])}")

    def translated(self, error: Exception) -> WorkplaceError:
        """What the caller is told about *error*: only our own errors, and never that nothing happened when something may have.

        That a part was done does not change a refusal: what a body refuses, it has undone.
        """
        if isinstance(error, UsageError):
            raise error
        told = error if isinstance(error, WorkplaceError) else self.foreign(error)
        if not isinstance(told, OutcomeUnknown) and (self.in_doubt or (self.landed and not isinstance(told, Rejected))):
            done = "may have been" if self.in_doubt else "was"
            told = OutcomeUnknown(f"a part of it {done} done, then: {told.message}", key=self.key)
        if isinstance(told, OutcomeUnknown) and told.key is None:
            told.key = self.key
        told.connection = told.connection or self.connection
        told.operation = told.operation or self.name
        if told is not error:
            told.__cause__ = error
        return told

    @staticmethod
    def outcome_of(error: WorkplaceError) -> Outcome:
        """How the audit log names the end of a call that raised *error*."""
        if isinstance(error, OutcomeUnknown):
            return Outcome.UNKNOWN
        if isinstance(error, Unauthorized):
            return Outcome.REFUSED
        return Outcome.REJECTED if isinstance(error, InvalidInput) or error.acts == "person" else Outcome.FAILED


def _place(error: Exception, house: str) -> str:
    """``file.py:LINE``, the innermost in the package *house*, else the innermost of all."""
    places = list(walk_tb(error.__traceback__))
    ours = [place for place in places if str(place[0].f_globals.get("__name__")).partition(".")[0] == house]
    frame, line = (ours or places)[-1]
    return f"{Path(frame.f_code.co_filename).name}:{line} ({frame.f_code.co_name})"
