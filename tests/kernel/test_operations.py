"""Operations: what the class statement checks, what a call does before and after its body, both colours, threads, forks."""

from __future__ import annotations

import asyncio
import os
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs import evolve

from workplace_sdk.kernel import errors
from workplace_sdk.kernel.access import Access
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.effects import All, Blocking, Page, PageSteps, Pause, Steps
from workplace_sdk.kernel.errors import (
    InvalidInput,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    ProtocolError,
    TooMuch,
    Unauthorized,
    Unavailable,
    UsageError,
)
from workplace_sdk.kernel.failures import Failure, Kind, Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import Service, pages, read, settled, write
from workplace_sdk.kernel.paging import gather
from workplace_sdk.kernel.session import Call, Outcome, Session
from workplace_sdk.kernel.support import Absent, HandOff, Link, Native


class Greeting(Service, service="greeting"):
    @read(access=Access("greeting.read"), features={"loud": lambda a: a["loud"]}, measures={"length": lambda a: len(a["name"])})
    def hello(self, name: str, *, loud: bool = False) -> Steps[str]:
        raise self.unsupported("hello")
        yield

    @read
    def twice(self, name: str) -> Steps[str]:
        raise self.unsupported("twice")
        yield

    @read(derived_from=("hello",))
    def polite(self, name: str) -> Steps[str]:
        return "Dear " + (yield from self.hello.steps(name))

    @write(Safety.ONCE)
    def send(self, name: str, *, key: Key | None = None) -> Steps[str]:
        raise self.unsupported("send")
        yield

    @pages
    def all(self, number: int) -> PageSteps[int]:
        raise self.unsupported("all")
        yield Page(())


class Mine(Greeting):
    handoffs = {"twice": HandOff("their form", "https://x.example/{name}", ("name",))}
    absent = {"all": "there is no list"}

    @read(support=Native(without={"loud"}, limits={"length": 5}))
    def hello(self, name: str, *, loud: bool = False) -> Steps[str]:
        return (yield from Blocking(lambda: f"hello {name}", harmless=True))

    @write(Safety.KEYED)
    def send(self, name: str, *, key: Key | None = None) -> Steps[str]:
        yield from Blocking(lambda: None, key=key)
        return f"{name} {key}"


class Paging(Greeting):
    closed = 0

    @pages
    def all(self, number: int) -> PageSteps[int]:
        try:
            for index in range(number):
                got = yield from Blocking(lambda index=index: index)
                yield Page([got * 2, got * 2 + 1], gaps=(Gap("c", Missing.SIZE_LIMIT),) if index == 1 else ())
        finally:
            type(self).closed += 1

    @read
    def twice(self, name: str) -> Steps[str]:
        return str((yield from gather(self.all.steps(int(name)), 5)))


def make(kind: type[Any], **session: Any) -> Any:
    return kind(Connector("c", None), Session(**session))


def test_support_is_what_is_overridden() -> None:
    service = make(Mine)
    assert isinstance(service.hello.support, Native)
    assert isinstance(service.polite.support, Native)
    assert service.polite("ana") == "Dear hello ana"
    assert service.all.support == Absent("there is no list")
    assert service.twice.handoff("a b/c") == Link("their form", "https://x.example/a%20b%2Fc")
    assert service.hello.handoff("x") is None
    with pytest.raises(NotSupported) as error:
        service.twice("ana")
    assert error.value.handoff is not None
    assert "https://x.example/" in error.value.sentence("nl")


def test_what_cannot_be_expressed_is_refused_before_anything_is_sent() -> None:
    service = make(Mine)
    assert service.hello("abcde") == "hello abcde"
    with pytest.raises(TooMuch) as limit:
        service.hello("abcdef")
    assert limit.value.field == "length"
    assert limit.value.sentence("nl") == "Te veel (length): het is 6, er kan hoogstens 5."
    with pytest.raises(NotSupported) as feature:
        service.hello("ana", loud=True)
    assert feature.value.field == "loud"


