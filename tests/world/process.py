"""Starts a daemon, waits until it says it is ready, and keeps its log in a file.

Readiness is told the way systemd hears it (``$NOTIFY_SOCKET``, sd_notify(3)), so no test sleeps and hopes.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from world import template
from world.confined import confined, limits_of

_UNITS = Path(__file__).parent.parent.parent / "systemd"


def is_alive(pid: int) -> bool:
    """Whether *pid* is a process that has not ended: one that nobody has waited for yet is none (proc_pid_stat(5)). It
    may go between opening the file (ENOENT before) and reading it (ESRCH)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid: int) -> list[int]:
    """The processes whose parent is *pid*, the oldest first, told by each of them (proc_pid_stat(5)). The list that a
    parent's thread has (proc_tid_children(5)) leaves some out while another of them ends."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            told = entry.read_text("utf-8").rpartition(")")[2].split()
            if told[1] == str(pid):
                found.append((int(told[19]), int(entry.parent.name)))
    return [child for _, child in sorted(found)]


def ends_with_us(*command: str, by: str = "KILL") -> list[str]:
    """*command*, a server of others, which gets the signal *by* when the thread that starts it ends, also because the
    tests are killed (PR_SET_PDEATHSIG(2const)). Else it would live on, and hold its ports, until somebody looks."""
    return ["setpriv", "--pdeathsig", by, *command]


def end(process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """End a program of others: SIGTERM, then wait. One that does not end in time is killed, and the test fails."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(30)
        raise


class Daemon:
    """One process of ours, from its console script in the environment the tests run in. It is forked from a
    :mod:`world.template` where pytest runs, unless it is to be *executed*."""

    def __init__(self, script: str, *arguments: str, directory: Path, executed: bool = False) -> None:
        self.name = script
        self._executed = executed
        self.command = [str(Path(sys.executable).parent / script), *arguments]
        self.log_file = directory / f"{script}.log"
        self._notify = directory / f"{script}.notify"
        self._process: subprocess.Popen[bytes] | template.Child | None = None
        self.ready_seconds = 0.0

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was not started"
        return self._process.pid

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log events so far. A line that is being written in this moment is not one yet."""
        whole = self.log.rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def start(self, seconds: float = 90) -> None:
        """Start and wait for READY=1; fails with the log when the process ends or does not get ready."""
        self._notify.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(self._notify))
            listener.settimeout(0.2)
            begun = time.monotonic()
            with self.log_file.open("ab") as log:
                self._process = self._launched(
                    log.fileno(), {**os.environ, "NOTIFY_SOCKET": str(self._notify)}
                )
            while time.monotonic() - begun < seconds:
                try:
                    if b"READY=1" in listener.recv(4096):
                        self.ready_seconds = time.monotonic() - begun
                        return
                except TimeoutError:
                    if self._process.poll() is not None:
                        break
        state = self._process.poll()
        self.kill()
        raise AssertionError(f"{self.name} did not get ready (exit {state}):\n{self.log[-3000:]}")

    def _launched(self, log: int, environment: dict[str, str]) -> subprocess.Popen[bytes] | template.Child:
        """The process, inside what its unit allows when we may put that on."""
        unit = _UNITS / f"{self.name}.service"
        limited = unit.exists() and os.geteuid() == 0
        if template.in_use and not self._executed:
            limits = limits_of(unit) if limited else None
            return template.spawn(
                self.name, self.command[1:], environment=environment, output=log, limits=limits
            )
        command = [*confined(unit), *self.command] if limited else self.command
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def again(self, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """The same command once more, run to its end."""
        return template.run(self.name, *self.command[1:], seconds=seconds)

    def running(self) -> bool:
        """Whether it has not ended. What a test has killed may be no process any more before its template tells."""
        if self._process is None or self._process.poll() is not None:
            return False
        if is_alive(self.pid):
            return True
        self._process.wait(30)
        return False

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def stop(self, seconds: float = 40) -> int:
        """SIGTERM, then wait; a daemon that does not end in time is killed and the test fails."""
        if self._process is None:
            return 0
        if self.running():
            self._process.terminate()
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop in {seconds} s:\n{self.log[-3000:]}") from None

    def kill(self) -> None:
        """SIGKILL, as the kernel would under memory pressure."""
        if self._process is not None and self.running():
            self._process.kill()
            self._process.wait(30)
