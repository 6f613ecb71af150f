"""The ``ldap`` connector: how the directory is reached, and keeping its index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workplace_sdk.connectors.ldap.settings import LdapSettings
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.errors import ConfigError, NotFound

try:
    from workplace_sdk.wires.ldap.entries import is_dn
    from workplace_sdk.wires.ldap.opening import Target
    from workplace_sdk.wires.ldap.referrals import server_of
    from workplace_sdk.wires.ldap.search import LdapSearch
    from workplace_sdk.wires.ldap.server import Server
except ModuleNotFoundError as missing:
    if missing.name != "ldap":
        raise
    raise ConfigError("the connector 'ldap' needs the extra: pip install 'workplace-sdk[ldap]'", key="connector") from None

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.services.common import PersonRef
    from workplace_sdk.wires.sql import Database


class Ldap(Connector):
    """People and groups of one LDAP directory."""

    settings_type = LdapSettings
    services = {"experts": "workplace_sdk.connectors.ldap.experts:LdapExperts"}  # noqa: RUF012 - a ClassVar in the base
    settings: LdapSettings

    def __init__(self, name: str, settings: LdapSettings, surroundings: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, settings, surroundings)
        directory = self.surroundings.get("directory")
        ca_file = directory / settings.ca_file if settings.ca_file and directory else settings.ca_file
        target = Target(
            uris=settings.uri,
            start_tls=settings.start_tls,
            ca_file=str(ca_file) if ca_file else None,
            bind_dn=settings.bind_dn,
            password=settings.password.reveal if settings.password else None,
            sasl=settings.sasl,
            referrals=frozenset(server for uri in settings.referrals if (server := server_of(uri))),
        )
        for key, dn in (("base", settings.base), ("group_base", settings.group_base)):
            if dn is not None and not is_dn(dn):
                raise ConfigError(f"{dn!r} is no distinguished name", table=f"connections.{self.name}", key=key)
        self.server = Server(target, most=settings.connections)
        self.store: Database | None = self.surroundings.get("store")
        if settings.index:
            self._prepare_index()

    def _prepare_index(self) -> None:
        if self.store is None:
            raise ConfigError("an index needs a store: set [store] url", table="store", key="url")
        from workplace_sdk.search.schema import prepare

        self.store.prepare(prepare)

    def no_base(self) -> ConfigError:
        """The base is not there. Directories say the same when we may not read it."""
        return ConfigError(
            f"there is no {self.settings.base}, or {self.server.target.identity} may not read it",
            table=f"connections.{self.name}",
            key="base",
        )

    def ping(self) -> Steps[str]:
        """Bind, and look whether somebody is to be seen below the base."""
        from workplace_sdk.connectors.ldap.translation import people_filter

        settings = self.settings
        try:
            found = yield from LdapSearch(self.server, settings.base, people_filter(settings), ("1.1",), "sub", 1)
        except NotFound as error:
            raise self.no_base() from error
        if not found.entries:
            key = "disabled" if settings.disabled else "people"
            text = f"nobody is to be seen below {settings.base}: are 'people' and 'disabled' as this directory has them?"
            raise ConfigError(text, table=f"connections.{self.name}", key=key)
        return f"{settings.uri[0]} as {self.server.target.identity}"

    def sync(
        self, progress: Callable[[int, int | None], None] = lambda _done, _total: None, *, full: bool = False
    ) -> Steps[Any]:
        """Bring the index up to date: everyone the first time, when *full* or when the settings changed, then who changed.

        Who is gone, disabled or moved elsewhere is taken out each time.

        Args:
            progress: Told how many people are done, and of how many when that is known.
        """
        if not self.settings.index:
            raise ConfigError("this connection keeps no index: set index = true", table=f"connections.{self.name}", key="index")
        from workplace_sdk.connectors.ldap.syncing import synced

        return (yield from synced(self, progress, full=full))

    def forget(self, person: PersonRef) -> Steps[Mapping[str, int]]:
        """Take *person* out of the index; the directory itself is not ours to change, and the next sync follows it."""
        if not self.settings.index or self.store is None:
            return {}
        from workplace_sdk.search.experts import taken_out

        return {"people_index": (yield from self.store.write(taken_out(person, self.name), "the people index"))}

    def close(self) -> None:
        self.server.close()
