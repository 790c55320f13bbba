"""PDF: a sentence that begins on one page and ends on the next is read as one, whatever stands between its halves."""

from __future__ import annotations

import io
import time

import pytest
from reportlab.pdfgen.canvas import Canvas

from corpus.reading import ALLOWANCE
from segl_classifier.formats.pdf.over_pages import over_pages
from segl_classifier.formats.pdf.reader import read

BEGUN = (
    "Mødet er flyttet til mandag. Karen Friis fra regnskab har i dag\n"
    "ringet til os og fortalt, at hun fra mandag af er"
)
REST = "sygemeldt med stress, som hendes læge har skrevet.\nKaffen er bestilt, og lokalet er det store."
WHOLE = (
    "Karen Friis fra regnskab har i dag\nringet til os og fortalt, at hun fra mandag af er\n"
    "sygemeldt med stress, som hendes læge har skrevet."
)
HEAD, FOOT = (
    "Hovedby Kommune, Social og Sundhed",
    "Rådhuspladsen 1, 4000 Hovedby, tlf. 12345678, side {} af 2",
)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (BEGUN, REST),
        (f"{HEAD}\n{BEGUN}\n{FOOT.format(1)}", f"{HEAD}\n{REST}\n{FOOT.format(2)}"),
        (f"{BEGUN}\n{HEAD}\n{FOOT.format(1)}", f"{REST}\n{HEAD}\n{FOOT.format(2)}"),  # drawn behind the words
        (
            f"{BEGUN}\nRådhuspladsen 1\n4000 Hovedby",
            f"Side 2\n{REST}",
        ),  # the first page has a foot of its own
    ],
)
def test_a_sentence_over_two_pages_is_one(above: str, below: str) -> None:
    assert over_pages(above, below) == WHOLE


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (f"{BEGUN} syg.", REST),
        (f"{BEGUN}\nsyg.\n{FOOT.format(1)}", f"{REST}\n{FOOT.format(2)}"),
        (BEGUN, f"2. {REST}"),
        (BEGUN, "Næste møde er på fredag."),
        ("Dagsorden\nVelkomst\nRegnskab", "eventuelt"),
        ("", REST),
        (BEGUN, ""),
    ],
)
def test_a_page_that_ends_with_its_sentence_does_not_go_on(above: str, below: str) -> None:
    assert over_pages(above, below) == ""


def test_what_goes_on_over_pages_of_a_file_stands_beside_them() -> None:
    out = io.BytesIO()
    canvas = Canvas(out)
    for page in (BEGUN, REST):
        for number, line in enumerate(page.split("\n")):
            canvas.drawString(60, 760 - 14 * number, line)
        canvas.showPage()
    canvas.save()
    content = read(out.getvalue(), "", ALLOWANCE)
    assert [(p.place, p.text) for p in content.passages if "pages" in p.place] == [("pages 1 and 2", WHOLE)]


@pytest.mark.parametrize("piece", ["a", "a. ", "a. B", "a\n", "Ord og ord\n", "1", "-\n", "."])
def test_pages_without_end_take_no_time(piece: str) -> None:
    page = piece * (1_000_000 // len(piece))
    start = time.perf_counter()
    over_pages(page, page[1:])
    assert time.perf_counter() - start < 30
