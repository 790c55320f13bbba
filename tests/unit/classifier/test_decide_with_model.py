"""The decision when a model reads along: who may decide, what words add, and what doubt leads to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyword_model import BrokenModel, KeywordModel
from segl.vocabulary import FAINT, Decision, Finding, Label, Verdict
from segl_classifier import weigh, weights
from segl_classifier.classify import classify
from segl_classifier.decide import Strictness, decide, weigh_all
from segl_classifier.message import Source
from segl_classifier.rules import RuleSet, load_rules, shipped_rules
from segl_classifier.understanding.interface import (
    CascadeStage,
    Model,
    Reading,
    Threshold,
    Understanding,
    Window,
)
from segl_classifier.weigh import raised

HEALTH, FAMILY = Label.HEALTH, Label.FAMILY
MODEL = KeywordModel({})


def mail(body: str, subject: str = "Hej") -> bytes:
    head = f"From: a@vand.example\nTo: b@by.example\nSubject: {subject}\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\n\n{body}\n".encode()


def understood(scores: dict[Label, float], any_: float = 0.0) -> Understanding:
    window = Window("Han fejler noget, 010190-1234.", "body", Source.BODY, 0, 0, 30)
    return Understanding((Reading(window, CascadeStage.ENCODER, any_, scores),), any_, scores)


def judge(
    findings: list[Finding],
    scores: dict[Label, float],
    any_: float = 0.0,
    rules: RuleSet | None = None,
    strictness: Strictness | None = None,
    model: Model = MODEL,
) -> Verdict:
    return decide(
        findings,
        rules or shipped_rules(),
        strictness or Strictness(),
        model=model,
        understanding=understood(scores, any_),
    )


def own_rules(folder: Path, weight: float) -> RuleSet:
    file = folder / "own.toml"
    file.write_text(
        f"""
        [[rule]]
        id = "own.boat"
        label = "health"
        weight = {weight}
        why = "En regel om kajakker, til prøve."
        words = "kajak"
        matches = ["Min kajak ligger ved broen."]
        not_matches = ["Min jolle ligger ved broen."]
        """,
        "utf-8",
    )
    return load_rules([file])


def of_rule(rule: str, label: Label = HEALTH, score: float = 0.9) -> Finding:
    return Finding(rule, label, "body", "", score)


@pytest.mark.parametrize(
    ("score", "labels", "decision", "reasons"),
    [
        (0.5, (HEALTH,), Decision.SECURE, ("health",)),
        (0.49, (), Decision.SECURE, ("unsure",)),
        (0.3, (), Decision.SECURE, ("unsure",)),
        (0.29, (), Decision.PLAIN, ()),
    ],
)
def test_a_category_holds_stands_unsure_or_does_not(
    score: float, labels: tuple[Label, ...], decision: Decision, reasons: tuple[str, ...]
) -> None:
    verdict = judge([], {HEALTH: score})
    assert (verdict.labels, verdict.decision, verdict.reasons) == (labels, decision, reasons)


def test_the_verdict_has_the_scores_but_the_faintest() -> None:
    assert judge([], {HEALTH: FAINT, FAMILY: FAINT - 0.01}).scores == ((HEALTH, FAINT),)


def test_shipped_words_no_longer_decide_alone() -> None:
    words = [of_rule("health.disease"), of_rule("health.cause")]
    assert decide(words, shipped_rules()).labels == (HEALTH,)
    verdict = judge(words, {HEALTH: 0.02})
    assert verdict.decision is Decision.PLAIN
    assert set(words) <= set(verdict.findings), "they stay as evidence"


def test_but_they_move_what_the_model_doubts() -> None:
    assert judge([], {HEALTH: 0.45}, 0.45).labels == ()
    assert judge([of_rule("health.disease")], {HEALTH: 0.45}, 0.45).labels == (HEALTH,)


def test_no_category_by_words_in_what_the_model_holds_harmless_as_a_whole() -> None:
    verdict = judge([of_rule("health.disease")], {HEALTH: 0.25}, 0.05)
    assert (verdict.labels, verdict.decision) == ((), Decision.PLAIN)


def test_a_cpr_number_needs_no_model() -> None:
    assert judge([of_rule("cpr", Label.CPR, 0.5)], {}).labels == (Label.CPR,)


def test_a_category_unknown_to_the_model_is_left_to_words() -> None:
    model = KeywordModel({}, thresholds={FAMILY: Threshold(0.5, 0.3)})
    assert judge([of_rule("health.disease")], {FAMILY: 0.1}, model=model).labels == (HEALTH,)


def test_rules_of_the_house_decide_from_the_threshold_of_rules(tmp_path: Path) -> None:
    rules = own_rules(tmp_path, 0.6)
    assert judge([of_rule("own.boat", score=0.6)], {}, rules=rules).labels == (HEALTH,)
    assert judge([of_rule("own.boat", score=0.3)], {}, rules=rules).labels == ()
    limit = rules.labels[HEALTH].threshold
    assert judge([of_rule("own.boat", score=limit)], {}, rules=rules).labels == (HEALTH,)
    assert judge([of_rule("own.boat", score=limit - 0.01)], {}, rules=rules).labels == ()


def test_below_it_they_raise_what_the_model_says(tmp_path: Path) -> None:
    rules = own_rules(tmp_path, 0.6)
    assert judge([of_rule("own.boat", score=0.3)], {HEALTH: 0.35}, rules=rules).labels == (HEALTH,)


def test_they_raise_what_the_model_says_and_not_what_shipped_words_would_have(tmp_path: Path) -> None:
    """In what the model holds harmless as a whole, shipped words add nothing, in no step."""
    rules, found = own_rules(tmp_path, 0.6), [of_rule("own.boat", score=0.3), of_rule("health.disease")]
    heard = understood({HEALTH: 0.35}, 0.05)
    weighing = weigh_all(found, rules, model=MODEL, understanding=heard).labels[HEALTH]
    assert weighing.score == pytest.approx(raised(0.35, weights.OWN * 0.3), abs=1e-5)


@pytest.mark.parametrize(
    ("scores", "any_", "labels", "reasons"),
    [
        ({HEALTH: 0.4, FAMILY: 0.35}, 0.7, (HEALTH,), ("health",)),
        ({HEALTH: 0.35, FAMILY: 0.4}, 0.7, (FAMILY,), ("family",)),
        ({HEALTH: 0.6, FAMILY: 0.35}, 0.7, (HEALTH,), ("health",)),
        ({HEALTH: 0.2}, 0.7, (), ("personal",)),
        ({}, 0.5, (), ("unsure",)),
        ({}, 0.39, (), ()),
        ({HEALTH: 0.6}, 0.7, (HEALTH,), ("health",)),
    ],
)
def test_the_message_as_a_whole(
    scores: dict[Label, float], any_: float, labels: tuple[Label, ...], reasons: tuple[str, ...]
) -> None:
    """That *something* is a person's matter takes the likeliest category in doubt, or none by name."""
    verdict = judge([], scores, any_)
    assert (verdict.labels, verdict.reasons) == (labels, reasons)
    assert verdict.decision is (Decision.SECURE if reasons else Decision.PLAIN)


