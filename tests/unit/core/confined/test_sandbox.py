"""What a worker may no longer do. Each case runs in a process of its own that shuts itself in first."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PREPARED = """
    import ctypes, os, resource, signal, socket, subprocess, sys, threading
    from segl.confined import sandbox
    other = os.getppid()
    pair = socket.socketpair()
    open_before = open({scratch!r}, "w")
    sandbox.confine(256 << 20, os.getppid(), programs={programs})
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        {attempt}
    except (OSError, MemoryError, RuntimeError) as error:
        print(type(error).__name__, getattr(error, "errno", ""))
    else:
        print("done")
    finally:
        sys.stdout.flush()
"""


def attempt(code: str, tmp_path: Path, *, programs: bool = False) -> str:
    scratch = tmp_path / "scratch"
    program = textwrap.dedent(PREPARED).format(
        scratch=str(scratch),
        programs=programs,
        attempt=f"exec({code.replace('{scratch!r}', repr(str(scratch)))!r})",
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


REFUSED = [
    "socket.socket(socket.AF_INET)",
    "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
    "socket.socket(socket.AF_UNIX)",
    "socket.socketpair()",
    "open('/tmp/x-segl-test', 'w')",
    "open({scratch!r}, 'r+')",
    "open({scratch!r}, 'a')",
    "os.open('/tmp', os.O_TMPFILE | os.O_RDWR)",
    "os.mkdir('/tmp/x-segl-test')",
    "os.unlink({scratch!r})",
    "os.rename({scratch!r}, {scratch!r} + '2')",
    "os.symlink('/etc/passwd', '/tmp/x-segl-test')",
    "os.chmod({scratch!r}, 0o777)",
    "os.truncate({scratch!r}, 0)",
    "os.execv('/bin/true', ['true'])",
    "subprocess.run(['/bin/true'])",
    "os.posix_spawn('/bin/true', ['true'], {})",
    "os.fork()",
    "os.kill(other, 0)",
    "os.pidfd_open(other)",
    "signal.pidfd_send_signal(0, 9)",
]


@pytest.mark.parametrize("code", REFUSED)
def test_it_is_refused(code: str, tmp_path: Path) -> None:
    assert attempt(code, tmp_path) == "PermissionError 1"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("ptrace", (101, 16, 1, 0, 0)), ("unshare", (272, 0x40000000)), ("io_uring_setup", (425, 8, 0)),
     ("clone3", (435, 0, 0)), ("bpf", (321, 0, 0, 0)), ("tgkill to another", (234, 1, 1, 0))],
)  # fmt: skip
@pytest.mark.skipif("x86_64" not in sys.implementation._multiarch, reason="call numbers of x86-64")
def test_the_kernel_is_not_asked(name: str, arguments: tuple[int, ...], tmp_path: Path) -> None:
    code = f"r = libc.syscall{arguments}\nif r < 0: raise OSError(ctypes.get_errno(), '')"
    assert attempt(code, tmp_path) in ("PermissionError 1", "OSError 38")


def test_memory_is_bounded(tmp_path: Path) -> None:
    assert attempt("bytearray(300 << 20)", tmp_path).startswith("MemoryError")
    assert attempt("bytearray(100 << 20)", tmp_path) == "done"


def test_nothing_is_written_to_a_file_that_was_open(tmp_path: Path) -> None:
    assert attempt("open_before.write('x' * 10_000)\nopen_before.flush()", tmp_path) == "OSError 27"  # EFBIG
    assert (tmp_path / "scratch").read_bytes() == b""


def test_what_readers_need_still_works(tmp_path: Path) -> None:
    assert attempt("open('/etc/passwd', 'rb').read()", tmp_path) == "done"
    assert (
        attempt("thread = threading.Thread(target=print)\nthread.start()\nthread.join()", tmp_path) == "done"
    )
    assert attempt("pair[0].send(b'x'); assert pair[1].recv(1) == b'x'", tmp_path) == "done"
    assert attempt("import sqlite3, decimal", tmp_path) == "done"


def test_open_files_and_core_dumps_are_limited(tmp_path: Path) -> None:
    assert attempt("files = [open('/etc/passwd') for _ in range(100)]", tmp_path) == "OSError 24"  # EMFILE
    assert attempt("assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)", tmp_path) == "done"


def test_with_programs_one_may_be_run_but_the_network_stays_shut(tmp_path: Path) -> None:
    assert attempt("subprocess.run(['/bin/true'], check=True)", tmp_path, programs=True) == "done"
    assert attempt("socket.socket(socket.AF_INET)", tmp_path, programs=True) == "PermissionError 1"
    connects = "import socket; socket.socket()"
    inner = f"assert subprocess.run([sys.executable, '-c', {connects!r}], stderr=-3).returncode == 1"
    assert attempt(inner, tmp_path, programs=True) == "done"


def test_a_program_ends_by_the_clock_though_a_worker_may_end_nobody(tmp_path: Path) -> None:
    runs = "subprocess.run(['/bin/sleep', '60'], preexec_fn=lambda: sandbox.end_by_itself(worker, 0.2))"
    assert (
        attempt(f"worker = os.getpid(); assert {runs}.returncode == -14", tmp_path, programs=True) == "done"
    )
    kills = "child = subprocess.Popen(['/bin/sleep', '5'], stdout=-3, stderr=-3); child.kill()"
    assert attempt(kills, tmp_path, programs=True) == "PermissionError 1"


def test_a_program_whose_worker_has_gone_does_not_start(tmp_path: Path) -> None:
    runs = "subprocess.run(['/bin/true'], preexec_fn=lambda: sandbox.end_by_itself(1, 9))"
    said = f"try: {runs}\nexcept subprocess.SubprocessError: pass\nelse: raise OSError(0, '')"
    assert attempt(said, tmp_path, programs=True) == "done"


def test_processor_time_is_bounded() -> None:
    program = """
        import os
        from segl.confined import sandbox
        sandbox.confine(256 << 20, os.getppid())
        sandbox.allow_seconds(-1)
        while True: pass
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], timeout=60, check=False)
    assert done.returncode == -24  # SIGXCPU


def test_a_worker_whose_parent_has_gone_does_not_start() -> None:
    program = """
        import os
        from segl.confined import sandbox
        try:
            sandbox.confine(256 << 20, 1 if os.getppid() != 1 else 2)
        except sandbox.SandboxError:
            print("refused")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "refused\n"


def test_a_machine_without_a_filter_of_ours_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from segl.confined import sandbox

    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(sandbox.SandboxError):
        sandbox._filter(programs=False)


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("socket.socket(socket.AF_INET)", "PermissionError 1"),
        ("socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)", "PermissionError 1"),
        ("socket.create_connection(('127.0.0.1', 10027))", "PermissionError 1"),
        ("(os.fork() and os._exit(os.wait()[1] >> 8)) or socket.socket(socket.AF_INET)", "PermissionError 1"),
        ("threading.Thread(target=int).start()", "done"),
        ("socket.socket(socket.AF_UNIX)", "done"),
        ("socket.socketpair()", "done"),
        ("listening.getsockname()", "done"),
        ("subprocess.run(['/bin/true'], check=True)", "done"),
    ],
)
def test_who_needs_unix_sockets_alone_reaches_no_port_of_this_host(deed: str, said: str) -> None:
    program = f"""
import os, socket, subprocess, sys, threading
from segl.confined import sandbox
listening = socket.create_server(("127.0.0.1", 0))
sandbox.unix_sockets_only()
try:
    {deed}
except OSError as error:
    print(type(error).__name__, error.errno)
else:
    print("done")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split("\n")[-2] == said, done.stderr
