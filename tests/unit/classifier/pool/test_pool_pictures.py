"""Workers that run an OCR program: it ends in time, and never outlives the worker that ran it."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from corpus import pdf_files
from segl.confined import pool as confined_pool
from segl_classifier.pool.client import Pool
from segl_classifier.pool.wire import Job
from world.needs import TESSERACT

PICTURE = pdf_files.letter_picture()
ENDLESS = f"9{os.getpid()}"  # seconds; the program is known by them
IN_TIME = [f"unreadable.timed-out image/png, {len(PICTURE)} bytes"]


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """One worker at a time, and a Tesseract that comes to no end. The worker has been started."""
    program = tmp_path / "tesseract"
    program.write_text(f"#!/bin/sh\nexec sleep {ENDLESS}\n")
    program.chmod(0o755)
    monkeypatch.setitem(confined_pool._ENVIRONMENT, "PATH", f"{tmp_path}:/usr/bin:/bin")
    pool = Pool(256 << 20, programs=True, at_once=1)
    pool.read(job(seconds=60, ocr_seconds=0), PICTURE)
    yield pool
    pool.stop()


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


@TESSERACT
def test_pictures_are_laid_straight_and_codes_read_by_who_is_shut_in() -> None:
    page = Image.open(io.BytesIO(PICTURE)).convert("L").rotate(8, expand=True, fillcolor=255)
    code = memoryview(zxingcpp.create_barcode("Sag 47-11", zxingcpp.BarcodeFormat.QRCode).to_image(scale=3))
    height, width = code.shape or (0, 0)
    page.paste(Image.frombytes("L", (width, height), bytes(code)), (20, 20))
    out = io.BytesIO()
    page.save(out, "WEBP", lossless=True)
    pool = Pool(512 << 20, programs=True, at_once=1)
    found = pool.read(job(seconds=60, ocr_seconds=50), out.getvalue())
    pool.stop()
    assert found.unread == ()
    assert {text.where for text in found.texts} >= {"part 2, read by OCR", "part 2, read from a code"}
    assert any("010190-1234" in text.text for text in found.texts)
