"""HTTP: exchanges as values, credentials added last, one long-lived client per connection and colour.

    http = Http("https://hr.example.org/api", credentials=Bearer(secret.reveal))
    reply = yield from http.get("/leave", {"employee": "1042"})

``httpx`` is met in ``clients`` alone, so that ``httpx2`` can take its place by configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workplace_sdk.wires.http.credentials import Basic, Bearer, Credentials, Header, Outgoing
from workplace_sdk.wires.http.exchange import HttpExchange
from workplace_sdk.wires.http.multipart import FilePart, multipart
from workplace_sdk.wires.http.reply import Reply, excerpt
from workplace_sdk.wires.http.system import LARGEST, Http

if TYPE_CHECKING:
    from workplace_sdk.wires.http.settings import HttpSettings

__all__ = [
    "LARGEST",
    "Basic",
    "Bearer",
    "Credentials",
    "FilePart",
    "Header",
    "Http",
    "HttpExchange",
    "HttpSettings",
    "Outgoing",
    "Reply",
    "excerpt",
    "multipart",
]


def __getattr__(name: str) -> object:
    """``HttpSettings`` when it is first asked for: its pydantic costs more than all the rest."""
    if name == "HttpSettings":
        from workplace_sdk.wires.http.settings import HttpSettings

        return HttpSettings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
