"""Everything this library knows of ``httpx``, and of ``httpx2``, which has the same interface: their types end here."""

from __future__ import annotations

import ssl
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from attrs import field, frozen

from workplace_sdk.kernel.errors import ConfigError, OutcomeUnknown, ProtocolError, Unavailable
from workplace_sdk.kernel.failures import Attempt, Failure, Kind
from workplace_sdk.wires.http.credentials import Flow, Outgoing
from workplace_sdk.wires.http.reply import Reply
from workplace_sdk.wires.http.slots import Slots, waited

if TYPE_CHECKING:
    import asyncio

    import httpx

    from workplace_sdk.wires.http.multipart import FilePart

Library: TypeAlias = Literal["httpx", "httpx2"]


def library(name: Library) -> Any:
    """The module; ``ConfigError`` when it is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise ConfigError(f"{name} is not installed: pip install 'workplace-sdk[{name}]'", key="library") from None


@frozen
class Reach:
    """How a host is reached.

    Attributes:
        ca_file: Certificates to trust instead of the system's; that they are verified cannot be turned off.
        certificate: Our own certificate, with its key and the password of that.
        proxy: ``http://host:port`` of a proxy, with its user and password.
        connections: Open at a time, at most, in each colour.
        largest: Bytes of a reply, at most.
    """

    library: Library = "httpx"
    ca_file: str | None = None
    certificate: tuple[str, str | None] | None = None
    certificate_password: Any = field(default=None, repr=False)
    proxy: str | None = None
    proxy_user: str | None = None
    proxy_password: Any = field(default=None, repr=False)
    connections: int = 8
    largest: int = 50_000_000


class Clients:
    """The clients of one host: a blocking one, and one for each event loop; each made when first used."""

    def __init__(self, reach: Reach, *, tls: bool, headers: Mapping[str, str], slots: Slots) -> None:
        self.reach = reach
        self.slots = slots
        self._tls = tls
        self._headers = dict(headers)
        self._lib = library(reach.library)
        self.reset()

    def reset(self) -> None:
        """Begin anew, as after a fork: the parent's sockets are kept, so that they are not closed here, and never used."""
        self._abandoned = getattr(self, "_blocking", None), getattr(self, "_async", None)
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        self._blocking: httpx.Client | None = None
        self._async: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = weakref.WeakKeyDictionary()

    def answer(self, flow: Flow, attempt: Attempt, what: str) -> Reply:
        """Perform a flow, blocking. ``Failure`` when one of its requests is not answered."""
        client = self._client()
        _clock.deadline = attempt.deadline
        try:
            with self.slots.one(attempt.remaining()):
                wanted, reply = _next(flow, None), None
                while wanted is not None:
                    try:
                        told = _waited(wanted, attempt) if isinstance(wanted, Future) else self._sent(client, wanted, attempt)
                    except Failure as failure:
                        wanted = _thrown(flow, failure)
                    else:
                        reply = told if isinstance(told, Reply) else reply
                        wanted = _next(flow, told)
                return _last(reply, what)
        except TimeoutError:
            raise Failure(Kind.NOT_SENT, Unavailable(f"{what}: no connection was free in time")) from None
        finally:
            _clock.deadline = None
            flow.close()

    async def answer_async(self, flow: Flow, attempt: Attempt, what: str) -> Reply:
        """Perform a flow in the running event loop, where the driver sees to the deadline."""
        client = self._async_client()
        try:
            async with self.slots.one_async():
                wanted, reply = _next(flow, None), None
                while wanted is not None:
                    try:
                        told = (
                            await waited(wanted)
                            if isinstance(wanted, Future)
                            else await self._sent_async(client, wanted, attempt)
                        )
                    except Failure as failure:
                        wanted = _thrown(flow, failure)
                    else:
                        reply = told if isinstance(told, Reply) else reply
                        wanted = _next(flow, told)
                return _last(reply, what)
        finally:
            flow.close()

    def _sent(self, client: httpx.Client, wanted: Outgoing, attempt: Attempt) -> Reply:
        request = self._request(client, wanted, attempt)
        try:
            response = client.send(request, stream=True)
            try:
                parts: list[bytes] = []
                size = 0
                for chunk in response.iter_bytes():
                    size += len(chunk)
                    self._watch(size, attempt)
                    parts.append(chunk)
                return _reply(response, b"".join(parts), wanted)
            finally:
                response.close()
        except self._lib.HTTPError as error:
            raise self._failure(error, wanted.method) from error

    async def _sent_async(self, client: httpx.AsyncClient, wanted: Outgoing, attempt: Attempt) -> Reply:
        request = self._request(client, wanted, attempt)
        try:
            response = await client.send(request, stream=True)
            try:
                parts: list[bytes] = []
                size = 0
                async for chunk in response.aiter_bytes():
                    size += len(chunk)
                    self._watch(size, attempt)
                    parts.append(chunk)
                return _reply(response, b"".join(parts), wanted)
            finally:
                await response.aclose()
        except self._lib.HTTPError as error:
            raise self._failure(error, wanted.method) from error

    def _request(self, client: httpx.Client | httpx.AsyncClient, wanted: Outgoing, attempt: Attempt) -> httpx.Request:
        try:
            return client.build_request(
                wanted.method,
                wanted.url,
                params=wanted.query or None,
                content=wanted.body,
                headers=dict(wanted.headers),
                timeout=max(0.01, attempt.remaining()),
            )
        except (ValueError, TypeError, self._lib.InvalidURL) as error:  # its text may quote a secret
            told = ProtocolError(f"{wanted.method}: the request cannot be written ({type(error).__name__})")
            raise Failure(Kind.REFUSED, told) from None

    def _watch(self, size: int, attempt: Attempt) -> None:
        """A reply that is too large, or trickles past the deadline, ends here."""
        if size > self.reach.largest:
            raise Failure(Kind.BROKEN, ProtocolError(f"the reply is larger than {self.reach.largest} bytes"))
        if attempt.abandoned or attempt.remaining() <= 0:
            raise Failure(Kind.LOST, Unavailable("the reply was not complete in time"))

    def _failure(self, error: Exception, method: str) -> Failure:
        """How far an exchange got that was not answered."""
        lib, text = self._lib, type(error).__name__
        if (refused := _refused_by_tls(error)) is not None:
            return Failure(Kind.REFUSED, refused)
        if isinstance(error, lib.ProxyError):
            return Failure(Kind.NOT_SENT, Unavailable(f"the proxy refused: {str(error)[:100]}"))
        if isinstance(error, lib.ConnectError | lib.ConnectTimeout | lib.PoolTimeout | lib.UnsupportedProtocol):
            return Failure(Kind.NOT_SENT, Unavailable(text))
        if isinstance(error, lib.DecodingError):
            return Failure(Kind.BROKEN, ProtocolError("the reply is not what its content encoding says"))
        return Failure(Kind.LOST, Unavailable(text) if method in SAFE else OutcomeUnknown(text))

    def _client(self) -> httpx.Client:
        if self._blocking is None:
            with self._lock:
                if self._blocking is None:
                    transport = self._lib.HTTPTransport(**self._options())
                    _by_deadline(transport, import_module(self.reach.library.replace("httpx", "httpcore")))
                    self._blocking = self._lib.Client(transport=transport, **self._plain())
        return cast("httpx.Client", self._blocking)

    def _async_client(self) -> httpx.AsyncClient:
        import asyncio

        loop = asyncio.get_running_loop()
        with self._lock:
            client = self._async.get(loop)
            if client is None:
                transport = self._lib.AsyncHTTPTransport(**self._options())
                client = self._async[loop] = self._lib.AsyncClient(transport=transport, **self._plain())
            return client

    def _plain(self) -> dict[str, Any]:
        """What clients have in common. They take no cookies: one of a guest would make the next call a guest's."""
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        return {"headers": self._headers, "trust_env": False, "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=()))}

    def _options(self) -> dict[str, Any]:
        reach, proxy = self.reach, None
        if reach.proxy:
            auth = (reach.proxy_user, reach.proxy_password() if reach.proxy_password else "") if reach.proxy_user else None
            proxy = self._lib.Proxy(reach.proxy, auth=auth)
        if self._context is None:
            self._context = _context(reach) if self._tls or (reach.proxy or "").startswith("https:") else _NO_TLS
        return {
            "verify": self._context,
            "proxy": proxy,
            "limits": self._lib.Limits(max_connections=reach.connections, max_keepalive_connections=reach.connections),
            "trust_env": False,
        }

    def close(self) -> None:
        """Close the blocking client; those of event loops end with ``aclose``."""
        with self._lock:
            client, self._blocking = self._blocking, None
        if client is not None:
            client.close()

    async def aclose(self) -> None:
        """Close the blocking client and that of the running loop."""
        import asyncio

        self.close()
        with self._lock:
            client = self._async.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()


SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"})
"""Methods that change nothing. Source: RFC 9110 9.2.1, RFC 4918 9.1, RFC 3253 3.6."""
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For hosts that are spoken to without TLS: trusts nobody, and is made faster than one that knows the system's authorities."""


def form(fields: Mapping[str, str], files: Sequence[FilePart], *, boundary: str) -> tuple[bytes, str]:
    """A form with files, and its content type."""
    lib = library("httpx")
    content_type = f"multipart/form-data; boundary={boundary}"
    request = lib.Request(
        "POST",
        "http://form/",
        data=dict(fields),
        files=[(one.part, (one.name, one.content, one.media_type)) for one in files],
        headers={"Content-Type": content_type},
    )
    return cast("bytes", request.read()), content_type


def _reply(response: httpx.Response, body: bytes, wanted: Outgoing) -> Reply:
    return Reply(response.status_code, dict(response.headers), body, wanted.hidden)


def _next(flow: Flow, told: Any) -> Outgoing | Future[Any] | None:
    try:
        return flow.send(told)
    except StopIteration:
        return None


def _thrown(flow: Flow, failure: Failure) -> Outgoing | Future[Any] | None:
    try:
        return flow.throw(failure)
    except StopIteration:
        return None


def _last(reply: Reply | None, what: str) -> Reply:
    if reply is None:
        raise Failure(Kind.REFUSED, ProtocolError(f"{what}: the credentials sent nothing"))
    return reply


def _waited(pending: Future[Any], attempt: Attempt) -> Any:
    try:
        return pending.result(attempt.remaining())
    except WaitedTooLong:
        raise Failure(Kind.NOT_SENT, Unavailable("waited too long for a token that another call fetches")) from None


def _context(reach: Reach) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=reach.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the certificates cannot be read: {error}", key="ca_file") from None
    if reach.certificate is not None:
        file, key = reach.certificate
        try:
            context.load_cert_chain(file, key, reach.certificate_password)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"our own certificate cannot be read: {error}", key="client_certificate") from None
    return context


