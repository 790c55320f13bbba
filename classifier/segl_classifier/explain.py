"""How a verdict came about, as data: the message window by window with what was hit, and the arithmetic.

Every text is masked as a whole before it is cut into windows, so that a number cannot be read by putting two
pieces together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from segl.masking import MASK
from segl.vocabulary import FAINT, MODEL, Adjustment, Effect, Finding, Label, Verdict
from segl_classifier.classify import Evidence
from segl_classifier.cpr.hidden import hidden
from segl_classifier.decide import Strictness, Weighings, decide, reading_steps, weigh_all
from segl_classifier.message import Text
from segl_classifier.rules import RuleSet
from segl_classifier.rules.highlights import Highlight, Highlighter, merged
from segl_classifier.rules.words import NormalText
from segl_classifier.understanding.interface import Model, Reading, Window
from segl_classifier.understanding.passing import by_itself, says_more
from segl_classifier.understanding.windows import windows_of
from segl_classifier.weigh import Weighing, is_for_all

Span = tuple[int, int, int]  # number of the text, start, end
Pointer = tuple[int, int, str]  # start, end, in which way it points at a person, or what else it names

# The mask of a CPR number until it is marked: of no meaning to anyone (Unicode, private use).
_CPR_MASK = "\ue000"
_CPR = re.compile(rf"(?:\w\W{{0,4}}?){{4}}{_CPR_MASK}(?:\W{{0,4}}?{_CPR_MASK})*")


@dataclass(frozen=True, slots=True)
class Passage:
    """A window as it is shown: masked, white space in order. ``highlights`` are the words of the rules that found
    something in this part; ``reading`` is what the model says of the window, when it was asked; ``persons`` is who is
    in it, where it says anything."""

    where: str
    text: str
    highlights: tuple[Highlight, ...]
    reading: Reading | None
    persons: tuple[Pointer, ...] = ()

    @property
    def quiet(self) -> bool:
        """Whether nothing in it says anything."""
        return not self.highlights and (self.reading is None or self.reading.any < FAINT)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with all that led to it. ``rule_labels`` tells of each rule hit which category it bears on, ``whys`` of
    those that surprise why they are there (:func:`whys_of`)."""

    verdict: Verdict
    weighings: Weighings
    passages: tuple[Passage, ...]
    rule_labels: Mapping[str, Label | None]
    whys: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        weighings = [w for w in (*self.weighings.labels.values(), self.weighings.whole) if w]
        return {
            "decision": self.verdict.decision.value,
            "labels": [label.value for label in self.verdict.labels],
            "reasons": list(self.verdict.reasons),
            "windows": [_passage_dict(passage) for passage in self.passages],
            "categories": [_weighing_dict(weighing) for weighing in weighings],
            "findings": [_finding_dict(finding, self.whys) for finding in self.verdict.findings],
        }


def explain(
    found: Evidence,
    rules: RuleSet,
    *,
    model: Model | None,
    strictness: Strictness,
    persons_in: Callable[[str], Sequence[Pointer]] = lambda _: (),
) -> Explanation:
    """The verdict that follows from *found*, with everything it is based on. *persons_in* says who is in a passage
    (:func:`.understanding.pointers.persons_in`)."""
    understanding = found.understanding
    verdict = decide(found.findings, rules, strictness, model=model, understanding=understanding)
    readings = understanding.readings if understanding else ()
    return Explanation(
        verdict,
        weigh_all(found.findings, rules, strictness, model=model, understanding=understanding),
        tuple(
            passage if passage.quiet else replace(passage, persons=tuple(persons_in(passage.text)))
            for passage in _passages(found.texts, found.findings, rules, readings)
        ),
        {finding.rule: finding.label for finding in found.findings},
        whys_of(verdict.findings, rules),
    )


def whys_of(findings: Sequence[Finding], rules: RuleSet) -> dict[str, str]:
    """Why a rule is there, as its file says, of those that lower or veto and of the postmaster's own: what they did
    would surprise who did not write them. By id."""
    heard = ((finding.effect, rules.rule(finding.rule)) for finding in findings)
    return {rule.id: rule.why for effect, rule in heard if rule and (rule.own or effect is not Effect.RAISE)}


def _passages(
    texts: Sequence[Text], findings: Sequence[Finding], rules: RuleSet, readings: Sequence[Reading]
) -> Iterator[Passage]:
    highlighters = {where: _highlighter(where, findings, rules) for where in {text.where for text in texts}}
    masked = [hidden(replace(t, text=t.text.replace(_CPR_MASK, "\ufffd")), _CPR_MASK) for t in texts]
    for (number, start, end), reading in _spans(texts, readings):
        where = texts[number].where
        normal = NormalText.of(masked[number][start:end])
        if normal.shown.strip():
            numbers = [Highlight(*found.span(), ("cpr",)) for found in _CPR.finditer(normal.shown)]
            highlights = merged([*highlighters[where].highlights(normal), *numbers])
            yield Passage(where, normal.shown.replace(_CPR_MASK, MASK), tuple(highlights), reading)


