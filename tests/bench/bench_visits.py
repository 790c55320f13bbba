"""The portal's desk alone, without pages: what an open message of 20 KB costs, a code asked for, and one given.

One thread on SQLite with its syncs; beside the rate stands the processor time of one, which another load on the machine
changes less. The bar is fifty decrypted messages of 20 KB a second on two cores.

    python tests/bench/bench_visits.py [messages]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.processes import bar, tell_noise
from segl.events import configure_log
from segl_portal.visits.browser import Browser
from segl_portal.visits.service import CodePromised, Opened
from world.counter import Counter

BAR = 50.0
TEXT = b"Subject: x\r\n\r\n" + b"0123456789" * 2_000


def main() -> int:
    messages = next((int(word) for word in sys.argv[1:] if word.isdigit()), 200)
    configure_log("json", "error")
    tell_noise()
    most = {"all_an_hour": 1_000_000, "network_codes_an_hour": 1_000_000, "network_tries_an_hour": 1_000_000}
    with tempfile.TemporaryDirectory() as folder, Counter(Path(folder), limits=most) as counter:
        letters = [counter.seal(f"r{number}@vestby.example", TEXT) for number in range(messages)]
        browsers = [Browser.new() for _ in letters]
        codes = ["" for _ in letters]

        def ask(at: int) -> None:
            asked = counter.desk.ask(
                browsers[at], letters[at].recipient_id, letters[at].link, network="192.0.2.7", language="da"
            )
            assert isinstance(asked, CodePromised)

        def give(at: int) -> None:
            opened = counter.desk.give(browsers[at], letters[at].recipient_id, codes[at], network="192.0.2.7")
            assert isinstance(opened, Opened)
            opened.content.close()

        def read(at: int) -> None:
            opened = counter.desk.visit(browsers[at], letters[at].recipient_id)
            assert opened is not None
            with opened.content as content:
                assert len(b"".join(content.chunks())) == len(TEXT)

        for at in range(messages):  # one by one, so that the last mail is this one's
            counter.ask(browsers[at], letters[at])
            codes[at] = counter.code()
        _measured("a code given", give, messages)
        rate = _measured("an open message of 20 KB read", read, messages)
        for at in range(messages):
            browsers[at] = Browser.new()
        _measured("a code asked for (the mail goes by itself)", ask, messages)
        counter.posting.flush(120)
    good = bar("messages of 20 KB", f"{rate:.0f} a second", rate >= BAR, f"at least {BAR:.0f}")
    return 0 if good else 1


def _measured(what: str, work: Callable[[int], None], times: int) -> float:
    """How many a second, told beside the processor time of each."""
    began, busy = time.perf_counter(), time.thread_time()
    for at in range(times):
        work(at)
    rate = times / (time.perf_counter() - began)
    busy = 1000 * (time.thread_time() - busy) / times
    print(f"{what}: {rate:.0f} a second, {busy:.1f} ms of processor time each")
    return rate


if __name__ == "__main__":
    sys.exit(main())
