"""What is measured of scores: how well mails that must be encrypted stand above the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def per_mail(window_scores: Array, owner: Sequence[int], mails: int) -> Array:
    """The best score of each mail's windows, column by column; -20 where a mail has none."""
    best = np.full((mails, window_scores.shape[1]), -20.0)
    np.maximum.at(best, np.asarray(owner, int), window_scores)
    return best


def auc(scores: Array, truth: NDArray[np.bool_]) -> float:
    """The share of pairs (positive, negative) in the right order."""
    order = np.argsort(np.concatenate([scores[~truth], scores[truth]]), kind="stable")
    ranks = np.empty(len(order))
    ranks[order] = np.arange(len(order))
    negatives, positives = int((~truth).sum()), int(truth.sum())
    return float((ranks[negatives:].sum() - positives * (positives - 1) / 2) / (positives * negatives))


def recall_at(scores: Array, truth: NDArray[np.bool_], share: float) -> tuple[float, float]:
    """Recall where the share of false alarms is at most *share*, and the threshold."""
    negative = np.sort(scores[~truth])[::-1]
    threshold = float(negative[int(share * len(negative))])
    return float((scores[truth] > threshold).mean()), threshold


def micro_f1(held: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    hits = int((held & truth).sum())
    return 2 * hits / max(1, int(held.sum()) + int(truth.sum()))


def best_global_f1(scores: Array, truth: NDArray[np.bool_]) -> tuple[float, float]:
    """The best micro F1 over one threshold for all labels, and that threshold."""
    candidates = np.quantile(scores, np.linspace(0.5, 0.999, 200))
    return max((micro_f1(scores >= t, truth), float(t)) for t in candidates)
