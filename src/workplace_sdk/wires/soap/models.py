"""For answers that are read into pydantic models."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BeforeValidator

from workplace_sdk.wires.soap.answer import as_many

T = TypeVar("T")

Many = Annotated[tuple[T, ...], BeforeValidator(as_many)]
"""Elements of which none, one or several may come: ``requests: Many[Row] = Field((), alias="Request")``."""
