"""Log events of processes with workers, segl-milter and segl-portal: a part of :mod:`segl.events`, which see."""

from __future__ import annotations

from segl.log import Logged


class WorkerEvents(Logged):
    def worker_started(self, pid: int, generation: int, kind: str = "worker") -> None:
        self._log.info("worker_started", pid=pid, generation=generation, kind=kind)

    def worker_died(self, pid: int, status: int, kind: str = "worker") -> None:
        """Unasked; another takes its place. *status* is its exit code, or minus the signal that ended it."""
        self._log.error("worker_died", pid=pid, status=status, kind=kind)

    def worker_relieved(self, pid: int) -> None:
        """It has read its number of messages; another has taken its place."""
        self._log.info("worker_relieved", pid=pid)
