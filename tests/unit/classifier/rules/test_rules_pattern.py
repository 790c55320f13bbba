"""Patterns: RE2 with an edge that knows Danish letters."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_classifier.evaluation.labelled import read_labelled
from segl_classifier.rules import shipped_rules
from segl_classifier.rules.engine import Engine
from segl_classifier.rules.pattern import PatternSet, parse_pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\bære\b", "din ære, ja"),
        (r"\bære\b", "ÆRE"),
        (r"\b(?:ring|skriv)\b", "så ring nu"),
        (r"(?:\bære|\båre)", "en åre"),
        (r"a|\bære", "ære"),
        (r"(?:ære\b)|x", "ære"),
        (r"kr\.? \d", "Kr. 4"),
        (r"(?-i)Bo\b", "Bo!"),
        (r"\\b", "\\b"),
    ],
)
def test_it_matches(pattern: str, text: str) -> None:
    assert parse_pattern(pattern).compiled.search(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\bære\b", "lære"),
        (r"\bære\b", "ærenær"),
        (r"\bres\b", "æres"),
        (r"(?-i)Bo\b", "bo"),
        (r"\bфонд\b", "фонды"),
    ],
)
def test_it_does_not_match(pattern: str, text: str) -> None:
    assert not parse_pattern(pattern).compiled.search(text)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("x*", "matches nothing at all"),
        ("a|", "matches nothing at all"),
        (r"\b", "matches nothing at all"),
        ("$", "matches nothing at all"),
        ("(", "is no RE2 pattern"),
        (r"(a)\1", "is no RE2 pattern"),
        ("(?!a)b", "is no RE2 pattern"),
        ("a{1001}", "is no RE2 pattern"),
        (r"a\bb", "in the middle"),
        (r"(\bx)?y\bz", "in the middle"),
        (r"(?:x|y\b)z", "in the middle"),
        (r"\Bx", "ASCII"),
        ("x" * 501, "more than 500"),
    ],
)
def test_a_bad_pattern_is_refused(bad: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_pattern(bad)


def test_no_pattern_takes_for_ever() -> None:
    evil = parse_pattern(r"(a+)+x")
    started = time.process_time()
    assert not evil.compiled.search("a" * 200_000)
    assert time.process_time() - started < 2


def test_a_set_says_which_match_and_where_in_characters() -> None:
    patterns = PatternSet([(parse_pattern(r"å\d"), "one"), (parse_pattern("zz"), "two")])
    encoded = "ææå1 – å2".encode()
    assert patterns.matching(encoded) == ("one",)
    assert list(patterns.spans("one", encoded)) == [(2, 4), (7, 9)]


def test_several_patterns_of_one_key_count_as_one() -> None:
    patterns = PatternSet([(parse_pattern("aa"), 1), (parse_pattern("bb"), 1)])
    assert patterns.matching(b"bb aa") == (1,)
    assert list(patterns.spans(1, b"bb aa")) == [(0, 2), (3, 5)]


def test_an_empty_set_matches_nothing() -> None:
    assert PatternSet([]).matching(b"text") == ()


def test_patterns_too_large_for_one_set_are_all_to_be_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segl_classifier.rules.pattern._SET_MEMORY", 100)
    monkeypatch.setattr("segl_classifier.rules.pattern._MOST_SET_MEMORY", 200)
    patterns = PatternSet([(parse_pattern("aa"), 1), (parse_pattern("bb"), 2)])
    assert patterns.matching(b"bb") == (1, 2)


def test_patterns_too_large_for_the_usual_memory_get_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segl_classifier.rules.pattern._SET_MEMORY", 100)
    patterns = PatternSet([(parse_pattern("aa"), 1), (parse_pattern("bb"), 2)])
    assert patterns.matching(b"bb") == (2,)


def test_a_set_that_gave_up_over_a_text_is_not_believed() -> None:
    """Out of memory, RE2 answers as if nothing matched; taken for an answer, the message would pass."""

    class GaveUp:
        def Match(self, text: bytes) -> None:  # noqa: N802 - RE2's name
            return None

    patterns = PatternSet([(parse_pattern("aa"), 1), (parse_pattern("bb"), 2)])
    patterns._sets = ((("aa", "bb"), GaveUp()),)
    assert patterns.matching(b"bb") == (1, 2)
    many = [(parse_pattern(f"<{number:02}>"), number) for number in range(40)]
    in_halves = PatternSet(many)
    first, (second, _) = in_halves._sets
    in_halves._sets = (first, (second, GaveUp()))
    assert in_halves.matching(b"<03>") == tuple(range(40))


@pytest.mark.parametrize("count", [1, 2, 16, 17, 18, 41])
def test_it_does_not_matter_in_how_many_sets_they_are(count: int) -> None:
    patterns = PatternSet([(parse_pattern(f"<{number:02}>"), number) for number in range(count)])
    for number in range(count):
        assert patterns.matching(b"..<%02d>.." % number) == (number,)
    everything = b"".join(b"<%02d>" % number for number in reversed(range(count)))
    assert patterns.matching(everything) == tuple(range(count))
    assert patterns.matching(b"<99>") == ()


@pytest.mark.slow
def test_a_text_that_was_met_takes_no_time_again(repository: Path) -> None:
    """States that do not fit into the memory of their set are made anew for each text: all of them then take what a
    text takes that was never met. With the patterns of doctors' shorthand that was so for a while."""
    records = read_labelled(sorted((repository / "classifier" / "corpus").glob("dev_*.jsonl")))
    engine = Engine(shipped_rules().parts)

    def seconds() -> float:
        began = time.thread_time()
        for record in records:
            engine.meet(record.body)
        return time.thread_time() - began

    first = seconds()
    assert min(seconds(), seconds()) < first / 3


@given(st.text(st.sampled_from("ab|()[]?*+\\b\\B{1}^$.-i:"), max_size=12))
def test_any_pattern_is_compiled_or_refused_with_a_reason(pattern: str) -> None:
    try:
        parsed = parse_pattern(pattern)
    except ValueError:
        return
    assert not parsed.compiled.search("")
