"""Experts in the index: the same for every directory and for the local store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.search.index import IndexedPerson
from workplace_sdk.search.query import SearchRequest, search
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


def indexed(expert: Expert, *, visible: bool = True) -> IndexedPerson:
    """*expert* as the index keeps them; who is of limited visibility is kept but never found."""
    person = expert.person
    plain = (expert.name, " ".join(part for part in (expert.given_name, expert.family_name) if part))
    fields: dict[str, Sequence[str]] = {
        "names": [text for text in dict.fromkeys((*plain, person.login, person.employee_number, person.email)) if text],
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
        changed=expert.changed_at.isoformat() if expert.changed_at else None,
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
                expert=Expert.model_validate_json(hit.payload),
                score=hit.score,
                reasons=tuple(
                    Reason(kind=_KINDS[why.field], typed=why.typed, found=why.found, how=why.how, weight=why.weight)
                    for why in hit.reasons
                ),
            )
            for hit in result.hits
        ]
        gaps = () if result.complete else (Gap(connection_name, Missing.CAPPED),)
        return Listing(matches, gaps=gaps, answered=(connection_name,))

    return block
