"""Reading of issues, shared by the operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from attrs import frozen

from workplace_sdk.connectors.redmine.connector import SWITCH, no_requester
from workplace_sdk.connectors.redmine.records import Issue, IssueReply, IssuesReply, User, UserReply, UsersReply
from workplace_sdk.connectors.redmine.translation import Translation
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import InvalidInput, NotFound, ProtocolError, Unauthorized
from workplace_sdk.kernel.operation import settled
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.incidents import Incidents, Ticket

if TYPE_CHECKING:
    from workplace_sdk.connectors.redmine.catalogue import Catalogue
    from workplace_sdk.connectors.redmine.connector import Redmine
    from workplace_sdk.connectors.redmine.records import Named
    from workplace_sdk.kernel.session import Session
    from workplace_sdk.wires.http import HttpExchange

Filter = tuple[str, str, Sequence[object]]
"""A field, an operator, and values."""
EVERYTHING: Final = "attachments,journals,relations,allowed_statuses"


@frozen
class Desk:
    """As whom Redmine is asked, and what it calls things.

    Attributes:
        me: Whom Redmine takes us for.
        switch: What is sent so that it does.
    """

    me: User
    switch: Mapping[str, str]
    translation: Translation

    @property
    def catalogue(self) -> Catalogue:
        return self.translation.catalogue


class RedmineBase(Incidents):
    """What operations on issues have in common."""

    def __init__(self, connection: Redmine, session: Session) -> None:
        super().__init__(connection, session)
        self.redmine = connection
        self.http = connection.http
        self.settings = connection.settings
        self.fields = connection.settings.fields

    @property
    def ours_alone(self) -> bool:
        """Whether Redmine sees our account, whoever asks."""
        return self.redmine.acts_as == "service"

    # -- as whom

    def desk(self) -> Steps[Desk]:
        """As whom the caller is seen: proved, because Redmine ignores the wish of who is no administrator."""
        login = None if self.ours_alone else (yield from self.login_of(None))
        if self.ours_alone and self.fields.requester is None:
            raise no_requester(self.connection_name)
        me = yield from self.redmine.account(login)
        catalogue = yield from self.redmine.catalogue()
        translation = Translation(self.settings, self.connection_name, self.session.zone, catalogue)
        return Desk(me, {SWITCH: login} if login else {}, translation)

    def login_of(self, person: PersonRef | None, field: str = "person") -> Steps[str]:
        """What the settings say is the login of *person* (the caller when left out)."""
        wanted: PersonRef = self.person(person)
        name = self.settings.person
        value: str | None = getattr(wanted, name)
        if value is None and self.session.identify is not None:
            value = yield from self.session.identify(wanted, name)
        if value is None:
            raise InvalidInput(f"Redmine knows people by {name}, and that of {wanted.label} is not known", field=field)
        return value

    def user_id(self, desk: Desk, person: PersonRef | None, field: str) -> Steps[int]:
        """Redmine's number of *person*, who is searched for by our account: as an administrator's it may."""
        wanted: PersonRef = self.person(person)
        if wanted.ref is not None and wanted.ref.connection == self.connection_name and wanted.ref.id.isdecimal():
            return int(wanted.ref.id)
        login = yield from self.login_of(wanted, field)
        if login.casefold() == desk.me.login.casefold():
            return desk.me.id
        try:
            reply = yield from self.http.get("/users.json", {"name": login, "limit": "100"})
        except Unauthorized:
            raise NotFound("only with the key of an administrator people are found by their login", field=field) from None
        for user in reply.model(UsersReply).users:
            if user.login.casefold() == login.casefold():
                self.redmine.people.keep(user.id, user)
                return user.id
        raise NotFound(f"Redmine has no active user {login}", field=field)

    def people(self, desk: Desk, named: Iterable[Named | None]) -> Steps[dict[int, PersonRef]]:
        """People by their number, as far as Redmine lets the caller know them."""
        found: dict[int, PersonRef] = {}
        for one in named:
            if one is not None and one.id not in found:
                user = desk.me if one.id == desk.me.id else self.redmine.people.get(one.id)
                if user is None:
                    user = yield from self._user(desk, one)
                found[one.id] = desk.translation.person(one, user)
        return found

    def _user(self, desk: Desk, one: Named) -> Steps[User]:
        reply = yield from settled(self._asked(desk, f"/users/{one.id}.json"))
        if isinstance(reply, UserReply):
            return self.redmine.people.keep(one.id, reply.user)
        if isinstance(reply, NotFound | Unauthorized):
            return User(id=one.id)
        raise reply

    def _asked(self, desk: Desk, path: str) -> Steps[UserReply]:
        reply = yield from self.get_(desk, path)
        try:
            return reply.model(UserReply)
        except ProtocolError:
            raise ProtocolError("Redmine does not say who that is") from None  # an excerpt might show an API key

    # -- issues

    def get_(self, desk: Desk, path: str, query: Mapping[str, str] | Sequence[tuple[str, str]] | None = None) -> HttpExchange:
        """Read *path* as the caller."""
        return self.http.exchange("GET", path, query=query, headers=desk.switch)

    def id_of(self, ref: Ref, kind: str = "incident") -> str:
        """Redmine's number of a record of this connection."""
        if ref.connection != self.connection_name or ref.kind != kind or not ref.id.isdecimal():
            raise NotFound(f"{ref} is no {kind} of {self.connection_name}", field="ref")
        return ref.id

    def issue(self, desk: Desk, ref: Ref) -> Steps[Issue]:
        """An issue with everything that belongs to it. One that the person may not see is not there."""
        try:
            reply = yield from self.get_(desk, f"/issues/{self.id_of(ref)}.json", {"include": EVERYTHING})
        except Unauthorized:
            if self.ours_alone:
                raise
            raise NotFound(f"there is no ticket {ref.id} that this person may see", field="ref") from None
        return reply.model(IssueReply).issue

    def read(self, desk: Desk, ref: Ref) -> Steps[Ticket]:
        """A ticket."""
        issue = yield from self.issue(desk, ref)
        return (yield from self.tickets_of(desk, (issue,)))[0]

    def tickets_of(self, desk: Desk, issues: Sequence[Issue]) -> Steps[tuple[Ticket, ...]]:
        """Issues as tickets, with their people."""
        people = yield from self.people(desk, (one for issue in issues for one in (issue.author, issue.assigned_to)))
        now, translation, service = self.session.now(), desk.translation, self.ours_alone
        return tuple(
            translation.ticket(
                issue,
                now,
                translation.requester(issue, people[issue.author.id], service=service),
                people[issue.author.id],
                people[issue.assigned_to.id] if issue.assigned_to else None,
            )
            for issue in issues
        )

    def found(self, desk: Desk, *filters: Filter, sort: str = "id:desc") -> PageSteps[Ticket]:
        """Tickets of the projects for which all of *filters* hold."""
        offset = 0
        while True:
            some = yield from self.some(desk, *filters, sort=sort, offset=offset)
            yield Page((yield from self.tickets_of(desk, some.issues)))
            offset += len(some.issues)
            if not some.issues or offset >= some.total_count:
                return

    def some(
        self, desk: Desk, *filters: Filter, sort: str = "id:desc", offset: int = 0, include: str = "relations"
    ) -> Steps[IssuesReply]:
        """Some issues. Filters are written out: in Redmine's short form a value that begins with a sign is an operator."""
        projects: Filter = ("project_id", "=", [project.id for project in desk.catalogue.projects])
        query = [("set_filter", "1"), ("sort", sort), ("include", include)]
        query += [("offset", str(offset)), ("limit", str(self.settings.page_size))]
        for name, operator, values in (projects, *filters):
            query += [("f[]", name), (f"op[{name}]", operator)]
            query += [(f"v[{name}][]", str(value)) for value in values]
        return (yield from self.get_(desk, "/issues.json", query)).model(IssuesReply)
