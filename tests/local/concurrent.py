"""One of several processes that write to the same store at the same moment: ``python -m tests.local.concurrent URL WHAT WHO START``."""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime
from datetime import time as clock

from workplace_sdk.connectors.local import Local, LocalSettings
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef, Span

ZONE = "Europe/Amsterdam"


def main() -> None:
    url, what, who, start, day = sys.argv[1:6]
    local = Local("main", LocalSettings(url=url))
    session = Session(caller=PersonRef(login=who), now=lambda: datetime(2026, 11, 24, 9, tzinfo=UTC), zone=ZONE, time_limit=60)
    local.database.engine()
    on = date.fromisoformat(day)
    if what == "room":
        from workplace_sdk.connectors.local.rooms import LocalRooms
        from workplace_sdk.services.rooms import MeetingDraft

        booking = LocalRooms(local, session)
        draft = MeetingDraft(subject=who, span=Span.local(on, clock(12), clock(14), ZONE), room="Amber")
        act = lambda: booking.book(draft)  # noqa: E731 - one of two
    else:
        from workplace_sdk.connectors.local.leave import LocalLeave
        from workplace_sdk.services.leave import LeaveDraft

        leave = LocalLeave(local, session)
        number = int(what.removeprefix("leave"))
        act = lambda: leave.submit(LeaveDraft.between("Annual leave", on.replace(day=on.day + number)))  # noqa: E731
    time.sleep(max(0.0, float(start) - time.time()))
    try:
        act()
    except Rejected as error:
        print(f"refused {error.code}")
    else:
        print("won")


if __name__ == "__main__":
    main()
