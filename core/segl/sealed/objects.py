"""Sealed messages as objects of an S3-compatible store (``[portal.storage]``), one a message.

The store's promise that we build on: an object is there whole or not at all, and when a PUT was answered 200 it is
there for whoever asks next, on any host (Amazon's own since 2020, and the common servers). A message of up to 8 MB is
one PUT; a longer one a multipart upload, whose last request makes the object out of the parts. A process killed in
between leaves parts that no object is made of: a lifecycle rule of the bucket takes those away (docs/scaling.md). A
whole object that is left over is taken away by :meth:`SealedObjects.sweep`, as in a directory.

Reading is by ranges of 1 MB, of which two are kept: an attachment from the middle costs what it is long.

Nothing of the store's answers is logged but the kind of fault. obstore is imported when the first request is made, in
the process that makes it: it has threads, which do not survive a fork.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from segl.errors import DeliveryError, Fault
from segl.sealed.directory import ORPHAN_SECONDS, SUFFIX, is_id
from segl.sealed.format import Header, encrypt
from segl.sealed.keys import Secret
from segl.settings.storage import Storage

if TYPE_CHECKING:
    from obstore.store import S3Store

PART: Final = 8 * 1024 * 1024
BLOCK: Final = 1024 * 1024
_PARTS_AT_ONCE: Final = 2
_BLOCKS_KEPT: Final = 2
_TRIES: Final = 3
_OWNER: Final = "segl-store"
_PROBE: Final = "probe-"
_CREDENTIAL: Final = "segl-storage"
_LONGEST: Final = 4096
_CODE: Final = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
_STATUS: Final = re.compile(r"status code: ([0-9]{3})\b")
_KIND: Final = re.compile(r"HttpError \{\s*kind: ([A-Za-z]+)")
_KINDS: Final = {"Timeout": "the store did not answer in time", "Connect": "the store cannot be reached"}


class SealedObjects:
    """See :class:`segl.sealed.storage.Place`. Used by several threads at once."""

    def __init__(self, settings: Storage) -> None:
        self._settings = settings
        self._opened: S3Store | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._settings.name

    def owner(self) -> str | None:
        try:
            with _speaking():
                found = bytes(self._store.get(self._settings.prefix + _OWNER).bytes())
        except FileNotFoundError:
            return None
        return found.decode("ascii", "replace")

    def mark(self, owner: str) -> None:
        with _speaking():
            self._store.put(self._settings.prefix + _OWNER, owner.encode("ascii"), use_multipart=False)

    def prepare(self) -> None:
        probe = f"{self._settings.prefix}{_PROBE}{secrets.token_hex(4)}"
        with self._sealing("the store of sealed messages cannot be used"), _speaking():
            self._store.put(probe, b"segl", use_multipart=False)
            found = bytes(self._store.get(probe).bytes())
            self._store.delete(probe)
            if found != b"segl":
                raise OSError(errno.EIO, "gives something else than it took")

    def write(self, message_id: str, key: Secret, pieces: Iterable[bytes]) -> int:
        """What fails half-way leaves nothing, or an object under an id that nobody knows, for the sweep."""
        source = _Source(encrypt(pieces, key.reveal(), Header.new(bytes.fromhex(message_id))))
        path = self._path(message_id)
        try:
            with self._sealing("the message could not be sealed"), _speaking():
                first = source.take(PART)
                if source.ended:
                    self._store.put(path, first, use_multipart=False)
                else:
                    self._store.put(
                        path, source.parts(first), chunk_size=PART, max_concurrency=_PARTS_AT_ONCE
                    )
        except Exception:
            if source.fault is not None:  # not the store's: it comes out as what it was
                raise source.fault from None
            raise
        return source.size

    def open(self, message_id: str) -> ObjectFile:
        """One request brings the size and the beginning. Raises :class:`OSError`."""
        path = self._path(message_id)
        with _speaking():
            found = self._store.get(path, options={"range": (0, BLOCK)})
            return ObjectFile(found.meta["size"], bytes(found.bytes()), lambda a, b: self._range(path, a, b))

    def remove(self, message_id: str) -> bool:
        try:
            with _speaking():
                self._store.delete(self._path(message_id))
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def sweep(
        self, known: Callable[[str], bool], now: float, see: Callable[[str], None] = lambda _: None
    ) -> int:
        """Raises :class:`~segl.errors.DeliveryError` when the store does not tell what it has."""
        removed = 0
        with self._sealing("what the store of sealed messages holds cannot be listed"), _speaking():
            for batch in self._store.list(self._settings.prefix, chunk_size=1000):
                for one in batch:
                    name = one["path"].rpartition("/")[2].removesuffix(SUFFIX)
                    see(name)
                    if now - one["last_modified"].timestamp() < ORPHAN_SECONDS:
                        continue
                    if name.startswith(_PROBE) or (is_id(name) and not known(name)):
                        self._store.delete(one["path"])
                        removed += 1
        return removed

    def _path(self, message_id: str) -> str:
        if not is_id(message_id):
            raise ValueError("a message id has 32 hex digits")
        return self._settings.prefix + message_id + SUFFIX

    def _range(self, path: str, start: int, end: int) -> bytes:
        with _speaking():
            return bytes(self._store.get_range(path, start=start, end=end))

    @property
    def _store(self) -> S3Store:
        with self._lock:
            if self._opened is None:
                self._opened = _open(self._settings)
            return self._opened

    @contextmanager
    def _sealing(self, public: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DeliveryError(public, f"{public}: {self.name}: {error.strerror}") from None


class ObjectFile:
    """One sealed message, open. See :class:`segl.sealed.storage.SealedFile`."""

    def __init__(self, size: int, first: bytes, fetch: Callable[[int, int], bytes]) -> None:
        """*first* is its beginning, of :data:`BLOCK` bytes; *fetch* gives those from a place up to another."""
        self.size = size
        self._fetch = fetch
        self._blocks: OrderedDict[int, bytes] = OrderedDict({0: first})
        self._lock = threading.Lock()

    def read_at(self, offset: int, length: int) -> bytes:
        end, pieces = min(offset + length, self.size), []
        while offset < end:
            number, skipped = divmod(offset, BLOCK)
            piece = self._block(number)[skipped : skipped + end - offset]
            if not piece:
                raise OSError(errno.EIO, "shorter than the store said")
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        with self._lock:
            self._blocks.clear()

    def _block(self, number: int) -> bytes:
        with self._lock:
            if (known := self._blocks.get(number)) is not None:
                self._blocks.move_to_end(number)
                return known
            start = number * BLOCK
            block = self._blocks[number] = self._fetch(start, min(start + BLOCK, self.size))
            if len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
            return block


class _Source:
    """The bytes of *chunks* in parts. What *chunks* raised is in ``fault``: the library makes an error of its own of
    it."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.size = 0
        self.ended = False
        self.fault: BaseException | None = None

    def take(self, length: int) -> bytes:
        """At least *length* bytes, fewer only at the end."""
        part = bytearray()
        while len(part) < length:
            try:
                chunk = next(self._chunks, None)
            except BaseException as error:
                self.fault = error
                raise
            if chunk is None:
                self.ended = True
                break
            part += chunk
        self.size += len(part)
        return bytes(part)

    def parts(self, first: bytes) -> Iterator[bytes]:
        yield first
        while not self.ended and (part := self.take(PART)):
            yield part


