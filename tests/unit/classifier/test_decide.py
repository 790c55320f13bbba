"""From findings to the verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.vocabulary import Decision, Effect, Finding, Label, Unreadable
from segl_classifier.decide import Strictness, decide, weigh_all
from segl_classifier.message import unreadable
from segl_classifier.rules import RuleSet, load_rules, shipped_rules

POLICY = """
[label.health]
threshold = 0.6
[label.criminal]
threshold = 0.5
decision = "hold"
[label.genetic]
threshold = 0.5
decision = "reject"
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    file = tmp_path_factory.mktemp("policy") / "policy.toml"
    file.write_text(POLICY, "utf-8")
    return load_rules([file], shipped=False)


def finding(label: Label, score: float, rule: str = "a", where: str = "body") -> Finding:
    return Finding(rule, label, where, "", score)


def joint_scores(found: list[Finding]) -> dict[Label, float]:
    return {label: w.score for label, w in weigh_all(found, shipped_rules()).labels.items()}


def test_nothing_found_is_plain(rules: RuleSet) -> None:
    verdict = decide([], rules)
    assert (verdict.decision, verdict.labels, verdict.reasons) == (Decision.PLAIN, (), ())


@pytest.mark.parametrize(
    ("scores", "held"), [([0.59], False), ([0.6], True), ([0.4, 0.4], True), ([0.3, 0.3], False)]
)
def test_a_category_holds_from_its_threshold(rules: RuleSet, scores: list[float], held: bool) -> None:
    found = [finding(Label.HEALTH, score, rule=f"r{n}") for n, score in enumerate(scores)]
    verdict = decide(found, rules)
    assert (verdict.labels == (Label.HEALTH,)) is held
    assert verdict.decision is (Decision.SECURE if held else Decision.PLAIN)


def test_rules_are_joined_as_independent_evidence() -> None:
    found = [finding(Label.HEALTH, 0.4, "a"), finding(Label.HEALTH, 0.4, "b")]
    assert joint_scores(found) == {Label.HEALTH: pytest.approx(0.64)}


def test_one_rule_in_many_places_counts_once_with_its_best() -> None:
    found = [finding(Label.HEALTH, score, "a", f"part {score}") for score in (0.2, 0.5, 0.3)]
    assert joint_scores(found) == {Label.HEALTH: 0.5}


def test_categories_do_not_help_each_other(rules: RuleSet) -> None:
    found = [finding(Label.HEALTH, 0.45), finding(Label.FAMILY, 0.45)]
    assert decide(found, rules).decision is Decision.PLAIN


def test_the_strictest_decision_wins_and_all_reasons_are_told(rules: RuleSet) -> None:
    found = [finding(Label.CRIMINAL, 0.9), finding(Label.HEALTH, 0.9)]
    verdict = decide(found, rules)
    assert verdict.decision is Decision.HOLD
    assert verdict.labels == (Label.HEALTH, Label.CRIMINAL)
    assert verdict.reasons == ("health", "criminal")
    assert decide([*found, finding(Label.GENETIC, 1.0)], rules).decision is Decision.REJECT


def test_evidence_below_the_threshold_is_kept(rules: RuleSet) -> None:
    assert decide([finding(Label.HEALTH, 0.1)], rules).findings


@pytest.mark.parametrize("cause", list(Unreadable))
def test_what_cannot_be_read_is_never_plain(rules: RuleSet, cause: Unreadable) -> None:
    verdict = decide([unreadable(cause, "part 2")], rules)
    assert verdict.decision is Decision.SECURE
    assert verdict.reasons == (f"unreadable.{cause}",)


def test_not_even_when_the_caller_says_so(rules: RuleSet) -> None:
    unread = [unreadable(Unreadable.DAMAGED, "part 2")]
    assert decide(unread, rules, strictness=Strictness(unreadable=Decision.PLAIN)).decision is Decision.SECURE


def test_the_policy_for_the_unreadable_is_followed(rules: RuleSet) -> None:
    unread = [unreadable(Unreadable.ENCRYPTED, "part 2"), finding(Label.HEALTH, 0.9)]
    verdict = decide(unread, rules, strictness=Strictness(unreadable=Decision.HOLD))
    assert verdict.decision is Decision.HOLD
    assert verdict.reasons == ("health", "unreadable.encrypted")


@pytest.mark.parametrize(("score", "reasons"), [(0.59, ()), (0.6, ("veto.own.newsletter",))])
def test_a_veto_is_a_reason_where_the_category_would_have_held(
    rules: RuleSet, score: float, reasons: tuple[str, ...]
) -> None:
    veto = Finding("own.newsletter", Label.HEALTH, "body", "", 0.9, effect=Effect.VETO)
    verdict = decide([finding(Label.HEALTH, score), veto], rules)
    assert (verdict.decision, verdict.labels, verdict.reasons) == (Decision.PLAIN, (), reasons)


def test_each_cause_is_told_once(rules: RuleSet) -> None:
    unread = [unreadable(Unreadable.DAMAGED, f"part {n}") for n in range(3)]
    assert decide(unread, rules).reasons == ("unreadable.damaged",)


def test_a_cpr_number_holds_from_a_half() -> None:
    assert decide([finding(Label.CPR, 0.5, "cpr")], shipped_rules()).labels == (Label.CPR,)
    assert decide([finding(Label.CPR, 0.49, "cpr")], shipped_rules()).decision is Decision.PLAIN


def test_findings_are_told_by_category_the_strongest_first(rules: RuleSet) -> None:
    found = [
        finding(Label.CRIMINAL, 0.2),
        finding(Label.HEALTH, 0.3),
        finding(Label.HEALTH, 0.8, "b"),
        unreadable(Unreadable.DAMAGED, "part 2"),
    ]
    order = [(f.label, f.score) for f in decide(found, rules).findings]
    assert order == [(None, 1.0), (Label.HEALTH, 0.8), (Label.HEALTH, 0.3), (Label.CRIMINAL, 0.2)]


@given(
    st.lists(
        st.builds(
            finding,
            st.sampled_from(Label),
            st.floats(0, 1),
            st.sampled_from("abc"),
            st.sampled_from(["body", "subject"]),
        )
    ),
    st.builds(finding, st.sampled_from(Label), st.floats(0, 1)),
)
def test_more_evidence_never_makes_a_message_less_strict(found: list[Finding], more: Finding) -> None:
    before, after = decide(found, shipped_rules()), decide([*found, more], shipped_rules())
    assert after.decision.rank >= before.decision.rank
    assert set(before.labels) <= set(after.labels)
