"""Rules on columns as a postmaster writes them: what he is told of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from segl.errors import RulesError
from segl_classifier.rules import RuleSet, load_rules
from segl_classifier.rules.compare import Kind, differences
from segl_classifier.rules.lists.columns import Missing
from segl_classifier.rules.verify import example_texts

GUESTS = """
[[rule]]
id = "own.guests"
label = "family"
column = true
weight = 0.6
why = "Hvem der bor på krisecentret."
words = "ankom"
matches = ["Navn;Ankom\\nAnna Lund;mandag"]
not_matches = ["Navn;Rejste\\nAnna Lund;mandag"]
"""


def written(folder: Path, text: str, *, examples: bool = True) -> RuleSet:
    file = folder / "own.toml"
    file.write_text(text, "utf-8")
    return load_rules([file], examples=examples)


@pytest.fixture(scope="module")
def guests(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    return written(tmp_path_factory.mktemp("rules"), GUESTS)


@pytest.mark.slow
def test_what_reads_text_now_is_a_difference(tmp_path: Path, guests: RuleSet) -> None:
    text = written(tmp_path, GUESTS.replace("column = true", ""))
    (difference,) = differences(guests, text)
    assert difference.details == ("in headings → text",)


@pytest.mark.parametrize(
    ("example", "missing"),
    [
        ("Anna Lund ankom mandag.", Missing.TABLE),
        (r"Navn;Ankom\nAnna Lund;mandag", Missing.TABLE),
        ("Navn,Ankom\nAnna Lund,mandag", Missing.TABLE),
        ("Navn;Rejste\nAnna Lund;mandag", Missing.HEADING),
        ("Navn;Diagnose\nAnna Lund;KOL", Missing.HEADING),
        ("Navn;Hvornår\nAnna Lund;ankom mandag", Missing.HEADING),
        ("Hund;Ejer;Ankom\nRex;Anna Lund;mandag", Missing.OTHERS),
        ("Spejder;Ankom\nNr. 14;mandag", Missing.PERSONS),
        ("Elever;Ankom\n24;mandag", Missing.PERSONS),
        ("Adresse;Ankom\nKildevej 4;mandag", Missing.HOMES),
        ("Navn;Ankom\nAnna Lund;", Missing.ROW),
        ("Navn;Ankom\nNavn;Ankom", Missing.ROW),
        ("Navn;Ankom\nAnna Lund;<dag>", Missing.ROW),
        ("Navn;Ankom\nAnna Lund;\n\nMed venlig hilsen\n\nDag;Ankom\nmandag;4", Missing.ROW),
    ],
    ids=lambda each: each.name if isinstance(each, Missing) else each.replace("\n", "/"),
)
def test_why_an_example_is_not_found(guests: RuleSet, example: str, missing: Missing) -> None:
    rule = guests.rule("own.guests")
    assert rule is not None
    texts = example_texts(example, rule.where)
    assert "own.guests" not in {finding.rule for finding in guests.find(texts)}
    assert guests.missing(rule, texts) is missing


STAFF = """
[list.column_staff]
extend = true
words = "pedel"
[[rule]]
id = "own.tool"
label = "employment_education"
column = true
persons = ["column_staff"]
weight = 0.6
why = "Hvem der har lånt værktøj."
words = "lånt"
matches = ["Pedel;Lånt\\nAnna Lund;sav\\nBo Bro;bor"]
not_matches = ["Kunde;Lånt\\nAnna Lund;sav\\nBo Bro;bor"]
"""


@pytest.mark.slow
def test_a_rule_says_which_persons_it_is_about(tmp_path: Path) -> None:
    rules = written(tmp_path, STAFF)
    rule = rules.rule("own.tool")
    assert rule is not None
    texts = example_texts(rule.not_matches[0], rule.where)
    assert rules.missing(rule, texts) is Missing.ASKED
    anybody = written(tmp_path, STAFF.replace('persons = ["column_staff"]', "").replace("Kunde", "Adresse"))
    (difference,) = (d for d in differences(rules, anybody) if d.kind is Kind.RULE)
    assert difference.details == ("persons -1: column_staff",)
    assert rules.fingerprints["own.tool"] != anybody.fingerprints["own.tool"]


@pytest.mark.parametrize(
    ("now", "fault"),
    [
        (
            STAFF.replace('"column_staff"]', '"column_staf"]'),
            "names the list 'column_staf', which does not exist",
        ),
        (STAFF.replace("column = true", ""), "is for rules on columns"),
    ],
)
def test_what_a_rule_cannot_say_of_persons(tmp_path: Path, now: str, fault: str) -> None:
    with pytest.raises(RulesError) as raised:
        written(tmp_path, now)
    assert fault in {each.problem for each in raised.value.faults}


def test_the_fault_says_why(tmp_path: Path) -> None:
    with pytest.raises(RulesError) as raised:
        written(tmp_path, GUESTS.replace("Navn;Ankom", "Spejder;Ankom").replace("Anna Lund", "Nr. 14"))
    (fault,) = raised.value.faults
    assert fault.key == "rule own.guests: matches"
    assert fault.hint == f"nothing was found: {Missing.PERSONS}"