_OUR_CERTIFICATE = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "HANDSHAKE_FAILURE", "UNKNOWN_CA")


def _refused_by_tls(error: BaseException | None) -> ConfigError | None:
    """What is wrong with one of the certificates, if that is it."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            key = "url" if error.verify_code in _WRONG_NAME else "ca_file"
            return ConfigError(f"the server's certificate is not trusted: {error.verify_message}", key=key)
        if isinstance(error, ssl.SSLError) and "ALERT" in str(error.reason):
            if any(name in str(error.reason) for name in _OUR_CERTIFICATE):
                return ConfigError(f"the server does not take our certificate: {error.reason}", key="client_certificate")
            return ConfigError(f"the server refuses TLS with us: {error.reason}", key="url")
        error = error.__cause__ or error.__context__
    return None


_WRONG_NAME = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH

_clock = threading.local()
"""Until when the blocking exchange of this thread may take: a limit for each read alone is none for who trickles."""


def _by_deadline(transport: Any, core: Any) -> None:
    """Have every read and write of a blocking transport end at the deadline of the exchange.

    httpx has limits for each read, and no place of its own for a limit of the whole; its pool takes a network backend.
    """
    pool = transport._pool  # noqa: SLF001 - there is no other way in, and a test sees that it works
    pool._network_backend = _Backend(pool._network_backend, core)  # noqa: SLF001 - as above


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    deadline = getattr(_clock, "deadline", None)
    if deadline is None:
        return timeout
    left: float = deadline - time.monotonic()
    if left <= 0:
        raise error("the time limit was reached")
    return left if timeout is None else min(timeout, left)


class _Backend:
    """A network backend of httpcore, by the clock."""

    def __init__(self, backend: Any, core: Any) -> None:
        self._backend = backend
        self._core = core

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **others: Any) -> Any:
        left = _left(timeout, self._core.ConnectTimeout)
        return _Stream(self._backend.connect_tcp(host, port, timeout=left, **others), self._core)

    def connect_unix_socket(self, path: str, timeout: float | None = None, **others: Any) -> Any:
        left = _left(timeout, self._core.ConnectTimeout)
        return _Stream(self._backend.connect_unix_socket(path, timeout=left, **others), self._core)

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream:
    """A network stream of httpcore, by the clock."""

    def __init__(self, stream: Any, core: Any) -> None:
        self._stream = stream
        self._core = core

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return cast("bytes", self._stream.read(max_bytes, timeout=_left(timeout, self._core.ReadTimeout)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_left(timeout, self._core.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        left = _left(timeout, self._core.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._core)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
