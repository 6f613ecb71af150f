"""``workplace usage``: what people were sent elsewhere for."""

from __future__ import annotations

from datetime import date

import click

from workplace_sdk.cli.desk import Desk, desk_command
from workplace_sdk.cli.showing import show, words
from workplace_sdk.cli.typed import DAY


@desk_command("usage")
@click.option("--since", type=DAY, help="From the month of this date on.")
def command(desk: Desk, since: date | None) -> None:
    """What could not be done here and how often, the most frequent first: the next thing to connect.

    Counted in the store, without who, when the settings say count_handoffs = true.
    """
    show(
        desk.work.usage(since=since),
        {
            words("operation", "handeling"): "operation",
            words("connection", "verbinding"): "connection",
            words("what of it", "wat ervan"): "field",
            words("times", "keer"): "times",
            words("since", "sinds"): "since",
        },
        empty=("Nobody was sent elsewhere.", "Niemand werd doorverwezen."),
    )
