"""Processor time of a message through the classifier, everything on, and ``segl check`` from start to end.

Ordinary mail of 150 words (:mod:`bench.office`), then mails with a PDF and a Word file of 60 KB. What counts is
processor time of one core, in this process and in those that read attachments. Each round is a fork of a process that
has read some hundred other mails, as a worker of the milter has: what it remembers of words is then the same in
each round, and none of the mails measured is in it. A mail's figure is its median over the rounds.

    python tests/bench/bench_classify.py [--model DIR] [--mails 300] [--rounds 3] [--files 60] [--no-check]

Bars: a mean of 4 ms and 99 in 100 within 60 ms; 15 ms with a file; ``segl check`` of one file within 1.5 s.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import office
from bench.processes import (
    Meter,
    bar,
    children,
    family,
    fine_cpu_seconds,
    share,
    tell_noise,
    wanted_seconds,
)
from bench.stages import STAGES, watched
from segl.settings.detection import Limits
from segl_classifier.classify import classify
from segl_classifier.evaluation.letter import letter
from segl_classifier.extract import NO_OCR
from segl_classifier.pool.reader import prepare
from segl_classifier.rules import RuleSet, shipped_rules
from segl_classifier.understanding.cascade import Cascade
from segl_classifier.understanding.loading import load_model

MEAN_MS, P99_MS, FILE_MS, CHECK_SECONDS, CORES = 4, 60, 15, 1.5, 0.75
_COLUMNS = (*STAGES, "readers")
_DIRECTORY = 1_000


@dataclass
class Reader:
    """The classifier as the milter runs it, and the processes that read for it."""

    rules: RuleSet
    model: Cascade | None
    template: list[int]

    def judge(self, raw: bytes) -> None:
        classify(raw, self.rules, model=self.model)

    def forget(self) -> None:
        """The mails are made of the same few hundred: what was said of one would answer for the next."""
        if self.model:
            self.model.sieve.forget()
            self.model.encoder.forget()

    def readers(self) -> list[int]:
        return [pid for template in self.template for pid in family(template)]


@dataclass
class Spent:
    """What one message took: milliseconds all told, and by stage; windows, and those the encoder read."""

    total: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    windows: int = 0
    asked: int = 0


def main() -> int:
    options = _options()
    tell_noise()
    reader = _start(options.model)
    if reader.model is None:
        print("NO MODEL: the stages that understand are not in these figures")
    good = ordinary_mail(reader, options.mails, options.rounds)
    good &= mail_with_a_file(reader, options.files)
    if options.check:
        good &= check_command()
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, help="a folder with a model (default: the shipped one)")
    parser.add_argument("--mails", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=60, help="of each type")
    parser.add_argument("--no-check", dest="check", action="store_false", help="leave segl check out")
    return parser.parse_args()


def _start(folder: Path | None) -> Reader:
    prepare(Limits(), NO_OCR)
    model = load_model(folder)
    assert model is None or isinstance(model, Cascade)
    reader = Reader(shipped_rules(), model, children(os.getpid()))
    for record in office.harmless("train_ordinary.jsonl", "train_utilities.jsonl"):
        reader.judge(letter(replace(record, attachments=())))
    for number in range(3):
        reader.judge(office.with_file(office.pdf(-1 - number), "bilag.pdf"))
    return reader


def ordinary_mail(reader: Reader, count: int, rounds: int) -> bool:
    mails = office.ordinary(count)
    whole = [_forked(lambda: [_whole(reader, raw) for raw in mails]) for _ in range(rounds)]
    staged = [_forked(lambda: _staged(reader, mails)) for _ in range(rounds)]
    totals = [statistics.median(r[n].total for r in whole) for n in range(count)]
    print(f"\n{count} ordinary mails of some {office.WORDS} words, median of {rounds} rounds\n")
    _table({"plain": _of(staged, lambda n: n % 3 != 2), "HTML": _of(staged, lambda n: n % 3 == 2)})
    windows, asked = sum(s.windows for s in staged[0]), sum(s.asked for s in staged[0])
    touched = sum(bool(s.asked) for s in staged[0])
    print(
        f"\n{windows / count:.1f} windows a mail; the encoder read {asked / max(windows, 1):.1%} of them, "
        f"in {touched / count:.0%} of the mails"
    )
    mean, p50, p99 = statistics.mean(totals), share(totals, 0.5), share(totals, 0.99)
    noise = [statistics.mean(s.total for s in r) for r in whole]
    print(
        f"median {p50:.2f} ms, longest {max(totals):.1f} ms, "
        f"means of the rounds {min(noise):.2f} to {max(noise):.2f} ms"
    )
    return all(
        [
            bar("mean of ordinary mail", f"{mean:.2f} ms", mean <= MEAN_MS, f"at most {MEAN_MS} ms"),
            bar("99 in 100", f"{p99:.1f} ms", p99 <= P99_MS, f"at most {P99_MS} ms"),
        ]
    )


def mail_with_a_file(reader: Reader, count: int) -> bool:
    """In this process: its readers are forked by one template, and are kept."""
    staged: dict[str, list[list[Spent]]] = {}
    results = []
    for name, make in (("PDF", office.pdf), ("DOCX", office.docx)):
        mails = [office.with_file(make(number), f"bilag.{name.lower()}") for number in range(2 * count)]
        meter = Meter(fine_cpu_seconds)
        started = time.process_time() + meter.seconds(reader.readers())
        whole = [_whole(reader, raw) for raw in mails[:count]]
        mean = (time.process_time() + meter.seconds(reader.readers()) - started) * 1000 / count
        staged[f"{name} 60 KB"] = [_staged(reader, mails[count:])]
        highest = share([s.total for s in whole], 0.95)
        results.append((name, mean, highest))
    print(f"\n{count} mails with a file of 60 KB, two pages of text and a picture\n")
    _table(staged)
    print()
    met = [
        bar(
            f"mean with a {name} of 60 KB",
            f"{mean:.1f} ms, 95 in 100 within {highest:.1f} ms",
            mean <= FILE_MS,
            f"at most {FILE_MS} ms",
        )
        for name, mean, highest in results
    ]
    return all(met)


def _whole(reader: Reader, raw: bytes) -> Spent:
    """A message as it is: one call, nothing watched on the way."""
    reader.forget()
    meter = Meter(fine_cpu_seconds)
    started = time.process_time() + meter.seconds(reader.readers())
    reader.judge(raw)
    return Spent((time.process_time() + meter.seconds(reader.readers()) - started) * 1000)


def _staged(reader: Reader, mails: Sequence[bytes]) -> list[Spent]:
    """The same by stage."""
    result = []
    meter = Meter(fine_cpu_seconds)
    with watched() as watch:
        for raw in mails:
            reader.forget()
            before = meter.seconds(reader.readers())
            watch.call("rest", reader.judge, raw)
            stages, windows, asked = watch.take()
            stages["readers"] = (meter.seconds(reader.readers()) - before) * 1000
            result.append(Spent(sum(stages.values()), stages, windows, asked))
    return result


def _forked(work: Callable[[], list[Spent]]) -> list[Spent]:
    """*work* in a fork of this process, so that nothing of it stays."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            with os.fdopen(write, "w") as out:
                json.dump([asdict(spent) for spent in work()], out)
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as back:
        result = [Spent(**spent) for spent in json.load(back)]
    os.waitpid(pid, 0)
    return result


