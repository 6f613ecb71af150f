"""Services, and their operations: methods declared once, which ``bound`` lets callers call, await, preview and reconcile.

class LeaveService(Service, service="leave"):
    @read
    def balances(self, person: PersonRef | None = None) -> Steps[Listing[LeaveBalance]]: ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    Self,
    TypeAlias,
    TypeVar,
    cast,
    overload,
)

from attrs import evolve

from workplace_sdk.kernel.access import Arguments
from workplace_sdk.kernel.bound import BoundPages, BoundRead, BoundWrite
from workplace_sdk.kernel.errors import InvalidInput, NotSupported, TooMuch, WorkplaceError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.signature import Parameters, parameters_of, same_signature
from workplace_sdk.kernel.support import EVIDENCE, Absent, HandOff, Link, Native, Support

if TYPE_CHECKING:
    from decimal import Decimal

    from workplace_sdk.kernel.access import Access
    from workplace_sdk.kernel.connector import Connector
    from workplace_sdk.kernel.effects import PageSteps, Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.kernel.preview import Preview
    from workplace_sdk.kernel.session import Session

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Feature: TypeAlias = Callable[[Arguments], bool]
"""Whether a call makes use of a feature."""
Measure: TypeAlias = "Callable[[Arguments], int | Decimal]"
"""How much of something a call needs."""
Merge: TypeAlias = Callable[[Sequence[tuple[str, Any]]], Any]
"""Makes one answer of the answers of several connections, each with the connection's name."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_NATIVE = Native()


class Operation(Generic[P, T_co]):
    """One thing a service can be asked; what ``@read``, ``@write`` and ``@pages`` make of a method.

    Attributes:
        features: What a call may use that not every system can express, by name.
        measures: What of a call a system may limit, by name.
        derived_from: Operations of the same service that this body is made of; it works where they do.
    """

    safety: Safety = Safety.READ
    paged: ClassVar[bool] = False

    def __init__(
        self,
        body: Callable[..., Any],
        *,
        support: Native = _NATIVE,
        access: Access | None = None,
        features: Mapping[str, Feature] = _NOTHING,
        measures: Mapping[str, Measure] = _NOTHING,
        merge: Merge | None = None,
        derived_from: tuple[str, ...] = (),
    ) -> None:
        self.body = body
        self.name = body.__name__
        self.__doc__ = body.__doc__
        self.native = support
        self.access = access
        self.features = features
        self.measures = measures
        self.merge = merge
        self.derived_from = derived_from
        self.parameters: Parameters = parameters_of(body)

    def inherit(self, base: Operation[..., Any], owner: str) -> None:
        """Take over what the interface declares; raise ``TypeError`` where the override does not keep to it."""
        if type(self) is not type(base):
            raise TypeError(f"{owner}.{self.name} must stay a @{type(base).__name__.lower()}")
        if not same_signature(self.parameters, base.parameters):
            raise TypeError(f"{owner}.{self.name}{self.parameters} must have the interface's signature {base.parameters}")
        self.access = self.access or base.access
        self.features = self.features or base.features
        self.measures = self.measures or base.measures
        self.merge = self.merge or base.merge
        self.__doc__ = self.__doc__ or base.__doc__
        for kind, said, known in (
            ("without", self.native.without, self.features),
            ("limits", self.native.limits, self.measures),
        ):
            if unknown := sorted(set(said) - set(known)):
                raise TypeError(f"{owner}.{self.name}: {kind} names {unknown}, known are {sorted(known)}")

    def arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The call's arguments by name, defaults included; ``TypeError`` as Python itself would raise."""
        return self.parameters.bind(self.name, args, kwargs)

    def refuse_unsupported(self, service: Service, arguments: Arguments) -> None:
        """Raise what the declared support says, before anything is sent."""
        support = service.support_of(self.name)
        if not isinstance(support, Native):
            raise service.unsupported(self.name)
        if support.without:
            self._refuse_features(service, support, arguments)
        for measure, most in support.limits.items():
            if (asked := self.measures[measure](arguments)) > most:
                text = f"{measure} is {asked}, the system takes at most {most}"
                raise TooMuch(text, field=measure, asked=asked, most=most, **self._where(service))

    def _refuse_features(self, service: Service, support: Native, arguments: Arguments) -> None:
        for feature in sorted(support.without):
            if self.features[feature](arguments):
                raise NotSupported(
                    f"{feature} cannot be expressed in this system",
                    field=feature,
                    handoff=service.link(self.name, arguments),
                    **self._where(service),
                )

    def _where(self, service: Service) -> dict[str, str]:
        return {"connection": service.connection_name, "operation": service.operation_name(self.name)}


