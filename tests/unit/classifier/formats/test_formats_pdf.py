"""PDF: pages, cells, forms, notes, what stands around the pages, scans, and files made to do harm."""

from __future__ import annotations

import io
import random
import time

import pikepdf
import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from corpus import pdf_files
from corpus.pdf_by_hand import built
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance
from segl_classifier.formats.pdf.reader import read

DOCUMENT, PLACES = pdf_files.document()
CONTENT = read(DOCUMENT, "brev.pdf", ALLOWANCE)


@pytest.mark.parametrize("place", PLACES)
def test_a_number_is_found_wherever_it_stands(place: str) -> None:
    assert stands_in(CONTENT, PLACES[place]), text_of(CONTENT)


def test_a_sound_file_lacks_nothing() -> None:
    assert CONTENT.lacks == ()


def test_places_are_pages() -> None:
    assert stands_in(CONTENT, PLACES["text"]) == ["page 1"]
    assert stands_in(CONTENT, PLACES["second page"]) == ["page 2"]
    assert stands_in(CONTENT, PLACES["form field"]) == ["form field on page 1", "page 1, filled in"]
    assert stands_in(CONTENT, PLACES["note"]) == ["note on page 1"]
    assert stands_in(CONTENT, PLACES["bookmark"]) == ["bookmarks"]


def test_cells_of_a_table_stand_apart() -> None:
    lines = CONTENT.passages[0].text.split("\n")
    assert "Navn\tCPR-nr.\tBeløb" in lines
    assert f"Bo Hansen\t{PLACES['table']}\t1.200,50" in lines


def test_a_file_inside_is_handed_on() -> None:
    assert [(file.name, file.data) for file in CONTENT.files] == [("bilag.txt", b"indhold")]


def drawn(*lines: str) -> bytes:
    out = io.BytesIO()
    page = Canvas(out)
    for row, line in enumerate(lines):
        page.drawString(72, 700 - 15 * row, line)
    page.showPage()
    page.save()
    return out.getvalue()


def test_a_number_broken_at_the_end_of_a_line_keeps_its_hyphen() -> None:
    assert "010190-\n1234" in text_of(read(drawn("nummeret er 010190-", "1234 og"), "", ALLOWANCE))


@pytest.mark.parametrize("gap", [0, 3, 10])
def test_halves_of_a_number_are_no_cells(gap: int) -> None:
    out = io.BytesIO()
    page = Canvas(out)
    page.drawString(72, 700, "CPR 010190-")
    page.drawString(72 + page.stringWidth("CPR 010190-") + gap, 700, "1234")
    page.save()
    assert "\t" not in text_of(read(out.getvalue(), "", ALLOWANCE))


def test_a_password_to_open_is_encrypted() -> None:
    content = read(pdf_files.locked(DOCUMENT, "hemmelig"), "", ALLOWANCE)
    assert causes(content) == {Unreadable.ENCRYPTED}
    assert content.passages == ()


def test_a_password_to_change_is_none() -> None:
    content = read(pdf_files.locked(DOCUMENT, ""), "", ALLOWANCE)
    assert content.lacks == ()
    assert stands_in(content, PLACES["text"])


