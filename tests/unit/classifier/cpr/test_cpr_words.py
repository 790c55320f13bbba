"""The look-up of words: bending, compounds, and names that must not be taken for things."""

from __future__ import annotations

import pytest

from segl_classifier.cpr.vocabulary.mentions import PIECES_OF_NAMES, mentions_cpr
from segl_classifier.cpr.vocabulary.wordlists import CPR_PAIRS, NAMES_OF_CPR, REPLACEMENT
from segl_classifier.cpr.vocabulary.words import Kind, also_name, key, look_up, pair, thing

# Common given names and surnames in Denmark, and some that end like a thing.
NAMES = """
Anne Kirsten Mette Hanne Helle Anna Susanne Lene Maria Marianne Inge Karen Lone Bente Camilla Pia
Jette Charlotte Inger Louise Else Annelise Gitte Tina Birthe Ingrid Astrid Sigrid Saga Asta Ella Ida
Freja Alma Clara Laura Peter Michael Jens Lars Henrik Thomas Søren Jan Christian Martin Niels Anders
Morten Jesper Hans Jørgen Mads Per Ole Rasmus Henning Flemming Erling Christoffer Kristoffer Palle
Tage Bo Kurt Kaj Aage Noah Viktor Malthe Storm Marion David Mohammed Fatima Esra Jensen Nielsen
Hansen Pedersen Andersen Christensen Larsen Sørensen Rasmussen Jørgensen Petersen Madsen Iversen
Graversen Mikkelsen Bertelsen Danielsen Thorsager Risager Deleuran Stender Bering Winding Lauring
Grønning Rønning Kvorning Collin Svare Holm Bay Krogh Lund Bech Friis Kjær Møller Toft Juhl Bruun
Winther Dam Mørk Bang Fog Lind Riis Beck Bak Skov
""".split()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_word_for_a_thing(name: str) -> None:
    assert look_up(key(name)).kind not in (Kind.OTHER, Kind.MATTER, Kind.CPR)
    assert not thing(key(name))


@pytest.mark.parametrize("name", ["Ring", "Brønd", "Kort", "Kabel", "Job"])
def test_words_that_are_names_too_are_marked_as_such(name: str) -> None:
    assert look_up(key(name)).kind in (Kind.OTHER, Kind.MATTER)
    assert also_name(key(name))


@pytest.mark.parametrize(
    "word",
    [
        *(
            "CPR",
            "Cpr.",
            "cpr-nr",
            "CPR-nummeret",
            "cprnr",
            "cprnumre",
            "cpr-numrene",
            "personnummer",
            "Personnr",
        ),
        *(
            "folkeregistret",
            "sygesikringsnr",
            "patientnummer",
            "Personennummer",
            "fødselsnummer",
            "foedselsnummer",
        ),
        # As they are mistyped.
        *("CRP-nummer", "personummer", "perssonnr", "personnumer", "presonnummer", "fødselnummer"),
    ],
)
def test_words_for_the_cpr_number(word: str) -> None:
    assert look_up(key(word)).kind is Kind.CPR


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("ordrenr", "an order"),
        ("Ordrenummeret", "an order"),
        ("ordrebekræftelsen", "an order"),
        ("fakturaerne", "an invoice"),
        ("fjernvarmemåleren", "a meter"),
        ("maalernr", "a meter"),
        ("kontonummer", "a bank account"),
        ("P-nummer", "a production unit"),
        ("mobilnr", "a phone number"),
        ("klagesag", "a case"),
        ("byggesag", "a paper or a job"),
        ("sagsnr", "a case"),
        ("pakkelabelen", "a shipment"),
        ("varenr", "a product"),
        ("tidsstemplet", "a computer's mark"),
        ("partinummer", "a product"),
        ("kundenr", "a number of a customer or member"),
        ("lønnummer", "a number of a customer or member"),
        ("policenr", "an insurance"),
        ("Bestellnummer", "a number of another kind"),
        ("biljettnummer", "a product"),
        ("abefaldsnummer", "a number of another kind"),
    ],
)
def test_words_for_other_numbers_bend_and_join(word: str, what: str) -> None:
    found = look_up(key(word))
    assert found.kind is Kind.OTHER
    assert found.other == what


@pytest.mark.parametrize("word", ["medarbejder", "patientens", "Køber", "datter", "borgeren"])
def test_words_for_people(word: str) -> None:
    assert look_up(key(word)).kind is Kind.PERSON


def test_pairs_of_words() -> None:
    assert pair(key("danske"), key("nummer"))
    assert pair(key("civil"), key("registration"))
    assert not pair(key("nye"), key("nummer"))


def test_odd_spellings_are_looked_for_wherever_any_word_for_the_cpr_number_stands() -> None:
    pairs = [f"{first} {second}" for first, seconds in CPR_PAIRS.items() for second in seconds]
    for word in (*NAMES_OF_CPR.split(), *REPLACEMENT.split(), *pairs):
        assert any(piece in word for piece in PIECES_OF_NAMES), word
        assert mentions_cpr(word.upper().replace("K", "\N{KELVIN SIGN}")), word
