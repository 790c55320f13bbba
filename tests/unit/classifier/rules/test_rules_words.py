"""The notation of words, and the order a text is put in before it is searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_classifier.rules.lexicon import _CHUNK, Lexicon
from segl_classifier.rules.words import NormalText, Word, fold, parse_word, spellings


def stands(word: str, text: str, *, capital: bool = False) -> bool:
    lexicon = Lexicon([(parse_word(word, capital=capital), 1)])
    return any(True for _ in lexicon.hits(NormalText.of(text)))


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("gæld", "Han har gæld."),
        ("gæld", "GÆLD"),
        ("Gæld", "gæld"),
        ("gæld", "(gæld)"),
        ("skilsmisse*", "skilsmissesagen"),
        ("*sygdom", "en lungesygdom"),
        ("*sygdom*", "lungesygdommens"),
        ("meldt ud af*", "meldt ud afdelingen"),
        ("ikke betalt", "ikke\nbetalt"),
        ("ikke betalt", "ikke \r\n  betalt"),
        ("ikke betalt", "> ikke\n> betalt"),
        ("ikke betalt", "ikke\u00a0betalt"),
        ("skilsmisse", "skils\u00admisse"),
        ("skilsmisse", "skils\u200bmisse"),
        ("blå", "bla\u030a"),
        ("lønseddel", "loenseddel"),
        ("a/s", "Rør A/S, Vejle"),
        ("a-kasse", "min a-kasse"),
        ("istanbul", "İstanbul"),
        ("gæld", "\ud800 gæld \udfff"),
    ],
)
def test_a_word_is_found(word: str, text: str) -> None:
    assert stands(word, text)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("gæld", "det gælder os"),
        ("gæld", "gældfri"),
        ("æres", "læres"),
        ("skilsmisse*", "uskilsmisse"),
        ("*sygdom", "sygdommen"),
        ("ikke betalt", "ikke, betalt"),
        ("2", "12"),
    ],
)
def test_a_word_is_not_found_inside_another(word: str, text: str) -> None:
    assert not stands(word, text)


def test_a_name_needs_its_capital_and_may_have_an_s() -> None:
    assert stands("Bo", "Spørg Bo.", capital=True)
    assert stands("Bo", "Det er Bos bil.", capital=True)
    assert not stands("Bo", "Hun vil bo her.", capital=True)


def test_an_abbreviation_that_is_a_name_needs_its_capitals() -> None:
    assert stands("IDA", "Hun er medlem af IDA.", capital=True)
    assert stands("IDA", "Det er IDAs kontor.", capital=True)
    assert not stands("IDA", "Hun talte med Ida og Idas mor.", capital=True)
    assert not stands("IDA", "Hvad sagde ida?", capital=True)
    assert stands("Ida", "IDA", capital=True)


@pytest.mark.parametrize("bad", ["", " ", "*", "**", "ab*", "*ab*", "a*b", "**sygdom", "ikke *", "x" * 81])
def test_a_bad_word_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"word|star|characters"):
        parse_word(bad)


@pytest.mark.parametrize("word", ["gæld", "gæld*", "*gæld", "*gæld*", "ikke betalt*"])
def test_a_word_prints_as_it_is_written(word: str) -> None:
    assert str(parse_word(word)) == word


def test_a_word_across_two_pieces_of_a_long_text_is_found_once() -> None:
    lexicon = Lexicon([(parse_word("skilsmisse"), 1)])
    for shift in range(-12, 3):
        text = NormalText.of("x" * (_CHUNK + shift - 1) + " skilsmisse " + "x" * 50)
        assert [hit[:2] for hit in lexicon.hits(text)] == [(_CHUNK + shift, _CHUNK + shift + 10)]


_WORDS = [
    Word("ab"),
    Word("ab", right=False),
    Word("b.", left=False),
    Word("bab", left=False, right=False),
    Word("a b"),
    Word("å-a"),
    Word("ła"),
    Word("д"),
    Word("дa", left=False, right=False),
    Word("a.", right=False),
    Word("ba", capital=True),
]


def by_definition(text: NormalText, low: int, high: int) -> list[tuple[int, int, str]]:
    """Where each of the words stands, by its end, as the first paragraphs of ``words.py`` say it."""

    def is_free(at: int) -> bool:
        return not 0 <= at < len(text.flat) or not text.flat[at].isalnum()

    return sorted(
        (
            (start, start + len(spelling), str(word))
            for word in _WORDS
            for spelling, _ in spellings(word)
            for start in range(low, high - len(spelling) + 1)
            if text.flat.startswith(spelling, start)
            and (is_free(start - 1) or not word.left)
            and (is_free(start + len(spelling)) or not word.right)
            and (text.shown[start].isupper() or not word.capital)
        ),
        key=lambda hit: (hit[1], hit[0], hit[2]),
    )


@given(st.text(st.sampled_from("abABåsłд .-–\n1"), max_size=40), st.integers(0, 12), st.integers(0, 12))
def test_words_are_found_where_they_stand_and_nowhere_else(written: str, low: int, less: int) -> None:
    text = NormalText.of(written)
    high = max(0, len(text.flat) - less)
    hits = [
        (start, end, str(word))
        for start, end, word, _ in Lexicon((w, 1) for w in _WORDS).hits(text, low, high)
    ]
    assert sorted(hits, key=lambda hit: (hit[1], hit[0], hit[2])) == by_definition(text, low, high)
    assert [end for _, end, _ in hits] == sorted(end for _, end, _ in hits)


@given(st.text())
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text(st.sampled_from("ab \n\r\t>\u00a0\u00adİ\u030aAÅ\ud800")))
def test_both_forms_of_a_text_are_of_one_length(text: str) -> None:
    normal = NormalText.of(text)
    assert len(normal.shown) == len(normal.flat)
    assert "  " not in normal.shown
    assert "\n" not in normal.flat


@given(st.text(), st.text())
def test_a_word_set_apart_is_always_found(before: str, after: str) -> None:
    assert stands("skilsmisse", f"{before} skilsmisse {after}")
