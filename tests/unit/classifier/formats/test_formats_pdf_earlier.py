"""PDF: what was taken out and saved behind the file as it was, which still lies whole before it."""

from __future__ import annotations

import io
import time

import pikepdf
import pytest

from corpus import pdf_by_hand, pdf_files
from corpus.reading import ALLOWANCE, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.pdf.reader import read

NUMBER = "010190-1234"
LETTER = pdf_by_hand.page(pdf_by_hand.written("Vedr. Ib Holm", f"CPR {NUMBER}", "Venlig hilsen"))
BLANKED = {4: pdf_by_hand.stream(pdf_by_hand.written("Vedr. Ib Holm", "Venlig hilsen"))}
TWO_PAGES = {
    2: "<</Type/Pages/Kids[3 0 R 7 0 R]/Count 2>>",
    7: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 8 0 R/Resources 6 0 R>>",
    8: pdf_by_hand.stream(pdf_by_hand.written(f"CPR {NUMBER}")),
}
ONE_PAGE = {2: "<</Type/Pages/Kids[3 0 R]/Count 1>>"}
PLAIN = pdf_by_hand.page(pdf_by_hand.written("Dagsorden"))


def filled_in(value: str) -> dict[int, str]:
    widget = f"<</Type/Annot/Rect[100 100 200 120]/Subtype/Widget/FT/Tx/T(felt)/V({value})>>"
    return {
        1: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[11 0 R]>>>>",
        3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources 6 0 R/Annots[11 0 R]>>",
        11: widget,
    }


@pytest.mark.parametrize(
    ("before", "change", "place"),
    [
        (LETTER, BLANKED, "page 1 of an earlier version"),
        (b"\n" + LETTER, {}, "page 1"),
        (pdf_by_hand.updated(PLAIN, TWO_PAGES), ONE_PAGE, "page 2 of an earlier version"),
        (pdf_by_hand.updated(PLAIN, filled_in(NUMBER)), filled_in("Bo"), "an earlier version"),
        (pdf_by_hand.updated(LETTER, BLANKED), filled_in("Bo"), "page 1 of an earlier version"),
    ],
    ids=["a line", "nothing", "a page", "a value", "a line two versions ago"],
)
def test_what_was_taken_out_is_read(before: bytes, change: dict[int, str], place: str) -> None:
    content = read(pdf_by_hand.updated(before, change), "", ALLOWANCE)
    assert stands_in(content, NUMBER) == [place]
    assert content.lacks == ()


def test_a_line_of_an_earlier_version_keeps_the_words_before_it() -> None:
    content = read(pdf_by_hand.updated(LETTER, BLANKED), "", ALLOWANCE)
    assert f"Vedr. Ib Holm\nCPR {NUMBER}" in text_of(content)
    assert "Venlig hilsen" not in next(p.text for p in content.passages if "earlier" in p.place)


def test_a_file_that_was_signed_says_nothing_twice() -> None:
    reason = "<</FT/Sig/T(underskrift)/V<</Type/Sig/Reason(Godkendt)/Contents<3082ff00>>>>>"
    signed = pdf_by_hand.updated(
        LETTER, {1: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[11 0 R]>>>>", 11: reason}
    )
    content = read(signed, "", ALLOWANCE)
    assert [p.place for p in content.passages if "earlier" in p.place] == []
    assert content.lacks == ()


def test_glyphs_that_were_taken_out_and_whose_letters_no_font_tells_are_told_of() -> None:
    before = pdf_files.without_letters([f"Vedr. Ib Holm, CPR {NUMBER}"], [])
    with pikepdf.open(io.BytesIO(before)) as pdf:
        number, root = pdf.pages[0].Contents.objgen[0], pdf.Root.objgen[0]
    taken_out = {number: pdf_by_hand.stream("BT /F2 11 Tf 60 700 Td (Dagsorden) Tj ET")}
    content = read(pdf_by_hand.updated(before, taken_out, root=root), "", ALLOWANCE)
    assert text_of(content).startswith("Dagsorden")
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}


def test_a_scan_that_was_taken_out_is_told_of() -> None:
    image = pdf_by_hand.page(
        "q 595 0 0 842 0 0 cm /X Do Q",
        {
            10: pdf_by_hand.stream(
                "\x00" * 90_000,
                "/Type/XObject/Subtype/Image/Width 300/Height 300/BitsPerComponent 8/ColorSpace/DeviceGray",
            ),
            12: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 13 0 R/Resources 6 0 R>>",
            13: pdf_by_hand.stream(pdf_by_hand.written("Hej")),
        },
    )
    two = pdf_by_hand.updated(image, {2: "<</Type/Pages/Kids[3 0 R 12 0 R]/Count 2>>"})
    without = pdf_by_hand.updated(two, {2: "<</Type/Pages/Kids[12 0 R]/Count 1>>"})
    lacks = [lack.detail for lack in read(without, "", ALLOWANCE).lacks]
    assert lacks == ["scanned page of an earlier version"]


