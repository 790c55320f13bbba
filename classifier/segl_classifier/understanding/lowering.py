"""What makes a matter nobody's private one: companies, public roles, fiction, animals, the long dead,
figures about many.

A rule takes so many log-odds from a window's calibrated scores. It speaks only where its pattern stands in the
window, where the category that the model thinks likeliest is one it can judge, and where no sign of a person
stands that it must give way to. Its example, and an exception near to it, are run by a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from segl.vocabulary import Label
from segl_classifier.understanding.persons import Sign

_ALL = frozenset(Label) - {Label.CPR}
_BODY = frozenset({Label.HEALTH, Label.GENETIC, Label.SEXUAL, Label.RACIAL_ETHNIC})
_MONEY = frozenset({Label.PAYMENT_DEFAULT, Label.BILLING, Label.DISPUTE, Label.INCOME_WEALTH})
_BELIEF = frozenset({Label.POLITICAL, Label.RELIGIOUS_PHILOSOPHICAL, Label.CRIMINAL, Label.TRADE_UNION})
_ANY_PERSON = frozenset({Sign.NAMED, Sign.ADDRESSED, Sign.SPOKEN_OF, Sign.KIN, Sign.NUMBER})


Lowered = tuple[tuple[str, float], ...]
"""Reasons, and the log-odds each takes away."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason why a matter is nobody's: ``by`` log-odds, on the word of ``pattern``, for windows that look
    like one of ``labels``, unless one of ``gives_way_to`` or ``unless`` stands there too."""

    reason: str
    by: float
    labels: frozenset[Label]
    pattern: re.Pattern[str]
    gives_way_to: frozenset[Sign]
    why: str
    example: str
    exception: str
    unless: re.Pattern[str] | None = None

    def speaks(self, text: str) -> bool:
        """Whether the words of *text* let it speak, persons left aside."""
        return bool(self.pattern.search(text)) and not (self.unless and self.unless.search(text))


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE | re.VERBOSE)


RULES: tuple[Rule, ...] = (
    Rule(
        "company",
        1.0,
        _MONEY | {Label.TRADE_UNION},
        _words(
            r"""A/S|ApS|I/S|K/S|P/S|IVS|a\.?m\.?b\.?a|GmbH|Ltd|selskabe\w*|virksomhede\w*|cvr\S*
              |entreprenøre?\w*|leverandøre?\w*|koncern\w*|konkursbo\w*"""
        ),
        _ANY_PERSON | {Sign.ROLE, Sign.SPEAKER},
        "a company's arrears, disputes and accounts are no person's",
        "Hauge Rør ApS har endnu ikke betalt fakturaen for leverancen i juli.",
        "Din aftale med Hauge Rør ApS er ikke betalt.",
        _words(r"enkeltmand\w*|personligt|privat\w*|ansatte?|opsig\w*|bortvis\w*|sygem\w*|ejer\w*|løn\w*"),
    ),
    Rule(
        "public role",
        1.0,
        _BELIEF,
        _words(
            r"""\w*minister(?:en|ens|ium\w*)?|\w*borgmester(?:en|ens)?|folketinget\w*|præsident(?:en|ens)?|rådmand\w*
              |partiforman\w*|regionsrådsforman\w*|member\ of\ parliament|mayor|bundeskanzler\w*|statsråd\w*
              |biskop(?:pen)?"""
        ),
        frozenset({Sign.ADDRESSED, Sign.KIN, Sign.NUMBER, Sign.SPEAKER, Sign.SPOKEN_OF, Sign.ROLE}),
        "what those who hold an office say in it is public",
        "Statsministeren og partiets ordfører talte for forslaget i folketinget.",
        "Min kone stemte på borgmesterens parti.",
        _words(r"privat\w*|stemte|melde\w*|like"),
    ),
    Rule(
        "fiction or teaching",
        1.0,
        _ALL,
        _words(
            r"""filmen|romanen|novellen|krimien?|skuespil\w*|musical(?:en)?|hovedperson\w*|manuskriptet|opdigtet|opdigtede
              |fiktiv\w*|fiktion\w*|undervisningscase\w*|case\ study|læseklub\w*|bogklub\w*|filmklub\w*
              |fictional|tv-serien|forfatteren|læsekreds\w*"""
        ),
        frozenset({Sign.ADDRESSED, Sign.NUMBER, Sign.SPEAKER}),
        "people in books and exercises are nobody",
        "I filmen bliver hovedpersonen skilt og mister forældremyndigheden.",
        "Efter filmen fortalte jeg om min depression.",
    ),
    Rule(
        "animal",
        1.0,
        _BODY,
        _words(
            r"""hund(?:en|ens|e|ene)?|hvalp\w*|katten|kattene|killing\w*|hest(?:en|ens|e|ene)|hoppen|hingst\w*|føllet
              |koen|køer(?:ne)?|kvæg\w*|kalven|kalvene|tyren|smågris\w*|grisene|fjerkræ\w*|høns\w*|bierne|fårene
              |dyrlæge\w*|dyrehospital\w*|kennel\w*|stamtavle\w*|kvægbesætning\w*|pupp(?:y|ies)|cows|tierarzt"""
        ),
        frozenset({Sign.NAMED, Sign.KIN, Sign.NUMBER, Sign.SPOKEN_OF, Sign.ROLE}),
        "an animal's illness and ancestry are not personal data",
        "Dyrlægen siger, at hunden har fået nyresvigt.",
        "Hunden blev passet, mens min kone fik kemoterapi.",
        _words(
            r"""sygem\w*|allergi\w*|psyki\w*|depress\w*|stress\w*|handicap\w*|førerhund\w*|servicehund\w*|overlæge\w*
              |kemo\w*|egen\ læge|lægen|blind\w*|dement\w*|kørestol\w*"""
        ),
    ),
    Rule(
        "long dead",
        1.0,
        _ALL,
        re.compile(
            r"(?:\b(?:i|fra|født|f\.|død|d\.|år|året|anno|ca\.|omkring|før|efter|siden|til|in|from|born|died)\s|[†*(–-]\s?)"
            r"1[6-8]\d\d\b(?!\s[A-ZÆØÅ])"  # the postal codes of Copenhagen V and Frederiksberg are such numbers
            r"|\b1[6-9]\d\d\s?[-–]\s?1[7-9][0-4]\d\b|\b1[6-8]00-tallet\b"
        ),
        frozenset({Sign.ADDRESSED, Sign.KIN, Sign.NUMBER, Sign.SPEAKER, Sign.ROLE}),
        "those who died long ago have no data that is protected",
        "Præsten blev i 1790 dømt for tyveri og døde i fængslet.",
        "Min søn har haft astma, siden vi flyttede ind i huset fra 1890.",
        _words(r"kr|kroner|dkk|eur|kwh|kubikmeter|m3|nr|kl"),
    ),
    Rule(
        "figures about many",
        1.0,
        _BODY - {Label.GENETIC} | _BELIEF,
        _words(
            r"""(?:procent|pct\.|%)\ af\ (?:alle|befolkningen|dansk\w*|de|vore?s?)|statistikken|i\ gennemsnit
              |undersøgelsen?\ viser|hver\ (?:tredje|fjerde|femte|tiende)|antallet\ af|befolkningen|danskerne
              |percent\ of|the\ average"""
        ),
        _ANY_PERSON | {Sign.ROLE, Sign.SPEAKER},
        "a share of many is nobody's",
        "Hver tiende har diabetes, og antallet af sygedage stiger.",
        "Hver tiende dag har hun migræne.",
    ),
)


def speaking(text: str) -> tuple[Rule, ...]:
    """Those of :data:`RULES` whose words stand in *text*. Cheap: persons need be looked for only where
    there are any."""
    return tuple(rule for rule in RULES if rule.speaks(text))


def lowered_by(rules: Iterable[Rule], signs: frozenset[Sign], likeliest: Label) -> Lowered:
    """What *rules*, which speak, take from a window that holds *signs* and looks most like *likeliest*:
    reasons with their log-odds."""
    return tuple(
        (rule.reason, rule.by) for rule in rules if likeliest in rule.labels and not rule.gives_way_to & signs
    )
