"""Somebody's matter beside general words on the same: "RKI is a register … Karen Bach is in RKI."

Mail that was written to teach says one thing in a window. In an office the sentence on a colleague stands in the
minutes, below the paragraph on the folder that everybody got; such windows are put together here, of what a mail says
of a person and of windows that speak of the same category without anybody's matter. Two thirds as many are made of
general words alone, so that it is the person that tells and not that there is much of it. As often the sentence stands
in the middle of something quite else: the roof, the canteen, and in passing that a colleague is at the hospital.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from segl.vocabulary import Label
from segl_classifier.message import Source, Text
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.windows import WORDS
from segl_training.corpus import LABELS, Example, Labelled, examples, labelled_windows, labels_in

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_COUNT = 3_000
_LONGEST = 32  # words on the person's matter
_LEAST_ROOM = 6  # words of general ones
_SPEAKS = 0.3  # the score of a rule, of a window that speaks of its category
_JOINTS = (" ", " ", " ", " - ")

Topics = Mapping[Label, Sequence[str]]


def windows_taught(seed: int) -> list[Labelled]:
    """The windows of the corpus, and after them those that are put together."""
    found = examples("train")
    labelled = labelled_windows(found)
    return labelled + diluted(found, labelled, _COUNT, seed)


def diluted(found: Sequence[Example], labelled: Sequence[Labelled], count: int, seed: int) -> list[Labelled]:
    """*count* windows on a person's matter among general words on the same, as many on one among anything else, and two
    thirds as many of general words alone; each has the place in *found* of the mail that it began with."""
    chance = random.Random(seed)
    general = _general(labelled)
    harmless = [one for one in labelled if not any(one.labels) and one.weight == 1.0]
    anything = [text for one in harmless if _goes_on(text := one.window.text)]
    told = [one for one in labelled if any(one.labels) and one.weight == 1.0]
    chance.shuffle(told)
    made: list[Labelled] = []
    every: Topics = dict.fromkeys(LABELS, anything)
    for texts in (general, every):
        made += islice(_each_beside(found, told, texts, chance), count)
        told.reverse()
    topics = [texts for texts in general.values() if len(texts) > 1]
    for _ in range(len(made) // 3 if topics else 0):
        first, other = chance.sample(chance.choice(topics), 2)
        text = _put_together(_first_sentences(first, _LONGEST), other, chance)
        made.append(replace(harmless[0], window=replace(harmless[0].window, text=text)))
    return made


def _goes_on(text: str) -> bool:
    """Whether *text* is of the middle of a mail, where anything may be said: a subject tells what the mail is about."""
    return " |" not in text and len(text.split()) >= _LEAST_ROOM


def _general(labelled: Sequence[Labelled]) -> Topics:
    """The windows that speak of a category, by the rules' words, and of nobody's matter."""
    rules, general = shipped_rules(), defaultdict[Label, list[str]](list)
    for one in labelled:
        if not any(one.labels) and one.weight == 1.0:
            text = one.window.text
            findings = rules.find([Text(text, "window", Source.BODY)])
            for label in sorted({f.label for f in findings if f.label and f.score >= _SPEAKS}):
                general[label].append(text)
    return general


def _each_beside(
    found: Sequence[Example], told: Sequence[Labelled], texts: Topics, chance: random.Random
) -> Iterator[Labelled]:
    """The sentence that tells of each of *told*, among the words of *texts* on one of its categories; nothing of those
    where none is short."""
    for one in told:
        matter = _matter(found[one.example], one)
        if matter is None:
            continue
        text, labels = matter
        topics = [texts[label] for label in sorted(labels) if texts.get(label)]
        if topics:
            together = _put_together(text, chance.choice(chance.choice(topics)), chance)
            vector = tuple(float(label in labels) for label in LABELS)
            yield replace(one, window=replace(one.window, text=together), labels=vector)


def _matter(example: Example, one: Labelled) -> tuple[str, set[Label]] | None:
    """The shortest run of sentences that holds a span, with its categories; the sentence before it, which says of whom,
    comes along where there is room."""
    window = one.window
    if len(window.text.split()) <= _LONGEST:
        return window.text, {label for label, held in zip(LABELS, one.labels, strict=True) if held}
    sentences = _SENTENCE.split(window.text)
    for number in range(len(sentences)):
        for begin in (max(0, number - 1), number):
            text = " ".join(sentences[begin : number + 1])
            if len(text.split()) <= _LONGEST and (labels := labels_in(replace(window, text=text), example)):
                return text, labels
    return None


def _put_together(matter: str, general: str, chance: random.Random) -> str:
    """*matter* behind, before or within so much of *general* as a window has room for."""
    room = max(_LEAST_ROOM, WORDS - len(matter.split()))
    joint, place = chance.choice(_JOINTS), chance.random()
    if place < 0.5:
        return f"{_first_sentences(general, room)}{joint}{matter}"
    if place < 0.75:
        return f"{matter}{joint}{_first_sentences(general, room)}"
    half = _first_sentences(general, room // 2)
    rest = general[len(half) :].strip() or general
    return f"{half}{joint}{matter}{joint}{_first_sentences(rest, room // 2)}"


def _first_sentences(text: str, words: int) -> str:
    """So many sentences of *text* as have at most so many *words*; of a longer first one these words."""
    kept: list[str] = []
    for sentence in _SENTENCE.split(text):
        if len(kept) + len(sentence.split()) > words:
            break
        kept += sentence.split()
    return " ".join(kept or text.split()[:words])
