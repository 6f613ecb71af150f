"""Being ill, in the local store: from when until when, and nothing of what it is."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import Act, inserted, locked
from workplace_sdk.connectors.local.leave_reads import HERE, LeaveReads
from workplace_sdk.connectors.local.leave_tables import closed_days, sick_cases
from workplace_sdk.connectors.local.previewing import agreed
from workplace_sdk.connectors.local.schema import people, writes
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import read, write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.leave import LeaveService, PayrollLocked, SickAlready, SickCase, SickReport
from workplace_sdk.services.refusals import InvalidField, NotPossible

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


NOT_BEFORE: Final = Words("illness is reported when it begins, not before", "ziek meldt u zich als het begint, niet eerder")
UNTIL_BEFORE: Final = Words("expected_until is before the first day", "expected_until ligt voor de eerste dag")
RECOVERED: Final = Words("recovered on {day} already", "al beter gemeld op {day}")
BEGAN: Final = Words("the illness began on {day}", "de ziekte begon op {day}")


class SickLeave(LeaveReads):
    """Reporting ill and recovered."""

    @read(support=HERE)
    def sick_cases(self, person: PersonRef | None = None, *, since: date | None = None) -> Steps[Listing[SickCase]]:
        def query(connection: Connection) -> Listing[SickCase]:
            chosen = sa.select(sick_cases).where(sick_cases.c.person_id == self.employee(connection, person).id)
            if since is not None:
                chosen = chosen.where(sick_cases.c.back_on.is_(None) | (sick_cases.c.back_on > since))
            rows = connection.execute(chosen.order_by(sick_cases.c.first_day.desc(), sick_cases.c.id.desc())).all()
            return Listing(self._cases(connection, rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def sick_case(self, ref: Ref) -> Steps[SickCase]:
        id_ = self.id_of(ref, "sick")

        def query(connection: Connection) -> SickCase:
            self._there(connection.execute(sa.select(sick_cases).where(sick_cases.c.id == id_)).one_or_none(), ref)
            return self._case(connection, id_)

        return (yield from self.reading(query))

    @write(Safety.KEYED, support=HERE)
    def report_sick(self, report: SickReport, *, key: Key | None = None) -> Steps[SickCase]:
        return (yield from self.perform(self._to_report(report), key))

    @report_sick.previews
    def preview_report_sick(self, report: SickReport, *, key: Key | None = None) -> Steps[Preview]:
        """As it will be checked when it is reported."""
        told = yield from LeaveService.preview_report_sick(self, report, key=key)
        return agreed(told, (yield from self.attempt(self._to_report(report), key)))

    @report_sick.reconciles
    def report_arrived(self, key: Key) -> Steps[SickCase | None]:
        """The case that *key* made."""
        return (yield from self.written(key, "leave.report_sick", self._case))

    def _to_report(self, report: SickReport) -> Act[SickCase]:
        return Act("leave.report_sick", lambda connection: self._reported(connection, report), self._case, (report,))

    def _reported(self, connection: Connection, report: SickReport) -> int:
        person = self.employee(connection, report.person)
        locked(connection, people, person.id)
        today = self.today_of(person)
        first = report.first_day or today
        if first > today:
            raise InvalidField(NOT_BEFORE, field="first_day")
        if report.expected_until is not None and report.expected_until < first:
            raise InvalidField(UNTIL_BEFORE, field="expected_until")
        self._not_locked(connection, first)
        self._not_ill_already(connection, person.id, first)
        values = {
            "person_id": person.id,
            "first_day": first,
            "portion": report.portion.value,
            "expected_until": report.expected_until,
            "reachable_at": report.reachable_at,
            "handover": report.handover,
            "reported_by_id": self._caller_id(connection),
            "reported_at": self.session.now(),
        }
        return inserted(connection, sick_cases, values)

    @write(Safety.KEYED, support=HERE)
    def report_recovered(self, ref: Ref, *, back_on: date | None = None, key: Key | None = None) -> Steps[SickCase]:
        return (yield from self.perform(self._to_recover(ref, back_on), key))

    @report_recovered.previews
    def preview_report_recovered(self, ref: Ref, *, back_on: date | None = None, key: Key | None = None) -> Steps[Preview]:
        """As it will be checked when it is reported."""
        told = yield from LeaveService.preview_report_recovered(self, ref, back_on=back_on, key=key)
        return agreed(told, (yield from self.attempt(self._to_recover(ref, back_on), key)))

    @report_recovered.reconciles
    def recovery_arrived(self, key: Key) -> Steps[SickCase | None]:
        """The case that *key* ended."""
        return (yield from self.written(key, "leave.report_recovered", self._case))

    def _to_recover(self, ref: Ref, back_on: date | None) -> Act[SickCase]:
        id_ = self.id_of(ref, "sick")

        def record(connection: Connection) -> int:
            return self._recovered(connection, id_, ref, back_on)

        return Act("leave.report_recovered", record, self._case, (ref, back_on))

    def _recovered(self, connection: Connection, id_: int, ref: Ref, back_on: date | None) -> int:
        row = self._there(locked(connection, sick_cases, id_), ref)
        if row.back_on is not None:
            raise NotPossible(RECOVERED.filled(day=row.back_on), field="ref")
        person = connection.execute(sa.select(people).where(people.c.id == row.person_id)).one()
        day = back_on or self.today_of(person)
        if day < row.first_day:
            raise InvalidField(BEGAN.filled(day=row.first_day), field="back_on")
        self._not_locked(connection, day)
        values = {"back_on": day, "recovered_at": self.session.now()}
        connection.execute(sick_cases.update().where(sick_cases.c.id == id_).values(**values))
        return id_

    def _there(self, row: Any, ref: Ref) -> Any:
        if row is None:
            raise NotFound(f"there is no case {ref}", field="ref")
        return row

    @staticmethod
    def _not_locked(connection: Connection, day: date) -> None:
        locks = sa.select(sa.func.max(closed_days.c.last)).where(
            closed_days.c.kind == "locked", closed_days.c.first <= day, closed_days.c.last >= day
        )
        until = connection.execute(locks).scalar()
        if until is not None:
            raise PayrollLocked(until=until, field="first_day")

    def _not_ill_already(self, connection: Connection, person_id: int, first: date) -> None:
        meanwhile = sick_cases.c.back_on.is_(None) | (sick_cases.c.back_on > first)
        chosen = sa.select(sick_cases.c.id).where(sick_cases.c.person_id == person_id, meanwhile).limit(1)
        other = connection.execute(chosen).scalar()
        if other is not None:
            raise SickAlready(ref=self.ref("sick", other))

    def _case(self, connection: Connection, id_: int) -> SickCase:
        return self._cases(connection, connection.execute(sa.select(sick_cases).where(sick_cases.c.id == id_)).all())[0]

    def _cases(self, connection: Connection, rows: Sequence[Any]) -> list[SickCase]:
        names = self.people_by_id(connection, {row.person_id for row in rows} | {row.reported_by_id for row in rows})
        made = sa.select(writes.c.record_id, writes.c.key).where(
            writes.c.operation == "leave.report_sick", writes.c.record_id.in_([row.id for row in rows])
        )
        keys = {row.record_id: row.key for row in connection.execute(made)}
        return [
            SickCase(
                ref=self.ref("sick", row.id),
                key=keys.get(row.id),
                fetched_at=self.session.now(),
                employee=names[row.person_id],
                first_day=row.first_day,
                portion=Portion(row.portion),
                expected_until=row.expected_until,
                back_on=row.back_on,
                reachable_at=row.reachable_at,
                handover=row.handover,
                reported_by=names.get(row.reported_by_id),
                reported_at=row.reported_at,
                recovered_at=row.recovered_at,
            )
            for row in rows
        ]
