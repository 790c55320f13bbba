"""Pay slips, bills and reminders, which say it by the words before their amounts, below the name of a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus import growth
from keyword_model import KeywordModel
from segl.errors import RulesError
from segl.vocabulary import Decision, Label, Verdict
from segl_classifier.classify import classify
from segl_classifier.message import Source, Text
from segl_classifier.rules import load_rules, shipped_rules
from segl_classifier.rules.lists import statements
from segl_classifier.rules.model import Reads
from segl_classifier.tuning.again import unforeseen

SURE_OF_NOTHING = KeywordModel({})

TOLD = {
    "a pay slip with codes": (
        "Nordrør ApS\nCVR-nr. 44556677\nAnna Lund\nEngen 2\n8700 Horsens\nLønart Antal Sats Beløb\n"
        "1000 Månedsløn 1,00 31.000,00\n4010 Fri telefon 1,00 275,00\n8100 AM-bidrag 2.480,00-\n"
        "8200 A-skat 38 % 8.100,00-",
        Label.INCOME_WEALTH,
    ),
    "a number in the line of the name": (
        "Nordrør A/S\nAnna Lund Medarbejdernr. 10411\nTimeløn 160,33 t 182,50 29.260,23\nAM-bidrag -2.508,00",
        Label.INCOME_WEALTH,
    ),
    "a sheet": ("Medarbejder\tBo Bro\nBruttoløn\t31000\nAM-bidrag\t-2480", Label.INCOME_WEALTH),
    "an office that pays for a firm": (
        "Lønkontoret A/S\nNordrør ApS\nBo Bro\nGage 27.300,00\nATP-bidrag -99,00",
        Label.INCOME_WEALTH,
    ),
    "the second of several": (
        "Anna Lund\nEngen 2\nKaffe 12,00\nBo Bro\nGage 27.300,00\nATP -99,00",
        Label.INCOME_WEALTH,
    ),
    "accounts": (
        "Banken\nEngagement\nElse Munk\n7170 1000 Lønkonto 84.220,10\nDepot 55-221 1.210.433,00 kr.",
        Label.INCOME_WEALTH,
    ),
    "a bill": (
        "Kraft A/S\nCVR 11112222\nAnna Lund\nRosenvej 8\nElforbrug 1.204 kWh 2.890,00\nElafgift 917,00\nI alt 3.807,00",
        Label.BILLING,
    ),
    "a reminder": (
        "Kære Anna Lund\nPå vegne af Fitness ApS skriver vi.\n"
        "Kontingent 897,00\nRykkergebyrer 300,00\nAt betale 1.197,00",
        Label.PAYMENT_DEFAULT,
    ),
    "the firm that reminds above": (
        "Sportshallen ApS\nOmar Lund\nNørregade 14\nKontingent 450,00\nRykkergebyr 100,00",
        Label.PAYMENT_DEFAULT,
    ),
    "an address in the line of the name": (
        "Lejerafregning\nYusuf Lund, Kajgade 22 st.\nHusleje 6.850,00\nSkyldig husleje 3.400,00",
        Label.PAYMENT_DEFAULT,
    ),
    "initials": ("E. Lund, 2. tv\nHovedstol 12.300,00\nRenter 410,00", Label.PAYMENT_DEFAULT),
}

HARMLESS = {
    "prices, signed": "Takster\nFast bidrag 900,00\nStatsafgift 6,40\nRykkergebyr 100,00\n\nHilsen\nAnna Lund",
    "the terms of a bill for a table": "Anna Lund\nRosenvej 8\nHavebord 1.299,00\nFragt 99,00\n"
    "Ved for sen betaling tillægges rykkergebyr på 100 kr.",
    "one who is asked for": "KartonFab ApS\nNordrør A/S\nAtt.: Anna Lund\nFaktura 88 12.000,00\nRykkergebyr 100,00",
    "one who opens a firm's post": "KartonFab ApS\nNordrør A/S\nAnna Lund\nFaktura 88 12.000,00\nRykkergebyr 100,00",
    "a street that bears a name": "Nordrør A/S\nKaren Blixens Vej 4\nFaktura 88 12.000,00\nRykkergebyr 100,00",
    "what a director signs": "Resultat\nNordrør A/S\nDirektør Anna Lund\nLøn i alt -12.100.000\nATP -98.000",
    "an example": "Eksempel på lønseddel\nAnna Lund\nMånedsløn 31.000,00\nA-skat -8.100,00",
    "new prices, to a customer": "Kære Anna Lund\nVi har vedtaget nye takster:\nFast bidrag 900,00\nRykkergebyr 100,00",
    "pay by agreement": "Kære Anna Lund\nSatser pr. 1. marts\nTimeløn 152,20\nSH-opsparing 6,75",
    "a club's books": "Kære Anna Lund\nTil generalforsamlingen:\nRykkergebyrer 600\nBudget 51.000\nOpsparing 22.400",
    "accounts with nothing in them": "Hej Anna Lund\n2210 ATP 0,00\n2220 AM-bidrag 0,00\n2230 A-skat 0,00",
    "a single entry": "Anna Lund\nRykkergebyr 100,00",
    "one word of two": "Anna Lund\nMånedsløn, oprettelse 500,00\nPorto 12,00",
    "dates and blanks": "Anna Lund\nMånedsløn 31-12-2026\nA-skat xx.xxx",
    "prose": "Kære Anna Lund\nRykkergebyr kan undgås.\nHovedstol er et ord.",
}


def judged(body: str) -> Verdict:
    head = "From: a@bo.example\nTo: b@by.example\nSubject: Brev\nContent-Type: text/plain; charset=utf-8\n\n"
    return classify(f"{head}{body}\n".encode(), shipped_rules(), model=SURE_OF_NOTHING)


@pytest.mark.parametrize(("statement", "label"), TOLD.values(), ids=TOLD)
def test_a_statement_goes_securely_though_the_model_sees_nothing_in_it(statement: str, label: Label) -> None:
    verdict = judged(statement)
    assert (verdict.decision, verdict.labels) == (Decision.SECURE, (label,))


@pytest.mark.parametrize("statement", HARMLESS.values(), ids=HARMLESS)
def test_what_is_no_statement_to_a_person_is_plain(statement: str) -> None:
    assert judged(statement).decision is Decision.PLAIN


RULE = """
[[rule]]
id = "own.club"
label = "income_wealth"
entries = {entries}
alone = true
distinct = 2
weight = 0.6
why = "Kontingent efter indtægt."
{more}
words = "trin, indtægt"
matches = ["Anna Lund\\nTrin 4\\nIndtægt 312.000"]
not_matches = ["Anna Lund\\nTrin 4\\nPorto 12"]
"""


def test_a_postmaster_writes_such_rules(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(RULE.format(entries="true", more=""), "utf-8")
    (rule,) = (rule for rule in load_rules([file]).rules if rule.own)
    assert rule.reads is Reads.ENTRIES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "named"),
    [("first_name", True), ("column_company", True), ("column_person", False)],
)
def test_what_lists_say_of_persons_and_firms_is_part_of_such_a_rule(
    tmp_path: Path, changed: str, named: bool
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f'[list.{changed}]\nextend = true\nwords = "spejderlund"\n', "utf-8")
    other = {rule for rule, _ in unforeseen(shipped_rules(), load_rules([file]))}
    assert ("statement.pay" in other) is named


@pytest.mark.parametrize(
    ("entries", "more", "fault"),
    [
        ("true", 'patterns = ["x+"]', "words and lists of words alone"),
        ("true", 'near = ["person"]', "words and lists of words alone"),
        ("true", "notes = true", "words and lists of words alone"),
        ("true", "column = true", "words and lists of words alone"),
        ("true", 'where = ["subject"]', "names nothing with amounts"),
        (2, "", "entries"),
    ],
)
def test_what_such_a_rule_cannot_have(tmp_path: Path, entries: str | int, more: str, fault: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(RULE.format(entries=entries, more=more), "utf-8")
    with pytest.raises(RulesError) as refused:
        load_rules([file])
    assert fault in str(refused.value)


def test_it_takes_time_in_proportion() -> None:
    unit = "Anna Lund\nEngen 2\nMånedsløn 31.000,00\n" + "A " * 50 + "\n" + "1.000 " * 19 + "\n"
    growth.of_many(unit, lambda text: shipped_rules().find([Text(text, "body", Source.BODY)]))


@pytest.mark.parametrize("end", ["", " ", "\u00a0", "\t|", ",-", " kr.", ")", "-"])
def test_below_a_name_amounts_are_read_however_their_lines_end(end: str) -> None:
    text = f"Bo Bro\nBruttoløn 31.000,00{end}\nAM-bidrag 2.480,00{end}\nA-skat 8.100,00{end}"
    found = shipped_rules().find([Text(text, "body", Source.BODY)])
    assert Label.INCOME_WEALTH in {finding.label for finding in found}


def test_a_text_in_which_fewer_lines_than_two_end_in_a_figure_is_not_read_by_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statements, "_lines", lambda _text: pytest.fail("it was read by line"))
    text = "Anna Lund\nDin månedsløn er 31.000 kr. om måneden.\nI alt 7\n"
    shipped_rules().find([Text(text, "body", Source.BODY)])
