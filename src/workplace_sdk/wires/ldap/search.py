"""Searching, comparing and changing: effects that are answered with entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote

from attrs import evolve, field, frozen
from ldap.controls.libldap import SimplePagedResultsControl

import ldap
from workplace_sdk.kernel.effects import Action, Page, PageSteps, Steps
from workplace_sdk.kernel.errors import Unavailable
from workplace_sdk.kernel.failures import Failure, Kind
from workplace_sdk.kernel.listing import Gap, Missing
from workplace_sdk.wires.ldap.entries import RANGE, Entries, Entry
from workplace_sdk.wires.ldap.failing import failure
from workplace_sdk.wires.ldap.filters import Filter
from workplace_sdk.wires.ldap.server import Lease, Server, awaited

if TYPE_CHECKING:
    from workplace_sdk.kernel.failures import Attempt
    from workplace_sdk.kernel.keys import Key

_SCOPES: Final = {"base": ldap.SCOPE_BASE, "one": ldap.SCOPE_ONELEVEL, "sub": ldap.SCOPE_SUBTREE}
ANYTHING: Final = Filter("(objectClass=*)")
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
    """

    server: Server = field(repr=False, eq=False)
    base: str
    filter: Filter = ANYTHING
    attributes: tuple[str, ...] | None = None
    scope: Scope = "sub"
    limit: int = 0

    @property
    def what(self) -> str:
        return "a search in the directory"

    @property
    def harmless(self) -> bool:
        return True

    def perform(self, attempt: Attempt) -> Found:
        found = _leased(self.server, attempt, self.what, self._searched)
        return self._followed(found, attempt) if found.referrals and self.server.target.referrals else found

    def _searched(self, lease: Lease, attempt: Attempt) -> Found:
        if self.limit:
            return self._one_by_one(lease, attempt)
        try:
            answer = awaited(lease.connection, self.asked(lease, attempt), attempt)
        except (ldap.SIZELIMIT_EXCEEDED, ldap.TIMELIMIT_EXCEEDED):
            return self._one_by_one(lease, attempt)  # the library lost the entries: ask again in a way that keeps them
        return _found(answer[1])

    def asked(self, lease: Lease, attempt: Attempt, controls: Any = None) -> int:
        """Send the search; the number of the message."""
        seconds = max(1, int(attempt.remaining()))
        names = list(self.attributes) if self.attributes is not None else None
        number: int = lease.connection.search_ext(
            self.base, _SCOPES[self.scope], self.filter, names, 0, controls, None, seconds, self.limit
        )
        return number

    def _one_by_one(self, lease: Lease, attempt: Attempt) -> Found:
        """Entry by entry, so that those before a limit are kept."""
        number = self.asked(lease, attempt)
        rows: list[Any] = []
        missing: Missing | None = None
        try:
            while True:
                kind, data, *_ = awaited(lease.connection, number, attempt, 0)
                rows += data
                if kind == ldap.RES_SEARCH_RESULT:
                    break
        except ldap.SIZELIMIT_EXCEEDED:
            missing = Missing.SIZE_LIMIT
        except ldap.TIMELIMIT_EXCEEDED:
            missing = Missing.TIME_LIMIT
        return _found(rows, missing)

    def _followed(self, found: Found, attempt: Attempt, depth: int = 3) -> Found:
        """Add what the allowed servers of the referrals have; the others stay referrals."""
        entries, left = list(found.entries), list[str]()
        for uri in found.referrals:
            root, base = _split(uri)
            if root not in self.server.target.referrals or not depth:
                left.append(uri)
                continue
            there = evolve(self, server=self.server.other(root), base=base or self.base)
            more = _leased(there.server, attempt, self.what, there._searched)  # noqa: SLF001 - one of our own
            entries += more.entries
            left += more.referrals
        return Found(entries, tuple(left), found.missing)


