"""Answers that come as many: a listing that says what is missing from it, and pages fetched as they are used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from workplace_sdk.kernel.effects import Page
    from workplace_sdk.kernel.errors import WorkplaceError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Missing(StrEnum):
    """Why answers are missing."""

    SIZE_LIMIT = "size_limit"
    TIME_LIMIT = "time_limit"
    NO_ANSWER = "no_answer"
    NOT_SUPPORTED = "not_supported"
    REFERRAL = "referral"
    """It is on another server, which was not asked."""
    CAPPED = "capped"
    """So many fit that only a part was looked at."""


@frozen
class Gap:
    """Something is missing from an answer: of which connection, and why."""

    connection: str
    why: Missing
    message: str = ""
    error: WorkplaceError | None = None


class Listing(tuple[T_co, ...]):  # noqa: SLOT001 - a tuple with attributes of its own
    """A tuple of answers, with *gaps*: what is known to be missing; and *answered*: which connections did answer."""

    gaps: tuple[Gap, ...]
    answered: tuple[str, ...]

    def __new__(cls, items: Iterable[T_co] = (), *, gaps: Iterable[Gap] = (), answered: Iterable[str] = ()) -> Listing[T_co]:
        self = super().__new__(cls, items)
        self.gaps = tuple(gaps)
        self.answered = tuple(answered)
        return self

    @property
    def complete(self) -> bool:
        """Whether nothing is known to be missing."""
        return not self.gaps

    def __reduce__(self) -> tuple[Any, ...]:
        return (_listing, (tuple(self), self.gaps, self.answered))


def _listing(items: tuple[T, ...], gaps: tuple[Gap, ...], answered: tuple[str, ...]) -> Listing[T]:
    return Listing(items, gaps=gaps, answered=answered)


class Pages(Iterator[T_co]):
    """The answers of a ``@pages`` operation: each page is fetched when its first item is asked for.

    Leaving the loop early, ``close()`` or a ``with`` block ends the exchange. ``gaps`` grows while pages come in.
    """

    def __init__(self, fetch: Callable[[], Page[T_co] | None], close: Callable[[], None]) -> None:
        self._fetch = fetch
        self._close = close
        self._items: Iterator[T_co] = iter(())
        self._done = False
        self.gaps: tuple[Gap, ...] = ()

    def __iter__(self) -> Iterator[T_co]:  # noqa: PYI034 - a generator is faster than __next__
        try:
            while True:
                yield from self._items  # a page at a time: cheaper than asking for each item
                if not self._next_page():
                    return
        finally:
            self.close()

    def __next__(self) -> T_co:
        while True:
            for item in self._items:
                return item
            if not self._next_page():
                raise StopIteration

    def _next_page(self) -> bool:
        page = None if self._done else self._fetch()
        if page is None:
            self._done = True
            return False
        self.gaps += page.gaps
        self._items = iter(page.items)
        return True

    def close(self) -> None:
        """End the exchange; what was not fetched yet never will be."""
        self._done = True
        self._items = iter(())
        self._close()

    def __enter__(self) -> Pages[T_co]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._close()


class AsyncPages(AsyncIterator[T_co]):
    """As ``Pages``, for ``async for``; ``aclose()`` or ``async with`` ends the exchange."""

    def __init__(self, fetch: Callable[[], Coroutine[Any, Any, Page[T_co] | None]], close: Callable[[], None]) -> None:
        self._fetch = fetch
        self._close = close
        self._items: Iterator[T_co] = iter(())
        self._done = False
        self.gaps: tuple[Gap, ...] = ()

    def __aiter__(self) -> AsyncPages[T_co]:
        return self

    async def __anext__(self) -> T_co:
        while True:
            for item in self._items:
                return item
            page = None if self._done else await self._fetch()
            if page is None:
                self._done = True
                raise StopAsyncIteration
            self.gaps += page.gaps
            self._items = iter(page.items)

    async def aclose(self) -> None:
        """End the exchange; what was not fetched yet never will be."""
        self._done = True
        self._items = iter(())
        self._close()

    async def __aenter__(self) -> AsyncPages[T_co]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        self._close()
