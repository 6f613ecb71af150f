"""The expert directory of the local store, on the people index."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import locked
from workplace_sdk.connectors.local.leave_absences import LeaveAbsences
from workplace_sdk.connectors.local.people_records import expert_of, index_people, managers_of
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import pages, read, write
from workplace_sdk.kernel.support import Native
from workplace_sdk.search.experts import found
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import PersonRef, days_between, zone_of
from workplace_sdk.services.experts import (
    Availability,
    Expert,
    ExpertDirectory,
    ExpertQuery,
    Match,
    Presence,
    SkillClaim,
    Visibility,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
LOOKED_AHEAD: Final = 370
"""Days in which the next working day is looked for."""


class LocalExperts(LeaveAbsences, ExpertDirectory):
    """People of our own tables. Who left or is hidden never shows."""

    absent = {"members": "the local store has units and teams, no groups"}  # noqa: RUF012 - a ClassVar in the base

    @read(support=HERE)
    def find(self, query: ExpertQuery) -> Steps[Listing[Match]]:
        return (yield from self.reading(found(query, self.connection_name)))

    @read(support=HERE)
    def get(self, person: PersonRef | None = None) -> Steps[Expert]:
        def query(connection: Connection) -> Expert:
            row = self.employee(connection, person)
            if not row.active or (row.visibility == Visibility.LIMITED and not self._is_caller(row)):
                raise NotFound(f"{self.person(person).label} is not known here", field="person")
            return self._experts(connection, [row])[0]

        return (yield from self.reading(query))

    @read(support=HERE)
    def team(self, person: PersonRef | None = None) -> Steps[Listing[Expert]]:
        def query(connection: Connection) -> Listing[Expert]:
            row = self.employee(connection, person)
            rows = self._rows(connection, people.c.manager_id == row.id)
            if not rows and row.manager_id is not None:
                rows = self._rows(connection, people.c.manager_id == row.manager_id)
            return Listing(self._experts(connection, rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def who_is(self, responsibility: str, *, site: str | None = None) -> Steps[Listing[Expert]]:
        wanted = responsibility.casefold()

        def query(connection: Connection) -> Listing[Expert]:
            rows = self._rows(connection, people.c.responsibilities.is_not(None))
            chosen = [
                row
                for row in rows
                if any(wanted == one.casefold() for one in row.responsibilities or ())
                and (site is None or (row.site or "").casefold() == site.casefold())
            ]
            return Listing(self._experts(connection, chosen), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=Native(evidence="live", note="from working hours and absences"))
    def availability(self, people: tuple[PersonRef, ...]) -> Steps[Listing[Availability]]:
        def query(connection: Connection) -> Listing[Availability]:
            rows = [self.employee(connection, one, field="people") for one in people]
            return Listing((self._available(connection, row) for row in rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @pages(support=HERE)
    def people(self, *, since: datetime | None = None) -> PageSteps[Expert]:
        last = 0
        while True:

            def query(connection: Connection, last: int = last) -> tuple[Expert, ...]:
                chosen = people.c.id > last
                if since is not None:
                    chosen &= people.c.changed_at >= since
                rows = connection.execute(
                    sa.select(people).where(chosen, people.c.active).order_by(people.c.id).limit(500)
                ).all()
                return self._experts(connection, rows)

            reading: Steps[tuple[Expert, ...]] = self.reading(query)
            experts = yield from reading
            yield Page([expert for expert in experts if expert.visibility is not Visibility.LIMITED])
            if len(experts) < 500:
                return
            last = int(experts[-1].ref.id)

    @write(Safety.KEYED, support=HERE)
    def update_topics(
        self, topics: tuple[SkillClaim, ...], *, person: PersonRef | None = None, key: Key | None = None
    ) -> Steps[Expert]:
        def record(connection: Connection) -> int:
            row = self.employee(connection, person)
            locked(connection, people, row.id)
            kept = [claim.model_dump(mode="json", exclude_none=True) for claim in topics]
            connection.execute(people.update().where(people.c.id == row.id).values(topics=kept, changed_at=self.session.now()))
            index_people(connection, self.connection_name, [row.id])
            return int(row.id)

        def told(connection: Connection, id_: int) -> Expert:
            return self._experts(connection, [connection.execute(sa.select(people).where(people.c.id == id_)).one()])[0]

        return (yield from self.writing(key, "experts.update_topics", record, told))

    def _is_caller(self, row: Any) -> bool:
        caller: PersonRef | None = self.session.caller
        return caller is not None and bool(self.person_ref(row).same_person(caller))

    def _rows(self, connection: Connection, chosen: sa.ColumnElement[bool]) -> list[Any]:
        shown = people.c.active & (people.c.visibility != Visibility.LIMITED.value)
        return list(
            connection.execute(sa.select(people).where(chosen, shown).order_by(people.c.display_name, people.c.id)).all()
        )

    def _experts(self, connection: Connection, rows: Any) -> tuple[Expert, ...]:
        managers = managers_of(connection, self.connection_name, rows)
        return tuple(expert_of(self.connection_name, row, managers) for row in rows)

    def _available(self, connection: Connection, row: Any) -> Availability:
        """From the schedule and absences; never why someone is off."""
        now = self.session.now()
        local = now.astimezone(zone_of(row.zone or self.session.zone))
        today = local.date()
        last = today + timedelta(days=LOOKED_AHEAD)
        off = self._days_off(connection, row, today, last)
        free = self.holidays_of(connection, row, today, last)
        schedules = self.schedules_of(connection, row)
        backup = self.people_by_id(connection, {row.backup_id}).get(row.backup_id)

        def works(day: date) -> bool:
            schedule = schedules.on(day)
            whole = day in free and free[day].portion is Portion.FULL
            return schedule is not None and bool(schedule.hours_on(day)) and not whole

        unknown = schedules.on(today) is None and schedules.employed(today)
        if today in off:
            state = Presence.ABSENT
        elif unknown or works(today):
            return Availability(person=self.person_ref(row), now=Presence.UNKNOWN, backup=backup, as_of=now)
        else:
            state = Presence.OFF_WORK
        day = next((day for day in days_between(today + timedelta(days=1), last) if day not in off and works(day)), None)
        following = None if day is None else datetime.combine(day, time(0), local.tzinfo)
        return Availability(
            person=self.person_ref(row), now=state, until=following, next_free=following, backup=backup, as_of=now
        )

    def _days_off(self, connection: Connection, row: Any, since: date, until: date) -> set[date]:
        return {
            absence.date
            for absence in self.absences_of(connection, [row.id], since, until)
            if absence.portion is Portion.FULL and not absence.tentative
        }
