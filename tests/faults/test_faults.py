"""What goes wrong between a connector and its server: the right error of ours, in time, and never done twice.

The table at the end of the run says which faults each system met.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.faults.proxy import BEFORE, TLS, Fault, Proxy
from tests.faults.systems import FAULTS, SYSTEMS, System
from tests.faults.table import PROPERTY
from tests.servers.certificates import Certificates
from workplace_sdk.kernel.errors import ConfigError, OutcomeUnknown, ProtocolError, Unavailable, WorkplaceError
from workplace_sdk.kernel.failures import Retrying, Safety
from workplace_sdk.kernel.keys import new_key

PATIENT = 20.0
"""Seconds for a call whose fault shows at once: a server that is slow today is no fault."""
SLACK = 2.0
WAITED_OUT = frozenset({Fault.SILENT, Fault.DELAY, Fault.LATE, Fault.TRICKLE, Fault.HUGE})
_CASES = [(name, fault) for name, faults in FAULTS.items() for fault in faults]
_BY_TURNS = [
    pytest.param(name, fault, (row + column) % 2 == 1, id=f"{name}-{fault}-{'awaited' if (row + column) % 2 else 'blocking'}")
    for row, (name, faults) in enumerate(FAULTS.items())
    for column, fault in enumerate(faults)
]
"""Reads in one colour each: every fault meets both, on one system or another. Writes meet all in both."""


@pytest.fixture(scope="module")
def running() -> Iterator[Callable[[str], System]]:
    """The systems, each started when it is first asked for."""
    monkeypatch = pytest.MonkeyPatch()
    made: dict[str, System] = {}

    def get(name: str) -> System:
        if name not in made:
            made[name] = SYSTEMS[name](monkeypatch)
        return made[name]

    yield get
    for system in made.values():
        system.stop()
    monkeypatch.undo()


class Between:
    """A connector whose way to the server meets a fault."""

    def __init__(self, system: System, fault: Fault, certificates: Certificates, *, awaited: bool) -> None:
        self.system, self.fault, self.awaited = system, fault, awaited
        self.proxy: Proxy = system.proxy(system.port, certificates.folder, fault=fault)
        self.deadline = system.deadline if fault in WAITED_OUT else PATIENT
        self.proxy.deadline = self.deadline
        self.proxy.matches = lambda _request: False
        tls = fault in TLS
        address = system.address(self.proxy.port, tls=tls)
        retrying = Retrying(attempts=3, base=0.01)
        self.service = system.opened(address, certificates.ca if tls else None, time_limit=self.deadline, retrying=retrying)
        if not tls:
            self.calm()

    def calm(self) -> None:
        """Learn what the connector keeps in memory, before anything goes wrong; and afterwards, whether all is well again."""
        before, self.proxy.matches = self.proxy.matches, lambda _request: False
        self.service.session = self.service.session.within(30)
        operation, arguments = self.system.reading()
        self._called(operation, arguments, {})
        self.service.session = self.service.session.within(self.deadline)
        self.proxy.matches = before

    def call(self, operation: str, arguments: tuple[Any, ...], **others: Any) -> tuple[Any, float]:
        """What a call came to, answer or error, and how many seconds it took."""
        start = time.monotonic()
        try:
            came: Any = self._called(operation, arguments, others)
        except WorkplaceError as error:
            came = error
        return came, time.monotonic() - start

    def _called(self, operation: str, arguments: tuple[Any, ...], others: dict[str, Any]) -> Any:
        bound = getattr(self.service, operation)
        if not self.awaited:
            return bound(*arguments, **others)

        async def whole() -> Any:
            try:
                return await bound.aio(*arguments, **others)
            finally:
                await self.service.connection.aclose()

        return asyncio.run(whole())

    def ended(self) -> None:
        """Nothing of it is left: no place taken, no connection open."""
        http = getattr(self.service.connection, "http", None) or getattr(
            getattr(self.service.connection, "soap", None), "http", None
        )
        if http is not None:
            assert http.clients.slots.taken == 0, "a place of the pool was not given back"
        self.service.connection.close()
        end = time.monotonic() + 10
        while self.proxy.open and time.monotonic() < end:
            time.sleep(0.02)
        left = self.proxy.open
        self.proxy.stop()
        assert left == 0, "a connection was left open"


@pytest.fixture
def between(running: Callable[[str], System], certificates: Certificates) -> Iterator[Callable[..., Between]]:
    made: list[Between] = []

    def make(name: str, fault: Fault, *, awaited: bool) -> Between:
        made.append(Between(running(name), fault, certificates, awaited=awaited))
        return made[-1]

    yield make
    for one in made:
        one.ended()


@pytest.fixture(autouse=True)
def _in_the_table(name: str, fault: Fault, record_property: Callable[[str, object], None]) -> None:
    record_property(PROPERTY, f"{name}|{fault}")


colours = pytest.mark.parametrize("awaited", [False, True], ids=["blocking", "awaited"])


@pytest.mark.parametrize(("name", "fault", "awaited"), _BY_TURNS)
def test_a_read(between: Any, name: str, fault: Fault, *, awaited: bool) -> None:
    one = between(name, fault, awaited=awaited)
    operation, arguments = one.system.reading()
    one.proxy.matches = lambda _request: True
    came, took = one.call(operation, arguments)
    assert took < one.deadline + SLACK, f"it took {took:.1f} s"
    if fault in TLS:
        assert isinstance(came, ConfigError), came
    elif fault is Fault.CHARSET:
        assert not isinstance(came, WorkplaceError), came  # JSON and XML say themselves what they are in
    elif fault in (Fault.HTML, Fault.HTML_AFTER):
        assert isinstance(came, ProtocolError), came
    else:
        assert isinstance(came, Unavailable | ProtocolError), came
        assert not (fault in WAITED_OUT - {Fault.HUGE} and isinstance(came, ProtocolError)), came
    if fault not in TLS:
        assert one.proxy.met, "the fault was not met"
        one.calm()


@colours
@pytest.mark.parametrize(("name", "fault"), _CASES)
def test_a_write(between: Any, name: str, fault: Fault, *, awaited: bool) -> None:
    one = between(name, fault, awaited=awaited)
    operation, arguments, done = one.system.writing()
    one.proxy.matches = one.system.writes
    key = new_key()
    came, took = one.call(operation, arguments, key=key)
    assert took < one.deadline + SLACK, f"it took {took:.1f} s"
    one.proxy.finish()
    times = done()
    assert times <= 1, f"it was done {times} times"
    if isinstance(came, OutcomeUnknown):
        assert fault not in (Fault.TOO_MANY, Fault.TOO_MANY_AFTER, Fault.DOWN_AFTER, *TLS), (
            "the other side said that it was not done"
        )
        assert came.key == key
    elif isinstance(came, WorkplaceError):
        assert times == 0, f"it was done, and the caller is told {came!r}"
    else:
        assert times == 1, "the caller is told that it was done"
    if fault in TLS:
        assert isinstance(came, ConfigError), came
    else:
        assert one.proxy.met, "the fault was not met"
        assert fault not in BEFORE or times == 0
        one.calm()
    if isinstance(came, OutcomeUnknown) and getattr(one.service, operation).safety is not Safety.ONCE:
        one.service.session = one.service.session.within(30)
        one.proxy.matches = lambda _request: False
        found = getattr(one.service, operation).reconcile(key)
        assert (found is not None) == bool(times), "reconcile says what became of it"


@colours
@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
def test_a_fault_that_passes(between: Any, name: str, fault: Fault, *, awaited: bool) -> None:
    """Once cut: what the system recognises by its key is done by itself, once; the rest is left to who asked."""
    one = between(name, fault, awaited=awaited)
    operation, arguments, done = one.system.writing()
    one.proxy.matches = lambda request: one.system.writes(request) and one.proxy.met == 0
    one.service.session = one.service.session.within(30)
    came, _ = one.call(operation, arguments, key=new_key())
    assert one.proxy.met == 1
    if getattr(one.service, operation).safety is Safety.KEYED:
        assert not isinstance(came, WorkplaceError), came
        assert done() == 1
    else:
        assert isinstance(came, OutcomeUnknown), came
        assert done() == (fault is Fault.CUT_AFTER)
