"""Messages per second through a real Postfix: with no milter, with an empty one, and with Segl's.

One private Postfix instance with a port for each. The mix of :mod:`bench.mix` is sent by 8 sessions, one message a
connection, in rounds that take turns, so that a busy moment of the machine meets all three. Bars: at least 85 %
of the messages per second of the empty milter, 99 in a hundred answered within 100 ms, ready within 3 s of the
start, less than 60 MB a worker of its own.

All three hand each message on by SMTP to the same next hop, Postfix's ``smtp-sink``, which throws it away, as a front
hands it to the secure instance or to its return port. A round is over when the last message has left the queue.

    python tests/bench/bench_milter.py [--rounds 7] [--messages 300] [--sessions 8] [--workers 0] [--words]
        [--pause 0] [--profile]

Needs root and Postfix. ``--profile`` also says where the classifier's time goes. On a machine that others use, ``chrt
-r 1`` in front lets the rounds have the processors for themselves, and ``--pause 3`` the others in between.
"""

from __future__ import annotations

import argparse
import cProfile
import itertools
import os
import pstats
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from bench.gateway import Round, next_hop, postfix, send  # noqa: E402
from bench.mix import Sample, messages  # noqa: E402
from bench.processes import bar, children, memory, tell_noise  # noqa: E402
from world.postfix import PostfixInstance, wait_for_port, wait_until  # noqa: E402
from world.process import Daemon  # noqa: E402

RATIO, P99_MS, READY_SECONDS, WORKER_MB = 0.85, 100, 3, 60
STAGES = ("parse", "extract", "cpr", "rules", "decide")
PORTS = {"no milter": 26125, "empty milter": 26126, "segl-milter": 26127}

_SETTINGS = """\
[organisation]
name = "Nordby Vandværk"
domains = ["nordby-vand.example"]

[milter]
socket = "{socket}"
socket_mode = "0666"
workers = {workers}
"""


def main() -> int:
    options = _options()
    if os.geteuid() != 0 or shutil.which("postfix") is None:
        print("bench_milter needs root and Postfix")
        return 1
    tell_noise()
    samples = messages(options.messages)
    workers = options.workers or len(os.sched_getaffinity(0))
    with rig(workers, model=not options.words) as (gateway, segl, empty):
        milters = {"empty milter": empty.pid, "segl-milter": segl.pid}
        for port in PORTS.values():  # caches, page tables, Postfix's own processes
            send(gateway, port, samples[:40], options.sessions)
        rounds: dict[str, list[Round]] = {name: [] for name in PORTS}
        names = list(PORTS)
        for number in range(options.rounds):
            turn = number % len(names)
            samples = messages(options.messages, seed=number + 1)  # no attachment is met twice
            for name in (*names[turn:], *names[:turn]):
                time.sleep(options.pause)
                done = send(gateway, PORTS[name], samples, options.sessions, milters.get(name))
                rounds[name].append(done)
        passed = report(rounds, options, workers, segl)
    if options.profile:
        profile(samples)
    return 0 if passed else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--workers", type=int, default=0, help="0: one a core")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds before each round")
    parser.add_argument("--words", action="store_true", help="without the model: words alone decide")
    parser.add_argument("--profile", action="store_true", help="where the classifier's time goes")
    return parser.parse_args()


@contextmanager
def rig(
    workers: int, *, model: bool = True
) -> Iterator[tuple[PostfixInstance, Daemon, subprocess.Popen[bytes]]]:
    """Postfix, Segl's milter and the empty one, all running."""
    directory = Path(tempfile.mkdtemp(prefix="segl-bench-"))
    directory.chmod(0o755)
    settings = directory / "segl.toml"
    settings.write_text(segl_settings(directory / "segl.sock", workers, model=model), "utf-8")
    segl = Daemon("segl-milter", "--settings", str(settings), directory=directory)
    empty = subprocess.Popen(
        [sys.executable, str(FOLDER / "empty_milter.py"), str(directory / "empty.sock"), str(workers)]
    )
    sockets = ("", f"unix:{directory}/empty.sock", f"unix:{directory}/segl.sock")
    gateway = postfix(directory, dict(zip(PORTS.values(), sockets, strict=True)))
    try:
        segl.start()
        wait_until((directory / "empty.sock").exists, 10, lambda: "the empty milter does not start")
        with next_hop():
            gateway.start()
            for port in PORTS.values():
                wait_for_port("127.0.0.1", port)
            yield gateway, segl, empty
    finally:
        gateway.stop()
        empty.terminate()
        empty.wait(10)
        segl.stop()
        shutil.rmtree(directory, ignore_errors=True)


