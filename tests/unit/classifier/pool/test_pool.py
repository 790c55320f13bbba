"""The pool: what a hang, a crash or a greedy file costs, and what it does not."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from segl.confined import pool as confined_pool
from segl_classifier.extracted import Extracted
from segl_classifier.pool.client import Pool
from segl_classifier.pool.wire import Job
from world.at_once import at_once
from world.postfix import wait_until
from world.process import is_alive

MEGABYTE = 1024 * 1024
TEXT = "Cpr 010190-1234"


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return file.getvalue()


SMALL = zipped(a_txt=TEXT.encode())


def job(**changes: object) -> Job:
    usual: dict[str, object] = {
        "where": "part 2 > bilag.zip",
        "content_type": "application/zip",
        "charset": "",
        "filename": "bilag.zip",
        "attached": True,
        "depth": 1,
        "chars": 1_000_000,
        "parts": 100,
        "most_depth": 10,
        "header_bytes": 10_000,
        "unfolded_bytes": 200 * MEGABYTE,
        "seconds": 60.0,
        "ocr_seconds": 0.0,
        "ignore_pictures": False,
    }
    return Job(**{**usual, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def running() -> Iterator[Pool]:
    pool = Pool(256 * MEGABYTE)
    yield pool
    pool.stop()


@pytest.fixture
def pool(running: Pool) -> Pool:
    """With one idle worker that has shown that it works."""
    assert words(running.read(job(), SMALL)) == TEXT
    return running


def words(found: Extracted) -> str:
    return "\n".join(text.text for text in found.texts if "file name" not in text.where)


def gaps(found: Extracted) -> list[str]:
    return [f"{finding.rule} {finding.excerpt}".strip() for finding in found.unread]


def worker_pid(pool: Pool) -> int:
    """The process of the idle worker, by its pidfd (proc(5), fdinfo)."""
    (worker,) = pool._idle
    found = re.search(r"^Pid:\s+(\d+)$", Path(f"/proc/self/fdinfo/{worker.pidfd}").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + 30
    while is_alive(pid):
        assert time.monotonic() < end, f"process {pid} lives on"
        time.sleep(0.01)


def at_its_work(pool: Pool, action: Callable[[], None]) -> None:
    """Does *action* when the only worker has been given a job. It is stopped, and does not begin."""

    def wait() -> None:
        wait_until(lambda: not pool._idle, 30, lambda: "nobody gives it a job")
        time.sleep(0.2)  # in which the job is written
        action()

    threading.Thread(target=wait).start()


def template_pid(pool: Pool) -> int:
    assert pool._template
    return pool._template.pid


def test_texts_come_with_their_places(pool: Pool) -> None:
    found = pool.read(job(), zipped(a_txt=b"hej", b_zip=zipped(c_html=b"<p>010<b>190-1234")))
    assert [(text.text, text.where) for text in found.texts] == [
        ("a.txt", "part 2 > bilag.zip > a.txt file name"),
        ("b.zip", "part 2 > bilag.zip > b.zip file name"),
        ("hej", "part 2 > bilag.zip > a.txt"),
        ("c.html", "part 2 > bilag.zip > b.zip > c.html file name"),
        ("010190-1234", "part 2 > bilag.zip > b.zip > c.html"),
    ]
    assert gaps(found) == []


def test_a_worker_takes_one_job_after_another_and_is_replaced_in_time(pool: Pool) -> None:
    first = worker_pid(pool)
    pids = set()
    for _ in range(220):
        assert words(pool.read(job(), SMALL)) == TEXT
        pids |= {worker_pid(pool)} if pool._idle else set()
    assert 2 <= len(pids) <= 4
    wait_until_gone(first)


def test_a_worker_that_has_grown_is_replaced_at_once(pool: Pool) -> None:
    """So that what readers keep is bounded, whatever they were given once."""
    first = worker_pid(pool)
    assert words(pool.read(job(), zipped(a_txt=b"hej", b_bin=bytes(10 * MEGABYTE)))) == "hej"
    assert worker_pid(pool) == first
    assert words(pool.read(job(), zipped(a_txt=b"hej", b_bin=bytes(90 * MEGABYTE)))) == "hej"
    assert pool._idle == []
    wait_until_gone(first)


def test_a_reader_that_hangs_costs_its_attachment_and_no_more(pool: Pool) -> None:
    pid = worker_pid(pool)
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    found = pool.read(job(seconds=0.3), SMALL)
    assert time.monotonic() - started < 15
    assert (words(found), gaps(found)) == ("", ["unreadable.timed-out 0 s"])
    wait_until_gone(pid)
    assert words(pool.read(job(), SMALL)) == TEXT


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_reader_that_crashes_costs_its_attachment_and_no_more(pool: Pool, number: int) -> None:
    pid = worker_pid(pool)
    os.kill(pid, signal.SIGSTOP)

    def crash() -> None:
        os.kill(pid, number)
        with suppress(ProcessLookupError):  # a kill needs no waking up
            os.kill(pid, signal.SIGCONT)

    at_its_work(pool, crash)
    found = pool.read(job(), SMALL)
    assert (words(found), gaps(found)) == ("", ["unreadable.failed the reader ended in the middle"])
    assert words(pool.read(job(), SMALL)) == TEXT


def test_a_worker_that_died_idle_is_not_even_noticed(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor where the end of its line that was its own is open elsewhere: what was forked just then has it."""
    elsewhere = []
    pair = socket.socketpair

    def and_forked(*kind: int) -> tuple[socket.socket, socket.socket]:
        ours, theirs = pair(*kind)
        elsewhere.append(theirs.dup())
        return ours, theirs

    monkeypatch.setattr(socket, "socketpair", and_forked)
    for _ in range(2):  # the first worker is one of before
        pid = worker_pid(pool)
        os.kill(pid, signal.SIGKILL)
        wait_until_gone(pid)
        found = pool.read(job(), SMALL)
        assert (words(found), gaps(found)) == (TEXT, [])
    for end in elsewhere:
        end.close()


