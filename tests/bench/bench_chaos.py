"""Mail through the whole house, while everything in it dies, freezes and is started again without plan.

    .venv/bin/python tests/bench/bench_chaos.py [--seconds 120] [--seed 1]

Users send as they do in tests/world/chaos.py, to a tunnel partner, a server with good TLS, two without and a colleague.
Ends with 1 when a message that Postfix took is lost or comes back, when anything that must go securely is seen in
clear, or when a sender is not told. Needs root and Postfix; lives in namespaces of its own.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.processes import bar, tell_noise
from world import namespace
from world.chaos import Reckoning, chaos
from world.estate import standing_house
from world.street import Street


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120, help="of chaos (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the dice (default: %(default)s)")
    options = parser.parse_args()
    tell_noise()
    namespace.enter()
    with TemporaryDirectory(prefix="chaos-") as folder:
        directory = Path(folder)
        directory.chmod(0o755)
        with Street(directory) as street, standing_house(street) as house:
            found = chaos(house, street, options.seconds, random.Random(options.seed))
    print(f"\n{found}")
    print(", ".join(f"{name.replace('_', ' ')} {times}" for name, times in sorted(found.blows.items())), "\n")
    return 0 if _met(found) else 1


def _met(found: Reckoning) -> bool:
    counted = {
        "messages lost": len(found.lost),
        "messages seen in clear": len(found.leaked),
        "messages returned": found.returned,
        "messages without receipt": len(found.untold),
    }
    met = [bar(what, str(number), number == 0, "none") for what, number in counted.items()]
    return all(met)


if __name__ == "__main__":
    sys.exit(main())
