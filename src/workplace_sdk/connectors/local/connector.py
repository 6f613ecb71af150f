"""The ``local`` connector: its settings, its database, its services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.errors import ConfigError
from workplace_sdk.wires.sql import Database, migrate

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.services.common import PersonRef


class LocalSettings(BaseModel):
    """``[connections.NAME]`` with ``connector = "local"``.

    Attributes:
        url: ``sqlite:///workplace.db`` or ``postgresql+psycopg://host/name``; the workplace's store when it is left out.
        region: ISO 3166 country or subdivision (``NL``, ``DE-BY``) whose public holidays apply unless a person has another.
        week: Hours per weekday from Monday (``8 8 8 8 4``) of who has no work schedule of their own and where none is set for
            everyone; nothing is assumed when it is left out.
        currency: ISO 4217 currency in which expenses are paid back.
        claim_within_days: Days after which a cost can no longer be claimed.
        attachment_types: Media types of files that are taken, or patterns of them (``image/*``); all when left out.
        reopen_within_days: Days within which a solved ticket can be opened again; it counts as closed afterwards.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = None
    region: str = "NL"
    week: str | None = None
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    claim_within_days: int = Field(default=366, ge=1)
    reopen_within_days: int = Field(default=30, ge=0)
    attachment_types: tuple[str, ...] | None = None

    @field_validator("week")
    @classmethod
    def _hours_per_weekday(cls, value: str | None) -> str | None:
        if value is not None:
            from workplace_sdk.services.calendar import parse_week

            parse_week(value)
        return value


class Local(Connector):
    """All five services in one database of our own."""

    settings_type = LocalSettings
    services = {  # noqa: RUF012 - a ClassVar in the base
        "leave": "workplace_sdk.connectors.local.leave:LocalLeave",
        "experts": "workplace_sdk.connectors.local.experts:LocalExperts",
        "rooms": "workplace_sdk.connectors.local.rooms:LocalRooms",
        "expenses": "workplace_sdk.connectors.local.expenses:LocalExpenses",
        "incidents": "workplace_sdk.connectors.local.incidents:LocalIncidents",
    }
    settings: LocalSettings

    def __init__(self, name: str, settings: LocalSettings, surroundings: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, settings, surroundings)
        store: Database | None = self.surroundings.get("store") if settings.url is None else Database(settings.url)
        if store is None:
            raise ConfigError("needs a database: set url here, or [store] url", table=f"connections.{name}", key="url")
        self.database = store
        self._owns_database = settings.url is not None
        self.database.prepare(_prepare)

    def ping(self) -> Steps[str]:
        """Open the database, bringing its tables up to date."""
        import sqlalchemy as sa

        from workplace_sdk.connectors.local.schema import people

        count = yield from self.database.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(people)).scalar_one())
        return f"{self.database.url.get_backend_name()}, {count} people"

    def forget(self, person: PersonRef) -> Steps[Mapping[str, int]]:
        """Erase *person* from every table; nothing when they are not here."""
        from workplace_sdk.connectors.local.base import matching
        from workplace_sdk.connectors.local.forget import forget

        def erase(connection: Connection) -> Mapping[str, int]:
            found = matching(connection, person, self.name)
            return forget(connection, self.name, found[0].id).rows if len(found) == 1 else {}

        return (yield from self.database.write(erase, "forget"))

    def close(self) -> None:
        if self._owns_database:
            self.database.close()


HEAD: Final = "0004"
"""The newest migration."""


def _prepare(engine: Engine) -> None:
    """Create the tables, or bring them up to date."""
    from workplace_sdk.search.schema import prepare

    migrate(engine, scripts="workplace_sdk.connectors.local:migrations", version_table="local_version", head=HEAD)
    prepare(engine)
