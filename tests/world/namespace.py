"""A network and mount namespace for this process and its children (unshare(2), namespaces(7)).

After :func:`enter` the process sees only a loopback interface of its own. Mounts made afterwards, such as
another ``/etc/resolv.conf``, are seen by no other process and vanish with the last one inside. Needs root
(CAP_SYS_ADMIN), as Postfix's master does anyway.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MNT_DETACH = 2

_libc = ctypes.CDLL(None, use_errno=True)
_entered = False


class NamespaceRefused(RuntimeError):
    """The kernel or the container does not let this process make a namespace."""


def enter() -> None:
    """Move this process into new network and mount namespaces and bring loopback up.

    Must be called before the process starts servers or threads of its own; a second time it does nothing. Raises
    :class:`NamespaceRefused`.
    """
    global _entered
    if _entered:
        return
    if _libc.unshare(_CLONE_NEWNS | _CLONE_NEWNET) != 0:
        raise NamespaceRefused(f"unshare: {os.strerror(ctypes.get_errno())} (root is needed)")
    _mount("none", "/", _MS_REC | _MS_PRIVATE)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    _entered = True


@contextmanager
def another_network() -> Iterator[None]:
    """Inside, this thread and what it starts see a loopback of their own; afterwards the one from before.

    For a test that needs every port, while servers of other tests live on in this process (a network
    namespace belongs to a thread, setns(2)).
    """
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _libc.unshare(_CLONE_NEWNET) != 0:
            raise NamespaceRefused(f"unshare: {os.strerror(ctypes.get_errno())} (root is needed)")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield
    finally:
        _libc.setns(before, _CLONE_NEWNET)
        os.close(before)


def bind(source: Path, target: Path) -> None:
    """Show *source* at *target*, to this process and its children only."""
    _mount(str(source), str(target), _MS_BIND)


def unbind(target: Path) -> None:
    """Show at *target* what stood there before the last :func:`bind`."""
    if _libc.umount2(str(target).encode(), _MNT_DETACH) != 0:
        raise NamespaceRefused(f"umount {target}: {os.strerror(ctypes.get_errno())}")


@contextmanager
def resolv_conf(text: str, directory: Path) -> Iterator[None]:
    """Inside, ``/etc/resolv.conf`` says *text*; the file lies in *directory*. Other tests of this process have servers
    that ask those named before."""
    file, target = directory / "resolv.conf", Path("/etc/resolv.conf").resolve()
    file.write_text(text, "ascii")
    bind(file, target)
    try:
        yield
    finally:
        unbind(target)


def _mount(source: str, target: str, flags: int) -> None:
    if _libc.mount(source.encode(), target.encode(), None, flags, None) != 0:
        raise NamespaceRefused(f"mount {target}: {os.strerror(ctypes.get_errno())}")
