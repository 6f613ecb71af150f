"""Colleagues: who knows about what, who is responsible for what, how they can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, Field, model_validator

from workplace_sdk.kernel.access import Access, Relation
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import Service, pages, read, write
from workplace_sdk.kernel.preview import Preview, PreviewLine
from workplace_sdk.services.common import Model, PersonRef, Record, named

if TYPE_CHECKING:
    from typing import Self


class Visibility(StrEnum):
    """Who may see a profile."""

    EVERYONE = "everyone"
    INTERNAL = "internal"
    LIMITED = "limited"


class ClaimOrigin(StrEnum):
    """Who says that someone knows about something."""

    SELF = "self"
    MANAGER = "manager"
    HR = "hr"
    CERTIFICATE = "certificate"
    INFERRED = "inferred"
    DIRECTORY = "directory"


class SkillClaim(Model):
    """Someone knows about *name*; *level* from 1 (some) to 5 (others learn it from them)."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    level: Annotated[int, Field(ge=1, le=5)] | None = None
    origin: ClaimOrigin = ClaimOrigin.SELF


class Channel(StrEnum):
    """Ways to reach someone."""

    EMAIL = "email"
    PHONE = "phone"
    MOBILE = "mobile"
    CHAT = "chat"
    DESK = "desk"


class ReachOption(Model):
    """One way to reach someone; *rank* 1 is tried first."""

    channel: Channel
    address: str
    rank: int = 1


class Expert(Record):
    """A colleague, as the directory shows them.

    Attributes:
        organisation: The units they are in, outermost first.
        languages: BCP 47 tags.
        topics: What they know about.
        responsibilities: What they are there for: first-aider, key user of a system.
        changed_at: When the directory last changed the entry, as far as it says.
    """

    person: PersonRef
    given_name: str | None = None
    family_name: str | None = None
    job_title: str | None = None
    organisation: tuple[str, ...] = ()
    manager: PersonRef | None = None
    site: str | None = None
    room: str | None = None
    languages: tuple[str, ...] = ()
    zone: str | None = None
    topics: tuple[SkillClaim, ...] = ()
    responsibilities: tuple[str, ...] = ()
    about: str | None = None
    reach: tuple[ReachOption, ...] = ()
    visibility: Visibility = Visibility.EVERYONE
    changed_at: AwareDatetime | None = None

    @property
    def name(self) -> str:
        """The name to show."""
        return self.person.label


class ExpertQuery(Model):
    """Who is looked for. *text* is words in any order, each a name, a topic, a title, a unit or a place, or the start of one.

    Attributes:
        topics: All of these.
        site: Only there.
        organisation: Only in this unit.
        limit: At most so many, 1 to 200.
    """

    text: Annotated[str, Field(max_length=400)] = ""
    topics: tuple[str, ...] = ()
    site: str | None = None
    organisation: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 20

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not (self.text.strip() or self.topics or self.site or self.organisation):
            raise ValueError("say who is looked for: text, topics, site or organisation")
        return self


class ReasonKind(StrEnum):
    """Why someone matches."""

    TOPIC = "topic"
    RESPONSIBILITY = "responsibility"
    NAME = "name"
    TITLE = "title"
    ORGANISATION = "organisation"
    PLACE = "place"
    ABOUT = "about"


class Reason(Model):
    """*typed* was found as *found* in what *kind* says; *weight* is its part of the score; *how*: exact, prefix or typo."""

    kind: ReasonKind
    typed: str
    found: str
    how: str = "exact"
    weight: Decimal

    def __str__(self) -> str:
        return f"{self.kind}: {self.found}" if self.how != "typo" else f"{self.kind}: {self.found} (~{self.typed})"


class Match(Model):
    """A colleague who fits, with a score from 0 to 1 and why. Equal scores are ordered by name."""

    expert: Expert
    score: Annotated[Decimal, Field(ge=0, le=1)]
    reasons: tuple[Reason, ...] = ()


class Presence(StrEnum):
    """What someone is doing, as far as is known."""

    FREE = "free"
    BUSY = "busy"
    IN_MEETING = "in_meeting"
    OFF_WORK = "off_work"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Availability(Model):
    """Whether someone can be reached at *as_of*. Why someone is absent is never said.

    Attributes:
        until: When *now* ends.
        next_free: When they are next expected to be free.
        backup: Who stands in.
    """

    person: PersonRef
    now: Presence = Presence.UNKNOWN
    until: AwareDatetime | None = None
    next_free: AwareDatetime | None = None
    backup: PersonRef | None = None
    as_of: AwareDatetime


_EVERYONE = Access("experts.read")

_OWN = Access("experts.update", frozenset({Relation.SELF}), named("person"))


def best_first(answers: Sequence[tuple[str, Listing[Match]]]) -> tuple[Match, ...]:
    """Matches of several connections as one list; someone found on two is shown once, as the better match."""
    ranked = sorted((match for _, matches in answers for match in matches), key=lambda match: (-match.score, match.expert.name))
    chosen: list[Match] = []
    for match in ranked:
        if not any(match.expert.person.same_person(other.expert.person) for other in chosen):
            chosen.append(match)
    return tuple(chosen)


