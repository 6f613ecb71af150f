"""What is left of leave: days off draw on grants, the one that ends first is used first. Pure arithmetic.

A grant may be used on the days from its ``usable_from`` up to and including its ``usable_until``. Going through the days
by date and drawing, among the grants usable then, on the one that ends first, covers as much as can be covered (F. Glover,
"Maximum matching in a convex bipartite graph", 1967). So whether a request fits does not depend on who asked first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from attrs import Factory, define, field, frozen

ZERO: Final = Decimal(0)
CARRIED: Final = "carried_over"
KINDS: Final[tuple[str, ...]] = ("entitled", CARRIED, "accrued", "adjusted")


@frozen
class Grant:
    """Leave for the period from *first* to *last*, to be used on days from *usable_from* to *usable_until*, all included.

    Attributes:
        kind: ``entitled``, ``carried_over``, ``accrued`` or ``adjusted``; only the last may be below zero: it takes away
            from grants that are usable in its period.
    """

    kind: str
    amount: Decimal
    first: date
    last: date
    usable_from: date = field(default=Factory(lambda self: self.first, takes_self=True))
    usable_until: date = field(default=Factory(lambda self: self.last, takes_self=True))

    def usable_on(self, day: date) -> bool:
        """Whether a day off then may draw on it."""
        return self.usable_from <= day <= self.usable_until


@frozen
class Used:
    """A day off that costs *amount*; *pending* when it is not yet decided."""

    date: date
    amount: Decimal
    pending: bool = False


@frozen
class Draw:
    """What a day off took from a grant (by its place in the list); ``None``: what nothing covers."""

    used: Used
    amount: Decimal
    grant: int | None


@define
class Covering:
    """How days are covered: what each grant has left, and what was drawn on which."""

    left: list[Decimal]
    draws: list[Draw] = field(factory=list[Draw])
    taken_away: list[Decimal] = field(factory=list[Decimal])
    """Of each grant, by corrections below zero."""
    owed: dict[int, Decimal] = field(factory=dict[int, Decimal])
    """What no grant could bear of corrections below zero, by their place in the list."""

    @property
    def short(self) -> Decimal:
        """What is not covered, altogether."""
        return sum((draw.amount for draw in self.draws if draw.grant is None), ZERO)


def cover(grants: Sequence[Grant], days: Iterable[Used]) -> Covering:
    """Cover *days* by *grants*."""
    covering = _corrected(grants)
    order = sorted(range(len(grants)), key=lambda at: (grants[at].usable_until, grants[at].usable_from, at))
    for used in sorted(days, key=lambda one: one.date):
        need = used.amount
        for at in order:
            if need and covering.left[at] and grants[at].usable_on(used.date):
                part = min(need, covering.left[at])
                covering.left[at] -= part
                covering.draws.append(Draw(used, part, at))
                need -= part
        if need:
            covering.draws.append(Draw(used, need, None))
    return covering


def _corrected(grants: Sequence[Grant]) -> Covering:
    """The amounts once corrections below zero are taken from grants usable in their period, the one that ends last first."""
    covering = Covering([max(grant.amount, ZERO) for grant in grants], taken_away=[ZERO] * len(grants))
    order = sorted(range(len(grants)), key=lambda at: (grants[at].usable_until, at), reverse=True)
    for place, correction in enumerate(grants):
        if correction.amount >= 0:
            continue
        owed = -correction.amount
        for at in order:
            if grants[at].usable_from <= correction.last and grants[at].usable_until >= correction.first:
                part = min(owed, covering.left[at])
                covering.left[at] -= part
                covering.taken_away[at] += part
                owed -= part
        if owed:
            covering.owed[place] = owed
    return covering


def fits(grants: Sequence[Grant], days: Sequence[Used], on: date) -> Decimal:
    """The most that may still be asked for on the day *on*, everything else that is asked for staying covered."""
    most = sum((grant.amount for grant in grants if grant.amount > 0), ZERO)
    return most - (cover(grants, [*days, Used(on, most)]).short - cover(grants, days).short)


@frozen
class Figures:
    """The figures of a balance as of a date, all in the type's unit: see ``LeaveBalance``."""

    period: tuple[date, date] | None
    entitled: Decimal
    carried_over: Decimal
    accrued: Decimal
    adjusted: Decimal
    taken: Decimal
    planned: Decimal
    pending: Decimal
    expiring: tuple[tuple[Decimal, date], ...]

    @property
    def available(self) -> Decimal:
        """What may still be asked for."""
        granted = self.entitled + self.carried_over + self.accrued + self.adjusted
        return granted - self.taken - self.planned - self.pending


