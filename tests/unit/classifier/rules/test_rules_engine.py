"""What a rule finds: its words, what must stand near, what counts for and against."""

from __future__ import annotations

import pickle
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.vocabulary import Finding, Label
from segl_classifier import excerpts, spoken_words
from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet, load_rules, shipped_rules
from world.at_once import at_once

FILE = """
[policy]
ignore = ["disclaimer"]

[list.disclaimer]
words = "kan indeholde fortrolig*"

[list.person]
words = "du, din, hun"
lists = ["name"]

[list.name]
words = "Bo, Else"
capital = true
patterns = ['(?-i)\\bfru [A-ZÆØÅ]']

[list.course]
words = "kursus*"

[list.animal]
words = "hund*"

[[rule]]
id = "near"
label = "health"
weight = 0.5
why = "Et ord med en person i samme sætning."
words = "gigt, slid gigt"
near = [{ list = "person", within = "sentence" }]
matches = ["Hun har gigt."]
not_matches = ["Gigt er en sygdom."]

[[rule]]
id = "sums"
label = "family"
weight = 0.4
why = "Et ord, der vejer mere og mindre."
words = "skilsmisse*"
boost = [{ list = "person", within = 3, by = 0.3 }]
unless = [{ list = "course", within = "message", by = 0.3 }, { list = "animal", by = 0.1 }]
matches = ["skilsmisse"]
not_matches = ["Kursus om skilsmisse."]

[[rule]]
id = "passage"
label = "criminal"
weight = 0.5
why = "En person i nærheden, i emnet eller i første linje."
words = "sigtet"
near = ["person"]
matches = ["Hun er sigtet."]
not_matches = ["Man er sigtet."]

[[rule]]
id = "subject-only"
label = "billing"
weight = 0.5
why = "Kun i emnet."
patterns = ['\\bregning \\d+']
where = ["subject"]
matches = ["Emne: Regning 7"]
not_matches = ["Emne: Hej\\nRegning 7"]
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    file = tmp_path_factory.mktemp("rules") / "engine.toml"
    file.write_text(FILE, "utf-8")
    return load_rules([file], shipped=False)


def find(rules: RuleSet, body: str, subject: str = "", attachment: str = "") -> dict[str, Finding]:
    texts = [
        Text(subject, "subject", Source.SUBJECT),
        Text(body, "body", Source.BODY),
        Text(attachment, "part 2", Source.ATTACHMENT),
    ]
    return {finding.rule: finding for finding in rules.find(texts)}


def steps(finding: Finding) -> list[str]:
    return [str(step) for step in finding.adjustments]


@pytest.mark.parametrize(
    ("body", "hit"),
    [
        ("Har du gigt?", True),
        ("Gigt har hun haft længe.", True),
        ("Vi hørte om Bo og hans gigt.", True),
        ("Vi skal bo et sted med gigt.", False),
        ("Gigt er slemt. Hun kommer.", False),
        ("Hun kommer. Gigt er slemt.", False),
        ("Det siges, at fru Holm har gigt.", True),
        ("Det siges, at fruen har gigt.", False),
        ("hun har slid\ngigt", True),
        ("Hun;gigt;nej", True),
        ("Nr. 4 i kø, d. 3. maj kl. 8 har hun gigt.", True),
        ("Hun\n\ngigt", False),
    ],
)
def test_near_within_the_sentence(rules: RuleSet, body: str, hit: bool) -> None:
    assert ("near" in find(rules, body)) is hit


def test_the_arithmetic_is_kept(rules: RuleSet) -> None:
    found = find(rules, "Din skilsmisse og din hund.", subject="Kursus i juni")["sums"]
    assert steps(found) == [
        "+0.40 weight of the rule",
        "+0.30 boost: person “din”",
        "-0.30 unless: course “kursus”",
        "-0.10 unless: animal “hund”",
    ]
    assert found.score == pytest.approx(0.3)


def test_the_distance_in_words_is_kept(rules: RuleSet) -> None:
    """Three words away is the third word before or after."""
    assert find(rules, "du a b skilsmisse")["sums"].score == pytest.approx(0.7)
    assert find(rules, "du a b c skilsmisse")["sums"].score == pytest.approx(0.4)
    assert find(rules, "skilsmisse a b din")["sums"].score == pytest.approx(0.7)
    assert find(rules, "skilsmisse a b c din")["sums"].score == pytest.approx(0.4)


def test_the_best_of_many_places_counts(rules: RuleSet) -> None:
    found = find(rules, "skilsmisse " + "x " * 60 + "\n\ndin skilsmisse")["sums"]
    assert found.score == pytest.approx(0.7)
    assert "din skilsmisse" in found.excerpt


def test_a_score_of_next_to_nothing_is_no_finding(rules: RuleSet) -> None:
    assert find(rules, "Kursus om skilsmisse. Hund.") == {}


def test_the_subject_names_the_matter_and_the_body_the_person(rules: RuleSet) -> None:
    assert "passage" in find(rules, "Det er hun, siger de.", subject="Sigtet igen")
    assert "passage" in find(rules, "Her er én sigtet.", subject="Om Else")
    assert "passage" not in find(rules, "Her er én sigtet.", subject="Om vejret")


INSIDE = "part 2 > brev.eml > "


@pytest.mark.parametrize(
    ("subject", "inside", "found"),
    [("Om Else", "Om vejret", False), ("Om vejret", "Om Else", True), ("Om Else", None, True)],
)
def test_of_a_message_inside_its_own_subject_tells(
    rules: RuleSet, subject: str, inside: str | None, found: bool
) -> None:
    texts = [Text(subject, "subject", Source.SUBJECT), Text("Se her.", "part 1", Source.BODY)]
    if inside is not None:
        texts.append(Text(inside, f"{INSIDE}subject", Source.SUBJECT))
    for name, source in (("body", Source.BODY), ("part 2 > bilag.txt", Source.ATTACHMENT)):
        told = rules.find([*texts, Text("Her er én sigtet.", INSIDE + name, source)])
        assert [finding.rule for finding in told] == ["passage"] * found


def test_every_text_of_a_letter_tells_whom_its_subject_is_about(rules: RuleSet) -> None:
    told = [Text("Sigtet", "subject", Source.SUBJECT), Text("Se her.", "part 1", Source.BODY)]
    assert rules.find([*told, Text("Det er hun.", "part 2", Source.BODY)])
    inside = [
        Text("Om vejret", f"{INSIDE}subject", Source.SUBJECT),
        Text("Det er hun.", f"{INSIDE}body", Source.BODY),
    ]
    assert not rules.find([*told, *inside])


def test_the_first_line_of_an_attachment_tells_whom_it_is_about(rules: RuleSet) -> None:
    filler = "og så videre " * 60
    assert "passage" in find(rules, "Se bilag.", attachment=f"Vedr. Else Holm\n{filler}\nsigtet")
    assert "passage" not in find(rules, "Se bilag.", attachment=f"Vedr. sagen\n{filler}\nsigtet")


def test_the_body_does_not_speak_for_an_attachment(rules: RuleSet) -> None:
    """A list sent by Bo is not about Bo; and a course in the body does not excuse the attachment."""
    assert "passage" not in find(rules, "Hilsen Bo", attachment="En sigtet.")
    found = find(rules, "Husk kursus i juni.", attachment="skilsmisse")["sums"]
    assert found.score == pytest.approx(0.4)


def test_where_limits_a_rule(rules: RuleSet) -> None:
    assert "subject-only" in find(rules, "", subject="Regning 12")
    assert "subject-only" not in find(rules, "Regning 12")


def test_a_standing_disclaimer_is_passed_over_but_no_more_than_its_sentence(rules: RuleSet) -> None:
    footer = "Denne mail kan indeholde fortrolige oplysninger om din skilsmisse."
    assert find(rules, footer) == {}
    assert "sums" in find(rules, f"{footer} Vores skilsmisse er gået igennem.")


def test_the_word_itself_is_not_the_person(rules: RuleSet, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        """
[list.who]
words = "Venstre, jeg"
[[rule]]
id = "party"
label = "political"
weight = 0.5
why = "Et partinavn ved en person."
words = "venstre, jeg stemmer"
near = ["who"]
matches = ["Jeg er i Venstre.", "jeg stemmer"]
not_matches = ["Venstre"]
""",
        "utf-8",
    )
    assert find(load_rules([file], shipped=False), "Venstre") == {}


def test_excerpts_are_masked_and_short(rules: RuleSet) -> None:
    found = find(rules, "Hun (010190-1234) har gigt. " + "tekst " * 50)["near"]
    assert "010190-1234" not in found.excerpt
    assert "0101xx-xxxx" in found.excerpt
    assert len(found.excerpt) <= 120


def test_at_most_five_places_of_a_rule_are_told(rules: RuleSet) -> None:
    texts = [Text("Hun har gigt.", f"part {n}", Source.ATTACHMENT) for n in range(40)]
    assert len(rules.find(texts)) == 5


@pytest.mark.parametrize("texts", [[], [Text("", "body", Source.BODY)]])
def test_nothing_is_found_in_nothing(rules: RuleSet, texts: list[Text]) -> None:
    assert rules.find(texts) == []


def test_no_rules_find_nothing() -> None:
    assert load_rules(shipped=False).find([Text("Hun har gigt.", "body", Source.BODY)]) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "hostile",
    [
        "sigtet " * 50_000,
        "gigt" * 100_000,
        "hun har gigt. " * 25_000,
        "\n" * 250_000 + "gigt",
        " >" * 150_000,
        "\u00ad\u200b" * 150_000,
        "a" * 500_000,
        "İ" * 150_000,
        "denne mail kan indeholde fortrolige skilsmisser. " * 5_000,
        "Din skilsmisse." * 25_000,
    ],
    ids=["word", "glued", "sentence", "lines", "quotes", "invisible", "one", "turkish", "disclaimer", "glue"],
)
def test_hostile_texts_take_no_more_than_their_length(hostile: str) -> None:
    started = time.process_time()
    shipped_rules().find([Text(hostile, "body", Source.BODY)])
    assert time.process_time() - started < 4


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=60)
def test_it_never_raises_and_scores_stay_within_bounds(subject: str, body: str) -> None:
    texts = [Text(subject, "subject", Source.SUBJECT), Text(body + " hun er gravid", "body", Source.BODY)]
    for finding in shipped_rules().find(texts):
        assert 0 < finding.score <= 1
        assert finding.label is not None


def test_threads_may_share_a_rule_set() -> None:
    text = [Text("Hun er gravid, og Bo har diabetes.", "body", Source.BODY)] * 20
    expected = shipped_rules().find(text)
    assert at_once(lambda _: shipped_rules().find(text), range(8)) == [expected] * 8


def test_findings_travel_between_processes(rules: RuleSet) -> None:
    found = find(rules, "Hun har gigt.")
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 - our own
    assert found["near"].label is Label.HEALTH


def test_of_a_phrase_what_stands_outside_it_counts(tmp_path: Path) -> None:
    path = tmp_path / "phrase.toml"
    path.write_text(
        """
