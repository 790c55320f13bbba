"""PDF: pages that were drawn letter by letter or word by word, as browsers print them and justified lines are made."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth

from corpus import pdf_by_hand
from corpus.reading import ALLOWANCE
from segl_classifier.formats.pdf.reader import read

Placed = tuple[float, float, str]  # from the left, from below, what it says
SIZE = 11
# A font whose A is U+2010, the hyphen that browsers write at the end of a line.
TRUE_HYPHEN = {
    11: pdf_by_hand.HELVETICA.replace(">>", "/ToUnicode 12 0 R>>"),
    12: pdf_by_hand.stream(
        "begincmap 1 begincodespacerange <00> <FF> endcodespacerange "
        "1 beginbfchar <41> <2010> endbfchar endcmap"
    ),
}


def letters(left: float, up: float, words: str) -> Iterator[Placed]:
    """Each letter of *words* by itself, where it stands when they are written in one go."""
    for letter in words:
        if letter != " ":
            yield left, up, letter
        left += stringWidth(letter, "Helvetica", SIZE)


def stepped(left: float, up: float, step: float, words: str) -> Iterator[Placed]:
    """Each letter of *words* by itself, one step behind the one before."""
    for number, letter in enumerate(words):
        if letter != " ":
            yield left + number * step, up, letter


def spread(up: float, gap: float, *words: str) -> Iterator[Placed]:
    """Each of *words* by itself, with the same *gap* between any two."""
    left = 60.0
    for word in words:
        yield left, up, word
        left += stringWidth(word, "Helvetica", SIZE) + gap


def passages(placed: Sequence[Placed]) -> dict[str, list[str]]:
    """The lines of a page with these pieces, by what the passage they are in is called."""
    shown = " ".join(f"1 0 0 1 {left} {up} Tm ({words}) Tj" for left, up, words in placed)
    return read_page(f"BT /F1 {SIZE} Tf {shown} ET")


def read_page(drawn: str) -> dict[str, list[str]]:
    data = pdf_by_hand.page(drawn, TRUE_HYPHEN, fonts="/F2 11 0 R")
    content = read(data, "", ALLOWANCE)
    return {passage.place: passage.text.split("\n") for passage in content.passages}


@pytest.mark.parametrize(
    "line",
    [
        "no one so on as man or us",  # letters of half the height alone stand beside the blanks
        "jeg mangler, som aftalt, en faktura - og et svar.",
        "- 14/1: Elregning, faktura 140125 6630",
        "'a' er en vare, 'b' er en anden",
    ],
)
def test_words_of_a_line_that_was_drawn_letter_by_letter_are_no_cells(line: str) -> None:
    above = "Kære Bo Hansen. Her er et svar."
    assert passages([*letters(60, 720, above), *letters(60, 706, line)]) == {"page 1": [above, line]}


def test_cells_that_were_drawn_letter_by_letter_stand_apart() -> None:
    rows = [("Navn", "Nr.", "Saldo"), ("Bo Hansen", "en", "2.300,50"), ("as", "no", "9,00")]
    placed = [
        letter
        for number, row in enumerate(rows)
        for column, words in enumerate(row)
        for letter in letters(60 + 120 * column, 720 - 14 * number, words)
    ]
    assert passages(placed)["page 1"] == ["\t".join(row) for row in rows]


def test_words_of_a_justified_line_are_no_cells() -> None:
    line = ("advokaterne.", "Hun", "skal", "bo", "hos", "mig")
    assert passages([*spread(720, 9, *line)]) == {"page 1": [" ".join(line)]}


def test_figures_that_stand_as_far_apart_are_cells() -> None:
    line = ("1234", "4321", "1111", "5678")
    assert passages([*spread(720, 9, *line)])["page 1"] == ["\t".join(line)]


def test_a_word_in_two_lines_is_one_whichever_hyphen_parts_it() -> None:
    first, second = "60 720 Td (Det skete uden for) Tj", "-40 -14 Td (brugerens samtykke) Tj"
    hyphen = f"/F2 {SIZE} Tf (A) Tj /F1 {SIZE} Tf"
    drawn = f"BT /F1 {SIZE} Tf {first} {hyphen} {second} ET"
    assert read_page(drawn) == {"page 1": ["Det skete uden forbrugerens samtykke"]}


def test_a_page_that_seems_to_be_written_from_the_top_down_is_read_by_its_lines() -> None:
    """Columns that leave much of the width empty."""
    rows = ["Sygemeldt", "Bo Hansen", "010190-1234", "fra i dag,", "uden ende"]
    placed = [letter for n, row in enumerate(rows) for letter in letters(60, 720 - 11 * n, row)]
    placed += [letter for n, row in enumerate(rows) for letter in letters(450, 720 - 11 * n, row)]
    assert passages(placed)["page 1"] == [*rows, *rows]


def test_a_page_full_of_letters_ends_in_time() -> None:
    placed = [(60 + n % 80 * 6.0, 780 - n // 80 * 12.0, "a,-x"[n % 4]) for n in range(3_900)]
    start = time.perf_counter()
    assert "page 1" in passages(placed)
    assert time.perf_counter() - start < 30


@pytest.mark.parametrize(
    ("mark", "read"), [("/F1 6 Tf 4 Ts (3) Tj", "010190-1234"), ("(3) Tj", "010190-12343")]
)
def test_the_mark_of_a_note_is_no_digit_of_the_number_before_it(mark: str, read: str) -> None:
    """A word processor draws it small and raised, right behind."""
    drawn = f"BT /F1 {SIZE} Tf 60 700 Td (Anna, cpr 010190-1234) Tj {mark} ET"
    [line] = next(iter(read_page(drawn).values()))
    assert line.split()[2] == read


@pytest.mark.parametrize("step", [6, 7, 8, 10, 14, 20])
@pytest.mark.parametrize("mixed", [False, True])
def test_letters_at_equal_steps_are_words(step: float, mixed: bool) -> None:
    lines = ["Brev til Bo Hansen", "CPR-nr.: 070761-4285", "Målt     12 m3   34", "Venlig hilsen"]
    placed = [one for row, line in enumerate(lines) for one in stepped(60, 720 - 14 * row, step, line)]
    if mixed:
        random.Random(1).shuffle(placed)
    assert passages(placed) == {"page 1": [*lines[:2], "Målt\t12 m3\t34", lines[3]]}


def test_one_line_at_equal_steps_is_left_to_the_others() -> None:
    words = "Kære Bo Hansen. Her er et svar på dit brev, som vi har læst, og som vi takker for."
    placed = [*letters(60, 720, words), *stepped(60, 700, 9, "0707614285")]
    assert passages(placed)["page 1"][0] == words


def test_letters_that_stand_one_on_another_have_no_step() -> None:
    placed = [(60.0, 700.0 - 14 * row, sign) for row in range(3) for sign in "CPR-nr. 0707614285"]
    assert passages(placed)
