"""Lists whose matter is told above them: by a line, by the name of the sheet or of the file, or by the subject."""

from __future__ import annotations

import pytest

from corpus import lists
from segl_classifier.message import Source, Text
from segl_classifier.rules import shipped_rules

DAYS = "Navn;Dage\nAnna Lund;3\nBo Hansen;14\nCarl Toft;1"
ANY = "Navn;Antal\nAnna Lund;3\nBo Hansen;14\nCarl Toft;1"
SUMS = "Lejer;Beløb\nJens Holm;4.500\nOle Bang;900"


def found(text: str, subject: str = "Listen", where: str = "part 1") -> set[str]:
    source = Source.BODY if where.endswith("part 1") else Source.ATTACHMENT
    return lists.found(Text(subject, "subject", Source.SUBJECT), Text(text, where, source))


@pytest.mark.parametrize(
    ("subject", "text", "rule"),
    [
        ("Restanceliste", SUMS, "column.overdue"),
        ("SV: Sygefravær uge 12", DAYS, "column.work"),
        ("Sygefravær og trivsel", DAYS, "column.work"),
        ("FW: [EKSTERN] Fravær i maj", DAYS, "column.work"),
        ("Restanceoversigt", SUMS, "column.overdue"),
        ("Afd. 7 – restancer", SUMS, "column.overdue"),
        ("2025-05 restancer", SUMS, "column.overdue"),
        ("Bilag 2 - Sygefravær 3. kvartal", "Navn;Juli;August\nAnna Lund;3;0\nBo Bro;1;2", "column.work"),
        ("Liste over sygemeldte", DAYS, "column.work"),
        ("Sygemeldinger", "Navn;Fra;Til\nAnna Lund;3/11;7/11\nBo Bro;4/11;", "column.work"),
        ("Fravær uge 12", "Navn;Mandag;Tirsdag\nAnna Lund;syg;\nBo Bro;;syg", "column.work"),
        ("Lejere med restance", "Navn;Adresse\nAnna Lund;Elmevej 4\nBo Bro;Elmevej 6", "column.overdue"),
        ("Allergier til lejren", "Barn;Hvad\nAnna;nødder\nBo;mælk", "column.health"),
        ("Vaccinerede i afdelingen", "Navn;Ja/nej\nAnna Lund;ja\nBo Bro;nej", "column.health"),
        ("Fagforening", "Navn;Hvilken\nAnna Lund;HK\nBo Bro;3F", "column.union"),
        ("Vaccination af beboerne", "Beboer;Dato\nAnna Lund;3/4\nBo Bro;4/4", "column.health"),
        ("Restancer", "Hermed listen.\n\n" + SUMS, "column.overdue"),
    ],
)
def test_the_subject_says_it(subject: str, text: str, rule: str) -> None:
    assert found(text) == set()
    assert found(text, subject) == {rule}


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Kursus i sygefravær", ANY),
        ("Sygefravær – kursus den 4. maj", ANY),
        ("Skabelon til fraværsliste", DAYS),
        ("Sygefraværspolitik", ANY),
        ("Medicin: temadag d. 5. maj", ANY),
        ("Sygefravær: hvem laver hvad", "Medarbejder;Dato\nAnna Lund;3/4\nBo Bro;4/4"),
        ("Fravær i efterårsferien", "Navn;Fra;Til\nAnna Lund;1/10;5/10\nBo Bro;2/10;5/10"),
        ("Rykker: svar udbedes", ANY),
        ("Opsigelse af aviser", ANY),
        ("Vaccination af hunde", "Ejer;Dato\nAnna Lund;3/4\nBo Bro;4/4"),
        ("Allergi? Meld ind til køkkenet", ANY),
        ("Vi taler om restancer", SUMS),
        ("Udlæg", SUMS),
        ("Restancer", "Måned;Beløb\njanuar;400\nfebruar;300"),
        ("Restancer", "Firma;Beløb\nNordrør ApS;400\nHolm A/S;300"),
        ("Sygefravær", "Afdeling;Dage\nLager;12\nKontor;9"),
        ("Sygefravær", "Navn;Lokal\nAnna Lund;4711\nBo Bro;4712"),
        ("Sygefravær", "Deltagere:\n\n" + ANY),
        ("Sygefravær", "Vagtplan uge 12\n" + DAYS),
        ("Gentest", "Navn;Rph7\nAnna;GA\nBo;GG"),
        ("Restancer?", SUMS),
        ("Gæld til naturen (foredrag)", ANY),
        ("Allergivenlige kager", ANY),
        ("Ordblindedag", ANY),
        ("Restancer er der igen i år alt for mange af i huset", SUMS),
    ],
)
def test_a_subject_that_says_something_else(subject: str, text: str) -> None:
    assert found(text, subject) == set()


