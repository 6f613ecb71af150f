"""Colleagues and what they know, from Frappe's employees and skill maps. Who left does not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from workplace_sdk.connectors.frappe.base import FrappeBase
from workplace_sdk.connectors.frappe.connector import asked, resource
from workplace_sdk.connectors.frappe.records import Data, EmployeeRow, Named, Skill, SkillMap, SkillRow
from workplace_sdk.kernel.effects import All, Steps
from workplace_sdk.kernel.errors import InvalidInput, NotFound, Unauthorized, WorkplaceError
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import read, settled
from workplace_sdk.kernel.support import HandOff, Native
from workplace_sdk.search.fold import fold, words
from workplace_sdk.services.experts import (
    Channel,
    ClaimOrigin,
    Expert,
    ExpertDirectory,
    ExpertQuery,
    Match,
    ReachOption,
    Reason,
    ReasonKind,
    SkillClaim,
)

if TYPE_CHECKING:
    from workplace_sdk.services.common import PersonRef

HERE: Final = Native(evidence="transcribed")
MOST: Final = 200
"""Rows of one search."""
SHORTEST: Final = 3
"""Letters of a word that is looked for as a skill too."""
ACTIVE: Final = ["status", "=", "Active"]
_ROW: Final = (
    "name",
    "employee_name",
    "designation",
    "department",
    "company_email",
    "cell_number",
    "reports_to",
    "user_id",
)
_SKILL: Final = ("name", "employee_name", "`tabEmployee Skill`.skill", "`tabEmployee Skill`.proficiency")


@frozen
class _Found:
    """Who has one of the words or topics that are looked for: by name, and by skill."""

    typed: str
    named: Mapping[str, EmployeeRow] = field(factory=dict[str, EmployeeRow])
    skilled: Mapping[str, SkillRow] = field(factory=dict[str, SkillRow])

    @property
    def people(self) -> set[str]:
        return {*self.named, *self.skilled}


class FrappeExperts(FrappeBase, ExpertDirectory):
    """Colleagues. Only the account of a System Manager may read skills."""

    handoffs = {  # noqa: RUF012 - a ClassVar in the base
        "team": HandOff("See the employees in Frappe", "{base_url}/app/employee"),
        "people": HandOff("See the employees in Frappe", "{base_url}/app/employee"),
        "update_topics": HandOff("See the skills in Frappe", "{base_url}/app/employee-skill-map"),
    }
    absent = {  # noqa: RUF012 - a ClassVar in the base
        "who_is": "Frappe says what people know, not what they are there for",
        "members": "Frappe has no groups of employees here",
        "availability": "Frappe does not know what people are doing",
    }

    @read(support=Native(evidence="transcribed", without={"site", "organisation", "languages", "available"}))
    def find(self, query: ExpertQuery) -> Steps[Listing[Match]]:
        typed = words(query.text)
        if not typed and not query.topics:
            raise InvalidInput("there is no word in it to look for", field="text")
        some = MOST if len(typed) > 1 or query.topics else query.limit
        found = yield from All(
            *(self._topic(topic, query.topic_level) for topic in query.topics),
            *(self._word(word, some) for word in typed),
        )
        everywhere = {name for name in found[0].people if all(name in one.people for one in found)}
        rows = {name: row for one in found for name, row in one.named.items()}
        unseen = sorted(everywhere - rows.keys())
        active = {*rows, *(yield from self._active(unseen))} if unseen else set(rows)
        matches = [self._match(name, rows.get(name), found) for name in everywhere & active]
        matches.sort(key=lambda match: (-match.score, match.expert.name))
        capped = any(len(one.named) >= some for one in found) and some == MOST
        gaps = (Gap(self.connection_name, Missing.CAPPED),) if capped else ()
        return Listing(matches[: query.limit], gaps=gaps, answered=(self.connection_name,))

    def _topic(self, topic: str, level: int | None) -> Steps[_Found]:
        rows = yield from self._skilled(topic)
        fitting = [row for row in rows if level is None or (_level(row.proficiency) or 0) >= level]
        return _Found(topic, skilled={row.name: row for row in fitting})

    def _word(self, word: str, some: int) -> Steps[_Found]:
        filters = [["employee_name", "like", f"%{word}%"], ACTIVE]
        query = asked(_ROW, filters, limit_page_length=str(some), order_by="name asc")
        named = (yield from self.http.get(resource("Employee"), query)).model(Data[tuple[EmployeeRow, ...]]).data
        skilled = (yield from self._skilled(word)) if len(word) >= SHORTEST else ()
        return _Found(word, {row.name: row for row in named}, {row.name: row for row in skilled})

    def _skilled(self, skill: str) -> Steps[tuple[SkillRow, ...]]:
        """Who has a skill, by its name; 20 at a time."""
        return (yield from self.lists("Employee Skill Map", SkillRow, asked(_SKILL, [["Employee Skill", "skill", "=", skill]])))

    def _active(self, names: Sequence[str]) -> Steps[set[str]]:
        """Who of them works here: skill maps of people who left stay."""
        rows = yield from self.lists("Employee", Named, asked(filters=[["name", "in", list(names)], ACTIVE]))
        return {row.name for row in rows}

    def _match(self, name: str, row: EmployeeRow | None, found: Sequence[_Found]) -> Match:
        skills = {one.skilled[name].skill: one.skilled[name] for one in found if name in one.skilled}
        label = (
            row.employee_name if row else next(iter(one.skilled[name].employee_name for one in found if name in one.skilled))
        )
        expert = self._expert(row or EmployeeRow(name=name, employee_name=label), tuple(map(_claimed, skills.values())))
        reasons: list[Reason] = []
        for one in found:
            if name in one.skilled:
                skill = one.skilled[name].skill
                how = "exact" if fold(skill) == fold(one.typed) else "prefix"
                reasons.append(Reason(kind=ReasonKind.TOPIC, typed=one.typed, found=skill, how=how, weight=Decimal(1)))
            else:
                whole = one.typed in words(label)
                weight = Decimal(1) if whole else Decimal("0.5")
                how = "exact" if whole else "prefix"
                reasons.append(Reason(kind=ReasonKind.NAME, typed=one.typed, found=label, how=how, weight=weight))
        score = sum((reason.weight for reason in reasons), Decimal(0)) / len(reasons)
        return Match(expert=expert, score=score.quantize(Decimal("0.001")), reasons=tuple(reasons))

    @read(support=Native(evidence="transcribed", note="without topics where our account may not read skills"))
    def get(self, person: PersonRef | None = None) -> Steps[Expert]:
        wanted: PersonRef = self.person(person)
        try:
            name = yield from self.employee_id(wanted)
        except InvalidInput:
            raise NotFound(f"nobody here is {wanted.label}", field="person") from None
        query = asked(_ROW, [["name", "=", name], ACTIVE])
        rows = (yield from self.http.get(resource("Employee"), query)).model(Data[tuple[EmployeeRow, ...]]).data
        row = next((one for one in rows if one.name == name), None)
        if row is None:
            raise NotFound(f"nobody here is {wanted.label}, or our account may not see them", field="person")
        skills = yield from settled(self.document("Employee Skill Map", name, SkillMap))
        if isinstance(skills, WorkplaceError):
            if not isinstance(skills, NotFound | Unauthorized):
                raise skills
            return self._expert(row, ())
        return self._expert(row, tuple(map(_claimed, skills.employee_skills)))

    def _expert(self, row: EmployeeRow, topics: tuple[SkillClaim, ...]) -> Expert:
        ways = ((Channel.EMAIL, row.company_email or row.user_id), (Channel.MOBILE, row.cell_number))
        who = self.employee(row.name, row.employee_name)
        known = self.user(row.user_id)
        return Expert(
            ref=self.ref("expert", row.name, url=f"/app/employee/{row.name}"),
            fetched_at=self.session.now(),
            person=who.model_copy(update={"email": known.email}) if known else who,
            job_title=row.designation,
            organisation=(row.department,) if row.department else (),
            manager=self.employee(row.reports_to) if row.reports_to else None,
            topics=topics,
            reach=tuple(ReachOption(channel=channel, address=address) for channel, address in ways if address),
        )


def _claimed(row: Skill | SkillRow) -> SkillClaim:
    on = row.evaluation_date if isinstance(row, Skill) else None
    return SkillClaim(name=row.skill, level=_level(row.proficiency), origin=ClaimOrigin.HR, confirmed_on=on)


def _level(proficiency: Decimal | None) -> int | None:
    """A rating from 0 to 1, which Frappe shows as five stars, as a level; no star is no level."""
    if not proficiency:
        return None
    return min(5, max(1, int((proficiency * 5).quantize(Decimal(1), rounding=ROUND_HALF_UP))))
