"""Finding the other keys of a person: the e-mail address of a login, the employee number of an address."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from workplace_sdk.kernel.errors import NotFound, NotSupported
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.threads import after_fork
from workplace_sdk.services.common import STRONG_KEYS, PersonRef

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.services.experts import ExpertDirectory


class IdentityMap:
    """Keys of people, looked up in the directory and kept in memory for *lifetime* seconds; nothing is stored.

    Args:
        directory: The expert directory, without a caller: it is asked for keys only.
    """

    MOST = 10_000

    def __init__(self, directory: Callable[[], ExpertDirectory], lifetime: float) -> None:
        self._directory = directory
        self._lifetime = lifetime
        self._known: dict[tuple[str, str], tuple[float, PersonRef]] = {}
        self._lock = threading.Lock()
        after_fork(self)

    def forked(self) -> None:
        self._lock = threading.Lock()

    def key(self, person: PersonRef, name: str) -> Steps[str | None]:
        """The key *name* (``employee_number``, ``login``, ``email``, ``dn``) of *person*; ``None`` when nobody knows it."""
        if name not in STRONG_KEYS:
            raise ValueError(f"{name!r} is none of {STRONG_KEYS}")
        value: str | None = getattr(person, name)
        if value is None:
            value = getattr((yield from self.complete(person)), name)
        return value

    def complete(self, person: PersonRef) -> Steps[PersonRef]:
        """*person* with every key the directory knows; as it was when the directory does not know them."""
        if all(getattr(person, name) for name in STRONG_KEYS):
            return person
        if (known := self._remembered(person)) is not None:
            return _joined(person, known)
        directory = self._directory()
        if not isinstance(directory.get.support, Native):
            return person
        try:
            found = (yield from directory.get.steps(person)).person
        except (NotFound, NotSupported):
            return person
        self._remember(person, found)
        return _joined(person, found)

    def forget(self, person: PersonRef) -> None:
        """Drop what is kept of *person*."""
        with self._lock:
            self._known = {key: kept for key, kept in self._known.items() if not kept[1].same_person(person)}

    def _remembered(self, person: PersonRef) -> PersonRef | None:
        now = time.monotonic()
        for key in person.keys().items():
            kept = self._known.get(key)
            if kept is not None and kept[0] > now:
                return kept[1]
        return None

    def _remember(self, asked: PersonRef, found: PersonRef) -> None:
        until = time.monotonic() + self._lifetime
        with self._lock:
            if len(self._known) > self.MOST:
                self._known.clear()
            for key in {*asked.keys().items(), *found.keys().items()}:
                self._known[key] = (until, found)


def _joined(person: PersonRef, known: PersonRef) -> PersonRef:
    missing = {
        name: value
        for name in ("ref", "display_name", *STRONG_KEYS)
        if getattr(person, name) is None and (value := getattr(known, name))
    }
    return person.model_copy(update=missing)