@pytest.mark.parametrize(
    ("where", "rule"),
    [
        ("part 2 > Sygefravær uge 12.xlsx, sheet Ark1", {"column.work"}),
        ("part 2 > data.xlsx, sheet Sygefravær", {"column.work"}),
        ("part 2 > data.xlsx, hidden sheet Sygefravær", {"column.work"}),
        ("part 2 > Sygefravær_uge_12.csv", {"column.work"}),
        ("part 2 > Sygefravær.zip > liste.csv", {"column.work"}),
        ("part 2 > Sygefravær.eml > part 1", {"column.work"}),
        ("part 2 > Sygefravær.pdf, page 3", {"column.work"}),
        ("part 2 > Sygefraværspolitik.xlsx, sheet Ark1", set()),
        ("part 2 > Skabelon sygefravær.xlsx, sheet Ark1", set()),
        ("part 2 > liste.xlsx, sheet Ark1", set()),
        ("part 2 > Vagter.xlsx, sheet Uge 12", set()),
    ],
)
def test_the_name_of_the_file_or_of_the_sheet_says_it(where: str, rule: set[str]) -> None:
    assert found(DAYS, where=where) == rule


def test_the_nearest_name_counts() -> None:
    assert found(SUMS, "Sygefravær", "part 2 > Restancer.xlsx, sheet Ark1") == {"column.overdue"}
    assert found("Rykkere\n" + SUMS, "Sygefravær") == {"column.overdue"}
    assert found(SUMS, "Sygefravær", "part 2 > Skabelon restancer.xlsx, sheet Ark1") == set()


def test_the_subject_of_a_message_is_of_all_that_is_in_it() -> None:
    inner = Text("Sygefravær", "part 2 > brev.eml > subject", Source.SUBJECT)
    inside = Text(DAYS, "part 2 > brev.eml > part 1", Source.BODY)
    beside = Text(DAYS, "part 1", Source.BODY)
    findings = shipped_rules().find([Text("Post", "subject", Source.SUBJECT), inner, beside, inside])
    assert {f.where for f in findings if f.rule == "column.work"} == {inside.where}


@pytest.mark.parametrize(
    "where", ["part 2 > x.msg > liste.xlsx, sheet Ark1", "part 2 > x.msg", "part 2 > x.msg, note"]
)
def test_the_subject_of_a_saved_message_is_of_all_that_is_in_it(where: str) -> None:
    inner = Text("Sygefravær", "part 2 > x.msg, subject", Source.ATTACHMENT)
    inside, beside = (
        Text(DAYS, place, Source.ATTACHMENT) for place in (where, "part 3 > y.msg > liste.xlsx")
    )
    findings = shipped_rules().find([Text("Post", "subject", Source.SUBJECT), inner, beside, inside])
    assert {f.where for f in findings if f.rule == "column.work"} == {where}


def test_where_it_is_told_is_told() -> None:
    texts = [Text("Restanceliste", "subject", Source.SUBJECT), Text(SUMS, "part 1", Source.BODY)]
    (finding,) = (f for f in shipped_rules().find(texts) if f.rule == "column.overdue")
    assert "Beløb" in finding.excerpt
    assert "the subject, or the name of the file or of the sheet" in str(finding.adjustments[-1])


@pytest.mark.parametrize(
    "rest", ["", "SV: " * 50_000, "(" * 50_000, "alle " * 50_000, " - " * 50_000, "uge " * 50_000]
)
def test_a_long_subject_costs_nothing(rest: str) -> None:
    assert found("Navn;Antal\nAnna Lund;3", rest + "Kursus") == set()
