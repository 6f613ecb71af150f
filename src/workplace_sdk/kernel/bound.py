"""What a caller sees of an operation, on one service instance, and what surrounds a body that is called from outside.

work.leave.balances(ana)          the blocking call
work.leave.balances.aio(ana)      the async one
work.leave.balances.steps(ana)    the body, for ``yield from`` in another body
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from workplace_sdk.kernel.access import Access, Arguments
from workplace_sdk.kernel.drivers import arun, arun_pages, run, run_pages
from workplace_sdk.kernel.effects import Inner
from workplace_sdk.kernel.errors import NotFound, NotSupported, Unauthorized, WorkplaceError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key, checked_key, new_key
from workplace_sdk.kernel.session import Call, Outcome

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Effect, PageSteps, Steps
    from workplace_sdk.kernel.listing import AsyncPages, Pages
    from workplace_sdk.kernel.operation import Operation, Service, Write
    from workplace_sdk.kernel.preview import Preview
    from workplace_sdk.kernel.support import Link, Support

P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)


class _Bound(Generic[P, T_co]):
    """An operation of one service instance."""

    __slots__ = ("_operation", "_service")

    def __init__(self, operation: Operation[P, T_co], service: Service) -> None:
        self._operation = operation
        self._service = service

    @property
    def operation(self) -> Operation[P, T_co]:
        """What was declared."""
        return self._operation

    @property
    def service(self) -> Service:
        """Whose operation it is."""
        return self._service

    @property
    def support(self) -> Support:
        """Whether it is done here, by a link, or not at all; known before any I/O."""
        return self._service.support_of(self._operation.name)

    def handoff(self, *args: P.args, **kwargs: P.kwargs) -> Link | None:
        """The link into the system's own form, filled in as far as it allows; ``None`` when there is none."""
        return self._service.link(self._operation.name, self._operation.arguments(args, kwargs))

    def _call(self, arguments: Arguments, name: str = "") -> Call:
        service, operation = self._service, self._operation
        return Call(
            session=service.session,
            name=service.operation_name(name or operation.name),
            connection=service.connection_name,
            operation=operation,
            access=operation.access,
            service=service,
            arguments=arguments,
            safety=service.safety_of(operation.name),
            key=arguments.get("key"),
        )


class BoundRead(_Bound[P, T_co]):
    """A read of one service instance."""

    __slots__ = ()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co:
        call = self._call(self._operation.arguments(args, kwargs))
        return cast("T_co", run(_guarded(call), call))

    async def aio(self, *args: P.args, **kwargs: P.kwargs) -> T_co:
        """The same, awaited."""
        call = self._call(self._operation.arguments(args, kwargs))
        return cast("T_co", await arun(_guarded(call), call))

    def steps(self, *args: P.args, **kwargs: P.kwargs) -> Steps[T_co]:
        """The body, for ``yield from`` in another body: no caller is checked, nothing is audited."""
        arguments = self._operation.arguments(args, kwargs)
        self._operation.refuse_unsupported(self._service, arguments)
        return cast("Steps[T_co]", self._service.body_of(self._operation)(self._service, **arguments))

    def call(self, *args: P.args, **kwargs: P.kwargs) -> Effect[T_co]:
        """The whole call, for ``yield from`` in the body of what spans several services: checked and audited as any call."""
        call = self._call(self._operation.arguments(args, kwargs))
        return Inner(cast("Steps[T_co]", _guarded(call)), call)


class BoundWrite(BoundRead[P, T_co]):
    """A write of one service instance."""

    __slots__ = ()

    @property
    def safety(self) -> Safety:
        """What a repeat does to this system."""
        return self._service.safety_of(self._operation.name)

    @property
    def preview(self) -> BoundPreview[P]:
        """What it would do: ``preview(...)`` or ``preview.aio(...)``."""
        return BoundPreview(self._operation, self._service)

    @property
    def reconcile(self) -> BoundReconcile[T_co]:
        """Whether it arrived: ``reconcile(key)`` or ``reconcile.aio(key)``."""
        return BoundReconcile(self._operation, self._service)

    def _call(self, arguments: Arguments, name: str = "") -> Call:
        return super()._call(_with_key(arguments), name)


