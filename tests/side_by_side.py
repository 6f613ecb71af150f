"""Running the tests in several processes: what goes together, and what goes first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest

_SERVERS = ("rt", "redmine", "znuny", "samba")
"""Servers that are slow to start: one serves all tests that use it."""
_SYSTEM = re.compile(
    r"[\[-](radicale|cyrus|sogo|rt|redmine|znuny \((?:SOAP|REST)\)|caldav \(\w+\)|soap \([\w-]+\)|ldap \(\w+\))[\]-]"
)
_LONG = (
    "tests/redmine/", "test_redmine", "tests/rt/", "test_rt.", "tests/znuny/", "test_znuny", "tests/faults/", "tests/caldav/",
    "test_local.", "_writers.", "_properties.", "test_crashes.", "test_servers.", "test_vendors.", "tests/conformance/",
    "tests/cli/", "tests/ldap/",
)  # fmt: skip
"""Parts of the names of what takes longest, the longest first: or the others wait for it at the end."""


def together(nodeid: str) -> str:
    """What runs in one process: what shares a server, else a file, or a class of it."""
    path, _, rest = nodeid.partition("::")
    for server in _SERVERS:
        if f"/{server}/" in path or path.endswith(f"test_{server}.py"):
            return server
    system = _SYSTEM.search(rest)
    if system and ("/faults/" in path or "caldav" in path):
        return f"{path.rpartition('/')[0]}-{system[1]}"
    return f"{path}::{rest.partition('::')[0]}" if "::" in rest else path


def first_the_longest(items: list[pytest.Item]) -> None:
    """Put what takes longest in front."""

    def place(item: pytest.Item) -> int:
        return next((number for number, part in enumerate(_LONG) if part in item.nodeid), len(_LONG))

    items.sort(key=place)


class Scheduling(LoadScopeScheduling):
    """Gives each process what goes ``together``, one after the other."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)
