"""Colleagues: who knows about what, who is responsible for what, how they can be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, Field, field_validator, model_validator

from workplace_sdk.kernel.access import Access, Relation
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import Service, pages, read, write
from workplace_sdk.kernel.preview import Preview, PreviewLine
from workplace_sdk.services.common import Model, PersonRef, Record, checked_zone, named, zone_of

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
    """Someone knows about *name*; *level* from 1 (some) to 5 (others learn it from them).

    Attributes:
        taxonomy: What a list of skills calls it, such as an ESCO URI.
        evidence: What shows it: a certificate, a project.
        confirmed_on: When it was last looked at.
    """

    name: Annotated[str, Field(min_length=1, max_length=120)]
    level: Annotated[int, Field(ge=1, le=5)] | None = None
    origin: ClaimOrigin = ClaimOrigin.SELF
    taxonomy: Annotated[str, Field(max_length=500)] | None = None
    evidence: Annotated[str, Field(max_length=500)] | None = None
    confirmed_on: date | None = None


class LanguageLevel(StrEnum):
    """How well someone speaks a language. Source: Common European Framework of Reference for Languages, table 1."""

    A1 = "A1"
    A2 = "A2"
    B1 = "B1"
    B2 = "B2"
    C1 = "C1"
    C2 = "C2"
    NATIVE = "native"

    def reaches(self, level: LanguageLevel) -> bool:
        """Whether it is *level* or better."""
        levels = list(LanguageLevel)
        return levels.index(self) >= levels.index(level)


class Channel(StrEnum):
    """Ways to reach someone."""

    EMAIL = "email"
    PHONE = "phone"
    MOBILE = "mobile"
    SMS = "sms"
    CHAT = "chat"
    DESK = "desk"
    TICKET_QUEUE = "ticket_queue"
    MEETING = "meeting"


class AllowedHours(Model):
    """From *start* up to *end* on the clocks of *zone*, on *weekdays*: 1 for Monday to 7. An *end* not after *start* is on the next day.

    Source: ISO 8601 for the numbers of weekdays.
    """

    start: time
    end: time
    zone: str
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5)

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return checked_zone(value)

    def hold(self, at: datetime) -> bool:
        """Whether *at* is within them."""
        local = at.astimezone(zone_of(self.zone))
        day, clock = local.isoweekday(), local.time()
        if self.start < self.end:
            return day in self.weekdays and self.start <= clock < self.end
        before = 7 if day == 1 else day - 1
        return (day in self.weekdays and clock >= self.start) or (before in self.weekdays and clock < self.end)


class ReachOption(Model):
    """One way to reach someone; *rank* 1 is tried first.

    Attributes:
        hours: When they may be reached so; at any time when there are none.
        provider: Whose chat it is, or whose queue.
    """

    channel: Channel
    address: str
    rank: int = 1
    hours: tuple[AllowedHours, ...] = ()
    provider: str | None = None

    def allowed_at(self, at: datetime) -> bool:
        """Whether they may be reached so at *at*."""
        return not self.hours or any(one.hold(at) for one in self.hours)


class Expert(Record):
    """A colleague, as the directory shows them.

    Attributes:
        organisation: The units they are in, outermost first.
        languages: BCP 47 tags.
        language_levels: How well they speak these, as far as it is known.
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
    language_levels: Mapping[str, LanguageLevel] = Field(default_factory=dict[str, LanguageLevel])
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

    def speaks(self, language: str, level: LanguageLevel | None = None) -> str | None:
        """Their tag for *language* (``nl`` is also ``nl-BE``), when they speak it at *level* or better as far as is known.

        Source: RFC 4647 section 3.3.1.
        """
        for tag in self.languages:
            if f"{tag}-".casefold().startswith(f"{language}-".casefold()):
                known = self.language_levels.get(tag)
                if level is None or (known is not None and known.reaches(level)):
                    return tag
        return None


class ExpertQuery(Model):
    """Who is looked for. *text* is words in any order, each a name, a topic, a title, a unit or a place, or the start of one.

    Attributes:
        topics: All of these.
        topic_level: Each of *topics* at this level or higher, 1 to 5; who says no level is left out.
        site: Only there.
        organisation: Only in this unit.
        languages: Who speaks all of these: BCP 47 tags, ``nl`` finds ``nl-BE`` too.
        language_level: Each of *languages* this well or better; of whom that is not known is left out.
        available: Leave out who is known to be absent, off work or busy now.
        limit: At most so many, 1 to 200.
    """

    text: Annotated[str, Field(max_length=400)] = ""
    topics: tuple[str, ...] = ()
    topic_level: Annotated[int, Field(ge=1, le=5)] | None = None
    site: str | None = None
    organisation: str | None = None
    languages: tuple[Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")], ...] = ()
    language_level: LanguageLevel | None = None
    available: bool = False
    limit: Annotated[int, Field(ge=1, le=200)] = 20

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not (self.text.strip() or self.topics or self.site or self.organisation or self.languages):
            raise ValueError("say who is looked for: text, topics, site, organisation or languages")
        if self.topic_level is not None and not self.topics:
            raise ValueError("topic_level goes with topics")
        if self.language_level is not None and not self.languages:
            raise ValueError("language_level goes with languages")
        return self


class ReasonKind(StrEnum):
    """Why someone matches."""

    TOPIC = "topic"
    RESPONSIBILITY = "responsibility"
    NAME = "name"
    TITLE = "title"
    ORGANISATION = "organisation"
    PLACE = "place"
    LANGUAGE = "language"
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
        zone: IANA name of the zone that they are in.
        sources: What was asked: ``schedule``, ``leave``, ``calendar``.
    """

    person: PersonRef
    now: Presence = Presence.UNKNOWN
    until: AwareDatetime | None = None
    next_free: AwareDatetime | None = None
    backup: PersonRef | None = None
    zone: str | None = None
    sources: tuple[str, ...] = ()
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
            "topic_level": lambda arguments: arguments["query"].topic_level is not None,
            "languages": lambda arguments: bool(arguments["query"].languages),
            "available": lambda arguments: arguments["query"].available,
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
