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


@pytest.mark.parametrize(
    "behind",
    [
        *("har fået tid", "tid kl. 10", "møde kl. 10", "Møde med Anna", "ring til mig", "aftale fredag"),
        *("er en sag", "har klaget", "kontrakt"),
    ],
)
def test_what_happens_to_somebody_is_no_name_of_her_number(behind: str) -> None:
    assert found(f"{BARE} {behind}")
    assert not found(f"0707614286 {behind}")


@pytest.mark.parametrize(
    "behind", ["faktura", "er en ordre", "(sag)", "er vores sagsnr.", "(ordrenr.)", "måler"]
)
def test_other_words_behind_it_are(behind: str) -> None:
    assert not found(f"{BARE} {behind}")


@pytest.mark.parametrize(
    "text",
    [
        *("Sag {} Anna Holm", "Sag: {} Anna Holm", "Møde - {} - Anna Holm", "Opgave {}, Anna Marie Holm"),
        *(
            "Booking {} (Anna Holm)",
            "Sager:\n{} Anna Holm",
            "Opgaver\n{}, Anna Holm, Vej 4",
            "Møder i dag:\n{}",
        ),
        *("Sag;Frist\n{} Anna Holm;1. maj", "Opgave\tFrist\n{}, Anna Holm\t1. maj"),
    ],
)
def test_a_name_behind_a_number_says_whose_it_is(text: str) -> None:
    assert found(text.format(BARE))
    assert not found(text.format("0707614286"))


@pytest.mark.parametrize(
    "text",
    [
        *("Sag {}", "Sag {} Aarhus", "Sagsnr. {} Anna Holm", "Sag nr. {} Anna Holm", "Ordre {} Anna Holm"),
        *("Faktura {} Novo Nordisk", "Ordre\n{}", "Booking {} VVS", "Sagsnr;Frist\n{} Anna Holm;1. maj"),
        *("Ordre;Frist\n{} Anna Holm;1. maj", "Sag;Frist\n{};1. maj"),
    ],
)
def test_but_not_behind_what_has_a_number_of_its_own(text: str) -> None:
    assert not found(text.format(BARE))


@pytest.mark.parametrize("number", [HYPHEN, BARE, "070761-4286"])
@pytest.mark.parametrize(
    "paid", ["Udbetales 5.000 kr. {}", "500 kr. - {}", "5.000,00 DKK {} Anna Holm", "12 stk. {}"]
)
def test_an_amount_has_its_own_figures(number: str, paid: str) -> None:
    assert len(found(paid.format(number))) == 1


@pytest.mark.parametrize("text", ["kr. {}", "Beløb i kr.: {}", "EUR {},-"])
def test_else_they_are_those_of_the_number(text: str) -> None:
    assert not found(text.format(BARE))


@pytest.mark.parametrize("text", ["Tlf./CPR: 12345678/{}", "Sag 4711/{}", "12345678/{}", "24/1234/{}"])
def test_behind_a_slash_stands_another_number(text: str) -> None:
    assert len(found(text.format(HYPHEN))) == 1
    assert not found(text.format("070761-4286"))
