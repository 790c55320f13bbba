"""Loads the trained model from its folder: ``linear.npz``, ``sieve.onnx``, ``encoder.onnx``, ``tokenizer.json``,
``fit.json``; and, where they are there, ``persons.crfsuite`` and ``names.npz`` for the frame."""

from __future__ import annotations

import json
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from segl.errors import SeglError
from segl_classifier.understanding.asking import Budget, Gates
from segl_classifier.understanding.cascade import LABELS, Cascade, Fit
from segl_classifier.understanding.frame import Frame
from segl_classifier.understanding.interface import ModelThresholds, Threshold
from segl_classifier.understanding.linear import Linear
from segl_classifier.understanding.network import Vocabulary
from segl_classifier.understanding.recalling import Encoder, Sieve

_FILES = ("linear.npz", "sieve.onnx", "encoder.onnx", "tokenizer.json", "fit.json")


def shipped_model() -> Path | None:
    """Where the model of this installation lies: in the package, or in the checkout it runs from."""
    here = Path(__file__).resolve().parents[1]
    for folder in (here / "shipped_model", here.parent / "model"):
        if (folder / "fit.json").is_file():
            return folder
    return None


def load_model(
    folder: Path | None = None, budget: Budget | None = None, *, whole: bool = False
) -> Cascade | None:
    """The model in *folder*, or the shipped one; ``None`` if none is shipped. With *whole* what is else loaded when
    first asked is loaded now: for servers, before they fork, so that it is shared and no message waits for it.
    Raises :class:`SeglError` when there is a folder and the model in it cannot be used."""
    folder = folder or shipped_model()
    if folder is None:
        return None
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise SeglError(f"{folder}: {', '.join(missing)} missing", hint="install the package again")
    try:
        stored = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
        fit = _fit(stored)
        linear = Linear.load(folder / "linear.npz")
        vocabulary = Vocabulary(folder / "tokenizer.json")
        sieve = Sieve(folder / "sieve.onnx", vocabulary)
        encoder = Encoder(folder / "encoder.onnx", vocabulary)
        # Lowering is on where it was measured to lose nothing: who fitted the model says so.
        frame = Frame.of(folder) if stored.get("lowering", False) else None
        if whole and frame is not None:
            frame.prepare()
    except Exception as error:  # whatever the libraries make of a damaged file
        raise SeglError(
            f"{folder}: the model cannot be loaded ({type(error).__name__})", hint="install the package again"
        ) from error
    return Cascade(linear, sieve, encoder, fit, budget or Budget(), frame, digest_of(folder))


def load_thresholds(folder: Path | None = None) -> ModelThresholds | None:
    """The thresholds of the model that :func:`load_model` would load, and nothing else of it."""
    folder = folder or shipped_model()
    if folder is None:
        return None
    try:
        fit = _fit(json.loads((folder / "fit.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SeglError(
            f"{folder}: the model cannot be loaded ({type(error).__name__})", hint="install the package again"
        ) from error
    return ModelThresholds(fit.thresholds, fit.any_threshold, digest_of(folder))


def digest_of(folder: Path) -> str:
    """What tells this model's scores from another's: they are all fitted in one file."""
    return sha256((folder / "fit.json").read_bytes()).hexdigest()[:16]


def _fit(stored: dict[str, Any]) -> Fit:
    labels = stored["labels"]
    return Fit(
        gates=Gates(**{gate.name: float(stored[gate.name]) for gate in fields(Gates)}),
        sieve_share=float(stored["sieve_share"]),
        encoder_share=float(stored["encoder_share"]),
        slope=tuple(map(float, stored["slope"])),
        offset=tuple(map(float, stored["offset"])),
        thresholds={label: _threshold(labels[label.value]) for label in LABELS if label.value in labels},
        any_threshold=_threshold(stored["any"]),
    )


def _threshold(stored: dict[str, Any]) -> Threshold:
    opens = stored.get("opens")
    return Threshold(float(stored["holds"]), float(stored["unsure"]), None if opens is None else float(opens))
