"""Rows of requests as models."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.leave_records import LeaveRecords
from workplace_sdk.connectors.local.leave_tables import leave_days, leave_events, leave_requests, leave_types
from workplace_sdk.connectors.local.schema import files, people, writes
from workplace_sdk.services.common import ApprovalStep, Attachment, DurationAmount, Mapped, PersonRef, StepState, Unit
from workplace_sdk.services.leave import LeaveDay, LeaveEvent, LeaveRequest, LeaveStatus, LeaveStep

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

ERASED: Final = PersonRef(display_name="(erased)")
_DECISIONS: Final = {
    LeaveStep.APPROVED: StepState.APPROVED,
    LeaveStep.REJECTED: StepState.REJECTED,
    LeaveStep.RETURNED: StepState.RETURNED,
    LeaveStep.CANCELLED: StepState.APPROVED,
    LeaveStep.CANCEL_REJECTED: StepState.REJECTED,
}


@frozen
class _Found:
    """What belongs to some requests, by their ids."""

    kinds: Mapping[int, Any]
    managers: Mapping[int, int | None]
    today: Mapping[int, date]
    names: Mapping[int | None, PersonRef]
    days: Mapping[int, Sequence[Any]]
    events: Mapping[int, Sequence[Any]]
    attachments: Mapping[int, Sequence[Attachment]]
    keys: Mapping[int, str]


class LeaveRequests(LeaveRecords):
    """Reading of requests, shared by the operations."""

    def request(self, connection: Connection, id_: int) -> LeaveRequest:
        """One request that is known to be there."""
        row = connection.execute(sa.select(leave_requests).where(leave_requests.c.id == id_)).one()
        return self.requests_of(connection, [row])[0]

    def requests_of(self, connection: Connection, rows: Sequence[Row[Any]]) -> tuple[LeaveRequest, ...]:
        """Requests with their days, timeline, people and attachments, in the order of *rows*."""
        if not rows:
            return ()
        found = self._found(connection, rows)
        return tuple(self._request(row, found) for row in rows)

    def _found(self, connection: Connection, rows: Sequence[Row[Any]]) -> _Found:
        ids = [row.id for row in rows]
        owners = {row.person_id for row in rows}
        query = sa.select(people.c.id, people.c.manager_id, people.c.zone).where(people.c.id.in_(owners))
        asking = connection.execute(query).all()
        managers: dict[int, int | None] = {row.id: row.manager_id for row in asking}
        events = _grouped(connection, leave_events, ids, leave_events.c.id)
        wanted: set[int | None] = owners | {row.submitted_by_id for row in rows} | {row.substitute_id for row in rows}
        wanted |= {event.person_id for its in events.values() for event in its} | set(managers.values())
        made = sa.select(writes.c.key, writes.c.record_id).where(
            writes.c.operation == "leave.submit", writes.c.record_id.in_(ids)
        )
        return _Found(
            kinds={row.id: row for row in connection.execute(sa.select(leave_types))},
            managers=managers,
            today={row.id: self.today_of(row) for row in asking},
            names=self.people_by_id(connection, wanted),
            days=_grouped(connection, leave_days, ids, leave_days.c.date),
            events=events,
            attachments=self._attachments(connection, ids),
            keys={row.record_id: row.key for row in connection.execute(made)},
        )

    def _attachments(self, connection: Connection, ids: Sequence[int]) -> Mapping[int, Sequence[Attachment]]:
        columns = [column for column in files.c if column.name != "content"]
        query = sa.select(*columns).where(files.c.kind == "leave", files.c.record_id.in_(ids)).order_by(files.c.id)
        found: defaultdict[int, list[Attachment]] = defaultdict(list)
        for row in connection.execute(query):
            found[row.record_id].append(self.attachment_of(row))
        return found

    def _request(self, row: Any, found: _Found) -> LeaveRequest:
        kind = found.kinds[row.type_id]
        status = LeaveStatus(row.status)
        if status is LeaveStatus.APPROVED and row.last_day < found.today[row.person_id]:
            status = LeaveStatus.TAKEN
        events = found.events[row.id]
        return LeaveRequest(
            ref=self.ref("leave", row.id).model_copy(update={"version": str(row.revision)}),
            key=found.keys.get(row.id),
            fetched_at=self.session.now(),
            employee=found.names[row.person_id],
            leave_type=self.ref("leave_type", row.type_id),
            type_name=kind.name,
            days=tuple(_day(day, Unit(kind.unit)) for day in found.days[row.id]),
            status=Mapped(value=status),
            reason=row.reason,
            note=row.note,
            substitute=found.names.get(row.substitute_id),
            approvals=_approvals(status, found.names.get(found.managers[row.person_id]), events, found.names),
            timeline=tuple(
                LeaveEvent(
                    step=Mapped(value=LeaveStep(event.step)),
                    at=event.at,
                    by=found.names.get(event.person_id),
                    comment=event.comment,
                )
                for event in events
            ),
            attachments=tuple(found.attachments[row.id]),
            submitted_by=found.names.get(row.submitted_by_id),
            created_at=row.created_at,
            updated_at=row.updated_at,
            decided_at=row.decided_at,
        )


def _day(row: Any, unit: Unit) -> LeaveDay:
    return LeaveDay(
        date=row.date,
        portion=row.portion,
        hours=row.hours,
        start=row.start,
        charged=DurationAmount(value=row.charged, unit=unit),
        why_zero=row.why_zero,
    )


def _approvals(
    status: LeaveStatus, manager: PersonRef | None, events: Sequence[Any], names: Mapping[int | None, PersonRef]
) -> tuple[ApprovalStep, ...]:
    """Decisions so far, and the one that is waited for. A cancellation that needed nobody is no decision."""
    steps: list[ApprovalStep] = []
    asked = False
    for event in events:
        step = LeaveStep(event.step)
        asked = step is LeaveStep.CANCEL_REQUESTED or (asked and step is not LeaveStep.CANCEL_REJECTED)
        if step not in _DECISIONS or (step is LeaveStep.CANCELLED and not asked):
            continue
        by = names.get(event.person_id)
        steps.append(
            ApprovalStep(
                approver=by or ERASED,
                state=_DECISIONS[step],
                order=len(steps) + 1,
                decided_by=by,
                decided_at=event.at,
                comment=event.comment,
            )
        )
    if manager is not None and status in (LeaveStatus.SUBMITTED, LeaveStatus.CANCEL_REQUESTED):
        steps.append(ApprovalStep(approver=manager, order=len(steps) + 1))
    return tuple(steps)


def _grouped(connection: Connection, table: sa.Table, ids: Sequence[int], order: Any) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(sa.select(table).where(table.c.request_id.in_(ids)).order_by(order)):
        found[row.request_id].append(row)
    return found
