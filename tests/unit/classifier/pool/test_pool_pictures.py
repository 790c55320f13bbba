"""Workers that run an OCR program: it ends in time, and never outlives the worker that ran it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from corpus import pdf_files
from segl.confined import pool as confined_pool
from segl_classifier.pool.client import Pool
from segl_classifier.pool.wire import Job

PICTURE = pdf_files.letter_picture()
ENDLESS = f"9{os.getpid()}"  # seconds; the program is known by them
IN_TIME = [f"unreadable.timed-out image/png, {len(PICTURE)} bytes"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """One worker at a time, and a Tesseract that comes to no end."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "tesseract"
    program.write_text(f"#!/bin/sh\nexec sleep {ENDLESS}\n")
    program.chmod(0o755)
    pool = Pool(256 << 20, programs=True, at_once=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(confined_pool._ENVIRONMENT, "PATH", f"{folder}:/usr/bin:/bin")
        pool.start()
    yield pool
    pool.stop()


@pytest.fixture
def pool(running: Pool) -> Pool:
    """Whose worker has been started."""
    running.read(job(seconds=60, ocr_seconds=0), PICTURE)
    return running


def job(*, seconds: float, ocr_seconds: float) -> Job:
    return Job(
        where="part 2",
        content_type="image/png",
        charset="",
        filename="scan.png",
        attached=True,
        depth=1,
        chars=1_000_000,
        parts=100,
        most_depth=10,
        header_bytes=10_000,
        unfolded_bytes=100 << 20,
        seconds=seconds,
        ocr_seconds=ocr_seconds,
        ignore_pictures=False,
    )


def read(pool: Pool, *, seconds: float, ocr_seconds: float) -> list[str]:
    """What was not read."""
    found = pool.read(job(seconds=seconds, ocr_seconds=ocr_seconds), PICTURE)
    return [f"{finding.rule} {finding.excerpt}" for finding in found.unread]


def programs() -> list[str]:
    """The processes of the program."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if each.read_bytes().split(b"\0")[:2] == [b"sleep", ENDLESS.encode()]:
                found.append(each.parent.name)
        except OSError:
            continue  # it has ended
    return found


def wait_until(number: int) -> None:
    end = time.monotonic() + 30
    while len(programs()) != number:
        assert time.monotonic() < end, f"not {number} but {programs()}"
        time.sleep(0.02)


def test_a_program_that_takes_too_long_ends_and_its_worker_goes_on(pool: Pool) -> None:
    [worker] = pool._idle
    assert read(pool, seconds=60, ocr_seconds=0.5) == IN_TIME
    assert programs() == []
    assert pool._idle == [worker]


def test_a_program_does_not_outlive_its_worker(pool: Pool) -> None:
    """The worker is killed, by the clock of who asked; nobody else knows the program."""
    asks = threading.Thread(target=read, args=(pool,), kwargs={"seconds": 8, "ocr_seconds": 60})
    asks.start()
    wait_until(1)
    asks.join()
    wait_until(0)


@pytest.mark.slow
def test_for_whom_it_is_too_late_his_picture_is_not_taken_for_an_ornament(pool: Pool) -> None:
    """With settings that pass over what cannot be read on pictures: that it was not looked at is no reading."""
    first = threading.Thread(target=read, args=(pool,), kwargs={"seconds": 60, "ocr_seconds": 50})
    first.start()
    wait_until(1)
    late = pool.read(replace(job(seconds=20, ocr_seconds=0.5), ignore_pictures=True), PICTURE)
    assert [finding.rule for finding in late.unread] == ["unreadable.timed-out"]
    [program] = programs()
    os.kill(int(program), signal.SIGKILL)
    first.join()


@pytest.mark.slow
def test_who_waits_for_a_worker_has_less_time_for_pictures(pool: Pool) -> None:
    """And not so much that the worker is killed in the middle of one."""
    first = threading.Thread(target=read, args=(pool,), kwargs={"seconds": 60, "ocr_seconds": 8})
    first.start()
    wait_until(1)
    assert read(pool, seconds=12, ocr_seconds=9) == IN_TIME
    first.join()