def test_the_mark_at_the_head_of_a_file_for_quick_display_is_no_version() -> None:
    head, foot = LETTER.split(b"\n", 1)
    quick = b"%b\n%%startxref\n0\n%%%%EOF\n%b" % (head, foot)
    content = read(quick, "", ALLOWANCE)
    assert [p.place for p in content.passages if "earlier" in p.place] == []


def test_versions_without_end_take_time_in_proportion() -> None:
    data = LETTER
    for _ in range(200):
        data = pdf_by_hand.updated(data, BLANKED)
    begin = time.monotonic()
    content = read(data, "", ALLOWANCE)
    assert time.monotonic() - begin < 10
    assert causes(content) == {Unreadable.TOO_MANY}


FONT = "<</Font<</F1 5 0 R>>"
FORM = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</X 10 0 R>>>>>>"


def drawn(words: str) -> dict[int, str]:
    """What a page draws that names it as X."""
    content = pdf_by_hand.written("Vedr. Ib Holm", words)
    more = f"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources {FONT}>>"
    return {10: pdf_by_hand.stream(content, more)}


def of_many_pages(count: int, versions: int) -> bytes:
    """A long file that was signed again and again: each time a field is put to the first page."""
    kids = " ".join(f"{number} 0 R" for number in range(100, 100 + 2 * count, 2))
    pages = {2: f"<</Type/Pages/Kids[{kids}]/Count {count}>>"}
    for number in range(count):
        at = 100 + 2 * number
        named = f"/Contents {at + 1} 0 R/Resources 6 0 R"
        pages[at] = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]{named}>>"
        pages[at + 1] = pdf_by_hand.stream(
            pdf_by_hand.written(f"Side {number}", f"CPR {NUMBER}" if number == 7 else "")
        )
    data = pdf_by_hand.page("", pages)
    for version in range(versions):
        field = f"<</FT/Sig/T(u{version})/V<</Type/Sig/Reason(Godkendt)/Contents<3082ff00>>>>>"
        signatures = " ".join(f"{11 + earlier} 0 R" for earlier in range(version + 1))
        first = pages[100].replace(">>", f"/Annots[{signatures}]>>")
        data = pdf_by_hand.updated(data, {11 + version: field, 100: first})
    return data


@pytest.mark.slow
def test_a_long_contract_that_many_signed_is_read_whole() -> None:
    """Its pages stand in each version: seventeen times three hundred are more than are read."""
    signed = of_many_pages(300, 17)
    begin = time.process_time()
    content = read(signed, "", ALLOWANCE)
    assert content.lacks == ()
    assert [passage.place for passage in content.passages if "earlier" in passage.place] == []
    assert time.process_time() - begin < 4


@pytest.mark.slow
def test_the_one_page_that_was_changed_is_read_among_many() -> None:
    blanked = {115: pdf_by_hand.stream(pdf_by_hand.written("Side 7"))}
    data = pdf_by_hand.updated(of_many_pages(300, 17), blanked)
    content = read(pdf_by_hand.updated(data, {99: "<</Kommentar(slut)>>"}), "", ALLOWANCE)
    assert stands_in(content, NUMBER) == ["page 8 of an earlier version"]
    assert content.lacks == ()


INHERITED = {
    2: "<</Type/Pages/Kids[3 0 R]/Count 1/Resources<</XObject<</X 10 0 R>>>>>>",
    3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
}


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ({3: FORM, **drawn(f"CPR {NUMBER}")}, drawn("CPR")),
        ({**INHERITED, **drawn(f"CPR {NUMBER}")}, drawn("CPR")),
        (
            {**INHERITED, **drawn(f"CPR {NUMBER}")},
            {2: INHERITED[2].replace("10 0 R", "12 0 R"), 12: drawn("CPR")[10]},
        ),
    ],
    ids=["what a page draws", "what the node above hands down", "what the node above names"],
)
def test_a_page_is_another_when_something_it_draws_is(before: dict[int, str], change: dict[int, str]) -> None:
    first = pdf_by_hand.updated(pdf_by_hand.page("/X Do"), before)
    content = read(pdf_by_hand.updated(first, change), "", ALLOWANCE)
    assert stands_in(content, NUMBER) == ["page 1 of an earlier version"]
