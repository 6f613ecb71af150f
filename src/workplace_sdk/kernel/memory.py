"""What a system hardly ever changes, kept in memory for a while so that it is not asked for each time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

from workplace_sdk.kernel.threads import after_fork

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps

T = TypeVar("T")


class Memory(Generic[T]):
    """Answers by key, each for *lifetime* seconds; at most *most* of them. Safe to use from many threads."""

    def __init__(self, lifetime: float, most: int = 10_000) -> None:
        self._lifetime = lifetime
        self._most = most
        self._kept: dict[Hashable, tuple[float, T]] = {}
        self.forked()
        after_fork(self)

    def forked(self) -> None:
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """What is kept for *key*; ``None`` when nothing is, or not any more."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] > time.monotonic() else None

    def keep(self, key: Hashable, value: T) -> T:
        """Keep *value*, and give it back."""
        with self._lock:
            if len(self._kept) >= self._most:
                self._kept.clear()
            self._kept[key] = (time.monotonic() + self._lifetime, value)
        return value

    def recalled(self, key: Hashable, ask: Callable[[], Steps[T]]) -> Steps[T]:
        """What is kept for *key*, else what *ask* says, which is kept then."""
        found = self.get(key)
        return self.keep(key, (yield from ask())) if found is None else found

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
