"""``workplace mine``: everything the caller asked for, over all services."""

from __future__ import annotations

import click

from workplace_sdk.cli.desk import Desk, desk_command
from workplace_sdk.cli.items import columns
from workplace_sdk.cli.showing import show


@desk_command("mine")
@click.option("--most", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many of each service.")
def command(desk: Desk, most: int) -> None:
    """Everything you asked for, booked, claimed and reported, the newest first."""
    show(desk.work.requests(most=most), columns(), empty=("Nothing yet.", "Nog niets."))
