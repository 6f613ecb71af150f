"""A workplace: settings in, five services out, and what spans them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from attrs import evolve, frozen
from pydantic import BaseModel, ValidationError

from workplace_sdk.kernel.access import Access, Relation
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.errors import ConfigError, InvalidInput, NotFound, Unauthorized, WorkplaceError
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.session import Call, LoggedAudit, Outcome, Session, utc_now
from workplace_sdk.kernel.support import Native, Support
from workplace_sdk.kernel.threads import after_fork
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.settings import SERVICES, ConnectionSettings, ServiceSettings, Settings, config_error

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.operation import Service
    from workplace_sdk.kernel.session import AuditLog
    from workplace_sdk.services.expenses import Expenses
    from workplace_sdk.services.experts import ExpertDirectory
    from workplace_sdk.services.incidents import Incidents
    from workplace_sdk.services.leave import LeaveService
    from workplace_sdk.services.meetings import Meetings
    from workplace_sdk.services.rooms import RoomBooking
    from workplace_sdk.spanning import Spanning
    from workplace_sdk.usage.counting import HandoffCounts
    from workplace_sdk.wires.sql import Database

B = TypeVar("B")
T = TypeVar("T")

SERVICE_OF: Mapping[str, str] = MappingProxyType(
    {
        "leave": "leave",
        "sick": "leave",
        "person": "experts",
        "meeting": "rooms",
        "expense": "expenses",
        "incident": "incidents",
        "plan": "meetings",
    }
)
"""Services by the kind of their references."""
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


class _Spanned(Generic[B]):
    """An operation of ``Spanning``, imported when it is first used."""

    def __init__(self, pick: Callable[[Spanning], B]) -> None:
        self._pick = pick

    @overload
    def __get__(self, work: None, owner: type[Workplace]) -> Self: ...
    @overload
    def __get__(self, work: Workplace, owner: type[Workplace]) -> B: ...
    def __get__(self, work: Workplace | None, owner: type[Workplace]) -> Any:
        if work is None:
            return self
        from workplace_sdk.spanning import Spanning

        return self._pick(Spanning(work))


class _Shared:
    """What every view of one workplace shares: settings, connections, the store."""

    def __init__(self, settings: Settings, connectors: Mapping[str, Connector]) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.connections: dict[str, Connector] = dict(connectors)
        self._store: Database | None = None
        self._counts: HandoffCounts | None = None
        after_fork(self)

    def forked(self) -> None:
        self.lock = threading.RLock()

    def store(self) -> Database:
        with self.lock:
            if self._store is None:
                from workplace_sdk.wires.sql import Database

                store = self.settings.store
                password = store.password.reveal if store.password else None
                try:
                    self._store = Database(self.settings.database_url(store.url), password=password)
                except ConfigError as error:
                    file = self.settings.file
                    error.file, error.table, error.key = str(file) if file else None, "store", "url"
                    raise
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

    def handoff_counts(self) -> HandoffCounts:
        with self.lock:
            if self._counts is None:
                from workplace_sdk.usage.counting import HandoffCounts

                self._counts = HandoffCounts(self.store())
            return self._counts

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
        return self._performed(steps, Call(session=self._session, name=name))

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
        """Open every connection, see whether it offers what the settings want of it, and ask whether it answers.

        Errors are in the results, not raised.
        """
        return tuple(self._checked(name) for name in self.connection_names())

    def _checked(self, name: str) -> CheckResult:
        kind = (
            self.settings.connections[name].connector
            if name in self.settings.connections
            else type(self.connection(name)).__name__
        )
        try:
            for service, used in self.settings.services.items():
                if name in used.read:
                    self._member(service, name)
            message = self.run(self._shared.connection(name).ping(), f"{name}.ping")
        except WorkplaceError as error:
            return CheckResult(name, kind, str(error), error)
        return CheckResult(name, kind, message)

    inbox = _Spanned(lambda spanning: spanning.inbox)
    """What waits for the caller, over all services."""
    requests = _Spanned(lambda spanning: spanning.requests)
    """What the caller asked for, over all services."""
    audited = _Spanned(lambda spanning: spanning.audited)
    """The audit log of the store."""
    prune_audit = _Spanned(lambda spanning: spanning.prune_audit)
    """Remove the audit log's old rows."""
    forget = _Spanned(lambda spanning: spanning.forget)
    """Erase a person."""
    usage = _Spanned(lambda spanning: spanning.usage)
    """What people were sent elsewhere for."""
    went_out = _Spanned(lambda spanning: spanning.went_out)
    """Count that someone was sent elsewhere."""

    def of(self, ref: Ref) -> Service:
        """The service that a reference belongs to: ``work.of(item.ref).decide(item.ref, Decision.APPROVE)``."""
        if ref.kind not in SERVICE_OF:
            raise NotFound(f"{ref} belongs to no service", field="ref")
        name = SERVICE_OF[ref.kind]
        return self.meetings if name == "meetings" else self.service(name)

    def administer(self, right: str, steps: Steps[T], *, changes: bool = True) -> T:
        """Perform *steps* that no operation does (loading people, a sync) for who was granted *right*; changes are audited."""
        call = Call(session=self._session, name=right, access=Access(right, frozenset[Relation]()), key=new_key())
        return self._performed(_administered(call, steps, changes=changes), call)

    def _performed(self, steps: Steps[T], call: Call) -> T:
        from workplace_sdk.kernel.drivers import run

        return cast("T", run(steps, call))

    def handoff_counts(self) -> HandoffCounts | None:
        """Where hand-offs are counted; ``None`` unless the settings ask for it and there is a store."""
        if not self.settings.count_handoffs or not self.has_store:
            return None
        return self._shared.handoff_counts()

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


def _administered(call: Call, steps: Steps[T], *, changes: bool) -> Steps[T]:
    """Let the caller in, or refuse and write that down; with *changes*, write down the beginning and the end too."""
    session = call.session
    try:
        yield from session.gate.allow(call)
    except Unauthorized as refusal:
        yield from session.audit.record(call, Outcome.REFUSED, refusal)
        raise
    if not changes:
        return (yield from steps)
    yield from session.audit.record(call, Outcome.INTENDED)
    try:
        answer = yield from steps
    except WorkplaceError as error:
        yield from session.audit.record(call, Call.outcome_of(error), error)
        raise
    yield from session.audit.record(call, Outcome.DONE)
    return answer