def test_overrides_that_do_not_keep_to_the_interface_are_refused() -> None:
    with pytest.raises(TypeError, match="signature"):

        class Signature(Greeting):
            @read
            def hello(self, name: str, *, quiet: bool = False) -> Steps[str]:  # type: ignore[assignment]
                return name
                yield

    with pytest.raises(TypeError, match="stay a @read"):

        class Kind(Greeting):
            @write(Safety.ONCE)
            def twice(self, name: str, *, key: Key | None = None) -> Steps[str]:  # type: ignore[assignment]
                return name
                yield

    with pytest.raises(TypeError, match="decorate it"):

        class Undecorated(Greeting):
            def twice(self, name: str) -> str:  # type: ignore[assignment]
                return name

    with pytest.raises(TypeError, match="reconciles"):

        class Findable(Greeting):
            @write(Safety.FINDABLE)
            def send(self, name: str, *, key: Key | None = None) -> Steps[str]:
                return name
                yield

    with pytest.raises(TypeError, match="without names"):

        class Feature(Greeting):
            @read(support=Native(without={"wings"}))
            def hello(self, name: str, *, loud: bool = False) -> Steps[str]:
                return name
                yield

    with pytest.raises(TypeError, match="no operation"):

        class More(Greeting):
            @read
            def goodbye(self, name: str) -> Steps[str]:
                return name
                yield

    with pytest.raises(TypeError, match="no \\*args"):

        class Star(Greeting):
            @read
            def twice(self, *name: str) -> Steps[str]:  # type: ignore[assignment]
                return ""
                yield

    with pytest.raises(TypeError, match="'key"):

        @write(Safety.ONCE)
        def keyless(self, name: str) -> Steps[str]:
            return name
            yield

    with pytest.raises(TypeError, match="takes what that takes"):

        class Previewed(Greeting):
            @write(Safety.ONCE)
            def send(self, name: str, *, key: Key | None = None) -> Steps[str]:
                return name
                yield

            @send.previews  # type: ignore[arg-type]
            def previewed(self, name: str) -> Steps[Any]:
                return name
                yield

    with pytest.raises(TypeError, match="takes 'key' and nothing else"):

        class Reconciled(Greeting):
            @write(Safety.FINDABLE)
            def send(self, name: str, *, key: Key | None = None) -> Steps[str]:
                return name
                yield

            @send.reconciles  # type: ignore[arg-type]
            def found(self, key: Key, name: str) -> Steps[str | None]:
                return name
                yield

    with pytest.raises(TypeError, match="no operation of an interface"):

        class Nowhere(Service):
            @read
            def hello(self, name: str) -> Steps[str]:
                return name
                yield


def test_a_service_may_be_put_together_from_parts() -> None:
    class Hello(Greeting):
        @read
        def hello(self, name: str, *, loud: bool = False) -> Steps[str]:
            return f"hello {name}"
            yield

    class Send(Greeting):
        @write(Safety.KEYED)
        def send(self, name: str, *, key: Key | None = None) -> Steps[str]:
            return f"sent {name}"
            yield

    class Both(Hello, Send):
        pass

    class More(Both):
        @read
        def twice(self, name: str) -> Steps[str]:
            return name * 2
            yield

    service = make(More)
    assert (service.hello("a"), service.send("a"), service.twice("a")) == ("hello a", "sent a", "aa")
    assert {name for name in More.operations() if isinstance(service.support_of(name), Native)} == {
        "hello",
        "send",
        "twice",
        "polite",
    }
    assert service.send.safety is Safety.KEYED


def test_arguments_are_checked_as_python_does() -> None:
    service = make(Mine)
    for bad in (
        lambda: service.hello(),
        lambda: service.hello("a", "b"),
        lambda: service.hello("a", name="b"),
        lambda: service.hello("a", x=1),
    ):
        with pytest.raises(TypeError):
            bad()


class Remembered:
    def __init__(self) -> None:
        self.told: list[tuple[str, Outcome, str | None]] = []

    def record(self, call: Call, outcome: Outcome, error: errors.WorkplaceError | None = None) -> Steps[None]:
        self.told.append((call.name, outcome, error.code if error else None))
        return
        yield


class Closed:
    def allow(self, call: Call) -> Steps[None]:
        raise Unauthorized("no", identity="ana")
        yield


