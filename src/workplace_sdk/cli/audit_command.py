"""``workplace audit``: who did what for whom."""

from __future__ import annotations

import click

from workplace_sdk.cli.common import Desk, desk_command, person
from workplace_sdk.cli.showing import show
from workplace_sdk.kernel.errors import Unauthorized


@desk_command("audit")
@click.option("--person", "who", metavar="PERSON", help="Only about them, as caller or as the one concerned.")
@click.option("--key", help="Only the write with this key.")
@click.option("--most", type=click.IntRange(1, 100_000), default=50, show_default=True)
def command(desk: Desk, who: str | None, key: str | None, most: int) -> None:
    """The audit log, the newest first. Needs the right audit.read."""
    if not desk.work.may("audit.read"):
        raise Unauthorized("the audit log is for who has the right audit.read", identity=desk.work.me.label)
    show(
        desk.work.audited(person=person(who), key=key, most=most),
        {name: name for name in ("at", "outcome", "operation", "caller", "subject", "connection", "acts_as", "key", "error")},
    )
