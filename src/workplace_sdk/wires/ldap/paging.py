"""Searches that come a page at a time. Source: RFC 2696."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import field, frozen
from ldap.controls.libldap import SimplePagedResultsControl

import ldap
from workplace_sdk.kernel.effects import Action, Page, PageSteps, Steps
from workplace_sdk.kernel.errors import Unauthorized, Unavailable
from workplace_sdk.kernel.failures import Failure, Kind
from workplace_sdk.kernel.listing import Gap, Missing
from workplace_sdk.kernel.paging import for_each_page
from workplace_sdk.wires.ldap.entries import Entry
from workplace_sdk.wires.ldap.failing import described, failure, referred
from workplace_sdk.wires.ldap.opening import Connection, awaited, decoded
from workplace_sdk.wires.ldap.search import Found, LdapSearch, found_in, one_by_one
from workplace_sdk.wires.ldap.server import Server

if TYPE_CHECKING:
    from workplace_sdk.kernel.failures import Attempt

T = TypeVar("T")


@frozen
class LdapPage(Action[tuple[Found, bytes]]):
    """One page of a search on its own connection; answered with the cookie of the next, empty at the end."""

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
        control = SimplePagedResultsControl(True, self.size, self.cookie)
        while True:
            connection, new = self.course.leased(attempt, self.what)
            try:
                return self._page(connection, attempt, control)
            except ldap.LDAPError as error:
                self.course.drop()
                if isinstance(error, ldap.SERVER_DOWN) and not new and not self.cookie:
                    self.search.server.drop_idle()
                    continue
                raise self._failure(error) from error

    def _failure(self, error: ldap.LDAPError) -> Failure:
        told = failure(error, self.what, identity=self.search.server.target.identity)
        if isinstance(error, ldap.ADMINLIMIT_EXCEEDED):
            return Failure(Kind.REFUSED, PageRefused(told.error.message, identity=self.search.server.target.identity))
        if not self.cookie or isinstance(told.error, Unauthorized):
            return told
        # A page belongs to its connection, and Active Directory gives the next one when it is asked for a page again.
        return Failure(Kind.REFUSED, Unavailable(f"{self.what}: {described(error)}: start from the first page again"))

    def _page(self, connection: Connection, attempt: Attempt, control: Any) -> tuple[Found, bytes]:
        try:
            answer = awaited(connection, self.search.asked(connection, attempt, [control]), attempt)
        except ldap.SIZELIMIT_EXCEEDED:
            return self._kept(connection, attempt, control), b""
        except ldap.REFERRAL as error:
            return Found((), referred(error)), b""
        cookies = [one.cookie for one in decoded(answer[3]) if isinstance(one, SimplePagedResultsControl)]
        return found_in(answer[1]), cookies[0] if cookies else b""

    def _kept(self, connection: Connection, attempt: Attempt, control: Any) -> Found:
        """The page again, entry by entry: a limit on the whole paged search was reached in it."""
        rows: list[Any] = []
        with suppress(ldap.SIZELIMIT_EXCEEDED):
            one_by_one(connection, self.search.asked(connection, attempt, [control]), attempt, rows)
        return found_in(rows, Missing.SIZE_LIMIT)


class PageRefused(Unauthorized):
    """This identity may not have so many entries at a time, or no pages at all."""


class _Course:
    """The connection of one paged search: a cookie is worth something on its own connection only."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: Connection | None = None

    def leased(self, attempt: Attempt, what: str) -> tuple[Connection, bool]:
        """The connection, and whether it was made for this search."""
        new = False
        if self._connection is None:
            self._connection, new = self._server.lease(attempt, what)
        return self._connection, new

    def done(self) -> None:
        if self._connection is not None:
            self._server.give_back(self._connection)
        self._connection = None

    def drop(self) -> None:
        if self._connection is not None:
            self._server.drop(self._connection)
        self._connection = None


def paged(search: LdapSearch, *, size: int = 500, connection: str = "") -> PageSteps[Entry]:
    """The entries of *search*, a page of at most *size* at a time; fewer where the server refuses so many.

    Then those of the allowed servers to which it refers. Leaving early closes the connection, which ends the search on
    the server.
    """
    course = _Course(search.server)
    cookie = b""
    there: list[LdapSearch] = []
    try:
        while True:
            try:
                found, cookie = yield from LdapPage(search, course, size, cookie)
            except PageRefused:
                if cookie or size == 1:
                    raise
                size = max(1, size // 2)  # OpenLDAP refuses a page above its limit instead of making it smaller
                continue
            if not cookie:
                course.done()
            searches, left = search.elsewhere(found.referrals)
            there += searches
            yield Page(found.entries, gaps=Found((), left, found.missing).gaps(connection))
            if not cookie:
                break
    finally:
        course.drop()
    for other in there:
        yield from paged(other, size=size, connection=connection)


def collected(pages: PageSteps[T]) -> Steps[tuple[list[T], list[Gap]]]:
    """Everything on *pages*, and what is known to be missing from them."""
    items: list[T] = []
    gaps: list[Gap] = []

    def keep(page: Page[T]) -> Steps[bool]:
        items.extend(page.items)
        gaps.extend(page.gaps)
        return False
        yield

    yield from for_each_page(pages, keep)
    return items, gaps
