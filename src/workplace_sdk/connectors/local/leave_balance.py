"""What is left of leave: days off are covered by grants, the one that ends first is used first. Pure arithmetic.

A grant may be used on the days from its first to its last. Going through the days by date and taking, among the
grants valid then, the one that ends first, covers as much as can be covered (Glover's greedy for interval matching).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from attrs import define, field, frozen

ZERO: Final = Decimal(0)


@frozen
class Grant:
    """Leave that may be used on days from *first* to *last*, both included."""

    kind: str
    amount: Decimal
    first: date
    last: date


@frozen
class Used:
    """A day off that costs *amount*; *pending* when it is not yet decided."""

    date: date
    amount: Decimal
    pending: bool = False


@define
class Covering:
    """How days are covered: what each grant has left, and what of which date nothing covers."""

    left: dict[int, Decimal] = field(factory=dict[int, Decimal])
    uncovered: list[Used] = field(factory=list[Used])

    @property
    def short(self) -> Decimal:
        """What is not covered, altogether."""
        return sum((used.amount for used in self.uncovered), ZERO)


def cover(grants: Sequence[Grant], days: Iterable[Used]) -> Covering:
    """Cover *days* by *grants*."""
    covering = Covering({index: grant.amount for index, grant in enumerate(grants)})
    order = sorted(range(len(grants)), key=lambda index: (grants[index].last, grants[index].first, index))
    for used in sorted(days, key=lambda one: one.date):
        need = used.amount
        for index in order:
            if need and grants[index].first <= used.date <= grants[index].last and covering.left[index] > 0:
                part = min(need, covering.left[index])
                covering.left[index] -= part
                need -= part
        if need:
            covering.uncovered.append(Used(used.date, need, used.pending))
    return covering


@frozen
class Figures:
    """The figures of a balance as of a date, all in the type's unit."""

    period: tuple[date, date] | None
    entitled: Decimal
    carried_over: Decimal
    adjusted: Decimal
    taken: Decimal
    planned: Decimal
    pending: Decimal
    expiring: tuple[tuple[Decimal, date], ...]

    @property
    def available(self) -> Decimal:
        """What may still be asked for."""
        return self.entitled + self.carried_over + self.adjusted - self.taken - self.planned - self.pending


def figures(grants: Sequence[Grant], days: Sequence[Used], on: date) -> Figures:
    """The balance as of *on*: of the entitlement period that *on* is in, else of the day itself.

    A grant that ended before *on* counts with what was used of it: the rest is lost.
    """
    period = _period(grants, on)
    first, last = period or (on, on)
    relevant = [
        grant for grant in grants if grant.first <= last and grant.last >= first and (period is None or grant.first >= first)
    ]
    within = [used for used in days if first <= used.date <= last]
    covering = cover(relevant, within)
    counted = {"entitled": ZERO, "carried_over": ZERO, "adjusted": ZERO}
    expiring: list[tuple[Decimal, date]] = []
    for index, grant in enumerate(relevant):
        left = covering.left[index]
        counted[grant.kind] += grant.amount - left if grant.last < on else grant.amount
        if left > 0 and on <= grant.last < last:
            expiring.append((left, grant.last))
    return Figures(
        period=period,
        entitled=counted["entitled"],
        carried_over=counted["carried_over"],
        adjusted=counted["adjusted"],
        taken=sum((used.amount for used in within if not used.pending and used.date <= on), ZERO),
        planned=sum((used.amount for used in within if not used.pending and used.date > on), ZERO),
        pending=sum((used.amount for used in within if used.pending), ZERO),
        expiring=tuple(sorted(expiring, key=lambda pair: pair[1])),
    )


def _period(grants: Sequence[Grant], on: date) -> tuple[date, date] | None:
    """The entitlement period that *on* is in: from the entitlements valid then."""
    valid = [grant for grant in grants if grant.kind == "entitled" and grant.first <= on <= grant.last]
    return (min(grant.first for grant in valid), max(grant.last for grant in valid)) if valid else None
