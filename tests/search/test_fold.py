"""Folding, and what counts as one wrong letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workplace_sdk.search.fold import fold, name_words, near_forms, one_edit_apart, words


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Łukasik", "lukasik"), ("Ødegård", "odegard"), ("Groß", "gross"), ("GROẞ", "gross"), ("Đức", "duc"), ("İpek", "ipek"),
        ("Işıl", "isil"), ("Zoe\u0308", "zoe"), ("Ĳsbrand", "ijsbrand"), ("Æther", "aether"), ("ﬁets", "fiets"), ("Ψωμάς", "ψωμασ"),
    ],
)  # fmt: skip
def test_known_letters(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_words_of_names_and_topics() -> None:
    assert name_words("Anne-Marie O'Brien") == ["anne", "marie", "o", "brien", "annemarie", "obrien"]
    assert name_words("van 't Hof") == ["van", "t", "hof", "thof"] or name_words("van ’t Hof")[:3] == ["van", "t", "hof"]
    assert words("C++, C# en .NET") == ["cplusplus", "csharp", "en", "dotnet"]
    assert words("\x00 ' \" * ( ) _ 🦄") == []


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert all(word.isalnum() or not word.isascii() for word in words(text))


@given(st.text(alphabet="abcdeé", min_size=1, max_size=8), st.text(alphabet="abcde", min_size=1, max_size=8))
def test_near_words_have_a_form_in_common(one: str, other: str) -> None:
    if one_edit_apart(one, other):
        assert near_forms(one) & near_forms(other)
        assert one_edit_apart(other, one)


@given(st.text(alphabet="abcde", min_size=1, max_size=8), st.integers(0, 7), st.sampled_from("abcde"), st.integers(0, 3))
def test_every_single_edit_is_near(word: str, at: int, letter: str, way: int) -> None:
    at %= len(word)
    edited = [word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :]]
    edited.append(word[:at] + word[at : at + 2][::-1] + word[at + 2 :])
    assert one_edit_apart(word, edited[way])


@given(st.text(alphabet="abc", max_size=6), st.text(alphabet="abc", max_size=6))
def test_near_agrees_with_the_distance(one: str, other: str) -> None:
    assert one_edit_apart(one, other) == (_distance(one, other) <= 1)


def _distance(one: str, other: str) -> int:
    """Damerau-Levenshtein, restricted: the definition, slowly."""
    rows = [[max(i, j) if min(i, j) == 0 else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            cost = one[i - 1] != other[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]
