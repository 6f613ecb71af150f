"""Who is off in Frappe, by approved leave: of an application its days are asked for, neither the kind of leave nor the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from workplace_sdk.connectors.frappe.connector import asked
from workplace_sdk.connectors.frappe.leave_base import DOCTYPE, FrappeLeaveBase
from workplace_sdk.connectors.frappe.leave_words import SUBMITTED
from workplace_sdk.connectors.frappe.records import Colleague, Off
from workplace_sdk.kernel.effects import All, Steps
from workplace_sdk.kernel.errors import NotFound, ProtocolError, Unauthorized, WorkplaceError
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import read, settled
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import PersonRef, days_between
from workplace_sdk.services.leave import Absence
from workplace_sdk.services.leave_rules import A_YEAR
from workplace_sdk.services.refusals import InvalidField

MOST: Final = 50
"""Employees in one question: their names are in its address."""
_COLLEAGUE: Final = ("name", "employee_name", "reports_to")
_OFF: Final = ("name", "employee", "from_date", "to_date", "half_day", "half_day_date")


class FrappeAbsences(FrappeLeaveBase):
    """Who is off."""

    @read(support=Native(evidence="documented", note="approved leave, from its first to its last day"))
    def absences(self, *, since: date, until: date, people: tuple[PersonRef, ...] | None = None) -> Steps[Listing[Absence]]:
        if not since <= until <= since + timedelta(days=366):
            raise InvalidField(A_YEAR, field="until")
        caller = yield from self._caller()
        if people is None:
            who = yield from self._team(caller)
        else:
            names = yield from All(*(self.employee_id(one, "people") for one in people))
            who = yield from self._colleagues(tuple(dict.fromkeys(names)))
        chosen = list(who)
        found = yield from All(*(self._off(chosen[at : at + MOST], since, until) for at in range(0, len(chosen), MOST)))
        off: dict[tuple[date, str], Portion] = {}
        for row in (row for rows in found for row in rows):
            for day, portion in _days(row, since, until):  # two applications for half of a day are all of it
                off[day, row.employee] = Portion.FULL if (day, row.employee) in off else portion
        ordered = sorted(off, key=lambda key: (key[0], who[key[1]].label, key[1]))
        days = [Absence(person=who[name], date=day, portion=off[day, name]) for day, name in ordered]
        return Listing(days, answered=(self.connection_name,))

    def _caller(self) -> Steps[str]:
        """The employee who asks: Frappe tells our account of everybody.

        Raises:
            Unauthorized: They are none.
        """
        found = yield from settled(self.employee_id(None))
        if isinstance(found, NotFound):
            raise Unauthorized("who is off is for employees in Frappe: " + found.message)
        if isinstance(found, WorkplaceError):
            raise found
        return found

    def _team(self, name: str) -> Steps[Mapping[str, PersonRef]]:
        """The caller, who reports to them, and who reports to the same manager; who works here."""
        rows = yield from self.lists("Employee", Colleague, asked(_COLLEAGUE, [["name", "=", name]]))
        me = next((one for one in rows if one.name == name), None)
        if me is None:
            raise NotFound(f"there is no employee {name}, or our account may not see them")
        filters = [["reports_to", "in", [name, me.reports_to] if me.reports_to else [name]], ["status", "=", "Active"]]
        team = yield from self.lists("Employee", Colleague, asked(_COLLEAGUE, filters, order_by="name asc"))
        return {row.name: self.employee(row.name, row.employee_name) for row in (me, *team)}

    def _colleagues(self, names: Sequence[str]) -> Steps[Mapping[str, PersonRef]]:
        """Employees by name: one whom our account may not see would seem to be there every day.

        Raises:
            NotFound: One of them.
        """
        rows: dict[str, PersonRef] = {}
        for at in range(0, len(names), MOST):
            query = asked(_COLLEAGUE, [["name", "in", list(names[at : at + MOST])]], order_by="name asc")
            found = yield from self.lists("Employee", Colleague, query)
            rows |= {row.name: self.employee(row.name, row.employee_name) for row in found}
        unknown = next((name for name in names if name not in rows), None)
        if unknown is not None:
            raise NotFound(f"there is no employee {unknown}, or our account may not see them", field="people")
        return {name: rows[name] for name in names}

    def _off(self, names: Sequence[str], since: date, until: date) -> Steps[tuple[Off, ...]]:
        """Approved leave with a day of the span: approved without being submitted is booked nowhere."""
        filters = [
            ["employee", "in", list(names)],
            ["docstatus", "=", SUBMITTED],
            ["status", "=", "Approved"],
            ["from_date", "<=", until.isoformat()],
            ["to_date", ">=", since.isoformat()],
        ]
        rows = yield from self.lists(DOCTYPE, Off, asked(_OFF, filters, order_by="name asc"))
        if strange := next((row for row in rows if row.employee not in names or row.to_date < row.from_date), None):
            raise ProtocolError(f"leave application {strange.name} is of somebody else, or ends before it begins")
        return rows


def _days(row: Off, since: date, until: date) -> Iterator[tuple[date, Portion]]:
    """The days of a row that are in the span. Of several days one is a half, if the row says which."""
    half = (row.half_day_date or (row.from_date if row.from_date == row.to_date else None)) if row.half_day else None
    for day in days_between(max(row.from_date, since), min(row.to_date, until)):
        yield day, Portion.HALF if day == half else Portion.FULL
