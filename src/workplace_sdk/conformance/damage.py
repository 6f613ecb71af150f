"""Replies that make no sense, put in the place of real ones, one exchange at a time.

A body is a generator, so a call that was made once can be played again from what was answered: nothing is sent for it, and
a write is not done again.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from typing import Any, TypeAlias, cast

from attrs import define, evolve, field

from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.effects import Action, All, Effect, Inner, Page
from workplace_sdk.kernel.errors import WorkplaceError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.session import Call

BODIES = (b"", b"<html>503 Service Unavailable</html>", b"7", b"null", b"{}", b"[]", b'{"error": null}', b"\xff\xfe\x00")

Body: TypeAlias = Generator[Any, Any, Any]


class Taken:
    """The operation took a damaged reply for an answer; *looked* when it asked the system again what became of a write."""

    def __init__(self, answer: Any, *, looked: bool = False) -> None:
        self.answer = answer
        self.looked = looked


@define
class Exchange:
    """What a body asked for, and what came of it."""

    effect: Action[Any]
    answer: Any = None
    error: WorkplaceError | None = None


@define(eq=False)
class Recorded:
    """One call that was made: its exchanges, in order, and its answer."""

    bound: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    exchanges: list[Exchange] = field(factory=list[Exchange])
    answer: Any = None

    def call(self) -> Call:
        """The circumstances of the call."""
        service, name = self.bound.service, self.bound.operation.name
        return Call(
            session=service.session,
            name=service.operation_name(name),
            connection=service.connection_name,
            service=service,
            safety=service.safety_of(name),
            key=self.kwargs.get("key"),
        )

    def body(self) -> Body:
        """The body, from its start."""
        return cast("Body", self.bound.steps(*self.args, **self.kwargs))


class _Player:
    """Runs a body to its end, and leaves to ``exchanged`` what is answered to it."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded
        self.call = recorded.call()

    def drive(self, body: Body) -> Any:
        """The value of *body*; of pages all items."""
        items: list[Any] = []
        paged = False
        answer: Any = None
        error: WorkplaceError | None = None
        try:
            while True:
                wanted = body.throw(error) if error else body.send(answer)
                answer, error = None, None
                if isinstance(wanted, Page):
                    paged = True
                    items += wanted.items  # pyright: ignore[reportUnknownMemberType] - isinstance() leaves its items open
                    continue
                try:
                    answer = self._answer(wanted)
                except WorkplaceError as told:
                    error = told
        except StopIteration as end:
            return items if paged else end.value
        finally:
            body.close()

    def _answer(self, wanted: Any) -> Any:
        if isinstance(wanted, All):
            return tuple(self.drive(cast("Body", part)) for part in wanted.bodies())
        if isinstance(wanted, Inner):
            return self.drive(cast("Any", wanted).steps)
        if isinstance(wanted, Action):
            return self.exchanged(wanted)  # pyright: ignore[reportUnknownArgumentType] - as above
        return self.other(wanted)

    def exchanged(self, wanted: Action[Any]) -> Any:
        raise NotImplementedError

    def other(self, wanted: Effect[Any]) -> Any:
        return None


class _Recorder(_Player):
    """Performs what is asked for, and keeps it."""

    def exchanged(self, wanted: Action[Any]) -> Any:
        exchange = Exchange(wanted)
        self.recorded.exchanges.append(exchange)
        self.call.restart_clock()
        try:
            exchange.answer = run(iter(wanted), self.call)
        except WorkplaceError as error:
            exchange.error = error
            raise
        return exchange.answer

    def other(self, wanted: Effect[Any]) -> Any:
        return run(iter(wanted), self.call)


class _Elsewhere(Exception):
    """The body does not ask again for what was recorded: it remembers it."""


class _Damaging(_Player):
    """Answers as recorded, but number *at* with *damage*."""

    def __init__(self, recorded: Recorded, at: int, damage: Any) -> None:
        super().__init__(recorded)
        self.at = at
        self.damage = damage
        self.struck = False
        self.looked = False
        self._next = 0

    def exchanged(self, wanted: Action[Any]) -> Any:
        number = self._found(wanted)
        exchange = self.recorded.exchanges[number]
        if number == self.at:
            self.struck = True
            self._landed(wanted)
            return self.damage
        self.looked |= self.struck and wanted.harmless and not self.recorded.exchanges[self.at].effect.harmless
        if exchange.error is not None:
            raise exchange.error
        self._landed(wanted)
        return exchange.answer

    def _found(self, wanted: Action[Any]) -> int:
        """Where in the recording we are."""
        for number in range(self._next, len(self.recorded.exchanges)):
            effect = self.recorded.exchanges[number].effect
            if type(effect) is type(wanted) and effect.what == wanted.what:
                self._next = number + 1
                return number
        raise _Elsewhere

    def _landed(self, wanted: Action[Any]) -> None:
        if not wanted.harmless and self.call.safety is not Safety.READ:
            self.call.landed = True


def recorded(bound: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Recorded:
    """Make a call, exchange by exchange, and keep what was said."""
    made = Recorded(bound, args, kwargs)
    made.answer = _Recorder(made).drive(made.body())
    return made


def damaged(call: Recorded, strange: tuple[Any, ...]) -> Iterator[tuple[Exchange, Any, Exception | Taken, bool]]:
    """Each exchange with each damaged reply: the exchange, the reply, what came of it, and whether something may have been done."""
    for at, exchange in enumerate(call.exchanges):
        for reply in _damages(exchange, call.answer, strange):
            playing = _Damaging(call, at, reply)
            try:
                answer = playing.drive(call.body())
            except _Elsewhere:
                continue
            except Exception as error:  # noqa: BLE001 - translated as a driver would
                yield exchange, reply, playing.call.translated(error), playing.call.landed
            else:
                if playing.struck and not getattr(answer, "gaps", ()):  # a gap says that something did not answer
                    yield exchange, reply, Taken(answer, looked=playing.looked), playing.call.landed


def _damages(exchange: Exchange, whole: Any, strange: tuple[Any, ...]) -> Iterator[Any]:
    """What could come instead of the real answer. Nothing, where that says nothing itself, or is passed on as it is."""
    real: Any = exchange.answer
    body: Any = getattr(real, "body", None)
    if real is None or isinstance(real, bool) or body == b"" or (isinstance(whole, bytes) and whole in (real, body)):
        return
    empty = isinstance(real, list | tuple)  # an empty one is an answer too
    yield from (one for one in strange if not (empty and isinstance(one, list)))
    if isinstance(body, bytes) and hasattr(real, "__attrs_attrs__"):
        for other in (*BODIES, body[: len(body) // 2]):
            if other != body and not _both_lists(other, body):
                yield evolve(real, body=other)


def _both_lists(one: bytes, other: bytes) -> bool:
    """Whether both are JSON arrays."""
    try:
        return isinstance(json.loads(one), list) and isinstance(json.loads(other), list)
    except ValueError:
        return False
