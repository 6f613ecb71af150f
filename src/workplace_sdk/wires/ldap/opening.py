"""Opening one connection to a directory: the address, TLS that is verified and timed, and saying who we are."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from attrs import field, frozen
from ldap.controls import DecodeControlTuples, RequestControlTuples
from ldap.ldapobject import SimpleLDAPObject

import ldap
from workplace_sdk.kernel.errors import ConfigError

if TYPE_CHECKING:
    from workplace_sdk.kernel.failures import Attempt

SLICE: Final = 0.25
"""Seconds between two looks whether anyone still waits for an answer."""
ELSEWHERE: Final = (ldap.SERVER_DOWN, ldap.CONNECT_ERROR, ldap.UNAVAILABLE, ldap.TIMEOUT)
"""What one server of several may fail with while another is well."""

Answer = tuple[int, Sequence[Any], int, Any]
"""Kind of the message, entries and references, its number, controls not decoded yet."""


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

    def secret(self) -> str:
        """The password; empty for who has none.

        Raises:
            ConfigError: It is missing.
        """
        password = self.password() if self.password else ""
        if self.bind_dn and not password:
            raise ConfigError("a bind without a password would be anonymous: give password", key="password")
        return password


class Connection(SimpleLDAPObject):
    """python-ldap's connection. Searching goes straight to its C part: a leased connection needs no lock, nor a trace of calls."""

    def ask(
        self, base: str, scope: int, wanted: str, names: Sequence[str] | None, controls: Any, seconds: int, limit: int
    ) -> int:
        """Send a search; the number of the message."""
        sent = None if controls is None else RequestControlTuples(controls)
        return cast("int", self._l.search_ext(base, scope, wanted, names, 0, sent, None, seconds, limit))

    def answer(self, number: int, every: int, seconds: float) -> Answer:
        """What came for message *number*: one entry or reference, or with *every* the whole; ``ldap.TIMEOUT`` when nothing did."""
        return cast("Answer", self._l.result4(number, every, seconds, 0, 0, 0))


def decoded(controls: Any) -> list[Any]:
    """The controls of an answer."""
    return DecodeControlTuples(controls)


def awaited(connection: Connection, number: int, attempt: Attempt, every: int = 1, *, until: float | None = None) -> Answer:
    """The answer to message *number*, looking in between whether anyone still waits; ``ldap.TIMEOUT`` when time is up.

    Args:
        until: When time is up, if that is sooner than the attempt's deadline.
    """
    end = attempt.deadline if until is None else until
    while True:
        left = end - monotonic()
        try:
            return connection.answer(number, every, SLICE if left > SLICE else max(0.001, left))  # 0 would mean: do not wait
        except ldap.TIMEOUT:
            if attempt.abandoned or left <= SLICE:
                with suppress(ldap.LDAPError):
                    connection.abandon_ext(number)
                raise


def connected(uri: str, seconds: float) -> Connection:
    """A connection to *uri*: reached within *seconds* when it is ``ldap://``, else reached when it is first used.

    Raises:
        ConfigError: It is no address of a directory.
        ldap.SERVER_DOWN: Nobody is there.
    """
    try:
        address = urlsplit(uri)
        if address.scheme != "ldap":
            return Connection(uri)
        reached = socket.create_connection((address.hostname or "", address.port or 389), seconds)
        _limit_reads(reached, seconds)
    except (ldap.LDAPError, ValueError) as error:
        raise ConfigError(f"{uri} is no address of a directory", key="uri") from error
    except OSError as error:
        raise ldap.SERVER_DOWN({"desc": "Can't contact LDAP server", "info": error.strerror or str(error)}) from error
    return Connection(uri, fileno=reached.detach())


def _limit_reads(reached: socket.socket, seconds: float) -> None:
    """Have a read end that libldap makes in a handshake, where it waits for the rest of what came, past every limit it was given."""
    limit = struct.pack("@ll", int(seconds), int(seconds % 1 * 1e6))  # a timeval
    reached.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)


def bind(connection: Connection, uri: str, target: Target, password: str, attempt: Attempt, seconds: float) -> None:
    """Say who we are on the *connection* to *uri*, within *seconds*, beginning TLS before.

    Raises:
        ConfigError: The settings are wrong: certificates.
        ldap.LDAPError: The server could not be reached, or does not accept us.
    """
    until = monotonic() + seconds
    _set_options(connection, target, seconds)
    if target.start_tls:
        connection.start_tls_s()
    elif target.sasl and uri.startswith("ldaps:"):
        _reach(connection, attempt, until)  # a SASL bind does not wait for the connection
    if target.sasl == "GSSAPI":
        connection.sasl_gssapi_bind_s()
    elif target.sasl == "EXTERNAL":
        connection.sasl_external_bind_s()
    else:
        number = connection.simple_bind(target.bind_dn or "", password)
        _do_not_block(connection)
        awaited(connection, number, attempt, until=until)
    _do_not_block(connection)
    connection.set_option(ldap.OPT_CONNECT_ASYNC, 0)


def _set_options(connection: Connection, target: Target, seconds: float) -> None:
    options: dict[int, Any] = {
        ldap.OPT_PROTOCOL_VERSION: ldap.VERSION3,
        ldap.OPT_REFERRALS: 0,  # libldap follows them past every time limit, with another identity
        ldap.OPT_NETWORK_TIMEOUT: seconds,
        ldap.OPT_TIMEOUT: seconds,
        ldap.OPT_CONNECT_ASYNC: 1,  # or libldap waits for ever, busily, for the handshake of a silent server
        ldap.OPT_X_KEEPALIVE_IDLE: 10,  # a handshake that began ends when the other machine is gone
        ldap.OPT_X_KEEPALIVE_PROBES: 3,
        ldap.OPT_X_KEEPALIVE_INTERVAL: 5,
        ldap.OPT_X_TLS_REQUIRE_CERT: ldap.OPT_X_TLS_DEMAND,
    }
    if target.ca_file:
        options[ldap.OPT_X_TLS_CACERTFILE] = target.ca_file
    if target.sasl == "GSSAPI":  # the name that was given, not what somebody's DNS calls its address
        options[ldap.OPT_X_SASL_NOCANON] = 1
    options[ldap.OPT_X_TLS_NEWCTX] = 0  # the last: makes the others hold for this connection
    try:
        for option, value in options.items():
            connection.set_option(option, value)
    except ValueError as error:
        raise ConfigError(f"the certificates cannot be used: {target.ca_file}", key="ca_file") from error


def _reach(connection: Connection, attempt: Attempt, until: float) -> None:
    """Open the connection by asking for nothing of the root entry; a server that refuses that was reached as well."""
    try:
        number = connection.ask("", ldap.SCOPE_BASE, "(objectClass=*)", ("1.1",), None, 10, 1)
        _do_not_block(connection)
        awaited(connection, number, attempt, until=until)
    except ELSEWHERE:
        raise
    except ldap.LDAPError:
        return


def _do_not_block(connection: Connection) -> None:
    """Have reads return when half a TLS record came: its rest may never, and no time limit of libldap holds for that."""
    os.set_blocking(connection.fileno(), False)
