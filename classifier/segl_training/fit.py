"""Fits what stands between logits and a verdict, on mails by writers the model has not read (``dev_*``).

The mixture of the stages, the scale of the probabilities, the threshold of each label, and from which linear
score on the encoder is asked. Few numbers on a few hundred mails: labels share a slope, and the threshold of
each is drawn half-way towards that of all.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, astuple, dataclass, fields
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segl_classifier.understanding.asking import Budget, Gates, in_turn
from segl_classifier.understanding.encoder import Encoder
from segl_classifier.understanding.linear import Linear
from segl_training import measure
from segl_training.corpus import LABELS, Example, Labelled, examples, labelled_windows

Array = NDArray[np.float64]
_LOSS = 0.015
_UNCERTAIN = tuple(n / 4 for n in range(-8, 3))
_LABEL_APART, _SURELY_APART, _GO_ON = (1.0, 2.0), (0.0, 1.0, 2.0, 99.0), (-3.0, -2.0, -1.0, 0.0)
OPEN = Gates(-99.0, -99.0, -99.0, -99.0)
_BUDGET = Budget()
_SHARES = (0.6, 0.7, 0.8)  # never all to one: two that err differently err less together


@dataclass(frozen=True)
class Material:
    """Everything measured of the mails held out: logits of both stages a window, truth a mail."""

    mails: list[Example]
    windows: list[Labelled]
    linear: Array
    encoder: Array
    truth: NDArray[np.bool_]

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

    def mixed(self, share: float, gates: Gates | None = None) -> Array:
        """The best logit of each mail; without *gates* the encoder is asked of everything."""
        both = share * self.encoder + (1 - share) * self.linear
        if gates:
            both = np.where(self.asked(share, gates)[:, None], both, self.linear)
        return measure.per_mail(both, self.owner, len(self.mails))

    def asked(self, share: float, gates: Gates) -> NDArray[np.bool_]:
        """The windows the encoder is asked of, as the cascade does it."""
        asked = np.zeros(len(self.windows), bool)
        anything = share * self.encoder[:, 0] + (1 - share) * self.linear[:, 0]
        for own in self._of_mail:
            first, more = in_turn(self.linear[own], gates, _BUDGET)
            asked[own[first]] = True
            if first and np.max(anything[own[first]]) >= gates.go_on:
                asked[own[more]] = True
        return asked

    def cost(self, share: float, gates: Gates) -> float:
        """Of how many windows of a harmless mail the encoder is asked."""
        harmless = np.array([not self.mails[one.example].labels for one in self.windows])
        mails = sum(not mail.labels for mail in self.mails)
        return float(self.asked(share, gates)[harmless].sum() / mails)

    @cached_property
    def _of_mail(self) -> list[NDArray[np.int_]]:
        owner = np.array(self.owner)
        return [own for n in range(len(self.mails)) if len(own := np.flatnonzero(owner == n))]


def material(folder: Path, kind: str = "dev") -> Material:
    mails = examples(kind)
    windows = labelled_windows(mails)
    texts = [one.window.text for one in windows]
    linear = Linear.load(folder / "linear.npz").logits(texts)
    encoder = Encoder(folder / "encoder.onnx", folder / "tokenizer.json").logits(texts)
    truth = np.array([[label in mail.labels for label in LABELS] for mail in mails])
    return Material(mails, windows, linear.astype(float), encoder.astype(float), truth)


def fit(found: Material, false_alarms: float, unsure: float) -> dict[str, object]:
    """The numbers of :class:`.cascade.Fit`: *false_alarms* is the share of harmless mails at which "anything"
    holds, *unsure* that at which the model will not say no."""
    judged, anything = found.judged, found.anything
    share = max(_SHARES, key=lambda s: _quality(found.mixed(s), found))
    gates = _cheapest(found, share)
    best = found.mixed(share, gates)
    slope, offset = _platt(best[judged, 0], anything[judged])
    label_slope, label_offset = _platt(best[:, 1:].ravel(), found.truth.ravel())
    slopes = np.array([slope] + [label_slope] * len(LABELS))
    offsets = np.array([offset] + [label_offset] * len(LABELS))
    probability = _sigmoid(best * slopes + offsets)
    holds = measure.recall_at(probability[judged, 0], anything[judged], false_alarms)[1]
    doubt = measure.recall_at(probability[judged, 0], anything[judged], unsure)[1]
    probability[:, 1:] = np.minimum(probability[:, 1:], probability[:, :1])
    probability[probability[:, 0] < doubt, 1:] = 0  # as the cascade does it, nearly
    thresholds = _label_thresholds(probability[:, 1:], found.truth)
    return {
        **asdict(gates),
        "encoder_share": share,
        "slope": [round(float(v), 4) for v in slopes],
        "offset": [round(float(v), 4) for v in offsets],
        "any": {"holds": round(holds, 4), "unsure": round(min(doubt, holds), 4)},
        "labels": {
            label.value: {"holds": round(float(t), 4), "unsure": round(min(float(t), doubt), 4)}
            for label, t in zip(LABELS, thresholds, strict=True)
        },
    }


def _quality(best: Array, found: Material) -> float:
    """AUC of "anything" and the best micro F1 of the labels, together."""
    judged = found.judged
    return (
        measure.auc(best[judged, 0], found.anything[judged])
        + 0.5 * measure.best_global_f1(best[:, 1:], found.truth)[0]
    )


def _cheapest(found: Material, share: float) -> Gates:
    """The gates that spare the encoder most and lose next to nothing: of 120 mails not two."""
    recall, f1 = _quality_of(found.mixed(share), found)
    fair = []
    for uncertain, label, surely, go_on in product(_UNCERTAIN, _LABEL_APART, _SURELY_APART, _GO_ON):
        gates = Gates(uncertain, uncertain + label, uncertain + surely, go_on)
        now = _quality_of(found.mixed(share, gates), found)
        if now[0] >= recall - _LOSS and now[1] >= f1 - _LOSS:
            fair.append((found.cost(share, gates), gates))
    return min(fair, default=(0.0, OPEN), key=lambda one: one[0])[1]


def _quality_of(best: Array, found: Material) -> tuple[float, float]:
    return _recall(best, found), measure.best_global_f1(best[:, 1:], found.truth)[0]


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


def table(found: Material, numbers: dict[str, object]) -> str:
    """What the numbers come to on the mails they were fitted on."""
    share = float(str(numbers["encoder_share"]))
    chosen = Gates(*(float(str(numbers[gate.name])) for gate in fields(Gates)))
    judged, anything = found.judged, found.anything
    shown = [("linear", found.linear), ("encoder", found.encoder)]
    rows = [(name, measure.per_mail(logits, found.owner, len(found.mails)), 0.0) for name, logits in shown]
    tried = (OPEN, *(Gates(lo, lo + 2, lo, lo) for lo in (-2.0, -1.0, 0.0)), chosen)
    rows += [
        (f"both {astuple(gates)}", found.mixed(share, gates), found.cost(share, gates)) for gates in tried
    ]
    lines = []
    for name, best, cost in rows:
        recalls = (measure.recall_at(best[judged, 0], anything[judged], s)[0] for s in (0.03, 0.05, 0.1))
        f1 = measure.best_global_f1(best[:, 1:], found.truth)[0]
        auc = measure.auc(best[judged, 0], anything[judged])
        recall = "/".join(f"{r:.2f}" for r in recalls)
        lines.append(f"{name:34} AUC {auc:.3f}  {recall}  F1 {f1:.3f}  cost {cost:.3f}")
    return "\n".join(lines)


def write(folder: Path, false_alarms: float = 0.03, unsure: float = 0.04) -> None:
    """Fit and write ``fit.json`` to *folder*; print what it comes to."""
    found = material(folder)
    numbers = fit(found, false_alarms, unsure)
    (folder / "fit.json").write_text(json.dumps(numbers, indent=1) + "\n")
    print(table(found, numbers))
    print(json.dumps({key: value for key, value in numbers.items() if key not in ("slope", "offset")}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--false-alarms", type=float, default=0.03)
    parser.add_argument("--unsure", type=float, default=0.04)
    asked = parser.parse_args()
    write(asked.folder, asked.false_alarms, asked.unsure)


if __name__ == "__main__":
    main()
