"""The expert directory of an LDAP connection."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from workplace_sdk.connectors.ldap.finding import candidates_filter, ranked
from workplace_sdk.connectors.ldap.translation import fetched, people_filter, shows, to_expert
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import InvalidInput, NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import pages, read, write
from workplace_sdk.kernel.paging import gather, mapped_pages
from workplace_sdk.kernel.support import Absent, Native, Support
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import Expert, ExpertDirectory, ExpertQuery, Match, SkillClaim
from workplace_sdk.wires.ldap.entries import Entry, is_dn, same_dn
from workplace_sdk.wires.ldap.filters import Filter, all_of, any_of, at_least, equals, matches
from workplace_sdk.wires.ldap.search import ANYTHING, Found, LdapModify, LdapSearch, Scope, paged, whole

if TYPE_CHECKING:
    from workplace_sdk.connectors.ldap.connector import Ldap
    from workplace_sdk.kernel.session import Session

HERE: Final = Native(evidence="live")
FIND: Final = Native(
    evidence="live",
    note="ranked here; typos only with index = true",
    without={"topic_level", "languages", "available"},
)
IN_CHAIN: Final = "1.2.840.113556.1.4.1941"
"""Membership through groups inside groups. Source: MS-ADTS 3.1.1.3.4.4.3."""
MOST_GROUPS: Final = 1000


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
            from workplace_sdk.search.experts import found

            assert self.ldap.store is not None
            return (yield from self.ldap.store.read(found(query, self.connection_name), "the people index"))
        wanted = candidates_filter(self.settings, query, people_filter(self.settings))
        answer = yield from self._search(wanted, limit=self.settings.most)
        return Listing(ranked(self._shown(answer), query), gaps=self._gaps(answer), answered=(self.connection_name,))

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
        dn = wanted.dn
        if dn is not None and is_dn(dn):
            answer = yield from self._base(dn)
        else:
            answer = yield from self._search(all_of(people_filter(self.settings), self._who(wanted)), limit=2)
        shown = self._shown(answer)
        if len(shown) > 1:
            raise InvalidInput(
                f"{wanted.label} could be several people: give a number, login or e-mail address", field="person"
            )
        if not shown:
            raise NotFound(f"{wanted.label} is not in the directory", field="person")
        return shown[0]

    @read(support=HERE)
    def team(self, person: PersonRef | None = None) -> Steps[Listing[Expert]]:
        expert = yield from self.get.steps(person)
        found = yield from self._reports(expert.person.dn)
        if not found.entries and expert.manager is not None:
            found = yield from self._reports(expert.manager.dn)
        return self._listed(found)

    @read(support=HERE)
    def who_is(self, responsibility: str, *, site: str | None = None) -> Steps[Listing[Expert]]:
        attribute = self.settings.attribute("responsibilities")
        place = self.settings.attribute("site")
        assert attribute is not None, "refused before when no attribute is named"
        parts = [people_filter(self.settings), equals(attribute, responsibility)]
        if site and place:
            parts.append(equals(place, site))
        return self._listed((yield from self._search(all_of(*parts), limit=self.settings.most)))

    @read(support=HERE)
    def members(self, group: str) -> Steps[Listing[Expert]]:
        root = yield from self._group(group)
        if self.settings.profile == "active-directory":
            inside = matches("memberOf", IN_CHAIN, root.dn)
            return self._listed((yield from self._all(all_of(people_filter(self.settings), inside))))
        return self._listed((yield from self._walked(root)))

    @pages(support=HERE)
    def people(self, *, since: datetime | None = None) -> PageSteps[Expert]:
        chosen = people_filter(self.settings)
        changed = self.settings.attribute("changed")
        if since is not None and changed:
            from datetime import UTC

            chosen = all_of(chosen, at_least(changed, since.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")))
        search = LdapSearch(self.ldap.server, self.settings.base, chosen, fetched(self.settings))
        source = paged(search, size=self.settings.page_size, connection=self.connection_name)
        yield from mapped_pages(source, lambda page: Page(self._shown(Found(page.items)), gaps=page.gaps))

    @write(Safety.ONCE, support=HERE)
    def update_topics(
        self, topics: tuple[SkillClaim, ...], *, person: PersonRef | None = None, key: Key | None = None
    ) -> Steps[Expert]:
        attribute = self.settings.attribute("topics")
        assert attribute is not None, "refused before when no attribute is named"
        expert = yield from self.get.steps(person)
        names = tuple(dict.fromkeys(claim.name for claim in topics))
        yield from LdapModify(self.ldap.server, str(expert.person.dn), ((attribute, names),))
        return (yield from self.get.steps(expert.person))

    def _search(self, chosen: Filter, *, limit: int = 0, base: str | None = None, scope: Scope = "sub") -> LdapSearch:
        return LdapSearch(self.ldap.server, base or self.settings.base, chosen, fetched(self.settings), scope, limit)

    def _base(self, dn: str) -> Steps[Found]:
        """The entry of a DN, when it is a person who shows."""
        try:
            return (yield from self._search(people_filter(self.settings), base=dn, scope="base"))
        except NotFound:
            return Found(())

    def _all(self, chosen: Filter) -> Steps[Found]:
        """Everyone who fits, page by page."""
        search = LdapSearch(self.ldap.server, self.settings.base, chosen, fetched(self.settings))
        return Found((yield from gather(paged(search, size=self.settings.page_size, connection=self.connection_name))))

    def _who(self, person: PersonRef) -> Filter:
        """One person, by the best key that is known."""
        if person.ref is not None and person.ref.connection == self.connection_name:
            return self._by_id(person.ref.id)
        for key in ("employee_number", "login", "email"):
            value: str | None = getattr(person, key)
            attribute = self.settings.attribute(key)
            if value and attribute:
                return equals(attribute, value)
        names = [name for meaning in ("name", "shown_name") if (name := self.settings.attribute(meaning))]
        if person.display_name is None:
            raise NotFound(f"{person.label} is not known here", field="person")
        return any_of(*(equals(name, person.display_name) for name in dict.fromkeys(names)))

    def _by_id(self, id_: str) -> Filter:
        attribute = self.settings.attribute("id")
        if attribute is None:
            raise NotFound("this directory keeps no ids", field="person")
        if self.settings.profile == "active-directory":
            import uuid

            try:
                return equals(attribute, uuid.UUID(id_).bytes_le)
            except ValueError:
                raise NotFound(f"{id_} is no id of this directory", field="person") from None
        return equals(attribute, id_)

    def _reports(self, dn: str | None) -> Steps[Found]:
        attribute = self.settings.attribute("manager")
        if dn is None or attribute is None or not is_dn(dn):
            return Found(())
        return (yield from self._search(all_of(people_filter(self.settings), equals(attribute, dn)), limit=self.settings.most))

    def _group(self, group: str) -> Steps[Entry]:
        if is_dn(group):
            search = LdapSearch(self.ldap.server, group, ANYTHING, ("cn", "member", "uniqueMember"), "base")
        else:
            kinds = any_of(*(equals("objectClass", kind) for kind in ("groupOfNames", "groupOfUniqueNames", "group")))
            base = self.settings.group_base or self.settings.base
            search = LdapSearch(
                self.ldap.server, base, all_of(kinds, equals("cn", group)), ("cn", "member", "uniqueMember"), "sub", 2
            )
        found = yield from search
        if len(found.entries) != 1:
            raise NotFound(f"there is no one group {group}", field="group")
        return (yield from whole(self.ldap.server, found.entries[0]))

    def _walked(self, root: Entry) -> Steps[Found]:
        """Members of a group and of the groups in it, each once; groups may contain one another."""
        seen, waiting, entries = [root.dn], [root], list[Entry]()
        while waiting and len(seen) < MOST_GROUPS:
            group = waiting.pop()
            for dn in (*group.all("member"), *group.all("uniqueMember")):
                if any(same_dn(dn, other) for other in seen):
                    continue
                seen.append(dn)
                found = yield from self._base(dn)
                entries += found.entries
                if not found.entries:
                    inner = yield from self._inner_group(dn)
                    waiting += inner
        return Found(entries, missing=Missing.SIZE_LIMIT if waiting else None)

    def _inner_group(self, dn: str) -> Steps[list[Entry]]:
        """The group of a DN; none when the DN is of something else or of nothing."""
        try:
            found = yield from LdapSearch(self.ldap.server, dn, ANYTHING, ("cn", "member", "uniqueMember"), "base")
        except NotFound:
            return []
        groups: list[Entry] = []
        for entry in found.entries:
            groups.append((yield from whole(self.ldap.server, entry)))  # noqa: PERF401 - a comprehension cannot yield
        return groups

    def _shown(self, found: Found) -> tuple[Expert, ...]:
        now = self.session.now()
        return tuple(
            to_expert(self.settings, entry, self.connection_name, now) for entry in found.entries if shows(self.settings, entry)
        )

    def _listed(self, found: Found) -> Listing[Expert]:
        experts = sorted(self._shown(found), key=lambda expert: (expert.name, str(expert.ref)))
        return Listing(experts, gaps=self._gaps(found), answered=(self.connection_name,))

    def _gaps(self, found: Found) -> tuple[Gap, ...]:
        return found.gaps(self.connection_name)
