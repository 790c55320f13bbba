"""Backups of what `segl install` touches, so that `--undo` puts every byte back.

One directory a run, ``/var/backups/segl/<UTC time>/``: the files as they were, and ``manifest.json``,
which says of each where it belongs, its mode and owner, and the SHA-256 before and after. The manifest is on
disk before the first file is changed: a run that is killed in the middle is known, and can be taken back.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from segl import __version__
from segl.durable import naming, sync_directory
from segl.errors import PostfixError
from segl.postfix.plan import FileChange, NewDirectory

_MANIFEST = "manifest.json"
_FORM = 1
_NAME = "%Y%m%dT%H%M%S.%fZ"

# Sockets, pid files, and what Debian's script copies there for chroots.
_IN_QUEUE_DIRECTORY = frozenset({"private", "public", "pid", "etc", "lib", "usr", "dev"})
# The master's lock, and random numbers kept for TLS.
_IN_DATA_DIRECTORY = frozenset({"master.lock", "prng_exch"})

WRITING, DONE, UNDONE = "writing", "done", "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFile:
    """One file of a run. ``copy`` is its name in the backup, ``""`` when it did not exist before."""

    path: str
    copy: str
    mode: int
    uid: int
    gid: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One run of install. ``milter`` is what it put into ``smtpd_milters``."""

    directory: Path
    state: str
    front: str
    secure: str
    milter: str
    files: tuple[SavedFile, ...]
    directories: tuple[str, ...]

    def with_state(self, state: str) -> Backup:
        changed = replace(self, state=state)
        changed.save()
        return changed

    def save(self) -> None:
        made = {
            "form": _FORM,
            "segl": __version__,
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        record = {name: value for name, value in asdict(self).items() if name != "directory"}
        text = json.dumps({**made, **record}, indent=2)
        write_file(self.directory / _MANIFEST, text.encode(), mode=0o600, uid=os.getuid(), gid=os.getgid())


def latest(root: Path) -> Backup | None:
    """The newest run that has not been undone. Raises :class:`PostfixError` when its manifest is damaged."""
    return next(_not_undone(root), None)


def to_undo(root: Path) -> Backup | None:
    """The newest run that can be taken back. One that only made directories changed nothing: after a restore it
    makes those that no backup has, and they go with the run whose files need them. Raises as :func:`latest`."""
    return next((backup for backup in _not_undone(root) if backup.files), None)


def _not_undone(root: Path) -> Iterator[Backup]:
    """The newest first."""
    if not root.is_dir():
        return
    for directory in sorted((d for d in root.iterdir() if (d / _MANIFEST).exists()), reverse=True):
        backup = _load(directory)
        if backup.state != UNDONE:
            yield backup


def begin(
    root: Path,
    changes: Sequence[FileChange],
    directories: Sequence[NewDirectory],
    *,
    front: str,
    secure: str,
    milter: str,
) -> Backup:
    """Save what *changes* will touch. After this call everything can be put back."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory = root / _next_name(root)
    directory.mkdir(mode=0o700)
    files = tuple(_save_one(directory, number, change) for number, change in enumerate(changes))
    backup = Backup(
        directory=directory,
        state=WRITING,
        front=front,
        secure=secure,
        milter=milter,
        files=files,
        directories=tuple(str(d.path) for d in directories),
    )
    backup.save()
    sync_directory(root)
    return backup


def _next_name(root: Path) -> str:
    """Of a new run: the time, but after all that are there. Else a clock that was ahead for a while would have that
    run taken for the latest one, and what was killed in the middle since would not be seen."""
    moments = [datetime.now(UTC)]
    for entry in root.iterdir():
        with suppress(ValueError, OverflowError):
            moments.append(
                datetime.strptime(entry.name, _NAME).replace(tzinfo=UTC) + timedelta(microseconds=1)
            )
    return f"{max(moments):{_NAME}}"


def before_run(backup: Backup, path: Path) -> bytes:
    """What is in *path* when *backup* is put back; empty when it is not there then."""
    file = next((file for file in backup.files if file.path == str(path)), None)
    if file is None:
        return content_of(path) or b""
    return (backup.directory / file.copy).read_bytes() if file.copy else b""


def edited_since(backup: Backup) -> Iterator[str]:
    """The files of *backup* that are neither as they were before the run nor as the run left them."""
    for file in backup.files:
        if digest(content_of(Path(file.path))) not in {file.before, file.after}:
            yield file.path


def put_back(backup: Backup, needed: Container[str] = ()) -> tuple[Path, ...]:
    """Put every file back as it was, and take the run's directories away but for those *needed*; returns those that
    are not empty and stay.

    The front's main.cf was written last and is put back first: it is what sends mail the new way. What was
    edited since is kept in the backup as ``<n>.edited``."""
    for number, file in reversed(list(enumerate(backup.files))):
        path, now = Path(file.path), content_of(Path(file.path))
        if digest(now) == file.before:
            continue
        if now is not None and digest(now) != file.after:
            write_file(
                backup.directory / f"{number}.edited", now, mode=0o600, uid=os.getuid(), gid=os.getgid()
            )
        if file.copy:
            before = (backup.directory / file.copy).read_bytes()
            if digest(before) != file.before:
                raise PostfixError(
                    f"the backup {backup.directory / file.copy} is damaged; {path} is left as it is"
                )
            write_file(path, before, mode=file.mode, uid=file.uid, gid=file.gid)
        else:
            path.unlink()
            sync_directory(path.parent)
    return tuple(_remove_directories([path for path in backup.directories if path not in needed]))


def write_file(path: Path, content: bytes, *, mode: int, uid: int, gid: int) -> None:
    """Replace *path* in one step, on disk when this returns. A link is followed, not replaced."""
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.segl")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with naming(path), os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchown(file.fileno(), uid, gid)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_directory(target.parent)


def content_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def digest(content: bytes | None) -> str:
    """SHA-256 in hex; ``""`` stands for no file."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


def _save_one(directory: Path, number: int, change: FileChange) -> SavedFile:
    copy, mode, uid, gid = "", 0o644, os.getuid(), os.getgid()
    if change.before is not None:
        status = change.path.stat()
        copy, mode, uid, gid = f"{number}.before", status.st_mode & 0o7777, status.st_uid, status.st_gid
        write_file(directory / copy, change.before, mode=0o600, uid=os.getuid(), gid=os.getgid())
    return SavedFile(
        path=str(change.path),
        copy=copy,
        mode=mode,
        uid=uid,
        gid=gid,
        before=digest(change.before),
        after=digest(change.after),
    )


def _remove_directories(paths: Sequence[str]) -> Iterator[Path]:
    """Take away what a run made, with what Postfix makes in a queue by itself: empty sub-directories,
    sockets, pid files, copies for chroots. Report what holds anything else."""
    for path in map(Path, reversed(paths)):
        for folder, _, names in os.walk(path, topdown=False):
            for file in (Path(folder) / name for name in names):
                with suppress(OSError):
                    if _is_made_by_postfix(file, file.relative_to(path).parts[0]):
                        file.unlink()
            with suppress(OSError):
                Path(folder).rmdir()
        if path.exists():
            yield path


def _is_made_by_postfix(file: Path, top: str) -> bool:
    return top in _IN_QUEUE_DIRECTORY or file.name in _IN_DATA_DIRECTORY


def _load(directory: Path) -> Backup:
    for path in (directory.parent, directory, directory / _MANIFEST):
        status = path.lstat()
        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
            text = f"{path} can be changed by others; what it says is not trusted"
            raise PostfixError(text, hint="put the files back by hand, after a look at them")
    try:
        record: dict[str, Any] = json.loads((directory / _MANIFEST).read_text("utf-8"))
        return Backup(
            directory=directory,
            state=record["state"],
            front=record["front"],
            secure=record["secure"],
            milter=record["milter"],
            files=tuple(SavedFile(**file) for file in record["files"]),
            directories=tuple(record["directories"]),
        )
    except PermissionError:
        raise PostfixError(f"{directory} may not be read", hint="run as root") from None
    except (OSError, ValueError, KeyError, TypeError):
        text = f"{directory / _MANIFEST} is damaged"
        raise PostfixError(text, hint="put the files back by hand: they lie beside it") from None
