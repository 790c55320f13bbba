"""HTML of strangers, made harmless in processes that are shut in: nobody pays for their end or believes their word."""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from corpus.letters import PNG, message, text
from segl.confined.frames import Broken
from segl_portal.reading import jobs
from segl_portal.reading.jobs import Job, Kind
from segl_portal.reading.paper import print_document
from segl_portal.reading.renderer import SANITISE_SECONDS, Renderer
from segl_portal.reading.sanitise import sanitise
from segl_portal.reading.source import BytesSource
from segl_portal.reading.view import Note, read_message
from segl_portal.reading.worker import JOBS

# HTML


def test_html_is_made_harmless_as_in_the_same_process(workshop: Renderer) -> None:
    html = '<p onclick=x>Kære <b>Anna</b> æøå</p><img src="cid:a"><img src="http://x.example/y"><script>x</script>'
    assert workshop.sanitise(html, {"a": "picture/2"}) == sanitise(html, {"a": "picture/2"})


@pytest.mark.parametrize(
    "bomb",
    [lambda: "<div>" * 1_000_000, lambda: "&amp;" * 1_000_000,
     lambda: "<p " + " ".join(f"a{n}" for n in range(500_000)) + ">", lambda: "<table>" * 700_000,
     lambda: "<b><p>" * 800_000, lambda: "<svg>" * 1_000_000, lambda: "<" * 5_000_000],
    ids=["nested", "characters", "attributes", "tables", "misnested", "drawings", "brackets"],
)  # fmt: skip
def test_five_megabytes_of_hostile_html_are_done_or_ended_in_two_seconds(
    workshop: Renderer, bomb: Callable[[], str]
) -> None:
    workshop.sanitise("x", {})  # a worker is there
    html = bomb()
    start = time.monotonic()
    workshop.sanitise(html, {})
    assert time.monotonic() - start < SANITISE_SECONDS + 3  # of a busy machine


def test_a_bomb_is_shown_as_its_words_and_the_next_message_as_ever(workshop: Renderer) -> None:
    bomb = message(text("<div>" * 300_000 + "Kære Anna", "html"))
    seen = read_message(BytesSource(bomb), workshop.sanitise)
    assert seen.notes == {Note.SIMPLIFIED}
    assert "Kære Anna" in seen.html
    seen = read_message(BytesSource(message(text("<b>Hej</b>", "html"))), workshop.sanitise)
    assert "<b>Hej</b>" in seen.html


def test_other_threads_go_on_while_a_bomb_is_worked_on(workshop: Renderer) -> None:
    bomb = threading.Thread(target=workshop.sanitise, args=("<div>" * 1_000_000, {}))
    bomb.start()
    done = 0
    while bomb.is_alive() and done < 5:
        assert workshop.sanitise("<p>x", {}) is not None
        done += 1
    bomb.join()
    assert done == 5


# The processes


def test_pages_are_shown_while_others_print(workshop: Renderer) -> None:
    """However much is printed, and however long it takes."""
    document = print_document("x", [], "<p>Kære Anna</p>" * 20_000, "da")
    printers = [threading.Thread(target=workshop.as_pdf, args=(document, 1.5)) for _ in range(2)]
    for printer in printers:
        printer.start()
    shown = 0
    while any(printer.is_alive() for printer in printers) and shown < 10:
        assert workshop.sanitise("<p>x", {}) is not None
        shown += 1
    assert shown == 10
    for printer in printers:
        printer.join()


def test_many_at_once_are_all_served(workshop: Renderer) -> None:
    with ThreadPoolExecutor(12) as threads:
        made = list(threads.map(lambda n: workshop.sanitise(f"<p>{n}</p>", {}), range(60)))
    assert [clean.html if clean else None for clean in made] == [f"<p>{n}</p>" for n in range(60)]


def test_a_worker_that_has_grown_old_is_replaced_between_two_jobs(workshop: Renderer) -> None:
    """Its last answer says so; else the next job would meet it while it ends."""
    assert all(workshop.sanitise("<p>x", {}) is not None for _ in range(3 * JOBS))


def test_a_worker_that_read_a_file_reads_no_other(workshop: Renderer) -> None:
    idle = len(workshop._workers._idle)
    workshop.preview(PNG, 1)
    assert len(workshop._workers._idle) <= idle


def test_a_killed_template_costs_nothing_but_time() -> None:
    made = Renderer()
    try:
        assert made.sanitise("<p>x", {}) is not None
        template = made._workers._template
        assert template is not None
        os.kill(template.pid, signal.SIGKILL)
        time.sleep(0.1)
        for _ in range(20):
            if made.preview(PNG, 1) is not None:
                break
        else:
            pytest.fail("never again")
    finally:
        made.stop()


def test_an_answer_that_breaks_the_form_is_none() -> None:
    job = Job(Kind.SANITISE, b"x", 1.0, 100)
    head = struct.Struct(">BIQ")
    for said in (
        head.pack(0, 10**6, 0), head.pack(0, 2, 101), head.pack(9, 2, 0) + b"{}", head.pack(0, 2, 0) + b"[]",
        head.pack(0, 2, 0) + b"{x", head.pack(0, 2, 0) + b"\xff\xff", b"", b"\0",
    ):  # fmt: skip
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(said)
            theirs.shutdown(socket.SHUT_WR)
            with pytest.raises(Broken):
                jobs.receive_result(ours, job, time.monotonic() + 5)


def test_content_ids_that_a_worker_invents_are_not_believed(
    workshop: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lie(*_: object) -> jobs.JobResult:
        return jobs.JobResult(jobs.Outcome.DONE, {"blocked": -5, "shown": ["a", "zz", 3]}, b"x")

    monkeypatch.setattr(workshop, "_ask", lie)
    clean = workshop.sanitise("x", {"a": "picture/1"})
    assert clean is not None
    assert (clean.blocked, clean.shown) == (0, frozenset({"a"}))


def test_the_sandbox_of_a_worker_holds(workshop: Renderer) -> None:
    """A worker has neither a socket of its own nor a file it could write."""
    workshop.sanitise("x", {})
    (worker, *_) = workshop._workers._idle
    info = Path(f"/proc/self/fdinfo/{worker.pidfd}").read_text("ascii")
    found = re.search(r"^Pid:\s+(\d+)", info, re.MULTILINE)
    assert found is not None
    status = Path(f"/proc/{found[1]}/status").read_text("ascii")
    assert re.search(r"^Seccomp:\s+2", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1", status, re.MULTILINE)