def storage_faults(settings: Storage, file: Path) -> Iterator[Fault]:
    """What of ``[portal.storage]`` could not be used: told at the start rather than at the first message."""
    if not settings.used:
        return
    try:
        _credentials(settings)
    except OSError as error:
        yield Fault(file, "portal.storage.credentials", f"{error.filename}: {error.strerror}")
    except ValueError as error:
        yield Fault(file, "portal.storage.credentials", str(error))
    if settings.ca_file is not None and not os.access(settings.ca_file, os.R_OK):
        yield Fault(file, "portal.storage.ca_file", f"{settings.ca_file} cannot be read")
    try:
        import obstore as _  # noqa: F401
    except ImportError:
        yield Fault(
            file, "portal.storage", "needs obstore", "in a clone: /usr/lib/segl/bin/pip install '.[s3]'"
        )


def _open(settings: Storage) -> S3Store:
    from obstore.store import S3Store

    access, secret = _credentials(settings)
    client: dict[str, Any] = {
        "timeout": timedelta(seconds=settings.seconds),
        "connect_timeout": timedelta(seconds=min(5.0, settings.seconds)),
        "allow_http": settings.endpoint.startswith("http:"),
        "user_agent": "segl",
    }
    if settings.ca_file is not None:
        client["root_certificate"] = settings.ca_file.read_bytes()
    config: dict[str, Any] = {
        "region": settings.region,
        "access_key_id": access,
        "secret_access_key": secret,
        "virtual_hosted_style_request": not settings.path_style,
    }
    if settings.endpoint:
        host = settings.endpoint.partition("://")
        bucket = "" if settings.path_style else f"{settings.bucket}."
        config["endpoint"] = f"{host[0]}://{bucket}{host[2]}"
    retry: Any = {
        "max_retries": _TRIES - 1,
        "retry_timeout": timedelta(seconds=settings.seconds),
        "backoff": {"init_backoff": timedelta(seconds=0.2), "max_backoff": timedelta(seconds=2), "base": 3},
    }
    return S3Store(settings.bucket, config=config, client_options=client, retry_config=retry)  # type: ignore[arg-type]


