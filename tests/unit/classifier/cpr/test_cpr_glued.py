"""Numbers glued to a word in the name of a file, and numbers with a plus before them.

0707614285 fulfils modulus 11 and is of somebody who may be alive; 0707614286 does not.
"""

from __future__ import annotations

import pytest

from corpus.numbers import found
from segl_classifier.message import Source

NAMES = [
    *("Scan_{}.txt", "Scan{}.txt", "Lægeattest{}.txt", "Journal{}.pdf", "Holm{}.txt", "{}Ib.txt"),
    *("{}_20261128120000.txt", "20261128120000_{}.pdf", "{}_202611281200.txt", "Udtalelse{}.docx"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_number_glued_to_a_word_is_found_in_the_name_of_a_file(name: str) -> None:
    assert found(name.format("0707614285"), Source.FILENAME)


@pytest.mark.parametrize("name", ["Lægeattest{}.txt", "Holm{}.txt", "{}Ib.txt", "Scan_{}.txt"])
def test_one_that_chance_may_have_made_is_not(name: str) -> None:
    assert not found(name.format("0707614286"), Source.FILENAME)


@pytest.mark.parametrize(
    "name",
    [
        *("IMG{}.jpg", "IMG_{}.jpg", "DSC{}.jpg", "Faktura{}.pdf", "Ordre{}.pdf", "DK{}.pdf", "id{}.txt"),
        *("A{}.txt", "{}a.txt", "{}_12345678901.txt"),
    ],
)
def test_signs_and_things_with_numbers_of_their_own_have_them(name: str) -> None:
    assert not found(name.format("0707614285"), Source.FILENAME)


@pytest.mark.parametrize("text", ["Holm0707614285", "Journal0707614285", "0707614285Ib"])
def test_in_a_text_such_a_word_is_an_identifier(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    "text",
    [
        *("CPR: +0707614285", "CPR+0707614285", "CPR +070761-4285", "PNA+PAT+0707614285:CPR+++SU:HOLM+FO:IB"),
        *("PNA+PAT+1503851237:CPR+++SU:HOLM", "navn=Ib+Holm&cpr=+0707614285"),
    ],
)
def test_a_plus_before_a_number_takes_nothing_from_it(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "CPR-kontoret: +3012851237",
            "Ring +45 0707614285",
            "tlf +0707614285",
            "Mobil: +4520612345",
            "+3110123456",
        ),
        "CPR-kontorets konto +71<000000707614285+12345678<",
    ],
)
def test_a_plus_begins_a_phone_number(text: str) -> None:
    assert not found(text)
