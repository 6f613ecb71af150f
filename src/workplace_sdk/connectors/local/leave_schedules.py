"""Which work schedule holds on which day: one's own, else the organisation's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from attrs import define, field, frozen

from workplace_sdk.services.calendar import WorkSchedule


@frozen
class Week:
    """A week from the settings, as a row of ``work_schedules``: it holds where nothing else does."""

    hours: Sequence[Decimal]
    id: int = 0
    person_id: int | None = None
    first: date = date.min
    last: date | None = None
    exceptions: dict[str, str] = field(factory=dict[str, str])
    fte: Decimal | None = None


@define
class Schedules:
    """The schedules of a person, from rows of ``work_schedules`` (their own, and everyone's with no person).

    Attributes:
        started_on: First day of employment, when it is known.
        left_on: Last one.
    """

    rows: Sequence[Any]
    zone: str
    region: str
    started_on: date | None = None
    left_on: date | None = None
    _made: dict[int, WorkSchedule] = field(factory=dict[int, WorkSchedule], init=False)

    def on(self, day: date) -> WorkSchedule | None:
        """The schedule that holds on *day*; ``None`` when none was ever set for it, or the person is not employed then."""
        if not self.employed(day):
            return None
        row = self._row(day)
        if row is None:
            return None
        made = self._made.get(row.id)
        if made is None or not _holds(made, day):
            made = self._made[row.id] = self._schedule(row, day)
        return made

    def employed(self, day: date) -> bool:
        """Whether *day* is within the employment, as far as its ends are known."""
        return (self.started_on is None or day >= self.started_on) and (self.left_on is None or day <= self.left_on)

    def _row(self, day: date) -> Any:
        """The person's own before everyone's; then the one that began last; then the one that was set last."""
        valid = [row for row in self.rows if row.first <= day and (row.last is None or row.last >= day)]
        return max(valid, key=lambda row: (row.person_id is not None, row.first, row.id), default=None)

    def _schedule(self, row: Any, day: date) -> WorkSchedule:
        """As it holds around *day*: until another takes over."""
        ends = [one.last + timedelta(days=1) for one in self.rows if one.last is not None]
        changes = sorted({one.first for one in self.rows} | set(ends))
        after = next((change for change in changes if change > day and self._row(change) is not row), None)
        start = row.first
        for change in (one for one in changes if row.first < one <= day):
            if self._row(change - timedelta(days=1)) is not row:
                start = change
        return WorkSchedule.model_validate(
            {
                "hours": row.hours,
                "exceptions": row.exceptions,
                "zone": self.zone,
                "region": self.region,
                "fte": row.fte,
                "valid_from": None if start == date.min else start,
                "valid_until": after - timedelta(days=1) if after else row.last,
            }
        )


def _holds(schedule: WorkSchedule, day: date) -> bool:
    return (schedule.valid_from is None or schedule.valid_from <= day) and (
        schedule.valid_until is None or day <= schedule.valid_until
    )
