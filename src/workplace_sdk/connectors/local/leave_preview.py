"""What a request would mean in the local store: checked by the very rules that will be applied when it is recorded."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.leave_balance import Figures, Used, figures
from workplace_sdk.connectors.local.leave_rules import Asked
from workplace_sdk.connectors.local.leave_sick import SickLeave
from workplace_sdk.connectors.local.leave_tables import leave_requests, leave_types
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import NotFound, Rejected
from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.services.calendar import public_holidays
from workplace_sdk.services.common import Decision, DurationAmount
from workplace_sdk.services.leave import InsufficientBalance, LeaveDraft, LeaveRequest, LeaveStatus, OverlappingLeave
from workplace_sdk.services.leave_lines import (
    approval_line,
    balance_line,
    besides_line,
    colleagues_lines,
    cost_lines,
    overlap_line,
)
from workplace_sdk.services.leave_preview import decided
from workplace_sdk.services.refusals import blocker_line

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.engine import Connection

    from workplace_sdk.kernel.keys import Key


class LeavePreviews(SickLeave):
    """Lines of previews of ``submit``, ``amend`` and ``decide``."""

    def previewed(self, operation: str, draft: LeaveDraft, key: Key | None, *, replacing: int | None = None) -> Steps[Preview]:
        """The lines of a preview, from one moment of the store."""

        def query(connection: Connection) -> list[PreviewLine]:
            person = self.employee(connection, draft.person) if replacing is None else _whose(connection, replacing)
            try:
                asked = self.asked(connection, person, draft, replacing=replacing)
            except Rejected as error:
                return [blocker_line(error, origin=Origin.BACKEND)]
            return self._lines(connection, person, draft, asked, replacing)

        return Preview(operation=operation, key=str(key), lines=tuple((yield from self.reading(query))))

    def _lines(
        self, connection: Connection, person: Any, draft: LeaveDraft, asked: Asked, replacing: int | None
    ) -> list[PreviewLine]:
        years = range(draft.first_day.year, draft.last_day.year + 1)
        dutch = {day: holiday.name for day, holiday in public_holidays(self.region_of(person), years, "nl").items()}
        lines = cost_lines(asked.kind, asked.days, asked.holidays, dutch=dutch, origin=Origin.BACKEND)
        if not asked.unlimited:
            lines += self._left(connection, person, asked, replacing)
        for problem in asked.problems:
            if isinstance(problem, OverlappingLeave):
                others = (self.request(connection, int(ref.id)) for ref in problem.refs)
                lines += [overlap_line(other, origin=Origin.BACKEND, weight=Weight.BLOCKER) for other in others]
            elif not isinstance(problem, InsufficientBalance):  # said with what is left
                lines.append(blocker_line(problem, origin=Origin.BACKEND))
        lines += self._substitute_off(connection, draft, asked)
        lines += self._colleagues_off(connection, person, draft.first_day, draft.last_day)
        manager = self.people_by_id(connection, {person.manager_id}).get(person.manager_id)
        return [*lines, approval_line(asked.kind, manager, origin=Origin.BACKEND)]

    def _left(self, connection: Connection, person: Any, asked: Asked, replacing: int | None) -> list[PreviewLine]:
        """What is left after it: of each entitlement period that it is in, and what is missing."""
        grants = self.grants_of(connection, person.id, asked.type_id)
        used = self.used_of(connection, person.id, asked.type_id, without=replacing)
        wanted = [Used(day.date, day.charged.value, pending=True) for day in asked.days if day.charged.value]
        for problem in asked.problems:
            if isinstance(problem, InsufficientBalance) and problem.short_by is not None:
                lack = problem.short_by.model_copy(update={"value": -problem.short_by.value})
                return [balance_line(lack, short=True, origin=Origin.BACKEND)]
        told: dict[tuple[date, date] | None, Figures] = {}
        for one in wanted:
            found = figures(grants, [*used, *wanted], one.date)
            told[found.period] = found  # as of the last day in each period
        return [
            balance_line(
                DurationAmount(value=found.available, unit=asked.kind.unit),
                period=period if len(told) > 1 else None,
                origin=Origin.BACKEND,
            )
            for period, found in told.items()
        ]

    def _substitute_off(self, connection: Connection, draft: LeaveDraft, asked: Asked) -> list[PreviewLine]:
        """That who stands in is off themselves on some of the days."""
        if asked.substitute_id is None:
            return []
        away = {day.date for day in asked.days if day.charged.value}
        found = self.absences_of(connection, {asked.substitute_id}, draft.first_day, draft.last_day)
        days = [absence.date for absence in found if absence.date in away]
        if not days:
            return []
        name = found[0].person.label
        en, nl = f"{name}, who stands in, is off on {days[0]}", f"{name}, die vervangt, is vrij op {days[0]}"
        more = (f" and {len(days) - 1} more", f" en nog {len(days) - 1} keer") if len(days) > 1 else ("", "")
        return [
            PreviewLine(
                code="substitute_off",
                en=f"{en}{more[0]}.",
                nl=f"{nl}{more[1]}.",
                origin=Origin.BACKEND,
                weight=Weight.WARNING,
                facts={"days": len(days)},
            )
        ]

    def _colleagues_off(self, connection: Connection, person: Any, first: date, last: date) -> list[PreviewLine]:
        """Who of the team of a row of ``people`` is off then; never why."""
        team = self.team_of(connection, person) - {person.id}
        off = self.absences_of(connection, team, first, last)
        return colleagues_lines((absence.person for absence in off), origin=Origin.BACKEND)

    def previewed_decision(self, id_: int, decision: Decision, key: Key | None) -> Steps[Preview]:
        """Whose request, what they have left besides it, and who of their team is off then."""

        def query(connection: Connection) -> tuple[LeaveRequest, list[PreviewLine]]:
            person = _whose(connection, id_)
            request = self.request(connection, id_)
            lines: list[PreviewLine] = []
            if request.status != LeaveStatus.CANCEL_REQUESTED:
                chosen = sa.select(leave_types).where(leave_types.c.id == int(request.leave_type.id))
                left = self.balance_of(connection, person, connection.execute(chosen).one(), request.last_day)
                lines += besides_line(left) if left is not None else []
            return request, lines + self._colleagues_off(connection, person, request.first_day, request.last_day)

        request, lines = yield from self.reading(query)
        told = decided(request, decision, key)
        return told.model_copy(update={"lines": (*told.lines, *lines)})


def _whose(connection: Connection, request_id: int) -> Any:
    """The row of the person whose request it is."""
    chosen = sa.select(people).join(leave_requests, leave_requests.c.person_id == people.c.id)
    person = connection.execute(chosen.where(leave_requests.c.id == request_id)).one_or_none()
    if person is None:
        raise NotFound("there is no such request", field="ref")
    return person
