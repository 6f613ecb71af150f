"""``workplace reconcile``: did a write with a known key arrive?"""

from __future__ import annotations

from typing import Any

import click

from workplace_sdk.cli.desk import Desk, desk_command
from workplace_sdk.cli.items import columns
from workplace_sdk.cli.showing import show, wants_json, words
from workplace_sdk.cli.typed import KEY


@desk_command("reconcile")
@click.argument("operation", metavar="SERVICE.OPERATION")
@click.argument("key", type=KEY)
def command(desk: Desk, operation: str, key: Any) -> int:
    """Find out whether a write arrived whose outcome is unknown.

    workplace reconcile leave.submit wp010423f04b1ac109e9dc5a97

    Exit code 7 when nothing with that key is found (yet).
    """
    from workplace_sdk.kernel.bound import BoundWrite
    from workplace_sdk.settings import SERVICES
    from workplace_sdk.spanning import item_of

    service, _, name = operation.partition(".")
    bound: Any = getattr(desk.work.service(service), name, None) if service in SERVICES else None
    if not isinstance(bound, BoundWrite):
        text = words(
            f"{operation} is no write such as leave.submit", f"{operation} is geen schrijfhandeling zoals leave.submit"
        )
        raise click.BadParameter(text, param_hint="SERVICE.OPERATION")
    write: Any = bound  # pyright: ignore[reportUnknownVariableType] - isinstance() leaves its parameters open
    found: Any = write.reconcile(key)
    if wants_json():
        show(found)
    elif found is None:
        show(words("Nothing with this key is found (yet).", "Met deze sleutel is (nog) niets gevonden."))
    else:
        show(item_of(service, found), columns())
    return 7 if found is None else 0
