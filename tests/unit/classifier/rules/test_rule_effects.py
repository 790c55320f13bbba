"""Rules of the house that lower a category or take it out, with and without a model."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from keyword_model import KeywordModel
from segl.errors import RulesError
from segl.vocabulary import Decision, Effect, Label, Verdict
from segl_classifier.classify import classify
from segl_classifier.rules import RuleSet, load_rules, shipped_rules
from segl_classifier.understanding.interface import Model

SICK = "Preben er stadig sygemeldt med sin diskusprolaps. Hilsen fra Vandposten."
MODEL = KeywordModel(
    {
        "diskusprolaps": {Label.HEALTH: 0.8, None: 0.9},
        "skilsmisse": {Label.FAMILY: 0.7, None: 0.7},
        "uklar": {None: 0.9},
    }
)
BOTH = pytest.mark.parametrize("model", [None, MODEL], ids=["words", "model"])


RULE = """
[[rule]]
id = "own.newsletter"
label = "{label}"
effect = "{effect}"
weight = {weight}
why = "Vores nyhedsbrev handler ikke om nogen bestemt."
words = "vandposten"
{extra}
matches = ["Læs mere i Vandposten."]
not_matches = ["Læs mere i avisen."]
"""
RulesWith = Callable[..., RuleSet]


@pytest.fixture(scope="module")
def rules_with(tmp_path_factory: pytest.TempPathFactory) -> RulesWith:
    """The shipped rules and such a one; of one wording the same set each time."""
    file = tmp_path_factory.mktemp("rules") / "own.toml"

    @cache
    def made(effect: str, label: str = "health", weight: float = 0.9, extra: str = "") -> RuleSet:
        file.write_text(RULE.format(effect=effect, label=label, weight=weight, extra=extra), "utf-8")
        return load_rules([file])

    return made


def judge(body: str, rules: RuleSet, model: Model | None) -> Verdict:
    head = "From: a@vand.example\nTo: b@by.example\nSubject: Hej\nContent-Type: text/plain; charset=utf-8\n\n"
    return classify(f"{head}{body}\n".encode(), rules, model=model)


@BOTH
def test_without_the_rule_it_is_sent_securely(model: Model | None) -> None:
    assert Label.HEALTH in judge(SICK, shipped_rules(), model).labels


@BOTH
def test_a_veto_takes_the_category_out_and_says_so(rules_with: RulesWith, model: Model | None) -> None:
    verdict = judge("Preben har diskusprolaps. Læs Vandposten.", rules_with("veto"), model)
    assert (verdict.decision, verdict.labels) == (Decision.PLAIN, ())
    assert verdict.reasons == ("veto.own.newsletter",)
    (veto,) = [finding for finding in verdict.findings if finding.effect is Effect.VETO]
    assert (veto.rule, veto.label) == ("own.newsletter", Label.HEALTH)
    assert str(veto).startswith("own.newsletter (veto) 0.90 in ")


@BOTH
def test_other_categories_are_not_touched(rules_with: RulesWith, model: Model | None) -> None:
    body = SICK + " Efter skilsmissen har Ditte søgt om den fulde forældremyndighed over sin datter."
    verdict = judge(body, rules_with("veto"), model)
    assert (verdict.decision, Label.FAMILY in verdict.labels) == (Decision.SECURE, True)
    assert Label.HEALTH not in verdict.labels


def test_a_veto_does_not_silence_what_is_of_no_category(rules_with: RulesWith) -> None:
    """The model's word on the whole counts unless it rests on the category that was taken out."""
    verdict = judge("Noget uklart. Læs Vandposten.", rules_with("veto"), MODEL)
    assert verdict.reasons == ("personal",)


def test_a_veto_that_takes_nothing_out_is_no_reason(rules_with: RulesWith) -> None:
    assert judge("Læs Vandposten.", rules_with("veto"), MODEL).reasons == ()


@BOTH
def test_a_rule_for_all_takes_out_everything(rules_with: RulesWith, model: Model | None) -> None:
    body = SICK + " Efter skilsmissen har Ditte søgt om den fulde forældremyndighed over sin datter."
    assert judge(body, rules_with("veto", "all"), model).decision is Decision.PLAIN


