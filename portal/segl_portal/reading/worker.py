"""The life of a worker of the portal (:mod:`segl.confined`): shut in, then one job after another until told,
or old.

A worker that has read a PDF or a picture takes no other job: should its file have taken it over, there is
nothing of anybody else's to read in it."""

from __future__ import annotations

import importlib
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from segl.confined import sandbox
from segl_portal.reading import jobs
from segl_portal.reading.jobs import Job, JobResult, Kind, Outcome

JOBS = 200  # after so many a new process is better than what may have gathered in this one


def load() -> Iterator[bool]:
    """Import what the work needs; the sanitiser first, which every page waits for."""
    for name in ("sanitise", "previews", "printing"):
        with suppress(Exception):  # a library is missing, or broken: its jobs will fail, and only they
            module = importlib.import_module(f"segl_portal.reading.{name}")
            if hasattr(module, "warm"):
                module.warm()
        yield True


def work(line: socket.socket, *, memory_bytes: int, programs: bool, parent: int) -> None:
    """Do what comes over *line*. Raises when this process cannot be shut in."""
    sandbox.confine(memory_bytes, parent, programs=programs)
    for number in range(1, JOBS + 1):
        job = jobs.receive_job(line)
        if job is None:
            return
        sandbox.allow_seconds(job.seconds)
        last = number == JOBS or job.kind is not Kind.SANITISE
        jobs.send_result(line, replace(_answer(job), last=last))
        if last:
            return


def _answer(job: Job) -> JobResult:
    """Whatever goes wrong has one answer; a stranger's file may raise anything."""
    try:
        return _done(job)
    except Exception:  # MemoryError too
        return JobResult(Outcome.FAILED, {}, b"")


def _done(job: Job) -> JobResult:
    match job.kind:
        case Kind.SANITISE:
            from segl_portal.reading.sanitise import sanitise

            clean = sanitise(job.content.decode("utf-8", "replace"), job.pictures or {})
            facts = {"blocked": clean.blocked, "shown": sorted(clean.shown)}
            return JobResult(Outcome.DONE, facts, clean.html.encode("utf-8", "replace"))
        case Kind.COUNT:
            from segl_portal.reading.previews import count_pages

            return JobResult(Outcome.DONE, {"pages": count_pages(job.content)}, b"")
        case Kind.PREVIEW:
            from segl_portal.reading.previews import page_as_png

            return JobResult(Outcome.DONE, {}, page_as_png(job.content, job.page))
        case Kind.PRINT:
            from segl_portal.reading.printing import as_pdf

            return JobResult(Outcome.DONE, {}, as_pdf(job.content.decode("utf-8", "replace")))
