"""A connector: one kind of system, opened once per connection in the settings, offering some of the services."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, cast

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.operation import Service


class Connector:
    """One system, as one ``[connections.NAME]`` of the settings opens it. Safe to use from many threads.

    A connector derives from this, says which settings it takes and which services it offers, and makes its wires in
    ``__init__``; opening sockets is left to the first call. It is found by the entry point group
    ``workplace_sdk.connectors``, whose name is the ``connector`` key of the settings.

    Attributes:
        name: The connection's name in the settings.
        settings: What the connection's table in the settings holds, checked.
        services: The service classes it offers, by service name; ``"package.module:Class"`` is imported when first used.
    """

    settings_type: ClassVar[type[Any]]
    """Pydantic model of the connection's table."""
    services: ClassVar[Mapping[str, type[Service] | str]] = MappingProxyType({})

    acts_as_person: ClassVar[bool] = False
    """Whether the system can see the employee instead of our own account."""
    acts_as: str = "service"

    def __init__(self, name: str, settings: Any, surroundings: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.settings = settings
        self.surroundings: Mapping[str, Any] = surroundings or {}

    @classmethod
    def service_class(cls, service: str) -> type[Service] | None:
        """The class for *service*, imported now; ``None`` when the connector does not offer it."""
        found = cls.services.get(service)
        if not isinstance(found, str):
            return found
        from importlib import import_module

        module, _, name = found.partition(":")
        return cast("type[Service]", getattr(import_module(module), name))

    def ping(self) -> Steps[str]:
        """Ask the system whether it answers and whether our credentials are good; one line about it."""
        return f"{self.name}: nothing to ask"
        yield

    def forget(self, person: Any) -> Steps[Mapping[str, int]]:
        """Erase what this library itself keeps about *person* for the connection: rows by table. Nothing unless it keeps something."""
        return MappingProxyType({})
        yield

    def close(self) -> None:
        """Give back what is open; the connector may be used again afterwards."""

    async def aclose(self) -> None:
        """The same, with what the running event loop has open."""
        self.close()
