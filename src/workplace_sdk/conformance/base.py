"""What holds for every service: declarations, refusals, both colours, damaged replies, secrets, well-formed values."""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeAlias, cast

import pytest
from attrs import frozen

from workplace_sdk.conformance.bodies import forgotten
from workplace_sdk.conformance.checks import check, difference, refusing, revealed, shape, values_in
from workplace_sdk.conformance.damage import Recorded, Taken, damaged, recorded
from workplace_sdk.conformance.trial import Trial, called, in_a_loop
from workplace_sdk.kernel.bound import BoundWrite
from workplace_sdk.kernel.errors import InvalidInput, NotSupported, OutcomeUnknown, ProtocolError, Rejected, WorkplaceError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key, new_key
from workplace_sdk.kernel.operation import Operation, Service, Write
from workplace_sdk.kernel.support import Absent, Native
from workplace_sdk.services.common import Ref

DIFFICULT = "Ødegård-Łukasik, Zoë (ICT) 'é' <b>&amp; \U0001f984 \u202e"
"""A text that has to survive where people write one."""

Edge: TypeAlias = Callable[[Trial, int], Mapping[str, Any]]
"""Arguments of a write that need exactly so much of what a system may limit; ``by`` among them is the service of who has to do it."""


@frozen
class Use:
    """How a call makes use of a feature.

    Attributes:
        arguments: Of a call that does; ``by`` among them is the service of who has to make it.
        kept: Whether an answer has it; ``None`` when no answer could show it.
    """

    arguments: Callable[[Trial], Mapping[str, Any]]
    kept: Callable[[Any, Trial], bool] | None = None


