"""One operation tried in one colour, with what the test class provides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import pytest

from workplace_sdk.kernel.bound import BoundWrite
from workplace_sdk.kernel.errors import NotSupported
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.listing import Pages
from workplace_sdk.kernel.operation import Service
from workplace_sdk.kernel.support import Native

if TYPE_CHECKING:
    from workplace_sdk.kernel.preview import Preview

T = TypeVar("T")

Performer: TypeAlias = Callable[[Any, tuple[Any, ...], Mapping[str, Any]], Any]
"""Makes a call: of a bound operation, with these arguments."""


class Trial:
    """Performs operations of the service under test: ``trial.do("submit", draft)``; ``trial["workday"]`` is a fixture of the test class.

    Args:
        blocking: The colour.
        tried: Makes the first call of the operation that is tried, instead of the plain call.
    """

    def __init__(
        self, service: Service, fixture: Callable[[str], Any], *, blocking: bool = True, tried: Performer | None = None
    ) -> None:
        self.service = service
        self.blocking = blocking
        self._fixture = fixture
        self._tried = tried
        self._trying = ""
        self._made: dict[str, Any] = {}
        self._afterwards: list[Callable[[], object]] = []

    def __getitem__(self, name: str) -> Any:
        return self._fixture(name)

    def do(self, name: str, *args: Any, by: Service | None = None, **kwargs: Any) -> Any:
        """Perform *name*, each write with a key of its own; *by* another caller's service. What a test needs and is not offered skips it."""
        bound = getattr(by or self.service, name)
        if name != self._trying and not isinstance(bound.support, Native):
            pytest.skip(f"{self._trying} cannot be tried: {name} is not offered")
        if isinstance(bound, BoundWrite):
            kwargs.setdefault("key", new_key())
        perform: Performer = called if self.blocking else in_a_loop
        if name == self._trying and self._tried is not None:
            perform, self._tried = self._tried, None
        try:
            return perform(bound, args, kwargs)
        except NotSupported as error:
            if name != self._trying:
                pytest.skip(f"{self._trying} cannot be tried: {error}")
            raise AssertionError(
                f"{name} is declared native and refuses what anyone would ask of it ({error}): "
                "name in without= what cannot be expressed, or do not declare it"
            ) from error

    def offers(self, name: str) -> bool:
        """Whether the service under test does *name*."""
        return isinstance(self.service.support_of(name), Native)

    def preview(self, name: str, *args: Any, **kwargs: Any) -> Preview:
        """What *name* would do."""
        found: Preview = getattr(self.service, name).preview(*args, **kwargs)
        return found

    def once(self, what: str, make: Callable[[Trial], T]) -> T:
        """What *make* gives the first time."""
        if what not in self._made:
            self._made[what] = make(self)
        made: T = self._made[what]
        return made

    def afterwards(self, undo: Callable[[], object]) -> None:
        """Have *undo* called when the test has ended, whatever became of it."""
        self._afterwards.append(undo)

    def clean(self) -> None:
        """Undo what was to be undone."""
        while self._afterwards:
            self._afterwards.pop()()

    def other(self, fixture: str) -> Service:
        """The service as seen by someone else, such as ``approver``; skips when the test class gives nobody."""
        service: Service = self.given(fixture)
        return service

    def given(self, fixture: str) -> Any:
        """What the test class gives as *fixture*; skips when it gives nothing."""
        value = self[fixture]
        if value is None:
            pytest.skip(f"{self._trying} cannot be tried: give the fixture {fixture!r}")
        return value

    def attempt(self, operation: str, how: Callable[[Trial], Any]) -> Any:
        """Try *operation* as *how* does."""
        self._trying = operation
        return how(self)


def called(bound: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The answer of the blocking call; of pages everything."""
    answer: Any = bound(*args, **kwargs)
    return list(answer) if isinstance(answer, Pages) else answer  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def in_a_loop(bound: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The answer of the async call, in an event loop of its own that leaves nothing open."""

    async def whole() -> Any:
        try:
            return await awaited(bound, args, kwargs)
        finally:
            await bound.service.connection.aclose()

    return asyncio.run(whole())


async def awaited(bound: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The answer of the async call; of pages everything."""
    answer: Any = bound.aio(*args, **kwargs)
    return [item async for item in answer] if hasattr(answer, "__aiter__") else await answer
