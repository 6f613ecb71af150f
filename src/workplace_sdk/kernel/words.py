"""A sentence for people, in the languages employees read."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from attrs import frozen

Language: TypeAlias = Literal["en", "nl"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "nl")


@frozen
class Words:
    """The same sentence in English and in Dutch."""

    en: str
    nl: str

    def in_(self, language: str) -> str:
        """The sentence in *language* (``nl`` or ``nl-NL`` for Dutch), else in English."""
        return self.nl if language.lower().partition("-")[0] == "nl" else self.en

    @property
    def needs(self) -> frozenset[str]:
        """The details that it is filled with."""
        from string import Formatter

        names = (name for text in (self.en, self.nl) for _, name, _, _ in Formatter().parse(text) if name)
        return frozenset(re.split(r"[.\[]", name, maxsplit=1)[0] for name in names)

    def filled(self, **details: object) -> Words:
        """Both sentences with their ``{placeholders}`` filled in; an unknown placeholder stays as it is."""
        known = _Known(details)
        return Words(en=self.en.format_map(known), nl=self.nl.format_map(known))

    def __str__(self) -> str:
        return self.en


class _Known(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
