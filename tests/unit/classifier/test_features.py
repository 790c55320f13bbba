"""What is remembered of a message gives its verdict again, and holds no word of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyword_model import KeywordModel
from segl.decisions.reading import from_bytes
from segl.decisions.record import MOST_HITS, DecisionRecord
from segl.vocabulary import Decision, Effect, Finding, Label, Mode
from segl_classifier.classify import Evidence, gather
from segl_classifier.decide import Strictness, decide
from segl_classifier.evaluation.labelled import read_labelled
from segl_classifier.evaluation.letter import letter
from segl_classifier.rules import RuleSet, load_rules, shipped_rules
from segl_classifier.rules.model import Reads
from segl_classifier.tuning.again import Terms, decide_again, outdated, speakers, unforeseen, without
from segl_classifier.tuning.features import features_of
from segl_classifier.tuning.replay import replay
from segl_classifier.understanding.interface import Understanding

CORPUS = Path(__file__).resolve().parents[3] / "classifier" / "corpus"
MODEL = KeywordModel(
    {"syg": {Label.HEALTH: 0.7}, "gæld": {Label.PAYMENT_DEFAULT: 0.45}}, lowered=(("company", 1.0),)
)
MAIL = (
    "From: a@vand.example\nTo: b@by.example\nSubject: Vedr. {subject}\nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\n\n{body}\n"
)
TEXT = "Preben er stadig sygemeldt med sin diskusprolaps. Hans cpr-nummer er 010190-1234, og Ulla ved det."
OWN = """
[[rule]]
id = "own.boat"
label = "family"
weight = {weight}
why = "En regel om både, til prøve."
words = "{words}"
boost = [{{ list = "person", within = "message", by = {boost} }}]
unless = [{{ list = "general", within = "message", by = 0.4 }}]
matches = ["Min kajak ligger ved broen."]
not_matches = ["Vi sejler i morgen."]
{more}
"""


RulesOf = Callable[..., RuleSet]


@pytest.fixture(scope="module")
def rules_of(tmp_path_factory: pytest.TempPathFactory) -> RulesOf:
    """The shipped rules with a rule like :data:`OWN` on top; of one wording the same set each time."""
    file = tmp_path_factory.mktemp("rules") / "own.toml"

    @cache
    def made(*, weight: float = 0.6, words: str = "kajak*", boost: float = 0.1, more: str = "") -> RuleSet:
        file.write_text(OWN.format(weight=weight, words=words, boost=boost, more=more), "utf-8")
        return load_rules([file])

    return made


def record_of(
    found: Evidence, rules: RuleSet, strictness: Strictness, model: KeywordModel | None
) -> DecisionRecord:
    verdict = decide(found.findings, rules, strictness, model=model, understanding=found.understanding)
    features = features_of(found, rules)
    made = DecisionRecord(
        "0" * 32,
        1.0,
        "vand.example",
        verdict.decision,
        labels=verdict.labels,
        why=verdict.reasons,
        hits=features.hits,
        cut=features.cut,
        chars=features.chars,
        said=features.said,
    )
    return from_bytes(made.to_bytes())


def mail_record(
    body: str, rules: RuleSet | None = None, model: KeywordModel | None = MODEL, subject: str = "mødet"
) -> DecisionRecord:
    rules = rules or shipped_rules()
    found = gather(MAIL.format(subject=subject, body=body).encode(), rules, model=model)
    return record_of(found, rules, Strictness(), model)


@pytest.mark.parametrize("model", [MODEL, None], ids=["with a model", "words alone"])
def test_the_verdict_on_a_corpus_comes_out_of_the_records_again(model: KeywordModel | None) -> None:
    """By the rules it was made by, the record gives the same verdict with the same reasons, message by message."""
    records = read_labelled([CORPUS / "dev_mixed.jsonl"])[:60]
    rules, strictness = shipped_rules(), Strictness()
    decisions = set()
    for labelled in records:
        found = gather(letter(labelled), rules, model=model)
        verdict = decide(found.findings, rules, strictness, model=model, understanding=found.understanding)
        kept = record_of(found, rules, strictness, model)
        again = decide_again(kept, rules, strictness, model)
        assert (again.decision, again.labels, again.reasons) == (
            verdict.decision,
            verdict.labels,
            verdict.reasons,
        )
        text = kept.to_bytes().decode()
        words = set(re.findall(r"[A-Za-zæøåÆØÅ]{9,}", labelled.body)) - {"attachment", "envelope", "surround"}
        told = set(re.findall(r"\w+", re.sub(r'"(?:rule|steps|why|labels|scores)":[^\]}]*', "", text)))
        assert not words & told
        decisions.add(verdict.decision)
    assert decisions >= {Decision.PLAIN, Decision.SECURE}


FINDINGS = st.lists(
    st.builds(
        Finding,
        rule=st.sampled_from([rule.id for rule in shipped_rules().rules][:30]),
        label=st.just(None),
        where=st.sampled_from(["subject", "part 1", "part 2 > a.pdf"]),
        score=st.floats(0.05, 1),
        beyond_model=st.booleans(),
    ),
    max_size=8,
)


@given(
    findings=FINDINGS,
    cpr=st.lists(st.floats(0, 1), max_size=3),
    scores=st.dictionaries(
        st.sampled_from([label for label in Label if label is not Label.CPR]), st.floats(0, 1)
    ),
    whole=st.floats(0, 1),
    unreadable=st.booleans(),
)
def test_any_evidence_decides_the_same_from_its_record(
    findings: list[Finding], cpr: list[float], scores: dict[Label, float], whole: float, unreadable: bool
) -> None:
    rules = shipped_rules()
    found = Evidence(
        findings=[
            *(
                replace(f, label=rule.label, effect=rule.effect)
                for f in findings
                if (rule := rules.rule(f.rule))
            ),
            *(Finding("cpr", Label.CPR, "part 1", score=score) for score in cpr),
            *([Finding("unreadable.encrypted", None, "part 2")] if unreadable else []),
        ],
        understanding=Understanding((), whole, scores),
    )
    verdict = decide(found.findings, rules, model=MODEL, understanding=found.understanding)
    again = decide_again(record_of(found, rules, Strictness(), MODEL), rules, Strictness(), MODEL)
    assert (again.decision, again.reasons) == (verdict.decision, verdict.reasons)


def test_that_a_message_has_few_words_is_remembered() -> None:
    """A sign in it does not do where the model is sure that the matter is another: neither then nor in a replay."""
    model = KeywordModel({"alderen": {Label.HEALTH: 0.002, Label.FAMILY: 0.1}})
    kept = mail_record("Han er syg, og det er alderen.", model=model)
    again = decide_again(kept, shipped_rules(), Strictness(), model)
    assert (kept.verdict, again.decision, again.reasons) == (Decision.PLAIN, Decision.PLAIN, kept.why)
    assert "few-words" in {step.reason for hit in kept.hits for step in hit.steps}


def test_no_word_and_no_number_of_the_message_is_in_it() -> None:
    kept = mail_record(TEXT, subject="Preben")
    text = kept.to_bytes().decode()
    for word in ("Preben", "preben", "sygemeldt", "diskusprolaps", "Ulla", "010190", "1234", "0101"):
        assert word not in text
    assert {"cpr", "health.disease"} <= {hit.rule for hit in kept.hits}
    assert kept.said is not None
    assert kept.said.best[-1].label is None
    assert [step.reason for step in kept.said.best[0].lowered] == ["company"]


def test_the_record_is_the_same_in_whatever_order_the_categories_were_scored() -> None:
    rules = shipped_rules()
    content = MAIL.format(subject="mødet", body=f"{TEXT} Han har gæld til hende.").encode()
    found = gather(content, rules, model=MODEL)
    known = found.understanding
    assert known is not None
    other = replace(found, understanding=replace(known, scores=dict(reversed(list(known.scores.items())))))
    assert len(known.scores) > 1
    assert features_of(found, rules) == features_of(other, rules)


def test_where_it_was_is_a_kind_of_place() -> None:
    findings = [
        Finding("cpr", Label.CPR, "part 2 > preben.zip > journal for Preben.docx > sheet 1"),
        Finding("unreadable.encrypted", None, "part 3 > preben.hemmelig"),
        Finding("unreadable.too-large", None, "message"),
    ]
    hits = features_of(Evidence(findings=findings), shipped_rules()).hits
    assert sorted(hit.place for hit in hits) == ["attachment", "attachment.docx", "message"]


def test_the_heading_of_a_list_is_a_place_and_decides_the_same_from_its_record() -> None:
    lists = b"Subject: Listen\n\nLejer;Restance\nJens Holm;4500\nAnna Lund;2300\n"
    harmless = KeywordModel({})
    found = gather(lists, shipped_rules(), model=harmless)
    kept = record_of(found, shipped_rules(), Strictness(), harmless)
    assert {"column.overdue": "heading"}.items() <= {hit.rule: hit.place for hit in kept.hits}.items()
    again = decide_again(kept, shipped_rules(), Strictness(), harmless)
    assert (again.decision, again.labels) == (Decision.SECURE, (Label.PAYMENT_DEFAULT,))


def test_a_rule_in_many_places_is_told_once_with_their_number() -> None:
    findings = [Finding("cpr", Label.CPR, f"part {n}", score=n / 1000) for n in range(900)]
    features = features_of(Evidence(findings=findings), shipped_rules())
    [hit] = features.hits
    assert (hit.times, hit.score, features.cut) == (900, 0.899, False)


def test_of_very_many_the_best_of_each_rule_stay() -> None:
    kinds = "pdf docx xlsx txt csv html eml msg zip rar tar png".split()
    rules = [rule.id for rule in shipped_rules().rules][:60]
    findings = [
        Finding(name, Label.HEALTH, f"part 2 > a.{kind}", score=0.1 + n / 100)
        for name in rules
        for n, kind in enumerate(kinds)
    ]
    features = features_of(Evidence(findings=findings), shipped_rules())
    assert (len(features.hits), features.cut) == (MOST_HITS, True)
    assert {hit.rule for hit in features.hits if hit.score == 0.1 + 11 / 100} == set(rules)


CHANGES = [
    (
        "a rule off",
        {"more": '[[rule]]\nid = "health.disease"\nenabled = false\n'},
        "Han har sukkersyge og diabetes.",
    ),
    ("another weight", {"weight": 0.2}, "Min kajak ligger ved broen."),
    ("more weight", {"weight": 0.9}, "Min kajak ligger ved broen."),
    ("another amount", {"boost": 0.4}, "Min mor og jeg tog kajakken. Preben Hansen var med."),
    ("a threshold", {"more": "[label.family]\nthreshold = 0.9\n"}, "Min kajak ligger ved broen."),
    ("a decision", {"more": '[label.cpr]\ndecision = "hold"\n'}, TEXT),
]


@pytest.mark.parametrize(("what", "change", "body"), CHANGES, ids=[case[0] for case in CHANGES])
@pytest.mark.parametrize("model", [KeywordModel({}), None], ids=["with a model", "words alone"])
def test_what_new_rules_would_make_of_it_is_what_they_make_of_it(
    rules_of: RulesOf, what: str, change: dict[str, object], body: str, model: KeywordModel | None
) -> None:
    """The record of a message judged by the old rules, reckoned by the new, against the message judged by the new."""
    old, new = rules_of(), rules_of(**change)
    kept = mail_record(body, old, model)
    foreseen = decide_again(kept, new, Strictness(), model)
    found = gather(MAIL.format(subject="mødet", body=body).encode(), new, model=model)
    real = decide(found.findings, new, model=model, understanding=found.understanding)
    assert (foreseen.decision, foreseen.reasons) == (real.decision, real.reasons)
    assert [name for name, _ in unforeseen(old, new)] == []


def test_what_cannot_be_foreseen_is_named(rules_of: RulesOf) -> None:
    old = rules_of()
    words = rules_of(words="kajak*, kano*")
    assert list(unforeseen(old, words)) == [("own.boat", "other words, lists or conditions")]
    assert list(unforeseen(shipped_rules(), old)) == [("own.boat", "a new rule")]
    lists = rules_of(more='[list.general]\nextend = true\nwords = "havnefest*"\n')
    assert "own.boat" in dict(unforeseen(old, lists)), "a list it leans on"
    named = dict(unforeseen(old, rules_of(more='[list.money]\nextend = true\nwords = "kroner og øre"\n')))
    assert "own.boat" not in named
    persons = rules_of(more='[list.column_person]\nextend = true\nwords = "spejder"\n')
    of_columns = {rule.id for rule in old.rules if rule.reads is Reads.HEADINGS}
    assert of_columns
    assert {name for name, _ in unforeseen(old, persons)} == of_columns
    assert 0 < len(named) < len(old.rules)
    kept = mail_record("Min kajak ligger ved broen.", old)
    assert outdated(kept, words)
    assert not outdated(kept, rules_of(weight=0.2))


def test_what_a_sender_asked_for_stays_secure_whatever_the_rules_say() -> None:
    kept = replace(mail_record("Vi ses."), why=("requested",), verdict=Decision.SECURE, mode=Mode.ALWAYS)
    again = decide_again(kept, shipped_rules(), Strictness(), MODEL)
    assert (again.decision, again.reasons) == (Decision.SECURE, ("requested",))


def test_what_spoke_for_it_and_what_it_would_be_without() -> None:
    kept = mail_record(
        "Hans cpr-nummer er 010190-1234. Stilladset ved skuret bliver stående til fredag, og den nye kaffemaskine "
        "står ved bakkerne i kantinen. Han er syg."
    )
    assert {"cpr", "model"} <= set(speakers(kept))
    strictness, rules = Strictness(), shipped_rules()
    assert decide_again(without(kept, "cpr"), rules, strictness, MODEL).labels == (Label.HEALTH,)
    neither = without(without(kept, "cpr"), "model")
    assert decide_again(neither, rules, strictness, MODEL).decision is Decision.PLAIN


def test_a_veto_is_not_among_the_speakers() -> None:
    findings = [Finding("own.x", None, "part 1", effect=Effect.VETO)]
    kept = record_of(Evidence(findings=findings), shipped_rules(), Strictness(), None)
    assert speakers(kept) == []
    assert json.loads(kept.to_bytes())["hits"][0]["effect"] == "veto"


@pytest.mark.parametrize("more", ["", "[label.health]\nthreshold = 0.9\n"])
def test_what_is_passed_over_would_not_have_changed(rules_of: RulesOf, more: str) -> None:
    """A replay decides anew only where the change may tell; deciding everything anew comes to the same."""
    off = '[[rule]]\nid = "health.disease"\nenabled = false\n'
    old, new = rules_of(), rules_of(weight=0.2, more=off + more)
    bodies = [
        "Min kajak ligger ved broen.",
        "Vi ses.",
        "Preben er sygemeldt med sin diskusprolaps.",
        TEXT,
        "En gæld.",
    ]
    records = [replace(mail_record(body, old, None), id=f"{n:032x}") for n, body in enumerate(bodies)]
    terms, other = Terms(old, Strictness(), None), Terms(new, Strictness(), None)
    found = replay(records, terms, other)
    changed = [
        record.id
        for record in records
        if (terms.decide(record).decision, terms.decide(record).labels)
        != (other.decide(record).decision, other.decide(record).labels)
    ]
    assert [change.name for change in found.changes] == changed
    assert 0 < len(changed) < len(records)
    assert found.decisions == len(records)
