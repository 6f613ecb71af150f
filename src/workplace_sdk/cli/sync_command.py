"""``workplace sync``: the people index follows the directory."""

from __future__ import annotations

from typing import Any

import click

from workplace_sdk.cli.desk import Desk, desk_command
from workplace_sdk.cli.progress import Progress
from workplace_sdk.cli.showing import show, words


@desk_command("sync")
@click.argument("connection_name", metavar="CONNECTION")
@click.option("--full", is_flag=True, help="Everyone, not only who changed.")
def command(desk: Desk, connection_name: str, full: bool) -> None:
    """Bring the people index of CONNECTION up to date. Needs the right experts.sync."""
    if connection_name not in desk.work.connection_names():
        raise click.BadParameter(f"there is: {', '.join(desk.work.connection_names())}", param_hint="CONNECTION")
    connector: Any = desk.work.connection(connection_name)
    if not hasattr(connector, "sync"):
        raise click.BadParameter(f"{connection_name} keeps no index", param_hint="CONNECTION")
    with Progress(words("People", "Mensen")) as progress:
        report = desk.work.within(3 * 3600).administer("experts.sync", connector.sync(progress, full=full))
    show(
        report,
        {
            words("written", "geschreven"): "written",
            words("removed", "verwijderd"): "removed",
            words("in the index", "in de index"): "total",
        },
    )