def _highlighter(where: str, findings: Sequence[Finding], rules: RuleSet) -> Highlighter:
    names = {finding.rule for finding in findings if finding.where == where}
    return Highlighter(rule for name in sorted(names) if (rule := rules.rule(name)))


def _spans(texts: Sequence[Text], readings: Sequence[Reading]) -> Iterator[tuple[Span, Reading | None]]:
    """What is shown: every text in order, cut where windows begin and around sentences that say more by themselves than
    their window does; what windows share is shown once."""
    sentences = [reading for reading in readings if by_itself(reading)]
    for span, reading in _windows(texts, [r for r in readings if not by_itself(r)]):
        yield from _around(span, reading, [s for s in sentences if s.window.source_index == span[0]])


def _around(
    span: Span, reading: Reading | None, sentences: Sequence[Reading]
) -> Iterator[tuple[Span, Reading | None]]:
    """*span* in pieces: the *sentences* in it, and what stands between them."""
    number, done, end = span
    for sentence in sorted(sentences, key=lambda one: one.window.start):
        first, last = sentence.window.start, sentence.window.end
        if done <= first < last <= end and (reading is None or says_more(sentence, reading)):
            if done < first:
                yield (number, done, first), reading
            yield (number, first, last), sentence
            done = last
    if done < end:
        yield (number, done, end), reading


def _windows(texts: Sequence[Text], readings: Sequence[Reading]) -> Iterator[tuple[Span, Reading | None]]:
    windows: list[tuple[Window, Reading | None]] = [(r.window, r) for r in readings]
    windows = windows or [(window, None) for window in windows_of(texts)]
    by_text: dict[int, list[tuple[int, int, Reading | None]]] = {}
    for window, reading in windows:
        by_text.setdefault(window.source_index, []).append((window.start, window.end, reading))
    for number, text in enumerate(texts):
        done = 0
        for start, end, reading in sorted(by_text.get(number, ()), key=lambda part: part[:2]):
            if start > done:
                yield (number, done, start), None
            if end > done:
                yield (number, max(start, done), end), reading
                done = end
        if done < len(text.text):
            yield (number, done, len(text.text)), None


def _passage_dict(passage: Passage) -> dict[str, Any]:
    reading = passage.reading
    model: dict[str, Any] = {}
    if reading:
        model = {
            "stage": int(reading.stage),
            "by": reading.stage.name.lower(),
            "any": round(reading.any, 4),
            "scores": {label.value: round(score, 4) for label, score in reading.scores.items()},
            "lowered": {reason: round(by, 4) for reason, by in reading.lowered},
        }
    return {
        "where": passage.where,
        "text": passage.text,
        "hits": [
            {"rules": list(each.rules), "start": each.start, "end": each.end} for each in passage.highlights
        ],
        "persons": [{"kind": kind, "start": start, "end": end} for start, end, kind in passage.persons],
        **model,
    }


def _weighing_dict(weighing: Weighing) -> dict[str, Any]:
    return {
        "label": weighing.label.value if weighing.label else "any",
        "standing": weighing.outcome.value,  # by this name whoever reads the JSON knows it
        "score": round(weighing.score, 4),
        "holds_from": round(weighing.threshold.holds, 4),
        "unsure_from": round(weighing.threshold.unsure, 4),
        "model": None if weighing.model is None else round(weighing.model, 4),
        "shipped_rules": round(weighing.words, 4),
        "own_rules": round(weighing.own, 4),
        "lowered": round(weighing.lowered, 4),
        "veto": weighing.veto,
        "steps": _steps(weighing.steps),
        "window": _steps(window_steps(weighing)),
    }


def window_steps(weighing: Weighing) -> tuple[Adjustment, ...]:
    """How the model's part of *weighing* came about in the window that says most."""
    if weighing.reading is None or weighing.model is None:
        return ()
    return tuple(reading_steps(weighing.reading, weighing.label, weighing.model))


def evidence_of(weighing: Weighing, findings: Sequence[Finding]) -> list[Finding]:
    """The rules' findings that bear on *weighing*, the model's own left out."""

    def bears(finding: Finding) -> bool:
        return finding.label is weighing.label or (is_for_all(finding) and weighing.label is not Label.CPR)

    if weighing.label is None:
        return []
    return [f for f in findings if f.rule != MODEL and bears(f)]


def _finding_dict(finding: Finding, whys: Mapping[str, str]) -> dict[str, Any]:
    """With what it does to its category, if that is not to raise it, why its rule is there, and the arithmetic of its
    score."""
    effect = {} if finding.effect is Effect.RAISE else {"effect": finding.effect.value}
    why = {"why": whys[finding.rule]} if finding.rule in whys else {}
    return {**finding.as_dict(), **effect, **why, "steps": _steps(finding.adjustments)}


def _steps(steps: Sequence[Adjustment]) -> list[dict[str, Any]]:
    return [{"reason": step.reason, "by": round(step.by, 4)} for step in steps]
