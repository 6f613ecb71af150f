"""``workplace backup``: a copy of the store while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from workplace_sdk.cli.common import Desk, desk_command
from workplace_sdk.cli.showing import Progress, show, words


@desk_command("backup")
@click.argument("target", type=click.Path(dir_okay=False))
def command(desk: Desk, target: str) -> None:
    """Copy the SQLite store to the file TARGET and check the copy. A PostgreSQL store is copied by pg_dump."""
    from workplace_sdk.connectors.local.backup import back_up

    with Progress(words("Pages", "Pagina's")) as progress:
        size = back_up(desk.work.store, Path(target), progress)
    show({"file": target, "bytes": size}, {words("file", "bestand"): "file", "bytes": "bytes"})
