"""What proves who we are: put on a request at the last moment, so that no exchange, log or error of ours has it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from attrs import evolve, field, frozen

if TYPE_CHECKING:
    from workplace_sdk.wires.http.reply import Reply


@frozen
class Outgoing:
    """One request as it leaves, secrets and all: it is shown nowhere and kept by nobody.

    Attributes:
        hidden: The secrets in it, so that what the other side echoes of them is not shown.
        subject: The token of the person it is made for, where calls are made on someone's behalf.
    """

    method: str
    url: str = field(repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    body: bytes | None = field(default=None, repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)
    subject: str | None = field(default=None, repr=False)

    def with_headers(self, headers: Mapping[str, str], *hidden: str) -> Outgoing:
        """The same with *headers* added; *hidden* are the secrets in them."""
        return evolve(self, headers={**self.headers, **headers}, hidden=(*self.hidden, *hidden))

    def with_body(self, body: bytes, *hidden: str) -> Outgoing:
        """The same with another body; *hidden* are the secrets in it."""
        return evolve(self, body=body, hidden=(*self.hidden, *hidden))


Finish: TypeAlias = Callable[[Outgoing], Outgoing]
"""Completes a request at the last moment: a login in the body, a signature over the whole of it."""
Flow: TypeAlias = "Generator[Outgoing | Future[Any], Reply, None]"
"""Requests out, their replies in; the reply to the last one is the answer. A ``Future`` that comes out is waited for."""


class Credentials(Protocol):
    """Proves who we are on one attempt of an exchange; made once per connection, used by many threads and tasks."""

    def flow(self, request: Outgoing) -> Flow:
        """What has to be sent for *request*, itself included."""
        ...


@frozen
class Bearer:
    """A token, asked for at each attempt. Source: RFC 6750."""

    token: Callable[[], str] = field(repr=False)
    scheme: str = "Bearer"

    def flow(self, request: Outgoing) -> Flow:
        token = self.token()
        yield request.with_headers({"Authorization": f"{self.scheme} {token}"}, token)


@frozen
class Basic:
    """User name and password. Source: RFC 7617."""

    user: str
    password: Callable[[], str] = field(repr=False)

    def flow(self, request: Outgoing) -> Flow:
        from base64 import b64encode

        password = self.password()
        encoded = b64encode(f"{self.user}:{password}".encode()).decode()
        yield request.with_headers({"Authorization": f"Basic {encoded}"}, password, encoded)


@frozen
class Header:
    """A secret in a header of the system's own, such as ``X-API-Key``."""

    name: str
    value: Callable[[], str] = field(repr=False)

    def flow(self, request: Outgoing) -> Flow:
        value = self.value()
        yield request.with_headers({self.name: value}, value)


@frozen
class Open:
    """Nothing proves who we are here: there is no login, or it is in what is sent."""

    def flow(self, request: Outgoing) -> Flow:
        yield request
