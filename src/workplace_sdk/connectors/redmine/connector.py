"""The ``redmine`` connector: how Redmine is reached, as whom, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from workplace_sdk.connectors.redmine.catalogue import Catalogue, numbers, proved
from workplace_sdk.connectors.redmine.records import (
    Definition,
    DefinitionsReply,
    IssuesReply,
    PrioritiesReply,
    Project,
    ProjectReply,
    StatusesReply,
    TrackersReply,
    User,
    UserReply,
)
from workplace_sdk.connectors.redmine.settings import RedmineSettings
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.effects import All
from workplace_sdk.kernel.errors import ConfigError, NotFound, ProtocolError, Rejected, Unauthorized, WorkplaceError
from workplace_sdk.kernel.memory import Memory
from workplace_sdk.kernel.operation import settled
from workplace_sdk.wires.http import excerpt

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.wires.http import Reply

LIFETIME: Final = 300.0
"""Seconds that names, numbers and people are remembered."""
SWITCH: Final = "X-Redmine-Switch-User"


class Redmine(Connector):
    """Tickets of some projects of one Redmine: as our account, or as the person (with the key of an administrator)."""

    settings_type = RedmineSettings
    services = {"incidents": "workplace_sdk.connectors.redmine.incidents:RedmineIncidents"}  # noqa: RUF012 - a ClassVar in the base
    acts_as_person: ClassVar[bool] = True
    settings: RedmineSettings

    def __init__(self, name: str, settings: RedmineSettings, surroundings: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, settings, surroundings)
        self.http = settings.http(self.surroundings.get("directory"), refusal=refusal)
        self.known: Memory[Catalogue] = Memory(LIFETIME)
        self.accounts: Memory[User] = Memory(LIFETIME)
        self.people: Memory[User] = Memory(LIFETIME)

    def account(self, login: str | None) -> Steps[User]:
        """Whom Redmine takes us for, when we ask to be *login*. It ignores the wish of who is no administrator, and says nothing."""
        return (yield from self.accounts.recalled(login, lambda: self._account(login)))

    def _account(self, login: str | None) -> Steps[User]:
        headers = {SWITCH: login} if login else {}
        reply = yield from self.http.get("/users/current.json", headers=headers)
        try:
            user = reply.model(UserReply).user
        except ProtocolError:
            raise ProtocolError("Redmine does not say who we are") from None  # an excerpt might show an API key
        if login and user.login.casefold() != login.casefold():
            raise not_an_administrator(self.name)
        return user

    def catalogue(self) -> Steps[Catalogue]:
        """Names and numbers, as remembered or asked for."""
        return (yield from self.known.recalled("catalogue", self._catalogue))

    def _catalogue(self) -> Steps[Catalogue]:
        statuses, priorities, trackers = yield from All(
            self.http.get("/issue_statuses.json"),
            self.http.get("/enumerations/issue_priorities.json"),
            self.http.get("/trackers.json"),
        )
        projects = yield from All(*(self._project(identifier) for identifier in self.settings.projects))
        return Catalogue(
            statuses=numbers(statuses.model(StatusesReply).issue_statuses),
            priorities=numbers(priorities.model(PrioritiesReply).issue_priorities),
            trackers=numbers(trackers.model(TrackersReply).trackers),
            projects=projects,
            fields=(yield from self._fields(projects)),
        )

    def _project(self, identifier: str) -> Steps[Project]:
        include = {"include": "trackers,issue_categories"}
        try:
            return (yield from self.http.get(f"/projects/{identifier}.json", include)).model(ProjectReply).project
        except (NotFound, Unauthorized) as refused:
            why = f"there is no project {identifier!r}, or our account may not see it"
            raise ConfigError(why, table=f"connections.{self.name}", key="projects") from refused

    def _fields(self, projects: Sequence[Project]) -> Steps[dict[str, Definition]]:
        """The fields that the settings name. Only administrators may ask for them; others learn them from a ticket."""
        asked = yield from settled(self._definitions())
        if isinstance(asked, Unauthorized):
            asked = yield from self._learnt(projects)
        if isinstance(asked, WorkplaceError):
            raise asked
        by_name = {one.name: one for one in asked if one.customized_type in ("", "issue")}
        return {meaning: by_name[name] for meaning, name in self.settings.fields.named().items() if name in by_name}

    def _definitions(self) -> Steps[tuple[Definition, ...]]:
        return (yield from self.http.get("/custom_fields.json")).model(DefinitionsReply).custom_fields

    def _learnt(self, projects: Sequence[Project]) -> Steps[tuple[Definition, ...]]:
        """The fields that the newest ticket with each tracker has, and for which trackers they are."""
        learnt: dict[int, Definition] = {}
        wanted = set(self.settings.trackers.values())
        pairs = [(project, one) for project in projects for one in project.trackers if one.name in wanted]
        query = {"status_id": "*", "limit": "1", "set_filter": "1"}
        replies = yield from All(
            *(
                self.http.get("/issues.json", {"project_id": str(project.id), "tracker_id": str(one.id), **query})
                for project, one in pairs
            )
        )
        for (_, tracker), reply in zip(pairs, replies, strict=True):
            for field in (one for issue in reply.model(IssuesReply).issues for one in issue.custom_fields):
                known = learnt.get(field.id) or Definition(id=field.id, name=field.name)
                learnt[field.id] = known.model_copy(update={"trackers": (*known.trackers, tracker)})
        return tuple(learnt.values())

    def ping(self) -> Steps[str]:
        """Ask who we are, and see to it that Redmine has everything that the settings name."""
        self.known.clear()
        user = yield from self._account(None)
        catalogue = yield from self.catalogue()
        proved(self.settings, catalogue, f"connections.{self.name}")
        if self.acts_as == "service" and self.settings.fields.requester is None:
            raise no_requester(self.name)
        if self.acts_as == "person" and isinstance((yield from settled(self._definitions())), Unauthorized):
            raise not_an_administrator(self.name)
        return f"Redmine as {user.login}, {', '.join(project.name for project in catalogue.projects)}"

    def close(self) -> None:
        self.http.close()

    async def aclose(self) -> None:
        await self.http.aclose()


def no_requester(name: str) -> ConfigError:
    """Where Redmine sees our account alone, a field has to say who has the trouble."""
    why = 'with acts_as = "service" Redmine has to have a field for who has the trouble'
    return ConfigError(why, table=f"connections.{name}.fields", key="requester")


def not_an_administrator(name: str) -> ConfigError:
    """Only administrators may act as someone else."""
    why = 'acts_as = "person" needs the key of an administrator: of others Redmine ignores for whom they act'
    return ConfigError(why, table=f"connections.{name}", key="auth")


class NotValid(Rejected):
    """Redmine refused values, in sentences of the language of whoever asks; it does not say of which fields.

    Attributes:
        sentences: What it says.
    """

    def __init__(self, sentences: tuple[str, ...]) -> None:
        super().__init__("; ".join(sentences) or "Redmine refused it without saying why", native_code="422")
        self.sentences = sentences


def refusal(reply: Reply) -> WorkplaceError | None:
    """What is behind a status; Redmine says little, or says it in the language of whoever asks."""
    if reply.status == 412:
        return Unauthorized("Redmine has no active user with the login of the person who asks")
    if reply.status != 422:
        return None
    try:
        told: Any = reply.json()
    except ProtocolError:
        return NotValid(())
    errors = told.get("errors") if isinstance(told, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    said = errors if isinstance(errors, list) else []  # pyright: ignore[reportUnknownVariableType]
    return NotValid(tuple(excerpt(one, reply.hidden) for one in said if isinstance(one, str)))  # pyright: ignore[reportUnknownVariableType]
