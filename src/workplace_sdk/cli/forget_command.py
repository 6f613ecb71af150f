"""``workplace forget``: erase a person."""

from __future__ import annotations

from typing import Any

import click

from workplace_sdk.cli.asking import agreed
from workplace_sdk.cli.desk import Desk, desk_command, key_option, yes_option
from workplace_sdk.cli.showing import say, show, wants_json, words
from workplace_sdk.cli.typed import PERSON


@desk_command("forget")
@click.argument("who", metavar="PERSON", type=PERSON)
@key_option
@yes_option
def command(desk: Desk, who: Any, key: Any, yes: bool) -> int:
    """Erase what is kept about PERSON: profile, leave, receipts, texts they wrote, and their name in the audit log.

    Amounts of expenses stay, without the person. Needs the right people.forget. It cannot be undone. Exit code 7 when
    nothing was kept.
    """
    done = agreed(desk.work.forget, who, yes=yes, key=key)
    if wants_json():
        show(done)
    else:
        rows = [
            {"connection": name, "table": table, "rows": number}
            for name, tables in done.rows.items()
            for table, number in tables.items()
            if number
        ]
        columns = {
            words("where", "waar"): "connection",
            words("table", "tabel"): "table",
            words("rows", "regels"): "rows",
        }
        show(rows, columns, empty=("Nothing was kept about them.", "Er werd niets over hen bewaard."))
        if rows:
            say(words(f"In the audit log: erased:{done.pseudonym}", f"In het logboek: erased:{done.pseudonym}"))
    return 0 if done.anything else 7
