"""The rules that a leave request has to keep, checked inside the transaction that records it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.leave_balance import Grant, Used, cover
from workplace_sdk.connectors.local.leave_records import SPOKEN_FOR, LeaveRecords
from workplace_sdk.connectors.local.leave_tables import closed_days, leave_days, leave_requests
from workplace_sdk.kernel.errors import InvalidInput, NotFound
from workplace_sdk.services.calendar import Portion, WorkSchedule
from workplace_sdk.services.common import DurationAmount, Ref, Unit
from workplace_sdk.services.leave import (
    AttachmentRequired,
    BlackoutPeriod,
    CrossesEntitlementPeriod,
    IncrementInvalid,
    InsufficientBalance,
    LeaveDay,
    LeaveDraft,
    NotAWorkingDay,
    NoticeTooShort,
    OverlappingLeave,
    PayrollLocked,
    ReasonRequired,
)
from workplace_sdk.services.leave_preview import charged_days

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row


class LeaveRules(LeaveRecords):
    """Checking of drafts, shared by ``submit`` and ``amend``."""

    def type_row(self, connection: Connection, wanted: Ref | str) -> Row[Any]:
        """The row of the type that a draft names, by reference or name."""
        rows = self.active_types(connection)
        for row in rows:
            if wanted == self.ref("leave_type", row.id) or (
                isinstance(wanted, str) and wanted.casefold() in (row.name.casefold(), str(row.id))
            ):
                return row
        known = ", ".join(row.name for row in rows) or "none"
        raise NotFound(f"there is no leave type {wanted}; there is: {known}", field="leave_type")

    def checked_days(
        self, connection: Connection, person: Any, kind: Any, draft: LeaveDraft, *, replacing: int | None = None
    ) -> tuple[LeaveDay, ...]:
        """The days of *draft* with what they cost, when every rule is kept. The person's row is locked by the caller."""
        days = self._charged(connection, person, kind, draft)
        self._check_form(connection, kind, draft, days)
        self._check_closed(connection, days)
        self._check_overlap(connection, person.id, days, replacing)
        if not (kind.unlimited or kind.allow_negative):
            self._check_balance(connection, person.id, kind, days, replacing)
        return days

    def _charged(self, connection: Connection, person: Any, kind: Any, draft: LeaveDraft) -> tuple[LeaveDay, ...]:
        holidays = self.holidays_of(connection, person, draft.first_day, draft.last_day)
        days: list[LeaveDay] = []
        schedule: WorkSchedule | None = None
        for day in sorted(draft.days, key=lambda one: one.date):
            if schedule is None or not _holds(schedule, day.date):
                schedule = self.schedule_of(connection, person, day.date)
            alone = draft.model_copy(update={"days": (day,)})
            try:
                days += charged_days(
                    alone, unit=Unit(kind.unit), schedule=schedule, holidays=holidays, charges_holidays=kind.charges_holidays
                )
            except ValueError as error:
                raise InvalidInput(f"{day.date}: {error}", field="days") from None
        return tuple(days)

    def _check_form(self, connection: Connection, kind: Any, draft: LeaveDraft, days: Sequence[LeaveDay]) -> None:
        if not any(day.charged.value for day in days):
            raise NotAWorkingDay(dates=tuple(day.date for day in days))
        if not kind.half_days and any(day.portion in (Portion.AM, Portion.PM) for day in days):
            raise InvalidInput(f"{kind.name} is not taken in half days", field="days")
        if not kind.hours and any(day.portion is Portion.HOURS for day in days):
            raise InvalidInput(f"{kind.name} is not taken in hours", field="days")
        if kind.increment and any(day.charged.value % kind.increment for day in days):
            raise IncrementInvalid(step=kind.increment)
        if kind.requires_reason and not (draft.reason or "").strip():
            raise ReasonRequired(field="reason")
        if kind.attachments == "always" and not draft.attachments:
            raise AttachmentRequired(field="attachments")
        if kind.min_notice is not None and (days[0].date - self.session.today()).days < kind.min_notice:
            raise NoticeTooShort(min_days=kind.min_notice)

    def _check_closed(self, connection: Connection, days: Sequence[LeaveDay]) -> None:
        query = sa.select(closed_days).where(closed_days.c.first <= days[-1].date, closed_days.c.last >= days[0].date)
        for row in connection.execute(query.where(closed_days.c.kind != "company").order_by(closed_days.c.first)):
            if any(day.charged.value and row.first <= day.date <= row.last for day in days):
                if row.kind == "locked":
                    raise PayrollLocked(until=row.last)
                raise BlackoutPeriod(row.name, first=row.first, last=row.last)

    def _check_overlap(self, connection: Connection, person_id: int, days: Sequence[LeaveDay], replacing: int | None) -> None:
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
        others = {
            row.other for row in connection.execute(query) if row.charged and row.date in mine and _clash(mine[row.date], row)
        }
        if others:
            raise OverlappingLeave(refs=tuple(self.ref("leave", other) for other in sorted(others)))

    def _check_balance(
        self, connection: Connection, person_id: int, kind: Any, days: Sequence[LeaveDay], replacing: int | None
    ) -> None:
        grants = self.grants_of(connection, person_id, kind.id)
        used = self.used_of(connection, person_id, kind.id, without=replacing)
        wanted = [Used(day.date, day.charged.value, pending=True) for day in days if day.charged.value]
        short = cover(grants, [*used, *wanted]).short - cover(grants, used).short
        if short > 0:
            self._check_periods(grants, wanted)
            raise InsufficientBalance(short_by=DurationAmount(value=short, unit=Unit(kind.unit)))

    @staticmethod
    def _check_periods(grants: Sequence[Grant], wanted: Sequence[Used]) -> None:
        """Say where to split when the first days have a grant and the later ones have none yet."""
        granted = [any(grant.first <= used.date <= grant.last for grant in grants) for used in wanted]
        if granted[0] and not granted[-1]:
            last = max(grant.last for grant in grants if grant.first <= wanted[0].date <= grant.last)
            raise CrossesEntitlementPeriod(split_at=last + timedelta(days=1))


def _holds(schedule: WorkSchedule, day: date) -> bool:
    """Whether a schedule with a known end holds on *day*; one without may be followed by another, so it is asked for anew."""
    return schedule.valid_until is not None and day <= schedule.valid_until


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
