"""Statements: pay slips, bills, reminders, which say it by the words before their amounts.

``A-skat 38 %    -8.411,00``: no sentence in a statement tells anything of anybody. Whom it is for stands above by
itself, and the letterhead of a firm makes it look like a matter between firms. So a rule with ``entries`` reads lines
that end in an amount: as many different of its words as it wants (``distinct``) must begin such lines, of which there
are :data:`_FEWEST` or more, below the name of a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from segl.vocabulary import Adjustment, Finding, Label
from segl_classifier.excerpts import excerpt
from segl_classifier.layout.paragraphs import lines_ended
from segl_classifier.message import Source, Text
from segl_classifier.rules.engine import Scan
from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.lists.amounts import CURRENCY, FIGURES
from segl_classifier.rules.lists.persons import COMPANIES, Persons
from segl_classifier.rules.model import Parts, Reads, Rule
from segl_classifier.rules.words import NormalText, Word

_FEWEST = 2  # lines with an amount
_MOST_LINES = 20_000
_LONGEST = 120  # characters of a line
_MOST_WORDS = 14
_HEAD = 3  # lines, in which it says that it is but an example, or of nobody
_READ = (Source.BODY, Source.ATTACHMENT)

_AMOUNT = re.compile(
    rf"(?:^|(?<=[\s(:|;]))(?:(?:{CURRENCY}) ?)?[-−+]?{FIGURES}(?:[.,]\d{{1,2}})?"
    rf"(?:-|,-)?(?: ?(?:{CURRENCY}|,-))?\)?[\s|;]*\Z",
    re.IGNORECASE,
)
# How a line with an amount ends, at least: looked for in a whole text, since in most too few lines do.
_ENDS_SO = re.compile(
    rf"\d(?:-|,-)?(?: ?(?:{CURRENCY}|,-))?\)?(?:[^\S\n]|[|;])*$", re.IGNORECASE | re.MULTILINE
)
_SOME = re.compile("[1-9]")
_NAME = r"[A-ZÆØÅÄÖ][\w'’.-]*(?: (?:[A-ZÆØÅÄÖ][\w'’.-]*|af|von|van|de|el|og)){1,4}"
_PERSON = re.compile(
    r"[\s>*|]*(?:(?:(?:kære|hej|til|dear|hr\.?|fru|(?:medarbejder|lønmodtager|ansat|employee|navn|name|kunde|forbruger|"
    r"lejer|beboer|bruger|debitor|skyldner|låntager|kontohaver|modtager|medlem)(?:navn|s navn)?)"
    r"\s*[:;|\t]?\s*)(?=[^\W\d]))?"
    rf"(?P<name>(?-i:{_NAME}))(?P<rest>.{{0,60}})\Z",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"[A-ZÆØÅÄÖ]\. ?[A-ZÆØÅÄÖ]")
# What may stand behind a name that is all a line tells: nothing, another cell, an address, a number.
_GOES_ON = re.compile(r"[,!:;|]?\s*\Z|\s{2,}|\t|[;|]|.{0,40}\d")
# "Karen Blixens Vej 4".
_ROAD = re.compile(
    r"(?:vej|gade|allé|alle|plads|torv|stræde|vænge|park|have|bakke|sti|boulevard)(?:en|et)?\Z", re.IGNORECASE
)
_OF_NOBODY = re.compile(
    r"\b(?:eksempel|skabelon|vejledning|specimen|fiktiv|sådan læser|example|sample|template"
    # Prices, and the books of a firm or club, are sent to somebody, too.
    r"|(?:nye|gældende|ændrede) (?:takster|satser|priser)|(?:takster|satser|priser) (?:fra|pr\.) \d"
    r"|takstblad|takstændring|prisændring|prisliste|lønstatistik|nøgletal|kvartalstal|kontoplan|debitorer"
    r"|årsregnskab|generalforsamling|resultatopgørelse|bestyrelsesmøde)",
    re.IGNORECASE,
)
# What firms are sent, too: whoever stands right below a firm may be who opens its post.
_OF_FIRMS = frozenset((Label.BILLING, Label.PAYMENT_DEFAULT, Label.DISPUTE))


class _Line(NamedTuple):
    start: int
    text: str


class _Told:
    """What the lines below one person tell: how many have an amount, and of each rule which words stand in them, and
    where the first."""

    __slots__ = ("entries", "firm", "first", "words")

    def __init__(self, *, firm: bool) -> None:
        self.firm = firm
        self.entries = 0
        self.words: dict[Rule, set[Word]] = {}
        self.first: dict[Rule, int] = {}

    def holds(self, rule: Rule) -> bool:
        return (
            self.entries >= _FEWEST
            and len(self.words[rule]) >= rule.distinct
            and not (self.firm and rule.label in _OF_FIRMS)
        )


class Statements:
    """The rules on statements made ready to search. Never changed: threads and forked workers share it."""

    __slots__ = ("_persons", "_rules", "_words")

    def __init__(self, parts: Parts, persons: Persons) -> None:
        self._rules = [rule for rule in parts.rules if rule.reads is Reads.ENTRIES]
        self._words = Lexicon([(word, rule) for rule in self._rules for word in rule.words])
        self._persons = persons

    def find(self, texts: Sequence[Text], scans: Sequence[Scan | None]) -> list[Finding]:
        """The findings in *texts*, the parts of one message, in each of which *scans* found something."""
        found: list[Finding] = []
        for text, scan in zip(texts, scans, strict=True) if self._rules else ():
            if scan is not None and scan.entries and text.source in _READ:
                found += self._in_text(text)
        return found

    def _in_text(self, text: Text) -> Iterator[Finding]:
        done: set[Rule] = set()
        for told in self._told(text.text):
            for rule in told.words:
                if rule not in done and text.source in rule.where and told.holds(rule):
                    done.add(rule)
                    yield _finding(rule, told, text)

    def _told(self, text: str) -> Iterator[_Told]:
        """What stands below each person in *text*."""
        if len(list(islice(_ENDS_SO.finditer(lines_ended(text)), _FEWEST))) < _FEWEST:
            return
        told: _Told | None = None
        firms, above = 0, False
        for number, line in enumerate(_lines(text)):
            if number < _HEAD and _OF_NOBODY.search(line.text):
                return
            is_firm = self._persons.has(COMPANIES, line.text)
            if not is_firm and self._is_person(line.text):
                if told:
                    yield told
                told = _Told(firm=above and firms > 1)
            elif told and (amount := _AMOUNT.search(line.text)):
                self._take(told, line, is_nought=not _SOME.search(amount[0]))
            firms, above = firms + is_firm, is_firm
        if told:
            yield told

    def _take(self, told: _Told, line: _Line, *, is_nought: bool) -> None:
        told.entries += 1
        if is_nought:
            return
        normal = NormalText.of(line.text)
        for start, _, word, rules in self._words.hits(normal):
            # "Ved for sen betaling tillægges rykkergebyr på 100 kr." stands on every bill.
            for rule in () if any(map(str.isalpha, normal.flat[:start])) else rules:
                told.words.setdefault(rule, set()).add(word)
                told.first.setdefault(rule, line.start + start)

    def _is_person(self, line: str) -> bool:
        """Whether *line* says who somebody is, and no more than where she lives, or her number."""
        found = _PERSON.match(line)
        return bool(
            found
            and _GOES_ON.match(found["rest"])
            and not _ROAD.search(found["name"])
            and (
                _INITIAL.match(found["name"]) or self._persons.has_first_name(found["name"].partition(" ")[0])
            )
        )


def _lines(text: str) -> Iterator[_Line]:
    """The lines of *text* that are short enough for an entry, or a name."""
    start = 0
    for number, line in enumerate(lines_ended(text).split("\n")):
        if number == _MOST_LINES:
            return
        if line.strip() and len(line) <= _LONGEST and line.count(" ") < _MOST_WORDS * 2:
            yield _Line(start, line)
        start += len(line) + 1


def _finding(rule: Rule, told: _Told, text: Text) -> Finding:
    at = told.first[rule]
    steps = (
        Adjustment("weight of the rule", rule.weight),
        Adjustment(f"{len(told.words[rule])} of its words before amounts, below a person", 0.0),
    )
    shown = excerpt(text.text, at, min(len(text.text), at + 20))
    return Finding(rule.id, rule.label, text.where, shown, rule.weight, steps, beyond_model=rule.alone)
