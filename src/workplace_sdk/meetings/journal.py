"""The journal: what a plan is, how far it is, and who is at it now. One row of the store for each planned meeting."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict

from workplace_sdk.kernel.errors import Conflict, NotFound
from workplace_sdk.services.common import ComponentState, PersonRef, Ref, Span
from workplace_sdk.services.meetings_models import MeetingPlan, PartKind, PlannedMeeting, PlanPart
from workplace_sdk.services.rooms_models import Component, Meeting, OrderDraft, Room
from workplace_sdk.services.vocabulary import word
from workplace_sdk.wires.sql import Database, migrate

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from workplace_sdk.kernel.effects import Steps

KEPT: Final = timedelta(days=30)
"""How long a settled plan is kept after its last time."""
CONNECTION: Final = "meetings"
"""What references to planned meetings name as their connection."""
HEAD: Final = "0001"

metadata: Final = sa.MetaData()
meeting_plans: Final = sa.Table(
    "meeting_plans",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("organizer", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),  # a Plan as JSON
    sa.Column("settled", sa.Boolean, nullable=False, index=True),
    sa.Column("ends_at", sa.Text, nullable=False, index=True),  # UTC, ISO 8601
    sa.Column("holder", sa.Text),
    sa.Column("held_until", sa.Text),
)


class Step(StrEnum):
    """How far a part is."""

    TODO = "todo"
    BEGUN = "begun"
    """It was asked for, and the answer is not written down: it may have been done."""
    DONE = "done"
    REFUSED = "refused"
    LOST = "lost"
    """It may have been done, and cannot be found."""
    UNDOING = "undoing"
    UNDONE = "undone"


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Part(_Kept):
    """A part, with all that is needed to look for it and to give it back.

    Attributes:
        way: Who brings it: a name of ``[meetings.orders]``, ``rooms`` or ``invite``.
        orders: What is ordered by it: with the room, what the room's own system brings.
        pending: It is done, and someone has yet to approve it.
    """

    kind: PartKind
    way: str
    what: str
    connection: str
    key: str
    orders: tuple[OrderDraft, ...] = ()
    step: Step = Step.TODO
    pending: bool = False
    ref: Ref | None = None
    why: str | None = None

    def what_in(self, language: str) -> str:
        """What it is, in *language*."""
        return what_of(self.orders[0], language) if self.kind is PartKind.ORDER and len(self.orders) == 1 else self.what

    def shown(self, meeting: Meeting | None) -> Iterator[PlanPart]:
        """For people: the room and what is brought with it are told apart."""
        told = self._told()
        yield told
        if self.kind is PartKind.ROOM:
            for order in self.orders:
                found = component_of(order, meeting) if self.step is Step.DONE else None
                state, why = (found.state, found.why) if found else (told.state, told.why)
                yield told.model_copy(
                    update={
                        "kind": PartKind.ORDER,
                        "what": what_of(order),
                        "what_nl": what_of(order, "nl"),
                        "state": state,
                        "why": why,
                    }
                )

    def _told(self) -> PlanPart:
        states = {
            Step.TODO: ComponentState.PENDING,
            Step.DONE: ComponentState.PENDING if self.pending else ComponentState.DONE,
            Step.REFUSED: ComponentState.REJECTED,
            Step.UNDONE: ComponentState.REJECTED,
        }
        return PlanPart(
            kind=self.kind,
            what=self.what,
            what_nl=self.what_in("nl"),
            connection=self.connection,
            key=self.key,
            state=states.get(self.step, ComponentState.UNKNOWN),
            ref=self.ref,
            why=self.why,
            undone=self.step is Step.UNDONE,
        )


def what_of(order: OrderDraft, language: str = "en") -> str:
    """An order as people say it: ``8 x Lunch (2 vegetarian)``."""
    lines = ", ".join(f"{line.quantity} x {line.item if isinstance(line.item, str) else line.item.id}" for line in order.lines)
    diets = ", ".join(f"{count} {word(diet, language)}" for diet, count in order.diets.items())
    return f"{lines} ({diets})" if diets else lines


def component_of(order: OrderDraft, meeting: Meeting | None) -> Component | None:
    """What the room's system says became of *order*."""
    names = [line.item.casefold() for line in order.lines if isinstance(line.item, str)]
    components = meeting.components if meeting else ()
    return next((one for one in components if any(name in one.what.casefold() for name in names)), None)


class Plan(_Kept):
    """A planned meeting as the journal keeps it.

    Attributes:
        giving_up: It is being given back: ``resume`` does that to its end.
        refusal: Why it is given back, when a part could not be had.
    """

    key: str
    plan: MeetingPlan
    organizer: PersonRef
    spans: tuple[Span, ...]
    room: Room | None = None
    parts: list[Part]
    meeting: Meeting | None = None
    created_at: AwareDatetime
    giving_up: bool = False
    refusal: str | None = None

    @property
    def settled(self) -> bool:
        """Nothing is left to do or to find out."""
        open_ = {Step.BEGUN, Step.UNDOING, Step.LOST} | ({Step.DONE} if self.giving_up else {Step.TODO})
        return not any(part.step in open_ for part in self.parts)

    def shown(self) -> PlannedMeeting:
        """For people."""
        return PlannedMeeting(
            ref=Ref(connection=CONNECTION, kind="plan", id=self.key),
            key=self.key,
            subject=self.plan.subject,
            organizer=self.organizer,
            spans=self.spans,
            room=self.room.name if self.room else None,
            meeting=self.meeting,
            parts=tuple(told for part in self.parts for told in part.shown(self.meeting)),
            settled=self.settled,
            cancelled=self.giving_up and self.settled,
            created_at=self.created_at,
        )


