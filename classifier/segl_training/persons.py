"""Trains the recogniser of names (:mod:`segl_classifier.understanding.recogniser`).

    python -m segl_training.persons CORPUS FOLDER

CORPUS holds ``danplus/da_news_train.tsv`` and its dev files (DaN+: Plank, Jensen and van der Goot 2020), in ``names/``
the lists ``dacy_names.csv`` and ``da_20140101_dst_fornavne-*.jsonl``, and the news sentences
``lcc/dan_newscrawl_2011_10K-sentences.csv``. Of these only the last is in this repository (in
``classifier/corpus/plain``); the others may not be, so ``make model`` does not come by here. FOLDER gets
``persons.crfsuite`` and ``names.npz``. Three steps, a minute and a half:

1. Likeness to names: names of the list against the ordinary words of the news sentences.
2. A first recogniser, on the news of DaN+, a sixth of it a second time in small letters.
3. The first one reads the project's own mails; where it and the lists disagree the lists win ("Kære Lis" is nobody's
   organisation, "Hilsen" no name), and the second is trained on both. News has no greetings and no signatures.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pycrfsuite
from spacy import blank

from segl_classifier.understanding.likeness import ROWS, Likeness, rows_of
from segl_classifier.understanding.name_features import features_of
from segl_classifier.understanding.recogniser import FILES, Kind, Recogniser, spans
from segl_classifier.understanding.windows import windows_of
from segl_training.corpus import examples

Sentence = tuple[list[str], list[str]]  # words, tags
_GREETINGS = frozenset("hilsen mvh kære hej dear |".split())
_MAILS = 2500  # windows of mails that are read
_COMMONEST = 8000  # names of each sex, of the longer list
_COMMON = 3  # times a word stands in small letters in the mails before it counts as an ordinary one


@dataclass(frozen=True, slots=True)
class Lists:
    """Names, and how often each ordinary word stands in small letters."""

    first: dict[str, float]
    last: dict[str, float]
    ordinary: Counter[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    train(asked.corpus, asked.folder)
    measured = Recogniser.load(asked.folder)
    for kind in ("news", "twitter", "arto"):
        print(f"{kind:8}", figures(measured, read(asked.corpus / f"danplus/da_{kind}_dev.tsv")))


def train(corpus: Path, folder: Path, seed: int = 1) -> None:
    """All three steps; the files are left in *folder*."""
    rng = random.Random(seed)
    lists = _lists(corpus)
    _teach_likeness(lists, folder / FILES[1], rng)
    likeness = Likeness.load(folder / FILES[1])
    news = read(corpus / "danplus/da_news_train.tsv")
    news += [([word.lower() for word in words], tags) for words, tags in news[::6]]
    file = folder / FILES[0]
    _fit(news, likeness, file, 0.1)
    first = pycrfsuite.Tagger()
    first.open(str(file))
    mails = _mails()
    rng.shuffle(mails)
    common = Counter(word for words in mails for word in words if word.islower())
    again = [
        (words, _corrected(words, first.tag(features_of(words, likeness)), lists, common))
        for words in mails[:_MAILS]
    ]
    _fit(news + again, likeness, file, 0.3)


def read(file: Path) -> list[Sentence]:
    """The sentences of a DaN+ file: a word and its tags a line, the outer one first; what is derived from a
    name ("dansk") or only a part of the word ("SID-huset") is none."""
    found = []
    for block in file.read_text(encoding="utf-8").split("\n\n"):
        rows = [line.split("\t") for line in block.splitlines() if line.strip()]
        if rows:
            tags = [row[1] if row[1][2:] in set(Kind) else "O" for row in rows]
            found.append(([row[0] for row in rows], tags))
    return found


def figures(recogniser: Recogniser, sentences: Sequence[Sentence]) -> str:
    """Precision, recall and F1 of whole names, each kind and all together."""
    counts: dict[str, list[int]] = {kind.value: [0, 0, 0] for kind in Kind}
    for words, tags in sentences:
        found, right = set(recogniser.names(words)), set(spans(tags))
        for kind in Kind:
            of_found = {name for name in found if name[2] is kind}
            of_right = {name for name in right if name[2] is kind}
            for n, value in enumerate((len(of_found & of_right), len(of_found), len(of_right))):
                counts[kind.value][n] += value
    counts["all"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    return "  ".join(
        f"{kind} {hits / max(1, found):.2f}/{hits / max(1, right):.2f}/{2 * hits / max(1, found + right):.3f}"
        for kind, (hits, found, right) in counts.items()
    )


def _lists(corpus: Path) -> Lists:
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    with (corpus / "names/dacy_names.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            into = first if row["first_name"] == "True" else last
            for part in row["name"].lower().split():
                into[part] = max(into.get(part, 0.0), float(row["count"] or 0))
    ordinary = _ordinary(corpus)
    for file in sorted((corpus / "names").glob("da_*_fornavne-*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            names = [json.loads(line).lower() for line in islice(lines, _COMMONEST)]
        for name in names:  # the list holds ordinary words too ("Vand" is somebody's name)
            if name.isalpha() and len(name) > 2 and not ordinary[name]:
                first.setdefault(name, 0.0)
    return Lists(first, last, ordinary)


def _ordinary(corpus: Path) -> Counter[str]:
    text = (corpus / "lcc/dan_newscrawl_2011_10K-sentences.csv").read_text(encoding="utf-8")
    return Counter(word for word in re.findall(r"[^\W\d_]+", text) if word.islower())


def _teach_likeness(lists: Lists, file: Path, rng: random.Random, rounds: int = 6) -> None:
    """Logistic regression over three classes by AdaGrad. A common name counts more than a rare one."""
    taught = [(name, 1, math.log10(10 + count)) for name, count in lists.first.items()]
    taught += [(n, 2, math.log10(10 + c)) for n, c in lists.last.items() if n not in lists.first]
    names = {*lists.first, *lists.last}
    taught += [
        (w, 0, math.log10(10 + n)) for w, n in lists.ordinary.items() if w not in names or n >= _COMMON
    ]
    prepared = [(np.array(rows_of(word)), kind, weight) for word, kind, weight in taught]
    weights, offset = np.zeros((ROWS, 3)), np.zeros(3)
    squares = np.full((ROWS, 3), 1e-2)
    for _ in range(rounds):
        rng.shuffle(prepared)
        for rows, kind, weight in prepared:
            root = math.sqrt(len(rows))
            z = weights[rows].sum(axis=0) / root + offset
            wrong = np.exp(z - z.max())
            wrong /= wrong.sum()
            wrong[kind] -= 1
            step = weight * wrong / root
            squares[rows] += step**2
            weights[rows] -= 0.15 * step / np.sqrt(squares[rows])
            offset -= 0.01 * wrong
    odds = weights[:, 1:] - weights[:, :1]
    scale = np.float32(np.abs(odds).max() / 127)
    np.savez_compressed(
        file,
        weights=np.round(odds / scale).astype(np.int8),
        scale=scale,
        offset=(offset[1:] - offset[0]).astype(np.float32),
    )


def _fit(sentences: Sequence[Sentence], likeness: Likeness, file: Path, sparse: float) -> None:
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params({"c1": sparse, "c2": 0.05, "max_iterations": 80, "feature.possible_transitions": True})
    for words, tags in sentences:
        trainer.append(features_of(words, likeness), tags)
    trainer.train(str(file))
    print(f"{len(sentences)} sentences, {file.stat().st_size // 1024} KB")


def _mails() -> list[list[str]]:
    tokenize = blank("da").make_doc
    return [
        [word for token in tokenize(window.text) if (word := str(token).strip())]
        for example in examples("train")
        if not example.passage
        for window in windows_of(example.texts)
    ]


def _corrected(words: list[str], tags: list[str], lists: Lists, common: Counter[str]) -> list[str]:
    """*tags* with what the lists know better."""
    tags = list(tags)
    for number, word in enumerate(words):
        low = word.lower()
        known = low in lists.first or low in lists.last
        ordinary = not word[:1].isalpha() or (common[low] >= _COMMON and not known)
        if low in _GREETINGS or (ordinary and not tags[number].endswith("ORG")):
            tags[number] = "O"
    number = 0
    while number < len(words):
        end = _full_name(words, number, lists, common)
        if end > number and not tags[number].endswith("ORG"):
            tags[number:end] = ["B-PER", *["I-PER"] * (end - number - 1)]
        number = max(end, number + 1)
    for number, tag in enumerate(tags):
        before = tags[number - 1] if number else "O"
        if tag.startswith("I-") and before[2:] != tag[2:]:
            tags[number] = f"B-{tag[2:]}"
    return tags


def _full_name(words: list[str], start: int, lists: Lists, common: Counter[str]) -> int:
    """The end of the name of a person that begins at *start* with a first name of the lists."""
    word = words[start]
    if not word[:1].isupper() or word.lower() not in lists.first or common[word.lower()] >= _COMMON:
        return start
    end = start + 1
    while end < min(len(words), start + 4) and words[end][:1].isupper():
        low = words[end].lower()
        new = len(low) > 3 and words[end][1:].islower() and common[low] < _COMMON
        if not (low in lists.first or low in lists.last or new):
            break
        end += 1
    return end


if __name__ == "__main__":
    main()