def _of(rounds: list[list[Spent]], chosen: Callable[[int], bool]) -> list[list[Spent]]:
    return [[spent for number, spent in enumerate(each) if chosen(number)] for each in rounds]


def _table(kinds: dict[str, list[list[Spent]]]) -> None:
    print(f"{'':12}" + "".join(f"{stage:>9}" for stage in (*_COLUMNS, "all")) + "  ms")
    for kind, rounds in kinds.items():
        each = [
            statistics.median(statistics.mean(s.stages[stage] for s in spent) for spent in rounds)
            for stage in _COLUMNS
        ]
        print(f"{kind:12}" + "".join(f"{ms:9.2f}" for ms in (*each, sum(each))))


def check_command() -> bool:
    """``segl check`` as a postmaster runs it."""
    segl = str(Path(sys.executable).parent / "segl")
    with tempfile.TemporaryDirectory(prefix="segl-bench-") as name:
        folder = Path(name)
        for number, raw in enumerate(_many(_DIRECTORY)):
            (folder / f"{number:04}.eml").write_bytes(raw)
        one = [segl, "check", "-q", str(folder / "0001.eml")]
        starts = []
        for _ in range(5):
            begun = time.monotonic()
            subprocess.run(one, stdout=subprocess.DEVNULL)
            starts.append(time.monotonic() - begun)
        rate, used, wanted = _directory([segl, "check", "-q", name])
    print()
    once = statistics.median(starts)
    cores = len(os.sched_getaffinity(0))
    return all(
        [
            bar(
                "segl check of one file", f"{once:.2f} s", once <= CHECK_SECONDS, f"at most {CHECK_SECONDS} s"
            ),
            bar(
                f"segl check of {_DIRECTORY} mails",
                f"{rate:.0f} mails/s with {used / cores:.0%} of {cores} cores, {wanted / cores:.0%} with the time it "
                "waited for one",
                wanted / cores >= CORES,
                f"at least {CORES:.0%} of the cores, those used by others counted in",
            ),
        ]
    )


def _many(count: int) -> list[bytes]:
    """Ordinary mails; each tenth has a file."""
    mails = office.ordinary(count, seed=2)
    for number in range(0, count, 20):
        mails[number] = office.with_file(office.pdf(number), "bilag.pdf")
        mails[number + 10] = office.with_file(office.docx(number), "bilag.docx")
    return mails


def _directory(command: list[str]) -> tuple[float, float, float]:
    """Mails a second, how many cores were at work, and how many would have been if nobody else had used them."""
    meter, wanted = Meter(), Meter(wanted_seconds)
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        pids = family(process.pid)
        meter.seconds(pids)
        wanted.seconds(pids)
        time.sleep(0.05)
    seconds = time.monotonic() - begun
    return _DIRECTORY / seconds, meter.seconds(()) / seconds, wanted.seconds(()) / seconds


if __name__ == "__main__":
    sys.exit(main())
