"""Starts our programs without waiting for their imports.

A console script of ours imports its module and calls ``main``. The first of these takes half a second of processor time
and more, the same each time, and the tests start some thousand processes. So for each program one process, the
template, does that once; whenever the program is wanted it forks, and the child calls ``main``:

    run("segl", "status", "--settings", str(file)).stdout
    spawn("segl-map", arguments, environment=…, output=log)

The child is a process like any other: its own number, signals, descriptors, environment, folder, namespaces and exit
code. Four things differ from an execution. The template is its parent, so a status is asked of :class:`Child`. What a
unit allows is put on after the imports, so these are not tried by it. The milter does not read ahead. And what a daemon
shuts in (:mod:`segl.confined`) is loaded for the first file that comes, not before. Who wants any of that starts by
execution, as :mod:`world.host` can, with which `segl install` is tested.

The template has one thread and is not forked but executed: nothing of pytest is in it. It ends with its test process,
also where that is killed, and what it forked ends with it. Pytest's workers share it: the first that wants the program
starts the template, which ends with the last.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import fcntl
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NoReturn

_MODULES: Final = {
    "segl": "segl.cli",
    "segl-milter": "segl_milter.daemon",
    "segl-map": "segl_routing.daemon",
    "segl-deliver": "segl_delivery.daemon",
    "segl-portal": "segl_portal.daemon",
}
# What a program loads behind its ``main``, as far as that depends on nothing it is told: up to a second of it. Metrics
# choose their storage when they are loaded, so what needs them is left to each start.
BEHIND: Final = {
    "segl": """
        segl.cli.checking segl.cli.doctor_checks segl.cli.doctor_text segl.cli.installing segl.cli.key_text
        segl.settings.file segl_classifier.understanding.loading sqlalchemy.dialects.sqlite
    """,
    "segl-milter": """
        http.server wsgiref.simple_server asyncio segl.decisions.record segl_classifier.pool.reader
        segl_classifier.tuning.features segl_classifier.understanding.loading segl_milter.announce
        segl_milter.modifications segl_milter.policies segl_milter.ruling segl_milter.transaction segl_milter.warm
    """,
    "segl-map": "sqlalchemy.dialects.sqlite",
    "segl-deliver": "sqlalchemy.dialects.sqlite",
    "segl-portal": """
        http.server wsgiref.simple_server argon2 h11 jinja2 sqlalchemy.dialects.sqlite starlette.applications
        starlette.templating uvicorn segl.audit segl.certificates.judgement segl.decisions.feedback segl.mail.own_mail
        segl.sealed.life segl.sealed.storage segl.settings.file segl.settings.trail segl_portal.look
        segl_portal.reader segl_portal.reading.view
    """,
}
_WITH_RULES: Final = ("segl", "segl-milter")  # they use the shipped ones, mostly: a fifth of a second
# Becomes the program behind it when the first request is there to be seen (MSG_PEEK), and ends when none can come. To
# load libraries for files that most tests never send takes a third of a second of each milter, more of each portal.
_WHEN_ASKED: Final = (
    *(sys.executable, "-I", "-S", "-c"),
    "import _socket, os, sys; s = _socket.socket(fileno=3); s.recv(1, 2) and os.execv(sys.argv[1], sys.argv[1:])",
)
_NAMESPACES: Final = ("net", "mnt")
_LENGTH_BYTES: Final = 4

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
            status = os.read(self._ended, _LENGTH_BYTES)
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
) -> subprocess.CompletedProcess[str]:
    """Run *program* to its end, as :func:`subprocess.run` does, with *given* on its standard input."""
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
                [sys.executable, __file__, program, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd="/",
            )

    def fork(self, order: Mapping[str, Any], streams: Sequence[int]) -> Child:
        text = json.dumps(order).encode()
        ours, theirs = os.pipe()
        spaces = [os.open(f"/proc/thread-self/ns/{name}", os.O_RDONLY) for name in _NAMESPACES]
        try:
            with self._one_at_a_time:
                length = len(text).to_bytes(_LENGTH_BYTES, "big")
                socket.send_fds(self._line, [length], [*streams, theirs, *spaces])
                self._line.sendall(text)
                answer = self._line.recv(_LENGTH_BYTES)
        finally:
            for descriptor in (theirs, *spaces):
                os.close(descriptor)
        assert answer, "the template has ended"
        return Child(int.from_bytes(answer, "big"), ours)

    def _end(self) -> None:
        self._line.close()
        if self._process and shared is None:
            self._process.wait(10)
        elif self._process:
            self._process.returncode = 0  # as if waited for: others may need it still


@functools.cache
def _template(program: str) -> _Template:
    return _Template(program)


# ── in the template ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Born:
    """What the template knows of a child."""

    pid: int
    told: int  # where its status is awaited
    line: socket.socket  # whose it is


def _serve(program: str, door: socket.socket) -> Callable[[], object]:
    """Fork for each order; returns in the child only, with what is to be called there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's ^C is for the tests
    main = _imported(program)
    gc.collect()
    gc.freeze()
    lines: dict[int, socket.socket] = {}
    children: dict[int, _Born] = {}  # by pidfd
    asked = select.poll()
    asked.register(door, select.POLLIN)
    while True:
        for descriptor, _ in asked.poll():
            if descriptor in children:
                asked.unregister(descriptor)
                _tell(descriptor, children.pop(descriptor))
            elif descriptor == door.fileno():
                line, _ = door.accept()
                with contextlib.suppress(BrokenPipeError):
                    line.sendall(b"!")
                lines[line.fileno()] = line
                asked.register(line, select.POLLIN)
            elif wanted := _order(line := lines[descriptor]):
                order, (*streams, ended, network, mounts) = wanted
                pid = os.fork()
                if pid == 0:
                    for other in (door, *lines.values()):
                        other.close()
                    for pidfd, child in children.items():
                        os.close(pidfd)
                        os.close(child.told)
                    os.close(ended)
                    _become(program, order, streams, (network, mounts))
                    return main
                for given in (*streams, network, mounts):
                    os.close(given)
                pidfd = os.pidfd_open(pid)
                children[pidfd] = _Born(pid, ended, line)
                asked.register(pidfd, select.POLLIN)
                line.sendall(pid.to_bytes(_LENGTH_BYTES, "big"))
            else:
                asked.unregister(descriptor)
                del lines[descriptor]
                for pidfd, child in children.items():
                    if child.line is line:
                        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                line.close()
                if not lines:
                    os._exit(0)


