"""Rows of people as experts, and keeping them in the people index within the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.schema import people
from workplace_sdk.search.experts import indexed
from workplace_sdk.search.index import upsert
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.experts import Channel, Expert, LanguageLevel, ReachOption, SkillClaim, Visibility

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def expert_of(name: str, row: Any, managers: dict[int, PersonRef]) -> Expert:
    """The expert of a row of ``people`` of the connection *name*."""
    spoken = [(tag, level) for tag, _, level in (str(one).partition(":") for one in row.languages or ())]
    return Expert(
        ref=Ref(connection=name, kind="expert", id=str(row.id)),
        person=person_of(name, row),
        given_name=row.given_name,
        family_name=row.family_name,
        job_title=row.job_title,
        organisation=tuple(part for part in (row.organisation or "").split(" / ") if part),
        manager=managers.get(row.manager_id),
        site=row.site,
        room=row.room,
        languages=tuple(tag for tag, _ in spoken),
        language_levels={tag: LanguageLevel(level) for tag, level in spoken if level in set(LanguageLevel)},
        zone=row.zone,
        topics=tuple(SkillClaim.model_validate(topic) for topic in row.topics or ()),
        responsibilities=tuple(row.responsibilities or ()),
        about=row.about,
        reach=_reach(row),
        visibility=Visibility(row.visibility),
        changed_at=row.changed_at,
    )


def person_of(name: str, row: Any) -> PersonRef:
    """The person of a row of ``people`` of the connection *name*."""
    return PersonRef(
        ref=Ref(connection=name, kind="person", id=str(row.id)),
        display_name=row.display_name,
        email=row.email,
        login=row.login,
        employee_number=row.employee_number,
        dn=row.dn,
    )


def _reach(row: Any) -> tuple[ReachOption, ...]:
    if row.reach is not None:
        return tuple(ReachOption.model_validate(option) for option in row.reach)
    ways = (
        (Channel.CHAT, row.chat),
        (Channel.EMAIL, row.email),
        (Channel.PHONE, row.phone),
        (Channel.MOBILE, row.mobile),
        (Channel.DESK, row.room),
    )
    known = [(channel, address) for channel, address in ways if address]
    return tuple(
        ReachOption(channel=channel, address=address, rank=rank) for rank, (channel, address) in enumerate(known, start=1)
    )


def managers_of(connection: Connection, name: str, rows: Iterable[Any]) -> dict[int, PersonRef]:
    """The managers of *rows*, by id; who left or is hidden is nobody's."""
    wanted = {row.manager_id for row in rows if row.manager_id is not None}
    found = connection.execute(sa.select(people).where(people.c.id.in_(wanted), shown())) if wanted else ()
    return {row.id: person_of(name, row) for row in found}


def shown() -> sa.ColumnElement[bool]:
    """Holds for people who show: they are here, and not hidden."""
    return people.c.active & (people.c.visibility != Visibility.LIMITED.value)


def index_people(connection: Connection, name: str, ids: Iterable[int] | None = None) -> int:
    """Bring the people index up to date for *ids* (for everyone when left out), in the caller's transaction; how many."""
    chosen = sa.select(people).order_by(people.c.id)
    if ids is not None:
        chosen = chosen.where(people.c.id.in_(sorted(ids)))
    rows = connection.execute(chosen).all()
    managers = managers_of(connection, name, rows)
    return upsert(connection, name, (indexed(expert_of(name, row, managers), visible=row.active) for row in rows))


def set_reach(connection: Connection, name: str, person_id: int, options: Sequence[ReachOption] | None) -> None:
    """Say how someone is to be reached, in that order and at which hours, instead of what their profile says; ``None`` takes that back."""
    kept = None if options is None else [option.model_dump(mode="json", exclude_none=True) for option in options]
    values = {"reach": sa.null() if kept is None else kept}
    connection.execute(people.update().where(people.c.id == person_id).values(**values))
    index_people(connection, name, [person_id])


def add_person(
    connection: Connection, name: str, display_name: str, *, now: Callable[[], datetime] | None = None, **values: Any
) -> int:
    """Add someone; *values* are columns of ``people``. Their id. Found at once by the expert directory of the connection *name*."""
    folded = {key: values[key].casefold() for key in ("login", "email") if values.get(key)}
    at = now() if now else datetime.now(UTC)
    row = {"display_name": display_name, "changed_at": at, **values, **folded}
    id_ = int(connection.execute(people.insert().values(**row).returning(people.c.id)).scalar_one())
    index_people(connection, name, [id_])
    return id_
