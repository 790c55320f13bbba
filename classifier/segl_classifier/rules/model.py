"""What a rule file says, read and resolved: frozen values that print as one would write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from segl.vocabulary import Decision, Effect, Label
from segl_classifier.message import Source
from segl_classifier.rules.pattern import Pattern
from segl_classifier.rules.words import Word

ALL = "all"  # in a rule file: every category but `cpr`


class Scope(StrEnum):
    """How far from a rule's own word a condition looks."""

    SENTENCE = "sentence"
    PASSAGE = "passage"  # about 45 words around it, the subject, and the first line of the text
    PHRASE = "phrase"  # it stands in a longer mark: "fyret" in "fyret en raket"
    MESSAGE = "message"  # subject and body; for an attachment, subject and attachment


Within = Scope | int  # a number is "so many words away"


@dataclass(frozen=True, slots=True)
class WordList:
    """A named list: its own words and patterns; ``parts`` names itself and all the lists it includes."""

    name: str
    words: tuple[Word, ...]
    patterns: tuple[Pattern, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """One of *lists* stands *within* reach. ``by`` is what that does to the score (0 for ``near``)."""

    lists: tuple[str, ...]
    within: Within = Scope.PASSAGE
    by: float = 0.0

    def __str__(self) -> str:
        reach = f"{self.within} words" if isinstance(self.within, int) else str(self.within)
        return f"{' or '.join(self.lists)} within {reach}"


SIGN = 0.5
"""What weighs less is a sign, what weighs as much a statement."""


class Reads(StrEnum):
    """What the words of a rule are looked for in."""

    TEXT = "text"
    HEADINGS = "headings"  # of the columns of lists of persons (:mod:`.lists.columns`)
    ENTRIES = "entries"  # before the amounts of a statement (:mod:`.lists.statements`)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it looks for, what must stand by it, what it is worth.

    ``near`` must all hold; each of ``boost`` that holds adds to the weight and each of ``unless`` takes
    from it. The examples are run when a file is loaded. ``label`` is ``None`` for all categories but ``cpr``
    (never in a rule that raises); ``own`` tells a postmaster's rule from a shipped one. *persons*, of a rule that reads
    headings: the persons of the list stand in a column headed by a word of one of these lists. ``alone``: what it finds
    counts with the model as it does without, for writing that the model has not learnt. ``distinct``: so many different
    words of it must stand in one passage (:mod:`.distinct`), or in one statement; ``notes``: the passage must be
    written as notes (:mod:`.notes`).
    """

    id: str
    label: Label | None
    effect: Effect
    weight: float
    why: str
    words: tuple[Word, ...]
    patterns: tuple[Pattern, ...]
    near: tuple[Condition, ...]
    boost: tuple[Condition, ...]
    unless: tuple[Condition, ...]
    where: frozenset[Source]
    matches: tuple[str, ...]
    not_matches: tuple[str, ...]
    file: Path
    own: bool
    reads: Reads = Reads.TEXT
    persons: tuple[str, ...] = ()
    alone: bool = False
    distinct: int = 1
    notes: bool = False

    @property
    def category(self) -> str:
        """The category as a rule file writes it."""
        return self.label.value if self.label else ALL

    def found(self, score: float) -> bool:
        """Whether *score* is enough to say that the rule found its text: half of its weight."""
        return score >= self.weight / 2

    @property
    def is_sign(self) -> bool:
        """Whether it counts by itself and weighs too little to mean anything but together with others: where the model
        is sure that there is nothing, one of them does not do."""
        return self.alone and self.weight < SIGN

    @property
    def highest(self) -> float:
        """The score when everything speaks for it."""
        return min(1.0, self.weight + sum(c.by for c in self.boost))

    def __str__(self) -> str:
        effect = "" if self.effect is Effect.RAISE else f"{self.effect} "
        return f"{self.id} ({effect}{self.category}, {self.weight:.2f})"


@dataclass(frozen=True, slots=True)
class LabelPolicy:
    """From which score a category holds, and what follows when it does."""

    threshold: float
    decision: Decision


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for all rules. ``ignore``: sentences with a word of these lists are passed over."""

    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """All that rule files say, merged and resolved. ``files`` has the SHA-256 of each as it was read, in hex."""

    rules: tuple[Rule, ...]
    lists: Mapping[str, WordList]
    labels: Mapping[Label, LabelPolicy]
    policy: Policy
    digest: str
    files: Mapping[Path, str]

    def words_of_columns(self) -> Iterator[tuple[Word, Rule]]:
        """What names a column, in every form in which it is looked for, each with the rule on columns that it is of."""
        for rule in self.rules:
            for word in rule.words if rule.reads is Reads.HEADINGS else ():
                for form in word.as_exported:
                    yield form, rule
