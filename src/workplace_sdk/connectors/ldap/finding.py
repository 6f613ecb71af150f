"""From what someone types to LDAP filters, and from candidates to ranked matches. Pure.

No directory server ranks, and few fold diacritics: the filters fetch candidates, the order is made here. A word is
searched as the start of names, and inside texts only when it is long enough for the server's index: the middle of a
short word makes the server read every entry.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.search.fold import local_part, words
from workplace_sdk.services.experts import Expert, ExpertQuery, Match, Reason, ReasonKind
from workplace_sdk.wires.ldap.filters import Filter, all_of, any_of, contains, equals, starts_with

if TYPE_CHECKING:
    from workplace_sdk.connectors.ldap.settings import LdapSettings

WEIGHTS: Final = {
    ReasonKind.TOPIC: Decimal("1.0"),
    ReasonKind.RESPONSIBILITY: Decimal("1.0"),
    ReasonKind.NAME: Decimal("1.0"),
    ReasonKind.TITLE: Decimal("0.7"),
    ReasonKind.ORGANISATION: Decimal("0.5"),
    ReasonKind.PLACE: Decimal("0.4"),
    ReasonKind.ABOUT: Decimal("0.3"),
}
HOW: Final = {"exact": Decimal("1.0"), "prefix": Decimal("0.8"), "part": Decimal("0.6")}
MOST_WORDS: Final = 8

_STARTING: Final = ("name", "family_name", "given_name", "shown_name", "email")
_INSIDE: Final = ("topics", "responsibilities", "title", "about", "name")
_EXACT: Final = ("login", "employee_number", "site", "organisation", "department")
# Rooms are left out: directories rarely index them, and one part of an "or" that is not indexed makes the server read everyone.


def typed_words(query: ExpertQuery) -> list[str]:
    """The words as typed, without signs that no name has; at most ``MOST_WORDS``."""
    text = unicodedata.normalize("NFKC", query.text)
    parts = [part.strip("\"'`,;:()[]{}<>*?!&|\\") for part in text.replace("\x00", " ").split()]
    return list(dict.fromkeys(part for part in parts if part and words(part)))[:MOST_WORDS]


def candidates_filter(settings: LdapSettings, query: ExpertQuery) -> Filter:
    """Entries that may fit *query*.

    Raises:
        InvalidInput: Nothing typed can be searched for here.
    """
    parts = [_word_filter(settings, word) for word in typed_words(query)]
    for topic in query.topics:
        if not words(topic):
            raise InvalidInput(f"there is no word in {topic!r}", field="topics")
        parts.append(_topic_filter(settings, " ".join(unicodedata.normalize("NFKC", topic).split())))
    for meaning, value in (("site", query.site), ("organisation", query.organisation)):
        if value:
            parts.append(_one_of(settings, meaning, value))
    if not parts:
        raise InvalidInput("there is no word in this that can be searched for", field="text")
    return all_of(*parts)


def _word_filter(settings: LdapSettings, word: str) -> Filter:
    """One typed word: the start of a name, or somewhere in a text, or exactly a room, number or login."""
    ways: list[Filter] = []
    for spelled in dict.fromkeys((word, *_respelled(word))):
        if len(spelled) >= settings.shortest:
            ways += [contains(name, spelled) for name in _names(settings, _INSIDE)]
        if len(spelled) >= 2:
            ways += [starts_with(name, spelled) for name in _names(settings, (*_STARTING, "topics", "title"))]
        else:  # servers index the starts of values from two letters on
            ways += [equals(name, spelled) for name in _names(settings, ("family_name", "given_name", "topics"))]
        ways += [equals(name, spelled) for name in _names(settings, _EXACT)]
    return any_of(*dict.fromkeys(ways))


def _respelled(word: str) -> tuple[str, ...]:
    """Other spellings that cost the server nothing more: without diacritics, when there were some."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))
    return (plain,) if plain and plain != word else ()


def _topic_filter(settings: LdapSettings, topic: str) -> Filter:
    names = _names(settings, ("topics", "responsibilities")) or _names(settings, ("about",))
    return any_of(*(contains(name, topic) if len(topic) >= settings.shortest else equals(name, topic) for name in names))


def _one_of(settings: LdapSettings, meaning: str, value: str) -> Filter:
    meanings = (meaning, "department") if meaning == "organisation" else (meaning,)
    return any_of(*(equals(name, value) for name in _names(settings, meanings)))


def _names(settings: LdapSettings, meanings: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for meaning in meanings if (name := settings.attribute(meaning))))


def ranked(experts: Iterable[Expert], query: ExpertQuery) -> tuple[Match, ...]:
    """Those who have every typed word, best first; equal ones by name. At most ``query.limit``."""
    wanted = [(word, folded) for word in typed_words(query) for folded in (words(word),)]
    wanted += [(topic, words(topic)) for topic in query.topics]
    matches: list[Match] = []
    for expert in experts:
        reasons = [reason for typed, folded in wanted if (reason := _reason(expert, typed, folded)) is not None]
        if len(reasons) == len(wanted):
            score = sum((reason.weight for reason in reasons), Decimal(0)) / len(wanted) if wanted else Decimal(1)
            matches.append(Match(expert=expert, score=round(score, 4), reasons=tuple(reasons)))
    matches.sort(key=lambda match: (-match.score, match.expert.name, str(match.expert.ref)))
    return tuple(matches[: query.limit])


def profile_texts(expert: Expert) -> tuple[tuple[ReasonKind, Sequence[str]], ...]:
    """What can be found of an expert, by kind."""
    person = expert.person
    numbers = [value for value in (person.login, person.employee_number, person.email) if value]
    return (
        (ReasonKind.TOPIC, [claim.name for claim in expert.topics]),
        (ReasonKind.RESPONSIBILITY, expert.responsibilities),
        (ReasonKind.NAME, [text for text in (expert.name, expert.given_name, expert.family_name, *numbers) if text]),
        (ReasonKind.TITLE, [expert.job_title] if expert.job_title else []),
        (ReasonKind.ORGANISATION, expert.organisation),
        (ReasonKind.PLACE, [place for place in (expert.site, expert.room) if place]),
        (ReasonKind.ABOUT, [expert.about] if expert.about else []),
    )


def _reason(expert: Expert, typed: str, folded: Sequence[str]) -> Reason | None:
    """The best reason for one typed word (which may fold to several)."""
    best: Reason | None = None
    for kind, texts in profile_texts(expert):
        for text in texts:
            compared = text if "@" in typed else local_part(text)
            how = _how(words(compared), folded)
            if how and (best is None or WEIGHTS[kind] * HOW[how] > best.weight):
                best = Reason(kind=kind, typed=typed, found=text[:200], how=how, weight=WEIGHTS[kind] * HOW[how])
    return best


def _how(have: Sequence[str], wanted: Sequence[str]) -> str | None:
    """How all of *wanted* are in *have*."""
    if all(word in have for word in wanted):
        return "exact"
    if all(any(one.startswith(word) for one in have) for word in wanted):
        return "prefix"
    joined = " ".join(have)
    return "part" if all(word in joined for word in wanted) else None
