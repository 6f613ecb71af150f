"""The ``ldap`` connector: how the directory is reached, and keeping its index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workplace_sdk.connectors.ldap.settings import LdapSettings
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.errors import ConfigError

try:
    from workplace_sdk.wires.ldap.opening import Target
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
            referrals=frozenset(settings.referrals),
        )
        self.server = Server(target, most=settings.connections)
        self.store: Database | None = self.surroundings.get("store")
        if settings.index:
            self._prepare_index()

    def _prepare_index(self) -> None:
        if self.store is None:
            raise ConfigError("an index needs a store: set [store] url", table="store", key="url")
        from workplace_sdk.search.schema import prepare

        self.store.prepare(prepare)

    def ping(self) -> Steps[str]:
        """Bind, and look whether the base is there."""
        found = yield from LdapSearch(self.server, self.settings.base, attributes=("1.1",), scope="base")
        if not found.entries:
            raise ConfigError("nothing is to be seen there: is it the right DN, and may we read it?", key="base")
        return f"{self.settings.uri[0]} as {self.server.target.identity}"

    def sync(
        self, progress: Callable[[int, int | None], None] = lambda _done, _total: None, *, full: bool = False
    ) -> Steps[Any]:
        """Bring the index up to date: everyone the first time or when *full*, then who changed, and who is gone.

        Args:
            progress: Told how many people are done, and of how many when that is known.
        """
        if not self.settings.index:
            raise ConfigError("this connection keeps no index: set index = true", table=f"connections.{self.name}", key="index")
        from workplace_sdk.connectors.ldap.syncing import synced

        return (yield from synced(self, progress, full=full))

    def forget(self, person: PersonRef) -> Steps[Mapping[str, int]]:
        """Take *person* out of the index; the directory itself is not ours to change, and the next sync follows it."""
        if not self.settings.index or self.store is None or person.ref is None or person.ref.connection != self.name:
            return {}
        from workplace_sdk.search.index import remove

        source_id = person.ref.id
        return {"people_index": (yield from self.store.write(lambda c: remove(c, self.name, [source_id]), "the people index"))}

    def close(self) -> None:
        self.server.close()
