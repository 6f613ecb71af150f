"""``workplace backup``: a copy of the store while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from workplace_sdk.cli.desk import Desk, desk_command
from workplace_sdk.cli.progress import Progress
from workplace_sdk.cli.showing import show, words


@desk_command("backup")
@click.argument("target", type=click.Path(path_type=Path))
def command(desk: Desk, target: Path) -> None:
    """Copy the SQLite store to the file TARGET and check the copy. A PostgreSQL store is copied by pg_dump."""
    from workplace_sdk.connectors.local.backup import back_up

    if not target.parent.is_dir():
        raise click.BadParameter(
            words(f"there is no folder {target.parent}", f"er is geen map {target.parent}"), param_hint="TARGET"
        )
    with Progress(words("Pages", "Pagina's")) as progress:
        size = back_up(desk.work.store, target, progress)
    show({"file": str(target), "bytes": size}, {words("file", "bestand"): "file", "bytes": "bytes"})