@pytest.mark.parametrize(
    ("scores", "any_", "reasons"),
    [
        ({}, 0.75, ()),  # of a few persons' matters none is named: mostly nothing is
        ({}, 0.85, ("unsure",)),
        ({}, 0.95, ("personal",)),
        ({HEALTH: 0.55}, 0.55, ("health",)),
    ],
)
def test_the_whole_may_have_to_be_surer_by_itself_than_to_leave_room_for_a_category(
    scores: dict[Label, float], any_: float, reasons: tuple[str, ...]
) -> None:
    model = KeywordModel({}, any_threshold=Threshold(0.9, 0.8, opens=0.4))
    assert judge([], scores, any_, model=model).reasons == reasons
    words = [of_rule("health.disease")]
    assert judge(words, {HEALTH: 0.45}, 0.45, model=model).labels == (HEALTH,), (
        "words are heard from there on"
    )
    assert judge(words, {HEALTH: 0.45}, 0.15, model=model).labels == ()


def test_a_threshold_of_the_house_leaves_no_more_doubt_above_it_than_below() -> None:
    assert Threshold(0.9, 0.8, 0.4).moved(0.6) == Threshold(0.6, 0.6, 0.4)
    assert Threshold(0.9, 0.8, 0.4).moved(0.3) == Threshold(0.3, 0.3, 0.3)
    assert Threshold(0.5, 0.3).moved(0.6).leaves_room == 0.3


