"""PDF: glyphs of which no font says the letters, and texts that a file names in place of what it draws."""

from __future__ import annotations

import pytest

from corpus import pdf_by_hand
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.pdf.reader import read

PLAIN = "Driften i november: vandet var godt, og alle pumper gik som de skulle, sagde han."
LINE = "CPR 010190-1234 Hans Hansen, Byvej 3"


def coded(line: str) -> str:
    """The codes of its glyphs, numbered by first use, as programs number those of a font."""
    order = {letter: number for number, letter in enumerate(dict.fromkeys(line.replace(" ", "")), 10)}
    return "".join(f"{order[letter]:02x}" if letter != " " else "01" for letter in line)


def type3(unmapped: list[str], plain: list[str], at: int) -> bytes:
    """A page of *plain*, with *unmapped* after the line *at* in a font whose glyphs are called g10, g11 …"""
    names = " ".join(f"/g{number}" for number in range(10, 60))
    glyphs = " ".join(f"/g{number} 11 0 R" for number in range(10, 60))
    font = (
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 600 700]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 1/LastChar 59"
        f"/Widths[{' '.join(['600'] * 59)}]/Encoding<</Differences[1/space 10 {names}]>>"
        f"/CharProcs<</space 12 0 R {glyphs}>>/Resources<<>>>>"
    )
    rows = []
    for row, line in enumerate([*plain[:at], *unmapped, *plain[at:]]):
        shown = f"<{coded(line)}>" if at <= row < at + len(unmapped) else f"({line})"
        face = "F3" if shown.startswith("<") else "F1"
        rows.append(f"BT /{face} 9 Tf 50 {820 - 14 * row} Td {shown} Tj ET")
    more = {
        10: pdf_by_hand.stream("", "/Type/XObject/Subtype/Form/BBox[0 0 1 1]"),
        11: pdf_by_hand.stream("600 0 0 0 600 700 d1 50 50 500 600 re f"),
        12: pdf_by_hand.stream("600 0 d0"),
        13: font,
    }
    return pdf_by_hand.page("\n".join(rows), more, fonts="/F3 13 0 R")


@pytest.mark.parametrize("at", range(0, 50, 7))
@pytest.mark.parametrize("line", [LINE, "010190-1234", "0101901234", "1 5 0 3 7 1 2 3 4 4", "150371 2344"])
def test_one_line_of_a_full_page_without_letters_is_unreadable(line: str, at: int) -> None:
    data = type3([line], [PLAIN] * 50, at)
    content = read(data, "", ALLOWANCE)
    assert line not in text_of(content)
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}
    assert [file.name for file in read(data, "", WITH_OCR).files] == ["page 1.png"]


@pytest.mark.parametrize("line", ["o", "**********", "*-*-*-*-*-*-*-*-*-*", "Side 1"])
def test_signs_and_rows_of_an_ornament_are_no_line(line: str) -> None:
    assert read(type3([line], [PLAIN] * 30, 4), "", ALLOWANCE).lacks == ()


@pytest.mark.parametrize("at", [3, 20])
def test_digits_that_a_font_does_not_say_are_unreadable_in_a_line_that_it_says(at: int) -> None:
    """As fonts with digits of an old form do: the letters have names that are known, the digits have not."""
    names = " ".join(f"/g{digit}" for digit in range(10))
    font = (
        "<</Type/Font/Subtype/Type1/BaseFont/Garamond/Encoding<</BaseEncoding/WinAnsiEncoding"
        f"/Differences[140 {names}]>>>>"
    )
    rows = [PLAIN] * 40
    rows[at] = "Driften: CPR-nr. er " + "".join(
        f"\\{140 + int(letter):o}" if letter.isdigit() else letter for letter in "010190-1234"
    )
    data = pdf_by_hand.page(pdf_by_hand.written(*rows, font="F3"), {13: font}, fonts="/F3 13 0 R")
    content = read(data, "", ALLOWANCE)
    assert "CPR-nr. er" in text_of(content)
    assert "010190" not in text_of(content)
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}


