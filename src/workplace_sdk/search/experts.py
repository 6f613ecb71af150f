"""Experts in the index: the same for every directory and for the local store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from pydantic_core import to_json

from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.search.fold import local_part
from workplace_sdk.search.index import IndexedPerson, remove
from workplace_sdk.search.query import HitReason, SearchRequest, search
from workplace_sdk.search.schema import people_index
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import Expert, ExpertQuery, Match, Reason, ReasonKind, Visibility

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_KINDS: Final = {
    "names": ReasonKind.NAME,
    "topics": ReasonKind.TOPIC,
    "title": ReasonKind.TITLE,
    "organisation": ReasonKind.ORGANISATION,
    "place": ReasonKind.PLACE,
    "about": ReasonKind.ABOUT,
}


def indexed(expert: Expert, *, visible: bool = True, mark: str | None = None) -> IndexedPerson:
    """*expert* as the index keeps them; who is of limited visibility is kept but never found."""
    person = expert.person
    plain = (expert.name, " ".join(part for part in (expert.given_name, expert.family_name) if part))
    handles = (local_part(key) for key in (person.login, person.employee_number, person.email) if key)
    fields: dict[str, Sequence[str]] = {
        "names": [text for text in dict.fromkeys((*plain, *handles)) if text],
        "topics": [*(claim.name for claim in expert.topics), *expert.responsibilities],
        "title": [expert.job_title] if expert.job_title else [],
        "organisation": expert.organisation,
        "place": [text for text in (expert.site, expert.room) if text],
        "about": [expert.about] if expert.about else [],
    }
    return IndexedPerson(
        source_id=expert.ref.id,
        name=expert.name,
        fields=fields,
        payload=expert.model_dump_json(exclude_none=True).encode(),
        visible=visible and expert.visibility is not Visibility.LIMITED,
        mark=mark,
    )


def found(query: ExpertQuery, connection_name: str) -> Callable[[Connection], Listing[Match]]:
    """The matches of *query* among the people of one connection: a block for the sql wire."""
    request = SearchRequest(
        text=query.text,
        topics=query.topics,
        place=query.site,
        organisation=query.organisation,
        connections=(connection_name,),
        limit=query.limit,
    )

    def block(connection: Connection) -> Listing[Match]:
        result = search(connection, request)
        matches = [
            Match(
                expert=expert,
                score=hit.score,
                reasons=tuple(_reason(why, expert) for why in hit.reasons),
            )
            for hit in result.hits
            for expert in (Expert.model_validate_json(hit.payload),)
        ]
        gaps = () if result.complete else (Gap(connection_name, Missing.CAPPED),)
        return Listing(matches, gaps=gaps, answered=(connection_name,))

    return block


def _reason(why: HitReason, expert: Expert) -> Reason:
    duty = why.field == "topics" and why.found in expert.responsibilities  # they are searched as topics
    kind = ReasonKind.RESPONSIBILITY if duty else _KINDS[why.field]
    return Reason(kind=kind, typed=why.typed, found=why.found, how=why.how, weight=why.weight)


def taken_out(person: PersonRef, connection_name: str) -> Callable[[Connection], int]:
    """Takes *person* out of the people of one connection, by whatever key is known; how many rows: a block for the sql wire."""

    def block(connection: Connection) -> int:
        mine = people_index.c.connection == connection_name
        rows = connection.execute(sa.select(people_index.c.source_id, people_index.c.payload).where(mine))
        keys = [_written(value) for value in (person.login, person.employee_number, person.email, person.dn, ref_id) if value]
        chosen = [
            row.source_id
            for row in rows
            if any(key in bytes(row.payload).decode().casefold() for key in keys)  # before all of it is read
            and Expert.model_validate_json(row.payload).person.same_person(person)
        ]
        return remove(connection, connection_name, chosen)

    ref_id = person.ref.id if person.ref is not None and person.ref.connection == connection_name else None
    return block


def _written(value: str) -> str:
    """A key as it is written in JSON, folded."""
    return to_json(value).decode()[1:-1].casefold()
