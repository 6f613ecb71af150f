"""Refusals whose reason is told in the employee's language."""

from __future__ import annotations

from typing import Any

from workplace_sdk.kernel.errors import Conflict, InvalidInput, Rejected
from workplace_sdk.kernel.words import Words


class Told(Rejected):
    """Mixed in before another refusal: *why* in the languages that employees read; its English is the message."""

    def __init__(self, why: Words | str = "", **where: Any) -> None:
        super().__init__(str(why), **where)
        self._why = why if isinstance(why, Words) else Words(why, why)

    def sentence(self, language: str = "en") -> str:
        return self.words.filled(**{**self.details(), "message": self._why.in_(language)}).in_(language)


class NotPossible(Told, Conflict):
    """Its state, or who asks, does not allow this (any more): *why* says so."""


class InvalidField(Told, InvalidInput):
    """*field* is missing or wrong: *why* says how."""
