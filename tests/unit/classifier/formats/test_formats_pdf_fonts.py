"""Fonts of PDF files that are made to do harm: they take no time, and what they hide is not taken for read."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
import reportlab

from corpus.pdf_by_hand import page, stream
from corpus.reading import ALLOWANCE, causes, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Content
from segl_classifier.formats.pdf.reader import read

VERA = (Path(reportlab.__file__).parent / "fonts/Vera.ttf").read_bytes().decode("latin-1")
CHANCE = random.Random(7).randbytes(20_000).decode("latin-1")
DESCRIPTOR = "<</Type/FontDescriptor/FontName/A/Flags 4/FontBBox[0 0 9 9]/FontFile2 13 0 R>>"
TRUETYPE = "<</Type/Font/Subtype/TrueType/BaseFont/A/FirstChar 0/LastChar 255/FontDescriptor 12 0 R>>"
MAPS = "/CIDInit /ProcSet findresource begin begincmap {} endcmap end"
HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding{}>>"
SELF_DRAWN = (
    "<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 72/LastChar 106"
    f"/Widths[{'1 ' * 35}]/Encoding<</Differences[72/H 101/e 106/j]>>/CharProcs<</H 12 0 R/e 12 0 R/j 12 0 R>>"
    "/Resources<</Font<</F2 11 0 R>>>>>>"
)
SAID = "Karen Holm, nummer 010190-1234, er kommet hjem."
LINES = "\n".join(f"BT /F2 11 Tf 60 {800 - 14 * row} Td ({SAID}) Tj ET" for row in range(10))


def mapped(ranges: str, more: str = "") -> dict[int, str]:
    """A font with these rows in its table of letters, ``/ToUnicode`` (ISO 32000-1, 9.10.3)."""
    return {11: HELVETICA.format("/ToUnicode 12 0 R"), 12: stream(MAPS.format(ranges), more)}


# What is read of these is what is written, as mail programs show it.
ODD = {
    "a map that uses itself": mapped("/A usecmap", "/UseCMap 12 0 R"),
    "half a million widths": {
        11: HELVETICA.format(f"/FirstChar 0/LastChar 499999/Widths[{'500 ' * 500_000}]")
    },
    "350,000 names of letters": {11: HELVETICA.format(f"/Encoding<</Differences[{'0/H ' * 350_000}]>>")},
    "half a font": {11: TRUETYPE, 12: DESCRIPTOR, 13: stream(VERA[: len(VERA) // 2])},
    "a font by chance": {11: TRUETYPE, 12: DESCRIPTOR, 13: stream(CHANCE)},
    "a font of nothing": {11: TRUETYPE, 12: DESCRIPTOR, 13: stream("")},
}
# Which letters all the glyphs of these are nobody can say.
COMPOSITE = "<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[{} 0 R]>>"
SILENT = {
    "a glyph that draws itself": {11: SELF_DRAWN, 12: stream("1 0 0 0 1 1 d1 BT /F2 1 Tf (Hej) Tj ET")},
    "a font that is its own child": {11: COMPOSITE.format(11)},
    "widths for four thousand million": {
        11: COMPOSITE.format(14),
        12: "<</Type/FontDescriptor/FontName/A/Flags 4/FontBBox[0 0 9 9]>>",
        14: "<</Type/Font/Subtype/CIDFontType2/BaseFont/A/CIDSystemInfo<</Registry(A)/Ordering(I)/Supplement 0>>"
        "/FontDescriptor 12 0 R/W[0 4000000000 500]>>",
    },
}
# Other letters than are drawn: they are believed, for it is they that whoever searches the file or copies from it gets.
LYING = {
    "a range of all there is": mapped("1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange"),
    "20,000 ranges": mapped("20000 beginbfrange " + "<0000> <FFFF> <0041>\n" * 20_000 + "endbfrange"),
    "a letter that stands for very many": mapped(f"1 beginbfchar <48> <{'0041' * 50_000}> endbfchar"),
}


def with_font(objects: dict[int, str]) -> Content:
    """A page in the font 11 of *objects*, which has to be read in time."""
    data = page(LINES, objects, fonts="/F2 11 0 R")
    began = time.process_time()
    content = read(data, "", ALLOWANCE)
    assert time.process_time() - began < 1
    return content


@pytest.mark.parametrize("objects", ODD.values(), ids=ODD)
def test_an_odd_font_hides_no_letter(objects: dict[int, str]) -> None:
    content = with_font(objects)
    assert SAID in text_of(content)
    assert content.lacks == ()


@pytest.mark.parametrize("objects", SILENT.values(), ids=SILENT)
def test_glyphs_of_no_known_letters_are_said_to_be_unread(objects: dict[int, str]) -> None:
    assert causes(with_font(objects)) == {Unreadable.UNKNOWN_TYPE}


@pytest.mark.parametrize("objects", LYING.values(), ids=LYING)
def test_a_table_of_letters_without_end_takes_no_time(objects: dict[int, str]) -> None:
    assert text_of(with_font(objects))
