"""Log events of processes with workers, segl-milter and segl-portal: a part of :mod:`segl.events`, which see."""

from __future__ import annotations

from enum import StrEnum

from segl.log import Logged


class WorkerKind(StrEnum):
    """What a child of segl-milter or segl-portal does."""

    WORKER = "worker"
    EXPORTER = "exporter"  # it serves the metrics of all


class WorkerEvents(Logged):
    def worker_started(self, pid: int, generation: int, kind: WorkerKind = WorkerKind.WORKER) -> None:
        self._log.info("worker_started", pid=pid, generation=generation, kind=kind.value)

    def worker_died(self, pid: int, status: int, kind: WorkerKind = WorkerKind.WORKER) -> None:
        """Unasked; another takes its place. *status* is its exit code, or minus the signal that ended it."""
        self._log.error("worker_died", pid=pid, status=status, kind=kind.value)

    def worker_relieved(self, pid: int) -> None:
        """It has read its number of messages; another has taken its place."""
        self._log.info("worker_relieved", pid=pid)