def test_a_file_that_wants_all_memory_is_too_large(pool: Pool) -> None:
    found = pool.read(
        job(unfolded_bytes=10_000 * MEGABYTE), zipped(a_txt=b"hej", b_bin=bytes(300 * MEGABYTE))
    )
    assert words(found) == "hej"
    assert gaps(found) == ["unreadable.too-large more memory than allowed"]


def test_a_file_that_unfolds_to_too_much_is_too_large(pool: Pool) -> None:
    found = pool.read(job(unfolded_bytes=MEGABYTE), zipped(a_txt=b"hej", b_bin=bytes(2 * MEGABYTE)))
    assert words(found) == "hej"
    assert gaps(found) == ["unreadable.too-large more than 1 MB unfolded"]


def test_more_text_than_allowed_is_cut(pool: Pool) -> None:
    found = pool.read(job(chars=1000), zipped(a_txt=b"x " * 5000, b_txt=b"y " * 5000))
    assert sum(len(text.text) for text in found.texts) <= 1000
    assert any(gap.startswith("unreadable.too-large") for gap in gaps(found))


def test_a_killed_template_is_replaced(pool: Pool) -> None:
    template, worker = template_pid(pool), worker_pid(pool)
    os.kill(template, signal.SIGKILL)
    wait_until_gone(worker)  # none outlives it
    assert words(pool.read(job(), SMALL)) == TEXT
    assert template_pid(pool) != template


def test_a_template_killed_in_the_middle_of_a_job_costs_that_job(pool: Pool) -> None:
    os.kill(worker_pid(pool), signal.SIGSTOP)
    at_its_work(pool, partial(os.kill, template_pid(pool), signal.SIGKILL))
    assert gaps(pool.read(job(), SMALL)) == ["unreadable.failed the reader ended in the middle"]
    assert words(pool.read(job(), SMALL)) == TEXT


