"""Numbers whose halves stand in different texts of a message."""

from __future__ import annotations

from datetime import date

import pytest

from segl.vocabulary import Finding, Label
from segl_classifier.cpr.across import across
from segl_classifier.detect import detect
from segl_classifier.message import Source, Text
from segl_classifier.rules import shipped_rules

RULES = shipped_rules()


def halves(title: str, body: str, source: Source = Source.SUBJECT) -> list[Text]:
    return [Text(title, "subject", source), Text(body, "body", Source.BODY)]


def numbers(title: str, body: str, source: Source = Source.SUBJECT) -> list[str]:
    """Where numbers are told of."""
    return [
        finding.where
        for finding in detect(halves(title, body, source), RULES)
        if finding.label is Label.CPR and finding.number
    ]


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("SV: Ida Holm, født 070761", "Hej\n\nDe sidste fire i hendes cpr er 4285.\n\nVh Bo"),
        ("Fødselsdag 7. juli 1961", "Sidste fire cifre: 4285"),
        ("Sidste fire i cpr: 4285", "Ida er født 07-07-1961."),
        ("Cpr 070761", "De fire sidste cifre er 4285"),
    ],
)
def test_one_half_may_stand_in_the_subject(title: str, body: str) -> None:
    assert numbers(title, body) == ["subject, body"]


def test_or_in_the_name_of_a_file() -> None:
    assert numbers("Ida Holm, født 070761.pdf", "De sidste fire er 4285.", Source.FILENAME)


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Møde 7/7-26", "De sidste fire uger har 4285 borgere svaret."),
        ("Ida Holm, født 070761", "Hendes dankort ender på 4285."),
        ("Ida Holm, født 070761", "Vi mangler de sidste fire cifre."),
        ("Faktura 4285", "Ida er født 07-07-1961."),
        ("Ida Holm, født 070761", "Hendes kundenr. ender på 4285."),
        (f"{300 * ' '}Ida Holm, født 070761", "De sidste fire er 4285."),
    ],
)
def test_strangers_stay_strangers(title: str, body: str) -> None:
    assert not list(across(halves(title, body), (), date(2026, 12, 1)))


def test_a_number_that_stands_whole_is_told_of_once() -> None:
    assert numbers("Ida Holm, født 070761", "Cpr 070761-4285, sidste fire 4285") == ["body"]


def test_of_many_letters_that_are_sent_on_the_nearest_to_each_subject_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [Text(f"Ida, født 0707{year}", "subject", Source.SUBJECT) for year in range(60, 80)]
    texts[19:19] = [Text(f"Bilag {at}. De sidste fire er ukendte.", "body", Source.BODY) for at in range(300)]
    texts.append(Text("De sidste fire er 4285.", "the last", Source.BODY))
    looks: list[Text] = []

    def looked(text: Text, today: date) -> list[Finding]:
        looks.append(text)
        return []

    monkeypatch.setattr("segl_classifier.cpr.across.find_cpr", looked)
    assert not list(across(texts, (), date(2026, 12, 1)))
    assert len(looks) <= 400
    assert "subject, the last" in {look.where for look in looks}
