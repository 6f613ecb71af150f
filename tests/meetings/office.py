"""A workplace whose meetings come from several systems: rooms here, a facility system there, a helpdesk, a mail server."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from workplace_sdk.connectors.local.connector import Local, LocalSettings
from workplace_sdk.connectors.local.sample import MAIL, ZONE, fill
from workplace_sdk.services.common import Span
from workplace_sdk.settings import Settings
from workplace_sdk.workplace import Workplace

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
DAY = date(2026, 12, 3)
CATERER = "cater@example.org"


def noon(day: date = DAY) -> Span:
    return Span.local(day, time(12), time(13, 30), ZONE)


def tables(folder: Any, store: str, mail_port: int, ca: Any = "ca.pem", **orders: Any) -> dict[str, Any]:
    """The settings: *orders* are those of ``[meetings.orders]``."""
    post = {
        "connector": "smtp",
        "host": "127.0.0.1",
        "port": mail_port,
        "sender": "workplace@delinde.example",
        "ca_file": str(ca),
    }
    return {
        "time_zone": ZONE,
        "language": "nl",
        "caller": f"noor@{MAIL}",
        "store": {"url": store},
        "connections": {
            "main": {"connector": "local"},
            "facility": {"connector": "local", "url": f"sqlite:///{folder}/facility.db"},
            "post": {**post, "user": "workplace", "password": {"env": "MAIL_PASSWORD"}},
        },
        "services": dict.fromkeys(("leave", "experts", "rooms", "expenses", "incidents"), "main"),
        "meetings": {"orders": orders},
        "roles": {"auditor": {"people": [f"noor@{MAIL}"], "rights": ["audit.read"]}},
    }


def opened(settings: dict[str, Any], *, now: datetime = NOW) -> Workplace:
    return Workplace(Settings.checked(settings), now=lambda: now)


def furnish(main: str, folder: Any) -> None:
    """Fill both stores with the sample organisation: the one at the URL *main*, and the facility system's in *folder*."""
    for name, url in (("main", main), ("facility", f"sqlite:///{folder}/facility.db")):
        local = Local(name, LocalSettings(url=url))
        with local.database.engine().begin() as connection:
            fill(connection, name, 2026)
        local.database.close()
