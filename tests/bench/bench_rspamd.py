"""Messages per second through a real Postfix: rspamd with one pattern, and Segl with everything on.

rspamd is the filter that large sites run for its speed, and whoever looks for CPR numbers with it writes one
regular expression over the text of a message. So it is given that and nothing else: the module for regular
expressions with one rule, no Lua modules, no spam rules, no look-ups, no language detection, a list of nine
top-level domains in place of nine thousand, its own scan in the process that speaks the milter protocol, as many
of these as Segl has workers, Hyperscan as Debian builds it. It reads the text parts. Segl reads the attachments
too, judges numbers by what stands around them, and asks its model.

Both on unix sockets behind one Postfix, the mix of :mod:`bench.mix`, 8 sessions, rounds that take turns. Bar: at
least 75 % of rspamd's messages per second; aim: as many.

    python tests/bench/bench_rspamd.py [--rounds 7] [--messages 300] [--sessions 8] [--workers 0]

Needs root, Postfix, and rspamd 3 (Debian: ``apt-get install --no-install-recommends rspamd``; its service need not
run). Says so and ends with 0 where there is no rspamd.
"""

from __future__ import annotations

import argparse
import os
import pwd
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.bench_milter import segl_settings
from bench.gateway import Round, next_hop, postfix, send
from bench.mix import messages
from bench.processes import bar, share, tell_noise
from world.postfix import PostfixInstance, wait_for_port, wait_until
from world.process import Daemon

RATIO, AIM = 0.75, 1.0
PORTS = {"rspamd": 26131, "segl-milter": 26132}
USER = "_rspamd"

# Day and month as they can be, two digits of the year, a hyphen or a blank or nothing, four digits.
_PATTERN = r"\b(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}[- ]?[0-9]{4}\b"
_RULES = f"""\
config['regexp'] = {{
  CPR = {{ re = [[/{_PATTERN}/{{mime}}]], score = 7.0, one_shot = true }},
}}
"""
_CONFIGURATION = """\
lua = "{0}/rules.lua";
options {{
  filters = "regexp";
  url_tld = "{0}/domains";
  cache_file = "{0}/run/symbols.cache";
  hs_cache_dir = "{0}/run/";
  tempdir = "{0}/run";
  control_socket = "{0}/run/control.sock mode=0600";
  dns {{ nameserver = "127.0.0.1:9"; }}
}}
logging {{ type = "file"; filename = "{0}/run/log"; level = "info"; }}
lang_detection {{ languages_enable = false; }}
worker "rspamd_proxy" {{
  bind_socket = "{0}/run/milter.sock mode=0666";
  milter = yes;
  timeout = 60s;
  upstream "local" {{ default = yes; self_scan = yes; }}
  count = {1};
}}
actions {{ reject = 1000; add_header = 6; }}
"""
_DOMAINS = "\n".join("dk com org net eu de se no example".split())
# From the log of a message; the second name is there when the rule found something.
_SCANNED = re.compile(r"rspamd_task_write_log: .*?\[[-\d.]+/[-\d.]+\] \[([^\]]*)\]")


@dataclass
class Rspamd:
    """A running rspamd."""

    pid: int
    log: Path

    def scanned(self) -> tuple[int, int]:
        """Messages scanned so far, and those with a number."""
        found = _SCANNED.findall(self.log.read_text("utf-8", "replace"))
        return len(found), sum("CPR(" in symbols for symbols in found)


def main() -> int:
    options = _options()
    if shutil.which("rspamd") is None:
        print("left out: no rspamd here (Debian: apt-get install --no-install-recommends rspamd)")
        return 0
    if os.geteuid() != 0 or shutil.which("postfix") is None:
        print("bench_rspamd needs root and Postfix")
        return 1
    tell_noise()
    workers = options.workers or len(os.sched_getaffinity(0))
    directory = Path(tempfile.mkdtemp(prefix="segl-bench-"))
    directory.chmod(0o755)
    try:
        with _rspamd(directory, workers) as rspamd, _segl(directory, workers) as segl, next_hop():
            gateway = postfix(
                directory,
                {
                    PORTS["rspamd"]: f"unix:{directory}/run/milter.sock",
                    PORTS["segl-milter"]: f"unix:{directory}/segl.sock",
                },
            )
            try:
                gateway.start()
                for port in PORTS.values():
                    wait_for_port("127.0.0.1", port)
                rounds = _measure(gateway, options, {"rspamd": rspamd.pid, "segl-milter": segl.pid})
            finally:
                gateway.stop()
            return 0 if report(rounds, options, workers, rspamd) else 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--workers", type=int, default=0, help="0: one a core")
    return parser.parse_args()


