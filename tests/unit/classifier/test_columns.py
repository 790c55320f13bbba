"""Lists that say it by the heading of a column: no word in a row, nor in the letter, tells what they are about."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from keyword_model import KeywordModel
from segl.errors import RulesError
from segl.vocabulary import Decision, Label, Verdict
from segl_classifier.classify import classify
from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet, load_rules, shipped_rules

ARREARS = (
    ("Lejemål", "Lejer", "Restance"),
    ("14, 2. tv", "Jens Holm", "4500"),
    ("16, st.", "Anna Lund", "2300"),
)
SURE_OF_NOTHING = KeywordModel({})


def found(text: str, source: Source = Source.BODY, rules: RuleSet | None = None) -> set[str]:
    findings = (rules or shipped_rules()).find([Text(text, "part 1", source)])
    return {finding.rule for finding in findings if finding.rule.startswith(("column.", "own."))}


def judged(body: str, rules: RuleSet | None = None, kind: str = "text/plain") -> Verdict:
    head = f"From: a@bo.example\nTo: b@by.example\nSubject: Listen\nContent-Type: {kind}; charset=utf-8\n\n"
    return classify(f"{head}{body}\n".encode(), rules or shipped_rules(), model=SURE_OF_NOTHING)


def lined_up(rows: tuple[tuple[str, ...], ...]) -> str:
    return "\n".join("".join(f"{cell:<14}" for cell in row).rstrip() for row in rows)


@pytest.mark.parametrize(
    "table",
    [
        *("\n".join(separator.join(row) for row in ARREARS) for separator in (";", "\t", " | ", "|")),
        "\n".join(",".join(f'"{cell}"' for cell in row) for row in (*ARREARS, ("18", "Bo Bro", "900"))),
        lined_up((*ARREARS, ("18, 1.", "Bo Bro", "900"))),
        "\n".join("> " + ";".join(row) for row in ARREARS),
        "Restancer pr. 1. maj\n\n" + "\n".join(";".join(row) for row in ARREARS),
    ],
    ids=[
        "semicolons",
        "tabs",
        "bars",
        "bars without blanks",
        "commas",
        "lined up",
        "quoted",
        "below a title",
    ],
)
def test_a_list_goes_securely_though_the_model_sees_nothing_in_it(table: str) -> None:
    verdict = judged(f"Kære Per\n\nHermed listen som aftalt.\n\n{table}\n\nHilsen\nLis")
    assert (verdict.decision, verdict.labels) == (Decision.SECURE, (Label.PAYMENT_DEFAULT,))


def test_so_does_one_in_html_between_paragraphs() -> None:
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ARREARS)
    letter = (
        f"<p>Kære Per</p><p>Hermed listen som aftalt.</p><table>{rows}</table><p>God weekend</p><p>Lis</p>"
    )
    assert judged(letter, kind="text/html").labels == (Label.PAYMENT_DEFAULT,)


@pytest.mark.parametrize(
    ("heading", "rule"),
    [
        ("Elev;Karakter", "column.work"),
        ("Medarbejder;Sygedage", "column.work"),
        ("Initialer;Diagnose", "column.health"),
        ("Deltager;Vaccineret", "column.health"),
        ("Navn;Allergier", "column.health"),
        ("Ansat;Fagforening", "column.union"),
        ("Beboer;Religion", "column.belief"),
        ("Kursist;Etnicitet", "column.origin"),
        ("Medarbejder;Månedsløn", "column.income"),
        ("Adresse;Årsforbrug kWh", "column.billing"),
        ("Employee;Sick days", "column.work"),
        ("Schüler;Diagnose", "column.health"),
        ("Hyresgäst;Restans", "column.overdue"),
        ("Medlemsnr.;Rykkere", "column.overdue"),
        ("FORNAVN;RESTANCE 2025", "column.overdue"),
    ],
)
def test_headings_that_tell(heading: str, rule: str) -> None:
    assert found(f"{heading}\nAnna Lund;ja\nBo Bro;2") == {rule}


@pytest.mark.parametrize(
    "harmless",
    [
        "Medarbejder;Sygedage",
        "Medarbejder;Sygedage\n;\n;",
        "Medarbejder;Sygedage\nAnna Lund;\nBo Bro;-\nCarl Toft;0",
        "Afdeling;Sygedage\nLager;12\nKontor;3",
        "Måned;Restance\njanuar;400\nfebruar;300",
        "Kunde;Restance\nNordrør ApS;400\nHolm & Søn A/S;300",
        "Vin;Karakter\nRiesling;4\nMerlot;5",
        "Navn;Diagnose\nRex;hofte\nFido;tand",
        "Ejer;Hund;Diagnose\nAnna Lund;Rex;hofte\nBo Bro;Fido;tand",
        "Hold;Elever;Fravær\n3.a;24;2\n3.b;22;5",
        "Skole;Antal elever;Fravær\nNord;240;2\nSyd;220;5",
        "Navn;Vi taler om karakterer og fravær på mødet på tirsdag\nAnna;ja\nBo;nej",
        "Anna har ingen restance; det har Bo.\nBo skriver; han rykker.\nElev; karakter.",
        "Elev, karakter og fravær er ord.",
        "Medarbejder;Fravær\t",
    ],
)
def test_what_is_no_list_of_persons_with_entries(harmless: str) -> None:
    assert found(harmless) == set()


def test_only_letters_and_files_are_looked_at() -> None:
    table = "\n".join(";".join(row) for row in ARREARS)
    assert found(table, Source.ATTACHMENT) == {"column.overdue"}
    assert found(table, Source.SURROUND) == found(table, Source.SUBJECT) == set()


def test_one_entry_of_a_person_among_firms_is_enough() -> None:
    assert found("Kunde;Restance\nNordrør ApS;400\nAnna Lund;300") == {"column.overdue"}


def test_crosses_that_are_missing_leave_the_columns_where_they_are() -> None:
    rows = ("Beboer", "Vask", "Diabetes"), ("Anna Lund", "x", ""), ("Bo Bro", "", ""), ("Carl Toft", "x", "")
    assert found(lined_up(rows)) == set()
    assert found(lined_up((*rows, ("Dorte Dal", "", "x")))) == {"column.health"}


OWN = """
[[rule]]
id = "own.guests"
label = "family"
column = true
weight = 0.6
why = "Hvem der bor på krisecentret."
words = "værelse, ankom"
matches = ["Navn;Ankom\\nAnna Lund;mandag"]
not_matches = ["Navn;Rejste\\nAnna Lund;mandag"]
"""


def own(folder: Path, text: str) -> RuleSet:
    file = folder / "own.toml"
    file.write_text(text, "utf-8")
    return load_rules([file])


def test_a_house_has_columns_of_its_own(tmp_path: Path) -> None:
    rules = own(tmp_path, OWN)
    assert found("Beboer;Værelse\nAnna Lund;12\nBo Bro;14", rules=rules) == {"own.guests"}
    assert judged("Beboer;Værelse\nAnna Lund;12\nBo Bro;14", rules).labels == (Label.FAMILY,)


def test_a_house_names_persons_in_its_own_way(tmp_path: Path) -> None:
    table = "Spejder;Allergi\nNr. 14;nødder\nNr. 15;mælk"
    assert found(table) == set()
    rules = own(tmp_path, '[list.column_person]\nextend = true\nwords = "spejder"\n')
    assert found(table, rules=rules) == {"column.health"}


def test_a_shipped_column_is_turned_off(tmp_path: Path) -> None:
    rules = own(tmp_path, '[[rule]]\nid = "column.work"\nenabled = false\n')
    assert found("Elev;Karakter\nAnna;7", rules=rules) == set()


@pytest.mark.parametrize("more", ["near = ['person']", "patterns = ['løn']", "effect = 'veto'"])
def test_a_rule_on_columns_has_words_and_lists_alone(tmp_path: Path, more: str) -> None:
    with pytest.raises(RulesError) as raised:
        own(tmp_path, OWN.replace("column = true", f"column = true\n{more}"))
    assert "goes with words and lists alone" in str(raised.value.faults[0])


@pytest.mark.parametrize(
    "block", ["Navn;Diagnose\n", "Navn;Diagnose\nAnna Lund;\n\n", "Diagnose  ", "diagnose "]
)
def test_a_long_list_takes_no_time_without_end(block: str) -> None:
    def seconds(times: int) -> float:
        began = time.process_time()
        found(block * times)
        return time.process_time() - began

    seconds(1_000)
    assert seconds(40_000) < 40 * max(seconds(2_000), 0.05)  # of twenty times as much: not its square