def test_writes_and_refusals_are_written_down() -> None:
    audit = Remembered()
    service = make(Mine, audit=audit)
    assert service.send("ana", key=Key("k")) == "ana k"
    service.hello("ana")
    assert audit.told == [("greeting.send", Outcome.INTENDED, None), ("greeting.send", Outcome.DONE, None)]

    class Failing(Mine):
        @write(Safety.ONCE)
        def send(self, name: str, *, key: Key | None = None) -> Steps[str]:
            if name == "nobody":
                raise NotFound("nobody")
            yield from Blocking(lambda: None)
            raise KeyError("a reply that makes no sense")

    audit.told.clear()
    with pytest.raises(NotFound):
        make(Failing, audit=audit).send("nobody")
    with pytest.raises(OutcomeUnknown) as unknown:
        make(Failing, audit=audit).send("ana")
    assert unknown.value.key
    assert unknown.value.operation == "greeting.send"
    assert [outcome for _, outcome, _ in audit.told] == [Outcome.INTENDED, Outcome.REJECTED, Outcome.INTENDED, Outcome.UNKNOWN]
    audit.told.clear()
    with pytest.raises(Unauthorized):
        make(Mine, audit=audit, gate=Closed()).hello("ana")
    assert audit.told == [("greeting.hello", Outcome.REFUSED, "unauthorized")]


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_what_the_system_itself_refuses_is_written_down_too(colour: str) -> None:
    class Refused(Greeting):
        @read
        def twice(self, name: str) -> Steps[str]:
            raise Unauthorized("HTTP 403", identity="service account")
            yield

        @pages
        def all(self, number: int) -> PageSteps[int]:
            yield Page([1])
            raise Unauthorized("HTTP 403")

    audit = Remembered()
    service = make(Refused, audit=audit)

    async def every() -> None:
        async for _ in service.all.aio(1):
            pass

    with pytest.raises(Unauthorized):
        service.twice("x") if colour == "sync" else asyncio.run(service.twice.aio("x"))
    with pytest.raises(Unauthorized):
        list(service.all(1)) if colour == "sync" else asyncio.run(every())
    assert audit.told == [
        ("greeting.twice", Outcome.REFUSED, "unauthorized"),
        ("greeting.all", Outcome.REFUSED, "unauthorized"),
    ]


class Broken:
    """A log that cannot be written, from its *working*-th row on."""

    def __init__(self, working: int) -> None:
        self.working = working

    def record(self, call: Call, outcome: Outcome, error: errors.WorkplaceError | None = None) -> Steps[None]:
        self.working -= 1
        if self.working < 0:
            raise Unavailable("the log is full")
        return
        yield


