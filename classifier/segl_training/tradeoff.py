"""Writes ``tradeoff.jsonl`` beside the model: the features of the texts of ``dev_*``, for ``segl thresholds``.

    python -m segl_training.tradeoff classifier/model

To be run whenever the model is made anew; half a minute.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

from segl_classifier.classify import gather
from segl_classifier.evaluation.labelled import read_labelled
from segl_classifier.evaluation.measure import measure
from segl_classifier.evaluation.tradeoff import NAME, Corpus, write
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.asking import Budget
from segl_classifier.understanding.loading import load_model

CORPUS = Path(__file__).resolve().parents[1] / "corpus"


def make(folder: Path) -> Path:
    """The file, written into *folder*, where the model is."""
    model, rules = load_model(folder, Budget()), shipped_rules()
    if model is None:
        raise SystemExit(f"no model in {folder}")
    # Where the corpus lies must make no other file.
    records = (
        replace(record, place=Path(record.place).name)
        for record in read_labelled(sorted(CORPUS.glob("dev_*.jsonl")))
    )
    found = partial(gather, rules=rules, model=model)
    texts = tuple(measure(record, found, rules, model) for record in records)
    file = folder / NAME
    write(file, Corpus(texts, model.digest))
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    print(make(parser.parse_args().folder))


if __name__ == "__main__":
    main()
