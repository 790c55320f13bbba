"""Fits what stands between logits and a verdict, on mails by writers the model has not read (``dev_*``).

The mixture of the stages, the scale of the probabilities, the threshold of each label, and from which scores on the
sieve and the encoder are asked. Few numbers on a few hundred mails: labels share a slope, and the threshold of
each is drawn half-way towards that of all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segl_classifier.understanding import passing
from segl_classifier.understanding.asking import Budget, Gates, in_doubt, in_turn
from segl_classifier.understanding.linear import Linear
from segl_classifier.understanding.network import Vocabulary
from segl_classifier.understanding.recalling import Encoder, Sieve
from segl_training import measure
from segl_training.corpus import LABELS, Example, Labelled, examples, labelled_windows
from segl_training.in_passing import Sentences, sentences

Array = NDArray[np.float64]
_LOSS = 0.015
_DOUBT = 0.85  # of a category's threshold: from there on it is in doubt
_OPENS = 0.035  # the share of harmless mails in which there is room for categories
_HOLDS = 0.015  # the share that goes securely, for a category or since "anything" holds
_UNSURE = 0.035  # that with those in which it is in doubt
_UNCERTAIN = tuple(n / 4 for n in range(-8, -3))  # above it the whole decision loses: docs/decisions/0041
_LABEL_APART, _SURELY_APART, _GO_ON = (1.0, 2.0), (0.0, 1.0, 2.0, 99.0), (-3.0, -2.0, -1.0, 0.0)
_DOUBTFUL, _DOUBTFUL_LABEL_APART = (-3.0, -2.5, -2.0, -1.5), 1.5
_LIKELY = 1.5
_ALONE, _ALONE_LIKELY = 0.0, 1.0
_SIEVE_COST = 1 / 20  # of what the encoder takes for a window
_OPEN = -99.0
_BUDGET = Budget()
# Never all to one: two that err differently err less.
_SIEVE_SHARES, _SHARES = (0.4, 0.5, 0.6, 0.7), (0.6, 0.7, 0.8)


@dataclass(frozen=True)
class Material:
    """Everything measured of the mails held out: logits of all stages a window and a sentence, truth a mail."""

    mails: list[Example]
    windows: list[Labelled]
    linear: Array
    sieve: Array
    encoder: Array
    truth: NDArray[np.bool_]
    sentences: Sentences

    @property
    def owner(self) -> list[int]:
        return [one.example for one in self.windows]

    @property
    def anything(self) -> NDArray[np.bool_]:
        return np.asarray(self.truth.any(axis=1))

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Mails on which the model is judged: those with nothing but a personal number are not its matter."""
        return np.array([bool(mail.labels) or not mail.has_cpr for mail in self.mails])

    @cached_property
    def harmless(self) -> NDArray[np.bool_]:
        """The windows of mails without labels."""
        return np.array([not self.mails[one.example].labels for one in self.windows])

    @cached_property
    def of_mail(self) -> list[NDArray[np.int_]]:
        owner = np.array(self.owner)
        return [own for n in range(len(self.mails)) if len(own := np.flatnonzero(owner == n))]


@dataclass(frozen=True)
class Mixture:
    """The stages as the cascade would ask and mix them."""

    found: Material
    sieve_share: float
    encoder_share: float
    gates: Gates

    @cached_property
    def doubtful(self) -> NDArray[np.bool_]:
        """The windows the sieve is asked of."""
        asked = np.zeros(len(self.found.windows), bool)
        for own in self.found.of_mail:
            asked[own[in_doubt(self.found.linear[own], self.gates, _BUDGET)]] = True
        return asked

    @cached_property
    def sifted(self) -> Array:
        both = self.sieve_share * self.found.sieve + (1 - self.sieve_share) * self.found.linear
        return np.where(self.doubtful[:, None], both, self.found.linear)

    @cached_property
    def all_three(self) -> Array:
        return self.encoder_share * self.found.encoder + (1 - self.encoder_share) * self.sifted

    @cached_property
    def asked(self) -> NDArray[np.bool_]:
        """The windows the encoder is asked of."""
        asked = np.zeros(len(self.found.windows), bool)
        anything = self.all_three[:, 0]
        for own in self.found.of_mail:
            first, more = in_turn(self.found.linear[own], self.sifted[own], self.gates, _BUDGET)
            asked[own[first]] = True
            if first and np.max(anything[own[first]]) >= self.gates.go_on:
                asked[own[more]] = True
        return asked

    @cached_property
    def best(self) -> Array:
        """The best logit of each mail."""
        said = np.where(self.asked[:, None], self.all_three, self.sifted)
        return measure.per_mail(said, self.found.owner, len(self.found.mails))

    @cached_property
    def in_passing(self) -> Array:
        """The best logit of each mail's sentences by themselves."""
        return self.found.sentences.best(
            len(self.found.mails), self.sieve_share, self.encoder_share, self.gates
        )

    @property
    def cost(self) -> float:
        """What a harmless mail takes, in windows to the encoder."""
        mails = sum(not mail.labels for mail in self.found.mails)
        asked, doubtful = (float(some[self.found.harmless].sum()) for some in (self.asked, self.doubtful))
        return (asked + _SIEVE_COST * doubtful) / mails


