"""What stands around a hit: which marks are seen, in which reach, and which one is told."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.model import Condition, Scope, Within, WordList
from segl_classifier.rules.passage import Marked, Marker, Passage
from segl_classifier.rules.words import NormalText, fold, parse_word, tokens


def seen(words: str, text: str, *, within: Within = Scope.PASSAGE, capital: bool = False) -> str | None:
    """The word of *words* by which a condition holds for the hit ``gigt`` in *text*."""
    listed = tuple(parse_word(word.strip(), capital=capital) for word in words.split(","))
    condition = Condition(("person",), within)
    marker = Marker([condition], {"person": WordList("person", listed, (), ("person",))})
    normal = NormalText.of(text)
    hits = Lexicon(marker.others).hits(normal)
    others = [((begin, end, word.text), part) for begin, end, word, parts in hits for part in parts]
    start = normal.flat.index("gigt")
    marked = Marked(marker, normal, others=others)
    found = Passage.around(marked, start, start + 4).find(condition, start, start + 4)
    return found.removeprefix("person ").strip("“”") if found else None


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("hun", "Hun har gigt."),
        ("min søn", "Min\nsøn har gigt."),
        ("datter*", "Datterens gigt er værre."),
        ("søn", "Vores soen har gigt."),
        ("šárka", "Šárka har gigt."),  # letters beyond Latin-1
        ("hun", "“Hun” har gigt – og ikke lidt."),
        ("hun", "Hun Ω har gigt."),
    ],
)
def test_a_mark_is_seen(words: str, text: str) -> None:
    assert seen(words, text) is not None


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("hun", "Hunden har gigt."),
        ("hun", "Hunš har gigt."),  # one word, though half of it is not Latin-1
        ("hun", "šhun har gigt."),
        ("hun", "Hun2 har gigt."),
        ("gigt", "Det er gigt."),  # the hit itself is no mark
    ],
)
def test_a_part_of_a_word_is_no_mark(words: str, text: str) -> None:
    assert seen(words, text) is None


def test_the_first_mark_in_the_text_is_told() -> None:
    for words in ("du, jeg, hun", "hun, jeg, du", "jeg, hun, du"):
        assert seen(words, "Ved du, om jeg eller hun har gigt?") == "du"


@pytest.mark.parametrize(
    ("within", "is_seen"), [(4, False), (5, True), (Scope.SENTENCE, True), (Scope.PASSAGE, True)]
)
def test_a_reach_in_words_counts_those_between(within: Within, is_seen: bool) -> None:
    assert (seen("hun", "Hun har nu i årevis gigt.", within=within) is not None) == is_seen


@pytest.mark.parametrize(
    "text",
    [
        "Hun kom. Man har gigt.",
        "Kort linje om hun\nman har gigt.",
        "Man har gigt. Hun kom.",
        "Man har gigt!\nHun kom.",
        "Har man gigt?” Hun kom.",
    ],
)
def test_a_sentence_ends_before_a_capital_and_with_a_short_line(text: str) -> None:
    assert seen("hun", text, within=Scope.SENTENCE) is None
    assert seen("hun", text) == "hun"


@pytest.mark.parametrize("text", ["Hun sagde f.eks. at man har gigt.", "Hun fik 3.5 og har gigt."])
def test_a_full_stop_alone_ends_no_sentence(text: str) -> None:
    assert seen("hun", text, within=Scope.SENTENCE) == "hun"


@pytest.mark.parametrize(
    "text",
    [
        "Hun og hr. Holm har gigt.",
        "She and Mrs. Novak: gigt",
        "Hun og P. Holm har gigt.",
        "Hun er i sin 22. Woche med gigt.",
    ],
)
def test_nor_does_that_of_a_title_an_initial_or_a_german_ordinal(text: str) -> None:
    assert seen("hun, she", text, within=Scope.SENTENCE) in ("hun", "she")


@pytest.mark.parametrize("text", ["Hun er 84. Man har gigt.", "Hun bor på nr. 22. Man har gigt."])
def test_a_number_at_the_end_of_a_sentence_ends_it(text: str) -> None:
    assert seen("hun", text, within=Scope.SENTENCE) is None


def test_a_mark_further_off_than_the_passage_is_not_seen() -> None:
    assert seen("hun", "Hun " + "og " * 20 + "gigt") == "hun"
    assert seen("hun", "Hun " + "og " * 21 + "gigt") is None


@given(st.text(st.sampled_from("ab1 ,.-æÅß\u00b2šΩ\n_")))
def test_every_word_of_latin_letters_is_among_the_tokens(text: str) -> None:
    flat = NormalText.of(text).flat
    whole = "".join(c if c.isalnum() else " " for c in flat).split()
    assert {word.encode("latin-1") for word in whole if not set(word) & set("šω")} <= tokens(flat)


@given(st.text())
def test_a_text_is_folded_alike_with_and_without_letters_beyond_latin(text: str) -> None:
    assert fold(text + "Ω") == fold(text) + "ω"


@pytest.mark.slow
def test_marks_far_on_are_found_without_passing_by_those_before() -> None:
    text = NormalText.of("min søn " * 200_000)
    others = [((start, start + 7, "min søn"), "person") for start in range(0, len(text.flat) - 7, 8)]
    marked = Marked(Marker([], {}), text, others=others)
    began = time.process_time()
    for start in range(len(text.flat) - 16_000, len(text.flat) - 16, 8):
        assert marked.others_in(start, start + 15) == {
            "person": [(start, start + 7, "min søn"), (start + 8, start + 15, "min søn")]
        }
    assert time.process_time() - began < 1
