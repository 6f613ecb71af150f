"""Text as it is compared: without case, diacritics or the letters that decomposition leaves alone."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_LETTERS: Final = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ŋ": "n", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe",
        "þ": "th", "ĸ": "k", "ſ": "s", "ɐ": "a", "ə": "e", "ɨ": "i", "ƒ": "f", "ĳ": "ij", "ƀ": "b", "ɓ": "b", "ɗ": "d",
        "ĉ": "c", "ŀ": "l", "ŉ": "n", "’": "'", "ʼ": "'", "‘": "'", "`": "'", "´": "'", "ʻ": "'",
    }
)  # fmt: skip
"""What NFKD leaves, and the apostrophes people type for one another."""

_NAMES: Final = (
    ("c++", "cplusplus"),
    ("c#", "csharp"),
    ("f#", "fsharp"),
    (".net", "dotnet"),
    ("r&d", "randd"),
    ("p&o", "pando"),
)
"""Topics that are nothing without their signs."""

_ADDRESS: Final = re.compile(r"(\S)@\S*")
_WORD: Final = re.compile(r"[^\W_]+")
LONGEST: Final = 40
"""Characters of a word that are compared."""


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """*text* folded: NFKD, without combining marks, case-folded, ``ł`` as ``l`` and so on. Folding twice changes nothing."""
    lowered = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in lowered if not unicodedata.combining(char)) if not lowered.isascii() else lowered
    folded = plain.translate(_LETTERS)
    done = folded == text or (folded.isascii() and folded == folded.lower())
    return folded if done else fold(folded)


def local_part(text: str) -> str:
    """What of an address is about the person: the part before the ``@``. The rest is the same for everyone of an organisation."""
    return _ADDRESS.sub(r"\1", text)


def words(text: str) -> list[str]:
    """The folded words of *text*, in order."""
    folded = fold(text)
    for written, spoken in _NAMES:
        if written in folded:
            folded = folded.replace(written, f" {spoken} ")
    return [word[:LONGEST] for word in _WORD.findall(folded)]


def name_words(name: str) -> list[str]:
    """The words of a name, and what becomes of ``O'Brien`` and ``Anne-Marie`` when written as one."""
    found = words(name)
    for part in fold(name).split():
        pieces = _WORD.findall(part)
        if len(pieces) > 1:
            found.append("".join(pieces)[:LONGEST])
    return list(dict.fromkeys(found))


def near_forms(word: str) -> set[str]:
    """*word* and what is left when any one letter is left out: two words one edit apart have a form in common."""
    return {word, *(word[:index] + word[index + 1 :] for index in range(len(word)))}


def one_edit_apart(one: str, other: str) -> bool:
    """Whether one insertion, deletion, replacement or swap of neighbours makes *one* of *other*; a word is near itself."""
    if one == other:
        return True
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    swapped = one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
    return one[start + 1 :] == other[start + 1 :] or swapped
