"""``workplace inbox``: everything that waits for the caller, over all services."""

from __future__ import annotations

from typing import Any

from workplace_sdk.cli.common import Desk, desk_command
from workplace_sdk.cli.showing import say, show, words
from workplace_sdk.kernel.errors import WorkplaceError


@desk_command("inbox")
def command(desk: Desk) -> None:
    """Everything that waits for you: leave, expenses and rooms to decide about, tickets to answer."""
    rows: list[dict[str, Any]] = []
    for waiting in desk.work.inbox():
        if isinstance(waiting, WorkplaceError):
            say(str(waiting), mark="warning")
        else:
            rows.append(
                {
                    "ref": waiting.ref,
                    "service": waiting.service,
                    "who": waiting.who,
                    "what": waiting.what,
                    "since": waiting.since,
                }
            )
    heads = (
        words("what waits", "wat wacht"),
        words("service", "dienst"),
        words("who", "wie"),
        words("what", "wat"),
        words("since", "sinds"),
    )
    columns = dict(zip(heads, ("ref", "service", "who", "what", "since"), strict=True))
    show(rows, columns, empty=("Nothing waits for you.", "Er wacht niets op u."))
