"""The shipped rules keep their own word, cover every category, and leave ordinary mail alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from segl.vocabulary import Decision, Effect, Label, Verdict
from segl_classifier.decide import decide
from segl_classifier.message import Source, Text
from segl_classifier.rules import load_rules, shipped_rules
from segl_classifier.rules.load import shipped_files


def judge(body: str, subject: str = "") -> Verdict:
    texts = [Text(subject, "subject", Source.SUBJECT), Text(body, "body", Source.BODY)]
    return decide(shipped_rules().find(texts), shipped_rules())


def test_every_example_of_every_rule_holds() -> None:
    assert load_rules(check_shipped=True).rules == shipped_rules().rules


def test_every_category_but_cpr_has_rules() -> None:
    """CPR numbers are found by their own detector."""
    raising = {rule.label for rule in shipped_rules().rules if rule.effect is Effect.RAISE}
    assert raising == set(Label) - {Label.CPR}


def test_every_category_is_sent_securely_but_offences_wait_for_a_person() -> None:
    """Information about criminal offences may not be processed without special permission (GDPR article 10)."""
    decisions = {label: policy.decision for label, policy in shipped_rules().labels.items()}
    assert decisions.pop(Label.CRIMINAL) is Decision.HOLD
    assert set(decisions.values()) == {Decision.SECURE}


@pytest.mark.parametrize(
    ("label", "body"),
    [
        ("billing", "Kære Irma. Dit forbrug blev 143 m³, og du skal betale 2.312,40 kr. ved næste rate."),
        ("payment_default", "Bo i nr. 8 skylder stadig 4.300 kr. trods to rykkere og går til inkasso."),
        ("dispute", "Lejer Ove Kjeldsen har klaget til huslejenævnet og kræver erstatning for gulvet."),
        ("income_wealth", "Rita er på kontanthjælp og får 12.064 kr. om måneden før skat."),
        ("employment_education", "Jeg gav i dag Ulla en skriftlig advarsel, fordi hun kom for sent."),
        ("family", "Efter skilsmissen har Ditte søgt om den fulde forældremyndighed over sin datter."),
        ("health", "Preben er stadig sygemeldt med sin diskusprolaps og skal opereres."),
        ("trade_union", "Hun er medlem af HK, og hendes fagforening tager med til samtalen."),
        ("racial_ethnic", "Hun er kurder, og hendes forældre er fra Syrien."),
        ("political", "Min kone er medlem af Enhedslisten og stemmer på dem hver gang."),
        ("religious_philosophical", "Han er muslim og faster under ramadanen."),
        ("sexual", "Emil har fortalt mig, at han er bøsse."),
        ("biometric", "Bents fingeraftryk er indlæst i terminalen ved porten."),
        ("genetic", "Gentesten viser, at hun er bærer af BRCA1-mutationen."),
        ("criminal", "Kenneth er dømt for vold og afsoner fire måneders fængsel."),
        ("health", "She is on sick leave after a severe depression."),
        ("health", "Hon är sjukskriven för utmattningssyndrom."),
        ("criminal", "Han er siktet for tyveri og ble pågrepet i går."),
        ("employment_education", "Hiermit bewerbe ich mich um die Stelle; mein Lebenslauf liegt bei."),
    ],
)
def test_a_plain_case_of_each_category_is_found(label: str, body: str) -> None:
    verdict = judge(body)
    held = Label.CRIMINAL in verdict.labels  # may not be processed without permission: a person looks
    assert verdict.decision is (Decision.HOLD if held else Decision.SECURE)
    assert Label(label) in verdict.labels


@pytest.mark.parametrize(
    "body",
    [
        "Mødet er flyttet til torsdag kl. 10. Medbring kalenderen.\n\nHilsen Bent",
        "Hermed tilbud på to pumper. Levering tre uger fra ordre. Priserne er ekskl. moms.",
        "Tak for i går. Referatet følger i morgen, og jeg bestiller ventilen hos leverandøren.",
        "Kære alle. Husk at aflæse måleren inden nytår.",
        "Foredrag om diabetes torsdag kl. 19 i kulturhuset. Gratis adgang, tilmelding senest mandag.",
        "Nyhedsbrev: Ny lov om gentest i høring. Læs artiklen på hjemmesiden.",
        "Dyrlægen kommer fredag; koen har feber, og kalven skal have medicin.",
        "Denne mail kan indeholde fortrolige oplysninger og er kun bestemt for modtageren. "
        "Har du modtaget denne mail ved en fejl, bedes du slette den.",
        "This e-mail may contain confidential information and is intended only for the addressee.",
        "Läs vår personuppgiftspolicy på hemsidan.",
        "Vandprisen er 24 kr. pr. m³ fra 1. januar.",
    ],
)
def test_ordinary_mail_is_plain(body: str) -> None:
    verdict = judge(body)
    assert verdict.decision is Decision.PLAIN, verdict.findings


@pytest.mark.slow
def test_the_examples_of_the_manual_work(repository: Path, tmp_path: Path) -> None:
    blocks = re.findall(
        r"^```toml\n(.*?)^```", (repository / "docs" / "rules.md").read_text("utf-8"), re.S | re.M
    )
    own = tmp_path / "manual.toml"
    own.write_text("\n".join(block for block in blocks if "[detection]" not in block), "utf-8")
    rules = load_rules([own])
    assert {"own.hearing-aid", "own.meter"} <= {rule.id for rule in rules.rules}
    assert rules.labels[Label.CRIMINAL].decision is Decision.HOLD


def test_the_manual_names_every_category(repository: Path) -> None:
    manual = (repository / "docs" / "labels.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)`", manual, re.M) == [label.value for label in Label]


def test_the_manual_names_no_list_that_does_not_exist(repository: Path) -> None:
    """Its table of useful lists."""
    manual = (repository / "docs" / "rules.md").read_text("utf-8")
    table = manual.split("| list | what |")[1].split("\n\n")[0]
    shipped = "".join(file.read_text("utf-8") for file in shipped_files())
    named = re.findall(r"`(\w+)`", table)
    assert len(named) > 10
    for name in named:
        assert f"[list.{name}]" in shipped
