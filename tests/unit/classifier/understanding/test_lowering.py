"""What makes a matter nobody's: every rule on its example and on what it must not touch."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import pytest

from segl.vocabulary import Label
from segl_classifier.understanding.frame import Frame, Seen
from segl_classifier.understanding.lowering import RULES, Rule, lowered_by, speaking

FRAME = Frame(Path(__file__).resolve().parents[4] / "classifier/model")
NAMES = [rule.reason for rule in RULES]


@cache
def seen(text: str) -> Seen:
    """What the first stage says of *text*, of which each test asks once for every category."""
    (found,) = FRAME.look([text])
    return found


def lowered(text: str, likeliest: Label) -> set[str]:
    return {reason for reason, _ in lowered_by(speaking(text), seen(text).signs, likeliest)}


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_a_rule_speaks_of_its_example(rule: Rule) -> None:
    for label in rule.labels:
        assert rule.reason in lowered(rule.example, label)


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_it_gives_way_to_a_persons_own_matter(rule: Rule) -> None:
    assert rule.pattern.search(rule.exception), "the exception must look like the rule's matter"
    for label in rule.labels:
        assert rule.reason not in lowered(rule.exception, label)


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_it_is_silent_on_matters_that_it_cannot_judge(rule: Rule) -> None:
    for label in set(Label) - rule.labels:
        assert rule.reason not in lowered(rule.example, label)


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
@pytest.mark.parametrize(
    "person", ["Min mor har kræft.", "Det gælder cpr-nr. 000000-0000.", "Det ved din datter godt."]
)
def test_a_person_beside_it_silences_every_rule(rule: Rule, person: str) -> None:
    assert not lowered(f"{rule.example} {person}", next(iter(rule.labels)))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Bestil tid hos lægen i dag.", Label.HEALTH),
        ("Hans kørekort blev taget, og han er sigtet.", Label.CRIMINAL),
        ("Katja er sygemeldt.", Label.HEALTH),
        ("Rykker for vand, 1.850 kr., forfaldt den 3.", Label.PAYMENT_DEFAULT),
        ("Jens Hansen, Istedgade 4, 1650 København V: tilskud til briller er bevilget.", Label.HEALTH),
        ("Mette Holm, Gammel Kongevej 10, 1850 Frederiksberg C, går til psykolog.", Label.HEALTH),
        ("Han bor i 1799 København V og er sygemeldt.", Label.HEALTH),
        ("Casen om Jens Hansen, der er indlagt, tages op i morgen.", Label.HEALTH),
        ("Det kostede 1790 kr., og regningen er ikke betalt.", Label.PAYMENT_DEFAULT),
    ],
)
def test_plain_matters_are_left_alone(text: str, label: Label) -> None:
    assert not lowered(text, label)


def test_hostile_text_costs_little() -> None:
    started = time.process_time()
    for text in ("_" * 2000, "[" * 2000, "ab" * 1000, "{{" * 1000, "1700-" * 400, "hund" * 500, "\\w " * 600):
        speaking(text)
    assert time.process_time() - started < 1.0
