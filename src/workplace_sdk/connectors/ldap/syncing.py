"""Keeping the index of a directory: who changed is written anew, who is gone is taken out.

The index stays usable throughout: every page is one transaction, and nobody is taken out before everyone was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from workplace_sdk.connectors.ldap.translation import everyone_filter, fetched, shows, source_id, to_expert
from workplace_sdk.kernel.paging import for_each_page, gather
from workplace_sdk.search import index
from workplace_sdk.search.experts import indexed
from workplace_sdk.search.index import SyncState
from workplace_sdk.wires.ldap.filters import all_of, at_least
from workplace_sdk.wires.ldap.paging import paged
from workplace_sdk.wires.ldap.search import LdapSearch

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from workplace_sdk.connectors.ldap.connector import Ldap
    from workplace_sdk.kernel.effects import Page, Steps
    from workplace_sdk.wires.ldap.entries import Entry


@frozen
class SyncReport:
    """What a sync did: people written, people taken out, people in the index now."""

    connection: str
    full: bool
    written: int
    removed: int
    total: int


def synced(ldap: Ldap, progress: Callable[[int, int | None], None], *, full: bool) -> Steps[SyncReport]:
    """One sync; see ``Ldap.sync``."""
    store = ldap.store
    assert store is not None
    name = ldap.name
    before = yield from store.read(partial(index.state, source=name), "the people index")
    full = full or before.synced_at is None or before.marker is None
    started = yield from _marker(ldap)
    total = yield from store.read(partial(index.count, source=name), "the people index")
    generation = before.generation + full
    written = 0

    def keep(page: Page[Entry]) -> Steps[bool]:
        nonlocal written
        written += yield from store.write(partial(_write, ldap, generation, page.items), "the people index", harmless=True)
        progress(written, total if full and total else None)
        return False

    yield from for_each_page(
        paged(_search(ldap, None if full else before.marker), size=ldap.settings.page_size, connection=name), keep
    )
    gone = None if full else (yield from _gone(ldap))
    state = SyncState(started, generation, _now())
    removed = yield from store.write(partial(_finish, name, gone, state), "the people index", harmless=True)
    total = yield from store.read(partial(index.count, source=name), "the people index")
    return SyncReport(name, full, written, removed, total)


def _search(ldap: Ldap, since: str | None) -> LdapSearch:
    chosen = everyone_filter(ldap.settings)
    changed = ldap.settings.attribute("changed")
    if since and changed:
        chosen = all_of(chosen, at_least(changed, since))
    return LdapSearch(ldap.server, ldap.settings.base, chosen, fetched(ldap.settings))


def _write(ldap: Ldap, generation: int, entries: Sequence[Entry], connection: Connection) -> int:
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    people = [
        indexed(to_expert(ldap.settings, entry, ldap.name, now), visible=shows(ldap.settings, entry)) for entry in entries
    ]
    return index.upsert(connection, ldap.name, people, generation=generation)


def _gone(ldap: Ldap) -> Steps[set[str]]:
    """Ids in the index that the directory does not have any more."""
    identifier = ldap.settings.attribute("id") or "1.1"
    search = LdapSearch(ldap.server, ldap.settings.base, everyone_filter(ldap.settings), (identifier,))
    entries = yield from gather(paged(search, size=ldap.settings.page_size, connection=ldap.name))
    there = {source_id(ldap.settings, entry) for entry in entries}
    assert ldap.store is not None
    known: set[str] = yield from ldap.store.read(partial(index.source_ids, source=ldap.name), "the people index")
    return known - there


def _finish(name: str, gone: set[str] | None, state: SyncState, connection: Connection) -> int:
    removed = index.sweep(connection, name, state.generation) if gone is None else index.remove(connection, name, gone)
    index.set_state(connection, name, state)
    index.settle(connection)
    return removed


def _marker(ldap: Ldap) -> Steps[str]:
    """The directory's own time now, from which the next sync starts: our clocks may differ.

    Active Directory tells it in its root entry; elsewhere the newest change of a minute ago is early enough.
    """
    found = yield from LdapSearch(ldap.server, "", attributes=("currentTime",), scope="base")
    told = found.entries[0].first("currentTime") if found.entries else None
    if told:
        return told
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) - timedelta(minutes=5)).strftime("%Y%m%d%H%M%SZ")


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat()
