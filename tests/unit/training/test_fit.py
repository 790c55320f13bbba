"""What the fit promises of the mails it was fitted on: how many harmless ones go securely."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segl.vocabulary import Label
from segl_classifier.message import Source
from segl_classifier.understanding.reading import Window
from segl_training.corpus import LABELS, Example, Labelled
from segl_training.fit import OPEN, Material, Mixture, fit
from segl_training.in_passing import Sentences

HEALTH = LABELS.index(Label.HEALTH)


def material(harmless: int = 300, ill: int = 200, sentences: Sentences | None = None) -> Material:
    """Mails of one window each, the ill ones mostly above the others; all stages say the same."""
    chance = np.random.default_rng(1)
    told = np.arange(harmless + ill) >= harmless
    logits = chance.normal(-3, 1, (len(told), 1 + len(LABELS)))
    logits[told, 0] += 3
    logits[told, 1 + HEALTH] = logits[told, 0] + chance.normal(0, 1, ill)
    mails = [
        Example(str(n), str(n), (), frozenset({Label.HEALTH} if it else ()), False, ())
        for n, it in enumerate(told)
    ]
    windows = [
        Labelled(Window("", "part 1", Source.BODY, 0, 0, 0), n, (0.0,) * len(LABELS), 1.0)
        for n in range(len(told))
    ]
    truth = np.zeros((len(told), len(LABELS)), bool)
    truth[:, HEALTH] = told
    return Material(mails, windows, logits, logits, logits, truth, sentences or Sentences.none())


@pytest.mark.parametrize(("holds", "unsure"), [(0.02, 0.03), (0.05, 0.08), (0.0, 0.0)])
def test_no_more_harmless_mails_go_securely_than_was_asked(holds: float, unsure: float) -> None:
    found = material()
    numbers: Any = fit(found, holds, unsure, Mixture(found, 0.5, 0.7, OPEN))
    scores = 1 / (1 + np.exp(-(found.linear * numbers["slope"] + numbers["offset"])))
    harmless = ~found.anything
    for name, share in (("holds", holds), ("unsure", unsure)):
        whole = scores[:, 0] >= numbers["any"][name]
        room = scores[:, 0] >= numbers["any"]["opens"]
        limits = [numbers["labels"][label.value][name] for label in LABELS]
        by_category = room & (np.minimum(scores[:, 1:], scores[:, :1]) >= limits).any(axis=1)
        alone = whole & ~by_category
        assert alone[harmless].sum() <= max(0, share * harmless.sum() - by_category[harmless].sum())
        assert (whole | by_category)[~harmless].mean() > 0.5
    assert numbers["any"]["holds"] >= numbers["any"]["unsure"] >= numbers["any"]["opens"]


def test_of_sentences_by_themselves_it_is_promised_too() -> None:
    """A harmless mail in three has one that all stages are sure of."""
    owner = np.arange(0, 300, 3)
    logits = np.full((len(owner), 1 + len(LABELS)), 6.0)
    found = material(sentences=Sentences(owner, logits, logits, logits))
    loud, quiet = (fit(one, 0.02, 0.03, Mixture(one, 0.5, 0.7, OPEN)) for one in (found, material()))
    assert loud["any"]["holds"] > quiet["any"]["holds"]  # type: ignore[index]
