"""Searching, comparing and changing: effects that are answered with entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from attrs import evolve, field, frozen

import ldap
from workplace_sdk.kernel.effects import Action, Steps
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.kernel.listing import Gap, Missing
from workplace_sdk.wires.ldap.entries import RANGE, Entries, Entry, below
from workplace_sdk.wires.ldap.failing import failure, referred
from workplace_sdk.wires.ldap.filters import Filter
from workplace_sdk.wires.ldap.opening import ELSEWHERE, Connection, awaited
from workplace_sdk.wires.ldap.referrals import Referral, server_of
from workplace_sdk.wires.ldap.server import Server

if TYPE_CHECKING:
    from workplace_sdk.kernel.failures import Attempt

T = TypeVar("T")

_SCOPES: Final = {"base": ldap.SCOPE_BASE, "one": ldap.SCOPE_ONELEVEL, "sub": ldap.SCOPE_SUBTREE}
ANYTHING: Final = Filter("(objectClass=*)")
FOLLOWED: Final = 5
"""From server to server at most so often."""
Scope = Literal["base", "one", "sub"]


@frozen
class Found:
    """Entries of a search, and why there are not more of them.

    Attributes:
        referrals: Where the rest is, when the directory is spread over servers and they were not followed.
        missing: Set when a limit cut the answer.
    """

    entries: Sequence[Entry]
    referrals: tuple[str, ...] = ()
    missing: Missing | None = None

    def gaps(self, connection: str) -> tuple[Gap, ...]:
        """What is missing, for a listing."""
        gaps = [Gap(connection, self.missing)] if self.missing else []
        gaps += [Gap(connection, Missing.REFERRAL, uri) for uri in self.referrals]
        return tuple(gaps)


@frozen
class LdapSearch(Action[Found]):
    """Search below *base*. A limit that is reached gives what came until then.

    Attributes:
        attributes: Which to fetch; operational ones only come when named.
        limit: At most so many entries; the server's own limit may be lower.
        visited: Servers and bases that were searched on the way here, by referrals.
    """

    server: Server = field(repr=False, eq=False)
    base: str
    filter: Filter = ANYTHING
    attributes: tuple[str, ...] | None = None
    scope: Scope = "sub"
    limit: int = 0
    visited: tuple[tuple[frozenset[str | None], str], ...] = ()

    @property
    def what(self) -> str:
        return "a search in the directory"

    @property
    def harmless(self) -> bool:
        return True

    def perform(self, attempt: Attempt) -> Found:
        found = exchanged(self.server, attempt, self.what, self._searched)
        return self._followed(found, attempt) if found.referrals and self.server.target.referrals else found

    def _searched(self, connection: Connection, attempt: Attempt) -> Found:
        if self.limit:
            return self._one_by_one(connection, attempt)
        try:
            answer = awaited(connection, self.asked(connection, attempt), attempt)
        except (ldap.SIZELIMIT_EXCEEDED, ldap.TIMELIMIT_EXCEEDED):
            return self._one_by_one(connection, attempt)  # the library lost the entries: ask again in a way that keeps them
        except ldap.REFERRAL as error:
            return Found((), referred(error))
        return found_in(answer[1])

    def asked(self, connection: Connection, attempt: Attempt, controls: Any = None) -> int:
        """Send the search; the number of the message. The server too has no longer than the attempt has left."""
        seconds = max(1, int(attempt.deadline - monotonic()))
        return connection.ask(self.base, _SCOPES[self.scope], self.filter, self.attributes, controls, seconds, self.limit)

    def _one_by_one(self, connection: Connection, attempt: Attempt) -> Found:
        rows: list[Any] = []
        missing: Missing | None = None
        try:
            one_by_one(connection, self.asked(connection, attempt), attempt, rows)
        except ldap.SIZELIMIT_EXCEEDED:
            missing = Missing.SIZE_LIMIT
        except ldap.TIMELIMIT_EXCEEDED:
            missing = Missing.TIME_LIMIT
        except ldap.REFERRAL as error:
            return Found((), referred(error))
        return found_in(rows, missing)

    def _followed(self, found: Found, attempt: Attempt) -> Found:
        """Add what the allowed servers of the referrals have; the others stay referrals."""
        entries, missing = list(found.entries), found.missing
        there, left = self.elsewhere(found.referrals)
        for search in there:
            more = search.perform(attempt)
            entries += more.entries
            left += more.referrals
            missing = missing or more.missing
        return Found(entries, left, missing)

    def elsewhere(self, uris: Sequence[str]) -> tuple[list[LdapSearch], tuple[str, ...]]:
        """This search on each server of *uris* that is allowed and was not asked yet, and the referrals that are left."""
        target = self.server.target
        visited = (*self.visited, (frozenset(map(server_of, target.uris)), self.base))
        searches: list[LdapSearch] = []
        left: list[str] = []
        for uri in uris:
            to = Referral.parse(uri)
            if to is None or to.server not in target.referrals or len(visited) > FOLLOWED:
                left.append(uri)
                continue
            base, scope = to.base or self.base, to.scope or self.scope
            if not any(to.server in servers and below(base, searched) for servers, searched in visited):
                server, wanted = self.server.other(to.server), to.filter or self.filter
                searches.append(evolve(self, server=server, base=base, scope=scope, filter=wanted, visited=visited))
        return searches, tuple(left)


@frozen
class LdapCompare(Action[bool]):
    """Whether the entry has that value, by the server's own rule."""

    server: Server = field(repr=False, eq=False)
    dn: str
    attribute: str
    value: str

    @property
    def what(self) -> str:
        return "a comparison in the directory"

    @property
    def harmless(self) -> bool:
        return True

    def perform(self, attempt: Attempt) -> bool:
        return exchanged(self.server, attempt, self.what, self._compared)

    def _compared(self, connection: Connection, attempt: Attempt) -> bool:
        number = connection.compare_ext(self.dn, self.attribute, self.value.encode())
        try:
            awaited(connection, number, attempt)
        except ldap.COMPARE_TRUE:
            return True
        except ldap.COMPARE_FALSE:
            return False
        return False


