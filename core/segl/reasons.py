"""Why a message goes securely, or waits, in people's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from segl.language import Language
from segl.vocabulary import Asked, Doubt, Label, Prefix, Unreadable

# Nothing is wrong with the file: its sender need not look for what is broken in it.
_TONGUES: Final = tuple(
    f"{Prefix.UNREADABLE}{cause}" for cause in (Unreadable.UNKNOWN_LANGUAGE, Unreadable.UNKNOWN_SCRIPT)
)
# By the reason (segl.vocabulary.Verdict), or its prefix; behind that is what "{name}" stands for.
_WORDS: Final[dict[Language, dict[str, str]]] = {
    "da": {
        Label.CPR: "den indeholder et CPR-nummer",
        Label.BILLING: "den handler om en persons regning",
        Label.PAYMENT_DEFAULT: "den handler om en persons restance",
        Label.DISPUTE: "den handler om en persons klage eller konflikt",
        Label.INCOME_WEALTH: "den handler om en persons økonomi",
        Label.EMPLOYMENT_EDUCATION: "den handler om en persons arbejde eller uddannelse",
        Label.FAMILY: "den handler om en persons familieforhold",
        Label.HEALTH: "den handler om en persons helbred",
        Label.TRADE_UNION: "den handler om en persons fagforening",
        Label.RACIAL_ETHNIC: "den handler om en persons oprindelse",
        Label.POLITICAL: "den handler om en persons politiske forhold",
        Label.RELIGIOUS_PHILOSOPHICAL: "den handler om en persons tro",
        Label.SEXUAL: "den handler om en persons seksuelle forhold",
        Label.BIOMETRIC: "den indeholder biometriske oplysninger",
        Label.GENETIC: "den indeholder genetiske oplysninger",
        Label.CRIMINAL: "den handler om en persons strafbare forhold",
        Doubt.PERSONAL: "den handler om en persons forhold",
        Doubt.UNSURE: "det kan ikke udelukkes, at den handler om en persons forhold",
        Asked.REQUESTED: "du bad om det i emnet",
        Asked.UNCLEAR: "men det, du skrev i [ ] i emnet om sms eller kodeord, gælder ikke: det blev ikke forstået, "
        "eller det er ikke slået til hos jer. Skriv [sms:12345678] eller [kodeord: mindst fire tegn]",
        Asked.ANSWERS_SEALED: "den svarer på det, modtageren skrev på den sikre side",
        Asked.ALWAYS: "al mail ud af huset sendes sikkert",
        Asked.OWN_RECEIPT: "den er en kvittering, der er sendt videre, og for den får ingen en ny",
        Prefix.UNREADABLE: "en del af den kunne ikke læses automatisk",
        **dict.fromkeys(_TONGUES, "en del af den er på et sprog, der ikke læses automatisk"),
        Prefix.RAISED: "jeres egen regel »{name}« kræver det",
    },
    "en": {
        Label.CPR: "it contains a Danish personal number",
        Label.BILLING: "it is about a person's bill",
        Label.PAYMENT_DEFAULT: "it is about a person's arrears",
        Label.DISPUTE: "it is about a person's complaint or dispute",
        Label.INCOME_WEALTH: "it is about a person's finances",
        Label.EMPLOYMENT_EDUCATION: "it is about a person's work or education",
        Label.FAMILY: "it is about a person's family",
        Label.HEALTH: "it is about a person's health",
        Label.TRADE_UNION: "it is about a person's trade union",
        Label.RACIAL_ETHNIC: "it is about a person's origin",
        Label.POLITICAL: "it is about a person's politics",
        Label.RELIGIOUS_PHILOSOPHICAL: "it is about a person's belief",
        Label.SEXUAL: "it is about a person's sexual life",
        Label.BIOMETRIC: "it contains biometric information",
        Label.GENETIC: "it contains genetic information",
        Label.CRIMINAL: "it is about a person's criminal matters",
        Doubt.PERSONAL: "it is about a person's matters",
        Doubt.UNSURE: "it cannot be ruled out that it is about a person's matters",
        Asked.REQUESTED: "you asked for it in the subject",
        Asked.UNCLEAR: "but what you wrote in [ ] in the subject about a text message or a phrase does not hold: "
        "it was not understood, or is not turned on. Write [sms:12345678] or [phrase: at least four characters]",
        Asked.ANSWERS_SEALED: "it answers what the recipient wrote on the secure page",
        Asked.ALWAYS: "all mail that leaves the organisation is sent securely",
        Asked.OWN_RECEIPT: "it is a receipt that was sent on, and nobody gets another for it",
        Prefix.UNREADABLE: "a part of it could not be read automatically",
        **dict.fromkeys(_TONGUES, "a part of it is in a language that is not read automatically"),
        Prefix.RAISED: "your organisation's own policy “{name}” asks for it",
    },
}


def in_words(reasons: Iterable[str], language: Language) -> str:
    """*reasons* as their sender is told of them; ``""`` when there are no words for any."""
    known = _WORDS[language]
    words = []
    for reason in reasons:
        word, dot, name = reason.partition(".")
        words.append(known.get(reason) or known.get(word + dot, "").replace("{name}", name))
    return "; ".join(dict.fromkeys(filter(None, words)))
