"""``workplace inbox``: everything that waits for the caller, over all services."""

from __future__ import annotations

from workplace_sdk.cli.desk import Desk, desk_command
from workplace_sdk.cli.items import columns
from workplace_sdk.cli.showing import show


@desk_command("inbox")
def command(desk: Desk) -> None:
    """Everything that waits for you, what waits longest first: to decide about, or to answer.

    Decide with: workplace decide REFERENCE approve
    """
    show(desk.work.inbox(), columns(), empty=("Nothing waits for you.", "Er wacht niets op u."))
