"""``workplace reconcile``: did a write with a known key arrive?"""

from __future__ import annotations

from typing import Any

import click

from workplace_sdk.cli.common import Desk, desk_command
from workplace_sdk.cli.showing import show, words
from workplace_sdk.kernel.bound import BoundWrite
from workplace_sdk.kernel.keys import Key


@desk_command("reconcile")
@click.argument("operation", metavar="SERVICE.OPERATION")
@click.argument("key")
def command(desk: Desk, operation: str, key: str) -> int:
    """Find out whether a write arrived whose outcome is unknown. Exit code 7 when nothing with that key is found (yet)."""
    service, _, name = operation.partition(".")
    from workplace_sdk.settings import SERVICES

    bound: Any = getattr(desk.work.service(service), name, None) if service in SERVICES else None
    if not isinstance(bound, BoundWrite):
        raise click.BadParameter(f"{operation} is no write such as leave.submit", param_hint="SERVICE.OPERATION")
    write: Any = bound  # pyright: ignore[reportUnknownVariableType] - isinstance() leaves its parameters open
    found: Any = write.reconcile(Key(key))
    if found is None:
        show(words("Nothing with this key is found (yet).", "Met deze sleutel is (nog) niets gevonden."))
        return 7
    show(found)
    return 0
