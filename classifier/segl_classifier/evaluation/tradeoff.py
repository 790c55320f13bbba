"""What a threshold costs and gains: labelled texts decided again from their features at other thresholds.

The features of the texts (:class:`segl.decisions.record.DecisionRecord`, no words) are measured once and shipped with
the model as ``tradeoff.jsonl``: a line about the whole, then a line a text. So the table for a house is reckoned by its
own rules and settings in a moment, without the texts and without running the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from segl.decisions.reading import from_form
from segl.decisions.record import DecisionRecord
from segl.errors import SeglError
from segl.vocabulary import Decision, Label, Verdict
from segl_classifier.decide import Weighings, weigh_all
from segl_classifier.tuning.again import Terms, findings_of, understanding_of

NAME: Final = "tradeoff.jsonl"
STEPS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_VERSION: Final = 1

Name = Label | Literal["any"]


@dataclass(frozen=True, slots=True)
class Measured:
    """The features of a labelled text, and what is true of it."""

    record: DecisionRecord
    labels: frozenset[Label]
    must: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled texts, measured by the model of this digest."""

    texts: tuple[Measured, ...]
    model: str


@dataclass(frozen=True, slots=True)
class DecidedText:
    """A labelled text with its verdict at the present thresholds, and what that rests on."""

    text: Measured
    verdict: Verdict
    weighings: Weighings


@dataclass(slots=True)
class OnTexts:
    """At one threshold: texts of the category found, texts without it that were given it; texts that must be secure
    and are, and others that are."""

    found: int = 0
    named: int = 0
    secure: int = 0
    alarms: int = 0


@dataclass(slots=True)
class OnMail:
    """At one threshold, of decisions of one's own: how many would go securely and did not, or the other way round; how
    many that people spoke of would then be as they said, or not any more."""

    to_secure: int = 0
    to_plain: int = 0
    mended: int = 0
    spoilt: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    threshold: float
    present: bool
    texts: OnTexts
    mail: OnMail


def write(file: Path, corpus: Corpus) -> None:
    """Write *corpus* for :func:`read`."""
    lines: list[dict[str, object]] = [{"v": _VERSION, "model": corpus.model, "texts": len(corpus.texts)}]
    lines += (
        {"labels": sorted(text.labels), "must": text.must, "record": text.record.as_dict()}
        for text in corpus.texts
    )
    told = (json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n" for line in lines)
    file.write_text("".join(told), "ascii")


def read(file: Path) -> Corpus:
    """Raises :class:`SeglError` when *file* cannot be used."""
    try:
        head, *lines = [json.loads(line) for line in file.read_text("ascii").splitlines()]
        corpus = Corpus(tuple(map(_measured, lines)), str(head["model"]))
        whole = head["v"] == _VERSION and head["texts"] == len(lines)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unusable(file, type(error).__name__) from error
    if not whole:
        raise _unusable(file, "not whole")
    return corpus


def _unusable(file: Path, why: str) -> SeglError:
    return SeglError(f"{file}: cannot be used ({why})", hint="install the package again")


def _measured(line: Mapping[str, object]) -> Measured:
    labels = line["labels"]
    if not isinstance(labels, list):
        raise TypeError
    return Measured(from_form(line["record"]), frozenset(map(Label, labels)), bool(line["must"]))


def present_threshold(terms: Terms, name: Name) -> float:
    """From which score *name* holds now."""
    override = terms.strictness.thresholds.get(name)
    if terms.model is not None and name == "any":
        return terms.model.any_threshold.holds if override is None else override
    if name == "any":
        return 1.0
    label = Label(name)
    if terms.model is not None and label in terms.model.thresholds:
        return terms.model.thresholds[label].holds if override is None else override
    return terms.rules.labels[label].threshold


def at_threshold(terms: Terms, name: Name, threshold: float) -> Terms:
    """*terms* with another threshold of *name*: the model's in the settings, the rules' for CPR numbers and where
    words alone decide."""
    if terms.model is not None and (name == "any" or name in terms.model.thresholds):
        thresholds = {**terms.strictness.thresholds, name: threshold}
        return replace(terms, strictness=replace(terms.strictness, thresholds=thresholds))
    return replace(terms, rules=terms.rules.with_threshold(Label(name), threshold))


def names(terms: Terms) -> tuple[Name, ...]:
    """All that has a threshold."""
    whole: tuple[Name, ...] = ("any",) if terms.model is not None else ()
    return (*Label, *whole)


def table(
    terms: Terms,
    name: Name,
    thresholds: Sequence[float],
    texts: Iterable[DecidedText],
) -> list[Row]:
    """What *thresholds* of *name* come to on *texts*, the present one among them."""
    present = present_threshold(terms, name)
    every = sorted({*(t for t in thresholds if abs(t - present) > 0.005), present})
    tried = [(threshold, at_threshold(terms, name, threshold)) for threshold in every]
    found = [Row(threshold, threshold == present, OnTexts(), OnMail()) for threshold, _ in tried]
    for decided in texts:
        moved = _may_move(decided, name, every[0])
        for row, (threshold, other) in zip(found, tried, strict=True):
            again = moved and threshold != present
            verdict = other.decide(decided.text.record) if again else decided.verdict
            _count_text(row.texts, decided.text, name, verdict)
    return found


def decided_texts(terms: Terms, texts: Iterable[Measured]) -> Iterator[DecidedText]:
    """Each of *texts* by the present thresholds."""
    for text in texts:
        yield DecidedText(text, terms.decide(text.record), weighings_of(text.record, terms))


def _may_move(decided: DecidedText, name: Name, least: float) -> bool:
    """Whether another threshold of *name*, of *least* or more, may be another verdict: a category that stays below
    them all, and below where doubt begins, is not heard at any of them."""
    if name == "any":
        return True
    weighing = decided.weighings.labels.get(Label(name))
    return weighing is not None and weighing.score >= min(least, weighing.threshold.unsure)


def weighings_of(record: DecisionRecord, terms: Terms) -> Weighings:
    """What all that spoke in *record* comes to."""
    understanding = understanding_of(record) if terms.model is not None else None
    findings = list(findings_of(record, terms.rules))
    return weigh_all(findings, terms.rules, terms.strictness, model=terms.model, understanding=understanding)


def _count_text(row: OnTexts, text: Measured, name: Name, verdict: Verdict) -> None:
    secure = verdict.decision is not Decision.PLAIN
    if name != "any":
        row.found += name in text.labels and name in verdict.labels
        row.named += name not in text.labels and name in verdict.labels
    row.secure += text.must and secure
    row.alarms += not text.must and secure


def counted(texts: Sequence[Measured], name: Name) -> tuple[int, int, int]:
    """How many texts there are of the category, and how many that must be secure, and that need not."""
    must = sum(text.must for text in texts)
    of_label = must if name == "any" else sum(name in text.labels for text in texts)
    return of_label, must, len(texts) - must
