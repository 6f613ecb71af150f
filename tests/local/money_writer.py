"""One of several processes that write expenses and tickets: ``python -m tests.local.money_writer URL race LOGIN`` or ``... URL churn LOGIN``.

``race`` waits for a line ``WHAT REF AT`` on standard input, does it at that instant, and says whether it won: ``receipt``
claims with a receipt of the inbox, ``file`` with the bytes of that name, ``card`` with a card payment, ``approve`` decides about a
report, ``take`` takes a ticket. ``churn`` claims, amends, decides and pays without end, until it is killed; it says so when it did that
once.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from workplace_sdk.connectors.local import Local, LocalSettings
from workplace_sdk.connectors.local.expenses import LocalExpenses
from workplace_sdk.connectors.local.incidents import LocalIncidents
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import Decision, Money, PersonRef, Ref, Upload
from workplace_sdk.services.expenses import LineDraft, PaidWith, ReportDraft
from workplace_sdk.services.incidents import TicketChange

DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


def session(login: str) -> Session:
    return Session(caller=PersonRef(login=login), now=lambda: AT, zone="Europe/Amsterdam", time_limit=60)


def claim(expenses: LocalExpenses, amount: Decimal, **others: Any) -> None:
    line = LineDraft(date=DAY, category="travel", amount=Money(amount=amount, currency="EUR"), **others)
    expenses.submit(ReportDraft(title="Reis", lines=(line,)))


def race(local: Local, login: str, own: int) -> None:
    expenses, incidents = LocalExpenses(local, session(login)), LocalIncidents(local, session(login))
    amount = Decimal(own) / 100  # everyone another amount: only the receipt is the same
    acts: dict[str, Callable[[str], object]] = {
        "receipt": lambda ref: claim(expenses, amount, receipts=(Ref.parse(ref),)),
        "file": lambda name: claim(expenses, amount, receipts=(Upload(name="bon.jpg", content=name.encode()),)),
        "card": lambda ref: claim(
            expenses, Decimal(60), description=str(own), paid_with=PaidWith.COMPANY_CARD, card_transaction=Ref.parse(ref)
        ),
        "approve": lambda ref: expenses.decide(Ref.parse(ref), Decision.APPROVE),
        "take": lambda ref: incidents.handle(
            Ref.parse(ref).model_copy(update={"version": "1"}), TicketChange(handler=PersonRef(login=login))
        ),
    }
    for line in sys.stdin:
        what, ref, at = line.split()
        time.sleep(max(0.0, float(at) - time.time()))
        try:
            acts[what](ref)
        except Rejected as error:
            print(error.code, flush=True)
        else:
            print("won", flush=True)


def churn(local: Local, login: str) -> None:
    chance = random.Random()
    ana, mia = (LocalExpenses(local, session(name)) for name in (login, "mia"))
    print("ready", flush=True)
    told = False
    while True:
        try:
            kept = ana.upload_receipt(Upload(name="bon.jpg", content=chance.randbytes(3000)))
            amounts = [Money(amount=Decimal(chance.randrange(1, 10**7)) / 100, currency="EUR") for _ in range(3)]
            lines = [LineDraft(date=DAY, category="travel", amount=amount) for amount in amounts]
            with_receipt = lines[0].model_copy(update={"receipts": (kept.ref,)})
            report = ana.submit(ReportDraft(title="Reis", lines=(with_receipt, *lines[1:])))
            if chance.random() < 0.5:
                report = ana.amend(report.ref, ReportDraft(title="Reis", lines=(lines[1], lines[2])))
            decision = chance.choice(list(Decision))
            report = mia.decide(report.ref, decision, comment="x")
            if decision is Decision.APPROVE:
                mia.pay(report.ref, on=date(2026, 11, 24))
            elif decision is Decision.RETURN:
                ana.withdraw(report.ref)
        except Rejected:  # the other one has the same amount
            continue
        if not told:
            told = True
            print("wrote", flush=True)


def main() -> None:
    url, what, who, *own = sys.argv[1:]
    local = Local("main", LocalSettings(url=url))
    if what == "race":
        local.database.engine()
        print("ready", flush=True)
        race(local, who, int(own[0]))
    else:
        churn(local, who)


if __name__ == "__main__":
    main()
