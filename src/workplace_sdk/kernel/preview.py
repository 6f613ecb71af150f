"""What a write would do, before it is done: lines a person can read and a program can use."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Origin(StrEnum):
    """Who says so: the system itself, or our own arithmetic."""

    BACKEND = "backend"
    DERIVED = "derived"


class Weight(StrEnum):
    """What a line means for going on: nothing, think again, or it will be refused."""

    INFO = "info"
    WARNING = "warning"
    BLOCKER = "blocker"


class PreviewLine(BaseModel):
    """One consequence of a write.

    Attributes:
        code: Stable name of the kind of line, such as ``balance_after``.
        facts: The figures in the sentence, by name; amounts as decimal strings, dates as ISO 8601.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    code: str
    en: str
    nl: str
    origin: Origin = Origin.DERIVED
    weight: Weight = Weight.INFO
    facts: Mapping[str, JsonValue] = Field(default_factory=dict[str, JsonValue])

    def text(self, language: str = "en") -> str:
        """The line in *language*."""
        return self.nl if language.lower().startswith("nl") else self.en


class Preview(BaseModel):
    """What a write would do. Submit with *key*, so that doing it twice is doing it once where the system can."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    operation: str
    key: str
    lines: tuple[PreviewLine, ...] = ()

    @property
    def blockers(self) -> tuple[PreviewLine, ...]:
        """Lines that say it will be refused."""
        return tuple(line for line in self.lines if line.weight is Weight.BLOCKER)

    @property
    def warnings(self) -> tuple[PreviewLine, ...]:
        """Lines worth a second thought."""
        return tuple(line for line in self.lines if line.weight is Weight.WARNING)

    def line(self, code: str) -> PreviewLine | None:
        """The first line of that *code*."""
        return next((line for line in self.lines if line.code == code), None)
