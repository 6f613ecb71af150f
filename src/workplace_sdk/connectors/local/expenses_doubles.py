"""Finding what is claimed twice: the same cost, the same receipt, the same card payment, the same days away."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from attrs import define, field, frozen

from workplace_sdk.connectors.local.expenses_claim import Asked, Claim, ExpenseClaims, Problem
from workplace_sdk.connectors.local.expenses_rates import NOT_CLAIMED
from workplace_sdk.connectors.local.expenses_tables import expense_lines, expense_reports
from workplace_sdk.connectors.local.schema import files
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.services.common import Ref, Upload
from workplace_sdk.services.expenses import Distance, DuplicateExpense, ReceiptUsedElsewhere, Trip
from workplace_sdk.services.expenses_drafts import MOST_DAYS

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


@define
class Receipts:
    """The receipts of a report's lines.

    Attributes:
        hashes: Of each line, by its number.
        held: Reports that hold a receipt with those bytes, each with whose it is.
        missing: Receipts that are not there to be used.
    """

    hashes: dict[int, frozenset[str]] = field(factory=dict[int, frozenset[str]])
    held: dict[str, list[tuple[int, int]]] = field(factory=dict[str, list[tuple[int, int]]])
    missing: list[Problem] = field(factory=list[Problem])

    def holders(self, number: int) -> set[tuple[int, int]]:
        """Other reports that hold a receipt of that line, each with whose it is."""
        return {holder for sha256 in self.hashes.get(number, ()) for holder in self.held.get(sha256, ())}


@frozen
class Recorded:
    """What the person claimed in other reports that count, about the dates of the report and by the same card payments."""

    costs: Mapping[tuple[Any, ...], Sequence[Any]]
    trips: Sequence[tuple[Trip, int]]
    payments: Mapping[int, int]
    rows: Sequence[Any]


class ExpenseDoubles(ExpenseClaims):
    """Looking for doubles."""

    def doubles(self, claims: Sequence[Claim], recorded: Recorded, receipts: Receipts, person_id: int) -> Iterator[Problem]:
        """What was claimed in another report, and what is twice in this one."""
        here: dict[tuple[Any, ...], int] = {}
        single = [claim for claim in claims if claim.draft.trip is not None or claim.draft.card_transaction is not None]
        for claim in claims:
            yield from self._elsewhere(claim, recorded, receipts, person_id)
            earlier = next((other for other in single if other.number < claim.number and _collide(claim, other)), None)
            cost = (self._cost(claim), claim.draft.description.strip().casefold())
            twin = here.setdefault(cost, claim.number)
            if earlier is not None:
                yield _twice(claim, earlier.number, blocking=True)
            elif twin != claim.number:  # two tickets of one price, or one that was typed twice
                yield _twice(claim, twin, blocking=False)

    def _elsewhere(self, claim: Claim, recorded: Recorded, receipts: Receipts, person_id: int) -> Iterator[Problem]:
        line, number = claim.draft, claim.number
        same, perhaps = self._alike(claim, recorded)
        holders = receipts.holders(number)
        same |= {report for report, whose in holders if whose == person_id}
        if line.card_transaction is not None:
            report = recorded.payments.get(self.id_of(line.card_transaction, "card_transaction"))
            same |= {report} if report is not None else set()
        for reports, blocking in ((same, True), (perhaps - same, False)):
            if reports:
                refs = tuple(self.ref("expense", report) for report in sorted(reports))
                yield Problem(DuplicateExpense(", ".join(map(str, refs)), line=number, candidates=refs), number, blocking)
        if any(whose != person_id for _, whose in holders):
            yield Problem(ReceiptUsedElsewhere("the file has the same bytes", line=number), number, blocking=False)

    def _alike(self, claim: Claim, recorded: Recorded) -> tuple[set[int], set[int]]:
        """Reports with the same cost; and reports where what is said of it differs, so that it may be another."""
        line = claim.draft
        if line.trip is not None:
            return {report for trip, report in recorded.trips if _share_a_date(line.trip, trip)}, set()
        rows = recorded.costs.get(self._cost(claim), ())
        said = line.description.strip().casefold()
        others = [row.description.strip().casefold() for row in rows]
        differs = [bool(said and other and said != other and line.distance is None) for other in others]
        same = {row.report_id for row, another in zip(rows, differs, strict=True) if not another}
        return same, {row.report_id for row, another in zip(rows, differs, strict=True) if another}

    def _cost(self, claim: Claim) -> tuple[Any, ...]:
        """What makes two lines the same cost."""
        line, category = claim.draft, self.id_of(claim.category.ref, "expense_category")
        if line.distance is not None:
            return (line.date, category, line.distance)
        if line.trip is not None:
            return (line.date, category, line.trip)
        return (line.date, category, claim.original.amount, claim.original.currency, (line.merchant or "").casefold())

    def recorded_beside(self, connection: Connection, claims: Sequence[Claim], person_id: int, *, replacing: int) -> Recorded:
        """What the person claimed in other reports: about the same dates, or by the same card payments."""
        if not claims:
            return Recorded({}, (), {}, ())
        lines = expense_lines.c
        first = min(claim.draft.trip.first_day if claim.draft.trip else claim.draft.date for claim in claims)
        last = max(claim.draft.trip.last_day if claim.draft.trip else claim.draft.date for claim in claims)
        longest = timedelta(days=MOST_DAYS)  # the line of a trip has any one of its dates
        wanted = lines.date.between(first, last) | (
            lines.days.is_not(None) & lines.date.between(first - longest, last + longest)
        )
        payments = [ref for claim in claims if (ref := claim.draft.card_transaction) is not None]
        if payments:
            wanted |= lines.card_transaction_id.in_([self.id_of(ref, "card_transaction") for ref in payments])
        mine = _counted(replacing) & (expense_reports.c.person_id == person_id)
        chosen = sa.select(expense_lines).join(expense_reports, expense_reports.c.id == lines.report_id).where(mine, wanted)
        rows = connection.execute(chosen).all()
        costs: dict[tuple[Any, ...], list[Any]] = {}
        for row in rows:
            if not row.trip:
                costs.setdefault(_recorded_cost(row), []).append(row)
        return Recorded(
            costs,
            [(Trip.model_validate(row.trip), row.report_id) for row in rows if row.trip],
            {row.card_transaction_id: row.report_id for row in rows if row.card_transaction_id is not None},
            rows,
        )

    def receipts_in(self, connection: Connection, asked: Sequence[Asked], person_id: int, *, replacing: int) -> Receipts:
        """The receipts of lines, by their bytes, and who has them already."""
        refs = {receipt for one in asked for receipt in one.draft.receipts if isinstance(receipt, Ref)}
        mine = (files.c.kind == "receipt") & (files.c.owner_id == person_id)
        ids = [
            int(ref.id) for ref in refs if ref.connection == self.connection_name and ref.id.isdecimal() and len(ref.id) < 16
        ]
        chosen = sa.select(files.c.id, files.c.sha256).where(mine, files.c.id.in_(ids))
        known = {self.ref("receipt", row.id): row.sha256 for row in connection.execute(chosen)} if ids else {}
        found = Receipts()
        for number, one in enumerate(asked, start=1):
            sent = {receipt.sha256 for receipt in one.draft.receipts if isinstance(receipt, Upload)}
            listed = [receipt for receipt in one.draft.receipts if isinstance(receipt, Ref)]
            found.hashes[number] = one.kept | sent | {known[ref] for ref in listed if ref in known}
            for ref in listed:
                if ref not in known:
                    problem = NotFound(f"line {number}: there is no unused receipt {ref}", field="receipts")
                    found.missing.append(Problem(problem, number))
        hashes = sorted(frozenset[str]().union(*found.hashes.values()))
        holding = (
            sa.select(files.c.sha256, expense_reports.c.id, expense_reports.c.person_id)
            .join(expense_lines, (files.c.kind == "expense_line") & (files.c.record_id == expense_lines.c.id))
            .join(expense_reports, expense_reports.c.id == expense_lines.c.report_id)
            .where(files.c.sha256.in_(hashes), _counted(replacing))
        )
        for row in connection.execute(holding) if hashes else ():
            found.held.setdefault(row.sha256, []).append((row.id, row.person_id))
        return found


def _counted(replacing: int) -> sa.ColumnElement[bool]:
    """Holds for reports that count, the one that is replaced left out."""
    return expense_reports.c.status.not_in(NOT_CLAIMED) & (expense_reports.c.id != replacing)


def _recorded_cost(row: Any) -> tuple[Any, ...]:
    """As ``_cost``, of a line that was recorded."""
    if row.distance:
        return (row.date, row.category_id, Distance.model_validate(row.distance))
    return (row.date, row.category_id, row.amount, row.currency, (row.merchant or "").casefold())


def _collide(one: Claim, other: Claim) -> bool:
    """Whether two lines of a report cannot both be: trips that share a date, one card payment."""
    mine, theirs = one.draft, other.draft
    if mine.trip is not None and theirs.trip is not None:
        return _share_a_date(mine.trip, theirs.trip)
    return mine.card_transaction is not None and mine.card_transaction == theirs.card_transaction


def _twice(claim: Claim, number: int, *, blocking: bool) -> Problem:
    return Problem(DuplicateExpense(f"as line {number}", line=claim.number, as_line=number), claim.number, blocking)


def _share_a_date(one: Trip, other: Trip) -> bool:
    return one.first_day <= other.last_day and other.first_day <= one.last_day
