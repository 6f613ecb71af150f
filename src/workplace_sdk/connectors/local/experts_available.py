"""Whether people of the local store can be reached now: from schedules, absences and meetings; never why not."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.leave_absences import LeaveAbsences
from workplace_sdk.connectors.local.leave_records import APPROVED
from workplace_sdk.connectors.local.leave_schedules import Schedules
from workplace_sdk.connectors.local.leave_tables import leave_requests
from workplace_sdk.connectors.local.people_records import shown
from workplace_sdk.connectors.local.rooms_free import RoomsFree
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.services.calendar import Holiday, Portion
from workplace_sdk.services.common import PersonRef, days_between, zone_of
from workplace_sdk.services.experts import Availability, Presence

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

LOOKED_AHEAD: Final = 370
"""Days in which the next working day is looked for."""
ENGAGED_AHEAD: Final = timedelta(days=1)
"""How far the end of what someone is busy with is looked for."""
SOURCES: Final = ("schedule", "leave", "calendar")


@frozen
class _Days:
    """When someone works: *off* are days of absence, *free* days on which everyone is off."""

    schedules: Schedules
    off: frozenset[date]
    free: Mapping[date, Holiday]

    def works(self, day: date) -> bool:
        """Whether *day* is a working day of theirs; false too when nobody said when they work."""
        schedule = self.schedules.on(day)
        everyone_off = day in self.free and self.free[day].portion is Portion.FULL
        return schedule is not None and bool(schedule.hours_on(day)) and not everyone_off

    def unknown(self, day: date) -> bool:
        """Whether nobody said when they work."""
        return self.schedules.on(day) is None and self.schedules.employed(day)


class ExpertAvailability(LeaveAbsences):
    """Reading of who can be reached, a few queries for any number of people."""

    def availability_of(self, connection: Connection, rows: Sequence[Any]) -> list[Availability]:
        """Of rows of ``people``, in that order."""
        if not rows:
            return []
        now = self.session.now()
        days = self._days(connection, rows, now)
        busy = self._busy(connection, rows, now)
        backups = self._backups(connection, rows, now)
        return [self._available(row, days[row.id], busy.get(row.id), backups.get(row.id), now) for row in rows]

    def _available(self, row: Any, days: _Days, busy: datetime | None, backup: PersonRef | None, now: datetime) -> Availability:
        zone: str = row.zone or self.session.zone
        tz = zone_of(zone)
        today = now.astimezone(tz).date()
        told = Availability(person=self.person_ref(row), backup=backup, zone=zone, sources=SOURCES, as_of=now)
        if today in days.off:
            state = Presence.ABSENT
        elif not days.unknown(today) and not days.works(today):
            state = Presence.OFF_WORK
        elif busy is not None:
            return told.model_copy(update={"now": Presence.BUSY, "until": busy, "next_free": busy})
        else:
            return told
        later = days_between(today + timedelta(days=1), today + timedelta(days=LOOKED_AHEAD))
        day = next((day for day in later if day not in days.off and days.works(day)), None)
        back = None if day is None else datetime.combine(day, time(0), tz)
        return told.model_copy(update={"now": state, "until": back, "next_free": back})

    def _days(self, connection: Connection, rows: Sequence[Any], now: datetime) -> dict[int, _Days]:
        first = now.date() - timedelta(days=1)  # today is another date elsewhere
        last = now.date() + timedelta(days=LOOKED_AHEAD + 1)
        off: dict[Any, set[date]] = defaultdict(set)
        for absence in self.absences_of(connection, [row.id for row in rows], first, last):
            if absence.portion is Portion.FULL and not absence.tentative:
                off[absence.person.ref].add(absence.date)
        closures = self.closures(connection, first, last)
        regions = {self.region_of(row) for row in rows}
        free = {region: self.days_off(region, closures, first, last) for region in regions}
        schedules = self.schedules_of_all(connection, rows)
        return {
            row.id: _Days(schedules[row.id], frozenset(off[self.ref("person", row.id)]), free[self.region_of(row)])
            for row in rows
        }

    def _busy(self, connection: Connection, rows: Sequence[Any], now: datetime) -> dict[int, datetime]:
        """Until when people are in meetings or away for a part of the day, what follows at once included; by id."""
        engaged = RoomsFree(self.local, self.session).engaged(connection, [row.id for row in rows], now, now + ENGAGED_AHEAD)
        until: dict[int, datetime] = {}
        for one in engaged:  # by start
            if not one.tentative and one.start <= until.get(one.person_id, now) < one.end:
                until[one.person_id] = one.end
        return until

    def _backups(self, connection: Connection, rows: Sequence[Any], now: datetime) -> dict[int, PersonRef]:
        """Who stands in for whom: as their leave of today says, else as their profile does; who shows only."""
        wanted = {row.id: row.backup_id for row in rows}
        wanted |= dict(self._substitutes(connection, rows, now.astimezone(zone_of(self.session.zone)).date()))
        ids = {id_ for id_ in wanted.values() if id_ is not None}
        chosen = sa.select(people).where(people.c.id.in_(ids), shown())
        there = {row.id: self.person_ref(row) for row in connection.execute(chosen)} if ids else {}
        return {id_: there[backup] for id_, backup in wanted.items() if backup in there}

    @staticmethod
    def _substitutes(connection: Connection, rows: Iterable[Any], today: date) -> Iterator[tuple[int, int]]:
        requests = leave_requests.c
        chosen = sa.select(requests.person_id, requests.substitute_id).where(
            requests.person_id.in_([row.id for row in rows]),
            requests.substitute_id.is_not(None),
            requests.status.in_(APPROVED),
            requests.first_day <= today,
            requests.last_day >= today,
        )
        for row in connection.execute(chosen):
            yield row.person_id, row.substitute_id
