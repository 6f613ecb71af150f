"""A directory server: how it is reached and bound to, and a pool of connections that survives its restarts."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, field, frozen

import ldap
from workplace_sdk.kernel.errors import ConfigError, Unavailable
from workplace_sdk.kernel.failures import Failure, Kind
from workplace_sdk.kernel.threads import after_fork
from workplace_sdk.wires.ldap.failing import described, failure

if TYPE_CHECKING:
    from ldap.ldapobject import LDAPObject

    from workplace_sdk.kernel.failures import Attempt

CONNECTING: Final = 10.0
"""Seconds for a TCP connection and TLS, at most."""
SLICE: Final = 0.25
"""Seconds between two looks whether anyone still waits for an answer."""
IDLE: Final = 240.0
"""Seconds after which an unused connection is not used again: firewalls forget silently."""


@frozen
class Target:
    """Where a directory is and who we are there.

    Attributes:
        uris: ``ldaps://host`` or ``ldap://host``; tried in order.
        start_tls: Begin TLS on an ``ldap://`` connection before binding.
        ca_file: Certificates to trust instead of the system's.
        bind_dn: DN, or user principal name in Active Directory; ``None`` with *sasl* or to stay anonymous.
        password: Called at each bind.
        sasl: ``GSSAPI`` or ``EXTERNAL`` instead of a simple bind.
        referrals: Servers (``ldaps://host``) to which referrals are followed, with the same identity.
    """

    uris: tuple[str, ...]
    start_tls: bool = False
    ca_file: str | None = None
    bind_dn: str | None = None
    password: Callable[[], str] | None = field(default=None, repr=False)
    sasl: str | None = None
    referrals: frozenset[str] = frozenset()

    @property
    def identity(self) -> str:
        """Who we are there."""
        return self.bind_dn or self.sasl or "anonymous"


class Server:
    """Connections to one target: at most *most* at a time, kept for the next call."""

    def __init__(self, target: Target, *, most: int = 8) -> None:
        self.target = target
        self._most = most
        self._reset()
        after_fork(self)

    def _reset(self) -> None:
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._waiting = 0
        self._idle: list[tuple[float, LDAPObject]] = []
        self._opening = 0
        self._objects: dict[int, LDAPObject] = {}
        self._others: dict[str, Server] = {}

    def forked(self) -> None:
        """In a child: the sockets are the parent's. What the library would still send on them goes nowhere."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for connection in self._objects.values():
            try:
                os.dup2(nowhere, connection.fileno())
            except (ldap.LDAPError, OSError):
                continue
        os.close(nowhere)
        self._reset()

    def lease(self, attempt: Attempt, what: str) -> Lease:
        """A bound connection for one exchange or one paged search; a pooled one when there is one."""
        connection = self._pooled() or self._awaited(attempt, what)
        if connection is None:
            return Lease(self, self._opened(attempt, what), fresh=True)
        return Lease(self, connection, fresh=False)

    def _pooled(self) -> LDAPObject | None:
        """A pooled connection. Nearly every call gets one here, so without a lock: taking from a list is atomic."""
        while True:
            try:
                since, connection = self._idle.pop()
            except IndexError:
                return None
            if monotonic() - since < IDLE:
                return connection
            self._dropped(connection)

    def _awaited(self, attempt: Attempt, what: str) -> LDAPObject | None:
        """A connection that another call gives back, or ``None`` when there is room to open one."""
        with self._changed:
            self._waiting += 1  # before looking: who gives back later sees that someone waits
            try:
                while True:
                    if (connection := self._pooled()) is not None:
                        return connection
                    if len(self._objects) + self._opening < self._most:
                        self._opening += 1
                        return None
                    if not self._changed.wait(attempt.remaining()):
                        raise Failure(Kind.NOT_SENT, Unavailable(f"{what}: all {self._most} connections are in use"))
            finally:
                self._waiting -= 1

    def given_back(self, connection: LDAPObject, *, reusable: bool) -> None:
        """The end of a lease."""
        if not reusable:
            self._dropped(connection)
            return
        self._idle.append((monotonic(), connection))
        if self._waiting:
            with self._changed:
                self._changed.notify()

    def drop_idle(self) -> None:
        """Close what is pooled: the server was restarted."""
        while self._idle:
            try:
                _, connection = self._idle.pop()
            except IndexError:
                return
            self._dropped(connection)

    def close(self) -> None:
        """Close every pooled connection; the server may be used again."""
        self.drop_idle()
        for other in self._others.values():
            other.close()

    @property
    def open_connections(self) -> int:
        """How many connections are open, in use or pooled."""
        return len(self._objects)

    def other(self, uri: str) -> Server:
        """The server a referral leads to, reached and bound to as this one."""
        with self._lock:
            if uri not in self._others:
                self._others[uri] = Server(evolve(self.target, uris=(uri,)), most=self._most)
            return self._others[uri]

    def _dropped(self, connection: LDAPObject) -> None:
        with self._changed:
            self._objects.pop(id(connection), None)
            self._changed.notify()
        try:
            connection.unbind_ext()
        except ldap.LDAPError:
            return

    def _opened(self, attempt: Attempt, what: str) -> LDAPObject:
        target = self.target
        with self._changed:
            self._opening -= 1
            connection = ldap.initialize(" ".join(target.uris))  # connects to nothing yet
            self._objects[id(connection)] = connection
        try:
            self._set_options(connection, attempt)
            if target.start_tls:
                connection.start_tls_s()
            self._bind(connection, attempt)
        except ldap.LDAPError as error:
            self._dropped(connection)
            if isinstance(error, ldap.SERVER_DOWN | ldap.CONNECT_ERROR) and _about_trust(described(error)):
                raise ConfigError(
                    f"{what}: the server's certificate is not trusted: {described(error)}", key="ca_file"
                ) from error
            raise failure(error, what, identity=target.identity, sent=False) from error
        except BaseException:
            self._dropped(connection)
            raise
        return connection

    def _set_options(self, connection: LDAPObject, attempt: Attempt) -> None:
        seconds = max(0.1, min(CONNECTING, attempt.remaining()))
        options: dict[int, Any] = {
            ldap.OPT_PROTOCOL_VERSION: ldap.VERSION3,
            ldap.OPT_REFERRALS: 0,  # libldap follows them past every time limit, with another identity
            ldap.OPT_NETWORK_TIMEOUT: seconds,
            ldap.OPT_TIMEOUT: seconds,
            ldap.OPT_X_TLS_REQUIRE_CERT: ldap.OPT_X_TLS_DEMAND,
        }
        if self.target.ca_file:
            options[ldap.OPT_X_TLS_CACERTFILE] = self.target.ca_file
        for option, value in options.items():
            try:
                connection.set_option(option, value)
            except ValueError as error:
                raise ConfigError(f"the certificates cannot be used: {error}", key="ca_file") from error
        if self.target.sasl == "GSSAPI":  # the name that was given, not what somebody's DNS calls its address
            connection.set_option(ldap.OPT_X_SASL_NOCANON, 1)
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)  # after the others: makes them hold for this connection

    def _bind(self, connection: LDAPObject, attempt: Attempt) -> None:
        target = self.target
        if target.sasl == "GSSAPI":
            connection.sasl_gssapi_bind_s()
        elif target.sasl == "EXTERNAL":
            connection.sasl_external_bind_s()
        else:
            password = target.password() if target.password else ""
            if target.bind_dn and not password:
                raise ConfigError("a bind without a password would be anonymous: give password", key="password")
            number = connection.simple_bind(target.bind_dn or "", password)
            awaited(connection, number, attempt)


