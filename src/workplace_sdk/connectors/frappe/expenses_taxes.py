"""VAT of a claim: our lines have it inside, Frappe adds rows of it to what is sanctioned of all lines.

A row is for a rate, and does not know of lines: which of them it is from is said in its description. ``rate`` is never sent, for
Frappe would take that much of *all* lines.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.frappe.records import Claim, ClaimTax
from workplace_sdk.kernel.errors import NotSupported
from workplace_sdk.services.common import Money
from workplace_sdk.services.expenses import Tax

if TYPE_CHECKING:
    from workplace_sdk.connectors.frappe.settings import ClaimSettings
    from workplace_sdk.services.expenses import LineDraft, ReportDraft

_NUMBER: Final = r"\d{1,12}(?:\.\d{1,4})?"
_ROW: Final = re.compile(r"VAT (100|\d{1,2}(?:\.\d{1,4})?) % \(([^()]+)\)", re.ASCII)
_PART: Final = re.compile(rf"line (\d{{1,4}}): ({_NUMBER}) \+ ({_NUMBER})", re.ASCII)


def net_of(line: LineDraft) -> Decimal:
    """What of a line is no VAT.

    Raises:
        NotSupported: Frappe would make another sum of it, or has no place for something of its VAT.
    """
    assert line.amount is not None, "distances and trips were refused"
    for tax in line.taxes:
        if tax.rate is None:
            raise NotSupported("VAT is booked by its rate: say which it is", field="taxes")
        if (tax.code, tax.country, tax.reclaimable) != (None, None, None):
            raise NotSupported("Frappe keeps the rate and the amounts of VAT, no code, country or claim on it", field="taxes")
    net, tax_inside = (sum((getattr(one, name).amount for one in line.taxes), Decimal(0)) for name in ("net", "tax"))
    if line.taxes and net + tax_inside != line.amount.amount:
        said = f"net and VAT make {net + tax_inside}, and the amount is {line.amount.amount}"
        raise NotSupported(f"Frappe pays the sum of net and VAT to the cent: {said}", field="taxes")
    if line.taxes and not net:
        raise NotSupported("Frappe has no lines that are nothing but VAT", field="taxes")
    return line.amount.amount - tax_inside


def tax_rows(lines: Sequence[LineDraft], rules: ClaimSettings) -> list[dict[str, Any]]:
    """A row for each rate, the lowest first.

    Raises:
        NotSupported: The settings name no account for a rate.
    """
    parts: defaultdict[Decimal, list[tuple[int, Tax]]] = defaultdict(list)
    for number, line in enumerate(lines, start=1):
        for tax in line.taxes:
            assert tax.rate is not None, "VAT without a rate was refused"
            if tax.rate not in rules.taxes:
                rate, named = f"{tax.rate.normalize():f}", "claims.taxes of the connection's settings"
                raise NotSupported(f"{named} names no account for VAT of {rate} %", field="taxes")
            parts[tax.rate].append((number, tax))
    return [
        {
            "account_head": rules.taxes[rate],
            "description": _described(rate, parts[rate]),
            "tax_amount": float(sum((tax.tax.amount for _, tax in parts[rate]), Decimal(0))),
        }
        for rate in sorted(parts)
    ]


def _described(rate: Decimal, parts: Sequence[tuple[int, Tax]]) -> str:
    told = (f"line {number}: {tax.net.rounded().amount:f} + {tax.tax.rounded().amount:f}" for number, tax in parts)
    return f"VAT {rate.normalize():f} % ({'; '.join(told)})"


def all_of(draft: ReportDraft, made: Claim) -> bool:
    """Whether what Frappe made pays what *draft* claims, to the cent, with its VAT by line."""
    claimed = sum((line.amount.amount for line in draft.lines if line.amount is not None), Decimal(0))
    kept = taxes_by_line(made)
    numbers = [number for number, line in enumerate(draft.lines, start=1) if line.taxes]
    return made.grand_total == claimed and sorted(kept) == numbers


def taxes_by_line(found: Claim) -> Mapping[int, tuple[tuple[Decimal, Decimal, Decimal], ...]]:
    """Rate, net and VAT by the number of a line, as the rows of a claim that was made from here tell.

    Nothing for a claim that was made or mended elsewhere, so that they do not: its VAT is a sum.
    """
    lines: defaultdict[int, list[tuple[Decimal, Decimal, Decimal]]] = defaultdict(list)
    for row in found.taxes:
        rate, parts = _told(row)
        if row.rate or row.tax_amount != sum((tax for _, _, tax in parts), Decimal(0)):
            return {}
        for number, net, tax in parts:
            lines[number].append((rate, net, tax))
    nets = {number: line.amount for number, line in enumerate(found.expenses, start=1)}
    if any(sum((net for _, net, _ in told), Decimal(0)) != nets.get(number) for number, told in lines.items()):
        return {}
    return {number: tuple(told) for number, told in lines.items()}


def _told(row: ClaimTax) -> tuple[Decimal, list[tuple[int, Decimal, Decimal]]]:
    """The rate of a row, and of each line its number, net and VAT; no parts where it does not say so."""
    found = _ROW.fullmatch(row.description or "")
    parts = [_PART.fullmatch(text) for text in found[2].split("; ")] if found else []
    if found is None or None in parts:
        return Decimal(0), []
    return Decimal(found[1]), [(int(part[1]), Decimal(part[2]), Decimal(part[3])) for part in parts if part]


def taxes_of(told: Sequence[tuple[Decimal, Decimal, Decimal]], currency: str) -> tuple[Tax, ...]:
    """VAT of a line."""
    return tuple(
        Tax(rate=rate, net=Money(amount=net, currency=currency).rounded(), tax=Money(amount=tax, currency=currency).rounded())
        for rate, net, tax in told
    )
