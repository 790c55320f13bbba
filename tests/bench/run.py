"""``make bench``: every measurement, one after the other, each with the command that repeats it alone. Those of
chaos and of receipts stand apart (``make bench-storm``), since they take half an hour.

Figures depend on the machine; what counts are the ratios within one run and the bars each prints beside its
figure.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
BENCHES = (
    "bench_cpr.py",
    "bench_milter.py",
    "bench_rspamd.py",
    "bench_classify.py",
    "bench_memory.py",
    "bench_cms.py",
    "bench_deliver.py",
    "bench_map.py",
    "bench_tunnel_list.py",
    "bench_policy.py",
    "bench_decisions.py",
    "bench_visits.py",
    "bench_portal.py",
    "bench_reading.py",
    "bench_answers.py",
    "bench_nodes.py",
    "bench_ocr.py",
)


def main() -> int:
    failed = 0
    for name in BENCHES:
        print(f"\n$ python tests/bench/{name}", flush=True)
        failed += subprocess.run([sys.executable, str(FOLDER / name)]).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
