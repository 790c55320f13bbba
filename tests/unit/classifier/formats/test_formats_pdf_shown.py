"""PDF: what a page shows to a reader without saying it in letters."""

from __future__ import annotations

import pytest

from corpus import pdf_files
from corpus.reading import ALLOWANCE, WITH_OCR, causes, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.pdf import read

LINE = "Jens Hansen, CPR 010190-1234, er visiteret til behandling for misbrug."
PLAIN = "Driften i november: vandet var godt, og alle pumper gik som de skulle."


@pytest.mark.parametrize(
    ("unmapped", "plain"),
    [
        ([LINE] * 10, []),
        ([LINE], []),
        (["010190-1234"], []),
        ([LINE], [PLAIN] * 20),
        ([LINE] * 4, [PLAIN] * 36),
    ],
)
def test_glyphs_whose_letters_no_font_tells_are_unreadable(unmapped: list[str], plain: list[str]) -> None:
    data = pdf_files.without_letters(unmapped, plain)
    content = read(data, "", ALLOWANCE)
    assert "010190" not in text_of(content)
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}
    assert [file.name for file in read(data, "", WITH_OCR).files] == ["page 1.png"]


@pytest.mark.parametrize(("unmapped", "plain"), [(["o"] * 9, [PLAIN] * 9), (["o"], ["Side 1"])])
def test_signs_before_the_points_of_a_list_are_not(unmapped: list[str], plain: list[str]) -> None:
    assert causes(read(pdf_files.without_letters(unmapped, plain), "", ALLOWANCE)) == set()
