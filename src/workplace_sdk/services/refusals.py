"""Refusals whose reason is told in the employee's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workplace_sdk.kernel.errors import Conflict, InvalidInput, Rejected
from workplace_sdk.kernel.preview import Origin, PreviewLine, Weight
from workplace_sdk.kernel.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue


class Told(Rejected):
    """Mixed in before another refusal: *why* in the languages that employees read; its English is the message."""

    def __init__(self, why: Words | str = "", **where: Any) -> None:
        super().__init__(str(why), **where)
        self._why = why if isinstance(why, Words) else Words(why, why)

    def told(self, language: str) -> Mapping[str, object]:
        return {**super().told(language), "message": self._why.in_(language)}


def blocker_line(
    error: Rejected, *, origin: Origin = Origin.DERIVED, weight: Weight = Weight.BLOCKER, **facts: JsonValue
) -> PreviewLine:
    """The line of a preview that says why it will be refused."""
    return PreviewLine(
        code=error.code,
        en=error.sentence("en"),
        nl=error.sentence("nl"),
        origin=origin,
        weight=weight,
        facts={"field": error.field, **facts},
    )


class NotPossible(Told, Conflict):
    """Its state, or who asks, does not allow this (any more): *why* says so."""


class InvalidField(Told, InvalidInput):
    """*field* is missing or wrong: *why* says how."""
