"""One call of an operation: a request over the http wire, and a reply of which it is known what it means."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from workplace_sdk.kernel.effects import Action, Effect
from workplace_sdk.kernel.errors import ConfigError, NotFound, ProtocolError, Rejected, WorkplaceError
from workplace_sdk.kernel.failures import Failure, Kind
from workplace_sdk.wires.http.exchange import refused
from workplace_sdk.wires.http.reply import Reply
from workplace_sdk.wires.soap.answer import Answer
from workplace_sdk.wires.soap.faults import Fault, Meanings, failure, fault_of
from workplace_sdk.wires.soap.names import ENVELOPES, local
from workplace_sdk.wires.soap.parts import MULTIPART, unpacked
from workplace_sdk.wires.soap.reading import Tally, generic, read
from workplace_sdk.wires.soap.xml import BadXml, parsed

if TYPE_CHECKING:
    from workplace_sdk.kernel.failures import Attempt
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.wires.http import HttpExchange
    from workplace_sdk.wires.soap.plan import Plan

ACCEPTED: Final = tuple(range(400, 600))
"""Statuses with which a fault may come."""
Refusal = Callable[[Answer], "WorkplaceError | Failure | None"]


@frozen
class Understanding:
    """How the replies of one operation are read.

    Attributes:
        meanings: Of faults.
        refusal: Of answers that say no with HTTP 200.
        strict: Whether an answer with something that the schema has no place for is none.
    """

    plan: Plan = field(repr=False)
    meanings: Meanings = field(factory=dict[str, Any], repr=False)
    refusal: Refusal | None = field(default=None, repr=False)
    strict: bool = False


@frozen
class SoapReply:
    """What came back; read when it is looked at."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    understanding: Understanding = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False, eq=False)
    _answer: Answer | None = field(default=None, init=False, repr=False, eq=False)

    def answer(self) -> Answer:
        """The answer that it holds; ``ProtocolError`` when that makes no sense."""
        if self._answer is None:
            found = _Envelope(self).answer()
            object.__setattr__(self, "_answer", found)
            return found
        return self._answer

    def fault(self) -> Fault | None:
        """The fault that it holds, if it is one."""
        return _Envelope(self).fault()