class Read(Operation[P, T_co]):
    """An operation that changes nothing."""

    @overload
    def __get__(self, service: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, service: Service, owner: type[Any]) -> BoundRead[P, T_co]: ...
    def __get__(self, service: Service | None, owner: type[Any]) -> Any:
        return self if service is None else BoundRead(self, service)


class Write(Operation[P, T_co]):
    """An operation that changes something; its last parameter is ``key: Key | None = None``."""

    def __init__(self, body: Callable[..., Any], *, safety: Safety, **declared: Any) -> None:
        super().__init__(body, **declared)
        if safety is Safety.READ:
            raise TypeError(f"{self.name}: a write is KEYED, FINDABLE or ONCE")
        if self.parameters.default_of("key") is not None or "key" not in self.parameters.keyword_only:
            raise TypeError(f"{self.name}: a write takes 'key: Key | None = None', by keyword only")
        self.safety = safety
        self.preview_body: Callable[..., Any] | None = None
        self.reconcile_body: Callable[..., Any] | None = None

    def previews(self, body: Callable[Concatenate[Any, P], Steps[Preview]]) -> Callable[Concatenate[Any, P], Steps[Preview]]:
        """Declare *body* as what answers ``preview``: same parameters, nothing is changed by it."""
        if not same_signature(own := parameters_of(body), self.parameters):
            raise TypeError(f"{body.__name__}{own} previews {self.name}, so it takes what that takes: {self.parameters}")
        self.preview_body = body
        return body

    def reconciles(self, body: Callable[[Any, Key], Steps[T | None]]) -> Callable[[Any, Key], Steps[T | None]]:
        """Declare *body* as what finds the result of a write by its key, ``None`` when there is none."""
        if (own := parameters_of(body)).names != ("key",):
            raise TypeError(f"{body.__name__}{own} looks for a key of {self.name}, so it takes 'key' and nothing else")
        self.reconcile_body = body
        return body

    def inherit(self, base: Operation[..., Any], owner: str) -> None:
        super().inherit(base, owner)
        assert isinstance(base, Write)
        self.preview_body = self.preview_body or base.preview_body
        if self.safety is Safety.FINDABLE and self.reconcile_body is None:
            raise TypeError(f"{owner}.{self.name} is FINDABLE, so it needs a body for @{self.name}.reconciles")

    @overload
    def __get__(self, service: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, service: Service, owner: type[Any]) -> BoundWrite[P, T_co]: ...
    def __get__(self, service: Service | None, owner: type[Any]) -> Any:
        return self if service is None else BoundWrite(self, service)


class Paged(Operation[P, T_co]):
    """A read whose answers come page by page."""

    paged = True

    @overload
    def __get__(self, service: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, service: Service, owner: type[Any]) -> BoundPages[P, T_co]: ...
    def __get__(self, service: Service | None, owner: type[Any]) -> Any:
        return self if service is None else BoundPages(self, service)


class _ReadDecorator(Protocol):
    def __call__(self, body: Callable[Concatenate[Any, P], Steps[T]], /) -> Read[P, T]: ...


class _WriteDecorator(Protocol):
    def __call__(self, body: Callable[Concatenate[Any, P], Steps[T]], /) -> Write[P, T]: ...