@frozen
class LdapModify(Action[None]):
    """Replace the values of attributes of one entry; no values remove the attribute. A repeat changes nothing more."""

    server: Server = field(repr=False, eq=False)
    dn: str
    replace: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def what(self) -> str:
        return "a change in the directory"

    def perform(self, attempt: Attempt) -> None:
        exchanged(self.server, attempt, self.what, self._modified, again=False)

    def _modified(self, connection: Connection, attempt: Attempt) -> None:
        changes = [(ldap.MOD_REPLACE, name, [value.encode() for value in values] or None) for name, values in self.replace]
        awaited(connection, connection.modify_ext(self.dn, changes), attempt)


def exchanged(
    server: Server, attempt: Attempt, what: str, exchange: Callable[[Connection, Attempt], T], *, again: bool = True
) -> T:
    """Do *exchange* on a leased connection. A pooled one that turns out dead is replaced, unless it must not be done *again*."""
    while True:
        connection, new = server.lease(attempt, what)
        try:
            answer = exchange(connection, attempt)
        except ldap.LDAPError as error:
            if not isinstance(error, ELSEWHERE):
                server.give_back(connection)
            else:
                server.drop(connection)
            if isinstance(error, ldap.SERVER_DOWN) and not new:
                server.drop_idle()
                if again:
                    continue
            raise failure(error, what, identity=server.target.identity) from error
        except UnicodeEncodeError:
            server.give_back(connection)
            raise InvalidInput(f"{what}: a character in it stands for nothing") from None
        except BaseException:
            server.drop(connection)
            raise
        server.give_back(connection)
        return answer


def one_by_one(connection: Connection, number: int, attempt: Attempt, rows: list[Any]) -> None:
    """Add the rows that come for message *number* to *rows*, one at a time: those before a limit are kept."""
    while True:
        kind, data, *_ = awaited(connection, number, attempt, 0)
        rows += data
        if kind == ldap.RES_SEARCH_RESULT:
            return


def found_in(rows: Sequence[Any], missing: Missing | None = None) -> Found:
    """Entries and continuation references apart: a reference has no DN."""
    references = [row for row in rows if row[0] is None]
    if not references:
        return Found(Entries(rows), (), missing)
    uris = tuple(uri for _, found in references for uri in found)
    return Found(Entries([row for row in rows if row[0] is not None]), uris, missing)


def whole(server: Server, entry: Entry) -> Steps[Entry]:
    """*entry* with every value of attributes of which the server gave only a part.

    Source: MS-ADTS 3.1.1.3.1.3.3, range retrieval of attribute values.
    """
    parts = entry.ranged()
    if not parts:
        return entry
    values = {name: found for name, found in entry.values.items() if RANGE not in name}
    for attribute, (first, following) in parts.items():
        collected, start = list(first), following
        while start is not None:
            found = yield from LdapSearch(server, entry.dn, attributes=(f"{attribute}{RANGE}{start}-*",), scope="base")
            more = found.entries[0].ranged() if found.entries else {}
            got, start = more.get(attribute, ((), None))
            collected += got
        values[attribute] = collected
    return Entry(entry.dn, values)
