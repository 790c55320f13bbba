"""Why a message goes securely, or waits, in people's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from segl.language import Language

# By what stands before the first full stop of a reason (segl.vocabulary.Verdict); after it is what "{name}" stands for.
_WORDS: Final[dict[Language, dict[str, str]]] = {
    "da": {
        "cpr": "den indeholder et CPR-nummer",
        "billing": "den handler om en persons regning",
        "payment_default": "den handler om en persons restance",
        "dispute": "den handler om en persons klage eller konflikt",
        "income_wealth": "den handler om en persons økonomi",
        "employment_education": "den handler om en persons arbejde eller uddannelse",
        "family": "den handler om en persons familieforhold",
        "health": "den handler om en persons helbred",
        "trade_union": "den handler om en persons fagforening",
        "racial_ethnic": "den handler om en persons oprindelse",
        "political": "den handler om en persons politiske forhold",
        "religious_philosophical": "den handler om en persons tro",
        "sexual": "den handler om en persons seksuelle forhold",
        "biometric": "den indeholder biometriske oplysninger",
        "genetic": "den indeholder genetiske oplysninger",
        "criminal": "den handler om en persons strafbare forhold",
        "personal": "den handler om en persons forhold",
        "unsure": "det kan ikke udelukkes, at den handler om en persons forhold",
        "requested": "du bad om det i emnet",
        "request_unclear": "men det, du skrev i [ ] i emnet om sms eller kodeord, gælder ikke: det blev ikke forstået, "
        "eller det er ikke slået til hos jer. Skriv [sms:12345678] eller [kodeord: mindst fire tegn]",
        "answers_sealed": "den svarer på det, modtageren skrev på den sikre side",
        "always": "al mail ud af huset sendes sikkert",
        "unreadable": "en del af den kunne ikke læses automatisk",
        "policy": "jeres egen regel »{name}« kræver det",
    },
    "en": {
        "cpr": "it contains a Danish personal number",
        "billing": "it is about a person's bill",
        "payment_default": "it is about a person's arrears",
        "dispute": "it is about a person's complaint or dispute",
        "income_wealth": "it is about a person's finances",
        "employment_education": "it is about a person's work or education",
        "family": "it is about a person's family",
        "health": "it is about a person's health",
        "trade_union": "it is about a person's trade union",
        "racial_ethnic": "it is about a person's origin",
        "political": "it is about a person's politics",
        "religious_philosophical": "it is about a person's belief",
        "sexual": "it is about a person's sexual life",
        "biometric": "it contains biometric information",
        "genetic": "it contains genetic information",
        "criminal": "it is about a person's criminal matters",
        "personal": "it is about a person's matters",
        "unsure": "it cannot be ruled out that it is about a person's matters",
        "requested": "you asked for it in the subject",
        "request_unclear": "but what you wrote in [ ] in the subject about a text message or a phrase does not hold: "
        "it was not understood, or is not turned on. Write [sms:12345678] or [phrase: at least four characters]",
        "answers_sealed": "it answers what the recipient wrote on the secure page",
        "always": "all mail that leaves the organisation is sent securely",
        "unreadable": "a part of it could not be read automatically",
        "policy": "your organisation's own policy “{name}” asks for it",
    },
}


def in_words(reasons: Iterable[str], language: Language) -> str:
    """*reasons* as their sender is told of them; ``""`` when there are no words for any."""
    parts = [reason.partition(".") for reason in reasons]
    words = [_WORDS[language].get(word, "").replace("{name}", name) for word, _, name in parts]
    return "; ".join(dict.fromkeys(filter(None, words)))
