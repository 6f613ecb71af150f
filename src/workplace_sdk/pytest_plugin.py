"""Fixtures for tests of applications; loaded by pytest when the package is installed, imports nothing of ours until used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from workplace_sdk.testing import Clock, Sample
    from workplace_sdk.workplace import Workplace


pytest.register_assert_rewrite("workplace_sdk.conformance")  # so that a failing check shows its values


@pytest.fixture
def workplace_sample() -> Iterator[Any]:
    """A sample organisation with its clock and faults; see ``workplace_sdk.testing``."""
    from workplace_sdk.testing import sample_workplace

    with sample_workplace() as sample:
        yield sample


@pytest.fixture
def workplace(workplace_sample: Sample) -> Workplace:
    """The workplace of the sample organisation."""
    return workplace_sample.work


@pytest.fixture
def workplace_clock(workplace_sample: Sample) -> Clock:
    """Its clock: ``workplace_clock.move(days=1)``."""
    return workplace_sample.clock