class _Envelope:
    """A reply, taken apart."""

    def __init__(self, reply: SoapReply) -> None:
        self.reply = reply
        self.understanding = reply.understanding
        self.plan = reply.understanding.plan
        content, self.attachments = reply.body, dict[str, bytes]()
        try:
            kind = reply.headers.get("content-type", "")
            if kind[: len(MULTIPART)].lower() == MULTIPART:
                content, self.attachments = unpacked(kind, content)
            root = parsed(content)
        except BadXml as error:
            raise self._strange(f"the reply is no XML: {error}") from None
        if root.tag[1:].partition("}")[0] not in ENVELOPES or local(root.tag) != "Envelope":
            raise self._strange("the reply is no SOAP envelope")
        self.content, self.root = content, root
        parts = {local(child.tag): child for child in root}
        if "Body" not in parts:
            raise self._strange("the envelope has no body")
        self.body, self.header = parts["Body"], parts.get("Header")

    def fault(self) -> Fault | None:
        return fault_of(self.body, self.plan, self.reply.status)

    def answer(self) -> Answer:
        plan, root = self.plan, self.plan.output.root
        if root is None:
            return Answer(plan.operation, None, (), self.headers)
        if self.fault() is not None:
            raise self._strange("the reply is a fault")
        if plan.encoded and any(child.get("id") is not None for child in self.body):
            raise self._strange("the answer refers from element to element (href), which is not read")
        node = self.body if plan.output.parts else self.body[0] if len(self.body) else None
        if node is None:
            raise self._strange("the body is empty")
        if not plan.output.parts and not plan.rpc and local(node.tag) != local(root.name):
            raise self._strange(f"the body has a {local(node.tag)} instead of a {local(root.name)}")
        tally = None if plan.output.parts else Tally.of(self.content, self.body, self.root)
        value, odd = read(node, plan.type(root.number), plan, self.attachments, tally)
        found = Answer(plan.operation, value, odd, self.headers)
        if self.understanding.strict and found.unplaced:
            raise ProtocolError(f"the answer to {plan.operation} has no place for {', '.join(found.unplaced[:5])}")
        return found

    def headers(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for node in self.header if self.header is not None else ():
            element = next((one for one in self.plan.output.headers if one.name == node.tag), None)
            kind = None if element is None else self.plan.type(element.number)
            found[local(node.tag)] = generic(node) if kind is None else read(node, kind, self.plan, {})[0]
        return found

    def _strange(self, message: str) -> ProtocolError:
        told = Reply(self.reply.status, self.reply.headers, self.reply.body, self.reply.hidden).excerpt
        return ProtocolError(message, excerpt=told)


@frozen
class SoapExchange(Action[SoapReply]):
    """One call of an operation. What it means is known before the driver decides whether to try again."""

    native_async = True

    exchange: HttpExchange
    understanding: Understanding = field(eq=False)

    def __iter__(self) -> Generator[Effect[Any], Any, SoapReply]:
        reply: SoapReply = yield self
        return reply

    @property
    def what(self) -> str:
        return self.understanding.plan.operation

    @property
    def harmless(self) -> bool:
        return self.exchange.harmless

    @property
    def key(self) -> Key | None:
        return self.exchange.key

    def perform(self, attempt: Attempt) -> SoapReply:
        return self._judged(self.exchange.perform(attempt), attempt)

    async def aperform(self, attempt: Attempt) -> SoapReply:
        return self._judged(await self.exchange.aperform(attempt), attempt)

    def _judged(self, http: Reply, attempt: Attempt) -> SoapReply:
        """The reply when it is an answer; a ``Failure`` when it is a fault or a refusal."""
        reply = SoapReply(http.status, http.headers, http.body, self.understanding, http.hidden)
        good = 200 <= http.status < 300
        if not good and http.status in (429, 503):
            raise refused(http, self.what, attempt)
        if not good or _may_be_fault(http.body):
            fault = self._fault(reply)
            if fault is not None:
                raise failure(fault, self.what, self.understanding.meanings, reply.hidden)
        if not good:
            raise self._without_fault(http, attempt)
        if self.understanding.refusal is not None:
            self._refuse(reply, self.understanding.refusal)
        return reply

    @staticmethod
    def _fault(reply: SoapReply) -> Fault | None:
        try:
            return reply.fault()
        except ProtocolError:
            return None  # no envelope: what HTTP says counts, and reading says what it is

    @staticmethod
    def _refuse(reply: SoapReply, refusal: Refusal) -> None:
        try:
            answer = reply.answer()
        except ProtocolError:
            return  # said when it is read: it may have been done
        meant = refusal(answer)
        if isinstance(meant, Failure):
            raise meant
        if meant is not None:
            raise Failure(Kind.REFUSED, meant)

    def _without_fault(self, http: Reply, attempt: Attempt) -> Failure:
        found = refused(http, self.what, attempt)
        if isinstance(found.error, NotFound):
            return Failure(Kind.REFUSED, ConfigError(f"{self.what}: there is no service at this address", key="url"))
        if type(found.error) is Rejected:
            told = f"{self.what}: HTTP {http.status}, and no fault that says why"
            return Failure(Kind.REFUSED, ProtocolError(told, excerpt=http.excerpt))
        return found


def _may_be_fault(body: bytes) -> bool:
    """Whether it is worth looking: the word is in it, or it is in an encoding that hides the word."""
    return b"Fault" in body or b"\0" in body[:4]


def content_headers(version: str, action: str) -> dict[str, str]:
    """What HTTP has to say about an envelope. Source: SOAP 1.1 section 6.1, RFC 3902."""
    if version == "1.2":
        said = f'; action="{action}"' if action else ""
        return {"Content-Type": f"application/soap+xml; charset=utf-8{said}", "Accept": "application/soap+xml, text/xml"}
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"', "Accept": "text/xml"}
