"""What is done about a failed attempt: the whole table, and both drivers by it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from workplace_sdk.kernel.drivers import arun, run
from workplace_sdk.kernel.effects import Action
from workplace_sdk.kernel.errors import OutcomeUnknown, ProtocolError, Unavailable, WorkplaceError
from workplace_sdk.kernel.failures import Attempt, Failure, Kind, Retrying, Safety, Verdict, decide, parse_retry_after
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.session import Call, Session

SAFETIES, KINDS = st.sampled_from(list(Safety)), st.sampled_from(list(Kind))
SECONDS = st.floats(0, 1000, allow_nan=False)


@given(
    safety=SAFETIES, kind=KINDS, attempt=st.integers(1, 10), in_doubt=st.booleans(), keyed=st.booleans(),
    retry_after=st.none() | SECONDS, remaining=SECONDS, attempts=st.integers(1, 6), jitter=st.floats(0.5, 1.0),
)  # fmt: skip
def test_the_whole_table(safety, kind, attempt, in_doubt, keyed, retry_after, remaining, attempts, jitter) -> None:
    retrying = Retrying(attempts=attempts, longest=20.0)
    told = decide(
        safety=safety, kind=kind, attempt=attempt, in_doubt=in_doubt, keyed=keyed, retry_after=retry_after,
        remaining=remaining, retrying=retrying, jitter=jitter,
    )  # fmt: skip
    maybe = in_doubt or kind in (Kind.LOST, Kind.BROKEN)
    if told.verdict is Verdict.RETRY:
        assert attempt < attempts
        assert kind is not Kind.REFUSED
        assert told.wait < remaining
        assert told.wait <= retrying.longest
        assert told.wait >= (retry_after or 0) if retry_after is None or retry_after <= 20 else True
        if safety in (Safety.ONCE, Safety.FINDABLE) or (safety is Safety.KEYED and not keyed):
            assert kind is Kind.NOT_SENT
            assert not in_doubt
    elif safety is Safety.READ:
        assert told.verdict is Verdict.GIVE_UP
    else:
        assert (told.verdict is Verdict.UNKNOWN) == maybe
    if retry_after is not None and retry_after > retrying.longest:
        assert told.verdict is not Verdict.RETRY


@given(seconds=st.integers(0, 10**9))
def test_retry_after_in_seconds_and_as_a_date(seconds: int) -> None:
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert parse_retry_after(str(seconds), now) == float(str(seconds)[:9])
    if seconds < 10**8:
        at = format_datetime(now + timedelta(seconds=seconds), usegmt=True)
        assert parse_retry_after(at, now) == seconds


@given(text=st.text())
def test_anything_else_is_no_retry_after(text: str) -> None:
    found = parse_retry_after(text, datetime(2026, 1, 1, tzinfo=UTC))
    assert found is None or found >= 0
    assert parse_retry_after(None, datetime(2026, 1, 1, tzinfo=UTC)) is None


@define
class Scripted(Action[str]):
    """An exchange that goes as the script says: a kind of failure, or ``None`` for an answer."""

    script: list[Kind | None]
    key_: Key | None = None
    harmless_: bool = False
    sent: list[int] = field(factory=list[int])
    late: list[float] = field(factory=list[float])

    @property
    def harmless(self) -> bool:
        return self.harmless_

    @property
    def key(self) -> Key | None:
        return self.key_

    def perform(self, attempt: Attempt) -> str:
        self.late.append(attempt.remaining())
        kind = self.script.pop(0) if self.script else None
        if kind is not Kind.NOT_SENT:
            self.sent.append(attempt.number)
        if kind is None:
            return "done"
        raise Failure(kind, Unavailable("script"))


def course(colour: str, action: Scripted, safety: Safety, key: Key | None) -> str:
    call = Call(session=Session(retrying=Retrying(attempts=4, base=0.0), time_limit=5), name="t", safety=safety, key=key)
    try:
        answer = run(iter(action), call) if colour == "sync" else asyncio.run(arun(iter(action), call))
    except WorkplaceError as error:
        answer = type(error).__name__
        if isinstance(error, OutcomeUnknown):
            assert error.key == key
    finally:
        call.session.threads.close()
    return str(answer)


@settings(max_examples=150, deadline=None)
@given(script=st.lists(KINDS | st.none(), max_size=5), safety=SAFETIES, with_key=st.booleans(), harmless=st.booleans())
def test_both_drivers_take_the_same_course_and_never_send_twice(script, safety, with_key, harmless) -> None:
    key = Key("k")
    told: list[tuple[str, list[int]]] = []
    for colour in ("sync", "async"):
        action = Scripted(list(script), key if with_key else None, harmless)
        told.append((course(colour, action, safety, key), action.sent))
        assert all(left > 0 for left in action.late)
    assert told[0] == told[1]
    answer, sent = told[0]
    writes = safety is not Safety.READ and not harmless
    if writes and (safety is not Safety.KEYED or not with_key):
        assert len(sent) <= 1
    if answer == "OutcomeUnknown":
        assert writes
        assert {Kind.LOST, Kind.BROKEN} & set(script)


def test_nothing_starts_after_the_deadline() -> None:
    action = Scripted([Kind.BUSY] * 10, None, harmless_=True)
    call = Call(session=Session(retrying=Retrying(attempts=50, base=0.05), time_limit=0.2), name="t")
    try:
        run(iter(action), call)
    except Unavailable:
        pass
    else:
        raise AssertionError("it has to give up")
    assert all(left > 0 for left in action.late)


def test_a_write_that_landed_is_never_told_as_nothing() -> None:
    first, second = Scripted([None]), Scripted([Kind.NOT_SENT] * 9)

    def body():
        yield from first
        yield from second

    call = Call(session=Session(retrying=Retrying(attempts=2, base=0.0)), name="t", safety=Safety.ONCE, key=Key("k"))
    try:
        run(body(), call)
    except Unavailable as error:
        told = call.translated(error)
    assert call.landed
    assert isinstance(told, OutcomeUnknown)
    assert told.key == "k"


def test_foreign_errors_become_ours() -> None:
    class Foreign(Scripted):
        def perform(self, attempt: Attempt) -> str:
            raise KeyError("their own")

    for safety, kind in ((Safety.READ, ProtocolError), (Safety.ONCE, OutcomeUnknown)):
        call = Call(session=Session(), name="t", safety=safety, key=Key("k"))
        try:
            run(iter(Foreign([])), call)
        except WorkplaceError as error:
            assert isinstance(error, kind)
