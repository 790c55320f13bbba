"""A number with more digits joined to it, as case systems number papers and name files."""

from __future__ import annotations

import pytest

from corpus.numbers import found
from segl_classifier.message import Source


@pytest.mark.parametrize(
    "text",
    [
        "Journal for CPR-nr. 010190-1234-1 vedlagt, Karen Holm",
        "Karen Holm (cpr 010190-1234-2024) er indlagt",
        "CPR: 0101901234-1",
        "CPR 0101901234_2024",
        "CPR 120385-1001.2 er vedlagt",
        "CPR 1-120385-1001",
        "Bilag til personnummer 7/0101901234",
        "120385-1001-1 (cpr)",
        "Født 120385-1001-1",
        "cpr;navn\n120385-1001-1;Bo",
    ],
)
def test_where_a_word_says_so_it_is_a_number_all_the_same(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "cpr_0101901234_20241128.pdf",
        "CPR_010190-1234_2024.pdf",
        "010190-1234-01.pdf",
        "120385-1001-1.docx",
        "120385-1001_2024-11-28.pdf",
        "120385-1001.2.pdf",
        "10_010190-1234.pdf",
        "20241128-010190-1234.pdf",
        "2024-11-28 120385-1001.pdf",
        "20241128_120385-1001_2.pdf",
        "2024_120385-1001.pdf",
        "2024-120385-1001.pdf",
        "88120_120385-1001.pdf",
        "journal_0101901234_20241128.pdf",
        "journal_0101901234.pdf",
        "0101901234_2024.pdf",
        "2024/120385-1001-02.pdf",
    ],
)
def test_in_the_name_of_a_file_a_date_or_a_counter_is_no_more_of_the_number(name: str) -> None:
    assert len(found(name, Source.FILENAME)) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("010190-1234-1", "nothing says what it is"),
        ("2024-010190-1234-7", "an order number"),
        ("CPR er ukendt. Ordre 2024-010190-1234-7 er afsendt", "an order number, CPR in another sentence"),
        ("Ordre 010190-1234-1", "an order number"),
        ("Vores ref. 2024-010190-1234", "a reference"),
        ("Konto 5301-1203851002-1", "an account"),
        ("Måler 5790-120385-1002", "a meter"),
        ("EAN 579-1203851002-3", "an EAN"),
        ("id 3f2a-120385-1002-77ab", "a piece of a UUID"),
        ("+71<000001203851002+12345678<", "a payment line"),
        ("cpr +71<120385-1002+12345678<", "a payment line"),
        ("kl. 12.03.85-1002.30", "a day and an hour"),
    ],
)
def test_more_digits_are_more_of_the_number_where_nothing_says_otherwise(text: str, why: str) -> None:
    assert not found(text), why


@pytest.mark.parametrize(
    "name",
    [
        *("faktura_1203851002_1.pdf", "ordre-2024-120385-1002-1.pdf", "2024-120385-1001-7.pdf"),
        *("2024-1203851001.pdf", "1203851001-88120-4.pdf", "5790120385123_1203851001_1.pdf"),
        *("3f2a-1203851002-77ab.png", "IMG_120326_1239-1.jpg", "IMG_20241128_120326.jpg"),
        *("20241128_1203261239.jpg", "120385-1001-88120.pdf", "sagsnr_1203851002_1.pdf"),
    ],
)
def test_names_of_files_that_hold_other_numbers(name: str) -> None:
    assert not found(name, Source.FILENAME)