def test_a_scanned_page_is_told_of_or_handed_on() -> None:
    assert causes(read(pdf_files.scanned(), "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}
    content = read(pdf_files.scanned(), "", WITH_OCR)
    assert content.lacks == ()
    assert [(file.name, file.content_type) for file in content.files] == [("page 1.png", "image/png")]


STAMP = (
    "Udskrevet 28-11-2026 fra Hylleholt Vandværks ESDH, sag 2026-004711, side 1 af 3. Scannet post modtaget 27-11-2026 "
    "og journaliseret."
)


@pytest.mark.parametrize(
    ("text", "share", "scan"),
    [
        (STAMP, 1.0, True),  # as document systems stamp each page
        (STAMP, 0.5, True),
        (STAMP, 0.3, False),  # a picture in a short text
        ("Her er skærmbilledet, som du bad om. " * 3, 0.9, True),
        ("Driften i november: " + "vandet var godt. " * 21, 0.9, True),  # 377 characters
        ("Driften i november: " + "vandet var godt. " * 40, 1.0, False),  # a letter on paper with a picture
    ],
)
def test_a_little_text_over_a_large_picture_is_a_scan_with_a_stamp(
    text: str, share: float, scan: bool
) -> None:
    content = read(pdf_files.stamped(text, share), "", ALLOWANCE)
    assert text[:30] in text_of(content)
    assert causes(content) == ({Unreadable.UNKNOWN_TYPE} if scan else set())
    assert [file.name for file in read(pdf_files.stamped(text, share), "", WITH_OCR).files] == ["page 1.png"]


def test_letters_drawn_as_lines_are_a_scan() -> None:
    out = io.BytesIO()
    page = Canvas(out)
    for stroke in range(400):
        page.line(stroke, 100, stroke + 3, 110)
    page.save()
    assert causes(read(out.getvalue(), "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}


def test_an_empty_page_is_empty() -> None:
    content = read(drawn(), "", ALLOWANCE)
    assert content.lacks == ()
    assert content.files == ()


def test_glyphs_that_nobody_says_the_letters_of_are_not_text() -> None:
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    out = io.BytesIO()
    page = Canvas(out)
    page.setFont("Vera", 12)
    page.drawString(72, 700, "æøåÆØÅéüöäñç" * 3)
    page.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as pdf:
        for font in pdf.pages[0].Resources.Font.values():
            if "/ToUnicode" in font:
                del font["/ToUnicode"]
        out = io.BytesIO()
        pdf.save(out)
    assert causes(read(out.getvalue(), "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}


@pytest.mark.parametrize("part", range(1, 20))
def test_a_file_cut_off_is_damaged(part: int) -> None:
    content = read(DOCUMENT[: len(DOCUMENT) * part // 20], "", ALLOWANCE)
    assert Unreadable.DAMAGED in causes(content)


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF", b"%PDF-1.4\nstartxref\n0\n%%EOF", b"x" * 1000]
)
def test_no_pdf_is_damaged(data: bytes) -> None:
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.DAMAGED}


@pytest.mark.slow
def test_flipped_bytes_end_in_time_and_without_a_traceback() -> None:
    chance = random.Random(7)
    for _ in range(60):
        data = bytearray(DOCUMENT)
        for _ in range(chance.randint(1, 30)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        begin = time.process_time()
        read(bytes(data), "", ALLOWANCE)
        assert time.process_time() - begin < 2


PAGE = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
LOOPS = {
    "pages that are their own parent": {1: "<</Type/Catalog/Pages 2 0 R>>", 2: "<</Type/Pages/Kids[2 0 R]/Count 9>>"},
    "a count that lies": {1: "<</Type/Catalog/Pages 2 0 R>>", 2: "<</Type/Pages/Kids[3 0 R]/Count 99999999>>", 3: PAGE},
    "bookmarks in a ring": {
        1: "<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: PAGE,
        4: "<</First 5 0 R/Last 5 0 R>>",
        5: "<</Title(a)/Parent 4 0 R/Next 5 0 R/First 5 0 R>>",
    },
    "fields in a ring": {
        1: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots[4 0 R]>>",
        4: "<</Type/Annot/Subtype/Widget/Kids[4 0 R]/Parent 4 0 R/Rect[0 0 9 9]>>",
    },
    "names in a ring": {
        1: "<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 4 0 R/JavaScript 4 0 R>>>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: PAGE,
        4: "<</Kids[4 0 R 4 0 R]>>",
    },
    "a form that draws itself": {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</X 4 0 R>>>>>>",
        4: "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 4 0 R>>>>/Length 5>>"
        "stream\n/X Do\nendstream",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", LOOPS)
def test_loops_end(name: str) -> None:
    begin = time.process_time()
    read(built(LOOPS[name]), "", WITH_OCR)
    assert time.process_time() - begin < 2


@pytest.mark.slow
def test_more_pages_than_are_read_is_told() -> None:
    kids = " ".join(["3 0 R"] * 6_000)
    data = built({1: "<</Type/Catalog/Pages 2 0 R>>", 2: f"<</Type/Pages/Kids[{kids}]/Count 6000>>", 3: PAGE})
    assert Unreadable.TOO_MANY in causes(read(data, "", ALLOWANCE))


def test_more_text_than_allowed_is_too_large() -> None:
    content = read(drawn(*["x" * 80] * 40), "", Allowance(500, 10, 10**6))
    assert causes(content) == {Unreadable.TOO_LARGE}
    assert len(text_of(content)) <= 500


def test_files_inside_keep_to_the_allowance() -> None:
    content = read(DOCUMENT, "", Allowance(10**6, 0, 10**6))
    assert causes(content) == {Unreadable.TOO_MANY}
    content = read(DOCUMENT, "", Allowance(10**6, 10, 3))
    assert Unreadable.TOO_LARGE in causes(content)