class ExpertDirectory(Service, service="experts"):
    """Finding colleagues. Who left, is disabled or is hidden never shows."""

    @read(
        access=_EVERYONE,
        merge=best_first,
        features={
            "site": lambda arguments: arguments["query"].site is not None,
            "organisation": lambda arguments: arguments["query"].organisation is not None,
        },
    )
    def find(self, query: ExpertQuery) -> Steps[Listing[Match]]:
        """Who fits *query*, best first, with the reasons.

        Returns:
            At most ``query.limit`` matches; its ``gaps`` say when the directory gave only a part.

        Raises:
            InvalidInput: The query is too short for this directory: *field* says which word.
        """
        raise self.unsupported("find")
        yield

    @read(access=_EVERYONE)
    def get(self, person: PersonRef | None = None) -> Steps[Expert]:
        """The profile of *person* (the caller when left out).

        Raises:
            NotFound: Nobody here is that person, or they are hidden.
        """
        raise self.unsupported("get")
        yield

    @read(access=_EVERYONE, derived_from=("get",))
    def manager(self, person: PersonRef | None = None) -> Steps[Expert | None]:
        """The manager of *person*; ``None`` when the directory names none, or one who is not there any more."""
        expert = yield from self.get.steps(person)
        if expert.manager is None:
            return None
        try:
            return (yield from self.get.steps(expert.manager))
        except NotFound:
            return None

    @read(access=_EVERYONE, derived_from=("get",))
    def chain(self, person: PersonRef | None = None) -> Steps[Listing[Expert]]:
        """The manager, the manager's manager and so on; ends at the top, at someone unknown, or where it turns in a circle."""
        seen = [self.person(person)]
        above: list[Expert] = []
        current: Expert | None = yield from self.manager.steps(person)
        while current is not None and len(above) < 50:
            found = current.person
            if any(found.same_person(other) for other in seen):
                break
            above.append(current)
            seen.append(found)
            current = yield from self.manager.steps(found)
        return Listing(above, answered=(self.connection_name,))

    @read(access=_EVERYONE)
    def team(self, person: PersonRef | None = None) -> Steps[Listing[Expert]]:
        """Who reports to *person*, by name; for someone without reports, the colleagues with the same manager."""
        raise self.unsupported("team")
        yield

    @read(access=_EVERYONE)
    def who_is(self, responsibility: str, *, site: str | None = None) -> Steps[Listing[Expert]]:
        """Who is there for *responsibility* (``first-aider``, ``key user TOPdesk``), at *site* when given; by name."""
        raise self.unsupported("who_is")
        yield

    @read(access=_EVERYONE)
    def members(self, group: str) -> Steps[Listing[Expert]]:
        """Everyone in *group*, groups inside it included; by name.

        Raises:
            NotFound: There is no such group.
        """
        raise self.unsupported("members")
        yield

    @read(access=_EVERYONE)
    def availability(self, people: tuple[PersonRef, ...]) -> Steps[Listing[Availability]]:
        """Whether *people* can be reached now, and when else; never why not."""
        raise self.unsupported("availability")
        yield

    @read(access=_EVERYONE, derived_from=("get",))
    def reach(self, person: PersonRef) -> Steps[Listing[ReachOption]]:
        """How to reach *person*, the preferred way first."""
        expert = yield from self.get.steps(person)
        return Listing(sorted(expert.reach, key=lambda option: option.rank), answered=(self.connection_name,))

    @pages(access=Access("experts.export", frozenset[Relation]()))
    def people(self, *, since: datetime | None = None) -> PageSteps[Expert]:
        """Everyone who shows, in no order; with *since* only who changed from then on. For keeping an index."""
        raise self.unsupported("people")
        yield Page(())

    @write(Safety.ONCE, access=_OWN)
    def update_topics(
        self, topics: tuple[SkillClaim, ...], *, person: PersonRef | None = None, key: Key | None = None
    ) -> Steps[Expert]:
        """Replace what *person* (the caller when left out) says to know about.

        Returns:
            The profile as it is now.
        """
        raise self.unsupported("update_topics")
        yield

    @update_topics.previews
    def preview_update_topics(
        self, topics: tuple[SkillClaim, ...], *, person: PersonRef | None = None, key: Key | None = None
    ) -> Steps[Preview]:
        """Which topics come and which go."""
        expert = yield from self.get.steps(person)
        old, new = {claim.name for claim in expert.topics}, {claim.name for claim in topics}
        lines: list[PreviewLine] = []
        for code, names, en, nl in (
            ("added", new - old, "Added: {}", "Erbij: {}"),
            ("removed", old - new, "Removed: {}", "Eraf: {}"),
        ):
            if names:
                text = ", ".join(sorted(names))
                lines.append(PreviewLine(code=code, en=en.format(text), nl=nl.format(text), facts={"topics": [*sorted(names)]}))
        return Preview(operation="experts.update_topics", key=str(key), lines=tuple(lines))
