"""HTTP through httpx: one client per connection and colour, one TLS context, answers as values of our own.

Credentials are no part of an exchange: they are added to each attempt at the last moment, so that no log, error or
recording of ours has them.
"""

from __future__ import annotations

import json as jsonlib
import ssl
import threading
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import httpx
from attrs import field, frozen

from workplace_sdk.kernel.effects import Action, Effect
from workplace_sdk.kernel.errors import (
    ConfigError,
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
from workplace_sdk.kernel.threads import after_fork

if TYPE_CHECKING:
    from pydantic import BaseModel

    from workplace_sdk.kernel.keys import Key

M = TypeVar("M", bound="BaseModel")

LARGEST: Final = 50_000_000
"""Bytes of a reply, at most, unless the connection says otherwise."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Credentials(Protocol):
    """Puts what proves who we are on an attempt, at the last moment."""

    def headers(self) -> Mapping[str, str]:
        """Headers to add."""
        ...


@frozen
class Bearer:
    """A token, asked for at each attempt."""

    token: Callable[[], str] = field(repr=False)
    scheme: str = "Bearer"

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"{self.scheme} {self.token()}"}


@frozen
class Basic:
    """User name and password. Source: RFC 7617."""

    user: str
    password: Callable[[], str] = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        from base64 import b64encode

        return {"Authorization": f"Basic {b64encode(f'{self.user}:{self.password()}'.encode()).decode()}"}


@frozen
class Reply:
    """What the other side answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body as text, by its charset, else UTF-8; what does not fit is shown with replacement characters."""
        charset = "utf-8"
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.strip().partition("=")
            charset = value.strip('"') if name.lower() == "charset" and value else charset
        try:
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON, numbers as decimals; ``ProtocolError`` when it is none."""
        from decimal import Decimal

        try:
            return jsonlib.loads(self.body, parse_float=Decimal)
        except (ValueError, UnicodeDecodeError):
            raise ProtocolError("the reply is no JSON", excerpt=excerpt(self.text)) from None

    def model(self, kind: type[M]) -> M:
        """The body as a model; ``ProtocolError`` when it does not fit."""
        from pydantic import ValidationError

        try:
            return kind.model_validate_json(self.body)
        except ValidationError as error:
            places = ", ".join(
                ".".join(map(str, one["loc"])) for one in error.errors(include_input=False, include_url=False)[:5]
            )
            raise ProtocolError(f"the reply does not fit {kind.__name__}: {places}", excerpt=excerpt(self.text)) from None


def excerpt(text: str) -> str:
    """The beginning of *text* on one line, long words (tokens, encoded files) cut out."""
    return " ".join(word if len(word) <= 60 else "..." for word in text[:2000].split())[:300]


class Http:
    """One system that is spoken to over HTTP. Safe to use from many threads and after a fork.

    Args:
        base_url: Paths of exchanges are below it.
        ca_file: Certificates to trust instead of the system's; verification cannot be turned off.
        connections: Open at a time, at most.
        largest: Bytes of a reply, at most.
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
    ) -> None:
        url = httpx.URL(base_url)
        if url.scheme not in ("http", "https") or not url.host:
            raise ConfigError(f"{base_url!r} is no http or https address", key="url")
        self.base_url = str(url).rstrip("/")
        self.credentials = credentials
        self.headers = dict(headers or {})
        self.largest = largest
        self._ca_file = ca_file
        self._limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._reset()
        after_fork(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._async: dict[int, httpx.AsyncClient] = {}

    def forked(self) -> None:
        self._abandoned = (self._client, self._async)  # the parent's sockets: kept, never closed here
        self._reset()

    def get(self, path: str, query: Mapping[str, str] | None = None, **others: Any) -> HttpExchange:
        """Read *path*."""
        return self.exchange("GET", path, query=query, **others)

    def post(self, path: str, *, json: Any = None, key: Key | None = None, **others: Any) -> HttpExchange:
        """Send *json* to *path*. *key* says that the exchange carries the operation's key to the other side."""
        return self.exchange("POST", path, json=json, key=key, **others)

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
        key: Key | None = None,
    ) -> HttpExchange:
        """Any exchange; *accept* are statuses beside 2xx that are answers, not errors."""
        sent = {**(headers or {})}
        if json is not None:
            body, sent = jsonlib.dumps(json, ensure_ascii=False).encode(), {"Content-Type": "application/json", **sent}
        return HttpExchange(self, method.upper(), path, tuple((query or {}).items()), body, tuple(sent.items()), accept, key)

    def client(self) -> httpx.Client:
        """The blocking client, made when first used."""
        with self._lock:
            if self._client is None:
                self._client = httpx.Client(**self._options())
            return self._client

    def async_client(self) -> httpx.AsyncClient:
        """The client of the running event loop."""
        import asyncio

        loop = id(asyncio.get_running_loop())
        with self._lock:
            if loop not in self._async:
                self._async[loop] = httpx.AsyncClient(**self._options())
            return self._async[loop]

    def _options(self) -> dict[str, Any]:
        context = ssl.create_default_context(cafile=self._ca_file)
        return {
            "verify": context,
            "limits": self._limits,
            "headers": self.headers,
            "trust_env": False,
            "follow_redirects": False,
        }

    def close(self) -> None:
        """Close the blocking client; those of event loops end with ``aclose``."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    async def aclose(self) -> None:
        """Close both."""
        import asyncio

        self.close()
        with self._lock:
            client = self._async.pop(id(asyncio.get_running_loop()), None)
        if client is not None:
            await client.aclose()


@frozen
class HttpExchange(Action[Reply]):
    """One request and its reply. Redirects are not followed, cookies are not kept."""

    native_async = True

    http: Http = field(repr=False, eq=False)
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    sent_headers: tuple[tuple[str, str], ...] = ()
    accept: tuple[int, ...] = ()
    key_: Key | None = None

    def __iter__(self) -> Generator[Effect[Any], Any, Reply]:
        reply: Reply = yield self
        return reply

    @property
    def what(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"

    @property
    def harmless(self) -> bool:
        return self.method in _SAFE

    @property
    def key(self) -> Key | None:
        return self.key_

    def perform(self, attempt: Attempt) -> Reply:
        client = self.http.client()
        try:
            with client.stream(**self._request(attempt)) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    self._watch(len(body) + len(chunk), attempt)
                    body += chunk
                return self._reply(response, bytes(body), attempt)
        except httpx.HTTPError as error:
            raise self._failure(error) from error

    async def aperform(self, attempt: Attempt) -> Reply:
        client = self.http.async_client()
        try:
            async with client.stream(**self._request(attempt)) as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    self._watch(len(body) + len(chunk), attempt)
                    body += chunk
                return self._reply(response, bytes(body), attempt)
        except httpx.HTTPError as error:
            raise self._failure(error) from error

    def _request(self, attempt: Attempt) -> dict[str, Any]:
        credentials: Mapping[str, str] = self.http.credentials.headers() if self.http.credentials else dict[str, str]()
        return {
            "method": self.method,
            "url": f"{self.http.base_url}/{self.path.lstrip('/')}",
            "params": list(self.query) or None,
            "content": self.body,
            "headers": {**dict(self.sent_headers), **credentials},
            "timeout": max(0.01, attempt.remaining()),
        }

    def _watch(self, size: int, attempt: Attempt) -> None:
        """A reply that is too large, or trickles past the deadline, ends here."""
        if size > self.http.largest:
            raise Failure(Kind.BROKEN, ProtocolError(f"{self.what}: the reply is larger than {self.http.largest} bytes"))
        if attempt.abandoned or attempt.remaining() <= 0:
            raise Failure(Kind.LOST, Unavailable(f"{self.what}: the reply was not complete in time"))

    def _reply(self, response: httpx.Response, body: bytes, attempt: Attempt) -> Reply:
        reply = Reply(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)
        if response.is_success or reply.status in self.accept:
            return reply
        raise self._refused(reply, attempt)

    def _refused(self, reply: Reply, attempt: Attempt) -> Failure:
        """What a status means. Source: RFC 9110 section 15."""
        status = reply.status
        text = f"{self.what}: HTTP {status}"
        wait = parse_retry_after(reply.headers.get("retry-after"), attempt.now())
        if status == 429 or (status == 503 and wait is not None):
            return Failure(Kind.BUSY, Unavailable(text, retry_after=wait), retry_after=wait)
        if status >= 500:
            return Failure(Kind.BROKEN, Unavailable(text), retry_after=wait)
        kinds: dict[int, WorkplaceError] = {
            401: Unauthorized(text),
            403: Unauthorized(text),
            404: NotFound(text),
            410: NotFound(text),
            409: Conflict(text, native_code=str(status)),
            412: Conflict(text, native_code=str(status)),
        }
        if status < 400:
            return Failure(Kind.REFUSED, ProtocolError(f"{text}: a redirect", excerpt=excerpt(reply.text)))
        return Failure(Kind.REFUSED, kinds.get(status) or Rejected(text, native_code=str(status)))

    def _failure(self, error: httpx.HTTPError) -> Failure:
        """How far an exchange got that was not answered."""
        text = f"{self.what}: {type(error).__name__}"
        if isinstance(error, httpx.ConnectError) and "CERTIFICATE" in str(error).upper():
            return Failure(Kind.REFUSED, ConfigError(f"{text}: the server's certificate is not trusted", key="ca_file"))
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol):
            return Failure(Kind.NOT_SENT, Unavailable(text))
        return Failure(Kind.LOST, Unavailable(text) if self.harmless else OutcomeUnknown(text))