@pytest.mark.parametrize("decision", [Decision.PLAIN, Decision.SECURE, Decision.HOLD])
def test_what_doubt_leads_to_is_a_setting(decision: Decision) -> None:
    verdict = judge([], {HEALTH: 0.4}, strictness=Strictness(unsure=decision))
    assert (verdict.decision, verdict.reasons) == (decision, ("unsure",))


def test_a_category_that_was_taken_in_doubt_is_in_doubt_no_more() -> None:
    """A policy that lowers must name all that is in doubt besides."""
    verdict = judge([], {HEALTH: 0.4, FAMILY: 0.35}, 0.7)
    assert (verdict.labels, verdict.doubtful) == ((HEALTH,), (FAMILY,))


def test_doubt_is_not_told_beside_what_holds() -> None:
    verdict = judge([], {HEALTH: 0.4, FAMILY: 0.8}, strictness=Strictness(unsure=Decision.HOLD))
    assert (verdict.decision, verdict.reasons) == (Decision.SECURE, ("family",))


def test_what_is_sure_as_a_whole_is_not_let_out_by_a_lenient_setting() -> None:
    assert judge([], {}, 0.7, strictness=Strictness(unsure=Decision.PLAIN)).decision is Decision.SECURE


def test_thresholds_of_the_house_replace_those_of_the_model() -> None:
    strict = Strictness(thresholds={HEALTH: 0.2, "any": 0.9})
    assert judge([], {HEALTH: 0.25}, strictness=strict).labels == (HEALTH,)
    assert judge([], {}, 0.7, strictness=strict).reasons == ("unsure",)
    lenient = Strictness(thresholds={HEALTH: 0.9})
    assert judge([], {HEALTH: 0.6}, strictness=lenient).reasons == ("unsure",)


def test_the_model_is_evidence_with_its_best_window_masked() -> None:
    (found,) = judge([], {HEALTH: 0.8}).findings
    assert (found.rule, found.label, found.where, found.score) == ("model", HEALTH, "body", 0.8)
    assert "Han fejler noget, 0101xx-xxxx" in found.excerpt
    assert [str(step) for step in found.adjustments] == ["+0.80 encoder stage"]


def test_what_lowered_a_window_is_told() -> None:
    model = KeywordModel({"gigt": {HEALTH: 0.6}}, lowered=(("fiction", 1.0),))
    verdict = classify(mail("Helten i romanen har gigt."), shipped_rules(), model=model)
    (found,) = [f for f in verdict.findings if f.rule == "model" and f.label is HEALTH]
    assert [str(step) for step in found.adjustments] == ["+0.80 encoder stage", "-0.20 lowered: fiction"]


def test_the_steps_add_up_to_the_score() -> None:
    weighings = weigh_all(
        [of_rule("health.disease")],
        shipped_rules(),
        model=MODEL,
        understanding=understood({HEALTH: 0.4}, 0.5),
    )
    for weighing in (weighings.labels[HEALTH], weighings.whole):
        assert weighing is not None
        assert sum(step.by for step in weighing.steps) == pytest.approx(weighing.score)


def test_of_the_whole_count_the_words_of_the_category_that_says_most_and_no_numbers() -> None:
    found = [of_rule("health.disease", score=0.6), of_rule("cpr", Label.CPR)]
    heard = understood({HEALTH: 0.4, FAMILY: 0.1}, 0.35)
    whole = weigh_all(found, shipped_rules(), model=MODEL, understanding=heard).whole
    assert whole is not None
    assert whole.words == 0.6
    assert whole.score == pytest.approx(raised(0.35, weights.WHOLE * 0.6), abs=1e-5)


@pytest.mark.parametrize("scores", [(0.9, 0.2), (0.2, 0.9)])
def test_a_rule_in_many_places_beyond_the_model_counts_with_its_best(scores: tuple[float, float]) -> None:
    places = [replace(of_rule("health.disease", score=score), beyond_model=True) for score in scores]
    assert judge(places, {HEALTH: 0.02}).labels == (HEALTH,)


