"""Unusual signs become plain ones, and each remembers where it stood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_classifier.cpr.spelling.fold import fold


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("010190-1234", "010190-1234"),
        ("０１-٠١", "01-01"),
        ("1–2—3−4‒5\u20106", "1-2-3-4-5-6"),
        ("1\u00a02\u202f3\u20094", "1 2 3 4"),
        ("1\u00ad2\u200b3\ufeff4\u200e5\ufe0f\u20e3", "12345"),
        ("1%2D2%203%C2%A04%e2%80%935", "1-2 3 4-5"),
        ("1&#45;2&nbsp;3&ndash;4&#8209;5", "1-2 3-4-5"),
        ("1=\r\n2", "12"),
        ("1\r\n> > 2", "1\n2"),
        ("1².2", "1 .2"),
        ("1／2．3＿4", "1/2.3_4"),
        ("1&kage;2", "1&kage;2"),
        ("1%zz2", "1%zz2"),
        ("%FF1", "1"),
    ],
)
def test_what_becomes_of_signs(text: str, plain: str) -> None:
    assert fold(text, 0, len(text)).plain == plain


@given(st.text(), st.text(), st.text())
def test_each_plain_character_knows_where_it_stood(before: str, text: str, after: str) -> None:
    whole = before + text + after
    folded = fold(whole, len(before), len(before) + len(text))
    places = [folded.at(index) for index in range(len(folded.plain))]
    assert places == sorted(places)
    assert all(len(before) <= place < len(before) + len(text) for place in places)
    for index, place in enumerate(places):
        if whole[place].isascii() and whole[place].isalnum() and "&" not in text and "%" not in text:
            assert folded.plain[index] == whole[place]
