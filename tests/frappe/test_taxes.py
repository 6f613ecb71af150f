"""VAT in claims, from documentation only: the answers follow from Frappe HR's published source, which adds VAT to the lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.frappe.changed import replayed
from tests.frappe.conftest import SETTINGS, VAT
from workplace_sdk.connectors.frappe import FrappeSettings
from workplace_sdk.kernel.errors import NotSupported, OutcomeUnknown
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Decision, Money, Ref
from workplace_sdk.services.expenses import ExpenseReport, LineDraft, ReportDraft, Tax

CLAIM = Ref(connection="hr", kind="expense", id="HR-EXP-2026-00001")
DAY = date(2026, 11, 20)


def euros(amount: str) -> Money:
    return Money.of(amount, "EUR")


def vat(rate: str | None, net: str, tax: str, **others: Any) -> Tax:
    return Tax(rate=Decimal(rate) if rate else None, net=euros(net), tax=euros(tax), **others)


NIGHT = LineDraft(date=DAY, category="Hotel", amount=euros("118.50"), taxes=(vat("7", "110.75", "7.75"),))
DINNER = LineDraft(
    date=DAY, category="Meals", amount=euros("24.90"), taxes=(vat("7", "10.00", "0.70"), vat("19", "11.93", "2.27"))
)
TRIP = ReportDraft(title="1 night", lines=(NIGHT, DINNER))


def sums(report: ExpenseReport) -> list[str]:
    """Claimed, approved, VAT in it, and what the person gets."""
    totals = report.totals
    return ["-" if one is None else str(one.amount) for one in (totals.claimed, totals.approved, totals.tax, totals.payable)]


@pytest.mark.default_cassette("documented/taxes")
@pytest.mark.vcr
def test_lines_are_sent_without_their_vat_and_read_with_it(seen: Callable[..., Any], vcr: Any) -> None:
    service = seen("expenses", "omar", claims=VAT)
    made = service.submit(TRIP)
    assert [(line.claimed, line.original, line.taxes) for line in made.lines] == [
        (line.amount, line.amount, line.taxes) for line in TRIP.lines
    ]
    assert sums(made) == ["143.40", "-", "10.72", "143.40"]
    assert service.get(made.ref) == made
    (sent,) = [json.loads(request.body) for request in vcr.requests if request.body]
    assert [(row["amount"], row["sanctioned_amount"]) for row in sent["expenses"]] == [(110.75, 110.75), (21.93, 21.93)]
    assert [(row["account_head"], row["tax_amount"]) for row in sent["taxes"]] == [
        ("VAT 7 - LAB", 8.45),
        ("VAT 19 - LAB", 2.27),
    ]
    assert not [row for row in sent["taxes"] if "rate" in row], "of a rate Frappe would take that much of all lines"
    assert not [row for row in sent["taxes"] if not row["description"]], "which Frappe wants"
    (row,) = service.requests()
    assert row.totals == made.totals


@pytest.mark.default_cassette("documented/taxes_approved")
@pytest.mark.vcr
def test_approved_with_its_vat(seen: Callable[..., Any]) -> None:
    done = seen("expenses", "maria", claims=VAT).decide(CLAIM, Decision.APPROVE)
    assert (done.status, sums(done)) == ("approved", ["143.40", "143.40", "10.72", "143.40"])
    assert [str(line.approved.amount) for line in done.lines] == ["118.50", "24.90"]


@pytest.mark.default_cassette("documented/taxes_rejected")
@pytest.mark.vcr
def test_of_a_rejected_claim_no_vat_is_paid_either(seen: Callable[..., Any]) -> None:
    """Its grand total in Frappe is the VAT: of a row without rate that stays. Nothing is booked."""
    done = seen("expenses", "maria", claims=VAT).decide(CLAIM, Decision.REJECT)
    assert (done.status, sums(done)) == ("rejected", ["143.40", "0.00", "10.72", "0.00"])
    assert [str(line.approved.amount) for line in done.lines] == ["0.00", "0.00"]


@pytest.mark.default_cassette("documented/taxes_partly")
@pytest.mark.vcr
def test_who_grants_less_of_a_line_in_frappe_still_pays_all_of_its_vat(seen: Callable[..., Any]) -> None:
    found = seen("expenses", "maria", claims=VAT).get(CLAIM)
    assert (found.status, sums(found)) == ("partly_approved", ["143.40", "131.47", "10.72", "131.47"])
    assert [str(line.approved.amount) for line in found.lines] == ["118.50", "12.97"], "10.00 and 2.97 of VAT"


@pytest.mark.parametrize(
    ("number", "tax"), [(1, "19.00"), (2, "17.10"), (3, "18.00"), (4, "19.00"), (5, "19.00"), (6, "19.00")]
)
@pytest.mark.default_cassette("documented/taxes_elsewhere")
@pytest.mark.vcr
def test_vat_that_is_not_from_here_is_a_sum(seen: Callable[..., Any], number: int, tax: str) -> None:
    """Written or mended by hand, so that it does not say of which line it is, or says what is not so any more."""
    found = seen("expenses", "omar", claims=VAT).get(Ref(connection="hr", kind="expense", id=f"HR-EXP-2026-0010{number}"))
    assert [(str(line.claimed.amount), line.taxes) for line in found.lines] == [("100.00", ())]
    whole = str(Decimal(100) + Decimal(tax))
    assert sums(found) == [whole, "-", tax, whole]


@pytest.mark.parametrize(
    ("taxes", "text"),
    [
        ((vat(None, "110.75", "7.75"),), "say which it is"),
        ((vat("9", "108.72", "9.78"),), "names no account for VAT of 9 %"),
        ((vat("7", "110.75", "7.75", code="V1"),), "no code"),
        ((vat("7", "110.75", "7.75", country="DE"),), "no code"),
        ((vat("7", "110.75", "7.75", reclaimable=False),), "no code"),
        ((vat("7", "110.74", "7.75"),), "make 118.49, and the amount is 118.50"),
        ((vat("7", "0", "118.50"),), "nothing but VAT"),
    ],
)
def test_vat_that_frappe_would_not_keep_is_refused_before_anything_is_sent(
    seen: Callable[..., Any], taxes: tuple[Tax, ...], text: str
) -> None:
    draft = ReportDraft(title="1 night", lines=(NIGHT.model_copy(update={"taxes": taxes}),))
    with pytest.raises(NotSupported, match=text) as told:
        seen("expenses", "omar", claims=VAT).submit(draft)
    assert told.value.field == "taxes"


def test_without_accounts_there_is_no_vat(seen: Callable[..., Any]) -> None:
    service = seen("expenses", "omar")
    with pytest.raises(NotSupported) as told:
        service.submit(TRIP)
    assert told.value.field == "taxes"
    support, with_vat = service.submit.support, seen("expenses", "omar", claims=VAT).submit.support
    assert isinstance(support, Native)
    assert ("taxes" in support.without, support.evidence) == (True, "transcribed")
    assert ("taxes" in with_vat.without, with_vat.evidence) == (False, "documented")


@pytest.mark.parametrize(
    "changed",
    [
        {"taxes": [], "total_taxes_and_charges": 0.0, "grand_total": 132.68},  # rows that an account may not write are dropped
        {"grand_total": 143.0},  # a site that rounds to whole euros
        {"taxes": []},
    ],
)
def test_an_answer_that_pays_something_else(seen: Callable[..., Any], tmp_path: Path, changed: dict[str, Any]) -> None:
    def change(method: str, document: dict[str, Any]) -> None:
        if method == "POST":
            document.update(changed)

    with replayed("documented/taxes", tmp_path, change), pytest.raises(OutcomeUnknown, match="HR-EXP-2026-00001"):
        seen("expenses", "omar", claims=VAT).submit(TRIP)


@pytest.mark.parametrize("taxes", [{"101": "x"}, {"-1": "x"}, {"normal": "x"}, {"7.00001": "x"}, {"7": ""}])
def test_rates_in_the_settings(taxes: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        FrappeSettings.model_validate({**SETTINGS, "claims": {**SETTINGS["claims"], "taxes": taxes}})
