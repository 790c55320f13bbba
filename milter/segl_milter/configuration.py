"""The configuration of one generation of workers: settings, rules, model and the receipts' key, loaded together."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from segl.receipts.key import KeyUnusable, ReceiptKey
from segl.settings.document import Settings
from segl.settings.file import load_settings
from segl_classifier.rules import RuleSet, load_rules
from segl_classifier.understanding.interface import Model


@dataclass(frozen=True, slots=True)
class Configuration:
    """*receipt_key* is a fault when there is none to be had: then mail goes as ever, and without receipts."""

    settings: Settings
    rules: RuleSet
    model: Model | None = None
    receipt_key: ReceiptKey | KeyUnusable | None = None

    @property
    def workers(self) -> int:
        """How many workers to run: as many as set, else one for each core this process may use."""
        return self.settings.milter.workers or len(os.sched_getaffinity(0))


def read_configuration(file: Path) -> Configuration:
    """Settings from *file*, the rules they name and the model. Raises :class:`SeglError` with every fault."""
    settings = load_settings(file)
    rules = load_rules(settings.detection.rules)
    model = _model() if settings.detection.model else None
    return Configuration(settings, rules, model, _receipt_key(settings))


def _receipt_key(settings: Settings) -> ReceiptKey | KeyUnusable:
    try:
        return ReceiptKey.load(settings.receipts.key)
    except KeyUnusable as error:
        return error


@cache
def _model() -> Model | None:
    """The shipped model, loaded once and whole: it comes with the program, and a new one with a new start."""
    from segl_classifier.understanding.loading import load_model

    return load_model(whole=True)
