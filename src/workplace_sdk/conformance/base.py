"""What holds for every service: declarations, refusals, both colours, damaged replies, secrets, well-formed values."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from workplace_sdk.conformance.bodies import forgotten
from workplace_sdk.conformance.damage import Taken, damaged
from workplace_sdk.conformance.trial import Trial, called, in_a_loop
from workplace_sdk.kernel.errors import InvalidInput, NotSupported, ProtocolError, WorkplaceError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.operation import Operation, Service
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Money, Span

DIFFICULT = "Ødegård-Łukasik, Zoë (ICT) 'é' <b>&amp; \U0001f984 \u202e"
"""A text that has to survive where people write one."""

Edge = Callable[[Trial, int], Mapping[str, Any]]
"""Arguments of a write that need exactly so much of what a system may limit."""


class ServiceConformance:
    """Inherited by the classes of the services, not by authors."""

    interface: ClassVar[type[Service]]
    damaged: ClassVar[tuple[Any, ...]] = (None, b"", "", "<html>503</html>", 7, {}, [], {"error": None}, object())
    """Answers that make no sense. Empty it, with a reason, when what answers is this library's own code in the same process."""
    edges: ClassVar[Mapping[tuple[str, str], Edge]] = {}
    """By operation and limit: arguments that need exactly so much."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each operation of the service."""
        if "operation" in metafunc.fixturenames:
            metafunc.parametrize("operation", list(self.interface.operations()))

    @pytest.fixture
    def service(self) -> Service:
        """The service to be tested, for an employee of a tenant that may be written to."""
        raise NotImplementedError("override the fixture 'service' in your test class: return your service, ready to be called")

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        """Passwords and tokens that the connector was given: they may appear nowhere."""
        return ()

    def test_no_inherited_test_was_taken_away(self) -> None:
        for name, why in taken_away(type(self)):
            pytest.fail(
                f"{name} {why}: what a connector cannot do it does not declare; what it does wrong for now is marked "
                "@pytest.mark.xfail(reason=...) on an override that calls super()"
            )

    def test_declarations_do_not_contradict_each_other(self, service: Service) -> None:
        for name, operation in service.operations().items():
            if isinstance(service.declared_support(name), Native):
                assert name not in service.absent, f"{name} is overridden and called absent: say one of the two"
            assert operation.access is not None, f"{name} of the interface declares no access"

    def test_bodies_yield_from(self, service: Service) -> None:
        for kind in type(service).__mro__:
            if issubclass(kind, Service) and kind not in (Service, service.interface):
                for one in forgotten(Path(inspect.getfile(kind)).read_text("utf-8")):
                    pytest.fail(f"{inspect.getfile(kind)}:{one.line}: in {one.function}: {one.hint}")

    def test_nothing_is_overridden_and_kept_back(self, service: Service) -> None:
        for name, operation in service.operations().items():
            overridden = operation is not service.interface.operations()[name]
            support = service.support_of(name)
            if overridden and not isinstance(support, Native):
                reason = getattr(support, "reason", None) or getattr(support, "title", None)
                assert reason, f"{name} is overridden, and support_of() says that it is not there: remove one, or give a reason"

    def test_what_is_declared_works(self, service: Service, operation: str, request: pytest.FixtureRequest) -> None:
        self._try(Trial(service, request.getfixturevalue), operation)

    def test_what_is_declared_works_when_awaited(
        self, service: Service, operation: str, request: pytest.FixtureRequest
    ) -> None:
        if service.operations()[operation].safety is Safety.READ:
            return  # the reads of both colours are compared below
        self._try(Trial(service, request.getfixturevalue, blocking=False), operation)

    def _try(self, trial: Trial, operation: str) -> None:
        if not isinstance(trial.service.support_of(operation), Native):
            return  # that it is refused is another test
        arguments = self.examples(trial.service).get(operation, {})
        how: Callable[[Trial], Any] = getattr(self, f"try_{operation}", lambda trial: trial.do(operation, **arguments))
        for value in values_in(trial.attempt(operation, how)):
            check(value, operation)

    def test_what_is_absent_is_refused_and_nothing_is_sent(self, service: Service) -> None:
        for name, operation in service.operations().items():
            if isinstance(service.support_of(name), Native):
                continue
            with pytest.raises(NotSupported) as refused:
                getattr(service, name).steps(**_anything(operation))
            assert refused.value.operation == service.operation_name(name)
            link = getattr(service, name).handoff(**_anything(operation))
            assert name not in service.handoffs or link is not None, f"{name}: its hand-off gives no link"

    def test_limits_at_their_edge(self, service: Service, operation: str, request: pytest.FixtureRequest) -> None:
        support = service.support_of(operation)
        limits: Mapping[str, Any] = support.limits if isinstance(support, Native) else {}
        for measure, most in limits.items():
            edge = self.edges.get((operation, measure))
            assert edge is not None, f"{operation} declares a limit for {measure} that these tests cannot reach: tell us"
            trial = Trial(service, request.getfixturevalue)
            bound = getattr(service, operation)
            with pytest.raises(InvalidInput) as refused:
                bound.steps(**edge(trial, int(most) + 1))
            assert refused.value.field == measure
            trial.attempt(operation, partial(_at_edge, operation=operation, edge=edge, most=int(most)))

    def test_a_findable_write_can_be_found(self, service: Service) -> None:
        for name in service.operations():
            if service.safety_of(name) is Safety.FINDABLE and isinstance(service.support_of(name), Native):
                write: Any = getattr(service, name)
                assert write.reconcile(new_key()) is None, f"{name}: reconcile finds something for a key that nobody used"

    def test_damaged_replies_end_in_our_own_errors(self, service: Service) -> None:
        if not self.damaged:
            return
        for name, operation in service.operations().items():
            arguments = self.examples(service).get(name)
            if operation.safety is not Safety.READ or arguments is None or not isinstance(service.support_of(name), Native):
                continue
            for at, reply, told in damaged(service, operation, dict(arguments), self.damaged):
                which = f"{name}: its exchange number {at + 1}, answered with {reply!r},"
                assert not isinstance(told, Taken), (
                    f"{which} was taken for an answer ({told.answer!r}): check what you read, and raise ProtocolError"
                )
                assert isinstance(told, ProtocolError), (
                    f"{which} made it raise {told!r}: read replies so that what does not fit is a ProtocolError"
                )

    def test_both_colours_give_the_same(self, service: Service) -> None:
        for name, arguments in self.examples(service).items():
            if not isinstance(service.support_of(name), Native):
                continue
            bound = getattr(service, name)
            one, other = called(bound, (), arguments), in_a_loop(bound, (), arguments)
            assert one == other, f"{name}: the blocking call gave {one!r}, the async one {other!r}"

    def test_no_secret_appears(self, service: Service, secrets: tuple[str, ...], caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        shown = [repr(service), repr(service.connection), repr(service.connection.settings), repr(vars(service.connection))]
        shown += [repr(service.support_of(name)) for name in service.operations()]
        for name, arguments in self.examples(service).items():
            if not isinstance(service.support_of(name), Native):
                continue
            try:
                shown.append(repr(called(getattr(service, name), (), arguments)))
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


def _at_edge(trial: Trial, operation: str, edge: Edge, most: int) -> Any:
    return trial.do(operation, **edge(trial, most))


def needs(service: Any, *names: str) -> None:
    """Skip, with the reason, when the connector does not offer one of *names*."""
    for name in names:
        if not isinstance(service.support_of(name), Native):
            pytest.skip(f"{name} is not offered")


def taken_away(author: type[ServiceConformance]) -> Iterator[tuple[str, str]]:
    """Inherited tests that *author* deleted or replaced without saying why, each with what was done."""
    for base in author.__mro__:
        if base.__module__.startswith("workplace_sdk.conformance"):
            for name, original in vars(base).items():
                if not name.startswith("test_"):
                    continue
                now = getattr(author, name, None)
                if now is None:
                    yield name, "was deleted"
                elif now is not original and not now.__module__.startswith("workplace_sdk.conformance"):
                    marks = [mark for mark in getattr(now, "pytestmark", ()) if mark.name == "xfail"]
                    if not any(mark.kwargs.get("reason") for mark in marks):
                        yield name, "was replaced"


def _anything(operation: Operation[..., Any]) -> dict[str, Any]:
    """An argument for every parameter: an absent operation looks at none."""
    parameters = operation.parameters
    return {name: None for name in (*parameters.positional, *parameters.keyword_only) if name not in parameters.defaults}


def values_in(value: Any) -> Iterator[Any]:
    """A value and everything in it."""
    yield value
    fields: Mapping[str, Any] = getattr(value.__class__, "model_fields", {})
    for name in fields:
        yield from values_in(getattr(value, name))
    if isinstance(value, tuple | list | frozenset):
        items: Any = value  # pyright: ignore[reportUnknownVariableType]
        for item in items:
            yield from values_in(item)


def check(value: Any, name: str) -> None:
    """Whether one value is well-formed: money is decimal, instants have a zone."""
    if isinstance(value, Money):
        assert isinstance(value.amount, Decimal), f"{name}: {value!r} is no decimal amount"
        assert value == value.rounded(), f"{name}: {value!r} has parts of a cent"
    if isinstance(value, datetime):
        assert value.tzinfo is not None, f"{name}: {value!r} has no time zone"
    if isinstance(value, Span):
        assert Span.model_validate_json(value.model_dump_json()) == value, f"{name}: {value!r} does not survive JSON"
    if isinstance(value, float):
        raise AssertionError(f"{name}: {value!r} is a float: amounts are decimal")  # noqa: TRY004 - a test fails with this