@frozen
class LdapPage(Action[tuple[Found, bytes]]):
    """One page of a search on a leased connection; answered with the cookie of the next, empty at the end."""

    search: LdapSearch
    course: _Course = field(repr=False, eq=False)
    size: int
    cookie: bytes

    @property
    def what(self) -> str:
        return "a page of the directory"

    @property
    def harmless(self) -> bool:
        return True

    def perform(self, attempt: Attempt) -> tuple[Found, bytes]:
        lease = self.course.leased(self.search.server, attempt, self.what)
        control = SimplePagedResultsControl(True, self.size, self.cookie)
        missing: Missing | None = None
        try:
            try:
                answer = awaited(lease.connection, self.search.asked(lease, attempt, [control]), attempt)
                rows, controls = answer[1], answer[3]
            except ldap.SIZELIMIT_EXCEEDED:
                rows, controls, missing = *self._kept(lease, attempt, control), Missing.SIZE_LIMIT
        except ldap.LDAPError as error:
            self.course.drop()
            if self.cookie:  # a page belongs to its connection: it cannot be asked for again on another
                raise Failure(
                    Kind.REFUSED, Unavailable(f"{self.what}: {failure(error, self.what, identity=None).error.message}")
                ) from error
            raise failure(error, self.what, identity=self.search.server.target.identity) from error
        cookies = [one.cookie for one in controls if isinstance(one, SimplePagedResultsControl)]
        return _found(rows, missing), cookies[0] if cookies and not missing else b""

    def _kept(self, lease: Lease, attempt: Attempt, control: Any) -> tuple[list[Any], list[Any]]:
        """The page again, entry by entry: a limit on the whole paged search was reached in it."""
        number = self.search.asked(lease, attempt, [control])
        rows: list[Any] = []
        try:
            while True:
                kind, data, *_ = awaited(lease.connection, number, attempt, 0)
                rows += data
                if kind == ldap.RES_SEARCH_RESULT:
                    return rows, []
        except ldap.SIZELIMIT_EXCEEDED:
            return rows, []


class _Course:
    """The connection of one paged search: a cookie is worth something on its own connection only."""

    def __init__(self) -> None:
        self._lease: Lease | None = None

    def leased(self, server: Server, attempt: Attempt, what: str) -> Lease:
        if self._lease is None:
            self._lease = server.lease(attempt, what)
        return self._lease

    def done(self) -> None:
        if self._lease is not None:
            self._lease.done()
        self._lease = None

    def drop(self) -> None:
        if self._lease is not None:
            self._lease.drop()
        self._lease = None


def paged(search: LdapSearch, *, size: int = 500, connection: str = "") -> PageSteps[Entry]:
    """The entries of *search*, a page of at most *size* at a time; fewer where the server refuses so many.

    Leaving early closes the connection, which ends the search on the server.
    """
    course = _Course()
    cookie = b""
    try:
        while True:
            try:
                found, cookie = yield from LdapPage(search, course, size, cookie)
            except Exception as error:
                if cookie or size <= 1 or getattr(error, "native_code", None) != str(ldap.ADMINLIMIT_EXCEEDED.errnum):
                    raise
                size = max(1, size // 2)  # OpenLDAP refuses a page above its limit instead of making it smaller
                continue
            if not cookie:
                course.done()
            yield Page(found.entries, gaps=found.gaps(connection))
            if not cookie:
                return
    finally:
        course.drop()


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
        return bool(_leased(self.server, attempt, self.what, self._compared))

    def _compared(self, lease: Lease, attempt: Attempt) -> bool:
        number = lease.connection.compare_ext(self.dn, self.attribute, self.value.encode())
        try:
            awaited(lease.connection, number, attempt)
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
    key_: Key | None = None

    @property
    def what(self) -> str:
        return "a change in the directory"

    @property
    def key(self) -> Key | None:
        return self.key_

    def perform(self, attempt: Attempt) -> None:
        _leased(self.server, attempt, self.what, self._modified)

    def _modified(self, lease: Lease, attempt: Attempt) -> None:
        changes = [(ldap.MOD_REPLACE, name, [value.encode() for value in values] or None) for name, values in self.replace]
        awaited(lease.connection, lease.connection.modify_ext(self.dn, changes), attempt)


def _leased(server: Server, attempt: Attempt, what: str, exchange: Any) -> Any:
    """Do *exchange* on a leased connection. One that was pooled and turns out dead is replaced, once, before anything was asked."""
    while True:
        lease = server.lease(attempt, what)
        try:
            answer = exchange(lease, attempt)
        except ldap.LDAPError as error:
            if isinstance(error, ldap.SERVER_DOWN | ldap.TIMEOUT | ldap.CONNECT_ERROR | ldap.UNAVAILABLE):
                lease.drop()
            else:
                lease.done()
            if isinstance(error, ldap.SERVER_DOWN) and not lease.fresh:
                server.drop_idle()
                if exchange.__name__ != "_modified":
                    continue
            raise failure(error, what, identity=server.target.identity) from error
        except BaseException:
            lease.drop()
            raise
        lease.done()
        return answer


def _found(rows: Sequence[Any], missing: Missing | None = None) -> Found:
    """Entries and continuation references apart: a reference has no DN."""
    references = tuple(uri for dn, uris in rows if dn is None for uri in uris)
    return Found(Entries([row for row in rows if row[0] is not None] if references else rows), references, missing)


def _split(uri: str) -> tuple[str, str]:
    """``ldap://host:port`` and the DN of a referral. Source: RFC 4516."""
    scheme, _, rest = uri.partition("://")
    host, _, path = rest.partition("/")
    return f"{scheme}://{host}", unquote(path.partition("?")[0])


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
