"""Starts our programs without waiting for their imports.

A console script of ours imports its module and calls ``main``. The first of these takes half a second of processor time
and more, the same each time, and the tests start some thousand processes. So for each program one process, the
template, does that once; whenever the program is wanted it forks, and the child calls ``main``:

    run("segl", "status", "--settings", str(file)).stdout
    spawn("segl-map", arguments, environment=…, output=log)

The child is a process like any other: its own number, signals, descriptors, environment, folder, namespaces and exit
code. Five things differ from an execution. The template is its parent, so a status is asked of :class:`Child`. What a
unit allows is put on after the imports, so these are not tried by it. The milter does not read ahead. And what a daemon
shuts in (:mod:`segl.confined`) is loaded for the first file that comes, not before. And a child that ends leaves its
memory to the kernel, when threads, what was registered for the end and the streams have had their turn. Who wants any
of that starts by execution, as :mod:`world.host` can, with which `segl install` is tested.

The template (:mod:`world.forking`) is not forked but executed. It ends with its test process, also where that is
killed, and what it forked ends with it. Pytest's workers share it: the first that wants the program starts the
template, which ends with the last.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from world import forking
from world.forking import LENGTH_BYTES, NAMESPACES

in_use = False  # whether :class:`world.process.Daemon` forks; pytest says so
# the folder in which workers that share templates find their sockets
shared: Path | None = None


class Child:
    """A program that a template has forked; what of :class:`subprocess.Popen` the tests use."""

    def __init__(self, pid: int, ended: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = ended  # the template writes the status here

    def poll(self) -> int | None:
        return self._status(0)

    def wait(self, seconds: float | None = None) -> int:
        """Raises :class:`subprocess.TimeoutExpired`."""
        status = self._status(seconds)
        if status is None:
            raise subprocess.TimeoutExpired(str(self.pid), seconds or 0)
        return status

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _status(self, seconds: float | None) -> int | None:
        if self.returncode is None:
            line = select.poll()
            line.register(self._ended, select.POLLIN | select.POLLHUP)
            if not line.poll(None if seconds is None else seconds * 1000):
                return None
            status = os.read(self._ended, LENGTH_BYTES)
            os.close(self._ended)
            assert status, "the template has ended before its child"
            self.returncode = int.from_bytes(status, "big", signed=True)
        return self.returncode


def spawn(
    program: str,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    given: int | None = None,
    output: int | None = None,
    errors: int | None = None,
    limits: Mapping[str, Any] | None = None,
) -> Child:
    """Start *program* in this thread's network and file systems. *given*, *output* and *errors* are descriptors
    (default: ``/dev/null``, and for errors the output); *limits* are those of :mod:`world.confined`."""
    with Path(os.devnull).open("r+b", 0) as nothing:
        nowhere = nothing.fileno()
        output = nowhere if output is None else output
        streams = (nowhere if given is None else given, output, output if errors is None else errors)
        order = {
            "arguments": list(arguments),
            "environment": dict(os.environ if environment is None else environment),
            "folder": str(Path.cwd()),
            "limits": limits,
        }
        return _template(program).fork(order, streams)


def run(
    program: str,
    *arguments: str,
    given: str = "",
    environment: Mapping[str, str] | None = None,
    seconds: float = 120,
    limits: Mapping[str, Any] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run *program* to its end, as :func:`subprocess.run` does, with *given* on its standard input, within *limits*
    (:mod:`world.confined`)."""
    with _file() as stdin, _file() as stdout, _file() as stderr:
        stdin.write(given.encode())
        stdin.seek(0)
        child = spawn(
            program,
            arguments,
            environment=environment,
            given=stdin.fileno(),
            output=stdout.fileno(),
            errors=stderr.fileno(),
            limits=limits,
        )
        try:
            child.wait(seconds)
        except BaseException:
            child.kill()
            raise
        texts = [_whole(file) for file in (stdout, stderr)]
        return subprocess.CompletedProcess([program, *arguments], child.wait(), *texts)


def _file() -> IO[bytes]:
    return os.fdopen(os.memfd_create("stream"), "w+b", 0)


def _whole(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


class _Template:
    """The line to a template."""

    def __init__(self, program: str) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = threading.Lock()
        if shared is None:
            with tempfile.TemporaryDirectory(prefix="template-") as folder:
                self._line = self._connected(Path(folder), program)
        else:
            self._line = self._connected(shared, program)
        atexit.register(self._end)

    def _connected(self, folder: Path, program: str) -> socket.socket:
        """A line that the template knows of, so it does not end before us."""
        file = folder / program
        while True:
            line = socket.socket(socket.AF_UNIX)
            with file.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                try:
                    line.connect(str(file))
                except (FileNotFoundError, ConnectionRefusedError):
                    self._start(file, program)
                    line.connect(str(file))
            with contextlib.suppress(ConnectionResetError):
                if line.recv(1):
                    return line
            line.close()  # the last of the others was just going
            assert self._process is None, f"no template of {program}"

    def _start(self, file: Path, program: str) -> None:
        file.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as theirs:
            theirs.bind(str(file))
            theirs.listen()
            self._process = subprocess.Popen(
                [sys.executable, forking.__file__, program, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd="/",
            )

    def fork(self, order: Mapping[str, Any], streams: Sequence[int]) -> Child:
        text = json.dumps(order).encode()
        ours, theirs = os.pipe()
        spaces = [os.open(f"/proc/thread-self/ns/{name}", os.O_RDONLY) for name in NAMESPACES]
        try:
            with self._one_at_a_time:
                length = len(text).to_bytes(LENGTH_BYTES, "big")
                socket.send_fds(self._line, [length], [*streams, theirs, *spaces])
                self._line.sendall(text)
                answer = self._line.recv(LENGTH_BYTES)
        finally:
            for descriptor in (theirs, *spaces):
                os.close(descriptor)
        assert answer, "the template has ended"
        return Child(int.from_bytes(answer, "big"), ours)

    def _end(self) -> None:
        self._line.close()
        if self._process and shared is None:
            self._process.wait(30)
        elif self._process:
            self._process.returncode = 0  # as if waited for: others may need it still


@functools.cache
def _template(program: str) -> _Template:
    return _Template(program)
