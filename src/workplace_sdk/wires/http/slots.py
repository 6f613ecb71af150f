"""At most so many exchanges at once with one host, whoever makes them: threads, tasks, several connections.

The pools of httpx would queue the rest themselves, at a cost that grows with the queue, and each colour by itself.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from workplace_sdk.kernel.threads import after_fork


class Slots:
    """*most* places, taken in the order of asking."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._reset()
        after_fork(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0
        self._waiting: deque[Future[None]] = deque()

    def forked(self) -> None:
        self._reset()

    @property
    def taken(self) -> int:
        """How many are in use."""
        return self._taken

    @contextmanager
    def one(self, seconds: float) -> Generator[None, None, None]:
        """Have a place; ``TimeoutError`` when none is free within *seconds*."""
        place = self._ask()
        try:
            if place is not None:
                try:
                    place.result(seconds)
                except WaitedTooLong:
                    raise TimeoutError from None
            yield
        finally:
            self._give(place)

    @asynccontextmanager
    async def one_async(self) -> AsyncGenerator[None, None]:
        """Have a place; wait for it without a thread."""
        place = self._ask()
        try:
            if place is not None:
                await waited(place)
            yield
        finally:
            self._give(place)

    def _ask(self) -> Future[None] | None:
        with self._lock:
            if self._taken < self.most and not self._waiting:
                self._taken += 1
                return None
            place: Future[None] = Future()
            self._waiting.append(place)
            return place

    def _give(self, place: Future[None] | None) -> None:
        """Give the place back, or stop waiting for it."""
        with self._lock:
            if place is not None and not place.done():
                self._waiting.remove(place)
                return
            self._taken -= 1
            while self._waiting and self._taken < self.most:
                self._taken += 1
                self._waiting.popleft().set_result(None)


async def waited(pending: Future[Any]) -> Any:
    """The result of *pending*, awaited; who stops waiting leaves it as it is."""
    import asyncio

    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def tell(_: object) -> None:
        if not ready.done():
            ready.set_result(None)

    def done(_: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, None)

    pending.add_done_callback(done)
    await ready
    return pending.result()


class _Hosts:
    """The places of each host that somebody speaks to."""

    def __init__(self) -> None:
        self.forked()
        after_fork(self)

    def forked(self) -> None:
        self._lock = threading.Lock()
        self._slots: weakref.WeakValueDictionary[str, Slots] = weakref.WeakValueDictionary()

    def slots(self, origin: str, most: int) -> Slots:
        with self._lock:
            slots = self._slots.get(origin)
            if slots is None:
                slots = self._slots[origin] = Slots(most)
            slots.most = min(slots.most, most)
            return slots


_hosts = _Hosts()


def slots_for(origin: str, most: int) -> Slots:
    """The places of a host, shared by all who speak to it now; of several opinions how many there are, the lowest holds."""
    return _hosts.slots(origin, most)
