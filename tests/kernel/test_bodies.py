"""A forgotten ``from`` is found in the source, and nowhere in ours."""

from __future__ import annotations

from pathlib import Path

import pytest

import workplace_sdk
from workplace_sdk.conformance.bodies import forgotten

HOUSE = Path(workplace_sdk.__file__).parent
SOURCES = [
    path for path in sorted(HOUSE.rglob("*.py")) if path != HOUSE / "kernel" / "paging.py"
]  # passes on what bodies yield


def test_nothing_is_forgotten_here() -> None:
    found = [(path.name, one) for path in SOURCES for one in forgotten(path.read_text("utf-8"))]
    assert found == []
    assert len(SOURCES) > 100


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("        yield HttpGet('/x')", 4),
        ("        reply = yield HttpGet('/x')\n        return reply", 4),
        ("        self.get.steps(ref)\n        yield", 4),
        ("        yield from self.get.steps(ref)\n        found = self.get.steps(ref)\n        return found", 5),
        ("        yield from HttpGet('/x')\n        return self.get.steps(ref)", 5),
    ],
)
@pytest.mark.parametrize("declared", ["    @read\n", "    @write(Safety.ONCE)\n", "    @submit.previews\n", "    # a part\n"])
def test_what_is_forgotten_is_found(declared: str, body: str, line: int) -> None:
    (one,) = forgotten(f"class A:\n{declared}    def act(self, ref) -> Steps[int]:\n{body}\n")
    assert (one.line, one.function) == (line, "act")
    assert "yield from" in one.hint


@pytest.mark.parametrize(
    "body",
    [
        "        return (yield from self.get.steps(ref))",
        "        raise self.unsupported('act')\n        yield",
        "        one, other = yield from All(self.get.steps(ref), self.rooms.steps())",
        "        yield Page(())",
        "        return self.get.steps(ref)",  # no generator itself: it passes one on
        "        def inner(): return [(yield 1)]\n        return 1\n        yield",
    ],
)
def test_what_is_right_is_let_be(body: str) -> None:
    assert list(forgotten(f"class A:\n    @read\n    def act(self, ref) -> Steps[int]:\n{body}\n")) == []
