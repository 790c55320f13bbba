"""PDF: what was taken out and saved behind the file as it was, which still lies whole before it."""

from __future__ import annotations

import time

import pytest

from corpus import pdf_by_hand
from corpus.reading import ALLOWANCE, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.pdf import read

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
