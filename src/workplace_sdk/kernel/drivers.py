"""The two drivers: they perform what bodies ask for, one blocking, one async, by one table of decisions."""

from __future__ import annotations

import logging
import random
import sys
import threading
import time
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from workplace_sdk.kernel.effects import Action, All, Inner, Page, Pause
from workplace_sdk.kernel.errors import OutcomeUnknown, ProtocolError, Unavailable, UsageError, WorkplaceError
from workplace_sdk.kernel.failures import Attempt, Failure, Kind, Safety, Verdict, decide
from workplace_sdk.kernel.listing import AsyncPages, Pages
from workplace_sdk.kernel.threads import in_worker

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Effect, PageSteps, Steps
    from workplace_sdk.kernel.session import Call

log = logging.getLogger("workplace_sdk.calls")

LATE: Final = 0.25
"""Seconds after the deadline in which an awaited wire may still say itself how far it got; then it is left."""


class _Driving(threading.local):
    name: str | None = None
    """The call that this thread performs now."""


_driving = _Driving()


def run(steps: Steps[Any], call: Call) -> Any:
    """Perform *steps* here and now, blocking this thread."""
    _may_block(call)
    _driving.name = call.name
    try:
        return _drive(steps, call)
    finally:
        _driving.name = None


async def arun(steps: Steps[Any], call: Call) -> Any:
    """Perform *steps* in the running event loop."""
    _not_inside_a_body(call)
    try:
        wanted = _advanced(steps, call, None, None)
        while not isinstance(wanted, _End):
            wanted = await _answered_async(steps, wanted, call)
        return wanted.value
    finally:
        steps.close()


def run_pages(body: PageSteps[Any], call: Call) -> Pages[Any]:
    """Perform a paged body as its items are asked for."""
    _may_block(call)
    steps = cast("Generator[Any, Any, Any]", body)

    def fetch() -> Page[Any] | None:
        _may_block(call)
        call.restart_clock()
        _driving.name = call.name
        try:
            wanted = steps.send(None)
            while not isinstance(wanted, Page):
                try:
                    answer = _performed(wanted, call)
                except WorkplaceError as error:
                    wanted = steps.throw(error)
                else:
                    wanted = steps.send(answer)
        except StopIteration:
            return None
        except BaseException:
            steps.close()
            raise
        finally:
            _driving.name = None
        return wanted  # pyright: ignore[reportUnknownVariableType] - isinstance() leaves its items open

    return Pages(fetch, lambda: _closed(steps))


def arun_pages(body: PageSteps[Any], call: Call) -> AsyncPages[Any]:
    """Perform a paged body in the running event loop as its items are asked for."""
    _not_inside_a_body(call)
    steps = cast("Generator[Any, Any, Any]", body)

    async def fetch() -> Page[Any] | None:
        call.restart_clock()
        try:
            wanted = _advanced(steps, call, None, None)
            while not isinstance(wanted, Page | _End):
                wanted = await _answered_async(steps, wanted, call)
        except BaseException:
            steps.close()
            raise
        return None if isinstance(wanted, _End) else wanted  # pyright: ignore[reportUnknownVariableType] - as above

    return AsyncPages(fetch, lambda: _closed(steps))


class _End:
    """A body returned *value*. (A ``StopIteration`` cannot leave a coroutine.)"""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _closed(steps: Any) -> None:
    """End a paged body; not from inside itself, when the last reference to its pages goes while it runs."""
    if not steps.gi_running:
        steps.close()


def _drive(steps: Generator[Any, Any, Any], call: Call) -> Any:
    try:
        wanted = steps.send(None)
        while True:
            try:
                answer = _performed(wanted, call)
            except WorkplaceError as error:
                wanted = steps.throw(error)
            else:
                wanted = steps.send(answer)
    except StopIteration as end:
        return end.value
    finally:
        steps.close()


async def _answered_async(steps: Generator[Any, Any, Any], wanted: Any, call: Call) -> Any:
    try:
        answer = await _performed_async(wanted, call)
    except WorkplaceError as error:
        return _advanced(steps, call, None, error)
    return _advanced(steps, call, answer, None)