def test_the_way_through_all_stages() -> None:
    model = KeywordModel({"flyttet ind hos sin søster": {FAMILY: 0.9}})
    raw = mail("Hun er flyttet ind hos sin søster med drengene.")
    assert classify(raw, shipped_rules()).decision is Decision.PLAIN
    verdict = classify(raw, shipped_rules(), model=model)
    assert (verdict.decision, verdict.labels) == (Decision.SECURE, (FAMILY,))


def test_a_model_that_fails_leaves_the_message_to_words_and_never_plain() -> None:
    verdict = classify(mail("Vi ses på torsdag."), shipped_rules(), model=BrokenModel({}))
    assert (verdict.decision, verdict.reasons) == (Decision.SECURE, ("unreadable.failed",))
    assert "Preben" not in str(verdict.findings)
    words = classify(mail("Preben har diskusprolaps."), shipped_rules(), model=BrokenModel({}))
    assert words.reasons[0] == "health"


@pytest.mark.parametrize("score", [float("nan"), -0.1, 1.1, float("inf")])
@pytest.mark.parametrize("what", [HEALTH, None], ids=["category", "whole"])
def test_what_is_no_score_is_a_failure_and_never_plain(what: Label | None, score: float) -> None:
    model = KeywordModel({"torsdag": {FAMILY: 0.1, what: score}})
    verdict = classify(mail("Vi ses på torsdag."), shipped_rules(), model=model)
    assert (verdict.decision, verdict.reasons) == (Decision.SECURE, ("unreadable.failed",))


@pytest.mark.parametrize(("score", "decision"), [(0.4, Decision.SECURE), (0.6, Decision.REJECT)])
def test_nothing_is_refused_for_a_category_taken_in_doubt(
    tmp_path: Path, score: float, decision: Decision
) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[label.health]\ndecision = "reject"\n', "utf-8")
    verdict = judge([], {HEALTH: score}, 0.9, rules=load_rules([file]))
    assert (verdict.labels, verdict.decision) == ((HEALTH,), decision)


def test_a_message_that_was_not_understood_to_its_end_is_never_plain() -> None:
    model = KeywordModel({}, complete=False)
    verdict = classify(mail("Vi ses på torsdag."), shipped_rules(), model=model)
    assert (verdict.decision, verdict.reasons) == (Decision.SECURE, ("unreadable.timed-out",))


def test_what_the_caller_knows_besides_counts() -> None:
    also = [Finding("unreadable.too-large", None, "message")]
    assert classify(mail("Vi ses."), shipped_rules(), also=also).reasons == ("unreadable.too-large",)


@given(st.floats(0, 1), st.floats(0, 1))
def test_words_add_a_bounded_amount(score: float, words: float) -> None:
    """Never less than before, and at most a quarter of the scale more; next to nothing to a score of nothing."""
    after = raised(score, words)
    assert score <= after <= score + 0.25
    assert score > 0.01 or after < 0.03


@given(
    st.dictionaries(st.sampled_from([label for label in Label if label is not Label.CPR]), st.floats(0, 1)),
    st.floats(0, 1),
    st.sampled_from(["health.disease", "cpr", "unreadable.damaged"]),
    st.floats(0, 1),
)
def test_more_evidence_never_makes_a_message_less_strict(
    scores: dict[Label, float], any_: float, rule: str, score: float
) -> None:
    label = {"cpr": Label.CPR, "health.disease": HEALTH}.get(rule)
    more = Finding(rule, label, "body", "", score)
    assert judge([more], scores, any_).decision.rank >= judge([], scores, any_).decision.rank


def test_the_window_that_says_most_is_looked_for_where_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Label | None] = []
    monkeypatch.setattr(weigh, "best_reading", lambda _heard, label: read.append(label))
    judge([], dict.fromkeys(MODEL.thresholds, 0.001), 0.001)
    assert read == []
    judge([], {HEALTH: 0.9, FAMILY: 0.001}, 0.001)
    assert read == [HEALTH]
