"""Expenses, as every connector has to do it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from workplace_sdk.conformance.base import DIFFICULT, ServiceConformance, needs
from workplace_sdk.kernel.errors import NotFound, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Money, Ref, Upload
from workplace_sdk.services.expenses import Expenses, LineDraft, ReportDraft


class ExpensesConformance(ServiceConformance):
    """Give ``service``, ``category`` (one that needs no receipt for a small amount), ``day`` and ``currency``."""

    @pytest.fixture
    def category(self) -> str | Ref:
        """A category in which 12.34 can be claimed."""
        raise NotImplementedError("override the fixture 'category' in your test class: where 12.34 can be claimed")

    @pytest.fixture
    def day(self) -> date:
        """A day that can be claimed for."""
        raise NotImplementedError("override the fixture 'day' in your test class: a day that can be claimed for")

    @pytest.fixture
    def currency(self) -> str:
        """The currency in which is paid back."""
        return "EUR"

    def examples(self, service: Any) -> Mapping[str, Mapping[str, Any]]:
        return {"categories": {}, "rates": {}, "receipts": {}, "requests": {}}

    def _draft(self, category: str | Ref, day: date, currency: str, amount: str = "12.34", **others: Any) -> ReportDraft:
        line = LineDraft(date=day, category=category, amount=Money.of(amount, currency), **others)
        return ReportDraft(title=DIFFICULT, lines=(line,))

    def test_not_a_cent_is_lost(self, service: Expenses, category: str | Ref, day: date, currency: str) -> None:
        needs(service, "submit", "get")
        made = service.submit(self._draft(category, day, currency))
        assert made.totals.claimed == Money.of("12.34", currency), (
            "claimed is what was asked for: amounts are decimal from end to end"
        )
        assert made.title == DIFFICULT, "the title came back changed: look at the encoding, and at HTML"
        assert service.get(made.ref) == made

    def test_receipts_come_back_as_they_were(self, service: Expenses, category: str | Ref, day: date, currency: str) -> None:
        needs(service, "submit", "attachment")
        support = service.submit.support
        if isinstance(support, Native) and "receipts" in support.without:
            pytest.skip("submit takes no receipts")
        receipt = Upload(name="bon é.jpg", content=bytes(range(256)), media_type="image/jpeg")
        made = service.submit(self._draft(category, day, currency, receipts=(receipt,)))
        kept = made.lines[0].receipts[0]
        assert service.attachment(made.ref, kept.ref) == receipt.content
        assert kept.name == receipt.name

    def test_a_repeat_with_the_same_key(self, service: Expenses, category: str | Ref, day: date, currency: str) -> None:
        needs(service, "submit")
        if service.submit.safety is not Safety.KEYED:
            pytest.skip("submit is not KEYED: a repeat is not promised to be harmless")
        key, draft = new_key(), self._draft(category, day, currency)
        first = service.submit(draft, key=key)
        assert service.submit(draft, key=key).ref == first.ref
        assert service.submit.reconcile(key) == first

    def test_taking_it_back(self, service: Expenses, category: str | Ref, day: date, currency: str) -> None:
        needs(service, "submit", "withdraw")
        made = service.submit(self._draft(category, day, currency))
        service.withdraw(made.ref)
        with pytest.raises(Rejected):
            service.withdraw(made.ref)

    def test_what_is_not_there(self, service: Expenses, day: date, currency: str) -> None:
        needs(service, "get", "submit")
        with pytest.raises(NotFound):
            service.get(Ref(connection=service.connection_name, kind="expense", id="999999999"))
        with pytest.raises(Rejected):
            service.submit(self._draft("no category has this name", day, currency))
