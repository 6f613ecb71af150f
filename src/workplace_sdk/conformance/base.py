"""What holds for every service: declarations, refusals, both colours, damaged replies, secrets, well-formed values."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from workplace_sdk.kernel.effects import Action, All, Page
from workplace_sdk.kernel.errors import NotSupported, ProtocolError, WorkplaceError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.listing import Pages
from workplace_sdk.kernel.operation import Operation, Paged, Service
from workplace_sdk.kernel.session import Call
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Money, Span

EVIDENCE = ("live", "recorded", "transcribed", "contract", "documented")
DIFFICULT = "Ødegård-Łukasik, Zoë (ICT) 'é' <b>&amp; \U0001f984 \u202e"
"""A text that has to survive where people write one."""


class ServiceConformance:
    """Inherited by the classes of the services, not by authors."""

    damaged: ClassVar[tuple[Any, ...]] = (None, b"", "", "<html>503</html>", 7, {}, [], {"error": None}, object())
    """Answers that make no sense. Empty it, with a reason, when what answers is this library's own code in the same process."""

    @pytest.fixture
    def service(self) -> Service:
        """The service to be tested, for an employee of a tenant that may be written to."""
        raise NotImplementedError("override the fixture 'service' in your test class: return your service, ready to be called")

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        """Passwords and tokens that the connector was given: they may appear nowhere."""
        return ()

    def test_every_operation_says_how_it_is_known_to_work(self, service: Service) -> None:
        for name, operation in service.operations().items():
            if isinstance(service.declared_support(name), Native):
                assert operation.native.evidence in EVIDENCE, f"{name}: evidence is one of {EVIDENCE}"
            assert operation.access is not None, f"{name} of the interface declares no access"

    def test_what_is_absent_is_refused_and_nothing_is_sent(self, service: Service) -> None:
        for name, operation in service.operations().items():
            if isinstance(service.support_of(name), Native):
                continue
            with pytest.raises(NotSupported) as refused:
                getattr(service, name).steps(**_anything(operation))
            assert refused.value.operation == service.operation_name(name)
            link = getattr(service, name).handoff(**_anything(operation))
            assert name not in service.handoffs or link is not None, f"{name}: its hand-off gives no link"

    def test_a_findable_write_can_be_found(self, service: Service) -> None:
        for name, operation in service.operations().items():
            if operation.safety is Safety.FINDABLE and isinstance(service.support_of(name), Native):
                write: Any = getattr(service, name)
                assert write.reconcile(new_key()) is None, f"{name}: reconcile finds something for a key that nobody used"

    def test_damaged_replies_end_in_our_own_errors(self, service: Service) -> None:
        for name, operation in service.operations().items():
            if operation.safety is not Safety.READ or not isinstance(service.support_of(name), Native):
                continue
            arguments = self.examples(service).get(name)
            if arguments is None:
                continue
            for reply in self.damaged:
                told = _told(service, operation, arguments, reply)
                assert told is None or isinstance(told, WorkplaceError), (
                    f"{name}: the reply {reply!r} made it raise {type(told).__name__}: read replies so that what does not fit is a ProtocolError"
                )
                assert isinstance(told, ProtocolError), (
                    f"{name}: the reply {reply!r} was taken for an answer ({told!r}): check what you read, and raise ProtocolError"
                )

    def test_both_colours_give_the_same(self, service: Service) -> None:
        for name, arguments in self.examples(service).items():
            if not isinstance(service.support_of(name), Native):
                continue
            bound = getattr(service, name)
            one, other = _called(bound, arguments), asyncio.run(_awaited(bound, arguments))
            assert one == other, f"{name}: the blocking call gave {one!r}, the async one {other!r}"

    def test_values_are_well_formed(self, service: Service) -> None:
        for name, arguments in self.examples(service).items():
            if isinstance(service.support_of(name), Native):
                for value in _values(_called(getattr(service, name), arguments)):
                    _check(value, name)

    def test_no_secret_appears(self, service: Service, secrets: tuple[str, ...], caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        shown = [repr(service), repr(service.connection), repr(service.connection.settings), repr(vars(service.connection))]
        for name, arguments in self.examples(service).items():
            if not isinstance(service.support_of(name), Native):
                continue
            try:
                shown.append(repr(_called(getattr(service, name), arguments)))
            except WorkplaceError as error:
                shown += [repr(error), str(error), repr(vars(error))]
        everything = "\n".join((*shown, caplog.text))
        for secret in secrets:
            assert secret not in everything, (
                "a secret is in a repr, an error, a log line or an answer: give wires a callable, not the secret"
            )

    def examples(self, service: Service) -> Mapping[str, Mapping[str, Any]]:
        """Arguments for reads, by operation: the classes of the services give them."""
        return {}


def needs(service: Any, *names: str) -> None:
    """Skip, with the reason, when the connector does not offer one of *names*."""
    for name in names:
        if not isinstance(service.support_of(name), Native):
            pytest.skip(f"{name} is not offered")


def _anything(operation: Operation[..., Any]) -> dict[str, Any]:
    """An argument for every parameter: an absent operation looks at none."""
    parameters = operation.parameters
    return {name: None for name in (*parameters.positional, *parameters.keyword_only) if name not in parameters.defaults}


def _called(bound: Any, arguments: Mapping[str, Any]) -> Any:
    answer: Any = bound(**arguments)
    return list(answer) if isinstance(answer, Pages) else answer  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


async def _awaited(bound: Any, arguments: Mapping[str, Any]) -> Any:
    answer: Any = bound.aio(**arguments)
    return [item async for item in answer] if hasattr(answer, "__aiter__") else await answer


def _told(service: Service, operation: Operation[..., Any], arguments: Mapping[str, Any], reply: Any) -> Exception | None:
    """What a body makes of *reply* to its first exchange: the error as the caller gets it, ``None`` when it takes it for an answer."""
    call = Call(session=service.session, name=operation.name, connection=service.connection_name)
    body: Any = getattr(service, operation.name).steps(**arguments)
    try:
        step = next(body)
        while isinstance(step, Page | All):
            step = next(body)
        assert isinstance(step, Action), f"{operation.name}: {step!r} is no exchange"
        answer: Any = body.send(reply)
        return None if not isinstance(answer, Action) else ProtocolError("it asks for more")
    except StopIteration as end:
        return None if end.value is not None or isinstance(operation, Paged) else ProtocolError("nothing")
    except Exception as error:  # noqa: BLE001 - translated as a driver would
        return call.translated(error)
    finally:
        body.close()


def _values(value: Any) -> Iterator[Any]:
    """A value and everything in it."""
    yield value
    fields: Mapping[str, Any] = getattr(value.__class__, "model_fields", {})
    for name in fields:
        yield from _values(getattr(value, name))
    if isinstance(value, tuple | list | frozenset):
        items: Any = value  # pyright: ignore[reportUnknownVariableType]
        for item in items:
            yield from _values(item)


def _check(value: Any, name: str) -> None:
    if isinstance(value, Money):
        assert isinstance(value.amount, Decimal), f"{name}: {value!r} is no decimal amount"
        assert value == value.rounded(), f"{name}: {value!r} has parts of a cent"
    if isinstance(value, datetime):
        assert value.tzinfo is not None, f"{name}: {value!r} has no time zone"
    if isinstance(value, Span):
        assert Span.model_validate_json(value.model_dump_json()) == value, f"{name}: {value!r} does not survive JSON"
    if isinstance(value, float):
        raise AssertionError(f"{name}: {value!r} is a float: amounts are decimal")  # noqa: TRY004 - a test fails with this