def _order(line: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """What is wanted, and the descriptors for it; None: nothing any more."""
    length, given, _, _ = socket.recv_fds(line, _LENGTH_BYTES, 6)
    text = b""
    while length and len(text) < int.from_bytes(length, "big"):
        piece = line.recv(int.from_bytes(length, "big") - len(text))
        if not piece:
            return None
        text += piece
    return (json.loads(text), given) if length else None


def _imported(program: str) -> Callable[[], object]:
    """What the console script calls. The modules of the command line's commands, which it imports when they are
    asked for, are there already."""
    os.environ["OPENBLAS_NUM_THREADS"] = (
        "1"  # NumPy would start threads; what is born here has its own environment
    )
    main: Callable[[], object] = importlib.import_module(_MODULES[program]).main
    if program == "segl-milter":
        # half a second of reading ahead, which makes the first thousand messages faster and no answer another
        vars(importlib.import_module("segl_milter.warm")).update(_MOST_SECONDS=0.0)
    if program != "segl":
        shut_in = vars(importlib.import_module("segl.confined.pool"))
        shut_in.update(_PROGRAM=(*_WHEN_ASKED, *shut_in["_PROGRAM"]))
        sys.path.insert(0, str(Path(__file__).parent.parent))
        importlib.import_module("world.confined")
        del sys.path[0]
    else:
        for module, _ in importlib.import_module("segl.cli.main").COMMANDS.values():
            importlib.import_module(module)
    for module in BEHIND[program].split():
        importlib.import_module(module)
    if program in _WITH_RULES:
        rules = importlib.import_module("segl_classifier.rules").shipped_rules()
        assert rules.fingerprints
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "threads do not survive a fork"
    return main


def _tell(pidfd: int, child: _Born) -> None:
    status = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
    os.close(pidfd)
    with contextlib.suppress(BrokenPipeError):  # nobody waits any more
        os.write(child.told, status.to_bytes(_LENGTH_BYTES, "big", signed=True))
    os.close(child.told)


def _become(program: str, order: Mapping[str, Any], streams: Sequence[int], spaces: Sequence[int]) -> None:
    """Take on all that a process is born with."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for target, descriptor in enumerate(streams):
        os.dup2(descriptor, target)
    for name, descriptor in zip(_NAMESPACES, spaces, strict=True):
        if not os.path.samestat(os.fstat(descriptor), Path(f"/proc/self/ns/{name}").stat()):
            _set_namespace(descriptor)
    for descriptor in {*streams, *spaces} - {0, 1, 2}:
        os.close(descriptor)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = [str(Path(sys.executable).parent / program), *order["arguments"]]
    Path("/proc/self/comm").write_text(program)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        old = getattr(sys, name)
        shown = name == "stderr" or os.isatty(old.fileno())
        buffering = 1 if shown else -1
        new = open(old.fileno(), mode, buffering, old.encoding, old.errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    if order["limits"]:
        sys.modules["world.confined"].put_on(order["limits"])


def _set_namespace(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0):
        raise OSError(ctypes.get_errno(), "setns")


def _started() -> NoReturn:
    program, descriptor = sys.argv[1:]
    del sys.path[0]  # the tests' own folder
    main = _serve(program, socket.socket(fileno=int(descriptor)))
    sys.exit(main())  # type: ignore[arg-type]


if __name__ == "__main__":
    _started()
