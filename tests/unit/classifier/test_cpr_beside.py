"""Other numbers in the line of a number, and what is said behind it."""

from __future__ import annotations

import pytest

from corpus.numbers import found

HYPHEN = "070761-4285"  # spelled and made like hardly any other number
BARE = "0707614285"  # with modulus 11, as one in eleven of those that begin with a day


@pytest.mark.parametrize("number", [HYPHEN, BARE, "070761 4285", "070761-4286"])
@pytest.mark.parametrize(
    "text",
    [
        *("Sagsnr.: 2024-12345 - {}", "Sagsnr.: 2024-123456 - {} - Anna Holm", "Journalnr. 2024-12345, {}"),
        *("Sagsnr. 24/1234567: {}", "J.nr. 2024-12-34567 {} Anna Holm"),
    ],
)
def test_a_number_of_another_form_is_none_of_the_same_list(text: str, number: str) -> None:
    assert len(found(text.format(number))) == 1


@pytest.mark.parametrize(
    "text", ["Sagsnr. 1203851001 / {}", "Faktura 1203851001 - {}", "Konto 1203851001, {}"]
)
def test_nor_is_one_in_a_row_of_a_list_with_one_that_has_a_hyphen(text: str) -> None:
    assert len(found(text.format(HYPHEN))) == 1
    assert not found(text.format(BARE))


@pytest.mark.parametrize(
    "text",
    [
        "Sagsnr.: 120385-1001 / 070761-4285",
        "Serienumre: Nord 120385-1001, Syd 120385-1003",
        "stationsnumre: Nord 1203851001, Syd 1203851002",
    ],
)
def test_those_of_the_same_form_are(text: str) -> None:
    assert not found(text)
