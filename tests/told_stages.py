"""Stages of the model that say what a test tells them to, in place of the shipped ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segl.vocabulary import Label
from segl_classifier.understanding import cascade
from segl_classifier.understanding.cascade import LABELS, Cascade
from segl_classifier.understanding.interface import Reading
from segl_classifier.understanding.passing import by_itself


@dataclass
class Says:
    """A stage that finds of each text what *tells* says, and what it was asked."""

    tells: Mapping[str, Label]
    asked: list[str] = field(default_factory=list)
    rest: float = -4.0

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        rows = np.full((len(texts), 1 + len(LABELS)), self.rest, np.float32)
        for number, text in enumerate(texts):
            if text in self.tells:
                rows[number, [0, 1 + LABELS.index(self.tells[text])]] = 4.0
        return rows


def saying(model: Cascade, tells: Mapping[str, Label]) -> Cascade:
    """*model*, all of whose stages say so."""
    stages: dict[str, Any] = {name: Says(tells) for name in ("linear", "sieve", "encoder")}
    return replace(model, frame=None, **stages)


def running_out(model: Cascade, text: str, patch: pytest.MonkeyPatch, stage: str = "sieve") -> Cascade:
    """*model*, one *stage* of which takes all the time that there is to read *text*."""
    clock = SimpleNamespace(now=0.0)
    real: Any = getattr(model, stage)

    class Slow:
        def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
            clock.now += (text in texts) * (model.budget.seconds + 1)
            return np.asarray(real.logits(texts))

    slow: Any = {stage: Slow()}
    patch.setattr(cascade, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return replace(model, **slow)


def alone(readings: Sequence[Reading]) -> list[Reading]:
    """Those of sentences and titles that were read by themselves."""
    return [reading for reading in readings if by_itself(reading)]
