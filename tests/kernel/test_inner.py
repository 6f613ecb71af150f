"""A call inside a call: checked, written down and tried again by its own declaration, within the time of the outer one."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from workplace_sdk.kernel.access import Access
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.effects import Action, All, Blocking, Steps
from workplace_sdk.kernel.errors import OutcomeUnknown, Rejected, Unauthorized, Unavailable
from workplace_sdk.kernel.failures import Attempt, Failure, Kind, Retrying, Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import Service, write
from workplace_sdk.kernel.session import Outcome, Session


class Log:
    def __init__(self) -> None:
        self.rows: list[tuple[str, Outcome]] = []

    def record(self, call, outcome, error=None) -> Steps[None]:
        self.rows.append((call.name, outcome))
        return
        yield


class Gate:
    refused = ""

    def allow(self, call) -> Steps[None]:
        if call.name == self.refused:
            raise Unauthorized(call.name)
        return
        yield


class Lost(Action[str]):
    """An exchange whose answers are lost, as often as it says."""

    def __init__(self, name: str, seen: list[str], lost: int, key: Key | None = None) -> None:
        self.name, self.seen, self.lost, self.carried = name, seen, lost, key

    @property
    def key(self) -> Key | None:
        return self.carried

    def perform(self, attempt: Attempt) -> str:
        self.seen.append(self.name)
        if self.lost:
            self.lost -= 1
            raise Failure(Kind.LOST, OutcomeUnknown("no answer"))
        return self.name


class Parts(Service, service="parts"):
    seen: list[str]
    lost = 0
    slow = 0.0

    @write(Safety.ONCE, access=Access("parts.book"))
    def book(self, *, key: Key | None = None) -> Steps[str]:
        raise self.unsupported("book")
        yield

    @write(Safety.ONCE, access=Access("parts.order"))
    def order(self, *, key: Key | None = None) -> Steps[str]:
        raise self.unsupported("order")
        yield


class Parted(Parts):
    """As a connector would do it."""

    @write(Safety.KEYED)
    def book(self, *, key: Key | None = None) -> Steps[str]:
        yield from Blocking(lambda: time.sleep(self.slow), harmless=True)
        return (yield from Lost("book", self.seen, self.lost, key))

    @write(Safety.ONCE)
    def order(self, *, key: Key | None = None) -> Steps[str]:
        return (yield from Lost("order", self.seen, self.lost, key))


class Whole(Service, service="whole"):
    parts: Parts

    @write(Safety.ONCE, access=Access("whole.plan"))
    def plan(self, *, how: str = "book", key: Key | None = None) -> Steps[Any]:
        raise self.unsupported("plan")
        yield


class Planned(Whole):
    @write(Safety.ONCE)
    def plan(self, *, how: str = "book", key: Key | None = None) -> Steps[Any]:
        if how == "both":
            return (yield from All(self.parts.book.call(), self.parts.order.call()))
        if how == "then fails":
            yield from self.parts.book.call()
            raise Unavailable("the journal is gone")
        return (yield from getattr(self.parts, how).call(key=Key("inner")))


@pytest.fixture(params=["sync", "async"])
def made(request):
    log, gate = Log(), Gate()
    session = Session(time_limit=5, retrying=Retrying(attempts=3, base=0.01), audit=log, gate=gate)
    parts = Parted(Connector("parts", None), session)
    parts.seen = []
    whole = Planned(Connector("whole", None), session)
    whole.parts = parts

    def plan(how: str) -> Any:
        if request.param == "sync":
            return whole.plan(how=how)
        return asyncio.run(_awaited(whole, how))

    return plan, parts, log, gate


async def _awaited(whole: Whole, how: str) -> Any:
    return await whole.plan.aio(how=how)


def test_every_part_is_written_down(made) -> None:
    plan, _, log, _ = made
    assert plan("both") == ("book", "order")
    assert log.rows[0] == ("whole.plan", Outcome.INTENDED)
    assert log.rows[-1] == ("whole.plan", Outcome.DONE)
    assert sorted(log.rows[1:-1]) == [
        ("parts.book", Outcome.DONE),
        ("parts.book", Outcome.INTENDED),
        ("parts.order", Outcome.DONE),
        ("parts.order", Outcome.INTENDED),
    ]


def test_a_part_is_tried_again_as_it_says_of_itself(made) -> None:
    plan, parts, _, _ = made
    parts.lost = 2
    assert plan("book") == "book"
    assert parts.seen == ["book"] * 3
    with pytest.raises(OutcomeUnknown) as error:
        plan("order")
    assert parts.seen[3:] == ["order"]
    assert error.value.key == "inner"
    assert error.value.operation == "parts.order"


def test_a_part_that_the_caller_may_not(made) -> None:
    plan, parts, log, gate = made
    gate.refused = "parts.order"
    with pytest.raises(Unauthorized):
        plan("order")
    assert parts.seen == []
    assert ("parts.order", Outcome.REFUSED) in log.rows


def test_what_a_part_did_the_whole_did(made) -> None:
    plan, _, log, _ = made
    with pytest.raises(OutcomeUnknown, match="a part of it was done"):
        plan("then fails")
    assert log.rows[-1] == ("whole.plan", Outcome.UNKNOWN)


def test_a_part_ends_with_the_whole() -> None:
    session = Session(time_limit=0.2, audit=Log(), gate=Gate())
    parts = Parted(Connector("parts", None), Session(time_limit=60, audit=Log(), gate=Gate()))
    parts.seen, parts.slow = [], 0.3
    whole = Planned(Connector("whole", None), session)
    whole.parts = parts
    with pytest.raises(Unavailable, match="time limit"):
        whole.plan(how="book")
    assert parts.seen == []


def test_a_refusal_inside_is_the_refusal_of_the_whole(made, monkeypatch) -> None:
    plan, _, _, _ = made
    monkeypatch.setattr(Lost, "perform", lambda self, attempt: (_ for _ in ()).throw(Failure(Kind.REFUSED, Rejected("no"))))
    with pytest.raises(Rejected, match="no"):
        plan("order")
