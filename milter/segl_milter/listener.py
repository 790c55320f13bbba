"""The listening socket that all workers share.

The parent opens it before the workers are forked, under a private name in the same directory, and then moves it to its
public name: moving is atomic, and takes the place of what a killed process left behind.

Two traps: a lock file tells whether another parent lives (a record lock, which
children do not inherit: workers that still drain after their parent was killed are no hindrance); as anybody may delete
that file, the socket is asked too, whose it is. And the socket is non-blocking, for all idle workers wake up at one
connection and the losers must not hang in accept(2).
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
import struct
from contextlib import suppress
from pathlib import Path

from segl.errors import SeglError
from segl.places import maker_of

_PATH_BYTES = 107  # of sockaddr_un, less the final NUL
_BACKLOG = 512  # connections that may wait while every worker is being replaced


class ListenError(SeglError):
    """The socket cannot be opened."""


class Listener:
    """The open socket: ``socket`` is for the workers, the rest for the parent."""

    def __init__(self, path: Path, listening: socket.socket, lock: int) -> None:
        self.path = path
        self.socket = listening
        self._lock = lock
        self._inode = path.lstat().st_ino

    def withdraw(self) -> None:
        """Take the public name away, unless it is another's by now: nobody new finds us."""
        with suppress(OSError):
            if self.path.lstat().st_ino == self._inode:
                self.path.unlink()

    def close(self) -> None:
        """Let the next parent in."""
        os.close(self._lock)


def open_listener(path: Path, mode: int) -> Listener:
    """Listen on *path* with the permissions *mode*. Raises :class:`ListenError`."""
    private = path.with_name(f".{path.name}.{os.getpid()}")
    if len(os.fsencode(private)) > _PATH_BYTES:
        raise ListenError("the milter.socket cannot be opened", f"{path}: the path is too long for a socket")
    lock = _take_lock(path)
    try:
        _check_place(path)
        if _is_served(path):
            raise _taken(path)
        return Listener(path, _listen(private, path, mode), lock)
    except OSError as error:
        os.close(lock)
        raise _unusable(path, error) from None
    except ListenError:
        os.close(lock)
        raise


def _take_lock(path: Path) -> int:
    name = path.with_name(f".{path.name}.lock")
    try:
        lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise _taken(path) from None
    return lock


def _unusable(path: Path, error: OSError) -> ListenError:
    """After a restore, say, segl-milter is started before segl install has made the folder."""
    if isinstance(error, FileNotFoundError) and not path.parent.exists():
        told, hint = f"there is no folder {path.parent}", maker_of(path.parent, of_milter=True)
    else:
        told, hint = error.strerror or str(error), "may segl-milter write in its folder?"
    return ListenError("the milter.socket cannot be opened", f"{path}: {told}", hint)


def _taken(path: Path) -> ListenError:
    return ListenError(
        "another segl-milter serves this socket",
        f"{path}: another segl-milter serves this socket",
        "stop it first, or give this one another milter.socket",
    )


def _is_served(path: Path) -> bool:
    """Whether somebody listens there who lives. The kernel tells who called listen(2) (SO_PEERCRED, unix(7)): a parent,
    though its workers accept. Of one that was killed the workers that still drain hold the socket open, and do not
    count. Who cannot be seen from here, in another namespace, lives."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except BlockingIOError:  # its backlog is full
            return True
        except OSError:
            return False
        pid, _, _ = struct.unpack("3i", probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid == 0 or Path(f"/proc/{pid}").exists()


def _check_place(path: Path) -> None:
    """Refuse to replace anything but a socket."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ListenError("the milter.socket cannot be opened", f"{path}: exists and is no socket")


def _listen(private: Path, path: Path, mode: int) -> socket.socket:
    private.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o177)
    try:
        listening.bind(str(private))
        listening.setblocking(False)
        listening.listen(_BACKLOG)
        private.chmod(mode)
        private.replace(path)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(umask)
    return listening
