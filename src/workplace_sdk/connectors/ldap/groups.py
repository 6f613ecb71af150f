"""Groups, and the groups inside them: members as a directory keeps them, by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from workplace_sdk.connectors.ldap.translation import fetched, people_filter
from workplace_sdk.kernel.errors import NotFound, Rejected
from workplace_sdk.kernel.listing import Missing
from workplace_sdk.wires.ldap.entries import Entry, below, dn_key, is_dn
from workplace_sdk.wires.ldap.filters import Filter, all_of, any_of, equals, matches
from workplace_sdk.wires.ldap.search import Found, LdapSearch, whole

if TYPE_CHECKING:
    from workplace_sdk.connectors.ldap.connector import Ldap
    from workplace_sdk.kernel.effects import Steps

IN_CHAIN: Final = "1.2.840.113556.1.4.1941"
"""Membership through groups inside groups. Source: MS-ADTS 3.1.1.3.4.4.3."""
MOST_GROUPS: Final = 1000
AT_A_TIME: Final = 100
_MEMBERS: Final = ("objectClass", "member", "uniqueMember", "objectSid")
_KINDS: Final = ("groupOfNames", "groupOfUniqueNames", "group")
_IS_GROUP: Final = any_of(*(equals("objectClass", kind) for kind in _KINDS))
_UID_PART: Final = re.compile(r"#'[01]*'B$")
"""What may follow the name in ``uniqueMember``. Source: RFC 4517 3.3.21."""


def group_named(ldap: Ldap, group: str) -> Steps[Entry]:
    """The one group of that name or DN, with all its members."""
    try:
        if is_dn(group):
            found = yield from LdapSearch(ldap.server, group, _IS_GROUP, _MEMBERS, "base")
        else:
            named = all_of(_IS_GROUP, equals("cn", group))
            base = ldap.settings.group_base or ldap.settings.base
            found = yield from LdapSearch(ldap.server, base, named, _MEMBERS, "sub", 2)
    except Rejected:  # no such name in this directory
        found = Found(())
    if len(found.entries) != 1:
        raise NotFound(f"there is no one group {group}", field="group")
    return (yield from whole(ldap.server, found.entries[0]))


def inside(group: Entry) -> Filter:
    """Whom Active Directory says to be in *group* or in a group in it, or to have it as their primary group."""
    ways = [matches("memberOf", IN_CHAIN, group.dn)]
    if sid := group.raw("objectSid"):  # the last part of a SID is what primaryGroupID has. Source: MS-DTYP 2.4.2.2
        ways.append(equals("primaryGroupID", str(int.from_bytes(sid[0][-4:], "little"))))
    return any_of(*ways)


def walked(ldap: Ldap, root: Entry) -> Steps[Found]:
    """Members of *root* and of the groups in it, each once; groups may contain one another."""
    seen, waiting, people = {dn_key(root.dn)}, [root], list[Entry]()
    groups = 1
    while waiting and groups < MOST_GROUPS:
        new: list[str] = []
        for dn in _members(waiting.pop()):
            if (key := dn_key(dn)) not in seen:
                seen.add(key)
                new.append(dn)
        for start in range(0, len(new), AT_A_TIME):
            found, inner = yield from _looked_up(ldap, new[start : start + AT_A_TIME])
            people += found
            waiting += inner
            groups += len(inner)
    return Found(people, missing=Missing.CAPPED if waiting else None)


def _members(group: Entry) -> Iterator[str]:
    yield from group.all("member")
    for name in group.all("uniqueMember"):
        yield _UID_PART.sub("", name)


def _looked_up(ldap: Ldap, names: list[str]) -> Steps[tuple[list[Entry], list[Entry]]]:
    """People who show and groups among *names*: first all people at once, then the others one by one."""
    settings = ldap.settings
    mine = [dn for dn in names if below(dn, settings.base)]
    people: list[Entry] = []
    if mine:  # Source: RFC 5020; a server without it finds nobody
        chosen = all_of(people_filter(settings), any_of(*(equals("entryDN", dn) for dn in mine)))
        people += (yield from LdapSearch(ldap.server, settings.base, chosen, fetched(settings))).entries
    known = {dn_key(entry.dn) for entry in people}
    groups: list[Entry] = []
    for dn in (dn for dn in names if dn_key(dn) not in known):
        entry = yield from _either(ldap, dn)
        if entry is not None and _is_group(entry):
            groups.append((yield from whole(ldap.server, entry)))
        elif entry is not None and below(entry.dn, settings.base):
            people.append(entry)
    return people, groups


def _either(ldap: Ldap, dn: str) -> Steps[Entry | None]:
    """The group or the person who shows of a DN; ``None`` when it is of something else or of nothing."""
    either = any_of(_IS_GROUP, people_filter(ldap.settings))
    try:
        found = yield from LdapSearch(ldap.server, dn, either, (*_MEMBERS, *fetched(ldap.settings)), "base")
    except Rejected:
        return None
    return found.entries[0] if found.entries else None


def _is_group(entry: Entry) -> bool:
    kinds = {kind.casefold() for kind in entry.all("objectClass")}
    return any(kind.casefold() in kinds for kind in _KINDS)
