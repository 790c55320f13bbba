"""The figures of the model card, measured on ``dev_*`` through the runtime's own cascade, and its plot.

    python -m segl_training.card classifier/model

prints the tables as Markdown and writes ``reliability.svg``: of the mails the model gave 30 %, three in ten
should be ones that had to be sent securely.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segl.vocabulary import Label
from segl_classifier.understanding.cascade import Cascade
from segl_classifier.understanding.interface import CascadeStage, Understanding
from segl_classifier.understanding.loading import load_model
from segl_training.corpus import LABELS, Example, examples

Array = NDArray[np.float64]
_BINS = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0])


def figures(model: Cascade, mails: list[Example]) -> str:
    """The tables of the card."""
    started = time.process_time()
    understood = [model.understand(mail.texts) for mail in mails]
    spent = (time.process_time() - started) / len(mails) * 1000
    lines = [*_whole(model, mails, understood), "", *_labels(model, mails, understood), ""]
    asked = [
        sum(r.stage is CascadeStage.ENCODER for r in one.readings) for one in understood
    ]  # sentences, too
    harmless = [n for n, mail in zip(asked, mails, strict=True) if not mail.labels]
    lines.append(
        f"Processor time {spent:.1f} ms a mail; the encoder is asked of {np.mean(asked):.2f} passages a mail, "
    )
    lines.append(
        f"of harmless mails {np.mean(harmless):.2f}, and of {np.mean([n > 0 for n in harmless]):.0%} of them at all."
    )
    return "\n".join(lines)


def _whole(model: Cascade, mails: list[Example], understood: list[Understanding]) -> Iterator[str]:
    judged = [(m, u) for m, u in zip(mails, understood, strict=True) if m.labels or not m.has_cpr]
    truth = np.array([bool(m.labels) for m, _ in judged])
    yield "| decided by | recall | false alarms |"
    yield "| --- | --- | --- |"
    threshold = model.any_threshold
    for name, at in (("holds", threshold.holds), ("unsure counted in", threshold.unsure)):
        secure = np.array([_secure(model, u, at) for _, u in judged])
        yield f"| {name} | {secure[truth].mean():.3f} | {secure[~truth].mean():.3f} |"


def _secure(model: Cascade, understood: Understanding, at: float) -> bool:
    return understood.any >= at or any(
        understood.scores.get(label, 0) >= t.holds for label, t in model.thresholds.items()
    )


def _labels(model: Cascade, mails: list[Example], understood: list[Understanding]) -> Iterator[str]:
    yield "| label | precision | recall | F1 | mails |"
    yield "| --- | --- | --- | --- | --- |"
    sums = np.zeros(3)
    for label in LABELS:
        held = np.array([u.scores.get(label, 0) >= model.thresholds[label].holds for u in understood])
        truth = np.array([label in mail.labels for mail in mails])
        hits, said, right = int((held & truth).sum()), int(held.sum()), int(truth.sum())
        sums += (hits, said, right)
        yield _row(label, hits, said, right)
    yield _row("all (micro)", *map(int, sums))


def _row(name: Label | str, hits: int, said: int, right: int) -> str:
    precision, recall = hits / max(1, said), hits / max(1, right)
    return f"| {name} | {precision:.2f} | {recall:.2f} | {2 * hits / max(1, said + right):.2f} | {right} |"


def reliability(model: Cascade, mails: list[Example]) -> list[tuple[float, float, int]]:
    """Of each band of scores: the mean score, the share that was right, and how many."""
    scores, truth = [], []
    for mail in mails:
        if mail.labels or not mail.has_cpr:
            scores.append(model.understand(mail.texts).any)
            truth.append(bool(mail.labels))
    place = np.digitize(scores, _BINS[1:-1])
    found = []
    for band in range(len(_BINS) - 1):
        here = place == band
        if here.any():
            found.append(
                (float(np.array(scores)[here].mean()), float(np.array(truth)[here].mean()), int(here.sum()))
            )
    return found


def plot(points: list[tuple[float, float, int]]) -> str:
    """The reliability plot as SVG; a dot's area is its number of mails."""
    side, edge = 360, 40

    def x(value: float) -> float:
        return edge + value * side

    def y(value: float) -> float:
        return edge + (1 - value) * side

    size = side + 2 * edge
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" font-family="sans-serif" font-size="11">',  # noqa: E501
        f'<rect width="{size}" height="{size}" fill="white"/>',
        f'<rect x="{edge}" y="{edge}" width="{side}" height="{side}" fill="none" stroke="#999"/>',
        f'<line x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}" stroke="#bbb" stroke-dasharray="4"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<text x="{x(tick)}" y="{y(0) + 16}" text-anchor="middle">{tick:.2f}</text>')
        parts.append(f'<text x="{x(0) - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:.2f}</text>')
    line = " ".join(f"{x(score):.1f},{y(share):.1f}" for score, share, _ in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#2563a8"/>')
    parts += [
        f'<circle cx="{x(score):.1f}" cy="{y(share):.1f}" r="{2 + count**0.5 / 2:.1f}" fill="#2563a8" fill-opacity="0.6"/>'  # noqa: E501
        for score, share, count in points
    ]
    parts.append(f'<text x="{x(0.5)}" y="{size - 6}" text-anchor="middle">score given</text>')
    parts.append(
        f'<text x="{x(0.5)}" y="{edge - 14}" text-anchor="middle">share that had to be sent securely</text>'
    )
    return "\n".join([*parts, "</svg>\n"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    model = load_model(asked.folder)
    if model is None:
        parser.error(f"no model in {asked.folder}")
    mails = examples("dev")
    print(figures(model, mails))
    (asked.folder / "reliability.svg").write_text(plot(reliability(model, mails)))


if __name__ == "__main__":
    main()
