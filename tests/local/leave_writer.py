"""One of several processes that write leave: ``python -m tests.local.leave_writer URL race LOGIN`` or ``... URL churn LOGIN``.

``race`` waits for a line ``DAY AT`` on standard input, asks at that instant for two days, and says
whether it got them. ``churn`` asks, amends, withdraws and decides without end, until it is killed; it says so when it did that once.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, date, datetime, timedelta

from workplace_sdk.connectors.local import Local, LocalSettings
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import Decision, PersonRef, Upload
from workplace_sdk.services.leave import LeaveDraft


def leave_of(local: Local, login: str) -> LocalLeave:
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    session = Session(caller=PersonRef(login=login), now=lambda: at, zone="Europe/Amsterdam", time_limit=60)
    return LocalLeave(local, session)


def race(local: Local, login: str) -> None:
    leave = leave_of(local, login)
    for line in sys.stdin:
        day, at = line.split()
        first = date.fromisoformat(day)
        time.sleep(max(0.0, float(at) - time.time()))
        try:
            leave.submit(LeaveDraft.between("Annual leave", first, first + timedelta(days=1)))
        except Rejected as error:
            print(error.code, flush=True)
        else:
            print("won", flush=True)


def churn(local: Local, login: str) -> None:
    chance = random.Random()
    ana, mia = leave_of(local, login), leave_of(local, "mia")
    print("ready", flush=True)
    told = False
    while True:
        first = date(2026, 12, 7) + timedelta(days=chance.randrange(0, 360))
        draft = LeaveDraft.between("Annual leave", first, first + timedelta(days=chance.randrange(0, 5)))
        try:
            request = ana.submit(draft.model_copy(update={"attachments": (Upload(name="a.txt", content=b"x" * 5000),)}))
            request = ana.amend(request.ref, draft)
            decision = chance.choice(list(Decision))
            mia.decide(request.ref, decision, comment="x")
            if decision is not Decision.APPROVE:
                ana.withdraw(request.ref)
            elif chance.random() < 0.9:
                ana.cancel(request.ref)
        except Rejected:  # a weekend, or a day that the other one has
            continue
        if not told:
            told = True
            print("wrote", flush=True)


def main() -> None:
    url, what, who = sys.argv[1:4]
    local = Local("main", LocalSettings(url=url))
    if what == "race":
        local.database.engine()
        print("ready", flush=True)
        race(local, who)
    else:
        churn(local, who)


if __name__ == "__main__":
    main()