def _advanced(steps: Generator[Any, Any, Any], call: Call, answer: Any, error: BaseException | None) -> Any:
    """What the body wants next. The thread is ours while the body runs, and the event loop's again while it waits."""
    outer = _driving.name
    _driving.name = call.name
    try:
        return steps.send(answer) if error is None else steps.throw(error)
    except StopIteration as end:
        return _End(end.value)
    finally:
        _driving.name = outer


def _not_inside_a_body(call: Call) -> None:
    """A call inside a call would have a time limit, a caller and an audit entry of its own, and could wait for itself."""
    outer = _driving.name
    if outer is not None or in_worker():
        inside = f"inside {outer}" if outer else "inside an effect"
        raise UsageError(f"{call.name} was called {inside}: in a body use 'yield from' on its .steps(...)")


def _may_block(call: Call) -> None:
    _not_inside_a_body(call)
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001 - as get_running_loop, without an exception each time
        raise UsageError(f"{call.name} would block the running event loop: {call.awaited} instead")


def _performed(wanted: Effect[Any], call: Call) -> Any:
    if isinstance(wanted, Action):
        return _tried(wanted, call)
    if isinstance(wanted, Pause):
        time.sleep(_pause(wanted, call))
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
        import asyncio

        await asyncio.sleep(_pause(wanted, call))
        return None
    if isinstance(wanted, All):
        return await _side_by_side_async(wanted, call)
    if isinstance(wanted, Inner):
        with call.around(wanted.call):
            return await arun(wanted.steps, wanted.call)
    raise _not_an_effect(wanted)


def _not_an_effect(wanted: object) -> UsageError:
    return UsageError(f"a body yielded {type(wanted).__name__}, which is no effect: write 'yield from'")


def _pause(pause: Pause, call: Call) -> float:
    if pause.seconds >= call.remaining():
        raise Unavailable(f"a pause of {pause.seconds:g} s would end after the deadline", retry_after=pause.seconds)
    return max(0.0, pause.seconds)


class _Course:
    """One action through its attempts."""

    __slots__ = ("action", "attempt", "call", "in_doubt", "number", "safety")

    def __init__(self, action: Action[Any], call: Call) -> None:
        self.action = action
        self.call = call
        self.safety = Safety.READ if action.harmless else call.safety
        self.number = 0
        self.in_doubt = False
        self.attempt: Attempt

    def next_attempt(self) -> Attempt:
        """The next attempt; nothing starts after the deadline."""
        if self.call.remaining() <= 0:
            raise self._out_of_time()
        self.number += 1
        self.attempt = Attempt(deadline=self.call.deadline, number=self.number, now=self.call.session.now)
        return self.attempt

    def done(self) -> None:
        if self.safety is not Safety.READ:
            self.call.landed = True

    def cancelled(self) -> None:
        """Nobody waits for the attempt any more; of a write nobody will know whether it was done."""
        self.attempt.abandoned = True
        if self.attempt.begun and self.safety is not Safety.READ:
            self.call.in_doubt = True

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
            log.info("%s: %s, again in %.1f s", self.call.name, failure.error.message, decision.wait)
            self.in_doubt |= failure.kind in (Kind.LOST, Kind.BROKEN)
            return decision.wait
        if decision.verdict is Verdict.UNKNOWN:
            raise self._unknown(f"{self.action.what}: {failure.error.message}") from failure.error
        if isinstance(failure.error, Unavailable) and failure.error.retry_after is None:
            failure.error.retry_after = failure.retry_after
        raise failure.error

    def foreign(self, error: Exception) -> Failure:
        """An error that no wire translated; or that of one which read an answer that makes no sense."""
        if isinstance(error, TimeoutError | ConnectionError):
            told: WorkplaceError = Unavailable(f"{self.action.what}: {type(error).__name__}")
            kind = Kind.LOST
        else:
            told = error if isinstance(error, ProtocolError) else self.call.foreign(error, self.action.what)
            kind = Kind.REFUSED if self.safety is Safety.READ else Kind.BROKEN
        if told is not error:
            told.__cause__ = error
        return Failure(kind, told)

    def _out_of_time(self) -> WorkplaceError:
        text = f"{self.action.what}: the time limit of {self.call.session.time_limit:g} s was reached"
        return self._unknown(text) if self.in_doubt and self.safety is not Safety.READ else Unavailable(text)

    def _unknown(self, text: str) -> OutcomeUnknown:
        self.call.in_doubt = True
        return OutcomeUnknown(text, key=self.call.key)


