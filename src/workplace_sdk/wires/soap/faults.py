"""How a SOAP service says no, in all the shapes that services have for it.

What a fault means is decided by qualified names: of its detail, of its code. Its text is for people and changes; stack traces
in it are cut off before anyone sees them. Source: SOAP 1.1 section 4.4, SOAP 1.2 section 5.4, WS-Security 1.0 section 12.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import field, frozen

from workplace_sdk.kernel.errors import ProtocolError, Rejected, Unauthorized, Unavailable, WorkplaceError
from workplace_sdk.kernel.failures import Failure, Kind
from workplace_sdk.wires.http import excerpt
from workplace_sdk.wires.soap.names import SOAP11, SOAP12, local
from workplace_sdk.wires.soap.reading import generic, read

if TYPE_CHECKING:
    from workplace_sdk.wires.soap.plan import Plan

_CREDENTIALS: Final = frozenset(
    {"FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken", "UnsupportedSecurityToken", "SecurityTokenUnavailable",
     "FailedCheck", "MessageExpired", "UnsupportedAlgorithm", "AuthenticationFailure"}
)  # fmt: skip
"""Codes that are about who we are."""
_OURS: Final = frozenset({"Client", "Sender", "MustUnderstand", "VersionMismatch", "DataEncodingUnknown"})
"""Codes of a request that is not as it should be: the same again is refused again."""
_INSIDES: Final = frozenset(
    {
        "{http://jax-ws.dev.java.net/}exception",
        "{http://schemas.datacontract.org/2004/07/System.ServiceModel}ExceptionDetail",
        "{http://xml.apache.org/axis/}stackTrace",
        "{http://xml.apache.org/axis/}hostname",
        "{http://xml.apache.org/axis/}exceptionName",
        "{http://cxf.apache.org/fault}stackTrace",
    }
)
"""Details that tell of the server's insides, and of nothing else."""
_TRACE: Final = re.compile(
    r"\s+at\s+[\w.$<>`\[\]]+\(|--->|\bat line \d+|\n|\r|Traceback \(most recent|\bin /[\w./-]+:\d+|Stack trace:", re.IGNORECASE
)
_THROWN: Final = re.compile(r"^(?:[A-Za-z_$][\w$]*\.)+[A-Za-z_$][\w$]*(?:Exception|Error|Fault)\s*:\s*")


@frozen
class Fault:
    """A service said no.

    Attributes:
        code: Qualified name of the code; a name without a namespace when the service gave none.
        subcodes: The more exact codes of SOAP 1.2, the first one first.
        text: What it says to people, its first line, without a stack trace.
        detail: Qualified name of what the detail holds; ``None`` when there is none, or only the server's insides.
        value: What the detail holds, by the WSDL when it declares this fault.
        declared: Whether the WSDL declares this detail for the operation.
        status: HTTP status that it came with.
    """

    code: str
    subcodes: tuple[str, ...]
    text: str
    detail: str | None
    value: Any = field(repr=False)
    declared: bool
    status: int

    @property
    def kind(self) -> str:
        """The local name of the code up to the first dot: ``Client``, ``Server``, ``Sender``, ``Receiver`` ..."""
        return local(self.code).partition(".")[0]


Meaning: TypeAlias = Callable[[Fault], WorkplaceError | Failure]
Meanings: TypeAlias = Mapping[str, Meaning]
"""What faults mean, by the qualified name of their detail, or of their code; ``{*}Server`` is that name in any namespace or none."""


def fault_of(body: Any, plan: Plan, status: int) -> Fault | None:
    """The fault in a ``Body``; ``None`` when there is none."""
    for node in body:
        if local(node.tag) != "Fault":
            continue
        if node.tag == (plan.output.root.name if plan.output.root else None):
            return None
        parts = {local(child.tag).lower(): child for child in node}
        return _fault(parts, plan, status)
    return None


def _fault(parts: dict[str, Any], plan: Plan, status: int) -> Fault:
    codes = _codes(parts.get("code"))
    old = parts.get("faultcode")
    if not codes and old is not None:
        codes = [_name(old, old.text)]
    reason, string = parts.get("reason"), parts.get("faultstring")
    text = string.text if string is not None else reason[0].text if reason is not None and len(reason) else ""
    detail, value, declared = _detail(parts.get("detail"), plan)
    return Fault(codes[0] if codes else "", tuple(codes[1:]), told(text or ""), detail, value, declared, status)


def _codes(code: Any) -> list[str]:
    """The code and its subcodes, as SOAP 1.2 nests them."""
    found: list[str] = []
    while code is not None and len(found) < 10:
        inner = None
        for child in code:
            if local(child.tag) == "Value":
                found.append(_name(child, child.text))
            elif local(child.tag) == "Subcode":
                inner = child
        code = inner
    return found


def _name(node: Any, text: str | None) -> str:
    prefix, _, name = (text or "").strip().rpartition(":")
    namespace = node.nsmap.get(prefix or None)
    return f"{{{namespace}}}{name}" if namespace and (prefix or namespace not in (SOAP11, SOAP12)) else name


def _detail(node: Any, plan: Plan) -> tuple[str | None, Any, bool]:
    for child in node if node is not None else ():
        if child.tag in _INSIDES:
            continue
        number = plan.faults.get(child.tag)
        if number is None:
            return child.tag, generic(child), False
        try:
            return child.tag, read(child, plan.type(number), plan, {})[0], True
        except ProtocolError:
            return child.tag, generic(child), True
    return None, None, False


def told(text: str) -> str:
    """The first line of what a service says, without the name of an exception and without a stack trace."""
    first = text.strip()
    while (thrown := _THROWN.match(first)) is not None:
        first = first[thrown.end() :]
    trace = _TRACE.search(first)
    if trace is not None:
        first = first[: trace.start()]
    return excerpt(first)[:200]


def failure(fault: Fault, what: str, meanings: Meanings, hidden: tuple[str, ...] = ()) -> Failure:
    """What became of the request, and what the caller is told.

    A fault of the author's *meanings* was refused, unless the meaning is a ``Failure`` that says otherwise. Else: one about
    credentials is ``Unauthorized``, one that the WSDL declares is ``Rejected`` under its own name, one that blames the
    request is a ``ProtocolError``, and any other may have been done.
    """
    for name in (fault.detail, *fault.subcodes, fault.code):
        meaning = None if name is None else meanings.get(name) or meanings.get(f"{{*}}{local(name)}")
        if meaning is not None:
            meant = meaning(fault)
            return meant if isinstance(meant, Failure) else Failure(Kind.REFUSED, meant)
    text = fault.text
    for secret in hidden:
        text = text.replace(secret, "...") if secret else text
    names = {local(name) for name in (fault.code, *fault.subcodes)}
    code = local(fault.subcodes[0] if fault.subcodes else fault.code)
    if names & _CREDENTIALS or fault.status in (401, 403):
        return Failure(Kind.REFUSED, Unauthorized(f"{what}: our credentials were refused ({code})"))
    if fault.declared and fault.detail is not None:
        return Failure(Kind.REFUSED, Rejected(text or local(fault.detail), native_code=local(fault.detail)))
    if fault.kind in _OURS:
        return Failure(Kind.REFUSED, ProtocolError(f"{what}: the request was refused as {code}: {text}"))
    return Failure(Kind.BROKEN, Unavailable(f"the service failed ({code or 'no code'}): {text}"))
