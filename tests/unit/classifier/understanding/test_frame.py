"""The frame: what it sees, that it is loaded only when asked, and that it forgets what it read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from segl_classifier.understanding import name_features
from segl_classifier.understanding.frame import LONGEST, Frame, Mention
from segl_classifier.understanding.persons import Person, Sign
from segl_classifier.understanding.pointers import persons_in
from segl_classifier.understanding.recogniser import Kind
from world.at_once import at_once

FOLDER = Path(__file__).resolve().parents[4] / "classifier/model"
FRAME = Frame(FOLDER)


def test_mentions_are_offsets_into_the_passage() -> None:
    text = "Kære  Karen. Min søn Peter er syg. Spørg hos Nordvand A/S i Odense."
    (seen,) = FRAME.look([text])
    shown = {(text[m.start : m.end], m.kind) for m in seen.mentions}
    assert shown >= {
        ("Karen", Sign.CORRESPONDENT),
        ("Min søn", Sign.KIN),
        ("Peter", Sign.NAMED),
        ("Nordvand A/S", Kind.ORGANISATION),
        ("Odense", Kind.PLACE),
    }
    assert seen.person is Person.YES
    assert seen.signs >= {Sign.CORRESPONDENT, Sign.KIN, Sign.NAMED}


def test_who_is_in_a_passage_is_told_line_by_line_and_what_is_nobody_left_out() -> None:
    passage = "Hej Ulla\n\nKaren Holm er syg. Novo Nordisk i Odense skriver.\n\nVh Bo"
    assert [(passage[start:end], kind) for start, end, kind in persons_in(passage)] == [
        ("Ulla", "correspondent"),
        ("Karen Holm", "named"),
        ("Bo", "correspondent"),
    ]
    assert persons_in("") == persons_in("\n\n") == []


def test_passages_are_answered_in_their_order() -> None:
    persons = [
        seen.person for seen in FRAME.look(["Det regner.", "Hun er syg.", "Kunden har klaget.", "", " \n"])
    ]
    assert persons == [Person.NO, Person.YES, Person.UNKNOWN, Person.NO, Person.NO]


def test_nothing_asked_nothing_loaded() -> None:
    frame = Frame(FOLDER)
    assert frame.look([]) == []
    assert frame._nlp is None


@pytest.mark.parametrize("text", ["a" * 1_000_000, "Karen " * 100_000, "\x00\ud800\ufeff", "\n" * 5000])
def test_any_text_has_an_answer(text: str) -> None:
    (seen,) = FRAME.look([text])
    assert all(0 <= m.start < m.end <= LONGEST for m in seen.mentions)


def test_there_is_no_frame_without_a_recogniser(tmp_path: Path) -> None:
    assert Frame.of(tmp_path) is None
    assert Frame.of(FOLDER) is not None


def test_threads_may_share_it() -> None:
    frame = Frame(FOLDER)
    text = "Vi har talt med Karen Holm, og hun er syg."
    (right,) = FRAME.look([text])
    for found in at_once(lambda _: [frame.look([text]) for _ in range(20)], range(4)):
        assert found == [[right]] * 20


@pytest.mark.slow
def test_what_was_read_is_forgotten() -> None:
    """Eight hundred messages with ten new words each leave the vocabulary, and the process, as they were."""

    def read(first: int, last: int) -> None:
        for n in range(first, last):
            words = " ".join(
                f"{word}{n}" for word in ("måler", "hånd", "vand", "brev", "tal", "hus", "pumpe", "rør")
            )
            FRAME.look([f"Navn{n}sen, {words} er aflæst hos selskab{n}."])

    read(0, 600)  # until the bounded caches are full
    nlp = FRAME._nlp
    assert nlp is not None
    strings, memory = len(nlp.vocab.strings), _memory()
    read(600, 1400)
    assert len(nlp.vocab.strings) <= strings
    assert "Navn1399sen" not in nlp.vocab.strings
    assert _memory() - memory < 1.1


def _memory() -> float:
    """MB of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def test_spacy_is_imported_when_asked_and_not_before() -> None:
    code = (
        "import sys, pathlib; import segl_classifier.understanding.loading; "
        "from segl_classifier.understanding.frame import Frame; f = Frame(pathlib.Path(sys.argv[1])); "
        "before = 'spacy' in sys.modules; f.prepare(); print(before, 'spacy' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(FOLDER)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "True", "False"]


def test_a_mention_is_plain_data() -> None:
    (seen,) = FRAME.look(["Karen er her."])
    assert seen.mentions
    assert all(type(m) is Mention and type(m.start) is int for m in seen.mentions)


def test_no_word_is_kept_of_what_was_looked_at() -> None:
    FRAME.look(["Kirsten Hjortshøj er indlagt på Skejby."])
    assert FRAME._nlp is not None
    likeness = cast("Any", FRAME._nlp.get_pipe("segl_names"))._recogniser._likeness
    sizes = [
        cached.cache_info().currsize
        for cached in (name_features._of_word, name_features._beside, likeness._cached)
    ]
    assert sizes == [0, 0, 0]
    assert "Hjortshøj" not in FRAME._nlp.vocab.strings
