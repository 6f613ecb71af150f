"""Checked by mypy --strict and pyright strict, never run: what a caller sees of an operation.

Lines with ``# error`` have to be errors in both; every other line has to be none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import assert_type

from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import AsyncPages, Listing, Pages
from workplace_sdk.kernel.operation import Service, pages, read, write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.support import Link, Native
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.leave import LeaveBalance, LeaveDraft, LeaveRequest
from workplace_sdk.workplace import Workplace


class Greeting(Service, service="greeting"):
    """An interface."""

    @read
    def hello(self, name: str, *, times: int = 1) -> Steps[str]:
        """Say hello."""
        raise self.unsupported("hello")
        yield

    @write(Safety.ONCE)
    def send(self, name: str, *, key: Key | None = None) -> Steps[int]:
        """Send it."""
        raise self.unsupported("send")
        yield

    @send.previews
    def preview_send(self, name: str, *, key: Key | None = None) -> Steps[Preview]:
        """Say what would be sent."""
        return Preview(operation="greeting.send", key=str(key))
        yield

    @pages
    def all(self, word: str) -> PageSteps[int]:
        """Everything."""
        yield Page([1])


class Mine(Greeting):
    """A connector."""

    @read(support=Native(evidence="live"))
    def hello(self, name: str, *, times: int = 1) -> Steps[str]:
        return name * times
        yield

    @write(Safety.KEYED)
    def send(self, name: str, *, key: Key | None = None) -> Steps[int]:
        said = yield from self.hello.steps(name)
        assert_type(said, str)
        return len(said)


class Wrong(Greeting):
    """A connector that does not keep to the interface."""

    @read
    def hello(self, name: int, *, times: int = 1) -> Steps[str]:  # error
        return str(name)
        yield


async def use(service: Mine, work: Workplace, ana: PersonRef, draft: LeaveDraft) -> None:
    """What every form of a call gives."""
    assert_type(service.hello("ana"), str)
    assert_type(await service.hello.aio("ana", times=2), str)
    assert_type(service.hello.handoff("ana"), Link | None)
    assert_type(service.send("ana"), int)
    assert_type(await service.send.aio("ana"), int)
    assert_type(service.send.preview("ana"), Preview)
    assert_type(await service.send.preview.aio("ana"), Preview)
    assert_type(service.send.reconcile(Key("k")), int | None)
    assert_type(await service.send.reconcile.aio(Key("k")), int | None)
    assert_type(service.all("x"), Pages[int])
    assert_type(service.all.aio("x"), AsyncPages[int])
    for number in service.all("x"):
        assert_type(number, int)
    async for number in service.all.aio("x"):
        assert_type(number, int)
    iterator: Iterator[int] = service.all("x")
    stream: AsyncIterator[int] = service.all.aio("x")
    del iterator, stream
    assert_type(work.leave.balances(ana, on=date(2026, 1, 1)), Listing[LeaveBalance])
    assert_type(await work.leave.balances.aio(), Listing[LeaveBalance])
    assert_type(work.leave.submit(draft), LeaveRequest)
    assert_type(work.leave.submit.preview(draft), Preview)

    service.hello(1)  # error
    service.hello("ana", time=2)  # error
    service.hello()  # error
    await service.hello.aio(1)  # error
    service.hello.handoff(1)  # error
    service.hello.steps(1)  # error
    service.send.preview(1)  # error
    service.send.reconcile(1)  # error
    service.all(1)  # error
    service.all.aio(1)  # error
    work.leave.submit(ana)  # error
    work.leave.balances(ana, date(2026, 1, 1))  # error
