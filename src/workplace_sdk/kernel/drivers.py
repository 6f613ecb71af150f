"""The two drivers: they perform what bodies ask for, one blocking, one async, by one table of decisions."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from workplace_sdk.kernel.effects import Action, All, Inner, Page, Pause
from workplace_sdk.kernel.errors import OutcomeUnknown, ProtocolError, Unavailable, UsageError, WorkplaceError
from workplace_sdk.kernel.failures import Attempt, Failure, Kind, Safety, Verdict, decide
from workplace_sdk.kernel.listing import AsyncPages, Pages
from workplace_sdk.kernel.threads import in_worker

if TYPE_CHECKING:
    import asyncio

    from workplace_sdk.kernel.effects import Effect, PageSteps, Steps
    from workplace_sdk.kernel.session import Call

_advancing = threading.local()


def run(steps: Steps[Any], call: Call) -> Any:
    """Perform *steps* here and now, blocking this thread."""
    _may_block(call.name)
    return _drive(steps, call)


async def arun(steps: Steps[Any], call: Call) -> Any:
    """Perform *steps* in the running event loop."""
    _not_inside_a_body(call.name)
    try:
        wanted = _advance(steps, None, None)
        while not isinstance(wanted, _End):
            wanted = await _answered_async(steps, wanted, call)
        return wanted.value
    finally:
        steps.close()


def run_pages(body: PageSteps[Any], call: Call) -> Pages[Any]:
    """Perform a paged body as its items are asked for."""
    _may_block(call.name)
    state = _PageState(body, call)

    def fetch() -> Page[Any] | None:
        _may_block(call.name)
        call.restart_clock()
        wanted = state.resume()
        while not isinstance(wanted, Page | _End):
            wanted = _answered(state.body, wanted, call)
        return _page(wanted)

    return Pages(fetch, state.close)


def arun_pages(body: PageSteps[Any], call: Call) -> AsyncPages[Any]:
    """Perform a paged body in the running event loop as its items are asked for."""
    _not_inside_a_body(call.name)
    state = _PageState(body, call)

    async def fetch() -> Page[Any] | None:
        call.restart_clock()
        try:
            wanted = state.resume()
            while not isinstance(wanted, Page | _End):
                wanted = await _answered_async(state.body, wanted, call)
        except BaseException:
            state.close()
            raise
        return _page(wanted)

    return AsyncPages(fetch, state.close)


@frozen
class _End:
    """A body returned *value*. (A ``StopIteration`` cannot leave a coroutine.)"""

    value: Any


def _page(wanted: Any) -> Page[Any] | None:
    return None if isinstance(wanted, _End) else cast("Page[Any]", wanted)


class _PageState:
    """A paged body between two of its pages."""

    def __init__(self, body: PageSteps[Any], call: Call) -> None:
        self.body = cast("Generator[Any, Any, Any]", body)
        self._call = call

    def resume(self) -> Any:
        return _advance(self.body, None, None)

    def close(self) -> None:
        if not self.body.gi_running:  # type: ignore[attr-defined]  # typed as the abstract Generator
            self.body.close()


def _drive(steps: Generator[Any, Any, Any], call: Call) -> Any:
    try:
        wanted = _advance(steps, None, None)
        while not isinstance(wanted, _End):
            wanted = _answered(steps, wanted, call)
        return wanted.value
    finally:
        steps.close()


def _answered(steps: Generator[Any, Any, Any], wanted: Any, call: Call) -> Any:
    """Perform *wanted*, give the body its answer or its failure, return what it wants next."""
    try:
        answer = _performed(wanted, call)
    except WorkplaceError as error:
        return _advance(steps, None, error)
    return _advance(steps, answer, None)


async def _answered_async(steps: Generator[Any, Any, Any], wanted: Any, call: Call) -> Any:
    try:
        answer = await _performed_async(wanted, call)
    except WorkplaceError as error:
        return _advance(steps, None, error)
    return _advance(steps, answer, None)


def _advance(steps: Generator[Any, Any, Any], answer: Any, error: BaseException | None) -> Any:
    """Resume a body; an operation that it calls instead of its ``.steps`` is noticed meanwhile."""
    outer = getattr(_advancing, "body", None)
    _advancing.body = steps
    try:
        return steps.send(answer) if error is None else steps.throw(error)
    except StopIteration as end:
        return _End(end.value)
    finally:
        _advancing.body = outer


def _not_inside_a_body(name: str) -> None:
    if getattr(_advancing, "body", None) is not None:
        raise UsageError(f"{name} was called inside a body: use 'yield from' on its .steps(...)")


def _may_block(name: str) -> None:
    _not_inside_a_body(name)
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001 - as get_running_loop, without an exception each time
        raise UsageError(f"{name} would block the running event loop: await {name}.aio(...) instead")


def _performed(wanted: Effect[Any], call: Call) -> Any:
    if isinstance(wanted, Action):
        return _tried(wanted, call)
    if isinstance(wanted, Pause):
        _check_pause(wanted, call)
        time.sleep(wanted.seconds)
        return None
    if isinstance(wanted, All):
        return _side_by_side(wanted, call)
    if isinstance(wanted, Inner):
        with call.around(wanted.call):
            return _drive(wanted.steps, wanted.call)
    raise _not_an_effect(wanted)


async def _performed_async(wanted: Effect[Any], call: Call) -> Any:
    if isinstance(wanted, Action):
        return await _tried_async(wanted, call)
    if isinstance(wanted, Pause):
        _check_pause(wanted, call)
        import asyncio

        await asyncio.sleep(wanted.seconds)
        return None
    if isinstance(wanted, All):
        return await _side_by_side_async(wanted, call)
    if isinstance(wanted, Inner):
        with call.around(wanted.call):
            return await arun(wanted.steps, wanted.call)
    raise _not_an_effect(wanted)


def _not_an_effect(wanted: object) -> UsageError:
    return UsageError(f"a body yielded {type(wanted).__name__}, which is no effect: write 'yield from'")


def _check_pause(pause: Pause, call: Call) -> None:
    if pause.seconds >= call.remaining():
        raise Unavailable(f"a pause of {pause.seconds:g} s would end after the deadline", retry_after=pause.seconds)


class _Course:
    """One action through its attempts."""

    def __init__(self, action: Action[Any], call: Call) -> None:
        self.action = action
        self.call = call
        self.safety = Safety.READ if action.harmless else call.safety
        self.number = 0
        self.in_doubt = False

    def next_attempt(self) -> Attempt:
        """The next attempt; nothing starts after the deadline."""
        if self.call.remaining() <= 0:
            raise self._out_of_time()
        self.number += 1
        return Attempt(deadline=self.call.deadline, number=self.number, now=self.call.session.now)

    def done(self) -> None:
        if self.safety is not Safety.READ:
            self.call.landed = True

    def wait_after(self, failure: Failure) -> float:
        """Seconds until the next attempt; raises when there is none."""
        decision = decide(
            safety=self.safety,
            kind=failure.kind,
            attempt=self.number,
            in_doubt=self.in_doubt,
            keyed=self.call.key is not None and self.action.key == self.call.key,
            retry_after=failure.retry_after,
            remaining=self.call.remaining(),
            retrying=self.call.session.retrying,
            jitter=random.uniform(0.5, 1.0),  # noqa: S311 - spreads retries, keeps no secret
        )
        if decision.verdict is Verdict.RETRY:
            self.in_doubt |= failure.kind in (Kind.LOST, Kind.BROKEN)
            return decision.wait
        if decision.verdict is Verdict.UNKNOWN:
            raise OutcomeUnknown(f"{self.action.what}: {failure.error.message}", key=self.call.key) from failure.error
        if isinstance(failure.error, Unavailable) and failure.error.retry_after is None:
            failure.error.retry_after = failure.retry_after
        raise failure.error

    def foreign(self, error: Exception) -> Failure:
        """An error that no wire translated."""
        told = ProtocolError(f"{self.action.what}: {type(error).__name__}: {error}")
        told.__cause__ = error
        return Failure(Kind.REFUSED if self.safety is Safety.READ else Kind.BROKEN, told)

    def _out_of_time(self) -> WorkplaceError:
        text = f"{self.action.what}: the time limit of {self.call.session.time_limit:g} s was reached"
        return OutcomeUnknown(text, key=self.call.key) if self.in_doubt else Unavailable(text)


def _tried(action: Action[Any], call: Call) -> Any:
    course = _Course(action, call)
    while True:
        attempt = course.next_attempt()
        try:
            answer = action.perform(attempt)
        except (WorkplaceError, UsageError):
            raise
        except Failure as failure:
            wait = course.wait_after(failure)
        except Exception as error:  # noqa: BLE001 - foreign errors do not cross our surface
            wait = course.wait_after(course.foreign(error))
        else:
            course.done()
            return answer
        time.sleep(wait)


async def _tried_async(action: Action[Any], call: Call) -> Any:
    import asyncio

    course = _Course(action, call)
    while True:
        attempt = course.next_attempt()
        try:
            answer = await (_within(action, attempt) if action.native_async else _in_thread(action, attempt, call))
        except (WorkplaceError, UsageError):
            raise
        except Failure as failure:
            wait = course.wait_after(failure)
        except Exception as error:  # noqa: BLE001 - foreign errors do not cross our surface
            wait = course.wait_after(course.foreign(error))
        except asyncio.CancelledError:
            attempt.abandoned = True
            raise
        else:
            course.done()
            return answer
        await asyncio.sleep(wait)


async def _within(action: Action[Any], attempt: Attempt) -> Any:
    """Perform in the event loop; what still waits at the deadline is cancelled, and closes what it had open."""
    import asyncio

    try:
        async with asyncio.timeout(attempt.remaining()):
            return await action.aperform(attempt)
    except TimeoutError:
        raise Failure(Kind.LOST, Unavailable(f"{action.what}: no answer within the time limit")) from None


async def _in_thread(action: Action[Any], attempt: Attempt, call: Call) -> Any:
    """Perform in a worker thread; the time spent waiting for a free one counts."""
    import asyncio

    def perform() -> Any:
        if attempt.abandoned or attempt.remaining() <= 0:
            raise Failure(Kind.NOT_SENT, Unavailable(f"{action.what}: no worker thread was free in time"))
        return action.perform(attempt)

    return await asyncio.wrap_future(call.session.threads.submit(perform))


def _side_by_side(wanted: All[Any], call: Call) -> tuple[Any, ...]:
    bodies = wanted.bodies()
    if in_worker() or len(bodies) < 2:
        return tuple(_drive(body, call) for body in bodies)
    from concurrent.futures import wait

    futures = [call.session.threads.submit(partial(_drive, body, call)) for body in bodies]
    wait(futures)
    return tuple(future.result() for future in futures)


async def _side_by_side_async(wanted: All[Any], call: Call) -> tuple[Any, ...]:
    import asyncio

    async def one(body: Steps[Any]) -> Any:
        return await arun(body, call)

    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(one(body)) for body in wanted.bodies()]
    try:
        return tuple(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
