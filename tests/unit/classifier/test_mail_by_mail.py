"""In a thread each mail is judged by itself: words of one change nothing about another, and none tells less for it."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from keyword_model import KeywordModel
from segl.vocabulary import Decision, Label
from segl_classifier.classify import classify, gather
from segl_classifier.decide import decide
from segl_classifier.rules import RuleSet, load_rules, shipped_rules
from segl_classifier.understanding.interface import Threshold, Understanding

THRESHOLDS: dict[Label, Threshold] = {
    label: Threshold(0.5, 0.45) for label in Label if label is not Label.CPR
}
MODEL = KeywordModel(
    {
        "glemt": {Label.HEALTH: 0.4, None: 0.46},
        "skizofren": {Label.HEALTH: 0.99},
        "rykker": {Label.PAYMENT_DEFAULT: 0.4, None: 0.46},
    },
    THRESHOLDS,
    Threshold(0.6, 0.5),
)
DOUBTED = "Døren ved kølerummet har glemt Zahra, og derfor skal hun lukkes ind af en anden."
TOPIC = (
    "I det nye nummer af Haven kan I læse om flåter, hegn og høns: hun fik penicillin mod borrelia, skriver lægen i "
    "bladet, og var syg i to uger, men siden har ingen hørt fra hende."
)
HARMLESS = "Vi ses på mandag."
INVENTED = "Kære hold.\n\nLæs casen til mandag. Personerne er opdigtede, og al lighed er tilfældig."
ILL = "Min søn er skizofren, og hans læge har indlagt ham på psykiatrisk afdeling."
HEAD = "Fra: Bo Bro <bo@by.example>\nSendt: 3. maj 2026 09:10\nTil: Lis <lis@by.example>\nEmne: Møde\n\n"
OWN = """
[[rule]]
id = "own.door"
label = "health"
weight = 0.3
words = "bladet"
why = "Bladet om haver."
matches = ["Det står i bladet."]
not_matches = ["Det står på døren."]
"""
_SAID = "Den 3. maj 2026 kl. 09.10 skrev Bo Bro <bo@by.example>:\n"


def passed_on(*mails: str) -> str:
    return "\n\n".join((HARMLESS, *(HEAD + mail for mail in mails)))


def answered(first: str, *mails: str) -> str:
    for depth, mail in enumerate(mails, 1):
        mark = ">" * depth
        first += f"\n\n{mark[1:]} {_SAID}" + "".join(f"{mark} {line}\n" for line in mail.split("\n"))
    return first


def mail(body: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bo@by.example", "lis@by.example", "Møde"
    message.set_content(body)
    return message.as_bytes()


def heard(body: str, rules: RuleSet | None = None) -> Understanding:
    understanding = gather(mail(body), rules or shipped_rules(), model=MODEL).understanding
    assert understanding is not None
    return understanding


def decided(body: str, rules: RuleSet | None = None) -> Decision:
    return classify(mail(body), rules or shipped_rules(), model=MODEL).decision


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(passed_on(DOUBTED, TOPIC), id="words below"),
        pytest.param(passed_on(TOPIC, HARMLESS, DOUBTED), id="words above"),
        pytest.param(answered(DOUBTED, HARMLESS, TOPIC), id="words in what is answered"),
        pytest.param(answered(TOPIC, DOUBTED), id="words in the answer"),
        pytest.param(passed_on(DOUBTED, f"{INVENTED} {ILL}"), id="a case for teaching"),
        pytest.param(answered(f"{INVENTED} {ILL}", DOUBTED), id="a case for teaching, answered"),
    ],
)
def test_what_is_plain_mail_by_mail_is_plain_together(body: str) -> None:
    assert decided(body) is Decision.PLAIN


@pytest.mark.parametrize(
    ("body", "labels"),
    [
        pytest.param(passed_on(HARMLESS, f"{DOUBTED} {TOPIC}"), {Label.HEALTH}, id="words in the same mail"),
        pytest.param(answered(f"{DOUBTED} {TOPIC}", HARMLESS), {Label.HEALTH}, id="in the answer"),
        pytest.param(passed_on(f"{INVENTED} {ILL}", ILL), {Label.HEALTH}, id="one is invented, one is not"),
        pytest.param(
            passed_on(
                "Peter har fået en rykker og skylder os 4.000 kr. i restance.", f"{INVENTED} {ILL}", TOPIC
            ),
            {Label.PAYMENT_DEFAULT},
            id="of each category its own mail",
        ),
    ],
)
def test_what_one_mail_tells_is_told(body: str, labels: set[Label]) -> None:
    verdict = classify(mail(body), shipped_rules(), model=MODEL)
    assert (verdict.decision, set(verdict.labels)) == (Decision.SECURE, labels)


def test_the_passage_that_is_shown_is_of_the_mail_that_tells() -> None:
    verdict = classify(
        mail(passed_on(f"{INVENTED} {ILL}", f"{DOUBTED} {TOPIC}")), shipped_rules(), model=MODEL
    )
    shown = [finding.excerpt for finding in verdict.findings]
    assert len(shown) > 1
    assert all("Zahra" in one or "borrelia" in one or "syg i" in one for one in shown)


def test_a_decision_made_again_from_what_is_kept_is_the_same() -> None:
    body = passed_on(
        "Peter har fået en rykker og skylder os 4.000 kr. i restance.", f"{INVENTED} {ILL}", TOPIC
    )
    found = gather(mail(body), shipped_rules(), model=MODEL)
    assert found.understanding is not None
    kept = Understanding((), found.understanding.any, found.understanding.scores)
    made = [
        decide(found.findings, shipped_rules(), model=MODEL, understanding=one).labels
        for one in (found.understanding, kept)
    ]
    assert made == [(Label.PAYMENT_DEFAULT,)] * 2


def test_a_postmasters_rule_counts_in_the_whole_message(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN)
    assert decided(passed_on(DOUBTED, TOPIC), load_rules([file])) is Decision.SECURE


def test_what_is_glued_together_of_very_many_mails_is_judged_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segl_classifier.mail_by_mail._MOST", 1)
    monkeypatch.setattr("segl_classifier.weights.FEW", 0)  # these are short, and are to be read as others
    monkeypatch.setattr("segl_classifier.weights.RATHER_FEW", 0)
    assert decided(answered(DOUBTED, HARMLESS)) is Decision.PLAIN
    assert decided(passed_on(DOUBTED, TOPIC)) is Decision.SECURE
