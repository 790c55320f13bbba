"""A number called a text, a content or a value, and what stands before that word: the thing in which a text stands does
not number it."""

from __future__ import annotations

import pytest

from corpus.numbers import found, looked_at

A_TEXT_IN_A_THING = [
    "Faktura\nTekst: {n}",
    "Faktura\nTekst\n{n}",
    "Emne: Sag\nIndhold: {n}, Jens Holm",
    "Besked/tekst: {n}",
    "Konto tekst: {n}",
    "Sagens indhold: {n}",
    "Sagsnr.\nTekst: {n}",
    "SMS indhold: {n}",
    "Tlf. tekst: {n}",
    "Bilag\nIndhold: {n}",
    "Feltets indhold: {n}",
    "ID felt: {n}",
    '{{"document":{{"content":"{n}"}}}}',
    '{{"sms":{{"text":"{n} er klar"}}}}',
    "<Sag><Tekst>{n}</Tekst></Sag>",
]
ONLY_A_VALUE = [
    "Værdi: {n}",
    "Felt: Borger\nVærdi: {n}",
    "Ordre\nVærdi: {n}",
    '{{"type":"string","value":"{n}"}}',
    "Feltet: {n}",
]
VALUE_OF_A_THING = [
    "Ordre værdi: 030353-0922",
    "Ordre\nVærdi\n030353-0922",
    '{"type":"ordre","value":"030353-0922"}',
    '{"name":"ordrenr","value":"030353-0922"}',
    '{"order":{"value":"030353-0922"}}',
]


@pytest.mark.parametrize("number", ["030353-0922", "070761-4285", "030353 0922"])
@pytest.mark.parametrize("text", [*A_TEXT_IN_A_THING, *ONLY_A_VALUE])
def test_a_number_divided_like_a_personal_number_stays_one_where_a_text_or_a_value_stands(
    text: str, number: str
) -> None:
    assert len(found(text.format(n=number))) == 1


@pytest.mark.parametrize("text", VALUE_OF_A_THING)
def test_the_value_of_a_thing_is_that_of_the_thing(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", ["Faktura", "Bilag", "Dokument"])
def test_what_stands_above_says_nothing_of_a_text(text: str) -> None:
    (below,) = looked_at(f"{text}\nTekst: 0707614285")
    (alone,) = looked_at("Tekst: 0707614285")
    assert below.score == alone.score


@pytest.mark.parametrize("label", ["text", "data", "value"])
def test_what_is_indented_below_the_word_for_the_personal_number_is_one(label: str) -> None:
    assert len(found(f"cpr:\n  {label}: 0303530922")) == 1
