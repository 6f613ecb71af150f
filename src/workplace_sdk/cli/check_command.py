"""``workplace check``: are the settings right, does every connection answer?"""

from __future__ import annotations

from typing import Any

from workplace_sdk.cli.desk import Desk, desk_command
from workplace_sdk.cli.showing import show, wants_json, words


@desk_command("check")
def command(desk: Desk) -> int:
    """Check the settings and ask every connection whether it answers.

    Exit code 0 when all is well, 3 when the settings are wrong, 8 when a connection does not answer.
    """
    work = desk.work
    results = work.check()
    rows: list[dict[str, Any]] = [
        {
            "connection": result.connection,
            "connector": result.connector,
            "well": result.error is None,
            "message": result.message,
            "code": result.error.code if result.error else None,
        }
        for result in results
    ]
    if wants_json():
        show({"settings": str(work.settings.file), "caller": work.session.caller, "connections": rows})
    else:
        show(
            rows,
            {
                words("connection", "verbinding"): "connection",
                words("connector", "connector"): "connector",
                words("well", "goed"): "well",
                "": "message",
            },
            empty=("The settings name no connections.", "De instellingen noemen geen verbindingen."),
        )
    codes = [row["code"] for row in rows if row["code"]]
    return 0 if not codes else 3 if "config" in codes else 8
