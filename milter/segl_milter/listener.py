"""The listening socket that all workers share.

libmilter opens it once, before the workers are forked, and knows it by a name of its own. When libmilter
stops it unlinks that name, whoever else may be listening there. So the socket is opened under a private
name in the same directory and then moved to its public name: moving is atomic, takes the place of what a
killed process left behind, and leaves libmilter nothing to unlink.

Two more traps: a lock file tells whether another parent lives (a record lock, which
children do not inherit: workers that still drain after their parent was killed are no hindrance), and the
socket is non-blocking, for all idle workers wake up at one connection and the losers must not
hang in accept(2).
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import Milter

from segl.errors import SeglError
from segl_milter import protocol

_PATH_BYTES = 107  # of sockaddr_un, less the final NUL


class ListenError(SeglError):
    """The socket cannot be opened."""


class Listener:
    """The open socket. ``stop_accepting`` is for the workers, the rest for the parent."""

    def __init__(self, path: Path, name: Path, fd: int, quiet: socket.socket, lock: int) -> None:
        self.path = path
        self._name = name
        self._fd = fd
        self._quiet = quiet
        self._lock = lock
        self._inode = path.lstat().st_ino

    def stop_accepting(self) -> None:
        """In this process, new connections are left to the others.

        libmilter has no call for it short of stopping, which drops the sessions in hand. So its
        descriptor is made one of a socket that nobody can reach.
        """
        os.dup2(self._quiet.fileno(), self._fd, inheritable=False)

    def connected(self) -> bool:
        """Whether this process has a connection open, be it accepted in this very moment."""
        return any(True for _ in self._connections())

    def unread(self) -> bool:
        """Whether there is something on a connection that libmilter has not read yet."""
        return any(_readable(sock) for sock in self._connections())

    def _connections(self) -> Iterator[socket.socket]:
        """libmilter's connections: they bear the name that the listening socket was bound to."""
        return (sock for fd, sock in _sockets_named(self._name) if fd != self._fd)

    def withdraw(self) -> None:
        """Take the public name away, unless it is another's by now: nobody new finds us."""
        with suppress(OSError):
            if self.path.lstat().st_ino == self._inode:
                self.path.unlink()

    def close(self) -> None:
        """Let the next parent in."""
        os.close(self._lock)


def open_listener(path: Path, mode: int) -> Listener:
    """Listen on *path* with the permissions *mode*. Raises :class:`ListenError`.

    Callbacks must be registered before (libmilter wants it so).
    """
    private = path.with_name(f".{path.name}.{os.getpid()}")
    nowhere = path.with_name(f".{path.name}.{os.getpid()}.quiet")
    if len(os.fsencode(nowhere)) > _PATH_BYTES:
        raise ListenError("the milter.socket cannot be opened", f"{path}: the path is too long for a socket")
    lock = _take_lock(path)
    try:
        _check_place(path)
        quiet = _quiet_socket(nowhere)
        fd = _listen(private, path, mode)
    except OSError as error:
        os.close(lock)
        raise ListenError("the milter.socket cannot be opened", f"{path}: {error.strerror}") from None
    except ListenError:
        os.close(lock)
        raise
    return Listener(path, private, fd, quiet, lock)


def _take_lock(path: Path) -> int:
    name = path.with_name(f".{path.name}.lock")
    try:
        lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ListenError("the milter.socket cannot be opened", f"{name}: {error.strerror}") from None
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise ListenError(
            "another segl-milter serves this socket",
            f"{path}: another segl-milter serves this socket",
            "stop it first, or give this one another milter.socket",
        ) from None
    return lock


def _check_place(path: Path) -> None:
    """Refuse to replace anything but a socket."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ListenError("the milter.socket cannot be opened", f"{path}: exists and is no socket")


def _quiet_socket(name: Path) -> socket.socket:
    """A listening socket that has lost its *name*: no connection ever comes."""
    name.unlink(missing_ok=True)
    quiet = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o177)
    try:
        quiet.bind(str(name))
    finally:
        os.umask(umask)
    quiet.setblocking(False)
    quiet.listen(1)
    name.unlink()
    return quiet


def _listen(private: Path, path: Path, mode: int) -> int:
    private.unlink(missing_ok=True)
    umask = os.umask(0o177)
    try:
        protocol.open_socket(str(private))
    except Milter.error:
        raise ListenError("the milter.socket cannot be opened", f"{path}: libmilter cannot listen") from None
    finally:
        os.umask(umask)
    fd = _descriptor_of(private)
    os.set_blocking(fd, False)
    private.chmod(mode)
    private.replace(path)
    return fd


def _descriptor_of(name: Path) -> int:
    """libmilter's descriptor of the socket bound to *name*: it does not tell which it is."""
    for fd, _ in _sockets_named(name):
        return fd
    raise ListenError("the milter socket cannot be opened", f"{name}: the descriptor cannot be found")


def _readable(sock: socket.socket) -> bool:
    poll = select.poll()  # select(2) knows no descriptor above 1023
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _sockets_named(name: Path) -> Iterator[tuple[int, socket.socket]]:
    """Each descriptor of this process that is a unix socket of that *name*, with a copy to ask about it."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        fd = int(entry.name)
        with suppress(OSError):  # it was closed meanwhile
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                with socket.socket(fileno=os.dup(fd)) as sock:
                    if sock.family == socket.AF_UNIX and sock.getsockname() == str(name):
                        yield fd, sock
