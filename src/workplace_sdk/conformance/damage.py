"""Replies that make no sense, put in the place of real ones, one exchange at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, cast

from attrs import evolve

from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.effects import Action, All, Page
from workplace_sdk.kernel.errors import WorkplaceError
from workplace_sdk.kernel.operation import Operation, Service
from workplace_sdk.kernel.session import Call

BODIES = (b"", b"<html>503 Service Unavailable</html>", b"7", b"null", b"{}", b"[]", b'{"error": null}', b"\xff\xfe\x00")
MOST_EXCHANGES = 5


class Taken:
    """The operation took a damaged reply for an answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer


class _Damaging:
    """Performs the exchanges of one body; number *at* is answered with *damage* of the real answer."""

    def __init__(self, call: Call, at: int = -1, damage: Any = None) -> None:
        self.call = call
        self.at = at
        self.damage = damage
        self.count = 0
        self.real: list[Any] = []
        self.struck = False

    def drive(self, body: Generator[Any, Any, Any]) -> Any:
        """The value of *body*, or of its last page."""
        last: Any = None
        answer: Any = None
        error: WorkplaceError | None = None
        try:
            while True:
                wanted = body.throw(error) if error else body.send(answer)
                answer, error = None, None
                if isinstance(wanted, Page):
                    last = cast("Any", wanted)
                    continue
                try:
                    answer = self._answer(wanted)
                except WorkplaceError as told:
                    error = told
        except StopIteration as end:
            return last if end.value is None else end.value
        finally:
            body.close()

    def _answer(self, wanted: Any) -> Any:
        if isinstance(wanted, All):
            return tuple(self.drive(cast("Generator[Any, Any, Any]", part)) for part in wanted.bodies())
        number = self.count
        self.count += isinstance(wanted, Action)
        if number == self.at and isinstance(wanted, Action):
            self.struck = True
            return self.damage
        real: Any = run(cast("Generator[Any, Any, Any]", iter(wanted)), self.call)
        if isinstance(wanted, Action):
            self.real.append(real)
        return real


def damaged(
    service: Service, operation: Operation[..., Any], arguments: dict[str, Any], strange: tuple[Any, ...]
) -> Iterator[tuple[int, Any, Exception | Taken]]:
    """Each exchange of a read with each damaged reply: its number, the reply, and what came of it."""
    whole = _Damaging(_call(service, operation))
    whole.drive(_body(service, operation, arguments))
    for at, real in enumerate(whole.real[:MOST_EXCHANGES]):
        for reply in (*strange, *_spoiled(real)):
            playing = _Damaging(_call(service, operation), at, reply)
            try:
                answer = playing.drive(_body(service, operation, arguments))
            except Exception as error:  # noqa: BLE001 - translated as a driver would
                yield at, reply, playing.call.translated(error)
            else:
                if playing.struck:
                    yield at, reply, Taken(answer)


def _spoiled(real: Any) -> Iterator[Any]:
    """The real answer with another body, where it is one with a body: what a proxy or a login page makes of it."""
    body: Any = getattr(real, "body", None)
    if isinstance(body, bytes) and hasattr(real, "__attrs_attrs__"):
        for other in (*BODIES, body[: len(body) // 2]):
            if other != body:
                yield evolve(real, body=other)


def _call(service: Service, operation: Operation[..., Any]) -> Call:
    return Call(session=service.session, name=operation.name, connection=service.connection_name)


def _body(service: Service, operation: Operation[..., Any], arguments: dict[str, Any]) -> Generator[Any, Any, Any]:
    body: Any = getattr(service, operation.name).steps(**arguments)
    return cast("Generator[Any, Any, Any]", body)
