"""Both drivers: time, threads, cancellation, work side by side, and that nothing is told as undone that may have been done."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.drivers import LATE, arun, run
from workplace_sdk.kernel.effects import Action, All, Blocking, Page, PageSteps, Pause, Steps
from workplace_sdk.kernel.errors import (
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    Unauthorized,
    Unavailable,
    UsageError,
    WorkplaceError,
)
from workplace_sdk.kernel.failures import Attempt, Failure, Kind, Retrying, Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import Service, pages, read, settled, write
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.threads import Threads

COLOURS = ("sync", "async")


def perform(colour: str, body: Steps[Any], **about: Any) -> Any:
    """The answer of *body*, in one colour."""
    about.setdefault("session", Session())
    call = Call(name="t", key=Key("k"), **about)
    try:
        return run(body, call) if colour == "sync" else asyncio.run(arun(body, call))
    except WorkplaceError as error:
        raise call.translated(error) from None
    finally:
        call.session.threads.close()


class Offered(Service):
    """An interface that is its own connector."""

    def support_of(self, name: str) -> Native:
        return Native()


class Waiting(Action[str]):
    """An exchange in the event loop that ends when it is told to."""

    native_async = True

    def __init__(self, seconds: float, log: list[str] | None = None) -> None:
        self.seconds = seconds
        self.log = [] if log is None else log

    def perform(self, attempt: Attempt) -> str:
        time.sleep(self.seconds)
        self.log.append("done")
        return "done"

    async def aperform(self, attempt: Attempt) -> str:
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.log.append("closed")
            raise
        self.log.append("done")
        return "done"


# -- time


def test_nobody_waits_for_a_free_thread_beyond_the_deadline() -> None:
    release = threading.Event()

    async def body() -> float:
        session = Session(threads=Threads(most=1), time_limit=0.2)
        busy = asyncio.create_task(arun(iter(Blocking(release.wait)), Call(session=session.within(30), name="busy")))
        await asyncio.sleep(0.05)
        start = time.monotonic()
        with pytest.raises(Unavailable, match="no worker thread"):  # a write: nothing was sent, and that is known
            await arun(iter(Blocking(lambda: None)), Call(session=session, name="late", safety=Safety.ONCE))
        waited = time.monotonic() - start
        release.set()
        await busy
        session.threads.close()
        return waited

    assert asyncio.run(body()) < 0.2 + LATE + 5


@pytest.mark.parametrize(("safety", "told"), [(Safety.READ, Unavailable), (Safety.ONCE, OutcomeUnknown)])
def test_nobody_waits_for_a_thread_that_does_not_return(safety: Safety, told: type[WorkplaceError]) -> None:
    release = threading.Event()

    async def body() -> None:
        session = Session(time_limit=0.1)
        with pytest.raises(told, match="no answer within the time limit"):
            await arun(iter(Blocking(release.wait)), Call(session=session, name="t", safety=safety))
        session.threads.close()

    try:
        asyncio.run(body())
    finally:
        release.set()


def test_an_exchange_of_the_event_loop_ends_at_the_deadline_and_closes_what_it_had() -> None:
    log: list[str] = []
    with pytest.raises(Unavailable, match="time limit"):
        perform("async", iter(Waiting(30, log)), session=Session(time_limit=0.1))
    assert log == ["closed"]


@pytest.mark.parametrize("colour", COLOURS)
def test_a_time_out_of_a_library_is_no_deadline_of_ours(colour: str) -> None:
    def slow() -> None:
        raise TimeoutError

    with pytest.raises(Unavailable, match="a blocking call: TimeoutError"):
        perform(colour, iter(Blocking(slow)), session=Session(retrying=Retrying(attempts=1)))
    with pytest.raises(OutcomeUnknown):
        perform(colour, iter(Blocking(slow)), safety=Safety.ONCE)


@pytest.mark.parametrize("colour", COLOURS)
def test_what_may_start_starts_before_the_deadline(colour: str) -> None:
    started: list[float] = []

    def body() -> Steps[None]:
        for _ in range(100):
            yield from Blocking(lambda: started.append(time.monotonic()))
            yield from All(Blocking(lambda: started.append(time.monotonic())), Pause(0.03))

    session = Session(time_limit=0.15)
    start = time.monotonic()
    with pytest.raises(Unavailable):
        perform(colour, body(), session=session)
    assert started
    assert max(started) - start < 0.15 + 0.05  # the call's own clock starts a little later than ours


@pytest.mark.parametrize("colour", COLOURS)
def test_a_pause_beyond_the_deadline_is_not_begun(colour: str) -> None:
    with pytest.raises(Unavailable, match="after the deadline"):
        perform(colour, iter(Pause(60)), session=Session(time_limit=5))
    assert perform(colour, iter(Pause(-1))) is None


# -- cancellation


def test_a_cancelled_exchange_closes_what_it_had() -> None:
    log: list[str] = []

    async def body() -> None:
        task = asyncio.create_task(arun(iter(Waiting(30, log)), Call(session=Session(), name="t")))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(body())
    assert log == ["closed"]


def test_what_waits_for_a_thread_and_is_cancelled_never_starts() -> None:
    release, started = threading.Event(), threading.Event()

    async def body() -> None:
        session = Session(threads=Threads(most=1))
        busy = asyncio.create_task(arun(iter(Blocking(release.wait)), Call(session=session, name="busy")))
        await asyncio.sleep(0.02)
        call = Call(session=session, name="t", safety=Safety.ONCE)
        task = asyncio.create_task(arun(iter(Blocking(started.set)), call))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not call.in_doubt
        release.set()
        await busy
        session.threads.close()

    asyncio.run(body())
    assert not started.is_set()


def test_an_attempt_that_nobody_waits_for_knows_it() -> None:
    seen = threading.Event()

    class Watching(Action[None]):
        def perform(self, attempt: Attempt) -> None:
            while not attempt.abandoned and attempt.remaining():
                time.sleep(0.005)
            if attempt.abandoned:
                seen.set()

    async def body() -> None:
        session = Session()
        task = asyncio.create_task(arun(iter(Watching()), Call(session=session, name="t")))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        session.threads.close()

    asyncio.run(body())
    assert seen.wait(10)


def test_the_body_is_ended_when_its_call_is_cancelled() -> None:
    ended: list[str] = []

    def body() -> Steps[None]:
        try:
            yield from Waiting(30)
        finally:
            ended.append("body")

    async def cancelled() -> None:
        task = asyncio.create_task(arun(body(), Call(session=Session(), name="t")))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert ended == ["body"]


# -- side by side


def failing(error: Exception, after: float = 0.0) -> Blocking[None]:
    def fn() -> None:
        time.sleep(after)
        raise error

    return Blocking(fn)


@pytest.mark.parametrize("colour", COLOURS)
def test_the_first_failure_in_time_is_the_one_that_is_told(colour: str) -> None:
    def body() -> Steps[None]:
        yield from All(failing(Rejected("late"), 0.3), failing(Rejected("early")))

    with pytest.raises(Rejected, match="early"):
        perform(colour, body())


@pytest.mark.parametrize("colour", COLOURS)
def test_the_others_have_stopped_when_a_failure_is_told(colour: str) -> None:
    ended: list[str] = []

    def slow() -> Steps[None]:
        try:
            yield from Waiting(0.2)
            yield from Waiting(0.2)
        finally:
            ended.append("slow")

    def body() -> Steps[None]:
        try:
            yield from All(slow(), failing(Rejected("no"), 0.05))
        except Rejected:
            assert ended == ["slow"]
            raise

    with pytest.raises(Rejected, match="no"):
        perform(colour, body())


@pytest.mark.parametrize("colour", COLOURS)
def test_one_part_may_fail_as_a_value(colour: str) -> None:
    def body() -> Steps[Any]:
        return (yield from All(settled(iter(failing(Rejected("no")))), Blocking(lambda: 1)))

    told, one = perform(colour, body())
    assert (str(told), one) == ("no", 1)


def test_parts_do_not_wait_for_threads_that_others_have() -> None:
    release = threading.Event()
    threads = Threads(most=1)
    threads.submit(release.wait)

    def body() -> Steps[Any]:
        return (yield from All(*(Blocking(lambda n=n: n) for n in range(5))))

    try:
        assert perform("sync", body(), session=Session(threads=threads, time_limit=5)) == (0, 1, 2, 3, 4)
    finally:
        release.set()


def test_parts_that_have_not_begun_are_left_after_a_failure() -> None:
    begun: list[int] = []
    release = threading.Event()
    threads = Threads(most=1)
    threads.submit(release.wait)

    def body() -> Steps[Any]:
        return (yield from All(failing(Rejected("no")), Blocking(lambda: begun.append(1))))

    with pytest.raises(Rejected):
        perform("sync", body(), session=Session(threads=threads))
    release.set()
    assert begun == []


# -- what may have been done


def lost(sent: Callable[[], object] = lambda: None) -> Action[None]:
    class Lost(Action[None]):
        def perform(self, attempt: Attempt) -> None:
            sent()
            raise Failure(Kind.LOST, Unavailable("no answer"))

    return Lost()


@pytest.mark.parametrize("colour", COLOURS)
def test_a_part_that_may_have_been_done_is_told_whatever_else_failed(colour: str) -> None:
    def parts() -> Steps[None]:
        yield from All(failing(Rejected("first")), lost())

    def swallowed() -> Steps[None]:
        yield from settled(iter(lost()))
        raise Rejected("later")

    for body in (parts, swallowed):
        with pytest.raises(OutcomeUnknown) as unknown:
            perform(colour, body(), safety=Safety.ONCE)
        assert unknown.value.key == "k"


def test_a_write_that_was_cancelled_by_the_failure_of_another_may_have_been_done() -> None:
    def body() -> Steps[None]:
        yield from All(Waiting(5), failing(Rejected("no"), 0.1))

    with pytest.raises(OutcomeUnknown, match="may have been done, then: no"):
        perform("async", body(), safety=Safety.ONCE)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("error", [Unavailable("x"), Unauthorized("x"), ProtocolError("x"), KeyError("x")])
def test_what_fails_after_a_write_landed_is_unknown(colour: str, error: Exception) -> None:
    def body() -> Steps[None]:
        yield from Blocking(lambda: None)
        raise error

    call = Call(session=Session(), name="t", safety=Safety.ONCE, key=Key("k"))
    try:
        _ = run(body(), call) if colour == "sync" else asyncio.run(arun(body(), call))
    except Exception as raised:  # noqa: BLE001 - translated as an operation does
        told = call.translated(raised)
    call.session.threads.close()
    assert isinstance(told, OutcomeUnknown)


@pytest.mark.parametrize("colour", COLOURS)
def test_an_answer_to_a_write_that_makes_no_sense_leaves_it_unknown(colour: str) -> None:
    with pytest.raises(OutcomeUnknown):
        perform(colour, iter(failing(ProtocolError("half a reply"))), safety=Safety.ONCE)
    with pytest.raises(ProtocolError, match="half a reply"):
        perform(colour, iter(failing(ProtocolError("half a reply"))))


def test_foreign_texts_are_not_repeated() -> None:
    class Peeking(Offered, service="peeking"):
        @read
        def look(self) -> Steps[str]:
            yield from Blocking(lambda: None)
            return {}["s3cret"]  # type: ignore[no-any-return, index]

        @read
        def fetch(self) -> Steps[str]:
            return (yield from failing(ValueError("token=s3cret")))  # type: ignore[func-returns-value]

    service = Peeking(Connector("c", None), Session())
    for operation, kind in ((service.look, "KeyError"), (service.fetch, "ValueError")):
        with pytest.raises(ProtocolError) as told:
            operation()
        assert "s3cret" not in str(told.value)
        assert kind in str(told.value)
        assert "test_drivers.py:" in str(told.value)
        assert "s3cret" in str(told.value.__cause__)


# -- calls inside calls


class Nested(Offered, service="nested"):
    @read
    def plain(self) -> Steps[str]:
        return "plain"
        yield

    @read
    def inside(self, how: str) -> Steps[str]:
        if how == "body":
            return self.plain()
        if how == "effect":
            return (yield from Blocking(self.plain))
        if how == "pages":
            return str(list(self.every()))
        parts = yield from All(Blocking(lambda: "a"), Blocking(self.plain))
        return parts[1]

    @pages
    def every(self) -> PageSteps[str]:
        yield Page((self.plain(),))

    @write(Safety.ONCE)
    def send(self, *, key: Key | None = None) -> Steps[str]:
        return ""
        yield


@pytest.mark.parametrize("how", ["body", "effect", "pages", "part"])
@pytest.mark.parametrize("colour", COLOURS)
def test_a_driver_inside_a_driver_raises(colour: str, how: str) -> None:
    service = Nested(Connector("c", None), Session())
    with pytest.raises(UsageError, match=r"nested\.\w+ was called inside .* use 'yield from' on its \.steps"):
        _ = service.inside(how) if colour == "sync" else asyncio.run(service.inside.aio(how))
    assert service.plain() == "plain"  # and nothing is left behind that says that we are inside
    service.session.threads.close()


def test_pages_that_call_are_noticed_and_ended() -> None:
    service = Nested(Connector("c", None), Session())
    for _ in range(2):
        with pytest.raises(UsageError):
            next(service.every())

    async def first() -> None:
        async for _ in service.every.aio():
            pass

    with pytest.raises(UsageError):
        asyncio.run(first())
    assert service.plain() == "plain"


def test_a_blocking_call_in_an_event_loop_names_what_to_write() -> None:
    service = Nested(Connector("c", None), Session())
    cases: tuple[tuple[Callable[[], Any], str], ...] = (
        (service.plain, r"await nested\.plain\.aio\(\.\.\.\) instead"),
        (service.every, r"async for \.\.\. in nested\.every\.aio\(\.\.\.\) instead"),
        (service.send, r"await nested\.send\.aio\(\.\.\.\) instead"),
        (lambda: run(iter(Pause(0)), Call(session=Session(), name="x")), "the async form instead"),
    )

    async def wrong() -> None:
        for call, words in cases:
            with pytest.raises(UsageError, match=words):
                call()
        begun = await asyncio.to_thread(service.every)  # begun elsewhere, and asked for here
        with pytest.raises(UsageError, match="async for"):
            next(begun)

    asyncio.run(wrong())


# -- pages that end early


class Book(Offered, service="book"):
    ended: list[str]

    @pages
    def leaves(self, trouble: str) -> PageSteps[int]:
        try:
            for number in range(3):
                if number == 1 and trouble == "refused":
                    raise Rejected("torn out")
                if number == 1 and trouble == "no effect":
                    yield "not an effect"  # type: ignore[misc]
                yield from Blocking(lambda: None)
                yield Page((number,))
        finally:
            self.ended.append("body")


@pytest.mark.parametrize("trouble", ["refused", "no effect", "left", "closed", "dropped"])
@pytest.mark.parametrize("colour", COLOURS)
def test_pages_are_ended_however_they_end(colour: str, trouble: str) -> None:
    book = Book(Connector("c", None), Session())
    book.ended = []
    kinds = {"refused": Rejected, "no effect": UsageError}

    def use() -> None:
        found = book.leaves(trouble)
        if trouble == "left":
            for _ in found:
                break
        elif trouble == "closed":
            with found:
                next(found)
        elif trouble == "dropped":
            next(found)
            del found
        else:
            with pytest.raises(kinds[trouble]):
                while True:
                    next(found)

    async def use_async() -> None:
        found = book.leaves.aio(trouble)
        if trouble in kinds:
            with pytest.raises(kinds[trouble]):
                async for _ in found:
                    pass
        elif trouble == "left":
            async for _ in found:
                break
            await found.aclose()
        elif trouble == "closed":
            async with found:
                await anext(found)
        else:
            await anext(found)
            del found

    if colour == "sync":
        use()
    else:
        asyncio.run(use_async())
    assert book.ended == ["body"]
    book.session.threads.close()


def test_pages_that_are_cancelled_while_one_comes_in_are_ended() -> None:
    ended: list[str] = []

    class Slow(Offered, service="slow"):
        @pages
        def all(self) -> PageSteps[int]:
            try:
                yield from Waiting(30)
                yield Page((1,))
            finally:
                ended.append("body")

    async def body() -> None:
        async def first() -> None:
            async for _ in Slow(Connector("c", None), Session()).all.aio():
                pass

        task = asyncio.create_task(first())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == ["body"]

    asyncio.run(body())


@pytest.mark.parametrize("colour", COLOURS)
def test_each_page_has_the_whole_time_limit(colour: str) -> None:
    class Slow(Offered, service="slow"):
        @pages
        def all(self, seconds: float) -> PageSteps[int]:
            for number in range(4):
                yield from Pause(seconds)
                yield Page((number,))

    async def listed(found: Any) -> list[int]:
        return [number async for number in found]

    def every(limit: float, seconds: float) -> list[int]:
        service = Slow(Connector("c", None), Session(time_limit=limit))
        return list(service.all(seconds)) if colour == "sync" else asyncio.run(listed(service.all.aio(seconds)))

    assert every(2.0, 0.7) == [0, 1, 2, 3]
    with pytest.raises(Unavailable):
        every(0.1, 0.2)
