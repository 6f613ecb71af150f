"""The expert directory of an LDAP connection."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from workplace_sdk.connectors.ldap.finding import candidates_filter, ranked
from workplace_sdk.connectors.ldap.groups import group_named, inside, walked
from workplace_sdk.connectors.ldap.keys import id_filter, key_filter
from workplace_sdk.connectors.ldap.translation import fetched, people_filter, shows, to_expert
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import InvalidInput, NotFound, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Gap, Listing
from workplace_sdk.kernel.operation import pages, read, write
from workplace_sdk.kernel.paging import mapped_pages
from workplace_sdk.kernel.support import Absent, Native, Support
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import Expert, ExpertDirectory, ExpertQuery, Match, SkillClaim
from workplace_sdk.wires.ldap.entries import Entry, below, is_dn
from workplace_sdk.wires.ldap.filters import Filter, all_of, at_least, equals
from workplace_sdk.wires.ldap.paging import collected, paged
from workplace_sdk.wires.ldap.search import ANYTHING, Found, LdapModify, LdapSearch

if TYPE_CHECKING:
    from workplace_sdk.connectors.ldap.connector import Ldap
    from workplace_sdk.kernel.session import Session

HERE: Final = Native(evidence="live")
FIND: Final = Native(
    evidence="live",
    note="ranked here; typos only with index = true",
    without={"topic_level", "languages", "available"},
)


class LdapExperts(ExpertDirectory):
    """People of a directory; searched there, or in the index when the connection keeps one."""

    absent = {"availability": "a directory does not know what people are doing"}  # noqa: RUF012 - a ClassVar in the base

    def __init__(self, connection: Ldap, session: Session) -> None:
        super().__init__(connection, session)
        self.ldap = connection
        self.settings = connection.settings

    def support_of(self, name: str) -> Support:
        needed = {"who_is": "responsibilities", "update_topics": "topics"}.get(name)
        if needed and self.settings.attribute(needed) is None:
            return Absent(f"the settings name no attribute for {needed}")
        return super().support_of(name)

    @read(support=FIND)
    def find(self, query: ExpertQuery) -> Steps[Listing[Match]]:
        if self.settings.index and (yield from self._indexed()):
            from workplace_sdk.search.experts import found as found_in_index

            assert self.ldap.store is not None
            return (yield from self.ldap.store.read(found_in_index(query, self.connection_name), "the people index"))
        found = yield from self._found(candidates_filter(self.settings, query), limit=self.settings.most)
        matches = ranked(self._shown(found.entries), query)
        return Listing(matches, gaps=found.gaps(self.connection_name), answered=(self.connection_name,))

    def _indexed(self) -> Steps[bool]:
        """Whether the index was filled."""
        from workplace_sdk.search.index import state

        assert self.ldap.store is not None
        name = self.connection_name
        told = yield from self.ldap.store.read(lambda connection: state(connection, name), "the people index")
        return told.synced_at is not None

    @read(support=HERE)
    def get(self, person: PersonRef | None = None) -> Steps[Expert]:
        wanted: PersonRef = self.person(person)
        shown = self._shown((yield from self._looked_up(wanted)).entries)
        if len(shown) > 1:
            raise InvalidInput(
                f"{wanted.label} could be several people: give a number, login or e-mail address", field="person"
            )
        if not shown:
            raise NotFound(f"{wanted.label} is not in the directory", field="person")
        return shown[0]

    def _looked_up(self, wanted: PersonRef) -> Steps[Found]:
        """Entries of *wanted*, by what changes least: the directory's own id, the DN, other keys."""
        if wanted.ref is not None and wanted.ref.connection == self.connection_name:
            id_ = wanted.ref.id
            return (yield from self._at(id_) if is_dn(id_) else self._found(id_filter(self.settings, id_), limit=2))
        found = (yield from self._at(wanted.dn)) if wanted.dn else Found(())
        if not found.entries and (by_key := key_filter(self.settings, wanted)) is not None:
            found = yield from self._found(by_key, limit=2)
        return found

    @read(support=HERE)
    def chain(self, person: PersonRef | None = None) -> Steps[Listing[Expert]]:
        expert = yield from self.get.steps(person)  # as the directory spells them, so that a circle is one
        return (yield from super().chain.steps(expert.person))

    @read(support=HERE)
    def team(self, person: PersonRef | None = None) -> Steps[Listing[Expert]]:
        expert = yield from self.get.steps(person)
        found = yield from self._reports(expert.person.dn)
        if not found.entries and expert.manager is not None:
            found = yield from self._reports(expert.manager.dn)
        return self._listed(self._shown(found.entries), found.gaps(self.connection_name))

    @read(support=HERE)
    def who_is(self, responsibility: str, *, site: str | None = None) -> Steps[Listing[Expert]]:
        attribute = self.settings.attribute("responsibilities")
        place = self.settings.attribute("site")
        assert attribute is not None, "refused before when no attribute is named"
        parts = [equals(attribute, responsibility)]
        if site and place:
            parts.append(equals(place, site))
        found = yield from self._found(all_of(*parts), limit=self.settings.most)
        return self._listed(self._shown(found.entries), found.gaps(self.connection_name))

    @read(support=HERE)
    def members(self, group: str) -> Steps[Listing[Expert]]:
        root = yield from group_named(self.ldap, group)
        if self.settings.profile == "active-directory":
            everyone, gaps = yield from collected(self._pages(inside(root)))
            return self._listed(everyone, gaps)
        found = yield from walked(self.ldap, root)
        return self._listed(self._shown(found.entries), found.gaps(self.connection_name))

    @pages(support=HERE)
    def people(self, *, since: datetime | None = None) -> PageSteps[Expert]:
        changed = self.settings.attribute("changed")
        chosen = ANYTHING
        if since is not None and changed:
            chosen = at_least(changed, f"{since.astimezone(UTC):%Y%m%d%H%M%SZ}")
        yield from self._pages(chosen)

    @write(Safety.ONCE, support=HERE)
    def update_topics(
        self, topics: tuple[SkillClaim, ...], *, person: PersonRef | None = None, key: Key | None = None
    ) -> Steps[Expert]:
        attribute = self.settings.attribute("topics")
        assert attribute is not None, "refused before when no attribute is named"
        by_folded: dict[str, str] = {}
        for claim in topics:
            by_folded.setdefault(claim.name.casefold(), claim.name)
        names = tuple(by_folded.values())
        if any(len(name.splitlines()) > 1 for name in names):
            raise InvalidInput("a topic is one line", field="topics")
        expert = yield from self.get.steps(person)
        dn = str(expert.person.dn)
        try:
            yield from LdapModify(self.ldap.server, dn, ((attribute, names),))
        except InvalidInput:
            if self.settings.profile != "active-directory" or len(names) < 2:
                raise  # there "info" has one value, with a topic on each line of it
            yield from LdapModify(self.ldap.server, dn, ((attribute, ("\r\n".join(names),)),))
        return (yield from self.get.steps(expert.person))

    def _found(self, chosen: Filter, *, limit: int = 0) -> Steps[Found]:
        """People who show and fit *chosen*."""
        wanted = all_of(people_filter(self.settings), chosen)
        try:
            return (yield from LdapSearch(self.ldap.server, self.settings.base, wanted, fetched(self.settings), "sub", limit))
        except NotFound as error:
            raise self.ldap.no_base() from error

    def _at(self, dn: str) -> Steps[Found]:
        """The entry of a DN, when it is of someone below the base who shows."""
        if not below(dn, self.settings.base):
            return Found(())
        try:
            return (yield from LdapSearch(self.ldap.server, dn, people_filter(self.settings), fetched(self.settings), "base"))
        except Rejected:  # there is none, or the DN is none in this directory
            return Found(())

    def _pages(self, chosen: Filter) -> PageSteps[Expert]:
        """People who show and fit *chosen*, page by page."""
        search = LdapSearch(
            self.ldap.server, self.settings.base, all_of(people_filter(self.settings), chosen), fetched(self.settings)
        )
        source = paged(search, size=self.settings.page_size, connection=self.connection_name)
        try:
            yield from mapped_pages(source, lambda page: Page(self._shown(page.items), gaps=page.gaps))
        except NotFound as error:
            raise self.ldap.no_base() from error

    def _reports(self, dn: str | None) -> Steps[Found]:
        attribute = self.settings.attribute("manager")
        if dn is None or attribute is None or not is_dn(dn):
            return Found(())
        return (yield from self._found(equals(attribute, dn), limit=self.settings.most))

    def _shown(self, entries: Iterable[Entry]) -> tuple[Expert, ...]:
        now = self.session.now()
        return tuple(
            to_expert(self.settings, entry, self.connection_name, now) for entry in entries if shows(self.settings, entry)
        )

    def _listed(self, experts: Iterable[Expert], gaps: Iterable[Gap]) -> Listing[Expert]:
        by_name = sorted(experts, key=lambda expert: (expert.name, str(expert.ref)))
        return Listing(by_name, gaps=gaps, answered=(self.connection_name,))
