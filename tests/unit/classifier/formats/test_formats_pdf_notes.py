"""PDF: fields among the words of their page, ink and stamps, links that show something, files inside."""

from __future__ import annotations

import pytest

from corpus import pdf_by_hand
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Content
from segl_classifier.formats.pdf.reader import read

FORM = pdf_by_hand.written(
    "Ansøgning om hjælp", "Navn:", "CPR-nr.:", "Adresse:", "Telefon:", "Dato og underskrift:", top=800
)
ROW = 800 - 2 * 14 - 4  # that of the number


def filled_in(content: Content) -> str:
    return "\n".join(passage.text for passage in content.passages if passage.place == "page 1, filled in")


@pytest.mark.parametrize("appearance", [True, False])
@pytest.mark.parametrize(
    ("values", "row"),
    [
        (["0101901234"], "CPR-nr.: 0101901234"),
        (["010190", "1234"], "CPR-nr.: 010190 1234"),
        (list("0101901234"), "CPR-nr.: 0 1 0 1 9 0 1 2 3 4"),
    ],
)
def test_what_is_filled_in_stands_beside_its_words(values: list[str], row: str, *, appearance: bool) -> None:
    left = 130.0
    fields = []
    for number, value in enumerate(values):
        fields.append((f"felt{number}", value, left, ROW))
        left += max(18, 12 * len(value))
    content = read(pdf_by_hand.form(fields, FORM, appearance=appearance), "", ALLOWANCE)
    assert row in filled_in(content)
    assert content.lacks == ()


def test_words_above_a_table_of_fields_stand_above_its_rows() -> None:
    heads = "BT /F1 11 Tf 60 760 Td (Navn) Tj 140 0 Td (CPR-nr.) Tj ET"
    rows = [("Bo Hansen", "0101901234"), ("Eva Lund", "0202801234")]
    fields = []
    for number, (name, cpr) in enumerate(rows):
        fields += [(f"a{number}", name, 60, 740 - 18 * number), (f"b{number}", cpr, 200, 740 - 18 * number)]
    content = read(pdf_by_hand.form(fields, heads), "", ALLOWANCE)
    assert filled_in(content) == "Navn CPR-nr.\nBo Hansen 0101901234\nEva Lund 0202801234"


def test_an_empty_form_says_nothing_twice() -> None:
    content = read(pdf_by_hand.form([("felt", "", 130, ROW)], FORM), "", ALLOWANCE)
    assert [passage.place for passage in content.passages] == ["page 1", "form field on page 1"]


LETTER = ["Driften i november: vandet var godt, og pumperne gik, som de skulle."] * 10


def noted(subtype: str, content: str, more: str = "", *, lines: list[str] | None = None) -> bytes:
    """A page with a note that draws *content*, of the width of the page and a quarter of its height."""
    note = f"<</Type/Annot/Subtype/{subtype}/Rect[0 0 595 210]/F 4/AP<</N 12 0 R>>{more}>>"
    shape = pdf_by_hand.stream(content, "/Type/XObject/Subtype/Form/BBox[0 0 595 210]/Resources 6 0 R")
    text = pdf_by_hand.written(*(LETTER if lines is None else lines))
    return pdf_by_hand.page(text, {11: note, 12: shape}, names="/Annots[11 0 R]")


def strokes(count: int) -> str:
    """The strokes of a pen, as the list of ink has them."""
    lines = (f"[{20 * n} 10 {20 * n + 5} 40 {20 * n + 9} 20 {20 * n + 15} 50]" for n in range(count))
    return f"/InkList[{' '.join(lines)}]"


CURVES = " ".join(
    f"{30 * (n % 19)} {9 * (n // 19)} m "
    + " ".join(
        f"{30 * (n % 19) + k} 9 4 {9 * (n // 19)} {30 * (n % 19) + 2 * k} {9 * (n // 19)} c"
        for k in range(10)
    )
    + " S"
    for n in range(150)
)


@pytest.mark.parametrize(
    ("subtype", "content", "more"),
    [
        ("Ink", "0 0 m 9 9 l S", strokes(10)),  # the digits of a number
        ("Ink", CURVES, ""),
        ("Stamp", CURVES, ""),
    ],
)
def test_what_is_written_by_hand_is_unreadable(subtype: str, content: str, more: str) -> None:
    data = noted(subtype, content, more)
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}
    assert [file.name for file in read(data, "", WITH_OCR).files] == ["page 1.png"]


@pytest.mark.parametrize(
    ("subtype", "content", "more"),
    [
        ("Ink", "0 0 m 9 9 l S", strokes(5)),  # a name
        ("Stamp", "BT /F1 20 Tf 20 20 Td (GODKENDT) Tj ET 0 0 200 60 re S", ""),
        ("Highlight", "1 1 0 rg 50 50 300 14 re f", "/QuadPoints[50 64 350 64 50 50 350 50]"),
        ("Underline", "50 50 m 350 50 l S", "/QuadPoints[50 64 350 64 50 50 350 50]"),
    ],
)
def test_a_name_a_stamp_and_marks_on_a_letter_are_not(subtype: str, content: str, more: str) -> None:
    assert read(noted(subtype, content, more), "", ALLOWANCE).lacks == ()


def test_what_a_link_shows_is_read() -> None:
    content = read(noted("Link", "BT /F1 12 Tf 20 20 Td (CPR 010190-1234) Tj ET"), "", ALLOWANCE)
    assert stands_in(content, "010190-1234") == ["note on page 1"]


FILE = pdf_by_hand.stream("CPR 010190-1234", "/Type/EmbeddedFile")


@pytest.mark.parametrize(
    "names",
    ["/UF(a.txt)/EF<</F 12 0 R>>", "/F(a.txt)/EF<</UF 12 0 R>>", "/EF<</F 12 0 R>>", "/F()/EF<</F 12 0 R>>"],
)
def test_a_file_that_is_not_found_is_told_of(names: str) -> None:
    inside = "/Names<</EmbeddedFiles<</Names[(a) 11 0 R]>>>>"
    content = read(
        pdf_by_hand.page("", {11: f"<</Type/Filespec{names}>>", 12: FILE}, catalog=inside), "", ALLOWANCE
    )
    assert causes(content) == {Unreadable.DAMAGED}


def test_an_empty_file_inside_holds_nothing() -> None:
    inside = "/Names<</EmbeddedFiles<</Names[(a) 11 0 R]>>>>"
    file = "<</Type/Filespec/F(a.txt)/UF(a.txt)/EF<</F 12 0 R/UF 12 0 R>>>>"
    content = read(
        pdf_by_hand.page("", {11: file, 12: pdf_by_hand.stream("")}, catalog=inside), "", ALLOWANCE
    )
    assert content.lacks == ()
    assert content.files == ()