def test_a_template_that_hangs_costs_no_more_than_the_time_allowed(pool: Pool) -> None:
    worker = worker_pid(pool)
    os.kill(worker, signal.SIGKILL)
    wait_until_gone(worker)
    os.kill(template_pid(pool), signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert gaps(pool.read(job(seconds=0.3), SMALL)) == ["unreadable.failed no reader could be started"]
        assert time.monotonic() - started < 15
    finally:
        os.kill(template_pid(pool), signal.SIGCONT)
    assert words(pool.read(job(), SMALL)) == TEXT


def test_whoever_tends_the_template_replaces_it_but_not_without_a_pause(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pool.tend() is None
    template, worker = template_pid(pool), worker_pid(pool)
    monkeypatch.setattr(confined_pool, "_PAUSE_SECONDS", 3600.0)
    os.kill(template, signal.SIGKILL)
    wait_until_gone(template)
    wait_until_gone(worker)  # it dies with its template, a little later
    due = pool.tend()
    assert due is not None
    assert due > 60
    monkeypatch.setattr(confined_pool, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(confined_pool, "_READY_SECONDS", 30.0)  # the machine may be busy
    pool.tend()
    assert is_alive(template_pid(pool))
    assert words(pool.read(job(), SMALL)) == TEXT


def test_where_no_template_starts_the_attachment_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined_pool, "_PROGRAM", ("/bin/false",))
    pool = Pool(256 * MEGABYTE)
    started = time.monotonic()
    assert gaps(pool.read(job(), SMALL)) == ["unreadable.failed no reader could be started"]
    assert time.monotonic() - started < 5
    pool.stop()


def test_many_at_the_same_time_share_few_workers(pool: Pool) -> None:
    def ask(number: int) -> None:
        for turn in range(20):
            text = f"{number} {turn} " * 50
            assert words(pool.read(job(), zipped(a_txt=text.encode()))) == text

    at_once(ask, range(12))
    assert len(pool._idle) <= confined_pool.AT_ONCE


def test_who_waits_too_long_for_a_reader_is_told() -> None:
    pool = Pool(256 * MEGABYTE, at_once=1)
    assert words(pool.read(job(), SMALL)) == TEXT
    pid = worker_pid(pool)
    os.kill(pid, signal.SIGSTOP)
    busy = threading.Thread(target=pool.read, args=(job(seconds=60), SMALL))
    busy.start()
    wait_until(lambda: not pool._idle, 30, lambda: "nobody gives it a job")
    assert gaps(pool.read(job(seconds=0.2), SMALL)) == ["unreadable.timed-out no reader was free"]
    os.kill(pid, signal.SIGKILL)
    busy.join()
    pool.stop()


FOLDERS = [str(Path(__file__).parents[up]) for up in (0, 3)]  # of this file, and of all tests
FORKED = """
    import os, sys
    sys.path[:0] = {folders!r}
    from segl_classifier.pool.client import Pool
    from test_pool import MEGABYTE, SMALL, TEXT, job, template_pid, words

    pool = Pool(256 * MEGABYTE)
    {before}
    for _ in range({times}):
        children = []
        for _ in range(2):
            pid = os.fork()
            if pid == 0:
                good = all(words(pool.read(job(seconds=60), SMALL)) == TEXT for _ in range(10))
                shares = {shares}
                os._exit(0 if good and shares else 1)
            children.append(pid)
        assert words(pool.read(job(seconds=60), SMALL)) == TEXT
        assert all(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0 for pid in children)
    print(template_pid(pool))
"""


@pytest.mark.parametrize(
    ("before", "times", "shares"),
    [
        ("pool.start()", 2, "pool._template.owner == os.getppid()"),
        ("pass", 1, "pool._template.owner == os.getpid()"),
    ],
    ids=["after the start, and then with an idle worker", "before the start"],
)
def test_forked_processes_share_the_template_and_no_worker(before: str, times: int, shares: str) -> None:
    program = textwrap.dedent(FORKED).format(folders=FOLDERS, before=before, times=times, shares=shares)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr
    wait_until_gone(int(done.stdout))  # nobody is left to ask it


def test_what_is_shared_survives_the_template_that_a_child_cannot_restart() -> None:
    """A child that only inherited the template starts one of its own when nobody replaces the shared one."""
    program = """
        import os, signal, sys
        sys.path[:0] = {folders!r}
        from segl.confined import pool as confined_pool
        from segl_classifier.pool import client
        from test_pool import MEGABYTE, SMALL, TEXT, job, template_pid, words

        confined_pool._READY_SECONDS = 0.3
        pool = client.Pool(256 * MEGABYTE)
        assert words(pool.read(job(), SMALL)) == TEXT
        pid = os.fork()
        if pid == 0:
            os.kill(template_pid(pool), signal.SIGKILL)
            os._exit(0 if words(pool.read(job(), SMALL)) == TEXT else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    """
    program = textwrap.dedent(program).format(folders=FOLDERS)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr
