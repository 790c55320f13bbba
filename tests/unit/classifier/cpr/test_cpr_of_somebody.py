"""Words for somebody, and for what is somebody's, that end like a word for some other thing."""

from __future__ import annotations

import pytest

from corpus.numbers import found

HYPHEN = "070761-4285"  # spelled and made like hardly any other number
BARE = "0707614285"  # with modulus 11, as one in eleven of those that begin with a day


@pytest.mark.parametrize("number", [HYPHEN, BARE])
@pytest.mark.parametrize(
    "text",
    [
        *("Kontanthjælpsmodtager {}", "Ydelsesmodtager: {}", "Pensionsmodtageren {} mangler", "Modtager: {}"),
        *("Afsender: {}", "Elev {} er fraværende", "{} er fraværende i dag", "Nuværende {}", "Kontakten {}"),
        *("Pt.nr. {}", "Pt. nr. {}", "Pat.nr.: {}", "PT-ID {}", "Patientkørsel {}", "Botilbud {}"),
        *("Lægeerklæringen {}", "Vurderingen {}", "Hun fortæller {}", "Forstander {}", "Familieretsenhed {}"),
        *(
            "Vagtcentral {}",
            "Dødsårsag: {}",
            "Skattekontor {}",
            "Kørekort {}",
            "Advarsel {}",
            "Overlevering {}",
        ),
        *("Udbetaling {}", "Bruger: {}"),
        *("Personalesag {}", "Skilsmissesag {}", "NemKonto {}", "Straffesag {}", "Børnesag: {}"),
    ],
)
def test_whoever_it_is_about_is_no_thing(text: str, number: str) -> None:
    assert found(text.format(number))


@pytest.mark.parametrize(
    "called",
    [
        *("Klientnr.", "Kursistnr.", "Ansøgernr.", "Studienummer", "Deltagernr.", "Beboernr."),
        *("Reference:", "Booking", "Rekvirent:", "Rekvisition", "Bestilling:", "Opgave", "Kørsel:", "Part"),
    ],
)
def test_what_offices_name_by_the_person(called: str) -> None:
    assert found(f"{called} {HYPHEN}")
    assert not found(f"{called} 070761-4286")
    assert not found(f"{called} {BARE}")


@pytest.mark.parametrize("called", ["BeboerID", "Brugerid", "BarnID:", "Ansatid:", "Elevid"])
def test_an_id_of_somebody_may_be_her_personal_number(called: str) -> None:
    """In many a system it is."""
    assert found(f"{called} {HYPHEN}")
    assert found(f"{called} {BARE}")


@pytest.mark.parametrize("number", ["1203851001", "1203851002", "070761-4286"])
@pytest.mark.parametrize(
    "called", ["Part no.", "Bestillingsnr.", "Referencenummer", "Opgavenr.", "Booking no."]
)
def test_and_what_has_a_number_of_its_own(called: str, number: str) -> None:
    assert not found(f"{called} {number}")


def test_ten_digits_with_a_blank_are_hers_as_those_in_a_row_are() -> None:
    for called in ("Henvisning", "Sag", "Klage", "Betaling", "Møde", "Ansøgninger:\n"):
        assert found(f"{called} 070761 4285")
        assert not found(f"{called} 070761 4286")
    assert not found("Sagsnr. 070761 4285")
    assert not found("Ordre 070761 4285")


@pytest.mark.parametrize("heading", ["Telefon", "Dato", "Møde", "Bestilling", "Modtager"])
def test_a_column_says_no_more_than_the_same_word_beside_the_number(heading: str) -> None:
    assert found(f"{heading};Navn\n{HYPHEN};Bo")


@pytest.mark.parametrize("heading", ["Telefon", "Dato", "Møde", "Bestilling"])
@pytest.mark.parametrize("number", ["070761-4286", BARE])
def test_other_numbers_in_it_are_what_it_says(heading: str, number: str) -> None:
    assert not found(f"{heading};Navn\n{number};Bo")
