"""One request and its reply, as a value that a body yields."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from workplace_sdk.kernel.effects import Action, Effect
from workplace_sdk.kernel.errors import (
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    Unauthorized,
    Unavailable,
    WorkplaceError,
)
from workplace_sdk.kernel.failures import Attempt, Failure, Kind, parse_retry_after
from workplace_sdk.wires.http.clients import SAFE
from workplace_sdk.wires.http.credentials import Finish, Flow, Outgoing
from workplace_sdk.wires.http.reply import Reply

if TYPE_CHECKING:
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.wires.http.system import Http

log = logging.getLogger("workplace_sdk.http")


@frozen
class HttpExchange(Action[Reply]):
    """One request and its reply. Redirects are not followed, cookies are not kept.

    Attributes:
        accept: Statuses beside 2xx that are answers, not errors.
        key_: The operation's key, when the request carries it to the other side.
        reads: It changes nothing, whatever its method says: a search by POST, a read over SOAP.
        finish: Completes the request at each attempt, with what must not be in this value.
        subject: The token of the person on whose behalf it is made, asked for at each attempt.
    """

    native_async = True

    http: Http = field(repr=False, eq=False)
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    sent_headers: tuple[tuple[str, str], ...] = ()
    accept: tuple[int, ...] = ()
    key_: Key | None = None
    reads: bool = False
    finish: Finish | None = field(default=None, repr=False, eq=False)
    subject: Callable[[], str] | None = field(default=None, repr=False, eq=False)

    def __iter__(self) -> Generator[Effect[Any], Any, Reply]:
        reply: Reply = yield self
        return reply

    @property
    def what(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"

    @property
    def harmless(self) -> bool:
        return self.reads or self.method in SAFE

    @property
    def key(self) -> Key | None:
        return self.key_

    def perform(self, attempt: Attempt) -> Reply:
        start = time.monotonic()
        try:
            reply = self.http.clients.answer(self._flow(), attempt, self.what)
        except Failure as failure:
            raise self._named(failure) from failure.__cause__
        return self._judged(reply, attempt, start)

    async def aperform(self, attempt: Attempt) -> Reply:
        start = time.monotonic()
        try:
            reply = await self.http.clients.answer_async(self._flow(), attempt, self.what)
        except Failure as failure:
            raise self._named(failure) from failure.__cause__
        return self._judged(reply, attempt, start)

    def _flow(self) -> Flow:
        outgoing = Outgoing(
            method=self.method,
            url=self.http.url(self.path),
            query=self.query,
            headers=dict(self.sent_headers),
            body=self.body,
            subject=self.subject() if self.subject else None,
        )
        return self.http.credentials.flow(self.finish(outgoing) if self.finish else outgoing)

    def _named(self, failure: Failure) -> Failure:
        """*failure*, saying which exchange it was; of one that changes nothing the outcome does not matter."""
        if self.harmless and isinstance(failure.error, OutcomeUnknown):
            failure.error = Unavailable(failure.error.message)
        if not failure.error.message.startswith(self.what):
            failure.error.message = f"{self.what}: {failure.error.message}"
        return failure

    def _judged(self, reply: Reply, attempt: Attempt, start: float) -> Reply:
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s: %d, %d bytes, %.3f s", self.what, reply.status, len(reply.body), time.monotonic() - start)
        if self.http.refusal is not None and (refusal := self.http.refusal(reply)) is not None:
            raise Failure(_KINDS.get(type(refusal), Kind.REFUSED), refusal)
        if 200 <= reply.status < 300 or reply.status in self.accept:
            return reply
        raise refused(reply, self.what, attempt)


_KINDS: dict[type[WorkplaceError], Kind] = {Unavailable: Kind.BUSY, OutcomeUnknown: Kind.BROKEN, ProtocolError: Kind.BROKEN}
"""How far an exchange got by what the system's own answer means; any other error says that it was not done."""


def refused(reply: Reply, what: str, attempt: Attempt) -> Failure:
    """What a status means that is no answer. Source: RFC 9110 section 15."""
    status, text = reply.status, f"{what}: HTTP {reply.status}"
    wait = parse_retry_after(reply.headers.get("retry-after"), attempt.now())
    if status == 429 or (status == 503 and wait is not None):
        return Failure(Kind.BUSY, Unavailable(text, retry_after=wait), retry_after=wait)
    if status >= 500:
        return Failure(Kind.BROKEN, Unavailable(text), retry_after=wait)
    if status < 400:
        return Failure(Kind.REFUSED, ProtocolError(f"{text}: a redirect", excerpt=reply.excerpt))
    kinds: dict[int, type[WorkplaceError]] = {
        401: Unauthorized, 403: Unauthorized, 404: NotFound, 410: NotFound, 409: Conflict, 412: Conflict
    }  # fmt: skip
    return Failure(Kind.REFUSED, kinds.get(status, Rejected)(text, **({} if status in kinds else {"native_code": str(status)})))
