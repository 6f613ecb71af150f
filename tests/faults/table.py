"""The table at the end of a run: which faults each system met, and how often all was as it has to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tests.faults.proxy import EVERY, Fault

if TYPE_CHECKING:
    import pytest

PROPERTY = "fault that was met"


def lines(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """The table: of how many tries all were survived, or how many of them were not."""
    tried, survived = Counter[tuple[str, Fault]](), Counter[tuple[str, Fault]]()
    for report in reports:
        for name, value in report.user_properties:
            if name == PROPERTY and report.when == "call":
                system, fault = str(value).split("|")
                tried[system, Fault(fault)] += 1
                survived[system, Fault(fault)] += report.passed
    systems = sorted({system for system, _ in tried})
    if not systems:
        return
    wide = max(len(fault) for fault in EVERY)
    yield " | ".join([" " * wide, *systems])
    for fault in Fault:
        if fault is not Fault.NONE:
            cells = [_cell(tried[system, fault], survived[system, fault]).center(len(system)) for system in systems]
            yield " | ".join([fault.ljust(wide), *cells]).rstrip()
    yield f"{survived.total()} of {tried.total()} survived"


def _cell(tried: int, survived: int) -> str:
    if not tried:
        return "-"  # this cannot happen to it: an answer with a status is HTTP's
    return f"all {tried}" if survived == tried else f"{tried - survived} of {tried} NOT"