class _PagesDecorator(Protocol):
    def __call__(self, body: Callable[Concatenate[Any, P], PageSteps[T]], /) -> Paged[P, T]: ...


@overload
def read(body: Callable[Concatenate[Any, P], Steps[T]], /) -> Read[P, T]: ...
@overload
def read(
    *,
    support: Native = ...,
    access: Access | None = ...,
    features: Mapping[str, Feature] = ...,
    measures: Mapping[str, Measure] = ...,
    merge: Merge | None = ...,
    derived_from: tuple[str, ...] = ...,
) -> _ReadDecorator: ...
def read(body: Any = None, /, **declared: Any) -> Any:
    """Declare a method that changes nothing: it may be retried."""

    def decorate(body: Callable[..., Any]) -> Read[..., Any]:
        return Read(body, **declared)

    return decorate if body is None else decorate(body)


def write(
    safety: Safety,
    /,
    *,
    support: Native = _NATIVE,
    access: Access | None = None,
    features: Mapping[str, Feature] = _NOTHING,
    measures: Mapping[str, Measure] = _NOTHING,
) -> _WriteDecorator:
    """Declare a method that changes something, with what a repeat of it does to *this* system."""

    def decorate(body: Callable[..., Any]) -> Write[..., Any]:
        return Write(body, safety=safety, support=support, access=access, features=features, measures=measures)

    return cast("_WriteDecorator", decorate)


@overload
def pages(body: Callable[Concatenate[Any, P], PageSteps[T]], /) -> Paged[P, T]: ...
@overload
def pages(
    *,
    support: Native = ...,
    access: Access | None = ...,
    features: Mapping[str, Feature] = ...,
    measures: Mapping[str, Measure] = ...,
    derived_from: tuple[str, ...] = ...,
) -> _PagesDecorator: ...
def pages(body: Any = None, /, **declared: Any) -> Any:
    """Declare a method whose body yields ``Page`` after ``Page``: each is fetched as it is used."""

    def decorate(body: Callable[..., Any]) -> Paged[..., Any]:
        return Paged(body, **declared)

    return decorate if body is None else decorate(body)


def settled(steps: Steps[T]) -> Steps[T | WorkplaceError]:
    """The answer of *steps*, or the error of ours that it ended in, as a value: for ``All`` where one may fail."""
    try:
        return (yield from steps)
    except WorkplaceError as error:
        return error