def _measure(
    gateway: PostfixInstance, options: argparse.Namespace, milters: dict[str, int]
) -> dict[str, list[Round]]:
    """The same messages to both in a round, others in the next: no filter meets an attachment twice."""
    for port in PORTS.values():  # caches, page tables, Postfix's own processes
        send(gateway, port, messages(60, seed=0), options.sessions)
    rounds: dict[str, list[Round]] = {name: [] for name in PORTS}
    names = list(PORTS)
    for number in range(options.rounds):
        samples = messages(options.messages, seed=number + 1)
        for name in names if number % 2 else reversed(names):
            rounds[name].append(send(gateway, PORTS[name], samples, options.sessions, milters[name]))
    return rounds


@contextmanager
def _segl(directory: Path, workers: int) -> Iterator[Daemon]:
    settings = directory / "segl.toml"
    settings.write_text(segl_settings(directory / "segl.sock", workers), "utf-8")
    segl = Daemon("segl-milter", "--settings", str(settings), directory=directory)
    try:
        segl.start()
        yield segl
    finally:
        segl.stop()


@contextmanager
def _rspamd(directory: Path, workers: int) -> Iterator[Rspamd]:
    """rspamd in the foreground, as its own user, with all that it writes below *directory*."""
    (directory / "rules.lua").write_text(_RULES, "utf-8")
    (directory / "domains").write_text(_DOMAINS + "\n", "utf-8")
    configuration = directory / "rspamd.conf"
    configuration.write_text(_CONFIGURATION.format(directory, workers), "utf-8")
    run = directory / "run"
    run.mkdir()
    owner = pwd.getpwnam(USER)
    shutil.chown(run, owner.pw_uid, owner.pw_gid)
    log = run / "log"
    process = subprocess.Popen(
        ["rspamd", "-f", "-c", str(configuration), "-u", USER, "-g", USER],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def told() -> str:
        return log.read_text("utf-8", "replace") if log.exists() else ""

    def ready() -> bool:
        """Every worker has the compiled pattern."""
        return told().count("loading hyperscan expressions after receiving") >= workers

    try:
        wait_until(ready, 60, lambda: f"rspamd does not get ready:\n{told()[-2000:]}")
        yield Rspamd(process.pid, log)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def report(rounds: dict[str, list[Round]], options: argparse.Namespace, workers: int, rspamd: Rspamd) -> bool:
    from segl_classifier.understanding.loading import shipped_model

    version = subprocess.run(["rspamd", "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    print(
        f"{version}; Segl {'with its model' if shipped_model() else 'WITHOUT a model'}, attachments read\n"
        f"{options.rounds} rounds of {options.messages} messages, {options.sessions} sessions, "
        f"{workers} workers each, {len(os.sched_getaffinity(0))} cores\n"
    )
    print(
        f"{'':14}{'msg/s':>8}{'lowest':>8}{'highest':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'milter CPU':>12}  ms"
    )
    for name, of_variant in rounds.items():
        each = [options.messages / r.seconds for r in of_variant]
        times = [t * 1000 for r in of_variant for t in r.latencies]
        print(
            f"{name:14}{statistics.median(each):8.0f}{min(each):8.0f}{max(each):8.0f}"
            + "".join(f"{share(times, of):8.1f}" for of in (0.50, 0.95, 0.99))
            + f"{statistics.median(r.cpu for r in of_variant) * 1000 / options.messages:12.2f}"
        )
    pairs = list(zip(rounds["segl-milter"], rounds["rspamd"], strict=True))
    ratios = [theirs.seconds / ours.seconds for ours, theirs in pairs]
    ratio = statistics.median(ratios)
    scanned, found = rspamd.scanned()
    refused = sum(r.refused for of_variant in rounds.values() for r in of_variant)
    print(f"\nrspamd scanned {scanned} messages and found a number in {found}")
    aim = "the aim is met" if ratio >= AIM else f"aim {AIM:.0%}"
    return all(
        [
            bar(
                "of rspamd's msg/s",
                f"{ratio:.0%}, rounds from {min(ratios):.0%} to {max(ratios):.0%}",
                ratio >= RATIO,
                f"at least {RATIO:.0%}; {aim}",
            ),
            bar("rspamd's rule works", f"{found} found", found > scanned / 20, "one in twenty and more"),
            bar("refused", str(refused), not refused, "none"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