def _about_trust(text: str) -> bool:
    """Whether libldap's words are about the certificate; its result code is the same as for a server that is down."""
    return any(word in text.lower() for word in ("certificate", "hostname", "common name", "verify"))


class Lease:
    """A connection that is one caller's for a while. Give it back: by ``done`` when its exchange is over, else it is dropped."""

    def __init__(self, server: Server, connection: LDAPObject, *, fresh: bool) -> None:
        self._server = server
        self.connection = connection
        self.fresh = fresh
        self._open = True

    def done(self) -> None:
        """The connection is fit for the next call."""
        self._end(reusable=True)

    def drop(self) -> None:
        """The connection is in an unknown state: close it."""
        self._end(reusable=False)

    def _end(self, *, reusable: bool) -> None:
        if self._open:
            self._open = False
            self._server.given_back(self.connection, reusable=reusable)


def awaited(connection: LDAPObject, number: int, attempt: Attempt, every: int = 1) -> Any:
    """The answer to message *number*, looking in between whether anyone still waits; ``ldap.TIMEOUT`` when time is up."""
    while True:
        left = attempt.deadline - monotonic()
        try:
            return connection.result4(number, every, SLICE if left > SLICE else max(0.0, left))
        except ldap.TIMEOUT:
            if attempt.abandoned or attempt.remaining() <= 0:
                connection.abandon_ext(number)
                raise
