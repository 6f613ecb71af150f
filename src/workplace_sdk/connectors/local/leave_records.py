"""Rows of leave as models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import LocalService
from workplace_sdk.connectors.local.leave_balance import Grant, Used
from workplace_sdk.connectors.local.leave_tables import (
    closed_days,
    leave_days,
    leave_decisions,
    leave_grants,
    leave_requests,
    leave_types,
    work_schedules,
)
from workplace_sdk.services.calendar import Holiday, HolidayKind, WorkSchedule, public_holidays
from workplace_sdk.services.common import ApprovalStep, DurationAmount, Mapped, PersonRef, StepState, Unit, days_between
from workplace_sdk.services.leave import AttachmentRule, LeaveCategory, LeaveDay, LeaveRequest, LeaveStatus, LeaveType

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

NINE_TO_FIVE = tuple(Decimal(hours) for hours in (8, 8, 8, 8, 8, 0, 0))
"""The schedule of someone for whom none was set, in an organisation for which none was set."""

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
            attachments=AttachmentRule(row.attachments),
            allow_negative=row.allow_negative or row.unlimited,
            charges_holidays=row.charges_holidays,
            min_notice=row.min_notice,
            confidential=row.confidential,
        )

    def active_types(self, connection: Connection) -> Sequence[Row[Any]]:
        """Rows of the types that can be asked for."""
        return connection.execute(sa.select(leave_types).where(leave_types.c.active).order_by(leave_types.c.id)).all()

    def schedule_of(self, connection: Connection, person: Any, on: date) -> WorkSchedule:
        """The schedule that holds for a row of ``people`` on a date."""
        valid = (work_schedules.c.first <= on) & (work_schedules.c.last.is_(None) | (work_schedules.c.last >= on))
        whose = (work_schedules.c.person_id == person.id) | work_schedules.c.person_id.is_(None)
        order = (work_schedules.c.person_id.is_(None), work_schedules.c.first.desc(), work_schedules.c.id.desc())
        row = connection.execute(sa.select(work_schedules).where(valid, whose).order_by(*order).limit(1)).one_or_none()
        zone = person.zone or self.session.zone
        region = person.region or self.local.settings.region
        if row is None:
            return WorkSchedule.model_validate({"hours": NINE_TO_FIVE, "zone": zone, "region": region})
        return WorkSchedule.model_validate(
            {
                "hours": row.hours,
                "exceptions": row.exceptions,
                "zone": zone,
                "region": region,
                "fte": row.fte,
                "valid_from": row.first,
                "valid_until": row.last,
            }
        )

    def holidays_of(self, connection: Connection, person: Any, first: date, last: date) -> dict[date, Holiday]:
        """Public holidays of the person's region and days on which the organisation is closed."""
        region: str = person.region or self.local.settings.region
        found = {
            day: holiday
            for day, holiday in public_holidays(region, range(first.year, last.year + 1)).items()
            if first <= day <= last
        }
        closed = sa.select(closed_days).where(
            closed_days.c.kind == "company", closed_days.c.first <= last, closed_days.c.last >= first
        )
        for row in connection.execute(closed):
            for day in days_between(max(first, row.first), min(last, row.last)):
                found.setdefault(day, Holiday(date=day, name=row.name, region=region, kind=HolidayKind.COMPANY))
        return dict(sorted(found.items()))

    def requests_of(self, connection: Connection, rows: Sequence[Row[Any]]) -> tuple[LeaveRequest, ...]:
        """Requests with their days, decisions, people and attachments, in the order of *rows*."""
        ids = [row.id for row in rows]
        days = _grouped(connection, leave_days, ids, leave_days.c.date)
        decisions = _grouped(connection, leave_decisions, ids, leave_decisions.c.id)
        kinds = {row.id: row for row in connection.execute(sa.select(leave_types)).all()}
        wanted: set[int | None] = {row.person_id for row in rows} | {row.submitted_by_id for row in rows}
        wanted |= {row.substitute_id for row in rows} | {step.person_id for steps in decisions.values() for step in steps}
        names = self.people_by_id(connection, wanted)
        return tuple(self._request(connection, row, kinds[row.type_id], days[row.id], decisions[row.id], names) for row in rows)

    def _request(
        self,
        connection: Connection,
        row: Any,
        kind: Any,
        days: Sequence[Any],
        decisions: Sequence[Any],
        names: dict[int | None, PersonRef],
    ) -> LeaveRequest:
        unit = Unit(kind.unit)
        status = LeaveStatus(row.status)
        if status is LeaveStatus.APPROVED and row.last_day < self.session.today():
            status = LeaveStatus.TAKEN
        return LeaveRequest(
            ref=self.ref("leave", row.id),
            key=self.key_of(connection, "leave.submit", row.id),
            fetched_at=self.session.now(),
            employee=names[row.person_id],
            leave_type=self.ref("leave_type", row.type_id),
            type_name=kind.name,
            days=tuple(
                LeaveDay(
                    date=day.date,
                    portion=day.portion,
                    hours=day.hours,
                    start=day.start,
                    charged=DurationAmount(value=day.charged, unit=unit),
                    why_zero=day.why_zero,
                )
                for day in days
            ),
            status=Mapped(value=status),
            reason=row.reason,
            substitute=names.get(row.substitute_id),
            approvals=tuple(
                ApprovalStep(
                    approver=names.get(step.person_id) or PersonRef(display_name="(erased)"),
                    state=StepState(step.state),
                    order=order,
                    decided_by=names.get(step.person_id),
                    decided_at=step.at,
                    comment=step.comment,
                )
                for order, step in enumerate(decisions, start=1)
            ),
            attachments=self.files_of(connection, "leave", row.id),
            submitted_by=names.get(row.submitted_by_id),
            created_at=row.created_at,
            updated_at=row.updated_at,
            decided_at=row.decided_at,
        )

    def request(self, connection: Connection, id_: int) -> LeaveRequest:
        """One request that is known to be there."""
        return self.requests_of(
            connection, [connection.execute(sa.select(leave_requests).where(leave_requests.c.id == id_)).one()]
        )[0]

    def grants_of(self, connection: Connection, person_id: int, type_id: int) -> list[Grant]:
        """What someone was granted of a type."""
        query = sa.select(leave_grants).where(leave_grants.c.person_id == person_id, leave_grants.c.type_id == type_id)
        return [Grant(row.kind, row.amount, row.first, row.last) for row in connection.execute(query)]

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


def _grouped(connection: Connection, table: sa.Table, ids: Sequence[int], order: Any) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    if ids:
        for row in connection.execute(sa.select(table).where(table.c.request_id.in_(ids)).order_by(order)):
            found[row.request_id].append(row)
    return found
