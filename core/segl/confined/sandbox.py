"""Shuts a worker in: what it may use, and what it may no longer ask of the kernel.

Limits (setrlimit(2)) bound memory, processor time, open files; nothing can be written to a file. A seccomp
filter (seccomp(2), a small BPF program that the kernel runs at each system call) refuses the rest: sockets, so
that nothing read can leave; opening files for writing; new programs and processes; signals to and looks into
others; and the newer ways round such filters (io_uring, clone3). A refused call fails with EPERM, so a library
that tries one gets an error, not a crash.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2

# BPF, classic: operation codes, and what they return (linux/filter.h, linux/seccomp.h).
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000  # the other call table of x86-64

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CLONE_THREAD = 0x00010000

_Numbers = tuple[int | None, int | None]

# System call numbers (asm/unistd_64.h of x86-64, asm-generic/unistd.h of arm64).
_CALLS: dict[str, _Numbers] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "creat": (85, None),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rmdir": (84, None),
    "truncate": (76, 45),
    "chmod": (90, None),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "open_by_handle_at": (304, 265),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
}
_PROGRAMS: dict[str, _Numbers] = {
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
}
_MISSING: dict[str, _Numbers] = {  # callers have another way, or do without
    "clone3": (435, 435),
    "openat2": (437, 437),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
_OPEN: _Numbers = (2, None)
_OPENAT: _Numbers = (257, 56)
_CLONE: _Numbers = (56, 220)
_TGKILL: _Numbers = (234, 131)
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_OPEN_FILES = 64
_CPU_LIFE = 3600  # seconds, of all jobs of a worker together

_libc = ctypes.CDLL(None, use_errno=True)


class SandboxError(OSError):
    """This kernel or machine gives no sandbox; nothing may be read without."""


def confine(memory_bytes: int, parent: int, *, programs: bool = False) -> None:
    """Shut this process in, for good. It may take *memory_bytes* more than it has, dies with *parent*, and
    may run other programs and write to devices only with *programs* (for an OCR program)."""
    end_with(parent)
    _die_first()
    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _limit(resource.RLIMIT_AS, has + memory_bytes)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_MEMLOCK, 0)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _install(_filter(programs=programs))


def end_by_itself(parent: int, seconds: float) -> None:
    """For the child that becomes another program, between fork and exec: the kernel ends it after *seconds* of the
    clock, and with *parent*, the worker. A worker can end nobody, it may send no signals; and whoever ends the worker
    knows nothing of what it runs. Both stay over exec (setitimer(2), PR_SET_PDEATHSIG(2const)), and a program that ends
    by the clock has the code of SIGALRM."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    end_with(parent)


def end_with(parent: int) -> None:
    """The kernel ends this process when *parent* ends, however that comes: to be called by a child of its only, or its
    main, thread (PR_SET_PDEATHSIG(2const))."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before it could be watched
        raise SandboxError("the process that this one works for is gone")


def unix_sockets_only() -> None:
    """From now on this process and those it forks reach no network, its own host's neither: a port there may trust who
    comes. Files, other calls and sockets that are open already stay as they are. To be called before threads start."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    code, column = _beginning()
    for name, entry in _MISSING.items():
        # io_uring opens sockets past a filter.
        if name.startswith("io_uring") and (number := entry[column]) is not None:
            code += _refuse(number, _ENOSYS)
    number = _CALLS["socket"][column]
    assert number is not None  # noqa: S101 - every machine has it
    code += _when_argument(number, 0, _op(_EQUAL, socket.AF_UNIX, 1, 0))
    _install(b"".join([*code, _op(_RETURN, _ALLOW)]))


def allow_seconds(seconds: float) -> None:
    """From now on *seconds* more of processor time; beyond them the kernel ends this process. A backstop: the
    client's clock comes first."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (min(soft, _CPU_LIFE), _CPU_LIFE))


def _limit(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _die_first() -> None:
    """Should memory run out, the kernel takes a reader before anything else of ours."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:
        return  # not everywhere allowed; the other limits hold


def _beginning() -> tuple[list[bytes], int]:
    """How each filter begins: other machines' call tables end the process, and the number is loaded. And the column of
    this machine's numbers."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise SandboxError(f"no sandbox for machines of type {machine}")
    column, arch = _ARCHITECTURES[machine]
    code = [
        _op(_LOAD, _ARCH),
        _op(_EQUAL, arch, 1, 0),
        _op(_RETURN, _KILL),
        _op(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        code += [_op(_AT_LEAST, _X32, 0, 1), _op(_RETURN, _KILL)]
    return code, column


def _filter(*, programs: bool) -> bytes:
    code, column = _beginning()

    def numbers(table: Iterable[_Numbers]) -> list[int]:
        return [number for entry in table if (number := entry[column]) is not None]

    refused = numbers(_CALLS.values()) + ([] if programs else numbers(_PROGRAMS.values()))
    code += [line for number in refused for line in _refuse(number, _EPERM)]
    code += [line for number in numbers(_MISSING.values()) for line in _refuse(number, _ENOSYS)]
    for number in numbers([_TGKILL]):  # abort(3) and threads signal their own process
        code += _when_argument(number, 0, _op(_EQUAL, os.getpid(), 1, 0))
    if not programs:
        for number in numbers([_CLONE]):
            code += _when_argument(number, 0, _op(_ANY_BIT, _CLONE_THREAD, 1, 0))
        for table, argument in ((_OPEN, 1), (_OPENAT, 2)):
            for number in numbers([table]):
                code += _when_argument(number, argument, _op(_ANY_BIT, _WRITING, 0, 1))
    return b"".join([*code, _op(_RETURN, _ALLOW)])


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse(number: int, error: int) -> list[bytes]:
    return [_op(_EQUAL, number, 0, 1), _op(_RETURN, _ERRNO | error)]


def _when_argument(number: int, argument: int, test: bytes) -> list[bytes]:
    """Refuse call *number* unless *test* jumps over the refusal. Low halves only: the values tested fit."""
    return [
        _op(_EQUAL, number, 0, 4),
        _op(_LOAD, _ARGUMENTS + 8 * argument),
        test,
        _op(_RETURN, _ERRNO | _EPERM),
        _op(_LOAD, _NUMBER),
    ]


class _Program(ctypes.Structure):
    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _install(code: bytes) -> None:
    held = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(held, ctypes.c_void_p))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program))


def _prctl(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if _libc.prctl(ctypes.c_int(option), *padded) != 0:
        error = ctypes.get_errno()
        raise SandboxError(error, f"prctl {option}: {os.strerror(error)}")
