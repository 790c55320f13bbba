"""The same work on many things, spread over the cores, the results in the order of the things."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Generic, TypeVar

from segl.cli.bar import Bar, bar
from segl.confined.sandbox import end_with

Job = TypeVar("Job")
Done = TypeVar("Done")


class Lost(Generic[Job]):
    """A job whose worker process was killed."""

    def __init__(self, job: Job) -> None:
        self.job = job


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def spread(
    work: Callable[[Job], Done],
    jobs: Iterable[Job],
    total: float,
    size: Callable[[Job], float],
    *,
    counted: bool = False,
) -> Generator[Done | Lost[Job], None, None]:
    """``work(job)`` of each of *jobs* in worker processes, a few jobs ahead of the reader so that memory stays
    flat. *total* and *size* are for the progress bar, in bytes, or *counted* in things.

    The workers are forked, so what *work* rests on (rules, a model) is shared and not loaded again.
    """
    _Worker.work = work
    fork = multiprocessing.get_context("fork")
    ahead = 4 * cores()
    waiting: deque[tuple[Job, Future[Any] | None]] = deque()
    with ProcessPoolExecutor(cores(), fork, _Worker.start, (os.getpid(),)) as pool:
        try:
            # The workers are forked at the first submit, so before the bar starts its thread.
            pool.submit(_Worker.nothing).result()
            with bar(total, counted=counted) as shown:
                for job in jobs:
                    waiting.append((job, _handed(pool, job)))
                    if len(waiting) > ahead:
                        yield _result(*waiting.popleft(), shown, size)
                while waiting:
                    yield _result(*waiting.popleft(), shown, size)
        except BaseException:
            # Waiting for the few jobs in hand: a pool left to end by itself may be woken by the interpreter's
            # exit when its pipe is closed already, and says so on standard error ("Bad file descriptor").
            pool.shutdown(wait=True, cancel_futures=True)
            raise


class _Worker:
    """What a worker process knows: the work it was forked for."""

    work: Callable[[Any], Any]

    @staticmethod
    def start(parent: int) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C
        end_with(parent)  # SIGTERM and SIGKILL it does not answer, and a worker would wait for jobs for ever

    @staticmethod
    def nothing() -> None:
        pass

    @staticmethod
    def do(job: Any) -> Any:
        return _Worker.work(job)


def _handed(pool: ProcessPoolExecutor, job: Any) -> Future[Any] | None:
    try:
        return pool.submit(_Worker.do, job)
    except BrokenProcessPool:
        return None


def _result(
    job: Job, future: Future[Done] | None, shown: Bar, size: Callable[[Job], float]
) -> Done | Lost[Job]:
    if future is None:
        return Lost(job)
    try:
        done = future.result()
    except BrokenProcessPool:
        return Lost(job)
    shown.advance(size(job))
    return done
