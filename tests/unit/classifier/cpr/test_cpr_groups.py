"""Where a spelling may begin is told by a look at the groups of digits alone: it must leave out none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cpr_cases import cases
from segl_classifier.cpr.spelling import candidates
from segl_classifier.cpr.spelling.groups import DATED, SHORT, USUAL, Groups

_SPELLINGS = (
    (USUAL, candidates._USUAL),
    (DATED, candidates._DATED),
    (DATED, candidates._DATED_LOOSELY),
    (SHORT, candidates._SHORT),
)
_PIECES = st.sampled_from(
    (
        *("0", "1", "19", "010190", "0101901234", "101901234", "1234", "1.1.1990", "1990-01-01", "19900101"),
        *(
            " ",
            "-",
            ".",
            "/",
            "_",
            "\n",
            "\r\n",
            "\t",
            ";",
            ",",
            "|",
            "    ",
            "\u00a0",
            "\u00ad",
            "–",
            "\u200b",
        ),
        *("a", "æ", "²", "①", "٣", "０", "\ud800", "𝟎"),
    )
)


def _begins(spelling: re.Pattern[str], text: str, start: int, stop: int) -> list[int]:
    """Where *spelling* is found when every character is tried."""
    return [at for at in range(start, stop) if spelling.match(text, at, stop)]


def _look(text: str, start: int, stop: int) -> None:
    groups = Groups(text, start, stop)
    for kind, spelling in _SPELLINGS:
        places = list(groups.places(kind))
        found = [at for at in places if spelling.match(text, at, stop)]
        assert found == _begins(spelling, text, start, stop)
        assert all(text[at] in "0123456789" for at in places)


@given(st.lists(_PIECES, max_size=24).map("".join), st.integers(0, 12))
def test_no_spelling_begins_elsewhere(text: str, start: int) -> None:
    _look(text, min(start, len(text)), len(text))


@pytest.mark.parametrize("start", [0, 7])
def test_nor_in_the_generated_cases(start: int) -> None:
    for case in cases(1_500):
        _look(case.text, start, len(case.text))


def test_a_table_is_looked_at_in_few_places() -> None:
    table = "ordrenr;adresse;dato\n" + "0101901234;Engvej 17, 4000;12-11-2026\n" * 50
    groups = Groups(table, 0, len(table))
    assert len(list(groups.places(USUAL))) == 50
    assert not list(groups.places(DATED))