@BOTH
def test_but_a_cpr_number(rules_with: RulesWith, model: Model | None) -> None:
    verdict = judge(SICK + " CPR 010190-1234.", rules_with("veto", "all"), model)
    assert verdict.labels == (Label.CPR,)


@BOTH
def test_unless_it_is_named(rules_with: RulesWith, model: Model | None) -> None:
    body = "Læs Vandposten. CPR 010190-1234."
    verdict = judge(body, rules_with("veto", "cpr"), model)
    assert (verdict.decision, verdict.reasons) == (Decision.PLAIN, ("veto.own.newsletter",))


@BOTH
def test_nothing_makes_the_unreadable_plain(rules_with: RulesWith, model: Model | None) -> None:
    head = "From: a@vand.example\nTo: b@by.example\nSubject: Vandposten\nContent-Type: application/x-odd\n"
    raw = f"{head}\n\x00\x01\n".encode()
    for label in ("all", "cpr"):
        verdict = classify(raw, rules_with("veto", label), model=model)
        assert verdict.decision is Decision.SECURE
        assert verdict.reasons == ("unreadable.unknown-type",)


def test_a_veto_that_is_half_withdrawn_does_not_count(rules_with: RulesWith) -> None:
    """It counts when the rule keeps half of its weight, as its examples do."""
    extra = 'unless = [{ list = "you", within = "message", by = 0.6 }]'
    rules = rules_with("veto", extra=extra)
    assert Label.HEALTH in judge(SICK + " Har du hørt det?", rules, MODEL).labels
    assert Label.HEALTH not in judge(SICK, rules, MODEL).labels


@pytest.mark.parametrize(("weight", "holds"), [(0.2, True), (0.8, False)])
def test_a_rule_that_lowers_takes_its_score_away(rules_with: RulesWith, weight: float, holds: bool) -> None:
    more = (
        "Pumpen kommer på torsdag mellem otte og tolv, så der er ikke varmt vand i kantinen eller på lageret."
    )
    verdict = judge(f"{SICK} {more}", rules_with("lower", weight=weight), MODEL)
    assert (Label.HEALTH in verdict.labels) is holds
    assert (verdict.decision is Decision.SECURE) is holds


def test_lowering_works_on_words_as_well(rules_with: RulesWith) -> None:
    assert Label.HEALTH in judge(SICK, rules_with("lower", weight=0.1), None).labels
    assert Label.HEALTH not in judge(SICK, rules_with("lower", weight=0.9), None).labels


@pytest.mark.parametrize(
    ("replaced", "by", "told"),
    [
        ('effect = "veto"', 'effect = "vetto"', "effect: input should be 'raise', 'lower' or 'veto'"),
        ('effect = "veto"', 'effect = "raise"', 'label = "all" belongs to effect = "lower" or "veto"'),
        ('label = "all"', 'label = "alle"', "'alle' is no category"),
        ('label = "all"', "label = 3", "'3' is no category"),
        ('id = "own.newsletter"', 'id = "unreadable.damaged"', "Segl itself gives"),
        ('id = "own.newsletter"', 'id = "model"', "Segl itself gives"),
        ('id = "own.newsletter"', 'id = "cpr"', "Segl itself gives"),
    ],
)
def test_what_is_no_effect_is_refused(tmp_path: Path, replaced: str, by: str, told: str) -> None:
    file, text = tmp_path / "own.toml", RULE.format(effect="veto", label="all", weight=0.9, extra="")
    assert replaced in text
    file.write_text(text.replace(replaced, by), "utf-8")
    with pytest.raises(RulesError) as refused:
        load_rules([file])
    (fault,) = refused.value.faults
    assert told in str(fault)


def test_examples_of_a_veto_are_run(rules_with: RulesWith) -> None:
    with pytest.raises(RulesError, match=r"rule own\.newsletter: matches: .* is not found"):
        rules_with("veto", extra='near = ["animals"]')
