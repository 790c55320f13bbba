"""``python -m segl_training.gates MODEL``: what the whole decision finds at other gates, and what it costs.

    python -m segl_training.gates classifier/model --likely 0.5 1.5 --few 2 3 --sentences 1 3

The fit chooses by the model's scores alone; here the rules speak too, as in ``segl evaluate``. Each text is made into a
message and read once, each passage by each stage once; every mixture of the values that are asked for is a line. The
cost is in passages that the encoder reads of a harmless mail.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from segl.vocabulary import Decision
from segl_classifier.classify import Evidence, gather
from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.decide import Strictness, decide
from segl_classifier.evaluation.labelled import LabelledMessage, read_labelled
from segl_classifier.evaluation.letter import letter
from segl_classifier.message import Text
from segl_classifier.rules import RuleSet, shipped_rules
from segl_classifier.understand import joined
from segl_classifier.understanding.asking import Gates
from segl_classifier.understanding.cascade import Cascade
from segl_classifier.understanding.interface import Understanding, Words
from segl_classifier.understanding.linear import Linear
from segl_classifier.understanding.loading import load_model
from segl_classifier.understanding.logits import Logits
from segl_classifier.understanding.recalling import Encoder, Sieve
from segl_training.corpus import FOLDER

GATES = tuple(gate.name for gate in fields(Gates))
BUDGET = ("few", "sentences", "one_in")


class Remembered:
    """A stage that reads each passage once, and counts those it is asked of."""

    def __init__(self, stage: Linear | Sieve | Encoder) -> None:
        self._stage = stage
        self._known: dict[str, Logits] = {}
        self.asked = 0

    def logits(self, texts: Sequence[str]) -> Logits:
        if not texts:
            return self._stage.logits(texts)
        self.asked += len(texts)
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= zip(new, self._stage.logits(new), strict=True)
        return np.array([self._known[text] for text in texts], np.float32)


@dataclass(frozen=True)
class Seen:
    """A text as a message: what was found in it, and what the model was given, part by part."""

    record: LabelledMessage
    evidence: Evidence
    given: list[Sequence[Text]]

    def understood(self, model: Cascade) -> Understanding | None:
        return joined([model.understand(texts) for texts in self.given])


@dataclass(frozen=True)
class Result:
    """Shares of the messages that must be secure and are, and of those that need not be; F1 of the categories; passages
    to the encoder, of a harmless message."""

    found: float
    alarms: float
    f1: float
    cost: float


class _Given:
    """Stands for the model while a message is read, and keeps what it was given."""

    def __init__(self, model: Cascade) -> None:
        self.thresholds, self.any_threshold = model.thresholds, model.any_threshold
        self.given: list[Sequence[Text]] = []

    def understand(self, texts: Sequence[Text], deadline: Deadline = NEVER, /) -> Understanding:
        self.given.append(list(texts))
        return Understanding()

    def hearing(self, _words: Words, /) -> _Given:
        return self


def seen(records: Sequence[LabelledMessage], rules: RuleSet, model: Cascade) -> Iterator[Seen]:
    """*records* as the milter would read them, all but the model's part."""
    for record in records:
        stand_in = _Given(model)
        yield Seen(record, gather(letter(record), rules, model=stand_in), stand_in.given)


def result(texts: Sequence[Seen], rules: RuleSet, model: Cascade, encoder: Remembered) -> Result:
    """What is decided of *texts* by *model*, whose *encoder* counts what it reads."""
    secure = {True: 0, False: 0}
    right = named = true = cost = 0
    for one in texts:
        before = encoder.asked
        understood = one.understood(model)
        verdict = decide(one.evidence.findings, rules, Strictness(), model=model, understanding=understood)
        must = one.record.must_encrypt
        secure[must] += verdict.decision is not Decision.PLAIN
        cost += 0 if must else encoder.asked - before
        right += len(set(verdict.labels) & one.record.labels)
        named += len(verdict.labels)
        true += len(one.record.labels)
    told = sum(one.record.must_encrypt for one in texts)
    harmless = max(1, len(texts) - told)
    f1 = 2 * right / max(1, named + true)
    return Result(secure[True] / max(1, told), secure[False] / harmless, f1, cost / harmless)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path, help="its folder")
    parser.add_argument("--texts", type=Path, nargs="+", help="files in the record format (dev_*)")
    for name in (*GATES, *BUDGET):
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, nargs="+", default=[], metavar="N")
    asked = parser.parse_args()
    model, rules = load_model(asked.model), shipped_rules()
    if model is None:
        raise SystemExit(f"no model in {asked.model}")
    encoder = Remembered(model.encoder)
    stages: dict[str, Any] = {"linear": Remembered(model.linear), "sieve": Remembered(model.sieve)}
    model = replace(model, **stages | {"encoder": encoder})
    texts = list(seen(read_labelled(asked.texts or sorted(FOLDER.glob("dev_*.jsonl"))), rules, model))
    tried = {name: values for name in (*GATES, *BUDGET) if (values := getattr(asked, name))}
    print("  ".join(f"{name:>14}" for name in (*tried, "found", "alarms", "F1", "cost")))
    for values in product(*tried.values()):
        one = result(texts, rules, at(model, dict(zip(tried, values, strict=True))), encoder)
        figures = (one.found, one.alarms, one.f1, one.cost)
        shown = [f"{value:14g}" for value in values] + [f"{figure:14.3f}" for figure in figures]
        print("  ".join(shown), flush=True)


def at(model: Cascade, values: dict[str, float]) -> Cascade:
    """*model* with *values* for some of its gates and of its budget."""
    gates = replace(model.fit.gates, **{name: value for name, value in values.items() if name in GATES})
    budget = replace(model.budget, **{name: int(value) for name, value in values.items() if name in BUDGET})
    return replace(model, fit=replace(model.fit, gates=gates), budget=budget)


if __name__ == "__main__":
    main()
