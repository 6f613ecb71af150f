"""Referrals: where a directory that is spread over servers says that the rest is. Source: RFC 4511 4.5.3, RFC 4516."""

from __future__ import annotations

from typing import Literal, cast
from urllib.parse import unquote, urlsplit

from attrs import frozen

from workplace_sdk.wires.ldap.filters import Filter

_PORTS = {"ldap": 389, "ldaps": 636}


@frozen
class Referral:
    """What an LDAP URL says: the server, and what of the search is otherwise there; ``None`` where it is the same."""

    server: str
    base: str | None = None
    scope: Literal["base", "one", "sub"] | None = None
    filter: Filter | None = None

    @classmethod
    def parse(cls, uri: str) -> Referral | None:
        """The parts of *uri*; ``None`` when it is no LDAP URL with a host."""
        server = server_of(uri)
        if server is None:
            return None
        _, _, path = uri.partition("://")[2].partition("/")
        base, _, scope, wanted, *_ = [unquote(part) for part in path.split("?")] + [""] * 4
        known = cast("Literal['base', 'one', 'sub']", scope.lower()) if scope.lower() in ("base", "one", "sub") else None
        return cls(server, base or None, known, Filter(wanted) if wanted else None)


def server_of(uri: str) -> str | None:
    """``ldap://host`` or ``ldaps://host``, with the port where it is not the usual one; ``None`` for anything else."""
    try:
        parts = urlsplit(uri)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        return None
    if scheme not in _PORTS or not host:
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port in (None, _PORTS[scheme]) else f"{scheme}://{shown}:{port}"
