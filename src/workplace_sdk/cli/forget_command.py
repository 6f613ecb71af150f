"""``workplace forget``: erase a person."""

from __future__ import annotations

import click

from workplace_sdk.cli.common import Desk, desk_command, person
from workplace_sdk.cli.showing import say, show, words
from workplace_sdk.kernel.errors import Unauthorized


@desk_command("forget")
@click.argument("who", metavar="PERSON")
@click.option("--yes", "-y", is_flag=True, help="Do not ask; for scripts.")
def command(desk: Desk, who: str, yes: bool) -> None:
    """Erase what the store keeps about PERSON: profile, leave, receipts, names in tickets and in the audit log.

    Amounts of expenses stay, without the person. Needs the right people.forget. It cannot be undone.
    """
    if not desk.work.may("people.forget"):
        raise Unauthorized("erasing is for who has the right people.forget", identity=desk.work.me.label)
    say(
        words(
            f"Everything about {who} is erased. This cannot be undone.",
            f"Alles over {who} wordt gewist. Dit kan niet ongedaan worden gemaakt.",
        )
    )
    if not yes:
        from workplace_sdk.cli.failing import Declined

        if not click.confirm(words("Erase?", "Wissen?"), err=True):
            raise Declined
    report = desk.work.forget(person(who))
    show(report)
