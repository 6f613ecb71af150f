"""Settings of an LDAP connection, with what OpenLDAP and Active Directory usually call things."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from workplace_sdk.kernel.secrets import Secret
from workplace_sdk.wires.ldap.filters import attribute_name
from workplace_sdk.wires.ldap.referrals import server_of

PROFILES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "openldap": {
            "id": "entryUUID", "version": "entryCSN", "changed": "modifyTimestamp", "login": "uid", "name": "cn", "shown_name": "displayName",
            "given_name": "givenName", "family_name": "sn", "email": "mail", "employee_number": "employeeNumber", "title": "title",
            "organisation": "ou", "department": "departmentNumber", "site": "l", "room": "roomNumber", "phone": "telephoneNumber",
            "mobile": "mobile", "manager": "manager", "language": "preferredLanguage", "about": "description",
        },
        "active-directory": {
            "id": "objectGUID", "version": "uSNChanged", "changed": "whenChanged", "login": "userPrincipalName", "name": "displayName", "shown_name": "displayName",
            "given_name": "givenName", "family_name": "sn", "email": "mail", "employee_number": "employeeID", "title": "title",
            "organisation": "company", "department": "department", "site": "l", "room": "physicalDeliveryOfficeName",
            "phone": "telephoneNumber", "mobile": "mobile", "manager": "manager", "language": "preferredLanguage", "about": "description",
        },
    }
)  # fmt: skip
"""Attribute by what it means. ``topics``, ``responsibilities`` and ``chat`` have no usual attribute: the settings name them."""

MEANINGS: Final = frozenset({*PROFILES["openldap"], "topics", "responsibilities", "chat"})


class LdapSettings(BaseModel):
    """``[connections.NAME]`` with ``connector = "ldap"``.

    Attributes:
        uri: ``ldaps://host`` or ``ldap://host``, or several, tried in order.
        base: DN below which people are.
        group_base: DN below which groups are; *base* when left out.
        bind_dn: Who we are; in Active Directory also ``name@domain``.
        password: Where the password is: ``{ env = "..." }``, ``{ file = "..." }`` or ``{ keyring = "...", user = "..." }``.
        ca_file: Certificates to trust instead of the system's.
        people: Value of objectClass that people have.
        attributes: Attribute by meaning, where it is not the profile's usual one.
        disabled: ``attribute = value`` that marks who is not there any more (Active Directory's own mark is known).
        shortest: Letters that the middle of a word must have before it is searched for; the server indexes from there on.
        most: Candidates fetched for one search, at most.
        referrals: Servers to which referrals are followed; none unless named.
        index: Keep an index of the people in the store, and search there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: tuple[str, ...]
    base: str
    group_base: str | None = None
    profile: Literal["openldap", "active-directory"] = "openldap"
    bind_dn: str | None = None
    password: Secret | None = None
    sasl: Literal["GSSAPI", "EXTERNAL"] | None = None
    start_tls: bool = False
    ca_file: Path | None = None
    people: str | None = None
    attributes: Mapping[str, str] = Field(default_factory=dict[str, str])
    disabled: Mapping[str, str] = Field(default_factory=dict[str, str])
    shortest: int = Field(default=4, ge=1, le=20)
    most: int = Field(default=200, ge=1, le=5000)
    page_size: int = Field(default=500, ge=1, le=10_000)
    connections: int = Field(default=8, ge=1, le=100)
    referrals: tuple[str, ...] = ()
    index: bool = False

    @field_validator("uri", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("uri")
    @classmethod
    def _ldap(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not all(uri.startswith("ldapi://") or server_of(uri) for uri in value):
            raise ValueError("give ldaps://host or ldap://host")
        return value

    @field_validator("referrals")
    @classmethod
    def _servers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [uri for uri in value if server_of(uri) is None]:
            raise ValueError(f"give ldaps://host or ldap://host, not {', '.join(unknown)}")
        return value

    @field_validator("disabled")
    @classmethod
    def _names(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name in value:
            attribute_name(name)
        return value

    @field_validator("attributes")
    @classmethod
    def _known(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        if unknown := sorted(set(value) - MEANINGS):
            raise ValueError(f"unknown: {', '.join(unknown)}; known are {', '.join(sorted(MEANINGS))}")
        for name in value.values():
            attribute_name(name)
        return value

    @model_validator(mode="after")
    def _identity(self) -> Self:
        if self.bind_dn and self.sasl:
            raise ValueError("bind_dn and sasl exclude each other")
        if self.bind_dn and self.password is None:
            raise ValueError("bind_dn needs a password")
        if self.start_tls and any(uri.startswith("ldaps://") for uri in self.uri):
            raise ValueError("start_tls is for ldap://; ldaps:// has TLS from the start")
        return self

    def attribute(self, meaning: str) -> str | None:
        """The attribute that holds what is meant; ``None`` when none does."""
        return self.attributes.get(meaning) or PROFILES[self.profile].get(meaning)
