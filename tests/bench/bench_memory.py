"""Memory of ``segl-milter`` with its model: at the start, and after many messages.

Messages come over the milter protocol itself, several connections at once, one message a connection: half of the
mix of :mod:`bench.mix`, half drawn from all labelled mails (so that the encoder has work, and ever new words come by).
No two are equal. The memory of every process is looked at time and again; what workers have of their own must
not grow once they have seen some thousand messages. Some of them are relieved by others meanwhile, none may die.

    python tests/bench/bench_memory.py [--messages 10000] [--workers 2] [--sessions 4]

With ``--messages 100000`` it takes about twenty minutes on two cores. Bars: 350 MB for the first process (the larger
of the parent's and a worker's RSS), 60 MB of its own for each worker, ready within 5 s (3 s where there is no
model: words alone decide then, as in ``bench_milter.py --words``); after the first fifth, 5 MB more at most.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import mix, office
from bench.processes import Memory, bar, children, family, memory, name_of, tell_noise
from segl import headers
from world.milterclient import Answer
from world.milterprocess import RunningMilter

FIRST_MB, WORKER_MB, GROWTH_MB = 350, 60, 5
READY_SECONDS, READY_SECONDS_BY_WORDS = 5, 3
_PIECE = 250  # messages made at once
_LOOKS = 20
_WARM = 0.2


@dataclass(frozen=True, slots=True)
class Look:
    """The memory of all processes after so many messages; readers are those that open attachments."""

    messages: int
    seconds: float
    parent: Memory
    workers: dict[int, Memory]
    readers: list[Memory]

    @property
    def together(self) -> float:
        return sum(m.pss for m in (self.parent, *self.workers.values(), *self.readers))

    @property
    def most_own(self) -> float:
        return max((m.private for m in self.workers.values()), default=0.0)


def main() -> int:
    options = _options()
    tell_noise()
    with tempfile.TemporaryDirectory(prefix="segl-bench-") as name:
        milter = RunningMilter(Path(name))
        milter.write(workers=options.workers)
        milter.daemon.start(60)
        try:
            looks, answers = _measure(milter, options)
            died, relieved = (len(milter.events(name)) for name in ("worker_died", "worker_relieved"))
        finally:
            milter.daemon.stop()
        print(f"{relieved} workers were relieved by others")
        return 0 if report(looks, answers, milter.daemon.ready_seconds, died) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sessions", type=int, default=4)
    return parser.parse_args()


def _measure(milter: RunningMilter, options: argparse.Namespace) -> tuple[list[Look], dict[str, int]]:
    answers: dict[str, int] = {}
    begun = time.monotonic()
    looks = [_look(milter, 0, begun)]
    every = max(_PIECE, options.messages // _LOOKS)
    sent = 0
    for piece in _pieces(options.messages):
        _send(milter, piece, options.sessions, answers)
        sent += len(piece)
        if sent // every > looks[-1].messages // every or sent == options.messages:
            looks.append(_look(milter, sent, begun))
    return looks, answers


def _pieces(count: int) -> Iterator[list[bytes]]:
    for number, start in enumerate(range(0, count, _PIECE), 1):
        size = min(_PIECE, count - start)
        half = [sample.raw for sample in mix.messages(size // 2, seed=number)]
        yield half + office.any_mail(size - len(half), seed=number)


def _send(milter: RunningMilter, mails: list[bytes], sessions: int, answers: dict[str, int]) -> None:
    waiting = iter(mails)
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                raw = next(waiting, None)
            if raw is None:
                return
            kind = _kind(_one(milter, raw))
            with lock:
                answers[kind] = answers.get(kind, 0) + 1

    threads = [threading.Thread(target=work) for _ in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _one(milter: RunningMilter, raw: bytes) -> Answer:
    with milter.client(seconds=60) as client:
        return client.message("kontor@nordby.example", ["kunde@firma.example"], raw)


def _kind(answer: Answer) -> str:
    """The decision as the milter marked it, or what it said instead."""
    if answer.verdict not in ("a", "c"):
        return f"refused ({answer.reply or answer.verdict})"
    return answer.headers.get(headers.ROUTE, "no mark")


def _look(milter: RunningMilter, messages: int, begun: float) -> Look:
    parent = milter.daemon.pid
    workers = set(milter.workers())
    templates = [
        pid for pid in children(parent) if pid not in workers and "confined.template" in name_of(pid)
    ]
    return Look(
        messages,
        time.monotonic() - begun,
        memory(parent),
        {pid: memory(pid) for pid in sorted(workers)},
        [memory(pid) for template in templates for pid in family(template)],
    )


def report(looks: list[Look], answers: dict[str, int], ready: float, died: int) -> bool:
    from segl_classifier.understanding.loading import shipped_model

    model = shipped_model() is not None
    print("with the model" if model else "WITHOUT A MODEL")
    print(
        f"{'messages':>10}{'msg/s':>8}{'parent':>9}{'workers: RSS':>14}{'of their own':>22}{'readers':>9}{'all':>8}  MB"
    )
    for look, before in zip(looks, (looks[0], *looks), strict=False):
        passed = look.seconds - before.seconds
        rate = f"{(look.messages - before.messages) / passed:.0f}" if passed else ""
        rss = max(m.rss for m in look.workers.values())
        own = " ".join(f"{m.private:.1f}" for m in look.workers.values())
        readers = sum(m.pss for m in look.readers)
        print(
            f"{look.messages:10}{rate:>8}{look.parent.rss:9.0f}{rss:14.0f}{own:>22}{readers:9.0f}{look.together:8.0f}"
        )
    print("answers: " + ", ".join(f"{count} {kind}" for kind, count in sorted(answers.items())) + "\n")
    total = looks[-1].messages
    first = max(m.rss for look in looks for m in (look.parent, *look.workers.values()))
    most = max(look.most_own for look in looks)
    growth = _growth(looks)
    soon = READY_SECONDS if model else READY_SECONDS_BY_WORDS
    refused = sum(count for kind, count in answers.items() if kind.startswith(("refused", "no mark")))
    return all(
        [
            bar("the first process, RSS", f"{first:.0f} MB", first <= FIRST_MB, f"at most {FIRST_MB} MB"),
            bar("a worker's own", f"{most:.1f} MB", most <= WORKER_MB, f"at most {WORKER_MB} MB"),
            bar(
                f"growth of a worker from message {int(total * _WARM)} to {total}",
                f"{growth:+.1f} MB",
                growth <= GROWTH_MB,
                f"at most {GROWTH_MB} MB",
            ),
            bar("start to ready", f"{ready:.2f} s", ready <= soon, f"at most {soon} s"),
            bar("workers that died", str(died), not died, "none"),
            bar("refused or unmarked", str(refused), not refused, "none"),
        ]
    )


def _growth(looks: list[Look]) -> float:
    """What the mean private memory of the workers has gained since the first fifth: the last fifth against the
    second, so that one look at a busy moment decides nothing."""
    total = looks[-1].messages
    own = [
        (look.messages / total, statistics.mean(m.private for m in look.workers.values())) for look in looks
    ]
    early = [mb for done, mb in own if _WARM <= done <= 2 * _WARM] or [own[0][1]]
    late = [mb for done, mb in own if done >= 1 - _WARM]
    return statistics.mean(late) - statistics.mean(early)


if __name__ == "__main__":
    sys.exit(main())
