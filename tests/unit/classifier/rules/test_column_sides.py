"""Lists on their side: forms, tables of two columns, and tables with a person in each column."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from corpus import growth
from corpus.lists import found
from segl_classifier.markup.html import read_html


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Navn: Anna Lund\nStue: 4\nDiagnose: KOL", id="a form"),
        pytest.param("Navn: Anna Lund\n\nDiagnose: KOL", id="with an empty line"),
        pytest.param("Diagnose: KOL\nNavn: Anna Lund", id="the person last"),
        pytest.param("Patient: AL\nDiagnose: ingen\n\nPatient: BH\nDiagnose: gigt", id="the second of two"),
        pytest.param("* Patient: Anna Lund\n* Diagnose: KOL", id="points"),
        pytest.param("**Patient:** Anna Lund\n**Diagnose:** KOL", id="marked up"),
        pytest.param("> Patient: Anna Lund\n> Diagnose: KOL", id="quoted"),
        pytest.param("Patient ......: Anna Lund\nDiagnose .....: KOL", id="dotted"),
        pytest.param("Patient:   Anna Lund\nDiagnose:  KOL", id="lined up"),
        pytest.param("Patient\tAnna Lund\nStue\t4\nDiagnose\tKOL", id="two columns"),
        pytest.param("Patient;Anna Lund\nStue;4\nDiagnose;KOL", id="two columns with semicolons"),
        pytest.param("Patient: Anna Lund, Diagnose: KOL", id="in one line"),
        pytest.param("Patient: Anna Lund | Stue: 4 | Diagnose: KOL", id="in one line with bars"),
        pytest.param("Barnets navn: Anna\nHold: 2\nDiagnose: KOL", id="whose name"),
        pytest.param("Patientnr.: 40771\nDiagnose: KOL", id="a number of a person"),
        pytest.param(
            "Navn;Anna Lund;Bo Bro;Carl Toft\nStue;2;4;5\nDiagnose;KOL;;F20", id="a person a column"
        ),
        pytest.param(";Anna Lund;Bo Bro\nStue;2;4\nDiagnose;KOL;gigt", id="nothing in the corner"),
        pytest.param("Patient;AL;BB\nDiagnose;KOL;gigt", id="initials"),
        pytest.param(
            "Navn       Anna Lund   Bo Bro\nStue       2           4\nDiagnose   KOL         gigt",
            id="by blanks",
        ),
        pytest.param("Kære Per\nHer er han:\nPatient: AL\nDiagnose: KOL\nHilsen Lis", id="in a letter"),
    ],
)
def test_forms_of_persons(text: str) -> None:
    assert found(text) == {"column.health"}


@pytest.mark.parametrize("name", ["Hr. Anna Lund", "Hr Lund", "HR. ANNA LUND"])
def test_who_is_called_as_an_office_or_a_word_is_one_person(name: str) -> None:
    assert found(f"Navn: {name}\nDiagnose: KOL") == {"column.health"}


@pytest.mark.parametrize(
    ("label", "entry"),
    [
        ("Diagnose", "Lokal infektion"),
        ("Diagnose", "Hold i ryggen"),
        ("Diagnose", "Kontakteksem"),
        ("Diagnose", "Kontakt eksem"),
        ("Diagnose", "Ring i øret"),
        ("Medicin", "Gives insulin 8 enheder"),
    ],
)
def test_an_entry_may_begin_as_a_notice_does(label: str, entry: str) -> None:
    assert found(f"Navn: Anna Lund\n{label}: {entry}") == {"column.health"}


@pytest.mark.parametrize(
    "notice",
    [
        *("ring til kontoret", "Kontakt din leder", "kontakt HR", "ring 12 34 56 78", "HR", "HR-afdelingen"),
        *(
            "gives til Per",
            "meldes senest kl. 8",
            "kl. 8",
            "hold 3",
            "hold B",
            "lokal 123",
            "oplyses på mødet",
        ),
    ],
)
def test_a_notice_is_no_entry(notice: str) -> None:
    assert not found(f"Navn: Anna Lund\nDiagnose: {notice}")


@pytest.mark.parametrize(
    "markup",
    [
        "<dl><dt>Navn</dt><dd>Anna Lund</dd><dt>Diagnose</dt><dd>KOL</dd></dl>",
        "<table><tr><td>Navn</td><td>Anna Lund</td></tr><tr><td>Diagnose</td><td>KOL</td></tr></table>",
        "<p><b>Navn:</b> Anna Lund<br><b>Diagnose:</b> KOL</p>",
    ],
)
def test_forms_in_html(markup: str) -> None:
    assert found(read_html(markup).text) == {"column.health"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Navn: ______\nDiagnose: ______", id="nobody filled it in"),
        pytest.param("Medarbejder: [indsæt navn]\nSygedage: [antal]", id="a template"),
        pytest.param("Navn: Anna Lund\nAllergi: Nej\nTelefon: 12 34 56 78", id="somebody has none"),
        pytest.param("Stilling: Kok\nLøn: efter aftale\nKontakt: Anna Lund", id="a vacancy"),
        pytest.param("Medarbejder: Anna Lund\nLøn: efter overenskomst", id="as agreed"),
        pytest.param("Navn: Rex\nEjer: Anna Lund\nRace: labrador\nVaccineret: ja", id="a dog"),
        pytest.param("Firma: Nordrør ApS\nKontakt: Anna Lund\nRestance: 4.500", id="a firm"),
        pytest.param("Navn: Anna Lund\nAfdeling: Løn\nTelefon: 12 34 56 78", id="where somebody works"),
        pytest.param("Deltagere: Anna, Bo og Carl\nSygefravær: tallene blev gennemgået", id="minutes"),
        pytest.param("Elever: Alle\nKarakterer: gives den 1. juni", id="all of them"),
        pytest.param("Medarbejdere: 24\nSygefravær: 4 %", id="how many"),
        pytest.param("Ansatte: ca. 24\nSygedage: 112", id="about how many"),
        pytest.param("Emne: Diagnose\nUnderviser: Anna Lund", id="a lesson"),
        pytest.param("Adresse: Elmevej 4\nTelefon: 12 34 56 78\nRykkere: 12 34 56 79", id="a letterhead"),
        pytest.param("Navn: Anna Lund\n\nTak for hjælpen i går.\n\nDiagnose: KOL", id="a sentence between"),
        pytest.param("Afdeling;Lager;Kontor\nSygedage;12;9", id="departments"),
        pytest.param(";Januar;Februar;Maj\nSygefravær;3;4;2", id="months"),
        pytest.param("Barn;Pris;Antal\nMedicin;45;2\nMad;3;1", id="a table of its own"),
        pytest.param("Opgave;Anna Lund;Bo Bro\nMedicin;x;\nMad;;x", id="who does what"),
        pytest.param(
            "Rykkere: hvem gør hvad\nMedarbejder;Opgave\nAnna Lund;ringer", id="a line above a table"
        ),
        pytest.param("Navn: Anna Lund\nDiagnose: " + "hun har fået det bedre " * 5, id="told in sentences"),
    ],
)
def test_forms_of_something_else(text: str) -> None:
    assert found(text) == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    "large",
    [
        pytest.param(lambda n: "Navn: Anna ApS\nDiagnose: KOL\n\n" * n, id="forms"),
        pytest.param(lambda n: "".join(f"Navn: A\nDiagnose {i % 100}:\n" for i in range(n)), id="labels"),
        pytest.param(lambda n: "".join(f"Diagnose {i}: KOL\n" for i in range(n)), id="labels alone"),
        pytest.param(lambda n: "Navn: A, Diagnose: -, " * n, id="in one line"),
        pytest.param(lambda n: "Navn" + ";x" * n + "\n" + ("Diagnose" + ";3" * n + "\n") * 4, id="persons"),
        pytest.param(
            lambda n: "".join(f"Diagnose {i}: -, " for i in range(n)) + "Navn: A, " * n,
            id="many labels, then one",
        ),
        pytest.param(
            lambda n: (
                "".join(f"Diagnose {i};-\n" for i in range(59)) + ("Navn" + ";A" * (n // 10) + "\n") * 10
            ),
            id="one person, then many",
        ),
        pytest.param(lambda n: "Navn" + " ." * n + ": x\nløn" + ":" * n, id="dots"),
    ],
)
def test_large_forms_take_no_time_without_end(large: Callable[[int], str]) -> None:
    growth.in_proportion(large, found)
