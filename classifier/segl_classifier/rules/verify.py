"""Runs the examples of rules: a rule that does not do what its own examples say is not loaded.

An example is the body of a message; when it begins with ``Emne:``, its first line is the subject. Of a rule that reads
no bodies it is what the rule does read: a file, the name of one. It counts as matched when the rule finds it with at
least half of its weight left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from segl.errors import Fault
from segl.vocabulary import Finding
from segl_classifier.message import Source, Text
from segl_classifier.rules.lists.columns import Missing
from segl_classifier.rules.model import Rule

_SUBJECT = "Emne:"
_SHOWN = 60  # characters of an example
# As what an example is read, the first that its rule reads.
_READ_AS = (Source.BODY, Source.ATTACHMENT, Source.SUBJECT, Source.FILENAME, Source.NAME, Source.SURROUND)


class Finder(Protocol):
    def find(self, texts: Sequence[Text], /) -> list[Finding]: ...
    def missing(self, rule: Rule, texts: Sequence[Text], /) -> Missing | None: ...


@dataclass(frozen=True, slots=True)
class Trial:
    """One example run: what was expected of the rule, and what it found."""

    rule: Rule
    example: str
    should_match: bool
    finding: Finding | None
    missing: Missing | None = None  # of a rule on columns that found nothing

    @property
    def nothing(self) -> str:
        """What is said where nothing was found."""
        why = self.missing or "the words do not stand there, or what must be near is missing"
        return f"nothing was found: {why}"

    @property
    def matched(self) -> bool:
        return self.finding is not None and self.rule.found(self.finding.score)

    @property
    def passed(self) -> bool:
        return self.matched == self.should_match


def example_texts(example: str, where: Set[Source]) -> list[Text]:
    """*example* as the parts of a message, for a rule that reads those named in *where*."""
    if not example.startswith(_SUBJECT):
        return [_read_as(example, where)]
    subject, _, rest = example.removeprefix(_SUBJECT).partition("\n")
    texts = [Text(subject.strip(), "subject", Source.SUBJECT)]
    return [*texts, _read_as(rest.strip(), where - {Source.SUBJECT})] if rest.strip() else texts


def _read_as(text: str, where: Set[Source]) -> Text:
    source = next((source for source in _READ_AS if source in where), Source.BODY)
    return Text(text, source.value, source)


def run_examples(finder: Finder, rules: Iterable[Rule]) -> Iterator[Trial]:
    """Every example of *rules*, run against all that *finder* knows."""
    for rule in rules:
        for should_match, examples in ((True, rule.matches), (False, rule.not_matches)):
            for example in examples:
                texts = example_texts(example, rule.where)
                found = [f for f in finder.find(texts) if f.rule == rule.id]
                best = max(found, key=lambda f: f.score, default=None)
                missing = None if best else finder.missing(rule, texts)
                yield Trial(rule, example, should_match, best, missing)


def faults_of_examples(finder: Finder, rules: Iterable[Rule]) -> Iterator[Fault]:
    """A fault for each example that fails, with the arithmetic that made it fail."""
    for trial in run_examples(finder, rules):
        if trial.passed:
            continue
        key = f"rule {trial.rule.id}: {'matches' if trial.should_match else 'not_matches'}"
        wanted = "is not found" if trial.should_match else "is found"
        steps = " ".join(map(str, trial.finding.adjustments)) if trial.finding else trial.nothing
        yield Fault(trial.rule.file, key, f"{_shortened(trial.example)!r} {wanted}", steps)


def _shortened(example: str) -> str:
    line = " ".join(example.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
