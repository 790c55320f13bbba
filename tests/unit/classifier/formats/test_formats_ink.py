"""What was written with a pen into an Office file: strokes that no reader of text reads (InkML)."""

from __future__ import annotations

import pytest

from corpus import office_files
from corpus.reading import ALLOWANCE, causes, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Content
from segl_classifier.formats.ooxml.reader import read

STROKE = "<inkml:trace>8 22 9830, 6 -3 1200, 5 0 990</inkml:trace>"


def with_ink(part: str, *strokes: int, more: str = "") -> Content:
    """A file into which somebody wrote several times, each time with so many strokes."""
    inks = {
        f"{part}/ink/ink{number}.xml": f'<inkml:ink xmlns:inkml="urn:ink">{more}{STROKE * count}</inkml:ink>'
        for number, count in enumerate(strokes)
    }
    return read(office_files.repacked(office_files.word()[0], inks), "", ALLOWANCE)


@pytest.mark.parametrize(("strokes", "told"), [((12,), True), ((6, 7), True), ((6,), False), ((), False)])
@pytest.mark.parametrize("part", ["word", "ppt", "xl"])
def test_more_than_a_name_written_by_hand_is_told_of(
    part: str, strokes: tuple[int, ...], *, told: bool
) -> None:
    content = with_ink(part, *strokes)
    assert causes(content) == ({Unreadable.UNKNOWN_TYPE} if told else set())
    assert "9830" not in text_of(content)


def test_words_that_a_program_took_the_strokes_for_are_read() -> None:
    content = with_ink("word", 3, more="<inkml:annotation>Skizofreni</inkml:annotation>")
    assert "Skizofreni" in text_of(content)