def material(folder: Path, kind: str = "dev") -> Material:
    mails = examples(kind)
    windows = labelled_windows(mails)
    texts = [one.window.text for one in windows]
    vocabulary = Vocabulary(folder / "tokenizer.json")
    stages = (
        Linear.load(folder / "linear.npz").logits,
        Sieve(folder / "sieve.onnx", vocabulary).logits,
        Encoder(folder / "encoder.onnx", vocabulary).logits,
    )
    linear, sieve, encoder = (stage(texts).astype(float) for stage in stages)
    truth = np.array([[label in mail.labels for label in LABELS] for mail in mails])
    by_themselves = sentences([mail.texts for mail in mails], *stages)
    return Material(mails, windows, linear, sieve, encoder, truth, by_themselves)


def gates_at(
    doubtful: float, uncertain: float = _OPEN, label: float = 0, surely: float = 0, go_on: float = _OPEN
) -> Gates:
    """*label* and *surely* so much above *uncertain*."""
    return Gates(
        doubtful,
        doubtful + _DOUBTFUL_LABEL_APART,
        _LIKELY,
        uncertain,
        uncertain + label,
        uncertain + surely,
        go_on,
        _ALONE,
        _ALONE_LIKELY,
    )


OPEN = gates_at(_OPEN)


def fit(
    found: Material, false_alarms: float, unsure: float, chosen: Mixture | None = None
) -> dict[str, object]:
    """The numbers of :class:`.cascade.Fit`: *false_alarms* is the share of harmless mails of which a category or
    "anything" holds, *unsure* that with those of which the model will not say no. Without a *chosen* mixture the
    cheapest is taken."""
    judged, anything = found.judged, found.anything
    chosen = chosen or _cheapest(found)
    best = chosen.best
    slopes, offsets = _scale(best, found)
    in_passing = _sigmoid(chosen.in_passing * slopes + offsets - passing.BY)
    probability = np.maximum(_sigmoid(best * slopes + offsets), in_passing)
    opens = measure.recall_at(probability[judged, 0], anything[judged], _OPENS)[1]
    probability[:, 1:] = np.minimum(probability[:, 1:], probability[:, :1])
    probability[probability[:, 0] < opens, 1:] = 0  # as the cascade does it, nearly
    thresholds = _label_thresholds(probability[:, 1:], found.truth)
    doubtful = thresholds * _DOUBT
    harmless = judged & ~anything

    def alone(from_: Array, share: float) -> float:
        """From which score on the whole counts by itself, where categories do from *from_* on."""
        counted = (probability[:, 1:] >= from_).any(axis=1)
        most = int(share * harmless.sum() - (harmless & counted).sum())
        return max(opens, _above(probability[harmless & ~counted, 0], most))

    holds, unsure_at = alone(thresholds, false_alarms), alone(doubtful, unsure)
    return {
        **asdict(chosen.gates),
        "sieve_share": chosen.sieve_share,
        "encoder_share": chosen.encoder_share,
        "slope": [round(float(v), 4) for v in slopes],
        "offset": [round(float(v), 4) for v in offsets],
        "any": {
            "holds": round(holds, 4),
            "unsure": round(min(unsure_at, holds), 4),
            "opens": round(opens, 4),
        },
        "labels": {
            label.value: {"holds": round(float(t), 4), "unsure": round(float(u), 4)}
            for label, t, u in zip(LABELS, thresholds, doubtful, strict=True)
        },
    }


def _scale(best: Array, found: Material) -> tuple[Array, Array]:
    """Slope and offset of each output: labels share theirs."""
    anything = _platt(best[found.judged, 0], found.anything[found.judged])
    label = _platt(best[:, 1:].ravel(), found.truth.ravel())
    slopes, offsets = (np.array([a] + [b] * len(LABELS)) for a, b in zip(anything, label, strict=True))
    return slopes, offsets


def _above(scores: Array, most: int) -> float:
    """The threshold that *most* of *scores* reach: half-way to the next."""
    ordered = [1.0, *sorted(scores, reverse=True), 0.0]
    at = min(max(most, 0), len(scores))
    return float((ordered[at] + ordered[at + 1]) / 2)


def _quality(best: Array, found: Material) -> float:
    """AUC of "anything" and the best micro F1 of the labels, together."""
    judged = found.judged
    return measure.auc(best[judged, 0], found.anything[judged]) + 0.5 * _f1(best, found)


