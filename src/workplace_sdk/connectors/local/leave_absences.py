"""Who is off, from leave and from illness; never which of the two."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import chunks
from workplace_sdk.connectors.local.leave_records import PENDING, SPOKEN_FOR, LeaveRecords, days_off
from workplace_sdk.connectors.local.leave_schedules import Schedules
from workplace_sdk.connectors.local.leave_tables import leave_days, leave_requests, sick_cases
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.services.calendar import Holiday, Portion
from workplace_sdk.services.common import PersonRef, days_between
from workplace_sdk.services.leave import Absence

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class LeaveAbsences(LeaveRecords):
    """Reading of absences, for the operation and for previews."""

    def team_of(self, connection: Connection, person: Any) -> set[int]:
        """Ids of a row of ``people``, who reports to them, and who has the same manager."""
        same = (people.c.manager_id == person.manager_id) if person.manager_id is not None else sa.false()
        chosen = sa.select(people.c.id).where(people.c.active, (people.c.manager_id == person.id) | same)
        return {person.id, *connection.execute(chosen).scalars()}

    def absences_of(self, connection: Connection, ids: Collection[int], since: date, until: date) -> list[Absence]:
        """Absences of people by id, by date and name; a whole day off is there once, whatever it is made of."""
        names = self.people_by_id(connection, set(ids))
        found = [*self._leave(connection, ids, since, until, names)]
        whole = {(absence.person.ref, absence.date) for absence in found if absence.portion is Portion.FULL}
        ill = self._ill(connection, ids, since, until, names)
        found += [absence for absence in ill if (absence.person.ref, absence.date) not in whole]
        return sorted(found, key=lambda absence: (absence.date, absence.person.label, absence.portion, str(absence.start)))

    @staticmethod
    def _leave(
        connection: Connection, ids: Collection[int], since: date, until: date, names: dict[int | None, PersonRef]
    ) -> Iterator[Absence]:
        for some in chunks(list(ids)):
            chosen = (
                sa.select(leave_days, leave_requests.c.status, leave_requests.c.person_id)
                .join(leave_requests, leave_requests.c.id == leave_days.c.request_id)
                .where(
                    leave_requests.c.person_id.in_(some),
                    leave_requests.c.status.in_(SPOKEN_FOR),
                    leave_requests.c.first_day <= until,
                    leave_requests.c.last_day >= since,
                    leave_days.c.date.between(since, until),
                )
            )
            for row in connection.execute(chosen):
                if row.charged:
                    yield Absence(
                        person=names[row.person_id],
                        date=row.date,
                        portion=Portion(row.portion),
                        hours=row.hours,
                        start=row.start,
                        tentative=row.status in PENDING,
                    )

    def _ill(
        self, connection: Connection, ids: Collection[int], since: date, until: date, names: dict[int | None, PersonRef]
    ) -> Iterator[Absence]:
        """Working days of illness: certain up to today, expected after it."""
        cases: list[Any] = []
        for some in chunks(list(ids)):
            chosen = sa.select(sick_cases).where(
                sick_cases.c.person_id.in_(some),
                sick_cases.c.first_day <= until,
                sick_cases.c.back_on.is_(None) | (sick_cases.c.back_on > since),
            )
            cases += connection.execute(chosen).all()
        who: dict[int, Any] = {}
        for some in chunks(sorted({case.person_id for case in cases})):
            who |= {row.id: row for row in connection.execute(sa.select(people).where(people.c.id.in_(some)))}
        schedules = self.schedules_of_all(connection, list(who.values()))
        closures = self.closures(connection, since, until)
        free = {region: days_off(region, closures, since, until) for region in {self.region_of(row) for row in who.values()}}
        for case in cases:
            person = who[case.person_id]
            yield from self._days_ill(case, person, schedules[person.id], free[self.region_of(person)], since, until, names)

    def _days_ill(
        self,
        case: Any,
        person: Any,
        schedules: Schedules,
        free: Mapping[date, Holiday],
        since: date,
        until: date,
        names: Mapping[int | None, PersonRef],
    ) -> Iterator[Absence]:
        today = self.today_of(person)
        last = max(case.expected_until or today, today) if case.back_on is None else case.back_on - timedelta(days=1)
        for day in days_between(max(since, case.first_day), min(until, last)):
            schedule = schedules.on(day)
            if schedule is None or not schedule.hours_on(day) or (day in free and free[day].portion is Portion.FULL):
                continue
            yield Absence(
                person=names[person.id],
                date=day,
                portion=Portion(case.portion) if day == case.first_day else Portion.FULL,
                tentative=case.back_on is None and day > today,
            )
