"""What the fit promises of the mails it was fitted on: how many harmless ones go securely."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from segl.vocabulary import Label
from segl_classifier.message import Source, Text
from segl_classifier.understanding import passing
from segl_classifier.understanding.interface import Window
from segl_classifier.understanding.loading import load_model
from segl_training.corpus import LABELS, Example, Labelled
from segl_training.fit import OPEN, Material, Mixture, fit
from segl_training.in_passing import Sentences, sentences

HEALTH = LABELS.index(Label.HEALTH)


def material(harmless: int = 300, ill: int = 200, by_themselves: Sentences | None = None) -> Material:
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
    return Material(mails, windows, logits, logits, logits, truth, by_themselves or Sentences.none())


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
    found = material(by_themselves=Sentences(owner, logits, logits, logits))
    numbers: Any = fit(found, 0.02, 0.03, Mixture(found, 0.5, 0.7, OPEN))
    slope, offset = numbers["slope"][0], numbers["offset"][0]
    by_itself = 1 / (1 + np.exp(-(6.0 * slope + offset - passing.BY)))
    assert by_itself < numbers["any"]["holds"]  # a third of the harmless mails would go securely
    quiet: Any = fit(material(), 0.02, 0.03, Mixture(material(), 0.5, 0.7, OPEN))
    assert by_itself >= quiet["any"]["holds"]


@pytest.mark.slow
def test_what_it_fits_by_sentences_is_what_the_cascade_says_of_them() -> None:
    model = load_model()
    assert model is not None
    model = replace(model, fit=replace(model.fit, thresholds={}))  # nothing is held, so all are asked about
    among = "Taget bliver lagt om i uge 14. {} Printeren er flyttet til kopirummet på første sal."
    matters = (
        "Lis Møller har fået diagnosen skizofreni og er indlagt.",
        "Torben Riis er dømt for vold igen.",
        "Hej.",
    )
    mails = [[Text(among.format(matter), "part 1", Source.BODY)] for matter in matters]
    read = sentences(mails, model.linear.logits, model.sieve.logits, model.encoder.logits)
    best = read.best(len(mails), model.fit.sieve_share, model.fit.encoder_share, model.fit.gates)[:, 0]
    fitted = 1 / (1 + np.exp(-(best * model.fit.slope[0] + model.fit.offset[0] - passing.BY)))
    for mail, score in zip(mails, fitted, strict=True):
        said = [r.any for r in model.understand(mail).readings if passing.by_itself(r)]
        assert max(said, default=0.0) == pytest.approx(score, abs=1e-4)
    assert min(fitted[:2]) > 0.01 > fitted[2]
