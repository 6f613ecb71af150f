"""``workplace audit``: who did what for whom."""

from __future__ import annotations

from typing import Any

import click

from workplace_sdk.cli.desk import Desk, desk_command
from workplace_sdk.cli.showing import show
from workplace_sdk.cli.typed import KEY, PERSON


@desk_command("audit")
@click.option("--person", "who", type=PERSON, help="Only about them, as caller or as the one concerned.")
@click.option("--key", type=KEY, help="Only the write with this key.")
@click.option("--most", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many rows.")
def command(desk: Desk, who: Any, key: Any, most: int) -> None:
    """The audit log, the newest first. Needs the right audit.read."""
    names = ("at", "outcome", "operation", "caller", "subject", "connection", "acts_as", "key", "error")
    show(
        desk.work.audited(person=who, key=key, most=most),
        {name: name for name in names},
        empty=("Nothing was written down.", "Er is niets opgetekend."),
    )
