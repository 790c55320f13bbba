"""The directory of sealed messages: one file a message, spread over 256 sub-directories.

A file appears under its name only when it is whole and on disk: it is written under a temporary name in
the same sub-directory, synced, renamed, and the directory is synced (without that last step a power cut may
forget the name). A process killed at any point leaves at most a temporary file, or a file that no row of
the store names; :meth:`SealedDirectory.sweep` takes both away when they are old enough that nobody can
still be at work on them."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Final

from segl.days import DAY_SECONDS
from segl.durable import sync_directory
from segl.errors import DeliveryError, SealingError
from segl.sealed.format import Header, encrypt
from segl.sealed.keys import Secret

SUFFIX: Final = ".sealed"
_OWNER: Final = ".segl-store"
_PROBE: Final = ".probe-"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ID: Final = re.compile(r"[0-9a-f]{32}")
_SHARD: Final = re.compile(r"[0-9a-f]{2}")
TEMPORARY_SECONDS: Final = 3600.0  # writing one message takes seconds
ORPHAN_SECONDS: Final = DAY_SECONDS  # from file to row takes milliseconds


def new_id() -> str:
    """A random id of 128 bits as 32 hex digits."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


class LocalFile(FileIO):
    """One sealed file, open. See :class:`segl.sealed.storage.SealedFile`."""

    @property
    def size(self) -> int:
        return os.fstat(self.fileno()).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        data = os.pread(self.fileno(), length, offset)
        while len(data) < length and (
            more := os.pread(self.fileno(), length - len(data), offset + len(data))
        ):
            data += more
        return data


class SealedDirectory:
    """Where the sealed files are. See :class:`segl.sealed.storage.Place`.

    Sub-directories have mode 0770, files 0640, less the umask: the directory's
    group, which a directory with the set-group-ID bit hands down, is those who seal and those who open."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._seen_shards: set[str] = set()  # whose names in the root are on disk

    @property
    def name(self) -> str:
        return str(self.root)

    def owner(self) -> str | None:
        """The id of the store it belongs to. Raises :class:`OSError`."""
        try:
            with (self.root / _OWNER).open("rb") as file:
                return file.read(64).decode("ascii", "replace").strip()
        except FileNotFoundError:
            return None

    def mark(self, owner: str) -> None:
        """It belongs to the store of this id. Raises :class:`OSError`."""
        temporary = self.root / f"{_OWNER}.{secrets.token_hex(4)}.tmp"
        try:
            _write_synced(temporary, [f"{owner}\n".encode("ascii")])
            temporary.rename(self.root / _OWNER)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_directory(self.root)

    def path(self, message_id: str) -> Path:
        if not is_id(message_id):
            raise ValueError("a message id has 32 hex digits")
        return self.root / message_id[:2] / (message_id + SUFFIX)

    def prepare(self) -> None:
        """Make the directory, and fail now rather than at the first message if it cannot be written."""
        with _sealing("the directory of sealed messages cannot be used"):
            self.root.mkdir(mode=0o770, parents=True, exist_ok=True)
            probe = self.root / f"{_PROBE}{secrets.token_hex(4)}"
            os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            probe.unlink()

    def write(self, message_id: str, key: Secret, pieces: Iterable[bytes]) -> int:
        """Seal *pieces* under *message_id*; returns the size on disk when the file is there to stay.

        Raises :class:`SealingError` (the disk is full) or :class:`DeliveryError`; nothing is left behind
        then."""
        final = self.path(message_id)
        temporary = final.with_name(f".{message_id}.{secrets.token_hex(4)}.tmp")
        header = Header.new(bytes.fromhex(message_id))
        with _sealing("the message could not be sealed"):
            self._make_shard(final.parent)
            try:
                size = _write_synced(temporary, encrypt(pieces, key.reveal(), header))
                temporary.rename(final)
            except BaseException:
                with suppress(OSError):
                    temporary.unlink()
                raise
            try:
                sync_directory(final.parent)
            except OSError:
                self.remove(message_id)
                raise
        return size

    def open(self, message_id: str) -> LocalFile:
        """The sealed file. Raises :class:`OSError`."""
        descriptor = os.open(self.path(message_id), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        return LocalFile(descriptor)

    def remove(self, message_id: str) -> bool:
        """Take the file away; whether it is gone now. One that cannot go is no fault: the sweep comes again."""
        try:
            self.path(message_id).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def sweep(
        self, known: Callable[[str], bool], now: float, see: Callable[[str], None] = lambda _: None
    ) -> int:
        """Take away what a killed process left: old temporary files, and old files of whose id *known*
        says no. Returns how many. A file that cannot be looked at is passed over."""
        removed = 0
        for path in self._files():
            with suppress(OSError):
                age = now - path.stat(follow_symlinks=False).st_mtime
                name = path.name.removesuffix(SUFFIX)
                see(name)
                if path.name.endswith(".tmp") or path.name.startswith(_PROBE):
                    leave = age < TEMPORARY_SECONDS
                else:
                    leave = not is_id(name) or age < ORPHAN_SECONDS or known(name)
                if not leave:
                    path.unlink()
                    removed += 1
        return removed

    def _files(self) -> Iterator[Path]:
        with suppress(OSError):
            for found in self.root.iterdir():
                if found.name.startswith((_PROBE, f"{_OWNER}.")):
                    yield found
                elif _SHARD.fullmatch(found.name):
                    with suppress(OSError):
                        yield from list(found.iterdir())

    def _make_shard(self, shard: Path) -> None:
        """Make sure of it on disk. One that is there may be of a process that was killed before it had synced the root:
        so each process does it once for each."""
        try:
            shard.mkdir(mode=0o770)
        except FileExistsError:
            if shard.name in self._seen_shards:
                return
        sync_directory(self.root)
        self._seen_shards.add(shard.name)


def _write_synced(path: Path, chunks: Iterable[bytes]) -> int:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o640), "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


@contextmanager
def _sealing(public: str) -> Iterator[None]:
    """``OSError`` inside comes out as the delivery error that belongs to it."""
    try:
        yield
    except OSError as error:
        private = f"{public}: {error.strerror} ({error.filename or 'writing'})"
        if error.errno in _FULL:
            raise SealingError("no space for sealed messages now", private) from None
        raise DeliveryError(public, private) from None
