"""Personal numbers in attachments of every format: each way of writing one, in each surrounding, through the readers
themselves."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from random import Random

import pytest
from PIL import Image

from bench.cpr_cases import Case, cases
from bench.cpr_numbers import cpr
from corpus import pdf_files
from corpus.numbers import found
from corpus.office_files import repacked
from corpus.unfolded import Read
from corpus.written import SHEETS, WRITERS, Cell
from world.needs import TESSERACT

TEXTS, RECALL = 120, 0.99
LETTER = "Kære {name}\n\nHermed som aftalt.\n\n{text}\n\nMed venlig hilsen\nKontoret"
OCR_SECONDS = 60.0


def read(name: str, data: bytes, *, ocr_seconds: float = 0.0) -> Read:
    """*data* as a file whose name ends as *name* begins."""
    return Read(f"bilag.{name.split(' ', 1)[0]}", data, ocr_seconds=ocr_seconds)


@cache
def written() -> list[Case]:
    """Texts with a number in which the detector finds it: what is measured here are the readers."""
    return [case for case in cases(1_200, seed=3) if case.positive and found(case.text)]


def fits(case: Case, name: str) -> bool:
    """Whether a file of this format can say *case*: not all letters are in Windows-1252, and an HTML entity does not
    stand in a sheet (its semicolon would divide cells)."""
    if name in ("txt in Windows-1252", "dat"):
        return case.text.encode("cp1252", "ignore").decode("cp1252") == case.text
    return not (name in ("xls", "xlsx", "xlsm", "ods") and case.kind.startswith("entity"))


@pytest.mark.parametrize("name", WRITERS)
def test_a_number_is_found_in_a_file_of_every_format(name: str) -> None:
    missed, gaps, chosen = [], [], dict[tuple[str, str], Case]()
    for case in written():
        if fits(case, name):
            chosen.setdefault((case.kind, case.context), case)
    for case in chosen.values():
        text = case.text if case.context == "table" else LETTER.format(name="Ida", text=case.text)
        texts = read(name, WRITERS[name](text))
        gaps += texts.gaps
        if not texts.numbers:
            missed.append(f"{case.kind}: {case.text!r}")
    assert len(chosen) > TEXTS
    assert not gaps
    assert len(missed) <= TEXTS * (1 - RECALL), "\n".join(missed)


def typed(count: int, *, early: int) -> list[int]:
    """*count* personal numbers typed as numbers; the first *early* are of the days 1 to 9 of a month, and so have lost
    the zero in front."""
    rnd, lost, whole = Random(count), list[int](), list[int]()
    while len(lost) < early or len(whole) < count - early:
        number = cpr(rnd)
        (lost if number[0] == "0" else whole).append(int(number))
    return lost[:early] + whole[: count - early]


def sheet(ending: str, heading: str, numbers: list[int]) -> Read:
    rows: list[list[Cell]] = [["Bo Hansen", number, "rød"] for number in numbers]
    return read(ending, SHEETS[ending]([["Navn", heading, "Hold"], *rows]))


@pytest.mark.parametrize(("count", "early"), [(1, 1), (12, 12), (12, 4), (12, 1)])
@pytest.mark.parametrize("heading", ["CPR", "Cpr-nr.", "CPR-nummer", "Personnummer", "Borgerens cpr"])
@pytest.mark.parametrize("ending", SHEETS)
def test_numbers_that_a_sheet_has_robbed_of_their_zero_are_found(
    ending: str, heading: str, count: int, early: int
) -> None:
    texts = sheet(ending, heading, typed(count, early=early))
    assert (texts.numbers, texts.gaps) == (count, [])


@pytest.mark.parametrize("heading", ["Nr.", "Id", "Medarbejder", ""])
@pytest.mark.parametrize("ending", SHEETS)
def test_they_are_found_where_the_heading_leaves_it_open(ending: str, heading: str) -> None:
    assert sheet(ending, heading, typed(12, early=4)).numbers == 12


@pytest.mark.parametrize("heading", ["Ordrenr.", "Kontonr.", "Fakturanr.", "Telefon", "Varenr."])
@pytest.mark.parametrize("ending", SHEETS)
def test_the_same_digits_under_the_name_of_something_else_are_none(ending: str, heading: str) -> None:
    assert sheet(ending, heading, typed(2, early=1)).numbers == 0


@cache
def page() -> bytes:
    """A scanned letter: a page of A4 at 150 dots an inch."""
    paper, out = Image.new("L", (1240, 1754), 255), io.BytesIO()
    paper.paste(Image.open(io.BytesIO(pdf_files.letter_picture())), (0, 200))
    paper.save(out, "PNG")
    return out.getvalue()


SCANS: dict[str, Callable[[], bytes]] = {
    "png": page,
    "pdf": pdf_files.scanned,
    "docx": lambda: repacked(WRITERS["docx"]("Se her."), {"word/media/image1.png": page()}),
    "zip": lambda: repacked(WRITERS["zip"]("Se her."), {"scan.png": page()}),
}


@TESSERACT
@pytest.mark.parametrize("ending", SCANS)
def test_a_number_on_a_scanned_page_is_found_by_ocr(ending: str) -> None:
    texts = read(ending, SCANS[ending](), ocr_seconds=OCR_SECONDS)
    assert (texts.numbers, texts.gaps) == (1, [])


@pytest.mark.parametrize("ending", SCANS)
def test_without_ocr_the_page_is_told_of(ending: str) -> None:
    texts = read(ending, SCANS[ending]())
    assert (texts.numbers, texts.causes) == (0, ["unreadable.unknown-type"])