class ServiceConformance:
    """Inherited by the classes of the services, not by authors."""

    interface: ClassVar[type[Service]]
    damaged: ClassVar[tuple[Any, ...]] = (None, b"", "", "<html>503</html>", 7, {}, [], {"error": None}, object())
    """Answers that make no sense. Empty it, with a reason, when what answers is this library's own code in the same process."""
    edges: ClassVar[Mapping[tuple[str, str], Edge]] = {}
    """By operation and limit: arguments that need exactly so much."""
    uses: ClassVar[Mapping[tuple[str, str], Use]] = {}
    """By operation and feature."""
    creates: ClassVar[frozenset[str]] = frozenset()
    """Writes that answer with what they made."""
    _shapes: ClassVar[dict[str, Any]]
    """What each operation answered to a blocking call, for comparison."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._shapes = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each operation of the service, and for each feature of an operation."""
        if "operation" in metafunc.fixturenames:
            metafunc.parametrize("operation", list(self.interface.operations()))
        if "feature" in metafunc.fixturenames:
            metafunc.parametrize("feature", list(self.uses), ids="-".join)

    @pytest.fixture
    def service(self) -> Service:
        """The service to be tested, for an employee of a tenant that may be written to."""
        raise NotImplementedError("override the fixture 'service' in your test class: return your service, ready to be called")

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        """Passwords and tokens that the connector was given: they may appear nowhere. Those that its settings refer to are looked for anyway."""
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
                reason = support.reason if isinstance(support, Absent) else support.label
                assert reason, f"{name} is overridden, and support_of() says that it is not there: remove one, or give a reason"

    def test_what_is_declared_works(self, service: Service, operation: str, request: pytest.FixtureRequest) -> None:
        """A write also keeps the promises that its safety makes: it is done once for a key, and found by it."""
        self._shapes[operation] = shape(self._try(self._trial(request, service, tried=self._promised), operation))

    def test_what_is_declared_works_when_awaited(
        self, service: Service, operation: str, request: pytest.FixtureRequest
    ) -> None:
        """Both colours agree: a read gives the same twice, a write, with a key of its own, an answer of the same kind."""
        if service.operations()[operation].safety is Safety.READ:
            self._try(self._trial(request, service, tried=_in_both_colours), operation)
            return
        awaited = shape(self._try(self._trial(request, service, blocking=False), operation))
        apart = difference(self._shapes.get(operation, awaited), awaited)
        assert not apart, f"{operation} answers one thing blocking, and another awaited: {apart}"

    @staticmethod
    def _trial(request: pytest.FixtureRequest, service: Service, **how: Any) -> Trial:
        trial = Trial(service, request.getfixturevalue, **how)
        request.addfinalizer(trial.clean)
        return trial

    def _try(self, trial: Trial, operation: str) -> Any:
        if not isinstance(trial.service.support_of(operation), Native):
            return None  # that it is refused is another test
        arguments = self.examples(trial.service).get(operation, {})
        how: Callable[[Trial], Any] = getattr(self, f"try_{operation}", lambda trial: trial.do(operation, **arguments))
        answer = trial.attempt(operation, how)
        for value in values_in(answer):
            check(value, operation, trial.service.connection_name)
        return answer

    def _promised(self, bound: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        answer = called(bound, args, kwargs)
        if isinstance(bound, BoundWrite):
            self._kept(cast("BoundWrite[..., Any]", bound), args, kwargs, answer)
        return answer

    def _kept(self, bound: BoundWrite[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], answer: Any) -> None:
        name, safety, key = bound.operation.name, bound.safety, kwargs["key"]
        if name in self.creates and safety is not Safety.ONCE:
            assert answer.key == key, f"{name}: the answer carries the key, so that who gave none knows it: set key="
        if safety is Safety.KEYED:
            again = in_a_loop(bound, args, kwargs)
            assert _same(again, answer), (
                f"{name} is KEYED, which means that the same key never does it twice; it answered {answer!r}, and then {again!r}: "
                "look for the key first, or declare it FINDABLE or ONCE"
            )
        if _reconciles(bound.service, bound.operation):
            found = bound.reconcile(key)
            assert found is not None, f"{name}: reconcile does not find what was just done with that key"
            assert _same(found, answer), f"{name}: reconcile finds {found!r}, and {answer!r} was answered"

    def test_what_is_absent_is_refused_and_nothing_is_sent(self, service: Service) -> None:
        for name, operation in service.operations().items():
            if isinstance(service.support_of(name), Native):
                continue
            with refusing(NotSupported, f"{name} is not offered, so nothing may be sent for it") as refused:
                getattr(service, name).steps(**_anything(operation))
            where = (refused[0].connection, refused[0].operation)
            assert where == (service.connection_name, service.operation_name(name)), (
                f"{name}: the refusal says {where}: make it with self.unsupported({name!r})"
            )
            link = getattr(service, name).handoff(**_anything(operation))
            assert name not in service.handoffs or link is not None, (
                f"{name} has a hand-off that gives no link: link() fills in what it knows and leaves the rest empty"
            )

    def test_limits_at_their_edge(self, service: Service, operation: str, request: pytest.FixtureRequest) -> None:
        support = service.support_of(operation)
        limits: Mapping[str, Any] = support.limits if isinstance(support, Native) else {}
        for measure, most in limits.items():
            edge = self.edges.get((operation, measure))
            assert edge is not None, f"{operation} declares a limit for {measure} that these tests cannot reach: tell us"
            trial = self._trial(request, service)
            too_much = dict(trial.attempt(operation, partial(_needing, edge=edge, size=int(most) + 1)))
            bound = getattr(too_much.pop("by", service), operation)
            with refusing(InvalidInput, f"{operation}: {int(most) + 1} is more than its limit for {measure}") as refused:
                bound.steps(**too_much)
            assert refused[0].field == measure, f"{operation}: {refused[0]!r} does not name {measure}"
            trial.attempt(operation, partial(_at_edge, operation=operation, edge=edge, most=int(most)))

    def test_features_are_kept_or_refused(
        self, service: Service, feature: tuple[str, str], request: pytest.FixtureRequest
    ) -> None:
        """What a system cannot express is refused by name, and nothing is sent; what it can is not dropped."""
        operation, name = feature
        support = service.support_of(operation)
        if not isinstance(support, Native):
            return
        use, trial = self.uses[feature], self._trial(request, service)
        arguments = dict(trial.attempt(operation, use.arguments))
        asked = arguments.pop("by", service)
        bound = getattr(asked, operation)
        known = bound.operation.arguments((), arguments)
        beyond = {one for one in support.without if bound.operation.features[one](known)}
        if name in support.without:
            with refusing(NotSupported, f"{operation} cannot express {name}, so nothing may be sent that has it") as refused:
                bound.steps(**arguments)
            assert refused[0].field in beyond, f"{refused[0]!r} does not say that it is {name} which cannot be expressed"
        elif use.kept is not None and not beyond:
            answer = trial.attempt(operation, partial(_used, operation=operation, arguments=arguments, by=asked))
            assert use.kept(answer, trial), (
                f"{operation} takes {name} and loses it: keep it, or name it in without=, so that it is refused before "
                f"anything is sent; it answered {answer!r}"
            )

    def test_a_findable_write_can_be_found(self, service: Service) -> None:
        for name, operation in service.operations().items():
            if operation.safety is not Safety.READ and isinstance(service.support_of(name), Native):
                findable = _reconciles(service, operation)
                assert findable or service.safety_of(name) is not Safety.FINDABLE, f"{name} is FINDABLE and has no reconcile"
                if findable:
                    write: Any = getattr(service, name)
                    found = write.reconcile(new_key())
                    assert found is None, f"{name}: reconcile finds {found!r} for a key that nobody used"

    def test_damaged_replies_end_in_our_own_errors(
        self, service: Service, operation: str, request: pytest.FixtureRequest, secrets: tuple[str, ...]
    ) -> None:
        if not self.damaged:
            return
        made: list[Recorded] = []

        def kept(bound: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
            made.append(recorded(bound, args, kwargs))
            return made[0].answer

        self._try(self._trial(request, service, tried=kept), operation)
        for call in made:
            shown = [f"{exchange.effect!r} {exchange.effect.what}" for exchange in call.exchanges]
            for exchange, reply, told, landed in damaged(call, self.damaged):
                which = f"{operation}: {exchange.effect.what}, answered with {_shown(reply)},"
                if isinstance(told, Taken) and told.looked:
                    continue  # it did not believe the reply to a write, and read what became of it
                assert not isinstance(told, Taken), (
                    f"{which} was taken for an answer ({told.answer!r}): check what you read, and raise ProtocolError"
                )
                wanted = OutcomeUnknown if landed else ProtocolError
                assert isinstance(told, wanted), (
                    f"{which} made it raise {told!r}: read replies so that what does not fit is a ProtocolError"
                    + (", which leaves it unknown whether the write was done" if landed else "")
                )
                shown += [repr(vars(told)), *traceback.format_exception(told)]
            self._nothing_secret("\n".join(shown), service, secrets)

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
                shown += [repr(error), str(error), repr(vars(error)), *traceback.format_exception(error)]
        self._nothing_secret("\n".join((*shown, caplog.text)), service, secrets)

    @staticmethod
    def _nothing_secret(everything: str, service: Service, secrets: tuple[str, ...]) -> None:
        for secret in {*secrets, *revealed(service.connection.settings)}:
            assert secret not in everything, (
                "a secret is in a repr, an error, a log line or an answer: give wires a callable, not the secret"
            )

    def examples(self, service: Service) -> Mapping[str, Mapping[str, Any]]:
        """Arguments for reads, by operation: the classes of the services give them."""
        return {}


def _used(trial: Trial, operation: str, arguments: Mapping[str, Any], by: Service) -> Any:
    return trial.do(operation, by=by, **arguments)


def _reconciles(service: Service, operation: Operation[..., Any]) -> bool:
    return service.reconcile_body_of(cast("Write[..., Any]", operation)) is not None


def _same(one: Any, other: Any) -> bool:
    """Whether two answers are about the same thing."""
    refs = getattr(one, "ref", None), getattr(other, "ref", None)
    return bool(refs[0] == refs[1]) if None not in refs else bool(one == other)


def _shown(reply: Any) -> str:
    body = getattr(reply, "body", None)
    return repr(reply) if body is None else f"a body of {body[:60]!r}"


def _in_both_colours(bound: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    one, other = called(bound, args, kwargs), in_a_loop(bound, args, kwargs)
    assert one == other, f"{bound.operation.name}: the blocking call gave {one!r}, the async one {other!r}"
    return one


def _needing(trial: Trial, edge: Edge, size: int) -> Mapping[str, Any]:
    return edge(trial, size)


def _at_edge(trial: Trial, operation: str, edge: Edge, most: int) -> Any:
    return trial.do(operation, **edge(trial, most))


def needs(service: Any, *names: str) -> None:
    """Skip, with the reason, when the connector does not offer one of *names*."""
    for name in names:
        if not isinstance(service.support_of(name), Native):
            pytest.skip(f"{name} is not offered")


def not_another(operation: Any, draft: Any, key: Key, first: Ref) -> None:
    """The same key with another draft makes nothing: it is refused, or answered with what the key made *first*."""
    try:
        made = operation(draft, key=key)
    except Rejected:
        return
    assert made.ref == first, "the same key with another draft made a second one: refuse it, or answer with the first"


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