def _tried(action: Action[Any], call: Call) -> Any:
    course = _Course(action, call)
    while True:
        attempt = course.next_attempt()
        try:
            attempt.begun = True
            answer = action.perform(attempt)
        except Failure as failure:
            wait = course.wait_after(failure)
        except ProtocolError as error:
            wait = course.wait_after(course.foreign(error))
        except (WorkplaceError, UsageError):
            raise
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
        except Failure as failure:
            wait = course.wait_after(failure)
        except ProtocolError as error:
            wait = course.wait_after(course.foreign(error))
        except (WorkplaceError, UsageError):
            raise
        except Exception as error:  # noqa: BLE001 - foreign errors do not cross our surface
            wait = course.wait_after(course.foreign(error))
        except asyncio.CancelledError:
            course.cancelled()
            raise
        else:
            course.done()
            return answer
        await asyncio.sleep(wait)


async def _within(action: Action[Any], attempt: Attempt) -> Any:
    """Perform in the event loop; what still waits after the deadline is cancelled, and closes what it had open."""
    import asyncio

    limit = asyncio.timeout(attempt.remaining() + LATE)
    try:
        async with limit:
            attempt.begun = True
            return await action.aperform(attempt)
    except TimeoutError:
        if not limit.expired():
            raise
        raise Failure(Kind.LOST, Unavailable(f"{action.what}: no answer within the time limit")) from None


async def _in_thread(action: Action[Any], attempt: Attempt, call: Call) -> Any:
    """Perform in a worker thread. Nobody waits for it beyond the deadline: neither until one is free, nor until it returns."""
    import asyncio

    def perform() -> Any:
        if attempt.abandoned or attempt.remaining() <= 0:
            raise Failure(Kind.NOT_SENT, Unavailable(f"{action.what}: no worker thread was free in time"))
        attempt.begun = True
        return action.perform(attempt)

    limit = asyncio.timeout(attempt.remaining() + LATE)
    try:
        async with limit:
            return await asyncio.wrap_future(call.session.threads.submit(perform))
    except TimeoutError:
        if not limit.expired():
            raise
        attempt.abandoned = True
        kind, text = (Kind.LOST, "no answer") if attempt.begun else (Kind.NOT_SENT, "no worker thread was free")
        raise Failure(kind, Unavailable(f"{action.what}: {text} within the time limit")) from None


def _side_by_side(wanted: All[Any], call: Call) -> tuple[Any, ...]:
    """Parts in worker threads; those for which no thread is free are done here, so that nobody waits for a thread."""
    bodies = wanted.bodies()
    if in_worker() or len(bodies) < 2:
        return tuple(_drive(body, call) for body in bodies)
    answers: list[Any] = [None] * len(bodies)
    failed: list[Exception] = []

    def part(number: int) -> None:
        try:
            if not failed:
                answers[number] = _drive(bodies[number], call)
        except Exception as error:  # noqa: BLE001 - raised below, when the others have stopped
            failed.append(error)

    futures = [call.session.threads.submit(partial(part, number)) for number in range(1, len(bodies))]
    part(0)
    for number, future in enumerate(futures, start=1):
        if future.cancel():
            part(number)
        else:
            future.result()
    if failed:
        raise failed[0]
    return tuple(answers)


async def _side_by_side_async(wanted: All[Any], call: Call) -> tuple[Any, ...]:
    import asyncio

    tasks = [asyncio.create_task(arun(body, call)) for body in wanted.bodies()]
    try:
        return tuple(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