[list.rocket]
patterns = ['\\bfyret en raket\\b']

[[rule]]
id = "phrase"
label = "employment_education"
weight = 0.5
why = "Et ord, der ikke tæller i en vending."
words = "fyret"
unless = [{ list = "rocket", within = "phrase", by = 0.5 }]
matches = ["Bo er fyret. Per har fyret en raket af."]
not_matches = ["Per har fyret en raket af."]
""",
        encoding="utf-8",
    )
    loaded = load_rules([path], shipped=False)
    assert "phrase" in find(loaded, "Per har fyret en raket af, og Bo er fyret.")
    assert "phrase" not in find(loaded, "Per har fyret en raket af.")
    assert "phrase" in find(loaded, "Per er fyret: en raket.")


def test_where_nobody_is_shown_what_was_found_no_excerpt_is_made(
    rules: RuleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [Text("Bo har gigt. Nr. 010190-1234.", "body", Source.BODY)]
    told = rules.find(texts)
    monkeypatch.setattr(excerpts, "hidden", lambda _text: pytest.fail("numbers were looked for"))
    assert rules.find(texts, shown=False) == [replace(finding, excerpt="") for finding in told]
    assert told[0].excerpt
    spoken_words.words_of(shipped_rules()).secure(
        "Hun har fået konstateret brystkræft og begynder i kemoterapi."
    )
