"""What the rules of leave and its balances are made of: types, schedules, days off for everyone, grants, days spoken for."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import LocalService, chunks
from workplace_sdk.connectors.local.leave_balance import Grant, Used
from workplace_sdk.connectors.local.leave_schedules import Schedules, Week
from workplace_sdk.connectors.local.leave_tables import (
    closed_days,
    leave_days,
    leave_grants,
    leave_requests,
    leave_types,
    work_schedules,
)
from workplace_sdk.kernel.errors import ConfigError, NotFound
from workplace_sdk.services.calendar import Holiday, HolidayKind, Portion, WorkSchedule, parse_week, public_holidays
from workplace_sdk.services.common import Mapped, Unit, days_between, zone_of
from workplace_sdk.services.leave import AttachmentRule, LeaveCategory, LeaveType, Pay

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

PENDING = ("submitted",)
APPROVED = ("approved", "cancel_requested")
SPOKEN_FOR = (*PENDING, *APPROVED)


class LeaveRecords(LocalService):
    """Reading of leave, shared by the operations."""

    def type_of(self, row: Any) -> LeaveType:
        """The leave type of a row."""
        return LeaveType(
            ref=self.ref("leave_type", row.id),
            name=row.name,
            category=Mapped(value=LeaveCategory(row.category)),
            unit=Unit(row.unit),
            increment=row.increment,
            half_days=row.half_days,
            hours=row.hours,
            requires_approval=row.requires_approval,
            requires_reason=row.requires_reason,
            reasons=tuple(row.reasons),
            attachments=AttachmentRule(row.attachments),
            attachment_after=row.attachment_after,
            max_days=row.max_days,
            paid=None if row.paid is None else Pay(row.paid),
            allow_negative=row.allow_negative or row.unlimited,
            charges_holidays=row.charges_holidays,
            min_notice=row.min_notice,
            confidential=row.confidential,
        )

    def today_of(self, person: Any) -> date:
        """Today on the clocks of a row of ``people``."""
        today: date = self.session.now().astimezone(zone_of(person.zone or self.session.zone)).date()
        return today

    def active_types(self, connection: Connection) -> Sequence[Row[Any]]:
        """Rows of the types that can be asked for."""
        return connection.execute(sa.select(leave_types).where(leave_types.c.active).order_by(leave_types.c.id)).all()

    def schedules_of(self, connection: Connection, person: Any) -> Schedules:
        """Every schedule that concerns a row of ``people``; what the settings say holds where nothing else does."""
        return self.schedules_of_all(connection, [person])[person.id]

    def schedules_of_all(self, connection: Connection, persons: Sequence[Any]) -> dict[int, Schedules]:
        """As ``schedules_of``, of several people by their ids."""
        own: dict[int | None, list[Any]] = defaultdict(list)
        for some in chunks([person.id for person in persons]):
            chosen = sa.select(work_schedules).where(work_schedules.c.person_id.in_(some))
            for row in connection.execute(chosen):
                own[row.person_id].append(row)
        everyone: list[Any] = list(
            connection.execute(sa.select(work_schedules).where(work_schedules.c.person_id.is_(None))).all()
        )
        if self.local.settings.week is not None:
            everyone.append(Week(parse_week(self.local.settings.week)))
        return {
            person.id: Schedules(
                [*own[person.id], *everyone],
                person.zone or self.session.zone,
                self.region_of(person),
                person.started_on,
                person.left_on,
            )
            for person in persons
        }

    def region_of(self, person: Any) -> str:
        """Whose public holidays are days off for a row of ``people``."""
        region: str = person.region or self.local.settings.region
        return region

    def schedule_of(self, connection: Connection, person: Any, on: date) -> WorkSchedule:
        """The schedule that holds for a row of ``people`` on a date.

        Raises:
            ConfigError: Nobody said when they work. Nothing is assumed.
        """
        schedules = self.schedules_of(connection, person)
        schedule = schedules.on(on)
        if schedule is None:
            if not schedules.employed(on):
                raise NotFound(f"{person.display_name} is not employed on {on}", field="on")
            raise self.no_schedule(person, on)
        return schedule

    def no_schedule(self, person: Any, on: date) -> ConfigError:
        """Nobody said when they work."""
        return ConfigError(
            f"no work schedule of {person.display_name} is known on {on}: set one, or here the week of who has none (8 8 8 8 8)",
            table=f"connections.{self.connection_name}",
            key="week",
        )

    def holidays_of(self, connection: Connection, person: Any, first: date, last: date) -> dict[date, Holiday]:
        """Public holidays of the person's region and days on which the organisation is closed."""
        return self.days_off(self.region_of(person), self.closures(connection, first, last), first, last)

    def days_off(self, region: str, closures: Sequence[Any], first: date, last: date) -> dict[date, Holiday]:
        """Public holidays of *region* from *first* to *last* and *closures*, by date.

        Raises:
            ConfigError: No public holidays are known for *region*.
        """
        try:
            return days_off(region, closures, first, last)
        except ValueError as error:
            raise ConfigError(str(error), table=f"connections.{self.connection_name}", key="region") from None

    @staticmethod
    def closures(connection: Connection, first: date, last: date) -> Sequence[Row[Any]]:
        """Days from *first* to *last* on which the organisation is closed."""
        closed = closed_days.c
        chosen = sa.select(closed_days).where(closed.kind == "company", closed.first <= last, closed.last >= first)
        return connection.execute(chosen.order_by(closed.id)).all()

    def grants_of(self, connection: Connection, person_id: int, type_id: int) -> list[Grant]:
        """What someone was granted of a type."""
        query = sa.select(leave_grants).where(leave_grants.c.person_id == person_id, leave_grants.c.type_id == type_id)
        return [
            Grant(row.kind, row.amount, row.first, row.last, row.usable_from or row.first, row.usable_until or row.last)
            for row in connection.execute(query.order_by(leave_grants.c.id))
        ]

    def used_of(self, connection: Connection, person_id: int, type_id: int, *, without: int | None = None) -> list[Used]:
        """Days of a type that are spoken for, those of the request *without* left out."""
        query = (
            sa.select(leave_days.c.date, leave_days.c.charged, leave_requests.c.status)
            .join(leave_requests, leave_requests.c.id == leave_days.c.request_id)
            .where(
                leave_requests.c.person_id == person_id,
                leave_requests.c.type_id == type_id,
                leave_requests.c.status.in_(SPOKEN_FOR),
                leave_requests.c.id != (without or 0),
            )
        )
        return [Used(row.date, row.charged, row.status in PENDING) for row in connection.execute(query) if row.charged]


def days_off(region: str, closures: Sequence[Any], first: date, last: date) -> dict[date, Holiday]:
    """Public holidays of *region* from *first* to *last* and *closures*, by date; of two on one day the longer one."""
    years = range(first.year, last.year + 1)
    found = {day: holiday for day, holiday in public_holidays(region, years).items() if first <= day <= last}
    for row in closures:
        for day in days_between(max(first, row.first), min(last, row.last)):
            company = Holiday(date=day, name=row.name, region=region, kind=HolidayKind.COMPANY, portion=Portion(row.portion))
            known = found.setdefault(day, company)
            if known.portion is not Portion.FULL and known.portion is not company.portion:
                whole = known if company.portion is not Portion.FULL else company  # two halves are a day as well
                found[day] = whole.model_copy(update={"portion": Portion.FULL})
    return dict(sorted(found.items()))
