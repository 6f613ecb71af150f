"""A bar on standard error once a person has waited for a second, and only on a terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, Self

import click

AFTER = 1.0
_BEAT = 0.2
_WIDTH = 20

_waiting: Waiting | None = None


class Waiting:
    """While a command works: a bar that moves, for nobody knows how long it takes. It makes room for whatever is printed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._from = time.monotonic() + AFTER
        self._drawn = False
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        from workplace_sdk.cli.showing import wants_json

        if sys.stderr.isatty() and not wants_json():
            global _waiting  # noqa: PLW0603 - there is one terminal
            _waiting = self
            self._thread = threading.Thread(target=self._move, daemon=True)
            self._thread.start()
        return self

    def _move(self) -> None:
        from workplace_sdk.cli.showing import words

        beat = 0
        while not self._done.wait(_BEAT):
            with self._lock, suppress(OSError, ValueError):
                if time.monotonic() < self._from:
                    continue
                place = abs(beat % (2 * _WIDTH) - _WIDTH)
                beat += 1
                bar = (" " * (_WIDTH - place) + "###").ljust(_WIDTH + 3)
                click.echo(f"\r{words('Working', 'Bezig')}  [{bar}]", nl=False, err=True)
                self._drawn = True

    def hush(self, seconds: float = AFTER) -> None:
        """Take the bar away; it may come back after *seconds*."""
        with self._lock:
            self._from = time.monotonic() + seconds
            if self._drawn:
                click.echo("\r\x1b[K", nl=False, err=True)
                self._drawn = False

    def __exit__(self, *_: object) -> None:
        global _waiting  # noqa: PLW0603 - there is one terminal
        _waiting = None
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        self.hush()


def hush() -> None:
    """Make room for what is printed now."""
    if _waiting is not None:
        _waiting.hush()


@contextmanager
def silence() -> Generator[None]:
    """No moving bar meanwhile: someone is asked, or another bar is there."""
    if _waiting is not None:
        _waiting.hush(float("inf"))
    try:
        yield
    finally:
        hush()


class Progress:
    """A bar for work that says how far it is: ``progress(done, total)``."""

    def __init__(self, label: str, *, after: float = AFTER) -> None:
        self._label = label
        self._shown_from = time.monotonic() + after
        self._bar: Any = None
        self._silence = silence()

    def __call__(self, done: int, total: int | None) -> None:
        if self._bar is None:
            from workplace_sdk.cli.showing import wants_json

            if time.monotonic() < self._shown_from or wants_json() or not sys.stderr.isatty():
                return
            self._bar = click.progressbar(length=total or done, label=self._label, file=sys.stderr, show_pos=True)
            self._bar.__enter__()
        self._bar.length = max(total or 0, done)
        self._bar.update(done - self._bar.pos)

    def __enter__(self) -> Self:
        self._silence.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.__exit__(*error)
        self._silence.__exit__(None, None, None)
