"""What holds for every text: nothing raises, nothing leaks, nothing takes for ever, nothing is cut unsaid."""

from __future__ import annotations

import re
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cpr_cases import Case, cases
from bench.cpr_numbers import LABELLED, PLAIN
from corpus import growth
from corpus.numbers import looked_at
from segl_classifier.cpr.apart.split import split_candidates
from segl_classifier.cpr.context import said as context
from segl_classifier.cpr.context.said import Lookup
from segl_classifier.cpr.find import MOST_DOUBTFUL, MOST_FINDINGS
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.cpr.spelling.shape import shape_of

_PIECES = st.sampled_from(
    (
        *("0", "1", "01", "90", "010190", "1234", "0101901234", "120385-1002", "7203851002", "702611008"),
        *(
            " ",
            "-",
            "\n",
            "\t",
            ";",
            "|",
            ",",
            ".",
            "(",
            ")",
            ":",
            "%2D",
            "%",
            "&nbsp;",
            "&",
            "=\n",
            "\u00ad",
        ),
        *(
            "\u200b",
            "–",
            "０",
            "²",
            "①",
            "1. maj 1990",
            "cpr",
            "nr",
            "ordre",
            "sidste fire cifre",
            "løbenr",
            "fra",
            "til",
            "er",
            "æ",
        ),
        *("\r\n> ", "ikke et", "erstatnings", "@", "://", '"', "+45", "<", "\ud800", "\x00", "𝟎"),
    )
)


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_it_never_raises_and_every_score_is_a_score(text: str) -> None:
    for finding in looked_at(text):
        assert 0 <= finding.score <= 1
        assert finding.adjustments


@pytest.mark.parametrize(
    "text",
    [
        "født 010590, sidste fire 123①",
        "cpr 010590, sidste fire cifre er ①②③④",
        "født 010590, sidste fire １２３４",
        "født 010590, sidste fire ١٢٣④",
    ],
)
def test_digits_in_circles_and_of_other_scripts_are_digits_behind_a_date(text: str) -> None:
    assert sum(f.score >= THRESHOLD for f in looked_at(text)) == 1
    assert all(c.digits.isascii() and c.digits.isdecimal() for c in split_candidates(text, shape_of(text)))


@given(st.text())
def test_it_never_raises_on_any_text(text: str) -> None:
    looked_at(text)


def _digits(text: str) -> str:
    return "".join(str(int(c)) for c in text if c.isdecimal())


@pytest.mark.parametrize("spelling", sorted({**PLAIN, **LABELLED}))
def test_no_excerpt_holds_a_number_that_was_found(spelling: str) -> None:
    spell = {**PLAIN, **LABELLED}[spelling]
    findings = looked_at(f"cpr {spell('1203851002')} og hendes bror {spell('0702611008')}, begge fra Hals")
    assert len(findings) >= 2
    for finding in findings:
        shown = _digits(re.sub(r"&#\d+;|%[0-9A-F]{2}", "", finding.excerpt))
        assert len(shown) <= 8, finding.excerpt  # day and month of either
        assert "1002" not in shown
        assert "1008" not in shown
        assert "851002" not in repr(finding)


def test_no_excerpt_of_the_generated_cases_holds_ten_digits() -> None:
    for case in cases(400, seed=3):
        for finding in looked_at(case.text):
            assert re.search(r"\d{5}", finding.excerpt) is None, finding.excerpt


def test_many_numbers_are_cut_off_and_the_rest_is_counted() -> None:
    findings = looked_at(
        "".join(f"{day:02}{month:02}85-1239\n" for day in range(1, 29) for month in range(1, 4))
    )
    certain = [f for f in findings if f.score >= THRESHOLD]
    assert len(certain) == MOST_FINDINGS + 1
    assert certain[-1].adjustments[0].reason == f"{28 * 3 - MOST_FINDINGS} more numbers in the same text"
    assert certain[-1].excerpt == ""


def test_few_of_those_that_do_not_count_are_kept() -> None:
    findings = looked_at(
        "".join(f"ordrenr. {day:02}{month:02}851002\n" for day in range(1, 29) for month in range(1, 4))
    )
    assert len(findings) == MOST_DOUBTFUL
    assert all(f.score < THRESHOLD for f in findings)


def test_one_number_at_the_end_of_a_long_table_of_others_is_found() -> None:
    table = "ordrenr;navn\n" + "".join(
        f"{d % 28 + 1:02}{d % 12 + 1:02}{d % 100:02}0123;Bo\n" for d in range(6_000)
    )
    findings = looked_at(table + "\nog Karen Møller, cpr 120385-1002")
    assert [f.excerpt[-11:] for f in findings if f.score >= THRESHOLD] == ["1203xx-xxxx"]


@pytest.mark.slow
def test_more_candidates_than_can_be_judged_are_taken_for_numbers() -> None:
    findings = looked_at("ordre 0101901234 " * 10_500)
    assert findings[-1].score >= THRESHOLD
    assert findings[-1].adjustments[0].reason == "more numbers than were looked at in the same text"


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        *(
            "1",
            " ",
            "0 ",
            "1 ",
            "01.01.",
            "0101901234 ",
            "010190-1234-",
            "ordre 0101901234 ",
            "0\u200b1\u200b",
        ),
        *("01 01 90 ", "sidste fire ", "løbenr 010190 1234 ", "%30", "&#48;", "\n> 1", "010190\t1234\t"),
        *(
            '"010190-1234;',
            "1--------",
            "0101901234;\n",
            "|0101901234 x",
            "(((((((",
            "cpr ",
            "1\n\n",
            "0 1\t",
        ),
    ],
)
def test_time_grows_with_length_and_no_faster(unit: str) -> None:
    growth.of_many(unit, looked_at)


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["cpr cpr sidste 4: 1234\n", "cpr f. 1 f. 2 f. 3 ******-1234 "])
def test_words_for_a_birthday_are_read_once_however_many_digits_stand_near(unit: str) -> None:
    assert growth.seconds(looked_at, unit * (200_000 // len(unit))) < 1.5


@cache
def _generated() -> list[Case]:
    return list(cases(2_000))


class _Forgetful(dict[object, object]):
    def __setitem__(self, key: object, value: object) -> None:
        """Keep nothing."""


@pytest.mark.parametrize("seed", range(20))
def test_a_number_is_judged_by_its_own_words_though_others_stood_beside_the_same(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = Random(seed)
    few = [case.text for case in dice.sample(_generated(), 12)]
    text = "\n".join(dice.choice(few) for _ in range(40))
    remembered = looked_at(text)

    class Anew(Lookup):
        __slots__ = ()

        def __init__(self, text: str) -> None:
            super().__init__(text)
            self.sides = _Forgetful()  # type: ignore[assignment]

    monkeypatch.setattr(context, "Lookup", Anew)
    assert looked_at(text) == remembered
