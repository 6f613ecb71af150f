"""Which filter finds one person, by the best key that is known of them. Pure."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.wires.ldap.filters import Filter, any_of, equals

if TYPE_CHECKING:
    from workplace_sdk.connectors.ldap.settings import LdapSettings
    from workplace_sdk.services.common import PersonRef


def key_filter(settings: LdapSettings, person: PersonRef) -> Filter | None:
    """By number, login or address; by name when nothing else is known, its DN neither. ``None`` when no attribute has it."""
    for key in ("employee_number", "login", "email"):
        value: str | None = getattr(person, key)
        attribute = settings.attribute(key)
        if value and attribute:
            return equals(attribute, value)
    if person.display_name is None or person.dn is not None:
        return None
    names = dict.fromkeys(name for meaning in ("name", "shown_name") if (name := settings.attribute(meaning)))
    return any_of(*(equals(name, person.display_name) for name in names))


def id_filter(settings: LdapSettings, id_: str) -> Filter:
    """By the id that the directory gave the entry."""
    attribute = settings.attribute("id")
    if attribute is None:
        raise NotFound("this directory keeps no ids", field="person")
    if settings.profile != "active-directory":
        return equals(attribute, id_)
    try:
        return equals(attribute, uuid.UUID(id_).bytes_le)
    except ValueError:
        raise NotFound(f"{id_} is no id of this directory", field="person") from None
