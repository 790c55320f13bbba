"""What is remembered of a message that was judged: what the last stage adds up, without what it was found in.

From :class:`segl_classifier.classify.Evidence` to the parts of :class:`segl.decisions.record.DecisionRecord`. The way
back, a verdict under other rules, is :mod:`.again`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from segl.decisions.record import (
    BEYOND_MODEL,
    FILE_TYPES,
    MOST_HITS,
    Best,
    Hit,
    Place,
    Said,
    lowering_step,
    place_of,
    rule_step,
)
from segl.vocabulary import FAINT, Adjustment, Effect, Finding, Label
from segl_classifier.classify import Evidence
from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet
from segl_classifier.understanding.interface import CascadeStage, Reading, Understanding
from segl_classifier.understanding.passing import by_itself
from segl_classifier.weigh import best_reading

_MOST_STEPS = 32
_NAMED_TYPE = re.compile(r"\.([A-Za-z0-9]{2,7})(?![A-Za-z0-9])")
_PLACE_OF = {source: Place(source.value) for source in Source}
_OUTER = {"subject": Place.SUBJECT, "message": Place.MESSAGE, "envelope": Place.ENVELOPE}


@dataclass(frozen=True, slots=True)
class Features:
    """The parts of a record that come from the classifier. ``cut``: there were more hits than are kept."""

    hits: tuple[Hit, ...]
    cut: bool
    chars: Mapping[str, int]
    said: Said | None


def features_of(found: Evidence, rules: RuleSet) -> Features:
    """The features of *found*, judged by *rules*."""
    places = {text.where: Place.REMARK if text.remark else _PLACE_OF[text.source] for text in found.texts}
    hits = _hits(found.findings, places, rules)
    said = None if found.understanding is None else _said(found.understanding, places)
    return Features(tuple(hits[:MOST_HITS]), len(hits) > MOST_HITS, _chars(found.texts), said)


def _hits(findings: Iterable[Finding], places: Mapping[str, Place], rules: RuleSet) -> list[Hit]:
    """Of each rule, place and way of adding up the best; the best of each rule first, so that a cut costs nothing that
    counts unless there are more rules than hits are kept."""
    found: dict[tuple[object, ...], Hit] = {}
    for finding in findings:
        rule = rules.rule(finding.rule)
        steps = _steps(finding.adjustments) if rule else ()
        place = _beyond(finding, _place(finding.where, places))
        key = (finding.rule, finding.label, finding.effect, place, steps)
        known = found.get(key)
        if known is not None:
            best = known if known.score >= finding.score else replace(known, score=finding.score)
            found[key] = replace(best, times=known.times + 1)
            continue
        found[key] = Hit(
            rule=finding.rule,
            label=finding.label,
            effect=finding.effect,
            score=min(1.0, max(0.0, finding.score)),
            place=place,
            weight=rule.weight if rule else 0.0,
            steps=steps,
            match=rules.fingerprints[finding.rule] if rule else "",
        )
    best_of: dict[tuple[str, Label | None, Effect], Hit] = {}
    for hit in found.values():
        name = (hit.rule, hit.label, hit.effect)
        if name not in best_of or hit.score > best_of[name].score:
            best_of[name] = hit
    chosen = {id(hit) for hit in best_of.values()}
    return sorted(found.values(), key=lambda hit: (id(hit) not in chosen, -hit.score))


def _said(understanding: Understanding, places: Mapping[str, Place]) -> Said:
    telling = sorted(label for label, score in understanding.scores.items() if score >= FAINT)
    counted: list[Label | None] = [*telling, *([None] if understanding.any >= FAINT else [])]
    windows = [reading for reading in understanding.readings if not by_itself(reading)]
    passages = [(label, best_reading(understanding, label)) for label in counted]
    return Said(
        any=_short(understanding.any),
        scores={label: _short(score) for label, score in understanding.scores.items()},
        complete=understanding.complete,
        windows=len(windows),
        read=sum(reading.stage is CascadeStage.ENCODER for reading in windows),
        best=tuple(_best(label, reading, places) for label, reading in passages if reading is not None),
    )


def _best(label: Label | None, reading: Reading, places: Mapping[str, Place]) -> Best:
    score = reading.any if label is None else reading.scores.get(label, 0.0)
    lowered = tuple(lowering_step(reason, -by) for reason, by in reading.lowered[:_MOST_STEPS])
    place = _place(reading.window.where, places)
    return Best(label, place, int(reading.stage), _short(min(1.0, max(0.0, score))), lowered)


def _short(score: float) -> float:
    """*score* to six places, as sums are reckoned (:func:`segl_classifier.weigh.join`). The model says more digits than
    it knows; to write them all out took a quarter of a record's time and of its length. (``round()`` costs as much as
    it saves.)"""
    return int(score * 1e6 + 0.5) / 1e6


def _chars(texts: Sequence[Text]) -> dict[str, int]:
    chars: dict[str, int] = {}
    for text in texts:
        chars[text.source] = chars.get(text.source, 0) + len(text.text)
    return chars


def _steps(steps: Sequence[Adjustment]) -> tuple[Adjustment, ...]:
    named = (_named(step.reason, step.by) for step in steps[:_MOST_STEPS])
    return tuple(step for step in named if step is not None)


@lru_cache(maxsize=4096)
def _named(reason: str, by: float) -> Adjustment | None:
    return rule_step(Adjustment(reason, by))


def _place(where: str, places: Mapping[str, Place]) -> str:
    """The kind of the place *where*; what was remembered of an attachment stands in none of the texts."""
    kind = places.get(where) or _OUTER.get(where, Place.ATTACHMENT)
    return place_of(kind, _file_type(where)) if kind is Place.ATTACHMENT else kind


def _beyond(finding: Finding, place: str) -> str:
    """*place*, which also tells that the model was not given the text there: of files remembered no text is known."""
    if finding.of_heading:
        return Place.HEADING
    return Place.SURROUND if finding.beyond_model and place not in BEYOND_MODEL else place


def _file_type(where: str) -> str:
    """The type of the innermost file that *where* names."""
    named = [word.lower() for word in _NAMED_TYPE.findall(where)]
    return next((word for word in reversed(named) if word in FILE_TYPES), "")
