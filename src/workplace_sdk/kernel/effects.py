"""What a body may ask for: values that only a driver can answer."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar, overload

from attrs import field, frozen

if TYPE_CHECKING:
    from workplace_sdk.kernel.failures import Attempt
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.kernel.listing import Gap
    from workplace_sdk.kernel.session import Call

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")


class Effect(Generic[T_co]):
    """Something only a driver can do; ``answer = yield from effect`` takes a ``T_co``."""

    __slots__ = ()

    def __iter__(self) -> Generator[Effect[Any], Any, T_co]:
        answer: T_co = yield self
        return answer


Steps: TypeAlias = Generator[Effect[Any], Any, T]
"""What a body is: effects out, answers in, a ``T`` at the end."""


@frozen
class Page(Generic[T_co]):
    """Some of the answers of a ``@pages`` operation, in order; *gaps* says what is known to be missing from it."""

    items: Sequence[T_co]
    gaps: tuple[Gap, ...] = ()


PageSteps: TypeAlias = Generator[Effect[Any] | Page[T], Any, None]


class Action(Effect[T_co]):
    """One exchange with the outside, which the driver may try again as the table in ``failures`` allows.

    A wire derives its effects from this and says how one attempt is made. It raises ``Failure`` when the
    attempt failed and returns the answer otherwise; it waits no longer than ``attempt.remaining()``.
    """

    __slots__ = ()

    native_async: ClassVar[bool] = False
    """True when ``aperform`` does its own waiting; else the driver runs ``perform`` in a worker thread."""

    @property
    def what(self) -> str:
        """One line for errors and traces, without secrets."""
        return type(self).__name__

    @property
    def harmless(self) -> bool:
        """True when a repeat does no harm, whatever the operation is."""
        return False

    @property
    def key(self) -> Key | None:
        """The key that this exchange carries to the other side, if it does."""
        return None

    def perform(self, attempt: Attempt) -> T_co:
        """One blocking attempt."""
        raise NotImplementedError

    async def aperform(self, attempt: Attempt) -> T_co:
        """One attempt that waits without a thread; only when ``native_async``."""
        raise NotImplementedError


@frozen
class Blocking(Action[T]):
    """Call *fn* (a vendor's own SDK, a file) where blocking is allowed: here, or in a worker thread.

    *fn* is given no more than it closes over, and must return by itself within *limit* seconds.
    """

    fn: Callable[[], T]
    what_: str = field(default="a blocking call", alias="what")
    harmless_: bool = field(default=False, alias="harmless")
    key_: Any = field(default=None, alias="key")

    @property
    def what(self) -> str:
        return self.what_

    @property
    def harmless(self) -> bool:
        return self.harmless_

    @property
    def key(self) -> Key | None:
        return self.key_  # type: ignore[no-any-return]  # attrs aliases cannot share the property's name

    def perform(self, attempt: Attempt) -> T:
        return self.fn()


@frozen
class Pause(Effect[None]):
    """Wait *seconds*; fails with ``Unavailable`` at once when the deadline comes first."""

    seconds: float


@frozen
class Inner(Effect[T]):
    """A whole call of an operation inside the body of another: its caller is checked, it is written down, and it is tried
    again as *its* safety allows. ``operation.call(...)`` makes one.
    """

    steps: Steps[T]
    call: Call


class All(Effect[T_co]):
    """Run several bodies or effects side by side; the answers come back in the order given.

    The first failure is raised once the others have stopped; wrap one in ``settled`` to get its failure as a value.
    """

    __slots__ = ("parts",)

    parts: tuple[Steps[Any] | Effect[Any], ...]

    @overload
    def __init__(self: All[tuple[A]], a: Steps[A] | Effect[A], /) -> None: ...
    @overload
    def __init__(self: All[tuple[A, B]], a: Steps[A] | Effect[A], b: Steps[B] | Effect[B], /) -> None: ...
    @overload
    def __init__(
        self: All[tuple[A, B, C]], a: Steps[A] | Effect[A], b: Steps[B] | Effect[B], c: Steps[C] | Effect[C], /
    ) -> None: ...
    @overload
    def __init__(
        self: All[tuple[A, B, C, D]],
        a: Steps[A] | Effect[A],
        b: Steps[B] | Effect[B],
        c: Steps[C] | Effect[C],
        d: Steps[D] | Effect[D],
        /,
    ) -> None: ...
    @overload
    def __init__(
        self: All[tuple[A, B, C, D, E]],
        a: Steps[A] | Effect[A],
        b: Steps[B] | Effect[B],
        c: Steps[C] | Effect[C],
        d: Steps[D] | Effect[D],
        e: Steps[E] | Effect[E],
        /,
    ) -> None: ...
    @overload
    def __init__(self: All[tuple[A, ...]], /, *parts: Steps[A] | Effect[A]) -> None: ...
    def __init__(self, /, *parts: Any) -> None:
        self.parts = parts

    def bodies(self) -> tuple[Steps[Any], ...]:
        """Each part as a generator, for a driver."""
        return tuple(part.__iter__() for part in self.parts)
