"""What an answer from the portal costs: taken in as a form, sealed, and handed to the sender's mail server.

python tests/bench/bench_answers.py [megabytes]
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from segl.events import configure_log
from segl_portal.answering import AnswerRefused, AnswerService, Taken
from segl_portal.visits.service import Opened
from world.counter import Counter
from world.forms import Form, flowing

BLOCK = os.urandom(65536)
SMALL = 20


def take(desk: AnswerService, opened: Opened, form: Form) -> Taken | AnswerRefused:
    taking = desk.take_answer(opened, flowing(form.pieces()), form.content_type, lambda text: text == "right")
    return asyncio.run(taking)


def main(megabytes: int) -> None:
    configure_log("json", "error")
    size = megabytes * 16 * len(BLOCK)
    limits = {"bytes": size, "file_bytes": size, "answers": 1000, "answers_an_hour": 1000}
    with tempfile.TemporaryDirectory() as folder, Counter(Path(folder), answers=limits) as counter:
        _, opened = counter.open(counter.seal())
        desk = AnswerService(counter.settings, counter.engine, counter.events)
        take(desk, opened, Form())
        counter.return_port.stop()  # its own work, in this process, would be counted
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        form = Form(files=(("film.mp4", (BLOCK for _ in range(16 * megabytes))),))
        began, used = time.perf_counter(), time.process_time()
        kept = take(desk, opened, form)
        wall, cpu = time.perf_counter() - began, time.process_time() - used
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024
        assert isinstance(kept, AnswerRefused)
        assert kept.answer_id
        print(
            f"{megabytes} MB taken in and sealed: {megabytes / wall:.0f} MB/s by the clock, "
            f"{megabytes / cpu:.0f} MB/s of one processor, {grown:.0f} MB of memory"
        )
        counter.return_port.start()
        began = time.perf_counter()
        for number in range(SMALL):
            take(desk, opened, Form(text=f"Svar {number}"))
        print(
            f"answers without files, one after the other: {SMALL / (time.perf_counter() - began):.0f} a second"
        )
        desk.close()
        assert threading.active_count() < 50


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
