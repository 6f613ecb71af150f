"""A proxy of ours between a connector and a real server, that fails on purpose: before the server did it, after, or instead.

It knows as much of HTTP and LDAP as it takes to tell one request, and one whole answer, from the next.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

CHUNK = 65536


class Fault(StrEnum):
    """What goes wrong with a request, or with its answer."""

    NONE = "none"
    CUT_BEFORE = "connection cut before the server has it"
    CUT_AFTER = "connection cut after the server did it"
    CUT_HALF = "answer cut in the middle"
    SILENT = "no answer, and the server never has it"
    DELAY = "answer long after the deadline"
    LATE = "request delivered after the deadline"
    TRICKLE = "answer a byte at a time"
    GARBAGE = "answer that is no protocol"
    TOO_MANY = "429"
    TOO_MANY_AFTER = "429 with Retry-After"
    DOWN = "503"
    DOWN_AFTER = "503 with Retry-After"
    HTML = "page in HTML instead of an answer"
    HTML_AFTER = "page in HTML after the server did it"
    BROKEN_AFTER = "500 after the server did it"
    CHARSET = "wrong charset named"
    HUGE = "answer of 2 GB"
    WRONG_NAME = "certificate of another host"
    EXPIRED = "certificate that has expired"


EVERY = frozenset(Fault) - {Fault.NONE}
HTTP_ONLY = frozenset(
    {
        Fault.TOO_MANY, Fault.TOO_MANY_AFTER, Fault.DOWN, Fault.DOWN_AFTER, Fault.HTML, Fault.HTML_AFTER, Fault.BROKEN_AFTER,
        Fault.CHARSET, Fault.HUGE,
    }
)  # fmt: skip
TLS = {Fault.WRONG_NAME: "wrong", Fault.EXPIRED: "expired"}
_PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body>Please sign in to the portal.</body></html>"
_CANNED = {
    Fault.TOO_MANY: (429, b"", b"slow down"),
    Fault.TOO_MANY_AFTER: (429, b"Retry-After: 0\r\n", b"slow down"),
    Fault.DOWN: (503, b"", b"down"),
    Fault.DOWN_AFTER: (503, b"Retry-After: 0\r\n", b"down"),
    Fault.HTML: (200, b"Content-Type: text/html; charset=utf-8\r\n", _PAGE),
    Fault.HTML_AFTER: (200, b"Content-Type: text/html; charset=utf-8\r\n", _PAGE),
    Fault.BROKEN_AFTER: (500, b"Content-Type: text/plain\r\n", b"Internal Server Error"),
}
BEFORE = frozenset(
    {
        Fault.CUT_BEFORE, Fault.SILENT, Fault.GARBAGE, Fault.TOO_MANY, Fault.TOO_MANY_AFTER, Fault.DOWN, Fault.DOWN_AFTER, Fault.HTML,
        Fault.HUGE, Fault.WRONG_NAME, Fault.EXPIRED,
    }
)  # fmt: skip
"""Faults with which the server never has the request."""


class Proxy:
    """Listens on loopback; what *matches* meets the *fault*, everything else passes."""

    def __init__(self, upstream: int, certificates: Path, *, fault: Fault = Fault.NONE) -> None:
        self.upstream = upstream
        self.fault = fault
        self.matches: Callable[[bytes], bool] = lambda _request: True
        self.met = 0
        self.deadline = 1.0
        self.open = 0
        self.busy = 0
        self.late: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._context: ssl.SSLContext | None = None
        if fault in TLS:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            name = TLS[fault]
            self._context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End: nobody is let in any more, and nothing is held back."""
        self._ended.set()
        self._socket.shutdown(socket.SHUT_RDWR)  # closing alone does not wake who waits in accept
        self._thread.join()
        self._socket.close()
        for thread in self.late:
            thread.join(30)

    def finish(self) -> None:
        """Wait until the server is done with everything, also with what is delivered late."""
        for thread in self.late:
            thread.join(60)
        end = time.monotonic() + 60
        while self.busy and time.monotonic() < end:
            time.sleep(0.01)
        assert self.busy == 0, "the server is still at work"

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        with self._lock:
            self.busy += 1
        try:
            yield
        finally:
            with self._lock:
                self.busy -= 1

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self.open += 1
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                client = self._context.wrap_socket(client, server_side=True)
            self._converse(client)
        except (OSError, ssl.SSLError):
            pass  # who leaves early, or does not trust us, is what it is about
        finally:
            client.close()
            with self._lock:
                self.open -= 1

    def _converse(self, client: socket.socket) -> None:
        raise NotImplementedError

    def _fault_of(self, request: bytes) -> Fault:
        if self.fault is Fault.NONE or not self.matches(request):
            return Fault.NONE
        with self._lock:
            self.met += 1
        return self.fault

    def _pause(self, seconds: float, client: socket.socket) -> None:
        """Wait; not longer than the other side does."""
        end = time.monotonic() + seconds
        client.settimeout(0.05)
        while time.monotonic() < end and not self._ended.is_set():
            with contextlib.suppress(TimeoutError, ssl.SSLWantReadError):
                if client.recv(1, socket.MSG_PEEK if not isinstance(client, ssl.SSLSocket) else 0) == b"":
                    return

    def _trickled(self, client: socket.socket, answer: bytes) -> None:
        for at in range(len(answer)):
            client.sendall(answer[at : at + 1])
            if self._ended.wait(0.1):
                return

    def _later(self, deliver: Callable[[], object]) -> None:
        """Deliver what is held back, when whoever sent it has given up."""

        def wait() -> None:
            self._ended.wait(self.deadline + 0.4)
            deliver()

        thread = threading.Thread(target=wait, daemon=True)
        self.late.append(thread)
        thread.start()