def figures(grants: Sequence[Grant], days: Sequence[Used], on: date) -> Figures:
    """The balance as of *on*."""
    period = _period(grants, on)
    first, last = period or _between_periods(grants, on)
    # A day off on *on* that takes all that is free shows which other days draw on what may be used on *on*.
    probe = Used(on, fits(grants, days, on))
    covering = cover(grants, [*days, probe])
    counted: dict[str, Decimal] = dict.fromkeys(KINDS, ZERO)
    spent = {"taken": ZERO, "planned": ZERO, "pending": ZERO}
    for at, grant in enumerate(grants):
        if grant.amount <= 0 or not (grant.usable_on(on) or first <= grant.usable_until < on):
            continue
        draws = [draw for draw in covering.draws if draw.grant == at and draw.used is not probe]
        before = sum((draw.amount for draw in draws if draw.used.date < first), ZERO)
        since = [draw for draw in draws if draw.used.date >= first]
        kind = CARRIED if grant.last < first else grant.kind
        if grant.usable_on(on):
            counted[kind] += grant.amount - before
            counted["adjusted"] -= covering.taken_away[at]
        else:
            counted[kind] += sum((draw.amount for draw in since), ZERO)  # the rest of it has lapsed
        _spend(spent, since, on)
    bare = [draw for draw in covering.draws if draw.grant is None and draw.used is not probe]
    _spend(spent, [draw for draw in bare if first <= draw.used.date <= last], on)
    for at, owed in covering.owed.items():
        if grants[at].first <= last and grants[at].last >= first:
            counted["adjusted"] -= owed
    return Figures(period=period, **counted, **spent, expiring=_expiring(grants, days, on))


def _spend(spent: dict[str, Decimal], draws: Iterable[Draw], on: date) -> None:
    for draw in draws:
        how = "pending" if draw.used.pending else "taken" if draw.used.date <= on else "planned"
        spent[how] += draw.amount


def _expiring(grants: Sequence[Grant], days: Sequence[Used], on: date) -> tuple[tuple[Decimal, date], ...]:
    """What of the grants usable on *on* nothing draws on, by the day after which it is lost."""
    covering = cover(grants, days)
    lost: dict[date, Decimal] = {}
    for at, grant in enumerate(grants):
        if grant.usable_on(on) and covering.left[at]:
            lost[grant.usable_until] = lost.get(grant.usable_until, ZERO) + covering.left[at]
    return tuple((amount, day) for day, amount in sorted(lost.items()))


def _period(grants: Sequence[Grant], on: date) -> tuple[date, date] | None:
    """The entitlement period that *on* is in."""
    valid = [grant for grant in grants if grant.kind in ("entitled", "accrued") and grant.first <= on <= grant.last]
    return (min(grant.first for grant in valid), max(grant.last for grant in valid)) if valid else None


def _between_periods(grants: Sequence[Grant], on: date) -> tuple[date, date]:
    """The time without an entitlement that *on* is in."""
    ended = [grant.last for grant in grants if grant.kind != CARRIED and grant.last < on]
    begin = [grant.first for grant in grants if grant.kind != CARRIED and grant.first > on]
    first = max(ended) + timedelta(days=1) if ended else date.min
    last = min(begin) - timedelta(days=1) if begin else date.max
    return first, last
