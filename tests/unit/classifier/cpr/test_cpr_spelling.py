"""Every way in which people, programs and typesetters spell a CPR number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cpr_numbers import LABELLED, PLAIN
from corpus.numbers import found
from segl.vocabulary import Label

# Numbers of people who could be alive: three with modulus 11, three without, one born on a 1 January that ran
# out of numbers with it.
NUMBERS = ("1203851002", "0702611008", "2905044004", "2211761239", "3108922041", "1407136789", "0101901234")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("spelling", PLAIN)
def test_a_number_in_a_sentence_is_found_however_it_is_spelled(spelling: str, number: str) -> None:
    findings = found(f"Det drejer sig om Karen Møller, {PLAIN[spelling](number)}, som flytter.")
    assert [f.label for f in findings] == [Label.CPR], spelling


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("spelling", [*PLAIN, *LABELLED])
def test_where_the_text_says_cpr_odder_spellings_are_found_too(spelling: str, number: str) -> None:
    spelled = {**PLAIN, **LABELLED}[spelling](number)
    assert len(found(f"CPR-nr.: {spelled}")) == 1
    assert len(found(f"Hendes cpr-nummer er {spelled}, og hun flytter.")) == 1


@pytest.mark.parametrize("spelling", [*PLAIN, *LABELLED])
def test_two_numbers_in_a_row_are_two_findings(spelling: str) -> None:
    spell = {**PLAIN, **LABELLED}[spelling]
    assert len(found(f"cpr {spell(NUMBERS[0])} og {spell(NUMBERS[1])}")) == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Født 120385, de sidste fire cifre er 1002.", "the text takes it apart"),
        ("120385 (løbenr. 1002)", "løbenummer: the last four"),
        ("FØDT 120385 (LØBENR. 1002)", "all in capitals"),
        ("FØDSELSDATO: 120385\nLØBENUMMER: 1002", "a form in capitals"),
        ("Født 120385, de sidste      fire er 1002", "several blanks between two words"),
        ("12 03 85 er hans fødselsdag, og resten af nummeret er 1002", "the rest of the number"),
        ("Born 12/03/85, last four digits 1002", "English"),
        ("cpr 702611008", "a spreadsheet lost the leading zero"),
        ("cpr;navn\n702611008.0;Bo", "a spreadsheet made it a decimal number"),
        ("CPR: 7.2.61-1008", "day and month without leading zeros"),
        ("7/2-61-1008 Karen Møller", "day and month without leading zeros, a name behind it"),
        ("cpr1203851002", "glued to the word"),
        ("CPR-nr.1203851002", "glued to the abbreviation"),
        ("cpr=120385-1002", "a key and a value"),
        ("https://portal.example/borger?cpr=1203851002&side=2", "in an address under a personal key"),
        ("CPR%3A%20120385%2D1002", "percent-coded, its label too"),
        ("1203851002@sikker.example", "all that stands before the @"),
        ("https://x.example/persons/1203851002?pnr=1", "in a step behind such a word"),
        ("nationalId: 1203851002", "as programs call it"),
        ("https://x.example/x?person=1203851002&t=1", "under another personal key"),
        ("https://ehr.example/patient/1203851002/notat", "a path goes on behind it"),
        ("CPR-nr.: I2O3B5-IOO2", "with four digits that are digits"),
        ("https://portal.example/sag?navn=Bo%20Holm%20120385-1002", "a percent code ends where it begins"),
        ("mailto:bo@example.dk?subject=Vedr.%20cpr%201203851002", "the same in the subject of an answer"),
        ("CPR-nr.\t1\t2\t0\t3\t8\t5 - 1\t0\t0\t2", "a box for each digit, and a hyphen of the form"),
        ("Karen Møller, status: aktiv 120385-1002", "who is active is no thing"),
        ("KMD AKTIV          UDSKRIFT      SIDE 1\n 120385-1002 HOLM BO", "nor is the name of a system"),
        ("1203851002_lønseddel.pdf", "the beginning of a file name"),
        ("Hansen_120385-1002.pdf", "the end of a file name"),
        ("PAS_120385-1002_Bo.pdf", "the middle of a file name, behind capital letters"),
        ("120385-1002²", "a foot note"),
        ("120385-1002, 070261-1008", "a list"),
        ("120385-1002/070261-1008", "two with a slash"),
        ("2.120385-1002", "an item of a list, without a space"),
        ("1\ufe0f\u20e32\ufe0f\u20e30\ufe0f\u20e33\ufe0f\u20e385-1239", "keycap emoji"),
        ("CPR 𝟏𝟐𝟎𝟑𝟖𝟓-𝟏𝟎𝟎𝟐", "digits beyond the basic plane"),
        ("> Dit cpr er 120385-\n> 1002", "broken inside a quotation"),
        ("Hendes cpr-nr. er vist\n120385-1002", "the label stands on the line above"),
        ("cpr-nr.\n\n120385-1002", "the label stands above an empty line"),
        (
            "Mit personnummer\u00a0er 120385\u00ad1002",
            "a soft hyphen for a hyphen, a no-break space in the label",
        ),
    ],
)
def test_special_forms(text: str, why: str) -> None:
    both = "1002" in text and "1008" in text
    assert len(found(text)) == (2 if both else 1), why


def test_nine_digits_are_a_number_only_if_the_first_was_a_zero() -> None:
    assert not found("cpr 120385100")


@pytest.mark.parametrize(
    "text",
    [
        "Patienten har erstatnings-cpr 720385-1002.",
        "Erstatningspersonnummer: 7203851002",
        "Et erstatningsnummer, 720385-1002, altså fødselsdagen plus tres",
        "eCPR 720385-1002",
        "Han fik et fiktivt cpr: 720385-1002",
        "erstatningscpr;navn\n7203851002;Bo",
        "eCPR: 120385-4AK2",
        "X-eCPR 120385-XK42",
        "Erstatningspersonnummer: 1203854AB2 (Ida)",
        "CPR: 720385-1002",
    ],
)
def test_a_replacement_number_counts_where_the_text_says_what_it_is(text: str) -> None:
    assert [f.rule for f in found(text)] == ["cpr.replacement"]


@pytest.mark.parametrize("text", ["720385-1002", "Karen Møller, 7203851002", "nr. 720385-1002"])
def test_a_replacement_number_of_which_nothing_is_said_does_not_count(text: str) -> None:
    assert not found(text)


@given(
    st.sampled_from(NUMBERS),
    st.sampled_from(sorted({**PLAIN, **LABELLED})),
    st.text(st.characters(exclude_categories=("Cs", "Nd")), max_size=60),
    st.text(st.characters(exclude_categories=("Cs", "Nd")), max_size=60),
)
def test_whatever_stands_around_it_a_number_with_its_label_is_found(
    number: str, spelling: str, before: str, after: str
) -> None:
    spelled = {**PLAIN, **LABELLED}[spelling](number)
    assert found(f"{before}\nCPR-nr.: {spelled}\n{after}")


def test_a_finding_says_where_and_why() -> None:
    (finding,) = found("Kære Ida\nMit cpr-nummer er 120385-1002.")
    assert finding.where == "body"
    assert finding.excerpt == "Kære Ida Mit cpr-nummer er 1203xx-xxxx."
    assert [step.reason for step in finding.adjustments] == [
        "spelled DDMMYY-SSSS",
        "modulus 11 holds",
        "called a CPR number",
    ]
    assert finding.score == 1.0


@pytest.mark.parametrize("gap", [" " * 7, "\u00a0" * 16, " " * 24, "   -   ", "       -"])
def test_the_halves_may_stand_as_far_apart_as_tabs_and_columns_of_a_text_put_them(gap: str) -> None:
    assert found(f"CPR-nr.     070761{gap}4285")
    assert not found(f"Leveret   111124{gap}4285 stk.")
