"""What policies cost a message and each of its recipients: 200 entries, 100 organisations, groups of a thousand.

    python tests/bench/bench_policy.py [entries]

Ends with 1 when a recipient costs more than its bar.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.processes import bar, tell_noise
from segl.policy.table import Message, PolicyTable
from segl.policy.verdict import counting, ruled
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.vocabulary import Decision, Label, Verdict

ROUNDS, TIMES = 9, 2_000
MOST = 20.0  # µs of a recipient
VERDICT = Verdict(Decision.SECURE, labels=(Label.HEALTH,), reasons=("health",))


def settings(entries: int) -> Settings:
    """A third each about senders, recipients and content; recipients by domain, address, parent and group."""
    policies: list[dict[str, Any]] = []
    for number in range(entries):
        entry: dict[str, Any] = {"name": f"p{number}"}
        match number % 6:
            case 0:
                entry |= {"organisation": f"Kunde {number % 100}", "labels": ["criminal"], "verdict": "hold"}
            case 1:
                entry |= {"sender": [f"leder{number}@k{number % 100}.example"], "receipts": "all"}
            case 2:
                entry |= {"recipient": [f"d{number}.example", f".d{number}.example"], "least": "dane"}
            case 3:
                entry |= {"recipient": [f"bo@d{number}.example"], "order": ["certificate", "portal"]}
            case 4:
                entry |= {"recipient": ["group:mange"], "scores": {"health": 0.9}, "verdict": "secure"}
            case _:
                entry |= {
                    "labels": ["genetic"],
                    "min_bytes": number,
                    "tags": ["fortroligt"],
                    "least": "pinned",
                }
        policies.append(entry)
    return parse_settings(
        {
            "organisation": {"name": "Hosting", "domains": ["hosting.example"]},
            "tenant": [{"name": f"Kunde {n}", "domains": [f"k{n}.example"]} for n in range(100)],
            "group": [{"name": "mange", "members": [f"m{n}.example" for n in range(1000)]}],
            "policy": policies,
        }
    )


def microseconds(work: Any) -> float:
    found = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(TIMES):
            work()
        found.append((time.process_time() - begun) / TIMES * 1e6)
    return median(found)


def main(entries: int) -> int:
    tell_noise()
    begun = time.perf_counter()
    loaded = settings(entries)
    table: PolicyTable = loaded.policies
    print(f"{entries} entries loaded and checked in {(time.perf_counter() - begun) * 1000:.0f} ms")
    message = Message(
        sender="leder1@k1.example",
        labels=VERDICT.labels,
        cpr_numbers=0,
        scores={Label.HEALTH: 0.95},
        size=20_000,
        tags=frozenset(),
    )
    about = table.about(message)
    recipients = [f"bo@afdeling.d{n}.example" for n in range(50)] + [f"x@m{n}.example" for n in range(50)]
    print(f"the message: {microseconds(lambda: table.about(message)):.1f} µs")
    at = iter(range(10**9))

    def verdict() -> None:
        counting(about, recipients[next(at) % 100], VERDICT)

    def terms() -> None:
        about.terms(recipients[next(at) % 100])

    good = _meets("a recipient, its verdict (segl-milter)", microseconds(verdict))
    good &= _meets("a recipient, all terms (segl-map, explain)", microseconds(terms))
    entries_of = [counting(about, one, VERDICT) for one in recipients]
    whole = microseconds(lambda: (ruled(VERDICT, entries_of), about.message_least(recipients)))
    good &= _meets("each of 100 recipients together, strictest and least", whole / 100)
    return 0 if good else 1


def _meets(what: str, each: float) -> bool:
    return bar(what, f"{each:.1f} µs", each <= MOST, f"at most {MOST:g}")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
