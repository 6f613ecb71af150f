"""The worker threads of a workplace: for libraries that can only block, and for work side by side."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")


class _Worker(threading.local):
    active = False


_worker = _Worker()


class Threads:
    """At most *most* worker threads, started when first needed; new ones after a fork."""

    def __init__(self, most: int = 16) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        after_fork(self)

    def submit(self, fn: Callable[[], T]) -> Future[T]:
        """Have *fn* run in a worker thread, as soon as one is free."""
        with self._lock:
            if self._pool is None:
                from concurrent.futures import ThreadPoolExecutor

                self._pool = ThreadPoolExecutor(self.most, thread_name_prefix="workplace")
            return self._pool.submit(_in_worker, fn)

    def close(self) -> None:
        """Let running work end by its own limit; take no more."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def forked(self) -> None:
        self._lock = threading.Lock()
        self._pool = None


def _in_worker(fn: Callable[[], T]) -> T:
    _worker.active = True
    try:
        return fn()
    finally:
        _worker.active = False


def in_worker() -> bool:
    """Whether this thread is one of ours: work side by side is then done one after the other, so that threads never wait for threads."""
    return _worker.active


_forkables: weakref.WeakSet[Any] = weakref.WeakSet()


def after_fork(thing: Any) -> None:
    """Have ``thing.forked()`` called in the child after a fork: drop what is shared with the parent, without closing it."""
    _forkables.add(thing)


def _forked() -> None:
    for thing in list(_forkables):
        thing.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
