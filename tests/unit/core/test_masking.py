"""A personal number leaves the message only masked."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cpr_numbers import LABELLED, PLAIN
from segl.masking import excerpt, excerpts, mask_digits
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.message import Source, Text

DIGITS = st.text("0123456789", min_size=10, max_size=10)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("CPR 010170-1234.", "CPR 0101xx-xxxx."),
        ("010170 1234", "0101xx xxxx"),
        ("0 1 0 1 7 0 - 1 2 3 4", "0 1 0 1 x x - x x x x"),
        ("010170–1234", "0101xx–xxxx"),
        ("010170%2D1234", "0101xx%xDxxxx"),
        ("010170-\n1234", "0101xx-\nxxxx"),
        ("010170&nbsp;1234", "0101xx&nbsp;xxxx"),
        ("010170&#45;1234", "0101xx&#xx;xxxx"),
        ("０１０１７０-１２３４", "０１０１xx-xxxx"),
        ("01_01_70_1234", "01_01_xx_xxxx"),
        ("010170  -  1234", "0101xx  -  xxxx"),
        ("010170&nbsp;&NonBreaking;-&nbsp;1234", "0101xx&nbsp;&NonBreaking;-&nbsp;xxxx"),
        (
            "0101\u200b7\u0301" + "0" + "\u200b" * 9 + "1234",
            "0101\u200bx\u0301" + "x" + "\u200b" * 9 + "xxxx",
        ),
        ("i 2026 kl. 10.30", "i 2026 kl. 10.30"),
        ("2026 og 2027, 3. afdeling", "2026 og 2027, 3. afdeling"),
        ("konto 12345678", "konto 1234xxxx"),
        ("", ""),
    ],
)
def test_long_runs_of_digits_are_cut(text: str, masked: str) -> None:
    assert mask_digits(text) == masked


@pytest.mark.parametrize("spelling", [*PLAIN, *LABELLED])
def test_what_the_detector_takes_for_a_number_is_none_when_it_is_masked(spelling: str) -> None:
    spelled = {**PLAIN, **LABELLED}[spelling]("0101901234")
    for text in (f"Det drejer sig om Karen Møller, {spelled}, som flytter.", f"CPR-nr.: {spelled}"):
        masked = mask_digits(text)
        assert len(masked) == len(text)
        assert all(one.score < THRESHOLD for one in find_cpr(Text(masked, "body", Source.BODY)))


@pytest.mark.parametrize(
    "text",
    ["1%45%45%45%45%45%45z", "1------", "1&#45;&#45;&#45;&#45;&#45;&#45;&#45;z", "1\u200b-", "1%", "1&a"],
)
def test_a_hostile_text_costs_its_length(text: str) -> None:
    begun = time.process_time()
    mask_digits(text * 30_000)
    assert time.process_time() - begun < 1


@given(
    before=st.text(max_size=60),
    number=DIGITS,
    separator=st.sampled_from(["", "-", " ", "–", "\u00a0", " - "]),
)
def test_an_excerpt_never_holds_the_last_four_digits_of_a_number(
    before: str, number: str, separator: str
) -> None:
    written = number[:6] + separator + number[6:]
    text = f"{before} {written} slut"
    start = len(before) + 1
    shown = excerpt(text, start, start + len(written))
    assert written not in shown
    assert number not in shown


@given(st.text(), st.integers(0, 50), st.integers(0, 50))
def test_an_excerpt_is_one_short_printable_line(text: str, start: int, length: int) -> None:
    shown = excerpt(text, start, start + length)
    assert len(shown) <= 120
    assert shown.isprintable()


@given(
    pieces=st.lists(
        st.sampled_from(
            (
                *(
                    "0",
                    "17",
                    "010190",
                    "0101901234",
                    "4.711,00",
                    "Engvej 5",
                    "Ida Kjær",
                    "²",
                    "٣",
                    "%30",
                    "&#48;",
                ),
                *(" ", "\n", ";", "-", "  ", "\r\n", "......", "·······", "\u00ad", "\u200b", "–"),
            )
        ),
        max_size=80,
    ),
    starts=st.lists(st.integers(0, 300), min_size=2, max_size=5),
)
def test_neighbours_are_shown_as_each_by_itself(pieces: list[str], starts: list[int]) -> None:
    text = "".join(pieces)
    places = [(start, start + 11) for start in sorted(starts) if start < len(text)]
    assert excerpts(text, places) == [excerpt(text, *place) for place in places]


@pytest.mark.parametrize("gap", ["\t" * 9, " " * 30, " \x1f\x1f\x1f\x1f\x1f\x1f\x1f", "\u00a0" * 12])
def test_a_number_with_a_wide_gap_in_it_is_masked_as_one(gap: str) -> None:
    text = f"CPR-nr. 010190{gap}1234 i dag"
    for start, end in ((0, 7), (8, len(text) - 6), (len(text) - 10, len(text))):
        assert "1234" not in excerpt(text, start, end)
