"""Texts to what the model says of them: the fourth stage. How it reads is in :mod:`.understanding`.

It is asked of the message's own texts, and of those of each attachment by themselves; :func:`joined` makes one of what
it says. Without a model, or where it had no time for anything, words decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.message import Text
from segl_classifier.rules import RuleSet
from segl_classifier.spoken_words import words_of
from segl_classifier.understanding.interface import Model, Understanding


def hearing(model: Model | None, rules: RuleSet) -> Model | None:
    """*model*, as it reads a message under *rules*: where their words say of a sentence what it says itself, it
    believes itself sooner (decision 63)."""
    return None if model is None else model.hearing(words_of(rules))


def understand(texts: list[Text], model: Model | None, deadline: Deadline = NEVER) -> Understanding | None:
    """What *model* makes of *texts*. Raises :class:`ValueError` for what is no score: compared with a threshold, a
    NaN would pass for harmless."""
    if model is None:
        return None
    if deadline.is_over:
        return Understanding(complete=not texts)
    understanding = model.understand(texts, deadline)
    if not all(0.0 <= score <= 1.0 for score in (understanding.any, *understanding.scores.values())):
        raise ValueError("a score of the model lies outside 0 to 1")
    return understanding


def behind(understanding: Understanding | None, before: int) -> Understanding | None:
    """*understanding* of texts that stand behind *before* others: readings name their text by its number."""
    if understanding is None or not before:
        return understanding
    return replace(
        understanding,
        readings=tuple(
            replace(r, window=replace(r.window, source_index=r.window.source_index + before))
            for r in understanding.readings
        ),
    )


def joined(parts: Sequence[Understanding | None]) -> Understanding | None:
    """One understanding of all *parts*, whose texts follow one another; ``None`` when there is none."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    labels = {label for part in known for label in part.scores}
    any_ = max(part.any for part in known)
    scores = {label: max(part.scores.get(label, 0.0) for part in known) for label in labels}
    return Understanding(
        readings=tuple(reading for part in known for reading in part.readings),
        any=any_,
        scores=scores,
        complete=all(part.complete for part in known),
        tellers={
            label: reading
            for part in known
            for label, reading in part.tellers.items()
            if (part.scores.get(label, 0.0) >= scores.get(label, 0.0) if label else part.any >= any_)
        },
    )