class HttpProxy(Proxy):
    """One request a connection upstream, so that the end of an answer is the end of the connection."""

    def _converse(self, client: socket.socket) -> None:
        kept = b""
        while not self._ended.is_set():
            client.settimeout(None)
            request, kept = _http_request(client, kept)
            if request is None:
                return
            with self._at_work():
                goes_on = self._answered(client, request)
            if not goes_on:
                return

    def _answered(self, client: socket.socket, request: bytes) -> bool:
        """Whether the connection can be used on."""
        fault = self._fault_of(request)
        if fault is Fault.CUT_BEFORE:
            return False
        if fault is Fault.SILENT:
            self._pause(self.deadline + 10, client)
            return False
        if fault is Fault.LATE:
            self._later(lambda: self._forwarded(request))
            self._pause(self.deadline + 10, client)
            return False
        if fault is Fault.GARBAGE:
            client.sendall(b"\x00\x01\x02 this is no HTTP at all\r\n\r\n")
            return False
        if fault is Fault.HUGE:
            return self._huge(client)
        if fault in _CANNED:
            if fault not in BEFORE:
                self._forwarded(request)
            status, headers, body = _CANNED[fault]
            length = f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n".encode()
            client.sendall(length + headers + b"\r\n" + body)
            return False
        answer = self._forwarded(request)
        if fault is Fault.CUT_AFTER:
            return False
        if fault is Fault.CUT_HALF:
            head, _, body = answer.partition(b"\r\n\r\n")
            client.sendall(head + b"\r\n\r\n" + body[: len(body) // 2] if body else head[:20])
            return False
        if fault is Fault.DELAY:
            self._pause(self.deadline + 10, client)
            return False
        if fault is Fault.TRICKLE:
            self._trickled(client, answer)
            return False
        if fault is Fault.CHARSET:
            answer = _other_charset(answer)
        client.sendall(answer)
        return False

    def _huge(self, client: socket.socket) -> bool:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2000000000\r\n\r\n")
        for _ in range(2_000_000_000 // CHUNK):
            client.sendall(b" " * CHUNK)
        return False

    def _forwarded(self, request: bytes) -> bytes:
        """The whole answer of the real server."""
        with socket.create_connection(("127.0.0.1", self.upstream), timeout=60) as server:
            server.sendall(_closing(request))
            parts = []
            while part := server.recv(CHUNK):
                parts.append(part)
        return b"".join(parts)


def _http_request(client: socket.socket, kept: bytes) -> tuple[bytes | None, bytes]:
    """One whole request, and what came after it."""
    while b"\r\n\r\n" not in kept:
        part = client.recv(CHUNK)
        if not part:
            return None, b""
        kept += part
    head, _, rest = kept.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    while len(rest) < length:
        part = client.recv(CHUNK)
        if not part:
            return None, b""
        rest += part
    return head + b"\r\n\r\n" + rest[:length], rest[length:]


def _closing(request: bytes) -> bytes:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"keep-alive:"))]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body


