"""What the record of a decision costs the milter for each message: features, form, datagram; and how long it is.

    .venv/bin/python tests/bench/bench_decisions.py

The messages are the 340 of classifier/corpus/dev_*, judged before the clock runs; a reader takes the datagrams.
"""

from __future__ import annotations

import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from segl.events import Events
from segl.settings.file import parse_settings
from segl_classifier.classify import gather
from segl_classifier.decide import decide
from segl_classifier.evaluation.labelled import read_labelled
from segl_classifier.evaluation.letter import letter
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.loading import load_model
from segl_milter.decisions import Circumstances, Recorder, Sender
from segl_milter.ruling import Ruling

CORPUS = Path(__file__).resolve().parents[2] / "classifier" / "corpus"
ROUNDS = 10


def main() -> None:
    rules, model = shipped_rules(), load_model()
    rules.fingerprints  # noqa: B018 - made before workers are forked
    records = read_labelled([CORPUS / "dev_mixed.jsonl", CORPUS / "dev_ordinary.jsonl"])
    rulings = []
    for record in records:
        found = gather(letter(record), rules, model=model)
        verdict = decide(found.findings, rules, model=model, understanding=found.understanding)
        rulings.append(Ruling(verdict, found))
    settings = parse_settings({"organisation": {"name": "x", "domains": ["nordby.example"]}})
    around = Circumstances("ab" * 32, "4bX1Yz0Q2xz1", "anna@nordby.example", 1, 2000, 0.01)
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as reader:
        path = Path(folder) / "decisions.sock"
        reader.bind(str(path))
        lengths: list[int] = []
        threading.Thread(target=_read, args=(reader, lengths), daemon=True).start()
        recorder = Recorder(Sender(path), rules, settings, Events("bench"), model)
        spent: list[float] = []
        cpu = 0.0
        for ruling in rulings * ROUNDS:
            begun, worked = time.perf_counter(), time.thread_time()
            recorder(ruling, around)
            cpu += time.thread_time() - worked
            spent.append((time.perf_counter() - begun) * 1e6)
            time.sleep(0.0005)  # the reader's turn, as between two messages
    spent.sort()
    print(
        f"{len(spent)} records: median {statistics.median(spent):.0f} µs, 99 % {spent[int(0.99 * len(spent))]:.0f} µs"
    )
    print(f"processor time {cpu / len(spent) * 1e6:.0f} µs each")
    print(f"{statistics.mean(lengths):.0f} bytes on average, most {max(lengths)}")


def _read(reader: socket.socket, lengths: list[int]) -> None:
    while True:
        lengths.append(len(reader.recv(1 << 20)))


if __name__ == "__main__":
    main()
