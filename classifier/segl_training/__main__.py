"""``python -m segl_training FOLDER``: corpus to model, step by step; what is there already is kept.

    finetune   encoder.pt, encoder.onnx, tokenizer.json
    distill    linear.npz
    sieve      sieve.onnx
    fit        fit.json
    tradeoff   tradeoff.jsonl, beside what is shipped

The first step takes most of the time: about 40 minutes on two quiet cores; the sieve takes 50 of one.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path

import torch

from segl_training import distill, finetune, fit, sieve, tradeoff

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
    if not (asked.folder / "linear.npz").exists():
        distill.train(asked.folder, asked.plain, 10, asked.seed)
    if not (asked.folder / "sieve.onnx").exists():
        sieve.train(asked.folder, asked.plain, sieve.EPOCHS, asked.seed)
    fit.write(asked.folder)
    if asked.ship:
        asked.ship.mkdir(parents=True, exist_ok=True)
        for name in SHIPPED:
            shutil.copyfile(asked.folder / name, asked.ship / name)
        tradeoff.make(asked.ship)
    print(f"{time.monotonic() - started:.0f} s in all")


if __name__ == "__main__":
    main()
