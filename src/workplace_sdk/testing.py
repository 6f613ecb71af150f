"""For developers of applications: a workplace in memory with a realistic organisation, a clock, and faults on demand.

As pytest fixtures (the plugin comes with the package): ``workplace`` and ``workplace_clock``. By hand:

    from workplace_sdk.testing import sample_workplace

    with sample_workplace() as office:
        office.work.as_("sanne@delinde.example").leave.balances()
        office.fail("leave.submit", Fault.UNANSWERED)     # it is written, and the answer is lost
        office.clock.move(days=3)
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, field

from workplace_sdk.connectors.local.connector import Local as LocalConnector
from workplace_sdk.connectors.local.connector import LocalSettings
from workplace_sdk.connectors.local.rooms_setup import decline
from workplace_sdk.connectors.local.sample import MAIL, ZONE, fill
from workplace_sdk.kernel.errors import OutcomeUnknown, Unavailable
from workplace_sdk.kernel.failures import Attempt, Failure, Kind, Safety
from workplace_sdk.settings import SERVICES, Settings
from workplace_sdk.workplace import Workplace, interface_of

if TYPE_CHECKING:
    from workplace_sdk.services.common import Ref
    from workplace_sdk.wires.sql import SqlBlock

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""When the sample begins: a Monday morning."""


class Fault(StrEnum):
    """What goes wrong."""

    DOWN = "down"
    """The system does not answer, and nothing is done."""
    UNANSWERED = "unanswered"
    """It is done, and the answer is lost."""
    DECLINED_LATER = "declined later"
    """The room is booked, and says no once the clock has moved on; for ``rooms.book`` only."""


@define
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Move on by days, hours, minutes ... as ``timedelta`` takes them."""
        self.now += timedelta(**by)


@define
class Sample:
    """A workplace with its clock and its faults. ``work`` calls as the HR adviser Noor; use ``work.as_`` for others."""

    work: Workplace
    clock: Clock
    local: LocalConnector
    _faults: dict[str, tuple[Fault, int]] = field(factory=dict[str, "tuple[Fault, int]"])
    _declining: list[tuple[datetime, Ref]] = field(factory=list["tuple[datetime, Ref]"])

    def person(self, login: str) -> Workplace:
        """The workplace as *login* sees it: ``sanne``, ``mehmet``, ``ingrid``, ``bram``, ``aisha`` ..."""
        return self.work.as_(f"{login}@{MAIL}")

    def fail(self, operation: str, fault: Fault, *, times: int = 1_000_000) -> None:
        """Have *operation* (``leave.submit``, or ``leave`` for every read of the service) fail as *fault*, *times* times.

        Raises:
            ValueError: There is no such write or service, or it cannot fail in that way.
        """
        service, _, name = operation.partition(".")
        if service not in SERVICES:
            raise ValueError(f"{service!r} is no service: {', '.join(SERVICES)}")
        writes = {one.name for one in interface_of(service).operations().values() if one.safety is not Safety.READ}
        if name and name not in writes:
            raise ValueError(f"{service} has no write {name!r}; it has {', '.join(sorted(writes))}")
        if fault is Fault.DECLINED_LATER and operation != "rooms.book":
            raise ValueError("only rooms.book can be declined later")
        self._faults[operation] = (fault, times)

    def heal(self) -> None:
        """End every fault."""
        self._faults.clear()

    def strike(self, what: str) -> Fault | None:
        """The fault that an exchange named *what* meets now, if any."""
        fault, times = self._faults.get(what, (None, 0))
        if fault is None or not times:
            return None
        self._faults[what] = (fault, times - 1)
        return fault

    def decline_later(self, meeting: Ref) -> None:
        """Have the rooms of *meeting* say no once the clock has moved on."""
        self._declining.append((self.clock.now, meeting))

    def decline_now(self) -> None:
        """Let rooms say no that were to do so by now."""
        due = [meeting for since, meeting in self._declining if since < self.clock.now]
        self._declining = [one for one in self._declining if one[1] not in due]
        for meeting in due:
            with self.local.database.engine().begin() as connection:
                decline(connection, int(meeting.id), "the room said no (a fault that was asked for)")


@contextmanager
def sample_workplace(*, now: datetime = MONDAY) -> Generator[Sample, None, None]:
    """A workplace for care group De Linde in a store of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="workplace-sample-") as folder:
        url = f"sqlite:///{Path(folder) / 'sample.db'}"
        clock = Clock(now)
        local = LocalConnector("main", LocalSettings(url=url, region="NL"))
        settings = Settings.checked(
            {
                "time_zone": ZONE,
                "caller": f"noor@{MAIL}",
                "store": {"url": url},
                "roles": {
                    "hr": {"people": [f"noor@{MAIL}"], "rights": ["leave.*", "audit.read", "people.forget", "import"]},
                    "finance": {"people": [f"aisha@{MAIL}"], "rights": ["expenses.*"]},
                    "helpdesk": {"people": [f"bram@{MAIL}", f"wouter@{MAIL}"], "rights": ["incidents.*"]},
                },
            }
        )
        work = Workplace(settings, now=clock, connectors={"main": local})
        with local.database.engine().begin() as connection:
            fill(connection, "main", now.year)
        sample = Sample(work, clock, local)
        _fail_where_asked(sample)
        try:
            yield sample
        finally:
            work.close()
            local.database.close()


def _fail_where_asked(sample: Sample) -> None:
    """Put the faults between the services and their store, where a network would be."""
    database = sample.local.database
    write, read = database.write, database.read

    def failing(block: SqlBlock[Any]) -> Any:
        return _Failing(block, sample)

    def failing_write(*args: Any, **kwargs: Any) -> Any:
        return failing(write(*args, **kwargs))

    def failing_read(*args: Any, **kwargs: Any) -> Any:
        return failing(read(*args, **kwargs))

    vars(database).update(write=failing_write, read=failing_read)


def _Failing(block: SqlBlock[Any], sample: Sample) -> SqlBlock[Any]:  # noqa: N802 - stands for a class of blocks
    """*block*, with the fault that was asked for."""
    from workplace_sdk.wires.sql import SqlBlock

    class Struck(SqlBlock[Any]):
        def perform(self, attempt: Attempt) -> Any:
            sample.decline_now()
            fault = sample.strike(self.what)
            if fault is Fault.DOWN:
                raise Failure(Kind.NOT_SENT, Unavailable(f"{self.what}: the system is down (a fault that was asked for)"))
            answer = super().perform(attempt)
            if fault is Fault.DECLINED_LATER:
                sample.decline_later(answer.ref)
            if fault is Fault.UNANSWERED:
                raise Failure(Kind.LOST, OutcomeUnknown(f"{self.what}: the answer was lost (a fault that was asked for)"))
            return answer

    return Struck(block.database, block.fn, block.what, block.harmless, block.key, block.writes)
