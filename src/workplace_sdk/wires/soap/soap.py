"""One SOAP service: its operations by name, plain values in, plain values out.

http = Http("https://hr.example.org")
soap = Soap(http, "leave.wsdl", path="/services/leave", security=Security((UsernameToken("svc", secret.reveal),)))
answer = yield from soap.call("SubmitRequest", {"Request": {...}}, key=key)
number = answer["RequestId"]
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import evolve, frozen

from workplace_sdk.kernel.effects import Blocking, Steps
from workplace_sdk.kernel.errors import ConfigError, ProtocolError
from workplace_sdk.kernel.threads import after_fork
from workplace_sdk.wires.soap.answer import Answer
from workplace_sdk.wires.soap.documents import WsdlFiles, load
from workplace_sdk.wires.soap.exchange import ACCEPTED, SoapExchange, SoapReply, Understanding, content_headers
from workplace_sdk.wires.soap.kept import Kept, default_folder, key_of
from workplace_sdk.wires.soap.parts import Packing
from workplace_sdk.wires.soap.plan import Plan
from workplace_sdk.wires.soap.writing import envelope

if TYPE_CHECKING:
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.wires.http import Http, HttpExchange, Outgoing
    from workplace_sdk.wires.soap.compiling import Compiler
    from workplace_sdk.wires.soap.exchange import Refusal
    from workplace_sdk.wires.soap.faults import Meanings
    from workplace_sdk.wires.soap.security import Security

Login = Callable[[], Mapping[str, Any]]
Action = Callable[[str, str], str]
MTOM_FROM: Final = 1024
"""Bytes from which on content travels outside of the envelope, with ``mtom``."""


class Soap:
    """One SOAP service. Safe to use from many threads.

    The WSDL is read from files only, and compiled once per operation; the compiled form is kept on disk.

    Args:
        wsdl: The file; what it imports is beside it, or named in *catalogue*.
        path: The service's address below that of *http*. The address in the WSDL is not used: settings say where to send.
        port: Name of the port in the WSDL, where it has several.
        version: "1.1" or "1.2"; else what the port says.
        action: The SOAPAction, of the operation's name and what the WSDL says; for services that want another one.
        login: Values that prove who we are where the service wants them in the body; merged into the value at each attempt.
        security: The header of WS-Security, made at each attempt.
        meanings: What faults mean, by the qualified name of their detail or code; ``{*}Name`` is that name in any namespace.
        refusal: What answers mean that say no with HTTP 200; ``None`` when they do not.
        mtom: Send large binary content outside of the envelope, and ask for it so.
        strict: Take no answer with something in it that the schema has no place for. For tests.
        folder: Nothing outside of it is read; the folder of *wsdl* unless given.
        catalogue: Files for addresses and namespaces that the WSDL imports from elsewhere.
        keep: The folder of compiled forms; ``None`` to keep none. The user's cache folder unless given.
    """

    def __init__(
        self,
        http: Http,
        wsdl: Path | str,
        *,
        path: str = "",
        port: str | None = None,
        version: str | None = None,
        action: Action | None = None,
        login: Login | None = None,
        security: Security | None = None,
        meanings: Meanings | None = None,
        refusal: Refusal | None = None,
        mtom: bool = False,
        strict: bool = False,
        folder: Path | str | None = None,
        catalogue: Mapping[str, Path | str] | None = None,
        keep: Path | str | None = "",
    ) -> None:
        if version not in (None, "1.1", "1.2"):
            raise ConfigError(f"there is no SOAP {version}: 1.1 or 1.2", key="version")
        if mtom and security is not None and security.signs:
            raise ConfigError("a signed envelope holds its content itself: no mtom with a certificate", key="mtom")
        self.http = http
        self.path = path
        self.files = WsdlFiles.at(wsdl, folder, catalogue)
        self.port = port
        self.version = version
        self.action = action
        self.login = login
        self.security = security
        self.meanings = meanings or {}
        self.refusal = refusal
        self.mtom = mtom
        self.strict = strict
        self._kept = None if keep is None else Kept(Path(keep) if keep else default_folder())
        self._plans: dict[str, Plan] = {}
        self._compiler: tuple[Compiler, Mapping[str, str], bytes] | None = None
        self.forked()
        after_fork(self)

    def forked(self) -> None:
        self._lock = threading.Lock()

    def call(
        self,
        operation: str,
        value: Any = None,
        *,
        key: Key | None = None,
        reads: bool = False,
        headers: Mapping[str, Any] | None = None,
    ) -> Steps[Answer]:
        """Call *operation* with *value*, what is in the element that asks for it: a mapping by local name, or pairs.

        Args:
            key: The value carries the operation's key to the other side.
            reads: The operation changes nothing, so that it may be tried again.
            headers: SOAP headers that the WSDL declares for the operation, by name.

        Raises:
            InvalidInput: The value does not fit the schema; *field* says where, and nothing was sent.
            ConfigError: The WSDL cannot be read, or has no such operation.
        """
        plan = self._plans.get(operation)
        if plan is None:
            reading = Blocking(partial(self.plan, operation), what="reading the WSDL", harmless=True)
            found = cast("object", (yield from reading))
            if not isinstance(found, Plan):
                raise ProtocolError("reading the WSDL gave no plan")
            plan = found
        exchange = self.exchange(plan, value, key=key, reads=reads, headers=headers)
        reply = cast("object", (yield from exchange))
        if not isinstance(reply, SoapReply):
            raise ProtocolError(f"{operation} was answered with something that is no reply")
        return reply.answer()

    def exchange(
        self,
        plan: Plan,
        value: Any,
        *,
        key: Key | None = None,
        reads: bool = False,
        headers: Mapping[str, Any] | None = None,
    ) -> SoapExchange:
        """The call as an effect. What it holds has no secret in it; *login* and *security* are added at each attempt."""
        message = _Message(self, plan, value, headers or {})
        kind, body, _ = message.written(value, partial=self.login is not None)
        sent = {**content_headers(message.version, message.action), **kind}
        made: HttpExchange = self.http.exchange(
            "POST", self.path, body=body, headers=sent, accept=ACCEPTED, key=key, reads=reads,
            finish=message.finished if self.login or self.security else None,
        )  # fmt: skip
        return SoapExchange(made, Understanding(plan, self.meanings, self.refusal, self.strict))

    def plan(self, operation: str) -> Plan:
        """The plan of *operation*: in memory, kept on disk, or compiled now."""
        with self._lock:
            found = self._plans.get(operation)
            if found is None:
                found = self._plans[operation] = self._found(operation)
            return found

    def operations(self) -> tuple[str, ...]:
        """The names of all operations. Reads the whole WSDL: for tools and tests."""
        with self._lock:
            return self._compiled()[0].operations

    def _found(self, operation: str) -> Plan:
        content = self.files.content(self.files.root) if self._compiler is None else self._compiler[2]
        key = key_of(content, operation, self.port, self.version, *map(str, sorted(self.files.catalogue.items())))
        kept = self._kept.get(key) if self._kept is not None else None
        if kept is not None and self.files.unchanged(kept[1], content):
            return kept[0]
        compiler, sources, _ = self._compiled(content)
        form = compiler.form(operation)
        if self._kept is not None:
            self._kept.put(key, form, sources)
        return Plan(form, form["types"])

    def _compiled(self, content: bytes | None = None) -> tuple[Compiler, Mapping[str, str], bytes]:
        if self._compiler is None:
            from workplace_sdk.wires.soap.compiling import Compiler

            documents = load(self.files)
            content = self.files.content(self.files.root) if content is None else content
            self._compiler = Compiler(documents, port=self.port, version=self.version), documents.sources, content
        return self._compiler


@frozen
class _Message:
    """What is to be said, without and with what proves who we are."""

    soap: Soap
    plan: Plan
    value: Any
    headers: Mapping[str, Any]

    @property
    def version(self) -> str:
        return self.soap.version or self.plan.version

    @property
    def action(self) -> str:
        return self.soap.action(self.plan.operation, self.plan.action) if self.soap.action else self.plan.action

    def finished(self, outgoing: Outgoing) -> Outgoing:
        """The same request with the login in it, and the header of WS-Security."""
        login = self.soap.login() if self.soap.login is not None else dict[str, Any]()
        headers, body, hidden = self.written(merged(self.value, login), self.soap.security)
        secrets = (*_texts(login), *hidden)
        return evolve(outgoing.with_body(body, *secrets), headers={**outgoing.headers, **headers})

    def written(
        self, value: Any, security: Security | None = None, *, partial: bool = False
    ) -> tuple[dict[str, str], bytes, tuple[str, ...]]:
        """The headers that HTTP needs for it, the body, and the secrets in that."""
        packing = Packing(MTOM_FROM) if self.soap.mtom else None
        attach = packing.attach if packing is not None else None
        content = envelope(
            self.plan, value, self.headers, version=self.version, attach=attach, attach_from=MTOM_FROM, partial=partial
        )
        body = f'<?xml version="1.0" encoding="utf-8"?>\n{content}'.encode()
        hidden: tuple[str, ...] = ()
        if security is not None:
            body, hidden = security.secured(body)
        if packing is None:
            return {}, body, hidden
        headers = {"Accept": "multipart/related, application/xop+xml, application/soap+xml, text/xml"}
        if packing.contents:
            media = "application/soap+xml" if self.version == "1.2" else "text/xml"
            headers["Content-Type"], body = packing.packed(body, media, self.action if self.version == "1.2" else "")
        return headers, body, hidden


def merged(value: Any, login: Mapping[str, Any]) -> Any:
    """*value* with *login* in it, structure by structure."""
    if not login:
        return value
    if not isinstance(value, Mapping):
        return dict(login) if value is None else [*value, *login.items()]
    out = dict(cast("Mapping[str, Any]", value))
    for name, one in login.items():
        inner = out.get(name)
        out[name] = merged(inner, cast("Mapping[str, Any]", one)) if isinstance(one, Mapping) and inner is not None else one
    return out


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return tuple(text for one in cast("Mapping[str, Any]", value).values() for text in _texts(one))
    return (value,) if isinstance(value, str) else ()
