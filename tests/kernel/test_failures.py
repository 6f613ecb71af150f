"""What is done about a failed attempt: the whole table, and both drivers by it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import product
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from workplace_sdk.kernel.drivers import arun, run
from workplace_sdk.kernel.effects import Action
from workplace_sdk.kernel.errors import OutcomeUnknown, ProtocolError, Unavailable, WorkplaceError
from workplace_sdk.kernel.failures import Attempt, Decision, Failure, Kind, Retrying, Safety, Verdict, decide, parse_retry_after
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.session import Call, Session

SAFETIES, KINDS = st.sampled_from(list(Safety)), st.sampled_from(list(Kind))
SECONDS = st.floats(0, 1000, allow_nan=False)
ROWS = tuple(product(Safety, Kind, (False, True), (False, True)))
"""Every row of the table: safety, how far it got, whether an earlier attempt may have been done, whether it carries the key."""


@pytest.mark.parametrize(("safety", "kind", "in_doubt", "keyed"), ROWS)
@settings(max_examples=25, deadline=None)
@given(
    attempt=st.integers(1, 10), attempts=st.integers(1, 10), retry_after=st.none() | SECONDS, remaining=SECONDS,
    base=st.floats(0, 5), longest=st.floats(0, 60), jitter=st.floats(0.5, 1.0),
)  # fmt: skip
def test_the_whole_table(
    safety, kind, in_doubt, keyed, attempt, attempts, retry_after, remaining, base, longest, jitter
) -> None:
    told = decide(
        safety=safety, kind=kind, attempt=attempt, in_doubt=in_doubt, keyed=keyed, retry_after=retry_after,
        remaining=remaining, retrying=Retrying(attempts=attempts, base=base, longest=longest), jitter=jitter,
    )  # fmt: skip
    repeatable = safety is Safety.READ or (safety is Safety.KEYED and keyed)
    nothing_sent = kind is Kind.NOT_SENT and not in_doubt
    wait = min(base * 2 ** (attempt - 1) * jitter, longest) if retry_after is None else retry_after
    retried = (
        (repeatable or nothing_sent)
        and kind is not Kind.REFUSED
        and attempt < attempts
        and wait <= longest
        and wait < remaining
    )
    maybe_done = safety is not Safety.READ and (in_doubt or kind in (Kind.LOST, Kind.BROKEN))
    if retried:
        assert told == Decision(Verdict.RETRY, wait)
    else:
        assert told == Decision(Verdict.UNKNOWN if maybe_done else Verdict.GIVE_UP)


def test_the_table_in_plain_words() -> None:
    """What the property above must not lose, whatever is done to it."""

    def told(safety: Safety, kind: Kind, **others: Any) -> Decision:
        values: dict[str, Any] = {"in_doubt": False, "keyed": False, "retry_after": None, "attempt": 1, **others}
        return decide(safety=safety, kind=kind, remaining=30.0, retrying=Retrying(), **values)

    for safety in (Safety.ONCE, Safety.FINDABLE, Safety.KEYED):  # KEYED without its key
        assert told(safety, Kind.LOST).verdict is Verdict.UNKNOWN
        assert told(safety, Kind.BROKEN).verdict is Verdict.UNKNOWN
        assert told(safety, Kind.BUSY).verdict is Verdict.GIVE_UP
        assert told(safety, Kind.NOT_SENT).verdict is Verdict.RETRY
        assert told(safety, Kind.NOT_SENT, in_doubt=True).verdict is Verdict.UNKNOWN
        assert told(safety, Kind.REFUSED).verdict is Verdict.GIVE_UP
    assert told(Safety.KEYED, Kind.LOST, keyed=True).verdict is Verdict.RETRY
    assert told(Safety.KEYED, Kind.REFUSED, keyed=True, in_doubt=True).verdict is Verdict.UNKNOWN
    assert told(Safety.KEYED, Kind.LOST, keyed=True, attempt=4).verdict is Verdict.UNKNOWN
    assert told(Safety.READ, Kind.LOST).verdict is Verdict.RETRY
    assert told(Safety.READ, Kind.LOST, attempt=4).verdict is Verdict.GIVE_UP
    assert told(Safety.READ, Kind.BUSY, retry_after=7.0) == Decision(Verdict.RETRY, 7.0)
    assert told(Safety.READ, Kind.BUSY, retry_after=31.0).verdict is Verdict.GIVE_UP  # longer than we wait
    assert told(Safety.READ, Kind.BUSY, retry_after=0.0) == Decision(Verdict.RETRY, 0.0)


NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@settings(deadline=None)
@given(seconds=st.integers(0, 10**8))
def test_retry_after_in_seconds_and_as_a_date(seconds: int) -> None:
    assert parse_retry_after(f" {seconds} ", NOW) == seconds
    at = NOW + timedelta(seconds=seconds)
    assert parse_retry_after(format_datetime(at, usegmt=True), NOW) == seconds
    assert parse_retry_after(at.strftime("%a %b %d %H:%M:%S %Y"), NOW) == seconds  # asctime, which RFC 9110 wants read too
    assert parse_retry_after(at.strftime("%A, %d-%b-%y %H:%M:%S GMT"), NOW) == seconds  # and RFC 850
    assert parse_retry_after(format_datetime(NOW - timedelta(seconds=seconds), usegmt=True), NOW) == 0


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "1e3", "٣", "Mon", "Tue, 31 Feb 2026 00:00:00 GMT", "9" * 400])
def test_anything_else_is_no_retry_after(text: str) -> None:
    found = parse_retry_after(text, NOW)
    assert found is None or (text.isdigit() and found > 10**8)
    assert parse_retry_after(None, NOW) is None


@settings(deadline=None)
@given(text=st.text())
def test_no_retry_after_makes_us_fail(text: str) -> None:
    found = parse_retry_after(text, NOW)
    assert found is None or found >= 0


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