def test_nothing_is_done_that_cannot_be_written_down(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[str] = []

    class Sending(Greeting):
        @write(Safety.ONCE)
        def send(self, name: str, *, key: Key | None = None) -> Steps[str]:
            yield from Blocking(lambda: sent.append(name))
            return name

    with pytest.raises(Unavailable, match="full"):
        make(Sending, audit=Broken(0)).send("ana")
    assert sent == []
    assert make(Sending, audit=Broken(1)).send("ana") == "ana"  # it was done: that is what the caller has to know
    assert "not recorded: done greeting.send" in caplog.text
    with pytest.raises(Unauthorized):  # and a refusal stays one
        make(Sending, audit=Broken(0), gate=Closed()).send("ana")
    assert sent == ["ana"]


@pytest.mark.parametrize("key", ["", "two words", "é", "a\r\nX-Evil: 1", "x" * 201, 7])
def test_a_key_that_other_systems_could_not_carry_is_refused(key: Any) -> None:
    service = make(Mine)
    for use in (
        lambda: service.send("ana", key=key),
        lambda: service.send.preview("ana", key=key),
        lambda: service.send.reconcile(key),
    ):
        with pytest.raises(InvalidInput) as refused:
            use()
        assert refused.value.field == "key"


def test_a_key_is_made_when_none_is_given() -> None:
    service = make(Mine)
    first, second = service.send("ana").split()[1], service.send("ana").split()[1]
    assert first != second
    assert first.isalnum()
    assert len(first) == 26


def test_what_became_of_a_write_is_asked_with_its_key() -> None:
    class Kept(Greeting):
        sent: dict[Key | None, str] = {}

        @write(Safety.FINDABLE)
        def send(self, name: str, *, key: Key | None = None) -> Steps[str]:
            yield from Blocking(lambda: self.sent.update({key: name}))
            raise KeyError("an answer that makes no sense")

        @send.reconciles
        def found(self, key: Key) -> Steps[str | None]:
            return (yield from Blocking(lambda: self.sent.get(key), harmless=True))

    service = make(Kept)
    with pytest.raises(OutcomeUnknown) as unknown:
        service.send("ana")
    assert unknown.value.key is not None
    assert unknown.value.operation == "greeting.send"
    assert service.send.reconcile(unknown.value.key) == "ana"
    assert asyncio.run(service.send.reconcile.aio(unknown.value.key)) == "ana"
    assert service.send.reconcile(Key("another")) is None
    with pytest.raises(NotSupported, match="repeat the call with the same key"):
        make(Mine).send.reconcile(Key("k"))

    class Once(Greeting):
        @write(Safety.ONCE)
        def send(self, name: str, *, key: Key | None = None) -> Steps[str]:
            return name
            yield

    with pytest.raises(NotSupported, match="its own screens"):
        make(Once).send.reconcile(Key("k"))
    with pytest.raises(NotSupported, match="no preview") as refused:
        make(Once).send.preview("ana")
    assert refused.value.connection == "c"


def test_a_connector_may_narrow_what_a_repeat_does() -> None:
    class Narrowed(Mine):
        def safety_of(self, name: str) -> Safety:
            return Safety.ONCE if name == "send" else super().safety_of(name)

    sent: list[str] = []

    class Lost(Narrowed):
        @write(Safety.KEYED)
        def send(self, name: str, *, key: Key | None = None) -> Steps[str]:
            def fail() -> None:
                sent.append(name)
                raise Failure(Kind.LOST, Unavailable("no answer"))

            yield from Blocking(fail, key=key)
            return name

    service = make(Lost)
    assert service.send.safety is Safety.ONCE
    with pytest.raises(OutcomeUnknown):
        service.send("ana")
    assert sent == ["ana"]


def test_a_bug_in_a_reading_body_is_told_as_ours() -> None:
    class Buggy(Greeting):
        @read
        def twice(self, name: str) -> Steps[str]:
            yield from Blocking(lambda: None)
            return {}["missing"]  # type: ignore[no-any-return, index]

    with pytest.raises(ProtocolError) as error:
        make(Buggy).twice("x")
    assert isinstance(error.value.__cause__, KeyError)
    assert error.value.connection == "c"


def test_pages_in_both_colours_and_their_end() -> None:
    service = make(Paging)
    found = service.all(3)
    assert list(found) == [0, 1, 2, 3, 4, 5]
    assert [gap.why for gap in found.gaps] == [Missing.SIZE_LIMIT]
    assert service.twice("9") == "(0, 1, 2, 3, 4)"

    async def listed() -> list[int]:
        return [number async for number in service.all.aio(2)]

    assert asyncio.run(listed()) == [0, 1, 2, 3]
    before = Paging.closed
    for _ in service.all(5):
        break
    started = service.all(5)
    next(started)
    started.close()
    assert list(started) == []

    async def early() -> None:
        async with service.all.aio(5) as numbers:
            async for _ in numbers:
                break

    asyncio.run(early())
    assert Paging.closed == before + 3


def test_a_deadline_is_for_each_page() -> None:
    class Slow(Greeting):
        @pages
        def all(self, number: int) -> PageSteps[int]:
            for index in range(number):
                yield from Pause(0.15)
                yield Page([index])

    assert list(make(Slow, time_limit=0.25).all(4)) == [0, 1, 2, 3]
    with pytest.raises(Unavailable):
        list(make(Slow, time_limit=0.1).all(1))


def test_a_blocking_call_in_a_running_loop_names_the_other_one() -> None:
    service = make(Mine)

    async def wrong() -> None:
        with pytest.raises(UsageError, match=r"await greeting\.hello\.aio"):
            service.hello("ana")
        with pytest.raises(UsageError):
            make(Paging).all(1)

    asyncio.run(wrong())


def test_an_operation_called_inside_a_body_is_noticed() -> None:
    class Nested(Mine):
        @read
        def twice(self, name: str) -> Steps[str]:
            return self.hello(name)
            yield

    with pytest.raises(UsageError, match="yield from"):
        make(Nested).twice("ana")
    with pytest.raises(UsageError, match="yield from"):
        asyncio.run(make(Nested).twice.aio("ana"))


def test_a_yield_without_from_is_noticed() -> None:
    class Forgot(Greeting):
        @read
        def twice(self, name: str) -> Steps[str]:
            yield "an effect"  # type: ignore[misc]
            return name

    with pytest.raises(UsageError, match="no effect"):
        make(Forgot).twice("x")


class Meeting(Greeting):
    """Parts that can only end together."""

    @read
    def twice(self, name: str) -> Steps[str]:
        gate = threading.Barrier(3, timeout=5)
        parts = yield from All(*(Blocking(gate.wait) for _ in range(3)))
        return str(sorted(parts))

    @read
    def hello(self, name: str, *, loud: bool = False) -> Steps[str]:
        def bad() -> None:
            raise Unavailable("part")

        inner: Steps[Any] = self.twice.steps(name)
        one, other = yield from All(settled(iter(Blocking(bad))), inner)
        return f"{type(one).__name__} {other}"

    @read
    def polite(self, name: str) -> Steps[str]:
        def bad() -> None:
            raise Unavailable("part")

        yield from All(Blocking(bad), Pause(0.01))
        return "never"


def test_parts_run_side_by_side_in_both_colours() -> None:
    service = make(Meeting)
    assert service.twice("x") == "[0, 1, 2]"
    assert asyncio.run(service.twice.aio("x")) == "[0, 1, 2]"
    with pytest.raises(Unavailable, match="part"):
        service.polite("x")
    with pytest.raises(Unavailable, match="part"):
        asyncio.run(service.polite.aio("x"))


def test_parts_inside_parts_do_not_wait_for_each_other_for_ever() -> None:
    class Deep(Greeting):
        @read
        def twice(self, name: str) -> Steps[str]:
            if len(name) > 3:
                return name
            parts = yield from All(*(self.twice.steps(name + letter) for letter in "abc"))
            return ",".join(parts)

    for colour in (lambda s: s.twice(""), lambda s: asyncio.run(s.twice.aio(""))):
        assert len(colour(make(Deep)).split(",")) == 81


def test_sixteen_threads_use_one_service() -> None:
    service = make(Mine)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda number: service.hello(str(number)), range(500))) == [
            f"hello {number}" for number in range(500)
        ]


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # from 3.12 on
def test_a_child_process_goes_on_by_itself() -> None:
    service = make(Meeting)
    assert service.twice("x") == "[0, 1, 2]"  # worker threads exist now; they do not in a child
    child = os.fork()
    if child == 0:
        os._exit(0 if service.twice("x") == "[0, 1, 2]" else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert service.twice("x") == "[0, 1, 2]"


def test_cancelling_leaves_no_thread_beyond_its_own_limit() -> None:
    class Slow(Greeting):
        @read
        def twice(self, name: str) -> Steps[str]:
            yield from Blocking(lambda: time.sleep(0.3))
            raise AssertionError("nobody waits any more")

    async def cancelled() -> None:
        service = make(Slow)
        task = asyncio.create_task(service.twice.aio("x"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        service.session.threads.close()

    asyncio.run(cancelled())
    end = time.monotonic() + 30
    while time.monotonic() < end and any(one.name.startswith("workplace") for one in threading.enumerate()):
        time.sleep(0.02)
    assert not [one.name for one in threading.enumerate() if one.name.startswith("workplace")]


def test_a_listing_is_a_tuple_that_says_what_is_missing() -> None:
    listing = Listing([1, 2], gaps=[Gap("c", Missing.NO_ANSWER)], answered=["a"])
    assert listing == (1, 2)
    assert not listing.complete
    again = pickle.loads(pickle.dumps(listing))
    assert (again, again.gaps, again.answered) == (listing, listing.gaps, ("a",))
    assert evolve(Gap("c", Missing.NO_ANSWER), why=Missing.SIZE_LIMIT).why is Missing.SIZE_LIMIT