def _credentials(settings: Storage) -> tuple[str, str]:
    """Access key and secret key. Raises :class:`OSError` or :class:`ValueError`, which tell neither."""
    file, folder = settings.credentials, os.environ.get("CREDENTIALS_DIRECTORY")
    if file is None and folder and (Path(folder) / _CREDENTIAL).exists():
        file = Path(folder) / _CREDENTIAL
    elif file is not None and file.stat().st_mode & 0o007:
        raise ValueError(f"{file} may be read by everybody; chmod 640 {file}")
    if file is None:
        found = [os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", "")]
    else:
        with file.open("rb") as opened:
            found = opened.read(_LONGEST).decode("ascii", "replace").split()
    if len(found) != 2 or not all(found):
        where = file or "neither a file nor a credential, and the environment"
        raise ValueError(f"{where} does not hold two words, access key and secret key")
    return found[0], found[1]


@contextmanager
def _speaking() -> Iterator[None]:
    """The library's errors inside come out as :class:`OSError` of a few plain words."""
    try:
        yield
    except ImportError:
        raise OSError(
            errno.ENOSYS, "obstore is not installed; in a clone: /usr/lib/segl/bin/pip install '.[s3]'"
        ) from None
    except OSError as error:
        # An error of ours; the library's "not found" is a FileNotFoundError of one argument.
        if error.strerror is not None:
            raise
        raise _os_error(error) from None
    except _errors().BaseError as error:
        raise _os_error(error) from None


def _errors() -> Any:
    from obstore import exceptions

    return exceptions


def _os_error(error: Exception) -> OSError:
    """What the library tells stands in its text alone; it names the URL, and quotes what the store answered."""
    text, errors = str(error), _errors()
    code, status, kind = _CODE.search(text), _STATUS.search(text), _KIND.search(text)
    if isinstance(error, FileNotFoundError | errors.NotFoundError) and not (code and code[1] != "NoSuchKey"):
        return FileNotFoundError(errno.ENOENT, "no such object")
    if isinstance(error, errors.PermissionDeniedError | errors.UnauthenticatedError):
        return PermissionError(errno.EACCES, f"the store refused ({code[1] if code else 'no reason told'})")
    if answered := code or status:
        return OSError(errno.EIO, f"the store answered {answered[1]}")
    if "invalid peer certificate" in text:
        return OSError(errno.EIO, "the store's certificate cannot be verified")
    name = kind[1] if kind else type(error).__name__
    return OSError(errno.EIO, _KINDS.get(name, f"the store failed ({name})"))
