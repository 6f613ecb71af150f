"""A pool of connections to a directory server, which survives its restarts."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import evolve

import ldap
from workplace_sdk.kernel.errors import ConfigError, Unavailable
from workplace_sdk.kernel.failures import Failure, Kind
from workplace_sdk.kernel.threads import after_fork
from workplace_sdk.wires.ldap.failing import described, failure
from workplace_sdk.wires.ldap.opening import ELSEWHERE, Connection, Target, bind, connected
from workplace_sdk.wires.ldap.trust import distrust

if TYPE_CHECKING:
    from workplace_sdk.kernel.failures import Attempt

CONNECTING: Final = 10.0
"""Seconds for one address, at most: TCP, TLS and the bind together."""
IDLE: Final = 240.0
"""Seconds after which an unused connection is not used again: firewalls forget silently."""


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
        self._idle: list[tuple[float, Connection]] = []
        self._places = 0  # taken by connections that are open or being opened
        self._open: dict[int, Connection] = {}
        self._others: dict[str, Server] = {}

    def forked(self) -> None:
        """In a child: the sockets are the parent's. What the library would still send on them goes nowhere."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for connection in self._open.values():
            try:
                os.dup2(nowhere, connection.fileno())
            except (ldap.LDAPError, OSError):
                continue
        os.close(nowhere)
        self._reset()

    def lease(self, attempt: Attempt, what: str) -> tuple[Connection, bool]:
        """A bound connection for one exchange or one paged search, and whether it is new.

        It goes back by ``give_back`` when its exchange is over, and by ``drop`` when it is in an unknown state.
        """
        connection = self._pooled() or self._awaited(attempt, what)
        return (self._opened(attempt, what), True) if connection is None else (connection, False)

    def _pooled(self) -> Connection | None:
        """A pooled connection. Nearly every call gets one here, so without a lock: taking from a list is atomic."""
        while True:
            try:
                since, connection = self._idle.pop()
            except IndexError:
                return None
            if monotonic() - since < IDLE:
                return connection
            self.drop(connection)

    def _awaited(self, attempt: Attempt, what: str) -> Connection | None:
        """A connection that another call gives back, or ``None`` when there is room to open one."""
        with self._changed:
            self._waiting += 1  # before looking: who gives back later sees that someone waits
            try:
                while True:
                    if (connection := self._pooled()) is not None:
                        return connection
                    if self._places < self._most:
                        self._places += 1
                        return None
                    if not self._changed.wait(attempt.remaining()):
                        raise Failure(Kind.NOT_SENT, Unavailable(f"{what}: all {self._most} connections are in use"))
            finally:
                self._waiting -= 1

    def give_back(self, connection: Connection) -> None:
        """The end of a lease: the connection is fit for the next call."""
        self._idle.append((monotonic(), connection))
        if self._waiting:
            with self._changed:
                self._changed.notify()

    def drop(self, connection: Connection) -> None:
        """The end of a lease: close the connection."""
        self._close(connection)
        self._free_place()

    def drop_idle(self) -> None:
        """Close what is pooled: the server was restarted."""
        while self._idle:
            try:
                _, connection = self._idle.pop()
            except IndexError:
                return
            self.drop(connection)

    def close(self) -> None:
        """Close every pooled connection; the server may be used again."""
        self.drop_idle()
        for other in self._others.values():
            other.close()

    @property
    def open_connections(self) -> int:
        """How many connections are open, in use or pooled."""
        return len(self._open)

    def other(self, uri: str) -> Server:
        """The server a referral leads to, reached and bound to as this one."""
        with self._lock:
            if uri not in self._others:
                start_tls = self.target.start_tls and uri.startswith("ldap://")
                self._others[uri] = Server(evolve(self.target, uris=(uri,), start_tls=start_tls), most=self._most)
            return self._others[uri]

    def _opened(self, attempt: Attempt, what: str) -> Connection:
        """A bound connection to the first address that answers."""
        uris = self.target.uris
        try:
            for number, uri in enumerate(uris):
                left = len(uris) - number
                seconds = max(0.1, min(CONNECTING, attempt.remaining() / left))
                until = monotonic() + seconds
                try:
                    return self._bound(uri, attempt, seconds)
                except ELSEWHERE as error:
                    if monotonic() < until:
                        self._check_trust(error, uri, attempt, what)
                    if left == 1 or attempt.abandoned:
                        raise
            raise AssertionError("a target has an address")
        except BaseException as error:
            self._free_place()
            if isinstance(error, ldap.LDAPError):
                raise failure(error, what, identity=self.target.identity, sent=False) from error
            raise

    def _bound(self, uri: str, attempt: Attempt, seconds: float) -> Connection:
        until = monotonic() + seconds
        password = "" if self.target.sasl else self.target.secret()  # that it is missing is said also where nobody is there
        connection = connected(uri, seconds)
        self._open[id(connection)] = connection  # known from now on, so that a child of a fork knows it too
        try:
            bind(connection, uri, self.target, password, attempt, max(0.1, until - monotonic()))
        except BaseException:
            self._close(connection)
            raise
        return connection

    def _close(self, connection: Connection) -> None:
        self._open.pop(id(connection), None)
        with suppress(ldap.LDAPError):
            connection.unbind_ext()

    def _free_place(self) -> None:
        with self._changed:
            self._places -= 1
            self._changed.notify()

    def _check_trust(self, error: ldap.LDAPError, uri: str, attempt: Attempt, what: str) -> None:
        """Say so when it is about the certificate: the result code is the same as for a server that is down."""
        start_tls, left = self.target.start_tls, attempt.remaining()
        if not (start_tls or uri.startswith("ldaps://")) or left < 0.1:
            return
        words = described(error)
        told = any(word in words.lower() for word in ("certificate", "hostname", "common name", "verify"))
        reason = distrust(uri, start_tls=start_tls, ca_file=self.target.ca_file, seconds=min(2.0, left))
        if reason or told:
            key = "uri" if any(word in (reason or words) for word in ("expired", "valid", "localhost")) else "ca_file"
            raise ConfigError(f"{what}: the certificate of {uri} is not trusted: {reason or words}", key=key) from error