def _cheapest(found: Material) -> Mixture:
    """The shares that find most when everything is asked, and with them the gates that spare most and lose next to
    nothing, sentences by themselves among it: of 120 mails not two."""
    everything = (Mixture(found, *shares, OPEN) for shares in product(_SIEVE_SHARES, _SHARES))
    whole = max(everything, key=lambda one: _quality(one.best, found))
    in_passing = whole.in_passing - passing.BY / _scale(whole.best, found)[0]

    def told(one: Mixture) -> Array:
        return np.maximum(one.best, in_passing)

    recall, f1 = _recall(told(whole), found), _f1(told(whole), found)
    fair = [whole]
    for doubtful, *rest in product(_DOUBTFUL, _UNCERTAIN, _LABEL_APART, _SURELY_APART, _GO_ON):
        one = replace(whole, gates=gates_at(doubtful, *rest))
        if _recall(told(one), found) >= recall - _LOSS and _f1(told(one), found) >= f1 - _LOSS:
            fair.append(one)
    return min(fair, key=lambda one: one.cost)


def _f1(best: Array, found: Material) -> float:
    return measure.best_global_f1(best[:, 1:], found.truth)[0]


def _recall(best: Array, found: Material) -> float:
    judged = found.judged
    return float(
        np.mean(
            [measure.recall_at(best[judged, 0], found.anything[judged], s)[0] for s in (0.03, 0.05, 0.08)]
        )
    )


def _label_thresholds(probability: Array, truth: NDArray[np.bool_]) -> Array:
    whole = measure.best_global_f1(probability, truth)[1]
    found = []
    for scores, right in zip(probability.T, truth.T, strict=True):
        own = max((measure.micro_f1(scores >= t, right), -abs(t - whole), t) for t in np.unique(scores))[2]
        found.append((whole + own) / 2)
    return np.array(found)


def _platt(logits: Array, truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of the logistic curve through *truth* (Platt 1999), by Newton's method."""
    slope, offset = 1.0, 0.0
    positives, negatives = int(truth.sum()), int((~truth).sum())
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    design = np.stack([logits, np.ones_like(logits)], axis=1)
    for _ in range(50):
        p = _sigmoid(slope * logits + offset)
        weight = np.maximum(p * (1 - p), 1e-6)
        step = np.linalg.solve(
            design.T @ (design * weight[:, None]) + 1e-3 * np.eye(2), design.T @ (target - p)
        )
        slope, offset = slope + float(step[0]), offset + float(step[1])
    return slope, offset


def _sigmoid(x: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-np.clip(x, -30, 30)))
    return result


def table(found: Material, numbers: Mapping[str, Any]) -> str:
    """What the numbers come to on the mails they were fitted on."""
    fitted = mixture_of(found, numbers)
    everything = replace(fitted, gates=OPEN)
    judged, anything = found.judged, found.anything
    shown = (("linear", found.linear), ("sieve", found.sieve), ("encoder", found.encoder))
    rows = [(name, measure.per_mail(logits, found.owner, len(found.mails)), 0.0) for name, logits in shown]
    rows += [("all, everything asked", everything.best, everything.cost)]
    rows += [("all, as fitted", fitted.best, fitted.cost)]
    lowered = fitted.in_passing - passing.BY / np.array(numbers["slope"])
    rows += [("and sentences", np.maximum(fitted.best, lowered), fitted.cost)]
    lines = []
    for name, best, cost in rows:
        recalls = (measure.recall_at(best[judged, 0], anything[judged], s)[0] for s in (0.03, 0.05, 0.1))
        f1 = _f1(best, found)
        auc = measure.auc(best[judged, 0], anything[judged])
        recall = "/".join(f"{r:.2f}" for r in recalls)
        lines.append(f"{name:24} AUC {auc:.3f}  {recall}  F1 {f1:.3f}  cost {cost:.3f}")
    return "\n".join(lines)


def mixture_of(found: Material, numbers: Mapping[str, Any]) -> Mixture:
    """The shares and gates that stand in *numbers* (``fit.json``)."""
    gates = Gates(**{gate.name: float(numbers[gate.name]) for gate in fields(Gates)})
    return Mixture(found, float(numbers["sieve_share"]), float(numbers["encoder_share"]), gates)


def write(
    folder: Path,
    false_alarms: float = _HOLDS,
    unsure: float = _UNSURE,
    numbers: Mapping[str, Any] | None = None,
) -> None:
    """Fit and write ``fit.json`` to *folder*; print what it comes to. Shares and gates are those of *numbers*, if
    given."""
    found = material(folder)
    fitted = fit(found, false_alarms, unsure, mixture_of(found, numbers) if numbers else None)
    (folder / "fit.json").write_text(json.dumps(fitted, indent=1) + "\n")
    print(table(found, fitted))
    print(json.dumps({key: value for key, value in fitted.items() if key not in ("slope", "offset")}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--false-alarms", type=float, default=_HOLDS)
    parser.add_argument("--unsure", type=float, default=_UNSURE)
    parser.add_argument("--like", type=Path, help="a fit.json whose shares and gates to take")
    asked = parser.parse_args()
    numbers = json.loads(asked.like.read_text(encoding="utf-8")) if asked.like else None
    write(asked.folder, asked.false_alarms, asked.unsure, numbers)


if __name__ == "__main__":
    main()
