"""``workplace prune``: remove old rows of the audit log."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from workplace_sdk.cli.asking import agreed
from workplace_sdk.cli.desk import Desk, desk_command, key_option, yes_option
from workplace_sdk.cli.showing import show, words
from workplace_sdk.cli.typed import DAY


@desk_command("prune")
@click.argument("before", type=DAY)
@key_option
@yes_option
def command(desk: Desk, before: date, key: Any, yes: bool) -> None:
    """Remove what the audit log says of the time BEFORE a date. Rows of the last 365 days always stay.

    Needs the right audit.prune.
    """
    removed = agreed(desk.work.prune_audit, before, yes=yes, key=key)
    show({"removed": removed}, {words("rows removed", "regels verwijderd"): "removed"})
