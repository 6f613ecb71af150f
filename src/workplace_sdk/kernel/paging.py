"""Using a paged body inside another body."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from workplace_sdk.kernel.effects import Page

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import PageSteps, Steps

A = TypeVar("A")
B = TypeVar("B")


def gather(pages: PageSteps[A], most: int | None = None) -> Steps[tuple[A, ...]]:
    """All items of a paged body, at most *most* of them."""
    items: list[A] = []

    def keep(page: Page[A]) -> Steps[bool]:
        items.extend(page.items)
        return most is not None and len(items) >= most
        yield

    yield from for_each_page(pages, keep)
    return tuple(items[:most])


def for_each_page(pages: PageSteps[A], use: Callable[[Page[A]], Steps[bool]]) -> Steps[None]:
    """Do *use* with every page, until it says True: enough."""
    for_driver = _Relay(pages)
    step = for_driver.start()
    try:
        while step is not None:
            if isinstance(step, Page):
                page: Page[Any] = step  # pyright: ignore[reportUnknownVariableType] - isinstance() leaves its items open
                if (yield from use(page)):
                    return
                step = for_driver.start()
                continue
            try:
                answer: Any = yield step
            except Exception as error:  # noqa: BLE001 - handed on to the body that asked
                step = for_driver.failed(error)
            else:
                step = for_driver.answered(answer)
    finally:
        pages.close()


def mapped_pages(pages: PageSteps[A], translate: Callable[[Page[A]], Page[B]]) -> PageSteps[B]:
    """The same pages, each translated."""
    for_driver = _Relay(pages)
    step = for_driver.start()
    try:
        while step is not None:
            if isinstance(step, Page):
                page: Page[Any] = step  # pyright: ignore[reportUnknownVariableType] - isinstance() leaves its items open
                yield translate(page)
                step = for_driver.start()
                continue
            try:
                answer: Any = yield step
            except Exception as error:  # noqa: BLE001 - handed on to the body that asked
                step = for_driver.failed(error)
            else:
                step = for_driver.answered(answer)
    finally:
        pages.close()


class _Relay:
    """A paged body that is resumed from another one; ``None`` when it has ended."""

    def __init__(self, pages: PageSteps[Any]) -> None:
        self._pages = pages

    def start(self) -> Any:
        return next(self._pages, None)

    def answered(self, answer: Any) -> Any:
        try:
            return self._pages.send(answer)
        except StopIteration:
            return None

    def failed(self, error: Exception) -> Any:
        try:
            return self._pages.throw(error)
        except StopIteration:
            return None
