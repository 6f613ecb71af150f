"""Entries as experts, and who of them shows. Pure: no connection is used here."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.experts import Channel, ClaimOrigin, Expert, ReachOption, SkillClaim
from workplace_sdk.wires.ldap.filters import Filter, all_of, equals, matches, not_

if TYPE_CHECKING:
    from workplace_sdk.connectors.ldap.settings import LdapSettings
    from workplace_sdk.wires.ldap.entries import Entry

AD_DISABLED: Final = 2
"""ACCOUNTDISABLE in userAccountControl. Source: MS-ADTS 2.2.16."""
BIT_AND: Final = "1.2.840.113556.1.4.803"
"""All bits set. Source: MS-ADTS 3.1.1.3.4.4.1."""


def fetched(settings: LdapSettings) -> tuple[str, ...]:
    """Attributes to ask for."""
    meanings = (
        "id", "version", "changed", "login", "name", "shown_name", "given_name", "family_name", "email", "employee_number", "title", "organisation",
        "department", "site", "room", "phone", "mobile", "manager", "language", "about", "topics", "responsibilities", "chat",
    )  # fmt: skip
    names = [name for meaning in meanings if (name := settings.attribute(meaning))]
    if settings.profile == "active-directory":
        names += ["cn", "userAccountControl"]
    return tuple(dict.fromkeys((*names, *settings.disabled)))


def people_filter(settings: LdapSettings) -> Filter:
    """Who is a person and shows."""
    if settings.profile == "active-directory":
        kinds = [equals("objectCategory", "person"), equals("objectClass", settings.people or "user")]
        kinds.append(not_(matches("userAccountControl", BIT_AND, str(AD_DISABLED))))
    else:
        kinds = [equals("objectClass", settings.people or "inetOrgPerson")]
    return all_of(*kinds, *(not_(equals(name, value)) for name, value in settings.disabled.items()))


def shows(settings: LdapSettings, entry: Entry) -> bool:
    """Whether the entry is of someone who is there; checked again here, whatever the filter let through."""
    for name, value in settings.disabled.items():
        if any(found.casefold() == value.casefold() for found in entry.all(name)):
            return False
    control = entry.first("userAccountControl") if settings.profile == "active-directory" else None
    return not (control and control.isdecimal() and int(control) & AD_DISABLED)


def to_expert(settings: LdapSettings, entry: Entry, connection: str, now: datetime) -> Expert:
    """The expert of an entry."""

    def first(meaning: str) -> str | None:
        name = settings.attribute(meaning)
        return entry.first(name) if name else None

    def every(meaning: str) -> tuple[str, ...]:
        name = settings.attribute(meaning)
        return (
            tuple(dict.fromkeys(line.strip() for value in entry.all(name) for line in value.splitlines() if line.strip()))
            if name
            else ()
        )

    manager = first("manager")
    person = PersonRef(
        ref=Ref(connection=connection, kind="person", id=source_id(settings, entry)),
        display_name=first("name") or first("shown_name") or entry.first("cn") or entry.dn,
        email=first("email"),
        login=first("login"),
        employee_number=first("employee_number"),
        dn=entry.dn,
    )
    return Expert(
        ref=Ref(connection=connection, kind="expert", id=source_id(settings, entry)),
        fetched_at=now,
        person=person,
        given_name=first("given_name"),
        family_name=first("family_name"),
        job_title=first("title"),
        organisation=tuple(part for part in (first("organisation"), first("department")) if part),
        manager=PersonRef(dn=manager) if manager else None,
        site=first("site"),
        room=first("room"),
        languages=_languages(first("language")),
        topics=tuple(SkillClaim(name=name[:120], origin=ClaimOrigin.DIRECTORY) for name in every("topics")),
        responsibilities=every("responsibilities"),
        about=first("about"),
        reach=_reach(every, first),
        changed_at=_instant(first("changed")),
    )


def source_id(settings: LdapSettings, entry: Entry) -> str:
    """The id of an entry that renaming does not change; its DN when the server keeps none."""
    name = settings.attribute("id")
    values = entry.raw(name) if name else ()
    if not values:
        return entry.dn
    if settings.profile == "active-directory" and len(values[0]) == 16:
        return str(uuid.UUID(bytes_le=bytes(values[0])))
    return values[0].decode("utf-8", "replace")


def mark(settings: LdapSettings, entry: Entry) -> str | None:
    """What differs when the entry was changed, renamed or moved; ``None`` when the directory does not tell."""
    for meaning in ("version", "changed"):
        name = settings.attribute(meaning)
        if name and (told := entry.first(name)):
            return f"{told} {entry.dn}"
    return None


def _reach(every: Callable[[str], tuple[str, ...]], first: Callable[[str], str | None]) -> tuple[ReachOption, ...]:
    options: list[ReachOption] = []
    for channel, meaning in (
        (Channel.CHAT, "chat"),
        (Channel.EMAIL, "email"),
        (Channel.PHONE, "phone"),
        (Channel.MOBILE, "mobile"),
    ):
        options += [ReachOption(channel=channel, address=address, rank=len(options) + 1) for address in every(meaning)]
    if room := first("room"):
        options.append(ReachOption(channel=Channel.DESK, address=room, rank=len(options) + 1))
    return tuple(options)


def _languages(value: str | None) -> tuple[str, ...]:
    """Tags by weight, the best first. Source: RFC 2798 2.7, RFC 9110 12.5.4."""
    weighed: list[tuple[float, int, str]] = []
    for index, part in enumerate((value or "").split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), index, tag.strip()))
        except ValueError:
            continue
    return tuple(tag for _, _, tag in sorted(weighed) if tag)


def _instant(value: str | None) -> datetime | None:
    """Generalized time. Source: RFC 4517 3.3.13."""
    for form in ("%Y%m%d%H%M%SZ", "%Y%m%d%H%M%S.%fZ"):
        try:
            return datetime.strptime(value or "", form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