def mapped(line: str, first: int, plain: list[str]) -> bytes:
    """A page of *plain* and *line*, whose letters the font says to stand from *first* on, in the order of ASCII."""
    pairs = "".join(f"<{code:02x}> <{first + code:04x}>\n" for code in range(0x20, 0x7F))
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <FF> endcodespacerange\n95 beginbfchar\n{pairs}endbfchar\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    )
    font = "<</Type/Font/Subtype/TrueType/BaseFont/Arial/Encoding/WinAnsiEncoding/ToUnicode 11 0 R>>"
    content = pdf_by_hand.written(*plain) + "\n" + pdf_by_hand.written(line, top=100, font="F2")
    more = {
        10: pdf_by_hand.stream("", "/Type/XObject/Subtype/Form/BBox[0 0 1 1]"),
        11: pdf_by_hand.stream(table),
        12: font,
    }
    return pdf_by_hand.page(content, more, fonts="/F2 12 0 R")


def test_letters_that_a_font_of_signs_keeps_are_read_and_told_of() -> None:
    content = read(mapped("CPR 010190-1234 Hans", 0xF000, [PLAIN] * 20), "", ALLOWANCE)
    assert stands_in(content, "010190-1234")
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}  # what they look like nobody says


@pytest.mark.parametrize("count", [4, 20])
def test_a_line_in_codes_that_are_no_letters_is_unreadable(count: int) -> None:
    data = mapped("CPR 010190-1234 Hans", 0xE000, [PLAIN] * count)
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}


def test_a_few_signs_are_no_line() -> None:
    content = read(mapped("12 34 5", 0xF000, [PLAIN] * 4), "", ALLOWANCE)
    assert content.lacks == ()
    assert "12 34 5" in text_of(content)


NAMED = "/Span <</ActualText (Vi ses til frokost)>> BDC {} EMC"
NUMBER = "BT /F1 12 Tf 60 700 Td (010190-1234) Tj ET"


@pytest.mark.parametrize("inside_a_form", [False, True])
def test_what_is_drawn_is_read_beside_the_text_named_for_it(*, inside_a_form: bool) -> None:
    marked = NAMED.format(NUMBER)
    before = pdf_by_hand.written("Kære Bo", "CPR-nr.:", top=728)
    shape = "/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources 6 0 R"
    form = {10: pdf_by_hand.stream(marked, shape)} if inside_a_form else {}
    content = read(pdf_by_hand.page(f"{before} {'/X Do' if form else marked}", form), "", ALLOWANCE)
    assert stands_in(content, "Vi ses til frokost") == ["page 1"]
    assert stands_in(content, "010190-1234") == ["page 1, as it is drawn"]
    assert "CPR-nr.:\n010190-1234" in text_of(content)  # with what stands before it


def test_a_true_name_is_not_read_twice() -> None:
    shown = "/Span <</ActualText (Kære  Bo)>> BDC BT /F1 12 Tf 60 700 Td (KÆRE BO) Tj ET EMC"
    content = read(pdf_by_hand.page(shown), "", ALLOWANCE)
    assert [passage.place for passage in content.passages] == ["page 1"]


def test_marks_nested_deeper_than_anybody_nests_are_told_of() -> None:
    named = "/Span <</ActualText (a)>> BDC "
    assert read(pdf_by_hand.page(f"{named * 50} {NUMBER} {'EMC ' * 50}"), "", ALLOWANCE).lacks == ()
    content = read(pdf_by_hand.page(f"{named * 200} {NUMBER} {'EMC ' * 200}"), "", ALLOWANCE)
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}


@pytest.mark.parametrize("key", ["Alt", "E"])
@pytest.mark.parametrize(
    "value", ["(CPR 010190-1234)", f"<FEFF{'CPR 010190-1234'.encode('utf-16-be').hex()}>"]
)
def test_words_for_a_picture_that_the_page_itself_says_are_read(key: str, value: str) -> None:
    marked = f"/Figure <</{key} {value}>> BDC BT /F1 12 Tf 60 700 Td (Fig. 1) Tj ET EMC"
    content = read(pdf_by_hand.page(marked), "", ALLOWANCE)
    assert stands_in(content, "010190-1234") == ["alternative text"]
