"""The template of a program: a process that has imported all of it, and forks a child for each order that comes in by a
line of :mod:`world.template`, where it is told what a child is and how it differs from an execution.

An order is its length, with which the descriptors come, and JSON; the answer is the child's number, and its status goes
into a pipe that came with the order. The template has one thread, and is executed as a file: of pytest there is nothing
in it.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

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
NAMESPACES: Final = ("net", "mnt")  # taken over by a child, in this order
LENGTH_BYTES: Final = 4


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
                line.sendall(pid.to_bytes(LENGTH_BYTES, "big"))
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
    length, given, _, _ = socket.recv_fds(line, LENGTH_BYTES, 6)
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
    # NumPy would start threads; what is born here has its own environment.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    main: Callable[[], object] = importlib.import_module(_MODULES[program]).main
    if program == "segl-milter":
        # half a second of reading ahead, which makes the first thousand messages faster and no answer another
        vars(importlib.import_module("segl_milter.warm")).update(_MOST_SECONDS=0.0)
        # what lies here before a fork is set aside already; to look at it again would copy all of it into each child
        vars(gc).update(unfreeze=lambda: None)
    if program != "segl":
        shut_in = vars(importlib.import_module("segl.confined.pool"))
        shut_in.update(_PROGRAM=(*_WHEN_ASKED, *shut_in["_PROGRAM"]))
    else:
        for module, _ in importlib.import_module("segl.cli.main").COMMANDS.values():
            importlib.import_module(module)
    sys.path.insert(0, str(Path(__file__).parent.parent))
    importlib.import_module("world.confined")
    del sys.path[0]
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
        os.write(child.told, status.to_bytes(LENGTH_BYTES, "big", signed=True))
    os.close(child.told)


def _become(program: str, order: Mapping[str, Any], streams: Sequence[int], spaces: Sequence[int]) -> None:
    """Take on all that a process is born with."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for target, descriptor in enumerate(streams):
        os.dup2(descriptor, target)
    for name, descriptor in zip(NAMESPACES, spaces, strict=True):
        if not os.path.samestat(os.fstat(descriptor), Path(f"/proc/self/ns/{name}").stat()):
            _set_namespace(descriptor)
    for descriptor in {*streams, *spaces} - {0, 1, 2}:
        os.close(descriptor)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = [str(Path(sys.executable).parent / program), *order["arguments"]]
    Path("/proc/self/comm").write_text(program)
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "").partition(":")
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        old = getattr(sys, name)
        shown = name == "stderr" or os.isatty(old.fileno())
        buffering = 1 if shown else -1
        handled = old.errors if name == "stderr" else errors or ("strict" if encoding else old.errors)
        new = open(old.fileno(), mode, buffering, encoding or old.encoding, handled, closefd=False)  # noqa: SIM115
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    if order["limits"]:
        sys.modules["world.confined"].put_on(order["limits"])


def _set_namespace(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0):
        raise OSError(ctypes.get_errno(), "setns")


def _end(code: object) -> None:
    """End as the interpreter does, but for its last step: that takes apart all that lies in memory, and so would first
    copy it, for it is the template's too, in 70 ms of processor time. Returns where more than a number is to be told,
    which then is left to the interpreter."""
    if code is not None and not isinstance(code, int):
        return
    vars(threading)["_shutdown"]()
    vars(atexit)["_run_exitfuncs"]()
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except (OSError, ValueError):  # a full disk, a stream that is closed
        return
    os._exit(code or 0)


def _started() -> NoReturn:
    program, descriptor = sys.argv[1:]
    del sys.path[0]  # the tests' own folder
    main = _serve(program, socket.socket(fileno=int(descriptor)))
    try:
        sys.exit(main())  # type: ignore[arg-type]
    except SystemExit as end:
        _end(end.code)
        raise


if __name__ == "__main__":
    _started()
