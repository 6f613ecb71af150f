"""Who is off, from leave and from illness; never which of the two."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import chunks
from workplace_sdk.connectors.local.leave_records import PENDING, SPOKEN_FOR, LeaveRecords
from workplace_sdk.connectors.local.leave_tables import leave_days, leave_requests, sick_cases
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import days_between
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
        leave = [row for some in chunks(list(ids)) for row in connection.execute(_days_of(some, since, until)) if row.charged]
        cases = [case for some in chunks(list(ids)) for case in connection.execute(_cases_of(some, since, until))]
        who: dict[int, Any] = {}
        for some in chunks(sorted({row.person_id for row in (*leave, *cases)})):
            who |= {row.id: row for row in connection.execute(sa.select(people).where(people.c.id.in_(some)))}
        names = {id_: self.person_ref(row) for id_, row in who.items()}
        found = [
            Absence(
                person=names[row.person_id],
                date=row.date,
                portion=Portion(row.portion),
                hours=row.hours,
                start=row.start,
                tentative=row.status in PENDING,
            )
            for row in leave
        ]
        whole = {(row.person_id, row.date) for row in leave if row.portion == Portion.FULL.value}
        found += [
            Absence(person=names[id_], date=day, portion=portion, tentative=tentative)
            for id_, day, portion, tentative in self._ill(connection, cases, who, since, until)
            if (id_, day) not in whole
        ]
        return sorted(found, key=lambda absence: (absence.date, absence.person.label, absence.portion, str(absence.start)))

    def _ill(
        self, connection: Connection, cases: Sequence[Any], who: Mapping[int, Any], since: date, until: date
    ) -> Iterator[tuple[int, date, Portion, bool]]:
        """Working days of illness, each with its part and whether it is only expected: certain up to today."""
        ill = [who[id_] for id_ in sorted({case.person_id for case in cases})]
        schedules = self.schedules_of_all(connection, ill) if ill else {}
        closures = self.closures(connection, since, until) if ill else ()
        free = {region: self.days_off(region, closures, since, until) for region in {self.region_of(row) for row in ill}}
        for case in cases:
            person = who[case.person_id]
            holidays, today = free[self.region_of(person)], self.today_of(person)
            last = max(case.expected_until or today, today) if case.back_on is None else case.back_on - timedelta(days=1)
            for day in days_between(max(since, case.first_day), min(until, last)):
                schedule = schedules[person.id].on(day)
                off = day in holidays and holidays[day].portion is Portion.FULL
                if schedule is not None and schedule.hours_on(day) and not off:
                    portion = Portion(case.portion) if day == case.first_day else Portion.FULL
                    yield person.id, day, portion, case.back_on is None and day > today


def _days_of(ids: Sequence[int], since: date, until: date) -> Any:
    """Days of leave that is asked for or approved."""
    requests, days = leave_requests.c, leave_days.c
    return (
        sa.select(leave_days, requests.status, requests.person_id)
        .join(leave_requests, requests.id == days.request_id)
        .where(requests.person_id.in_(ids), requests.status.in_(SPOKEN_FOR))
        .where(requests.first_day <= until, requests.last_day >= since, days.date.between(since, until))
    )


def _cases_of(ids: Sequence[int], since: date, until: date) -> Any:
    """Illnesses that last on some of the days."""
    cases = sick_cases.c
    return sa.select(sick_cases).where(
        cases.person_id.in_(ids), cases.first_day <= until, cases.back_on.is_(None) | (cases.back_on > since)
    )
