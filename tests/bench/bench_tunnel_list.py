"""What a tunnel list costs: to be accepted, to be read by a running process, and to be asked.

python tests/bench/bench_tunnel_list.py [domains]
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from segl_delivery.smime.signed_list import open_signed
from segl_routing.tunnel_list.accepted import AcceptedList
from segl_routing.tunnel_list.sources import source_of
from segl_routing.tunnel_list.update import update
from world.lists import NOW, Publisher, entry, listed

ASKED = 1_000


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def main(domains: int) -> None:
    publisher, one, now = Publisher(), entry("x.example"), NOW.timestamp()
    names = [f"d{number}.example" for number in range(domains)]
    with tempfile.TemporaryDirectory() as folder:
        file, base = Path(folder) / "list.p7m", Path(folder) / "state"
        signed = publisher.signed(listed(*(dataclasses.replace(one, domain=name) for name in names)))
        file.write_bytes(signed)
        terms = publisher.terms(source=str(file))
        source = source_of(terms, open_signed, lambda *_: None)
        accepted = timed(lambda: update(terms, base, source, now))
        reader = AcceptedList(base, terms, lambda *_: None)
        read = timed(lambda: reader.choice(names[0], now))
        asked = names[1 : ASKED + 1]
        first = timed(lambda: [reader.choice(name, now) for name in asked])
        again = timed(lambda: [reader.choice(name, now) for name in asked])
    print(
        f"{domains} domains, {len(signed) / 1e6:.1f} MB: accepted in {accepted:.0f} ms, read in {read:.0f} ms"
    )
    print(
        f"a domain asked first {first / len(asked) * 1000:.0f} µs, again {again / len(asked) * 1000:.0f} µs"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
