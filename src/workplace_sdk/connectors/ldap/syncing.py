"""Keeping the index of a directory: who changed is written anew, who is gone is taken out.

The index stays usable throughout: every page is one transaction, and nobody is taken out before everyone was seen.
What changed is told by the directory's own mark of an entry and its DN, compared with those in the index: no clock is
asked, and who moved in or out with the branch they are in is noticed as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from workplace_sdk.connectors.ldap.keys import id_filter
from workplace_sdk.connectors.ldap.translation import fetched, mark, people_filter, shows, source_id, to_expert
from workplace_sdk.kernel.errors import NotFound, Rejected, Unauthorized
from workplace_sdk.kernel.listing import Gap, Missing
from workplace_sdk.kernel.paging import for_each_page
from workplace_sdk.search import index
from workplace_sdk.search.experts import indexed
from workplace_sdk.search.index import SyncState
from workplace_sdk.wires.ldap.filters import all_of, any_of
from workplace_sdk.wires.ldap.paging import paged
from workplace_sdk.wires.ldap.search import LdapSearch

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from workplace_sdk.connectors.ldap.connector import Ldap
    from workplace_sdk.kernel.effects import Page, Steps
    from workplace_sdk.wires.ldap.entries import Entry

WHAT = "the people index"
AT_A_TIME = 100


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
    state = SyncState(_read_with(ldap), datetime.now(UTC).isoformat())
    before = yield from store.read(partial(index.state, source=name), WHAT)
    full = full or before.synced_at is None or before.settings != state.settings
    known: set[str] = yield from store.read(partial(index.source_ids, source=name), WHAT)
    seen: set[str] = set()
    changed: list[Entry] = []
    written = 0

    def keep(page: Page[Entry]) -> Steps[bool]:
        nonlocal written
        _check_whole(ldap, page.gaps)
        there = [entry for entry in page.items if shows(ldap.settings, entry)]
        seen.update(source_id(ldap.settings, entry) for entry in there)
        if full:
            written += yield from store.write(partial(_write, ldap, there), WHAT, harmless=True)
        else:
            changed.extend((yield from store.read(partial(_changed, ldap, there), WHAT)))
        progress(len(seen), len(known) or None)
        return False

    names = fetched(ldap.settings) if full else _marked(ldap)
    search = LdapSearch(ldap.server, ldap.settings.base, people_filter(ldap.settings), names)
    try:
        yield from for_each_page(paged(search, size=ldap.settings.page_size, connection=name), keep)
    except NotFound as error:
        raise ldap.no_base() from error
    for start in range(0, len(changed), AT_A_TIME):
        entries = yield from _whole(ldap, changed[start : start + AT_A_TIME])
        written += yield from store.write(partial(_write, ldap, entries), WHAT, harmless=True)
    removed = yield from store.write(partial(_finish, name, known - seen, state), WHAT, harmless=True)
    total = yield from store.read(partial(index.count, source=name), WHAT)
    return SyncReport(name, full, written, removed, total)


def _read_with(ldap: Ldap) -> str:
    """What of the settings an entry of the index depends on: when that changes, all of them do."""
    settings = ldap.settings
    read = (settings.base, people_filter(settings), fetched(settings), sorted(settings.attributes.items()))
    return hashlib.sha256(repr(read).encode()).hexdigest()


def _marked(ldap: Ldap) -> tuple[str, ...]:
    """Attributes that tell who it is, whether they show, and whether they changed."""
    settings = ldap.settings
    names = [name for meaning in ("id", "version", "changed") if (name := settings.attribute(meaning))]
    return tuple(dict.fromkeys((*names, *settings.disabled, "userAccountControl")))


def _check_whole(ldap: Ldap, gaps: Iterable[Gap]) -> None:
    """Refuse a part: who is not on it would be taken for gone."""
    if any(gap.why is not Missing.REFERRAL for gap in gaps):
        identity = ldap.server.target.identity
        raise Unauthorized(f"the directory gives {identity} only a part of its people", identity=identity)


def _changed(ldap: Ldap, entries: Sequence[Entry], connection: Connection) -> list[Entry]:
    """Those of *entries* that the index does not have as they are."""
    ids = [source_id(ldap.settings, entry) for entry in entries]
    kept = index.marks(connection, ldap.name, ids)
    now = [mark(ldap.settings, entry) for entry in entries]
    return [entry for entry, id_, there in zip(entries, ids, now, strict=True) if there is None or kept.get(id_) != there]


def _whole(ldap: Ldap, entries: Sequence[Entry]) -> Steps[list[Entry]]:
    """The same entries with all that is kept of them; those that are gone meanwhile left out."""
    settings = ldap.settings
    ids = [source_id(settings, entry) for entry in entries]
    found: list[Entry] = []
    for entry, id_ in zip(entries, ids, strict=True):
        if id_ == entry.dn:  # the directory gives no ids
            with suppress(Rejected):
                one = LdapSearch(ldap.server, entry.dn, people_filter(settings), fetched(settings), "base")
                found += (yield from one).entries
    if by_id := [id_filter(settings, id_) for entry, id_ in zip(entries, ids, strict=True) if id_ != entry.dn]:
        wanted = all_of(people_filter(settings), any_of(*by_id))
        answer = yield from LdapSearch(ldap.server, settings.base, wanted, fetched(settings))
        _check_whole(ldap, answer.gaps(ldap.name))
        found += answer.entries
    return found


def _write(ldap: Ldap, entries: Sequence[Entry], connection: Connection) -> int:
    now, settings = datetime.now(UTC), ldap.settings
    index.one_at_a_time(connection, ldap.name)
    people = [
        indexed(to_expert(settings, entry, ldap.name, now), mark=mark(settings, entry))
        for entry in entries
        if shows(settings, entry)
    ]
    return index.upsert(connection, ldap.name, people)


def _finish(name: str, gone: set[str], state: SyncState, connection: Connection) -> int:
    index.one_at_a_time(connection, name)
    removed = index.remove(connection, name, gone)
    index.set_state(connection, name, state)
    index.settle(connection)
    return removed
