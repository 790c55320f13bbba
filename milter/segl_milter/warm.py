"""Warms up, once before the workers are forked, what each would otherwise warm up in its first thousand messages.

RE2 builds the states of its automata lazily: for a process's first messages that takes as long as all the rest of the
rules. Python specialises the bytecode of hot functions in place, which in a forked process unshares the memory. Most of
both is done when the examples of the rules have been read as messages, and the words of all lists as text, and is then
shared.

Only the rules are run, not the networks: those use a thread, and a process that forks must have none.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain, islice

from segl.settings.detection import Limits
from segl_classifier.classify import classify
from segl_classifier.rules import Rule, RuleSet

_MOST_SECONDS = 0.5  # a house may have many rules
_IN_A_LINE = 12  # words
_HEADER = (
    'From: "Karen Holm" <kontor@example.org>\r\nTo: kunde@example.com\r\nSubject: {subject}\r\n'
    "Date: Mon, 24 Aug 2026 09:30:00 +0200\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
)
_PAGE = '<html><body><p class="MsoNormal">{}</p></body></html>\r\n'


def warm_up(rules: RuleSet, limits: Limits) -> None:
    """Read the examples and words of *rules*, for half a second at most."""
    until = time.monotonic() + _MOST_SECONDS
    for number, example in enumerate(_examples(rules.rules)):
        if time.monotonic() > until:
            return
        classify(_message(example, as_page=number % 3 == 2), rules, limits)
    words = _words(rules)
    while time.monotonic() < until and (line := " ".join(islice(words, _IN_A_LINE))):
        rules.meet(line)


def _examples(rules: tuple[Rule, ...]) -> Iterator[str]:
    for rule in rules:
        yield from rule.matches
        yield from rule.not_matches


def _words(rules: RuleSet) -> Iterator[str]:
    parts = rules.parts
    of_rules = (word for rule in parts.rules for word in rule.words)
    of_lists = (word for each in parts.lists.values() for word in each.words)
    for word in chain(of_rules, of_lists):
        yield word.text.upper() if word.capitals else word.text.capitalize() if word.capital else word.text


def _message(example: str, *, as_page: bool) -> bytes:
    subject, _, rest = example.partition("\n")
    body = (
        _PAGE.format(example.replace("\n", "<br>\r\n")) if as_page else example.replace("\n", "\r\n") + "\r\n"
    )
    header = _HEADER.format(
        subject=(subject if rest else "Spørgsmål")[:60], kind="html" if as_page else "plain"
    )
    return (header + body).encode("utf-8", "replace")