def segl_settings(socket: Path, workers: int, *, model: bool = True) -> str:
    settings = _SETTINGS.format(socket=socket, workers=workers)
    return settings if model else settings + "\n[detection]\nmodel = false\n"


def report(rounds: dict[str, list[Round]], options: argparse.Namespace, workers: int, segl: Daemon) -> bool:
    print(
        f"{options.rounds} rounds of {options.messages} messages, {options.sessions} sessions, "
        f"{workers} workers, {len(os.sched_getaffinity(0))} cores\n"
    )
    print(
        f"{'':14}{'msg/s':>8}{'lowest':>8}{'highest':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'left':>8}{'milter CPU':>12}  ms"
    )
    rates = {}
    for name, of_variant in rounds.items():
        each = [options.messages / r.seconds for r in of_variant]
        rates[name] = statistics.median(each)
        times = sorted(t * 1000 for r in of_variant for t in r.latencies)
        p50, p95, p99 = (times[int(len(times) * share)] for share in (0.50, 0.95, 0.99))
        print(
            f"{name:14}{rates[name]:8.0f}{min(each):8.0f}{max(each):8.0f}{p50:8.1f}{p95:8.1f}{p99:8.1f}"
            + f"{statistics.median(options.messages / r.left for r in of_variant):8.0f}"
            + f"{statistics.median(r.cpu for r in of_variant) * 1000 / options.messages:12.2f}"
            + (f"  {refused} refused" if (refused := sum(r.refused for r in of_variant)) else "")
        )
    pairs = zip(rounds["segl-milter"], rounds["empty milter"], strict=True)
    ratio = statistics.median(empty.seconds / ours.seconds for ours, empty in pairs)
    own = max((memory(pid).private for pid in children(segl.pid)), default=0.0)
    print()
    results = [
        bar("of the empty milter's msg/s", f"{ratio:.0%}", ratio >= RATIO, f"at least {RATIO:.0%}"),
        bar("p99", f"{p99:.0f} ms", p99 < P99_MS, f"less than {P99_MS} ms"),
        bar(
            "start to ready",
            f"{segl.ready_seconds:.2f} s",
            segl.ready_seconds < READY_SECONDS,
            f"less than {READY_SECONDS} s",
        ),
        bar("memory of a worker's own", f"{own:.0f} MB", own < WORKER_MB, f"less than {WORKER_MB} MB"),
        bar("refused", str(refused), not refused, "none"),
    ]
    return all(results)


def profile(samples: Sequence[Sample]) -> None:
    """Where the classifier's time goes: by kind of message and stage, then by function."""
    from segl_classifier.classify import classify
    from segl_classifier.rules import shipped_rules

    rules = shipped_rules()
    print(f"\n{'':8}{'KB':>8}" + "".join(f"{stage:>9}" for stage in (*STAGES, "all")) + "  ms of processor")
    by_kind = {
        kind: [s.raw for s in samples if s.kind == kind] for kind in dict.fromkeys(s.kind for s in samples)
    }
    for name, raws in {**by_kind, "the mix": [sample.raw for sample in samples]}.items():
        spent = [0.0] * len(STAGES)
        for raw in raws:
            spent = [a + b for a, b in zip(spent, stage_times(raw, rules), strict=True)]
        each = [seconds * 1000 / len(raws) for seconds in (*spent, sum(spent))]
        size = statistics.mean(map(len, raws)) / 1024
        print(f"{name:8}{size:8.1f}" + "".join(f"{ms:9.2f}" for ms in each))
    print()
    profiler = cProfile.Profile()
    profiler.enable()
    for sample in samples:
        classify(sample.raw, rules)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(18)


def stage_times(raw: bytes, rules: Any) -> list[float]:
    """Processor seconds that each of :data:`STAGES` takes of one message, as classify() runs them."""
    from segl.settings.detection import Limits
    from segl_classifier.cpr.find import find_cpr
    from segl_classifier.decide import decide
    from segl_classifier.extract import NO_OCR, extract
    from segl_classifier.parse import parse
    from segl_classifier.pool.reader import PoolReader

    limits = Limits()
    marks = [time.thread_time()]
    message = parse(raw, limits)
    marks.append(time.thread_time())
    texts, unread = extract(message, limits, files=PoolReader(limits, NO_OCR).read)
    marks.append(time.thread_time())
    findings = [finding for text in texts for finding in find_cpr(text)]
    marks.append(time.thread_time())
    findings += rules.find(texts)
    marks.append(time.thread_time())
    decide([*unread, *findings], rules)
    marks.append(time.thread_time())
    return [ended - begun for begun, ended in itertools.pairwise(marks)]


if __name__ == "__main__":
    sys.exit(main())
