"""``python -m segl_training FOLDER``: corpus to model, step by step. What an earlier run with the same texts, seed and
program left in FOLDER is kept; of another run it is taken away.

    finetune   encoder.pt, encoder.onnx, tokenizer.json
    lesson     lesson.npz
    distill    linear.npz
    sieve      sieve.onnx
    fit        fit.json
    tradeoff   tradeoff.jsonl, beside what is shipped

On two quiet cores the first takes 26 to 34 minutes, its answers 8 and the small stages 9 (docs/decisions/0066).
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from hashlib import sha256
from pathlib import Path

import torch

from segl_training import distill, finetune, fit, sieve, tradeoff
from segl_training.corpus import FOLDER
from segl_training.stored import lesson_of

LEFT = ("encoder.pt", "encoder.onnx", "tokenizer.json", "lesson.npz", "linear.npz", "sieve.onnx", "fit.json")
SHIPPED = ("encoder.onnx", "tokenizer.json", "linear.npz", "sieve.onnx", "fit.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the steps leave what they make")
    parser.add_argument("--ship", type=Path, help="copy what is shipped to this folder at the end")
    parser.add_argument("--plain", type=Path, help="plain Danish text for the linear stage to learn from too")
    parser.add_argument("--like", type=Path, help="a fit.json whose shares and gates to take")
    parser.add_argument("--rounds", type=int, default=1, help="of fine-tuning after the first")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    started = time.monotonic()
    torch.set_num_threads(2)
    _begin(asked.folder, _of_what(asked.seed, asked.rounds, asked.plain))
    if not (asked.folder / "encoder.onnx").exists():
        finetune.train(asked.folder, asked.rounds, asked.seed)
    _small_stages(asked.folder, asked.plain, asked.seed)
    fit.write(
        asked.folder, numbers=json.loads(asked.like.read_text(encoding="utf-8")) if asked.like else None
    )
    if asked.ship:
        asked.ship.mkdir(parents=True, exist_ok=True)
        for name in SHIPPED:
            shutil.copyfile(asked.folder / name, asked.ship / name)
        tradeoff.make(asked.ship)
    print(f"{time.monotonic() - started:.0f} s in all")


def _of_what(seed: int, rounds: int, plain: Path | None) -> str:
    """What tells a run from one on other texts, with another seed or by another program."""
    files = [*sorted(FOLDER.glob("train_*.jsonl")), *sorted(Path(__file__).parent.glob("*.py"))]
    digest = sha256(f"{seed} {rounds}".encode())
    for file in [*files, *([plain] if plain else [])]:
        digest.update(sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _begin(folder: Path, of_what: str) -> None:
    """Take away what a run on something else left in *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "of-what.txt"
    if not note.exists() or note.read_text("ascii") != of_what:
        for name in LEFT:
            (folder / name).unlink(missing_ok=True)
    note.write_text(of_what, "ascii")


def _small_stages(folder: Path, plain: Path | None, seed: int) -> None:
    """One after the other, each on all cores: side by side their threads wait for one another."""
    left = [
        stage
        for stage, file in ((distill, "linear.npz"), (sieve, "sieve.onnx"))
        if not (folder / file).exists()
    ]
    if left:
        lesson = lesson_of(folder, plain, seed)
        for stage in left:
            stage.train(folder, lesson, stage.EPOCHS, seed)


if __name__ == "__main__":
    main()