class Service:
    """Something employees can be served with: operations, on one connection, for one caller.

    An interface is ``class LeaveService(Service, service="leave")``; a connector overrides the operations that
    its system can do. What is not overridden is absent, or handed off when ``handoffs`` has a link for it.
    """

    service: ClassVar[str] = ""
    """Name of the service: ``leave``, ``experts``, ``rooms``, ``expenses``, ``incidents``."""
    interface: ClassVar[type[Service]]
    handoffs: ClassVar[Mapping[str, HandOff]] = _NOTHING
    """Links into the system's own screens, by operation."""
    absent: ClassVar[Mapping[str, str]] = _NOTHING
    """Why an operation is not there, by operation, for the support table."""

    _operations: ClassVar[Mapping[str, Operation[..., Any]]] = _NOTHING
    _declared: ClassVar[dict[str, Support]]

    def __init_subclass__(cls, service: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if service:
            cls.service, cls.interface = service, cls
        operations = {
            name: cast("Operation[..., Any]", value)
            for ancestor in reversed(cls.__mro__[1:])
            for name, value in vars(ancestor).items()
            if isinstance(value, Operation)
        }
        for name, value in vars(cls).items():
            base = operations.get(name)
            if isinstance(value, Operation):
                operation = cast("Operation[..., Any]", value)
                if base is not None:
                    operation.inherit(base, cls.__name__)
                elif not service:
                    of = f"of {cls.interface.__name__}" if hasattr(cls, "interface") else "of an interface"
                    raise TypeError(f"{cls.__name__}.{name} is no operation {of}")
                operations[name] = operation
            elif base is not None:
                raise TypeError(
                    f"{cls.__name__}.{name} overrides an operation: decorate it with @{type(base).__name__.lower()}"
                )
        cls._operations = MappingProxyType(operations)
        cls._declared = {}
        for mapping in (cls.handoffs, cls.absent):
            if unknown := sorted(set(mapping) - set(operations)):
                raise TypeError(f"{cls.__name__}: no operations {unknown}")

    def __init__(self, connection: Connector, session: Session) -> None:
        self.connection: Connector = connection
        self.session = session

    @classmethod
    def operations(cls) -> Mapping[str, Operation[..., Any]]:
        """Every operation by name, as this class does it."""
        return cls._operations

    @property
    def connection_name(self) -> str:
        """Name of the connection in the settings."""
        return self.connection.name

    def operation_name(self, name: str) -> str:
        """``leave.submit`` for ``submit``."""
        return f"{self.service}.{name}"

    @classmethod
    def declared_support(cls, name: str) -> Support:
        """What this class offers of the operation *name*."""
        support = cls._declared.get(name)
        if support is None:
            support = cls._declared[name] = cls._support_declared(name)
        return support

    @classmethod
    def _support_declared(cls, name: str) -> Support:
        operation = cls._operations[name]
        if operation is not cls.interface.operations()[name]:
            return operation.native
        bases = [cls.declared_support(other) for other in operation.derived_from]
        known = [base.evidence for base in bases if isinstance(base, Native)]
        if bases and len(known) == len(bases):  # as well known as what it is made of
            return evolve(operation.native, evidence=max(known, key=EVIDENCE.index))
        if name in cls.handoffs:
            return cls.handoffs[name]
        return Absent(cls.absent.get(name, f"{cls.__name__} does not offer it"))

    def support_of(self, name: str) -> Support:
        """What this connection offers of the operation *name*; a connector may narrow it by its settings."""
        return self.declared_support(name)

    def safety_of(self, name: str) -> Safety:
        """What a repeat of the operation *name* does to this connection's system; a connector may narrow it by its settings."""
        return self._operations[name].safety

    def body_of(self, operation: Operation[..., Any]) -> Callable[..., Any]:
        """The body that does *operation* here: the class's own, unless calls go on to other connections."""
        return operation.body

    def preview_body_of(self, operation: Write[..., Any]) -> Callable[..., Steps[Any]] | None:
        """The body that previews *operation* here."""
        return operation.preview_body

    def reconcile_body_of(self, operation: Write[..., Any]) -> Callable[..., Steps[Any]] | None:
        """The body that looks for a key of *operation* here."""
        return operation.reconcile_body

    def link(self, name: str, arguments: Arguments) -> Link | None:
        """The link into the system's own screen for the operation *name*, if there is one."""
        handoff = self.handoffs.get(name)
        return handoff.link({**self.link_values(), **_flat(arguments)}) if handoff else None

    def link_values(self) -> Mapping[str, object]:
        """Settings of the connection that links are made of, such as ``base_url``."""
        return _NOTHING

    def unsupported(self, name: str) -> NotSupported:
        """The error for an operation that this class does not do, with the way out."""
        support = self.declared_support(name)
        reason = support.reason if isinstance(support, Absent) else "done in the system's own screens"
        return NotSupported(
            reason, handoff=self.link(name, {}), connection=self.connection_name, operation=self.operation_name(name)
        )

    def person(self, person: Any) -> Any:
        """*person*, or the caller when it is ``None``."""
        if person is not None:
            return person
        if self.session.caller is None:
            raise InvalidInput("say who it is about: nobody is known to be calling", field="person")
        return self.session.caller


def _flat(arguments: Arguments) -> dict[str, object]:
    """Arguments and the fields of those that are models, by name, for links."""
    values: dict[str, object] = {}
    for name, value in arguments.items():
        values[name] = value
        fields: Mapping[str, Any] = getattr(value.__class__, "model_fields", _NOTHING)
        values.update({field: getattr(value, field) for field in fields if getattr(value, field) is not None})
    return values
