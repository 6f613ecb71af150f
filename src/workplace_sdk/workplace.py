"""A workplace: settings in, five services out, and what spans them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import evolve, frozen
from pydantic import BaseModel, ValidationError

from workplace_sdk.kernel.access import Access, Relation
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.errors import ConfigError, InvalidInput, NotSupported, Unauthorized, WorkplaceError
from workplace_sdk.kernel.session import Call, LoggedAudit, Outcome, Session, utc_now
from workplace_sdk.kernel.support import Native, Support
from workplace_sdk.kernel.threads import after_fork
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.settings import SERVICES, ConnectionSettings, ServiceSettings, Settings, config_error

if TYPE_CHECKING:
    from workplace_sdk.identity.audit import AuditEntry
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.operation import Service
    from workplace_sdk.kernel.session import AuditLog
    from workplace_sdk.services.expenses import Expenses
    from workplace_sdk.services.experts import ExpertDirectory
    from workplace_sdk.services.incidents import Incidents
    from workplace_sdk.services.leave import LeaveService
    from workplace_sdk.services.meetings import Meetings
    from workplace_sdk.services.rooms import RoomBooking
    from workplace_sdk.wires.sql import Database

T = TypeVar("T")

ENTRY_POINTS = "workplace_sdk.connectors"
_INTERFACES: Mapping[str, str] = MappingProxyType(
    {
        "leave": "LeaveService",
        "experts": "ExpertDirectory",
        "rooms": "RoomBooking",
        "expenses": "Expenses",
        "incidents": "Incidents",
    }
)


def interface_of(service: str) -> type[Service]:
    """The interface class of a service, imported now."""
    from importlib import import_module

    return cast("type[Service]", getattr(import_module(f"workplace_sdk.services.{service}"), _INTERFACES[service]))


def connector_class(name: str) -> type[Connector]:
    """The connector *name*, built in or installed: only its own entry point is loaded.

    Raises:
        ConfigError: It is not installed, cannot be loaded, or two packages offer it.
    """
    from importlib.metadata import entry_points

    found = {point.value: point for point in entry_points(group=ENTRY_POINTS, name=name)}
    if not found:
        known = ", ".join(sorted({point.name for point in entry_points(group=ENTRY_POINTS)})) or "none"
        raise ConfigError(f"there is no connector {name!r}; installed: {known}", key="connector")
    if len(found) > 1:
        raise ConfigError(f"the connector {name!r} is offered by several packages: {', '.join(sorted(found))}", key="connector")
    point = next(iter(found.values()))
    try:
        return cast("type[Connector]", point.load())
    except ImportError as error:
        raise ConfigError(f"the connector {name!r} cannot be loaded: {error}", key="connector") from error


@frozen
class SupportEntry:
    """One cell of the support table."""

    service: str
    operation: str
    connection: str
    support: Support


@frozen
class CheckResult:
    """How one connection answered: *error* is ``None`` when it is well."""

    connection: str
    connector: str
    message: str
    error: WorkplaceError | None = None


@frozen
class Waiting:
    """Something that waits for the caller: a request to decide about, a ticket to answer."""

    ref: Ref
    service: str
    who: str
    what: str
    since: datetime | None


def _waiting(service: str, record: Any) -> Waiting:
    """A record of any service, for the one inbox."""
    who = next((getattr(record, name) for name in ("employee", "requester", "organizer") if getattr(record, name, None)), None)
    what = next((getattr(record, name) for name in ("title", "subject", "type_name") if getattr(record, name, None)), "")
    since = next((getattr(record, name) for name in ("submitted_at", "created_at") if getattr(record, name, None)), None)
    days = f"{record.first_day} - {record.last_day}" if hasattr(record, "first_day") else ""
    return Waiting(record.ref, service, who.label if who else "", " ".join(part for part in (what, days) if part), since)


class _Shared:
    """What every view of one workplace shares: settings, connections, the store."""

    def __init__(self, settings: Settings, connectors: Mapping[str, Connector]) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.connections: dict[str, Connector] = dict(connectors)
        self._store: Database | None = None
        after_fork(self)

    def forked(self) -> None:
        self.lock = threading.RLock()

    def store(self) -> Database:
        with self.lock:
            if self._store is None:
                from workplace_sdk.wires.sql import Database

                self._store = Database(self.settings.database_url(self.settings.store.url))
            return self._store

    def has_store(self) -> bool:
        """Whether the settings ask for a store: by name, or because a connection needs it."""
        names = {connection.connector for connection in self.settings.connections.values()}
        return "store" in self.settings.model_fields_set or "local" in names

    def connection(self, name: str) -> Connector:
        with self.lock:
            if name not in self.connections:
                self.connections[name] = self._opened(name, self.settings.connections[name])
            return self.connections[name]

    def _opened(self, name: str, settings: ConnectionSettings) -> Connector:
        file = str(self.settings.file) if self.settings.file else None
        table = f"connections.{name}"
        try:
            kind = connector_class(settings.connector)
            own: BaseModel = kind.settings_type.model_validate(self._placed(settings.own))
            connector = kind(
                name, own, {"store": self.store(), "directory": self.settings.directory, "zone": self.settings.time_zone}
            )
        except ValidationError as error:
            raise config_error(error, file=self.settings.file, table=table) from None
        except ConfigError as error:
            error.file, error.table = error.file or file, error.table or table
            raise
        if settings.acts_as == "person" and not connector.acts_as_person:
            raise ConfigError(
                f"the connector {settings.connector!r} can only act as the service", file=file, table=table, key="acts_as"
            )
        connector.acts_as = settings.acts_as
        return connector

    def _placed(self, own: dict[str, Any]) -> dict[str, Any]:
        url = own.get("url")
        return {**own, "url": self.settings.database_url(url)} if isinstance(url, str) else own

    def used(self, service: str) -> ServiceSettings | None:
        """The connections for *service*: as the settings say, else every connection that offers it, in their order."""
        named = self.settings.services.get(cast("Any", service))
        if named is not None:
            return named
        offering = tuple(name for name in self._names() if self.connection(name).service_class(service) is not None)
        return ServiceSettings(read=offering, write=offering[0]) if offering else None

    def _names(self) -> tuple[str, ...]:
        return tuple(self.settings.connections) or tuple(self.connections)

    def close(self) -> None:
        with self.lock:
            for connector in self.connections.values():
                connector.close()
            if self._store is not None:
                self._store.close()

    async def aclose(self) -> None:
        for connector in list(self.connections.values()):
            await connector.aclose()
        self.close()


class Workplace:
    """The five services of an organisation, for one caller. Safe to use from many threads and after a fork.

        with Workplace.open("workplace.toml") as work:
            for balance in work.leave.balances():
                print(balance.leave_type, balance.available)

    Args:
        settings: What ``workplace.toml`` says.
        now: The clock; the machine's unless given.
        connectors: Connectors that are open already, by connection name, instead of what the settings say.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        now: Callable[[], datetime] = utc_now,
        connectors: Mapping[str, Connector] | None = None,
    ) -> None:
        self._shared = _Shared(settings, connectors or {})
        self._services: dict[str, Service] = {}
        self._session = self._first_session(settings, now)

    @classmethod
    def open(cls, path: str | Path | None = None) -> Workplace:
        """The workplace of a settings file; without *path* the one that ``Settings.find`` finds.

        Raises:
            ConfigError: With the file, table and key to mend.
        """
        return cls(Settings.load(path))

    def _first_session(self, settings: Settings, now: Callable[[], datetime]) -> Session:
        from workplace_sdk.identity.gate import IdentityGate
        from workplace_sdk.identity.map import IdentityMap

        self.identities = IdentityMap(lambda: self._unguarded.experts, settings.identity_lifetime)
        gate = IdentityGate(
            roles=settings.roles,
            delegations=settings.delegations,
            identities=self.identities,
            directory=lambda: self._unguarded.experts,
        )
        session = Session(
            caller=settings.caller,
            time_limit=settings.time_limit,
            now=now,
            zone=settings.time_zone,
            gate=gate,
            audit=self._audit(),
            identify=self.identities.key,
        )
        self._unguarded = self._view(session)
        return session

    def _audit(self) -> AuditLog:
        if not self._shared.has_store():
            return LoggedAudit()
        from workplace_sdk.identity.audit import StoredAudit

        return StoredAudit(self._shared.store())

    def _view(self, session: Session) -> Workplace:
        view = object.__new__(Workplace)
        view._shared = self._shared
        view._services = {}
        view._session = session
        view.identities = self.identities
        view._unguarded = getattr(self, "_unguarded", view)
        return view

    @property
    def settings(self) -> Settings:
        """What this workplace was made from."""
        return self._shared.settings

    @property
    def session(self) -> Session:
        """Caller, clock and time limit of this view."""
        return self._session

    @property
    def store(self) -> Database:
        """The database of our own."""
        return self._shared.store()

    @property
    def has_store(self) -> bool:
        """Whether the settings ask for a store: by name, or because a connection needs it."""
        return self._shared.has_store()

    @property
    def me(self) -> PersonRef:
        """The caller; ``InvalidInput`` when nobody is known to be calling."""
        if self._session.caller is None:
            raise InvalidInput("nobody is known to be calling: set caller in the settings, or use as_(person)", field="caller")
        return cast("PersonRef", self._session.caller)

    def as_(self, person: PersonRef | str, *, token: Callable[[], str] | None = None) -> Workplace:
        """The same workplace for another caller: for web applications, per request. Connections are shared.

        Args:
            token: Gives the token that *person* came with, for connections that act on the caller's behalf (OAuth 2).
        """
        caller = PersonRef.parse(person) if isinstance(person, str) else person
        return self._view(evolve(self._session, caller=caller, token=token))

    def within(self, seconds: float) -> Workplace:
        """The same workplace with another time limit for each call."""
        return self._view(self._session.within(seconds))

    @property
    def leave(self) -> LeaveService:
        """Leave: balances, requests, approvals, who is off."""
        return cast("LeaveService", self.service("leave"))

    @property
    def experts(self) -> ExpertDirectory:
        """Colleagues: who knows about what, and how to reach them."""
        return cast("ExpertDirectory", self.service("experts"))

    @property
    def rooms(self) -> RoomBooking:
        """Rooms and meetings, with catering and equipment."""
        return cast("RoomBooking", self.service("rooms"))

    @property
    def expenses(self) -> Expenses:
        """Expense reports, receipts and mileage."""
        return cast("Expenses", self.service("expenses"))

    @property
    def incidents(self) -> Incidents:
        """Incidents: report, follow, confirm."""
        return cast("Incidents", self.service("incidents"))

    @property
    def meetings(self) -> Meetings:
        """Meetings over several systems: a room, people, lunch and a projector as one thing."""
        made = self._services.get("meetings")
        if made is None:
            from workplace_sdk.meetings.opening import opened

            made = self._services["meetings"] = opened(self)
        return cast("Meetings", made)

    def service(self, name: str) -> Service:
        """A service by name, over the connections that the settings name for it."""
        made = self._services.get(name)
        if made is None:
            made = self._services[name] = self._made(name)
        return made

    def _made(self, name: str) -> Service:
        if name not in SERVICES:
            raise ValueError(f"{name!r} is none of {SERVICES}")
        interface = interface_of(name)
        used = self._shared.used(name)
        if used is None:
            return interface(Connector("no connection", None), self._session)
        members = {connection: self._member(name, connection) for connection in used.read}
        if len(members) == 1:
            return members[used.write]
        from workplace_sdk.across import across

        return across(interface, members, writer=used.write, session=self._session)

    def _member(self, service: str, connection: str) -> Service:
        connector = self._shared.connection(connection)
        kind = connector.service_class(service)
        if kind is None:
            raise ConfigError(
                f"the connection {connection!r} does not offer {service}",
                file=str(self.settings.file) if self.settings.file else None,
                table="services",
                key=service,
            )
        return kind(connector, self._session)

    def only(self, connection: str) -> Workplace:
        """The same workplace as seen through one connection, for every service that it offers."""
        if connection not in self.settings.connections and connection not in self._shared.connections:
            known = ", ".join(self.settings.connections or self._shared.connections)
            raise InvalidInput(f"there is no connection {connection!r}; there is: {known}", field="connection")
        view = self._view(self._session)
        connector = self._shared.connection(connection)
        for name in SERVICES:
            kind = connector.service_class(name)
            view._services[name] = (kind or interface_of(name))(connector, self._session)  # noqa: SLF001 - a view of ourselves
        return view

    def connection(self, name: str) -> Connector:
        """The connector of one connection."""
        return self._shared.connection(name)

    def connection_names(self) -> tuple[str, ...]:
        """Every connection, in the order of the settings."""
        return tuple(self.settings.connections) or tuple(self._shared.connections)

    def run(self, steps: Steps[T], name: str = "workplace") -> T:
        """Perform steps that belong to no operation, blocking; for ``await`` there is ``arun``."""
        from workplace_sdk.kernel.drivers import run

        return cast("T", run(steps, Call(session=self._session, name=name)))

    async def arun(self, steps: Steps[T], name: str = "workplace") -> T:
        """Perform steps that belong to no operation."""
        from workplace_sdk.kernel.drivers import arun

        return cast("T", await arun(steps, Call(session=self._session, name=name)))

    def support(self) -> tuple[SupportEntry, ...]:
        """What each connection offers of each operation, before any I/O."""
        entries: list[SupportEntry] = []
        for service in SERVICES:
            used = self._shared.used(service)
            for connection in used.read if used else ():
                member = self._member(service, connection)
                entries += [SupportEntry(service, name, connection, member.support_of(name)) for name in member.operations()]
        return tuple(entries)

    def check(self) -> tuple[CheckResult, ...]:
        """Open every connection and ask whether it answers; errors are in the results, not raised."""
        return tuple(self._checked(name) for name in self.connection_names())

    def _checked(self, name: str) -> CheckResult:
        kind = (
            self.settings.connections[name].connector
            if name in self.settings.connections
            else type(self.connection(name)).__name__
        )
        try:
            message = self.run(self._shared.connection(name).ping(), f"{name}.ping")
        except WorkplaceError as error:
            return CheckResult(name, kind, str(error), error)
        return CheckResult(name, kind, message)

    def inbox(self) -> Iterator[Waiting | WorkplaceError]:
        """What waits for the caller, service by service; the error of a service that does not answer, in its place."""
        for name in SERVICES:
            service: Any = self.service(name)
            if "inbox" not in service.operations() or not self.offers(name, "inbox"):
                continue
            try:
                for record in service.inbox():
                    yield _waiting(name, record)
            except WorkplaceError as error:
                yield error

    def may(self, right: str) -> bool:
        """Whether a role or delegation gives the caller *right*, for what is no operation of a service."""
        call = Call(session=self._session, name=right, access=Access(right, frozenset[Relation]()))
        try:
            self.run(self._session.gate.allow(call), right)
        except Unauthorized as refusal:
            self.run(self._session.audit.record(call, Outcome.REFUSED, refusal), right)
            return False
        return True

    def audited(self, *, person: PersonRef | None = None, key: str | None = None, most: int = 1000) -> tuple[AuditEntry, ...]:
        """The audit log of the store, the newest first; ``NotSupported`` when calls are only logged."""
        from workplace_sdk.identity.audit import StoredAudit

        if not isinstance(self._session.audit, StoredAudit):
            raise NotSupported("there is no store: calls are written to the log 'workplace_sdk.audit'")
        return self.run(self._session.audit.entries(person=person, key=key, most=most), "audit")

    def forget(self, person: PersonRef) -> dict[str, dict[str, int]]:
        """Erase *person* from every connection that keeps people, from memory and from the audit log: rows by connection and table."""
        from workplace_sdk.identity.audit import StoredAudit

        known = self.run(self.identities.complete(person), "forget")
        erased: dict[str, dict[str, int]] = {}
        for name in self.connection_names():
            if rows := self.run(self._shared.connection(name).forget(known), "forget"):
                erased[name] = dict(rows)
        self.identities.forget(known)
        if self.has_store:
            from workplace_sdk.meetings.journal import Journal

            if plans := self.run(Journal(self.store).forget(known), "forget"):
                erased["meetings"] = {"meeting_plans": plans}
        if isinstance(self._session.audit, StoredAudit):
            import secrets

            erased["audit"] = {"audit_log": self.run(self._session.audit.erase(known, secrets.token_hex(4)), "forget")}
        return erased

    def offers(self, service: str, operation: str) -> bool:
        """Whether the operation is done here."""
        return isinstance(self.service(service).support_of(operation), Native)

    def close(self) -> None:
        """Give back what is open; the workplace may be used again."""
        self._shared.close()
        self._session.threads.close()

    async def aclose(self) -> None:
        """The same, with what the running event loop has open."""
        await self._shared.aclose()
        self._session.threads.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
