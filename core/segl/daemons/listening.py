"""A unix socket to listen on: one owner, the wanted mode from the first moment, no leftovers.

A unix socket is a name in the file system that stays when its process dies. Removing such a stale name by
guess could cut off a process that still listens, so the owner holds a lock (flock(2)) on
``<socket>.lock``, which the kernel releases with the process however it ends. The lock file itself stays:
deleting it would let two processes lock two different files of the same name.
"""

from __future__ import annotations

import fcntl
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from segl.errors import SeglError
from segl.places import maker_of

_BACKLOG = 512


class SocketInUse(SeglError):
    """Another process listens on this socket."""


@dataclass(frozen=True, slots=True)
class UnixListener:
    """A listening socket, and the lock that makes it ours."""

    path: Path
    sock: socket.socket
    _lock: int

    def close(self) -> None:
        """Stop listening, take the name away, give the lock back."""
        with suppress(OSError):
            self.path.unlink()
        self.sock.close()
        os.close(self._lock)


def listen_unix(path: Path, mode: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> UnixListener:
    """Listen on *path* with file mode *mode* (``0o660``: the owner's group may connect too). *kind* is
    ``SOCK_STREAM``, or ``SOCK_DGRAM`` for messages without answer.

    A stale socket is replaced. Raises :class:`SocketInUse`, or :class:`SeglError` when the name cannot be
    had. Changes the process's umask for a moment: call it before there are threads.
    """
    try:
        lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _check_nobody_answers(path, kind)
        return UnixListener(path, _bind(path, mode, kind), lock)
    except BlockingIOError:
        os.close(lock)
        raise SocketInUse(
            "another process has the socket", f"{path}: in use by another instance", "stop that one first"
        ) from None
    except OSError as error:
        os.close(lock)
        raise _unusable(path, error) from None
    except BaseException:
        os.close(lock)
        raise


def _bind(path: Path, mode: int, kind: socket.SocketKind) -> socket.socket:
    if path.is_socket():  # anything else in the way is not ours to delete; bind then fails
        path.unlink()
    sock = socket.socket(socket.AF_UNIX, kind | socket.SOCK_CLOEXEC)
    before = os.umask(0o777 & ~mode)
    try:
        sock.bind(str(path))
        if kind is socket.SOCK_STREAM:
            sock.listen(_BACKLOG)
    except BaseException:
        sock.close()
        raise
    finally:
        os.umask(before)
    return sock


def _check_nobody_answers(path: Path, kind: socket.SocketKind) -> None:
    """A process that does not know of the lock may listen here."""
    with socket.socket(socket.AF_UNIX, kind | socket.SOCK_CLOEXEC) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return
        except TimeoutError:
            pass
    raise SocketInUse("another process has the socket", f"{path}: another process listens there")


def _unusable(path: Path, error: OSError) -> SeglError:
    if isinstance(error, FileNotFoundError) and not path.parent.exists():
        told, hint = f"there is no folder {path.parent}", maker_of(path.parent)
    else:
        told, hint = error.strerror or str(error), "may this process write in its folder?"
    return SeglError("a socket cannot be made", f"{path}: {told}", hint)