def holder() -> str:
    """A name for one run of one process: by it, another process of this machine sees whether it is still there."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(6)}"


class Journal:
    """The table ``meeting_plans`` of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.prepare(prepare)

    def begin(self, plan: Plan, name: str, until: datetime) -> Steps[Plan | None]:
        """Write *plan* down, held by *name*; the plan that has that key already, if one has."""

        def insert(connection: Connection) -> Plan | None:
            connection.execute(
                meeting_plans.delete().where(meeting_plans.c.settled, meeting_plans.c.ends_at < _text(plan.created_at - KEPT))
            )
            row = connection.execute(sa.select(meeting_plans).where(meeting_plans.c.key == plan.key)).first()
            if row is not None:
                return None if row.holder == name else Plan.model_validate_json(row.record)
            connection.execute(meeting_plans.insert().values(key=plan.key, holder=name, held_until=_text(until), **_row(plan)))
            return None

        return (yield from self._database.write(insert, "the plan", harmless=True))

    def save(self, plan: Plan, name: str, until: datetime | None) -> Steps[None]:
        """Write down how far *plan* is, and hold it until then; ``None`` lets it go.

        Raises:
            Conflict: Someone else took it over.
        """

        def update(connection: Connection) -> None:
            held = {"holder": name, "held_until": _text(until)} if until else {"holder": None, "held_until": None}
            row = meeting_plans.update().where(meeting_plans.c.key == plan.key)
            mine = meeting_plans.c.holder == name
            free = meeting_plans.c.holder.is_(None)  # let go by this very write, whose answer was lost
            if not connection.execute(row.where(mine | free if until is None else mine).values(**_row(plan), **held)).rowcount:
                raise Conflict("someone else goes on with this plan", field="ref")

        yield from self._database.write(update, "the plan", harmless=True)

    def take(self, key: str, name: str, now: datetime, until: datetime) -> Steps[Plan]:
        """The plan with *key*, held by *name* from now on.

        Raises:
            NotFound: There is none.
            Conflict: Someone is at it now.
        """

        def hold(connection: Connection) -> Plan:
            row = connection.execute(sa.select(meeting_plans).where(meeting_plans.c.key == key).with_for_update()).first()
            if row is None:
                raise NotFound(f"there is no planned meeting {key}", field="ref")
            if row.holder is not None and row.holder != name and row.held_until > _text(now) and not _gone(row.holder):
                raise Conflict(f"someone is at it now, until {row.held_until} at the latest", field="ref")
            connection.execute(
                meeting_plans.update().where(meeting_plans.c.key == key).values(holder=name, held_until=_text(until))
            )
            return Plan.model_validate_json(row.record)

        return (yield from self._database.write(hold, "the plan", harmless=True))

    def load(self, key: str) -> Steps[Plan]:
        """The plan with *key*; ``NotFound`` when there is none."""
        query = sa.select(meeting_plans.c.record).where(meeting_plans.c.key == key)
        record = yield from self._database.read(lambda connection: connection.execute(query).scalar(), "the plan")
        if record is None:
            raise NotFound(f"there is no planned meeting {key}", field="ref")
        return Plan.model_validate_json(record)

    def unfinished(self) -> Steps[tuple[Plan, ...]]:
        """Every plan that is not settled."""
        query = sa.select(meeting_plans.c.record).where(meeting_plans.c.settled.is_(False)).order_by(meeting_plans.c.ends_at)
        rows = yield from self._database.read(lambda connection: connection.execute(query).scalars().all(), "plans")
        return tuple(Plan.model_validate_json(record) for record in rows)

    def forget(self, person: PersonRef) -> Steps[int]:
        """Erase the plans of *person*, and *person* from those of others; how many rows."""

        def erase(connection: Connection) -> int:
            changed = 0
            for row in connection.execute(sa.select(meeting_plans)).all():
                plan = Plan.model_validate_json(row.record)
                here = meeting_plans.c.key == row.key
                if plan.organizer.same_person(person):
                    changed += connection.execute(meeting_plans.delete().where(here)).rowcount
                elif any(one.person.same_person(person) for one in plan.plan.attendees):
                    left = tuple(one for one in plan.plan.attendees if not one.person.same_person(person))
                    plan.plan, plan.meeting = plan.plan.model_copy(update={"attendees": left}), None
                    changed += connection.execute(
                        meeting_plans.update().where(here).values(record=plan.model_dump_json())
                    ).rowcount
            return changed

        return (yield from self._database.write(erase, "plans", harmless=True))


def prepare(engine: Engine) -> None:
    """Create the table, or bring it up to date."""
    migrate(engine, scripts="workplace_sdk.meetings:migrations", version_table="meetings_version", head=HEAD)


def _row(plan: Plan) -> dict[str, object]:
    return {
        "organizer": plan.organizer.label,
        "record": plan.model_dump_json(),
        "settled": plan.settled,
        "ends_at": _text(plan.spans[-1].end),
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _gone(name: str) -> bool:
    """Whether the process that holds a plan ran on this machine and is there no more."""
    host, pid, _ = name.split("/")
    if host != socket.gethostname():
        return False
    with suppress(PermissionError):
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
    return False
