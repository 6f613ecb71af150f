"""``workplace decide``: about anything of the inbox."""

from __future__ import annotations

from typing import Any

import click

from workplace_sdk.cli.asking import agreed
from workplace_sdk.cli.desk import Desk, desk_command, key_option, yes_option
from workplace_sdk.cli.items import columns
from workplace_sdk.cli.showing import show, wants_json
from workplace_sdk.cli.typed import RefTo


@desk_command("decide")
@click.argument("reference", type=RefTo("leave|expense|meeting"))
@click.argument("decision", type=click.Choice(["approve", "reject", "return"]))
@click.option("--comment", help="Why; needed for reject and return.")
@key_option
@yes_option
def command(desk: Desk, reference: Any, decision: str, comment: str | None, key: Any, yes: bool) -> None:
    """Approve, reject or return what waits for you, as the inbox shows it: leave, expenses, a room.

    workplace decide leave:main/12 approve
    """
    from workplace_sdk.services.common import Decision
    from workplace_sdk.spanning import item_of

    service: Any = desk.work.of(reference)
    done = agreed(service.decide, reference, Decision(decision), comment=comment, yes=yes, key=key)
    show(done if wants_json() else item_of(service.service, done), columns())