class BoundPreview(_Bound[P, Any]):
    """Asks what a write would do; changes nothing."""

    __slots__ = ()

    def _start(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
        call = self._call(_with_key(self._operation.arguments(args, kwargs)), f"{self._operation.name}.preview")
        call.safety = Safety.READ
        return call

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Preview:
        call = self._start(args, kwargs)
        return cast("Preview", run(_guarded(call, self._body()), call))

    async def aio(self, *args: P.args, **kwargs: P.kwargs) -> Preview:
        """The same, awaited."""
        call = self._start(args, kwargs)
        return cast("Preview", await arun(_guarded(call, self._body()), call))

    def steps(self, *args: P.args, **kwargs: P.kwargs) -> Steps[Preview]:
        """The body, for ``yield from`` in another body."""
        arguments = _with_key(self._operation.arguments(args, kwargs))
        self._operation.refuse_unsupported(self._service, arguments)
        return cast("Steps[Preview]", self._body()(self._service, **arguments))

    def _body(self) -> Callable[..., Steps[Any]]:
        body = self._service.preview_body_of(cast("Write[P, Any]", self._operation))
        if body is None:
            raise NotSupported(
                "no preview is known",
                handoff=self._service.link(self._operation.name, {}),
                operation=self._service.operation_name(self._operation.name),
                connection=self._service.connection_name,
            )
        return body


class BoundReconcile(Generic[T_co]):
    """Asks whether the write with a key arrived."""

    __slots__ = ("_operation", "_service")

    def __init__(self, operation: Operation[..., T_co], service: Service) -> None:
        self._operation = operation
        self._service = service

    def __call__(self, key: Key) -> T_co | None:
        """What the write with *key* recorded; ``None`` when the system has nothing with that key (yet)."""
        call = self._call(key)
        return cast("T_co | None", run(_guarded(call, self._body()), call))

    async def aio(self, key: Key) -> T_co | None:
        """The same, awaited."""
        call = self._call(key)
        return cast("T_co | None", await arun(_guarded(call, self._body()), call))

    def steps(self, key: Key) -> Steps[T_co | None]:
        """The body, for ``yield from`` in another body."""
        return cast("Steps[T_co | None]", self._body()(self._service, key))

    def _call(self, key: Key) -> Call:
        key = checked_key(key)
        service, access = self._service, self._operation.access
        return Call(
            session=service.session,
            name=service.operation_name(f"{self._operation.name}.reconcile"),
            connection=service.connection_name,
            service=service,
            access=Access(access.right) if access else None,  # who has the key may ask what became of it
            arguments={"key": key},
        )

    def _body(self) -> Callable[..., Steps[Any]]:
        body = self._service.reconcile_body_of(cast("Write[..., Any]", self._operation))
        if body is None:
            safe = self._service.safety_of(self._operation.name) is Safety.KEYED
            raise NotSupported(
                "repeat the call with the same key: it is never done twice, and answers with what was done"
                if safe
                else "this system keeps no key to look for: look in its own screens",
                handoff=self._service.link(self._operation.name, {}),
                operation=self._service.operation_name(self._operation.name),
                connection=self._service.connection_name,
            )
        return body


class BoundPages(_Bound[P, T_co]):
    """A paged read of one service instance."""

    __slots__ = ()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Pages[T_co]:
        call = self._call(self._operation.arguments(args, kwargs))
        return run_pages(_guarded_pages(call), call)

    def aio(self, *args: P.args, **kwargs: P.kwargs) -> AsyncPages[T_co]:
        """The same, for ``async for``."""
        call = self._call(self._operation.arguments(args, kwargs))
        return arun_pages(_guarded_pages(call), call)

    def steps(self, *args: P.args, **kwargs: P.kwargs) -> PageSteps[T_co]:
        """The body, for ``yield from`` in another paged body or ``gather`` in a plain one."""
        arguments = self._operation.arguments(args, kwargs)
        self._operation.refuse_unsupported(self._service, arguments)
        return cast("PageSteps[T_co]", self._service.body_of(self._operation)(self._service, **arguments))


def _with_key(arguments: Arguments) -> Arguments:
    key = arguments.get("key")
    return {**arguments, "key": new_key() if key is None else checked_key(key)}


def _guarded(call: Call, body: Callable[..., Steps[Any]] | None = None) -> Steps[Any]:
    """A call from outside: support, caller, audit, the body, and only our own errors out of it."""
    operation, service = call.operation, call.service
    assert service is not None
    if operation is not None:
        operation.refuse_unsupported(service, call.arguments)
    writes = call.safety is not Safety.READ
    try:
        yield from _admitted(call)
        if writes:
            yield from call.session.audit.record(call, Outcome.INTENDED)
    except Exception as error:  # noqa: BLE001 - only our own errors leave
        raise (yield from _ended(call, error, writes=False))  # noqa: B904 - its cause is set
    try:
        run: Callable[..., Steps[Any]] = body or service.body_of(cast("Operation[..., Any]", operation))
        result: Any = yield from run(service, **call.arguments)
    except Exception as error:  # noqa: BLE001 - only our own errors leave
        raise (yield from _ended(call, error, writes=writes))  # noqa: B904 - its cause is set
    if writes:
        yield from _recorded(call, Outcome.DONE)
    return result


def _guarded_pages(call: Call) -> PageSteps[Any]:
    operation, service = call.operation, call.service
    assert service is not None
    assert operation is not None
    operation.refuse_unsupported(service, call.arguments)
    try:
        yield from _admitted(call)
        yield from service.body_of(operation)(service, **call.arguments)
    except Exception as error:  # noqa: BLE001 - only our own errors leave
        raise (yield from _ended(call, error, writes=False))  # noqa: B904 - its cause is set


def _admitted(call: Call) -> Steps[None]:
    """Let the caller in; who may not know of a thing is told that it is not there, and the refusal is written down."""
    try:
        yield from call.session.gate.allow(call)
    except Unauthorized as refusal:
        conceals = call.access.conceals if call.access is not None else None
        if refusal.identity is None or conceals is None:
            raise
        yield from _recorded(call, Outcome.REFUSED, refusal)
        raise NotFound(f"there is no {call.arguments[conceals]}", field="ref") from None


def _ended(call: Call, error: Exception, *, writes: bool) -> Steps[WorkplaceError]:
    """What the caller is told; the end of a write is written down, and so is every refusal, our own or the system's."""
    told = call.translated(error)
    if writes or isinstance(told, Unauthorized):
        yield from _recorded(call, Call.outcome_of(told), told)
    return told


def _recorded(call: Call, outcome: Outcome, error: WorkplaceError | None = None) -> Steps[None]:
    """Write the end of a call down; that this fails does not change what was done."""
    try:
        yield from call.session.audit.record(call, outcome, error)
    except WorkplaceError as failed:
        import logging

        log = logging.getLogger("workplace_sdk.audit")
        log.error("not recorded: %s %s key=%s (%s)", outcome, call.name, call.key, failed)  # noqa: TRY400 - no stack is needed
