"""PDF: letters on their side, in the margin or on a page that was printed across."""

from __future__ import annotations

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth

from corpus import growth, pdf_by_hand
from corpus.reading import ALLOWANCE
from corpus.unfolded import Read
from segl_classifier.formats.pdf.reader import read

UP, DOWN, ASLANT = "0 1 -1 0", "0 -1 1 0", ".7 .7 -.7 .7"
LETTER = "BT /F1 11 Tf 60 700 Td (Hermed brevet, som vi talte om i gaar.) Tj ET"


def drawn(turn: str, *lines: str, spaced: float = 0.0) -> bytes:
    """A page with a letter and, one beside the other, *lines* that are turned, each of their letters by itself."""
    shown = [LETTER]
    for number, line in enumerate(lines):
        along = 0.0
        for letter in line:
            across, up = (
                (300 + 14 * number, 300 + along) if turn != DOWN else (500 - 14 * number, 700 - along)
            )
            shown.append(f"BT /F1 11 Tf {turn} {across:.2f} {up:.2f} Tm ({letter}) Tj ET")
            along += stringWidth(letter, "Helvetica", 11) + spaced + 40 * (letter == "\t")
    return pdf_by_hand.page("\n".join(shown))


def side_of(data: bytes) -> list[str]:
    passages = read(data, "", ALLOWANCE).passages
    return [line for one in passages if one.place == "page 1, on its side" for line in one.text.split("\n")]


@pytest.mark.parametrize(
    ("number", "spaced"),
    [("290150-9365", 0.0), ("290150-9365", 0.3), ("2901509365", 0.3), ("111111-1118", 0.0)],
)
def test_they_are_put_together(number: str, spaced: float) -> None:
    page = drawn(UP, "Lejer Rikke Holm", number, "By 4", spaced=spaced)
    assert side_of(page) == ["Lejer Rikke Holm", number, "By 4"]
    assert Read("brev.pdf", page).numbers >= 1


def test_what_pdfium_puts_together_is_not_told_again() -> None:
    page = drawn(DOWN, "Lejer Rikke Holm", "290150-9365", "By 4")
    assert side_of(page) == []
    assert Read("brev.pdf", page).numbers == 1


def test_the_cells_of_a_row_are_parted() -> None:
    assert side_of(drawn(UP, "Bo\t0101901234")) == ["Bo\t0101901234"]


def test_what_stands_upright_is_not_told_again() -> None:
    assert side_of(pdf_by_hand.page(LETTER)) == []
    assert side_of(drawn(ASLANT, "KOPI")) == []


@pytest.mark.slow
def test_the_time_grows_with_the_letters() -> None:
    growth.in_proportion(
        lambda size: drawn(UP, *("0101901234" for _ in range(size))),
        lambda data: read(data, "", ALLOWANCE),
        80,
    )
