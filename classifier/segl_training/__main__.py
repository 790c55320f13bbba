"""``python -m segl_training FOLDER``: corpus to model, step by step; what is there already is kept.

    finetune   encoder.pt, encoder.onnx, tokenizer.json
    lesson     lesson.npz
    distill    linear.npz    } at the same time
    sieve      sieve.onnx    }
    fit        fit.json
    tradeoff   tradeoff.jsonl, beside what is shipped

On two quiet cores, for 17,500 windows, the first took some 40 minutes, its answers 11, the sieve 20 and the linear
stage 3 beside it; the corpus has 22,300 now.
"""

from __future__ import annotations

import argparse
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch

from segl_training import distill, finetune, fit, lesson, sieve, tradeoff
from segl_training.stored import load

SHIPPED = ("encoder.onnx", "tokenizer.json", "linear.npz", "sieve.onnx", "fit.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the steps leave what they make")
    parser.add_argument("--ship", type=Path, help="copy what is shipped to this folder at the end")
    parser.add_argument("--plain", type=Path, help="plain Danish text for the linear stage to learn from too")
    parser.add_argument("--rounds", type=int, default=2, help="of fine-tuning after the first")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    started = time.monotonic()
    torch.set_num_threads(2)
    if not (asked.folder / "encoder.onnx").exists():
        finetune.train(asked.folder, asked.rounds, asked.seed)
    _small_stages(asked.folder, asked.plain, asked.seed)
    fit.write(asked.folder)
    if asked.ship:
        asked.ship.mkdir(parents=True, exist_ok=True)
        for name in SHIPPED:
            shutil.copyfile(asked.folder / name, asked.ship / name)
        tradeoff.make(asked.ship)
    print(f"{time.monotonic() - started:.0f} s in all")


def _small_stages(folder: Path, plain: Path | None, seed: int) -> None:
    """At the same time, both of one lesson."""
    missing = [
        (stage, stage.EPOCHS)
        for stage, file in ((distill, "linear.npz"), (sieve, "sieve.onnx"))
        if not (folder / file).exists()
    ]
    if not missing:
        return
    lesson.prepared(folder, load(folder)[0].words.weight.detach().numpy(), plain, seed)
    with ProcessPoolExecutor(2, get_context("spawn"), torch.set_num_threads, (1,)) as stages:
        running = [stages.submit(stage.train, folder, plain, epochs, seed) for stage, epochs in missing]
        for each in running:
            each.result()


if __name__ == "__main__":
    main()
