"""Tags before a subject that only we may write are taken out of what others wrote, and nothing else is."""

from __future__ import annotations

import time
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.subject_tags import encoded, without_tags

TAGS = ("[sikker]", "[ulæselig]", "")


@pytest.mark.parametrize(
    ("subject", "left"),
    [
        ("[sikker] Opsigelse", "Opsigelse"),
        ("Re: [sikker] Opsigelse", "Re: Opsigelse"),
        ("[SIKKER]Opsigelse", "Opsigelse"),
        ("［ｓｉｋｋｅｒ］ hej", "hej"),
        ("[ s i k\tk e r ] hej", "hej"),
        ("[sik\u200bker\u2060] hej", "hej"),
        ("[sik\n ker] hej", "hej"),
        ("[sik[sikker]ker] hej", "hej"),
        ("[ulæselig] [ULÆSELIG] hej", "hej"),
        ("[sikker]", ""),
        ("sikker: hej", None),
        ("[sikke", None),
        ("Er [det] sikkert?", None),
        ("", None),
    ],
)
def test_a_tag_of_ours_is_taken_out_however_it_is_written(subject: str, left: str | None) -> None:
    assert without_tags(subject, TAGS) == left


def test_without_tags_in_use_nothing_is_looked_for() -> None:
    assert without_tags("[sikker] hej", ("", "")) is None


@pytest.mark.parametrize("subject", ["[sikker] " * 20_000, "[sikke" * 200_000, "=?" * 200_000, "[" * 200_000])
def test_long_subjects_cost_little(subject: str) -> None:
    begun = time.process_time()
    without_tags(subject, TAGS)
    assert time.process_time() - begun < 2


def test_half_a_character_is_written_as_a_question_mark() -> None:
    assert encoded("S\ud800 og m\u00f8de") == encoded("S? og m\u00f8de")
    assert encoded("a\ud800") == "a?"


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_none_is_left_whatever_stands_around_it(before: str, after: str) -> None:
    left = without_tags(f"{before}[sikker]{after}", TAGS)
    assert left is not None
    assert without_tags(left, TAGS) is None


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300))
def test_what_is_written_is_read_again(text: str) -> None:
    text = " ".join(text.split())
    written = encoded(text)
    assert all(line.isascii() and len(line) < 78 for line in written.split("\r\n")) or text.isascii()
    assert str(make_header(decode_header(written.replace("\r\n", "")))) == text or "=?" in text