def _other_charset(answer: bytes) -> bytes:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [
        line.partition(b";")[0] + b"; charset=utf-16" if line.lower().startswith(b"content-type:") else line
        for line in head.split(b"\r\n")
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class LdapProxy(Proxy):
    """One connection upstream for each that comes. Source: RFC 4511 for the tags."""

    BIND, UNBIND, SEARCH, MODIFY = 0x60, 0x42, 0x63, 0x66
    ENDS = frozenset({0x61, 0x65, 0x67, 0x69, 0x6B, 0x6D, 0x6F, 0x78})

    def _converse(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self.upstream), timeout=60) as server:
            while not self._ended.is_set():
                client.settimeout(None)
                request = _ldap_message(client)
                if request is None:
                    return
                with self._at_work():
                    goes_on = self._passed_on(client, server, request)
                if not goes_on:
                    return

    def _passed_on(self, client: socket.socket, server: socket.socket, request: bytes) -> bool:
        tag = ldap_tag(request)
        fault = Fault.NONE if tag in (self.BIND, self.UNBIND) else self._fault_of(request)
        if fault is Fault.CUT_BEFORE:
            return False
        if fault is Fault.SILENT:
            self._pause(self.deadline + 10, client)
            return False
        if fault is Fault.LATE:
            self._pause(self.deadline + 0.4, client)
            server.sendall(request)
            self._whole_answer(server)
            return False
        if fault is Fault.GARBAGE:
            client.sendall(b"\x15\x03 this is no LDAP at all" * 10)
            return False
        server.sendall(request)
        if tag == self.UNBIND:
            return False
        if ldap_tag(request) == 0x50:  # abandon has no answer
            return True
        answer = self._whole_answer(server)
        if fault is Fault.CUT_AFTER:
            return False
        if fault is Fault.CUT_HALF:
            client.sendall(answer[: len(answer) // 2])
            return False
        if fault is Fault.DELAY:
            self._pause(self.deadline + 10, client)
            return False
        if fault is Fault.TRICKLE:
            self._trickled(client, answer)
            return False
        client.sendall(answer)
        return True

    def _whole_answer(self, server: socket.socket) -> bytes:
        parts: list[bytes] = []
        while True:
            message = _ldap_message(server)
            if message is None:
                return b"".join(parts)
            parts.append(message)
            if ldap_tag(message) in self.ENDS:
                return b"".join(parts)


def _ldap_message(source: socket.socket) -> bytes | None:
    """One message: a sequence in BER. Source: X.690 8.1."""
    head = _exactly(source, 2)
    if head is None:
        return None
    size, more = head[1], b""
    if size & 0x80:
        more = _exactly(source, size & 0x7F) or b""
        size = int.from_bytes(more, "big")
    body = _exactly(source, size)
    return None if body is None else head + more + body


def _exactly(source: socket.socket, size: int) -> bytes | None:
    got = b""
    while len(got) < size:
        part = source.recv(size - len(got))
        if not part:
            return None
        got += part
    return got


def ldap_tag(message: bytes) -> int:
    """What a message is: the tag of its operation."""
    at = 2 + (message[1] & 0x7F if message[1] & 0x80 else 0)
    return message[at + 2 + message[at + 1]]
