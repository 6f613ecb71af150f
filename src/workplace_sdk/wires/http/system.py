"""One system that is spoken to over HTTP."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias
from urllib.parse import urljoin, urlsplit

from attrs import evolve

from workplace_sdk.kernel.errors import ConfigError, ProtocolError
from workplace_sdk.kernel.threads import after_fork
from workplace_sdk.wires.http.clients import Clients, Reach
from workplace_sdk.wires.http.credentials import Credentials, Finish, Open
from workplace_sdk.wires.http.exchange import HttpExchange
from workplace_sdk.wires.http.slots import slots_for

if TYPE_CHECKING:
    from workplace_sdk.kernel.errors import WorkplaceError
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.wires.http.reply import Reply

LARGEST: Final = Reach().largest
"""Bytes of a reply, at most, unless the connection says otherwise."""

Refusal: TypeAlias = "Callable[[Reply], WorkplaceError | None]"
"""Reads how a system says no, whatever its status; ``None`` leaves it to what HTTP says of the status."""


class Http:
    """One system that is spoken to over HTTP. Safe to use from many threads and after a fork.

    Args:
        base_url: Paths of exchanges are below it.
        headers: Sent with every exchange.
        ca_file: Certificates to trust instead of the system's; verification cannot be turned off.
        connections: Open at a time, at most; shared with others that speak to the same host.
        largest: Bytes of a reply, at most.
        reach: All of that at once, and more: our own certificate, a proxy, the library.
        refusal: How this system says no: asked of every reply before its status is. An ``Unavailable`` from it means that
            nothing was done, an ``OutcomeUnknown`` or a ``ProtocolError`` that it may have been.
    """

    def __init__(
        self,
        base_url: str,
        *,
        credentials: Credentials | None = None,
        headers: Mapping[str, str] | None = None,
        ca_file: str | None = None,
        connections: int = 8,
        largest: int = LARGEST,
        reach: Reach | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        try:
            parts = urlsplit(base_url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ConfigError(f"{base_url!r} is no http or https address", key="url")
        if parts.username or parts.password:
            raise ConfigError("a login is not written in an address: name it as auth", key="url")
        reach = reach or Reach(ca_file=ca_file, connections=connections, largest=largest)
        if getattr(credentials, "one_connection", False):  # a login that holds for a connection
            reach = evolve(reach, connections=1)
        port = port or (443 if parts.scheme == "https" else 80)
        self.base_url = base_url.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.hostname}:{port}"
        self.credentials: Credentials = credentials or Open()
        self.refusal = refusal
        self.subject: Callable[[], str] | None = None
        self.clients = Clients(
            reach, tls=parts.scheme == "https", headers=headers or {}, slots=slots_for(self.origin, reach.connections)
        )
        after_fork(self)

    def forked(self) -> None:
        self.clients.reset()

    def on_behalf_of(self, subject: Callable[[], str] | None) -> Self:
        """The same system, for the person whose token *subject* gives; clients are shared."""
        view = object.__new__(type(self))
        vars(view).update(vars(self), subject=subject)
        return view

    def url(self, path: str) -> str:
        """The address of *path* below ``base_url``; an address of this host is taken as it is.

        Raises:
            ProtocolError: It is an address of another host: our credentials are not for that one.
        """
        if not path.startswith(("http://", "https://")):
            return f"{self.base_url}/{path.lstrip('/')}"
        parts = urlsplit(path)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if f"{parts.scheme}://{parts.hostname}:{port}" != self.origin:
            raise ProtocolError(f"an address leads to another host: {parts.scheme}://{parts.netloc}")
        return path

    def resolve(self, href: str, *, base: str | None = None) -> str:
        """The whole address of a reference in a reply, seen from *base* (``base_url`` when left out); raises as ``url``."""
        return self.url(urljoin(base or f"{self.base_url}/", href))

    def get(self, path: str, query: Mapping[str, str] | None = None, **others: Any) -> HttpExchange:
        """Read *path*."""
        return self.exchange("GET", path, query=query, **others)

    def post(self, path: str, *, json: Any = None, key: Key | None = None, **others: Any) -> HttpExchange:
        """Send *json* to *path*. *key* says that the exchange carries the operation's key to the other side."""
        return self.exchange("POST", path, json=json, key=key, **others)

    def put(self, path: str, *, json: Any = None, key: Key | None = None, **others: Any) -> HttpExchange:
        """Put *json* at *path*; *key* as for ``post``."""
        return self.exchange("PUT", path, json=json, key=key, **others)

    def patch(self, path: str, *, json: Any = None, key: Key | None = None, **others: Any) -> HttpExchange:
        """Change *path* by *json*; *key* as for ``post``."""
        return self.exchange("PATCH", path, json=json, key=key, **others)

    def delete(self, path: str, *, key: Key | None = None, **others: Any) -> HttpExchange:
        """Remove *path*; *key* as for ``post``."""
        return self.exchange("DELETE", path, key=key, **others)

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
        if_match: str | None = None,
        if_none_match: str | None = None,
        key: Key | None = None,
        reads: bool = False,
        finish: Finish | None = None,
    ) -> HttpExchange:
        """Any exchange.

        Args:
            query: By name, or pairs where a name comes more than once; whoever is asked about is not written in logs.
            accept: Statuses beside 2xx that are answers, not errors.
            if_match: Only while the version is this one; else ``Conflict``.
            if_none_match: Only when the version is not this one: a reply may be ``not_modified``. ``*``: only when there is none.
            key: The request carries the operation's key to the other side.
            reads: It changes nothing, whatever its method says.
            finish: Completes the request at each attempt, with what must not be in the exchange.
        """
        sent: dict[str, str] = {}
        if json is not None:
            body, sent = jsonlib.dumps(json, ensure_ascii=False).encode(), {"Content-Type": "application/json"}
        if if_match is not None:
            sent["If-Match"] = if_match
        if if_none_match is not None:
            sent["If-None-Match"] = if_none_match
            accept = (*accept, 304)
        pairs = query.items() if isinstance(query, Mapping) else query or ()
        return HttpExchange(
            self,
            method.upper(),
            path,
            tuple(pairs),
            body,
            tuple({**sent, **(headers or {})}.items()),
            accept,
            key,
            reads,
            finish,
            self.subject,
        )

    def close(self) -> None:
        """Close the blocking client; those of event loops end with ``aclose``."""
        self.clients.close()

    async def aclose(self) -> None:
        """Close the blocking client and that of the running loop."""
        await self.clients.aclose()
