"""The rules that a leave request has to keep, checked inside the transaction that records it."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.leave_balance import Grant, Used, cover
from workplace_sdk.connectors.local.leave_records import SPOKEN_FOR
from workplace_sdk.connectors.local.leave_requests import LeaveRequests
from workplace_sdk.connectors.local.leave_tables import closed_days, leave_days, leave_requests
from workplace_sdk.connectors.local.schema import files
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.calendar import Holiday, HoursDoNotFit, Portion, WorkSchedule
from workplace_sdk.services.common import DurationAmount, Unit
from workplace_sdk.services.leave import (
    BlackoutPeriod,
    CrossesEntitlementPeriod,
    InsufficientBalance,
    LeaveCategory,
    LeaveDay,
    LeaveDraft,
    LeaveType,
    NotAWorkingDay,
    OverlappingLeave,
    PayrollLocked,
)
from workplace_sdk.services.leave_lines import charged_days, chosen_type
from workplace_sdk.services.leave_rules import type_problems
from workplace_sdk.services.refusals import InvalidField

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

OWN_SUBSTITUTE: Final = Words("nobody stands in for themselves", "niemand vervangt zichzelf")
_BY_RIGHT: Final = frozenset(
    {
        LeaveCategory.SICK,
        LeaveCategory.MATERNITY,
        LeaveCategory.PARTNER,
        LeaveCategory.PARENTAL,
        LeaveCategory.CARER,
        LeaveCategory.BEREAVEMENT,
        LeaveCategory.CIVIC_DUTY,
    }
)
"""Leave that nobody plans around a busy week: days on which nobody can be off do not bind it."""


@frozen
class Asked:
    """A draft with what it comes to, and why it cannot be: nothing, when *problems* is empty."""

    kind: LeaveType
    type_id: int
    unlimited: bool
    holidays: Mapping[date, Holiday]
    days: tuple[LeaveDay, ...]
    problems: tuple[Rejected, ...]
    substitute_id: int | None


class LeaveRules(LeaveRequests):
    """Checking of drafts, shared by ``submit``, ``amend`` and their previews."""

    def asked(self, connection: Connection, person: Any, draft: LeaveDraft, *, replacing: int | None = None) -> Asked:
        """What *draft* comes to for a row of ``people``, which a writer has locked. Raises what leaves nothing to count."""
        rows = self.active_types(connection)
        kind = chosen_type([self.type_of(row) for row in rows], draft.leave_type)
        row = next(row for row in rows if self.ref("leave_type", row.id) == kind.ref)
        holidays = self.holidays_of(connection, person, draft.first_day, draft.last_day)
        schedules = self.schedules_of(connection, person)

        def schedule_on(day: date) -> WorkSchedule | None:
            schedule = schedules.on(day)
            if schedule is None and schedules.employed(day):
                raise self.no_schedule(person, day)
            return schedule

        try:
            days = charged_days(draft.days, kind, schedule_on, holidays)
        except HoursDoNotFit as error:
            raise InvalidField(error.words, field="days") from None
        if not any(day.charged.value for day in days):
            raise NotAWorkingDay(dates=tuple(day.date for day in days))
        substitute_id, problems = self._substitute(connection, person, draft)
        enclosed = self._kept_documents(connection, replacing)
        problems += type_problems(kind, draft, days, today=self.today_of(person), enclosed=enclosed)
        problems += self.closed(connection, days, blackouts=kind.category.value not in _BY_RIGHT)
        problems += self._overlap(connection, person.id, days, replacing)
        if not (row.unlimited or row.allow_negative):
            problems += self._balance(connection, person.id, row, days, replacing)
        return Asked(kind, row.id, row.unlimited, holidays, days, tuple(problems), substitute_id)

    def _substitute(self, connection: Connection, person: Any, draft: LeaveDraft) -> tuple[int | None, list[Rejected]]:
        """Who stands in, by id, and why they cannot."""
        if draft.substitute is None:
            return None, []
        try:
            other = self.employee(connection, draft.substitute, field="substitute")
        except Rejected as problem:
            return None, [problem]
        problems: list[Rejected] = [InvalidField(OWN_SUBSTITUTE, field="substitute")] if other.id == person.id else []
        return other.id, problems

    @staticmethod
    def _kept_documents(connection: Connection, request_id: int | None) -> bool:
        kept = sa.select(files.c.id).where(files.c.kind == "leave", files.c.record_id == request_id).limit(1)
        return request_id is not None and connection.execute(kept).scalar() is not None

    @staticmethod
    def closed(connection: Connection, days: Sequence[LeaveDay], *, blackouts: bool) -> Iterator[Rejected]:
        """Days that payroll has closed, and (with *blackouts*) on which nobody can be off."""
        query = sa.select(closed_days).where(
            closed_days.c.kind != "company", closed_days.c.first <= days[-1].date, closed_days.c.last >= days[0].date
        )
        for row in connection.execute(query.order_by(closed_days.c.first, closed_days.c.id)):
            if any(day.charged.value and row.first <= day.date <= row.last for day in days):
                if row.kind == "locked":
                    yield PayrollLocked(until=row.last)
                elif blackouts:
                    yield BlackoutPeriod(row.name, first=row.first, last=row.last)

    def _overlap(
        self, connection: Connection, person_id: int, days: Sequence[LeaveDay], replacing: int | None
    ) -> Iterator[Rejected]:
        query = (
            sa.select(leave_days, leave_requests.c.id.label("other"))
            .join(leave_requests, leave_requests.c.id == leave_days.c.request_id)
            .where(
                leave_requests.c.person_id == person_id,
                leave_requests.c.status.in_(SPOKEN_FOR),
                leave_requests.c.id != (replacing or 0),
                leave_days.c.date.between(days[0].date, days[-1].date),
            )
        )
        mine = {day.date: day for day in days if day.charged.value}
        others: set[int] = {
            row.other for row in connection.execute(query) if row.charged and row.date in mine and _clash(mine[row.date], row)
        }
        if others:
            yield OverlappingLeave(refs=tuple(self.ref("leave", other) for other in sorted(others)))

    def _balance(
        self, connection: Connection, person_id: int, kind: Any, days: Sequence[LeaveDay], replacing: int | None
    ) -> Iterator[Rejected]:
        grants = self.grants_of(connection, person_id, kind.id)
        used = self.used_of(connection, person_id, kind.id, without=replacing)
        wanted = [Used(day.date, day.charged.value, pending=True) for day in days if day.charged.value]
        short = cover(grants, [*used, *wanted]).short - cover(grants, used).short
        if short <= 0:
            return
        split = _split(grants, wanted)
        if split is not None:
            yield CrossesEntitlementPeriod(split_at=split)
            return
        later = [grant.usable_from for grant in grants if grant.usable_from > wanted[-1].date and grant.amount > 0]
        amount = DurationAmount(value=short, unit=Unit(kind.unit))
        yield InsufficientBalance(short_by=amount, next_accrual_on=min(later, default=None))


def _split(grants: Sequence[Grant], wanted: Sequence[Used]) -> date | None:
    """Where to split when the first days have a grant and later ones have none yet."""
    granted = [any(grant.usable_on(used.date) and grant.amount >= 0 for grant in grants) for used in wanted]
    if not granted[0] or all(granted):
        return None
    bare = wanted[granted.index(False)].date
    return max(grant.usable_until for grant in grants if grant.usable_until < bare and grant.amount >= 0) + timedelta(days=1)


def _clash(mine: LeaveDay, row: Any) -> bool:
    """Whether two parts of one day have time in common; hours without a start may be at any time."""
    halves = {Portion.AM.value, Portion.PM.value}
    if mine.portion.value in halves and row.portion in halves:
        return bool(mine.portion.value == row.portion)
    if mine.portion is Portion.HOURS and row.portion == Portion.HOURS.value and mine.start and row.start:
        mine_end = _minutes(mine.start) + (mine.hours or 0) * 60
        return bool(_minutes(mine.start) < _minutes(row.start) + row.hours * 60 and _minutes(row.start) < mine_end)
    return True


def _minutes(at: Any) -> Decimal:
    return Decimal(at.hour * 60 + at.minute)
