"""The expert directory of the local store, on the people index."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import Act, chunks, locked
from workplace_sdk.connectors.local.experts_available import ExpertAvailability
from workplace_sdk.connectors.local.people_records import expert_of, index_people, managers_of, shown
from workplace_sdk.connectors.local.previewing import agreed
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import pages, read, write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.words import Words
from workplace_sdk.search.experts import found
from workplace_sdk.search.fold import words
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import (
    Availability,
    ClaimOrigin,
    Expert,
    ExpertDirectory,
    ExpertQuery,
    Match,
    Presence,
    Reason,
    ReasonKind,
    SkillClaim,
    Visibility,
)
from workplace_sdk.services.refusals import InvalidField

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
PAGE: Final = 500
LOOKED_AT: Final = 1000
"""People found who are looked at when only some of them fit."""
NOT_NOW: Final = frozenset({Presence.ABSENT, Presence.OFF_WORK, Presence.BUSY, Presence.IN_MEETING})
_NOBODY: Final = Words("{name} is not known here", "{name} is hier niet bekend")


class LocalExperts(ExpertAvailability, ExpertDirectory):
    """People of our own tables. Who left or is hidden never shows."""

    absent = {"members": "the local store has units and teams, no groups"}  # noqa: RUF012 - a ClassVar in the base

    @read(support=HERE)
    def find(self, query: ExpertQuery) -> Steps[Listing[Match]]:
        def block(connection: Connection) -> Listing[Match]:
            some_fit = bool(query.languages or query.topic_level or query.available)
            if query.text.strip() or query.topics or query.site or query.organisation:
                asked = query.model_copy(update={"limit": LOOKED_AT}) if some_fit else query
                matches = found(asked, self.connection_name)(connection)
            else:
                matches = self._speakers(connection, query)
            fresh = self._as_they_are(connection, matches)
            if some_fit:
                fresh = self._who_fit(connection, query, fresh)
            return Listing(fresh[: query.limit], gaps=matches.gaps, answered=matches.answered)

        return (yield from self.reading(block))

    def _as_they_are(self, connection: Connection, matches: Sequence[Match]) -> list[Match]:
        """The same with the profiles of now: the index keeps them as they were when the person changed, not when their manager did."""
        ids = [int(match.expert.ref.id) for match in matches]
        rows = [
            row for some in chunks(ids) for row in connection.execute(sa.select(people).where(people.c.id.in_(some), shown()))
        ]
        experts = {one.ref: one for one in self._experts(connection, rows)}
        return [
            match.model_copy(update={"expert": experts[match.expert.ref]}) for match in matches if match.expert.ref in experts
        ]

    def _who_fit(self, connection: Connection, query: ExpertQuery, matches: Sequence[Match]) -> list[Match]:
        """Those who speak the languages, know the topics well enough, and are not known to be away."""
        fit = [match for match in matches if _fits(match.expert, query)]
        if not query.available or not fit:
            return fit
        ids = [int(match.expert.ref.id) for match in fit]
        rows = [row for some in chunks(ids) for row in connection.execute(sa.select(people).where(people.c.id.in_(some)))]
        there = {one.person.ref for one in self.availability_of(connection, rows) if one.now not in NOT_NOW}
        return [match for match in fit if match.expert.person.ref in there]

    def _speakers(self, connection: Connection, query: ExpertQuery) -> Listing[Match]:
        """Who speaks the languages, by name: nothing else was asked."""
        chosen = sa.select(people).where(shown())
        for language in query.languages:
            chosen = chosen.where(sa.cast(people.c.languages, sa.Text).ilike(f'%"{language}%'))
        rows = connection.execute(chosen.order_by(people.c.display_name, people.c.id).limit(LOOKED_AT + 1)).all()
        gaps = [Gap(self.connection_name, Missing.CAPPED)] if len(rows) > LOOKED_AT else []
        matches = [
            Match(
                expert=expert,
                score=Decimal(1),
                reasons=tuple(
                    Reason(kind=ReasonKind.LANGUAGE, typed=one, found=expert.speaks(one) or one, weight=Decimal(1))
                    for one in query.languages
                ),
            )
            for expert in self._experts(connection, rows[:LOOKED_AT])
        ]
        return Listing(matches, gaps=gaps, answered=(self.connection_name,))

    @read(support=HERE)
    def get(self, person: PersonRef | None = None) -> Steps[Expert]:
        def query(connection: Connection) -> Expert:
            row = self.employee(connection, person)
            if not self._shows(row):
                raise self._nobody(self.person(person))
            return self._experts(connection, [row])[0]

        return (yield from self.reading(query))

    @read(support=HERE)
    def team(self, person: PersonRef | None = None) -> Steps[Listing[Expert]]:
        def query(connection: Connection) -> Listing[Expert]:
            row = self.employee(connection, person)
            if not self._shows(row):
                raise self._nobody(self.person(person))
            rows = self._rows(connection, people.c.manager_id == row.id)
            if not rows and row.manager_id is not None:
                rows = self._rows(connection, people.c.manager_id == row.manager_id)
            return Listing(self._experts(connection, rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def who_is(self, responsibility: str, *, site: str | None = None) -> Steps[Listing[Expert]]:
        wanted = responsibility.casefold()

        def query(connection: Connection) -> Listing[Expert]:
            listed = sa.select(people.c.id, people.c.responsibilities).where(
                shown(), sa.cast(people.c.responsibilities, sa.Text).not_in(("[]", "null"))
            )
            if site is not None:
                listed = listed.where(sa.func.lower(people.c.site) == site.lower())
            ids = [
                row.id
                for row in connection.execute(listed)
                if any(wanted == one.casefold() for one in row.responsibilities or ())
            ]
            rows = [row for some in chunks(ids) for row in self._rows(connection, people.c.id.in_(some))]
            rows.sort(key=lambda row: (row.display_name, row.id))
            return Listing(self._experts(connection, rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=Native(evidence="live", note="from working days, absences and meetings"))
    def availability(self, people: tuple[PersonRef, ...]) -> Steps[Listing[Availability]]:
        def query(connection: Connection) -> Listing[Availability]:
            rows = self.employees(connection, people, field="people")
            for row, person in zip(rows, people, strict=True):
                if row is None or not self._shows(row):
                    raise self._nobody(person, field="people")
            return Listing(self.availability_of(connection, rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @pages(support=HERE)
    def people(self, *, since: datetime | None = None) -> PageSteps[Expert]:
        last = 0
        while True:

            def query(connection: Connection, last: int = last) -> tuple[Expert, ...]:
                chosen = people.c.id > last
                if since is not None:
                    chosen &= people.c.changed_at >= since
                asked = sa.select(people).where(chosen, shown()).order_by(people.c.id).limit(PAGE)
                return self._experts(connection, connection.execute(asked).all())

            reading: Steps[tuple[Expert, ...]] = self.reading(query)
            experts = yield from reading
            yield Page(experts)
            if len(experts) < PAGE:
                return
            last = int(experts[-1].ref.id)

    @write(Safety.KEYED, support=HERE)
    def update_topics(
        self, topics: tuple[SkillClaim, ...], *, person: PersonRef | None = None, key: Key | None = None
    ) -> Steps[Expert]:
        return (yield from self.perform(self._to_update(topics, person), key))

    @update_topics.previews
    def preview_update_topics(
        self, topics: tuple[SkillClaim, ...], *, person: PersonRef | None = None, key: Key | None = None
    ) -> Steps[Preview]:
        """Which topics come and which go, and whether they can."""
        told = yield from ExpertDirectory.preview_update_topics(self, topics, person=person, key=key)
        return agreed(told, (yield from self.attempt(self._to_update(topics, person), key)))

    @update_topics.reconciles
    def topics_updated(self, key: Key) -> Steps[Expert | None]:
        """The profile that *key* changed."""
        return (yield from self.written(key, "experts.update_topics", self._expert))

    def _to_update(self, topics: tuple[SkillClaim, ...], person: PersonRef | None) -> Act[Expert]:
        def record(connection: Connection) -> int:
            whose = self.employee(connection, person)
            row = locked(connection, people, whose.id)
            assert row is not None
            kept = [claim.model_dump(mode="json", exclude_none=True) for claim in self._claimed(row, topics)]
            connection.execute(people.update().where(people.c.id == row.id).values(topics=kept, changed_at=self.session.now()))
            index_people(connection, self.connection_name, [row.id])
            return int(row.id)

        return Act("experts.update_topics", record, self._expert, (topics, person))

    def _claimed(self, row: Any, topics: Sequence[SkillClaim]) -> list[SkillClaim]:
        """*topics* as they are kept: what one says oneself is one's own word, whatever it calls itself."""
        if len({claim.name.casefold() for claim in topics}) != len(topics):
            raise InvalidField(Words("each topic once", "elk onderwerp een keer"), field="topics")
        if not self._is_caller(row):
            return list(topics)
        before = [SkillClaim.model_validate(topic) for topic in row.topics or ()]
        return [claim if claim in before else claim.model_copy(update={"origin": ClaimOrigin.SELF}) for claim in topics]

    def _expert(self, connection: Connection, id_: int) -> Expert:
        return self._experts(connection, [connection.execute(sa.select(people).where(people.c.id == id_)).one()])[0]

    def _shows(self, row: Any) -> bool:
        return bool(row.active) and (row.visibility != Visibility.LIMITED or self._is_caller(row))

    @staticmethod
    def _nobody(person: PersonRef, *, field: str = "person") -> NotFound:
        return NotFound(_NOBODY.filled(name=person.label).en, field=field)

    def _is_caller(self, row: Any) -> bool:
        caller: PersonRef | None = self.session.caller
        return caller is not None and bool(self.person_ref(row).same_person(caller))

    def _rows(self, connection: Connection, chosen: sa.ColumnElement[bool]) -> list[Any]:
        asked = sa.select(people).where(chosen, shown()).order_by(people.c.display_name, people.c.id)
        return list(connection.execute(asked).all())

    def _experts(self, connection: Connection, rows: Any) -> tuple[Expert, ...]:
        managers = managers_of(connection, self.connection_name, rows)
        return tuple(expert_of(self.connection_name, row, managers) for row in rows)


def _fits(expert: Expert, query: ExpertQuery) -> bool:
    """Whether someone speaks the languages, and knows the topics well enough."""
    if not all(expert.speaks(language, query.language_level) for language in query.languages):
        return False
    least = query.topic_level
    return least is None or all(
        any(set(words(topic)) <= set(words(claim.name)) and (claim.level or 0) >= least for claim in expert.topics)
        for topic in query.topics
    )
