"""Where little is said the model is hardly ever sure: there less doubt counts (docs/decisions/0115)."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from keyword_model import KeywordModel
from segl.vocabulary import Decision, Doubt, Label, Verdict
from segl_classifier.classify import classify
from segl_classifier.decide import weigh_all
from segl_classifier.little_said import believed_sooner
from segl_classifier.message import Source, Text
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.interface import Threshold, Understanding

COUNTS = 0.63
CLOSING = "Venlig hilsen\nBo Holm\nØstre Skole, kontoret\nTelefon 12 34 56 78"
HINT = "Freja skubber tallerkenen rundt"  # four words
SIGNED = "\n\n" + CLOSING
WORDS_25 = HINT + " ord" * 20  # and one in the subject
WORDS_35 = HINT + " ord" * 30
OF_HER = HINT.replace("rundt", "fra sig, siger hun")


def model(any_: float) -> KeywordModel:
    said = {"tallerkenen": {None: any_, Label.HEALTH: 0.1}}
    return KeywordModel(said, any_threshold=Threshold(0.99, COUNTS))


def judged(body: str, any_: float, *, file: str = "", subject: str = "U15") -> Verdict:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bo@by.example", "tove@by.example", subject
    message.set_content(body)
    if file:
        message.add_attachment(file, filename="bilag.txt")
    return classify(message.as_bytes(), shipped_rules(), model=model(any_))


@pytest.mark.parametrize(
    ("body", "least"),
    [
        (HINT, 0.30),
        (WORDS_25, 0.30),
        (WORDS_25 + SIGNED, 0.30),
        (WORDS_35, 0.45),
        (WORDS_35 + SIGNED, 0.45),
        (OF_HER + " ord" * 27, 0.30),
        (WORDS_35 + " ord", COUNTS),
        (OF_HER + " ord" * 28, COUNTS),
        (HINT + SIGNED + "\n\n" + "> et svar på noget helt andet i flere linjer\n" * 8, COUNTS),
    ],
)
def test_the_fewer_words_the_less_doubt_counts(body: str, least: float) -> None:
    found = judged(body, least)
    assert (found.decision, found.labels, found.reasons) == (Decision.SECURE, (), (Doubt.UNSURE.value,))
    assert judged(body, least - 0.01).decision is Decision.PLAIN


def test_what_stands_in_a_file_is_no_message_of_few_words() -> None:
    assert judged(HINT, 0.5, file="Kaffe kl. 10").decision is Decision.PLAIN


def test_the_subject_is_counted() -> None:
    assert judged(HINT, 0.31, subject="U15" + " ord" * 21).decision is Decision.PLAIN


@pytest.mark.parametrize("any_", [0.0, 0.29, 0.29999, 0.64, 1.0])
def test_what_is_surely_nothing_or_counts_anyway_stays_as_it_is(any_: float) -> None:
    heard = Understanding(any=any_)
    assert believed_sooner(heard, [Text(HINT, "body", Source.BODY)], model(any_)) is heard


def test_it_is_told_why_the_message_counts_for_more_than_its_passages() -> None:
    heard = believed_sooner(
        model(0.4).understand([Text(HINT, "body", Source.BODY)]),
        [Text(HINT, "body", Source.BODY)],
        model(0.4),
    )
    whole = weigh_all([], shipped_rules(), model=model(0.4), understanding=heard).whole
    assert whole is not None
    assert whole.model == pytest.approx(0.73, abs=0.01)
    told = next(each for each in judged(HINT, 0.4).findings if each.rule == "model" and each.label is None)
    assert [(step.reason, round(step.by, 2)) for step in told.adjustments] == [
        ("encoder stage", 0.4),
        ("little is said", 0.33),
    ]
