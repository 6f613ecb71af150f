"""What is remembered for a while."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from typing import Any

import pytest

from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.errors import Unavailable
from workplace_sdk.kernel.memory import Memory
from workplace_sdk.kernel.session import Call, Session


def test_it_is_asked_for_once_and_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    memory: Memory[str] = Memory(60)
    asked: list[str] = []

    def ask() -> Generator[Any, Any, str]:
        asked.append("asked")
        return "answer"
        yield

    def recalled() -> str:
        told: str = run(memory.recalled("key", ask), Call(session=Session(), name="t"))
        return told

    assert [recalled(), recalled()] == ["answer", "answer"]
    assert len(asked) == 1
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    assert memory.get("key") is None
    monkeypatch.undo()
    memory.clear()
    assert recalled() == "answer"
    assert len(asked) == 2


def test_a_failure_is_not_remembered() -> None:
    memory: Memory[int] = Memory(60)

    def fail() -> Generator[Any, Any, int]:
        raise Unavailable("not now")
        yield

    with pytest.raises(Unavailable):
        run(memory.recalled("key", fail), Call(session=Session(), name="t"))
    assert memory.get("key") is None


def test_it_does_not_grow_without_end_and_a_child_has_its_own_lock() -> None:
    memory: Memory[int] = Memory(60, most=3)
    for number in range(10):
        memory.keep(number, number)
    assert memory.get(9) == 9
    assert sum(memory.get(number) is not None for number in range(10)) <= 3
    child = os.fork()
    if child == 0:
        memory.keep("here", 1)
        os._exit(0 if memory.get("here") == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert memory.get("here") is None
