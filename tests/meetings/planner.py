"""A process that plans meetings over two systems, one after the other, until it is killed."""

from __future__ import annotations

import itertools
import json
import sys
from datetime import timedelta

from tests.meetings.office import DAY, noon, opened
from workplace_sdk.services.meetings import MeetingPlan
from workplace_sdk.services.rooms import OrderDraft, OrderLine


def main(settings: str, start: int) -> None:
    work = opened(json.loads(settings)).within(120)
    print("ready", flush=True)
    for number in itertools.count(start):
        lunch = OrderDraft(lines=(OrderLine(item="Lunch", quantity=number % 9 + 1),))
        made = work.meetings.plan(
            MeetingPlan(subject=f"nr {number}", span=noon(DAY + timedelta(days=number)), room="Beuk", orders=(lunch,))
        )
        if number % 3 == 0:
            work.meetings.cancel(made.ref)
        print("wrote", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
