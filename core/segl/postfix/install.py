"""Carries out a plan, and takes it back.

Either all of a plan is in force or none of it: what stands is saved first, every file is replaced in one
step, Postfix checks the result, and any fault (also Ctrl-C) puts everything back. Nothing is started here.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from segl.errors import PostfixError
from segl.postfix import backup as backups
from segl.postfix import edit, sockets
from segl.postfix.backup import DONE, UNDONE, WRITING, Backup
from segl.postfix.bound import bound_for_segl, queued
from segl.postfix.check_running import is_running
from segl.postfix.plan import NewDirectory, Plan
from segl.postfix.running import Instance, read_instance, run_postfix
from segl.settings import Settings

_CHECK_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Undone:
    """What `--undo` did: the files put back, the directories that are not empty and stay, queue ids of mail
    that still waits in the front for a transport that is gone. ``in_force``: an earlier state of Segl stands.
    ``stopped``: the secure instance was stopped."""

    files: tuple[Path, ...]
    left: tuple[Path, ...]
    stranded: tuple[str, ...]
    in_force: bool
    stopped: bool


@contextmanager
def locked(front: Path) -> Iterator[None]:
    """One install at a time. Raises :class:`PostfixError`."""
    handle = os.open(front, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise PostfixError("another segl install is at work") from None
    finally:
        os.close(handle)


def recover(root: Path) -> Backup | None:
    """Take back a run that was killed in the middle; returns it, ``None`` when there is none."""
    last = backups.latest(root)
    if last is None or last.state != WRITING:
        return None
    if edited := list(backups.edited_since(last)):
        text = f"an earlier run was interrupted, and {', '.join(edited)} has been edited since"
        raise PostfixError(text, hint="segl install --undo --force puts the old files back")
    backups.put_back(last)
    return last.with_state(UNDONE)


def apply(plan: Plan, root: Path) -> Backup:
    """Write *plan*, let Postfix check it. Raises :class:`PostfixError`; nothing is changed then."""
    for change in plan.changes:
        if backups.content_of(change.path) != change.before:
            raise PostfixError(f"{change.path} was changed meanwhile", hint="run segl install again")
    site = plan.site
    backup = backups.begin(
        root,
        plan.changes,
        plan.directories,
        front=str(site.front),
        secure=str(site.secure),
        milter=f"unix:{site.milter_socket}",
    )
    try:
        before = postfix_complaints(site.front)
        for directory in plan.directories:
            _make(directory)
        for change, saved in zip(plan.changes, backup.files, strict=True):
            backups.write_file(change.path, change.after, mode=saved.mode, uid=saved.uid, gid=saved.gid)
        _check(site.front, before)
        _check(site.secure, ())
    except BaseException as error:
        backups.put_back(backup)
        backup.with_state(UNDONE)
        if isinstance(error, OSError):
            raise PostfixError(
                f"{error.filename or 'a file'}: {error.strerror}; everything is as before"
            ) from None
        raise
    return backup.with_state(DONE)


def postfix_complaints(directory: Path) -> tuple[str, ...]:
    """Warnings of postconf about the configuration in *directory*, without line numbers."""
    warnings = read_instance(directory).warnings
    return tuple(re.sub(r", line \d+", "", warning) for warning in warnings)


def _check(directory: Path, known: Sequence[str]) -> None:
    """Postfix's own check, and no warning that was not there before."""
    done = run_postfix(["postfix", "-c", str(directory), "check"], _CHECK_SECONDS)
    if done.returncode:
        raise PostfixError(
            f"postfix -c {directory} check fails: {done.stderr.strip()}; everything is as before"
        )
    if new := [c for c in postfix_complaints(directory) if c not in known]:
        raise PostfixError(f"Postfix warns of the new configuration: {new[0]}; everything is as before")


def _make(directory: NewDirectory) -> None:
    directory.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.chown(directory.path, directory.owner, directory.group)
    directory.path.chmod(directory.mode)


def reload(settings: Settings) -> str:
    """Reload the running instances. Returns why the front was not reloaded, ``""`` when all is done.

    The front is left alone while it would only collect mail: secure instance down, milter silent."""
    front, secure = read_instance(settings.postfix.front), read_instance(settings.postfix.secure)
    if not is_running(front):
        return "Postfix does not run; it will read the new configuration when it starts"
    if not is_running(secure):
        return "the secure instance does not run"
    if fault := sockets.fault_of(lambda: sockets.unix(settings.milter.socket, sockets.ask_milter)):
        return f"segl-milter does not answer: {fault}"
    _postfix(secure.directory, "reload")
    _postfix(front.directory, "reload")
    return ""


def undo(backup: Backup, *, force: bool, reload_front: bool) -> Undone:
    """Put back what *backup* saved. Raises :class:`PostfixError` when that would lose an edit or
    strand mail.

    The secure instance goes with the run that made it. Of any other its directories stay as long as what stands then
    needs them, and it runs on."""
    front, secure = Path(backup.front), Path(backup.secure)
    if not force:
        _refuse_edited(backup)
    removes_secure = any(f.path == str(secure / "main.cf") and not f.copy for f in backup.files)
    if removes_secure and not force:
        _refuse_bound(front)  # before anything is stopped
    needed, stopped = _needed_then(backup), False
    if (secure / "main.cf").exists():
        now = read_instance(secure)
        gone = set(backup.directories) - needed
        if removes_secure or not gone.isdisjoint({str(now.queue), now.value("data_directory")}):
            stopped = _stop_secure(now, force=force, stop=reload_front)
    if stopped and removes_secure and not force:
        _refuse_bound(front)  # what came meanwhile
    left = backups.put_back(backup, needed)
    backup.with_state(UNDONE)
    in_force = (secure / "main.cf").exists()
    for directory in (secure, front) if in_force else (front,):
        if reload_front and is_running(read_instance(directory)):
            _postfix(directory, "reload")
    return Undone(
        tuple(Path(file.path) for file in backup.files),
        left,
        stranded=_bound(front) if removes_secure else (),
        in_force=in_force,
        stopped=stopped,
    )


def _needed_then(backup: Backup) -> frozenset[str]:
    """The directories of *backup* that the configuration names once its files are put back: those of the secure
    instance, and the milter's. A run after a restore makes them, and perhaps writes what a newer Segl wants."""
    main = {
        name: backups.before_run(backup, Path(name) / "main.cf").decode("utf-8", "surrogateescape")
        for name in (backup.front, backup.secure)
    }
    values = edit.parameters_of(main[backup.secure])
    needed = {values.get("queue_directory", ""), values.get("data_directory", "")}
    if backup.milter in main[backup.front]:
        folder = Path(backup.milter.removeprefix("unix:")).parent.name
        needed |= {path for path in backup.directories if Path(path).name == folder}
    return frozenset(needed)


def _refuse_edited(backup: Backup) -> None:
    if edited := list(backups.edited_since(backup)):
        raise PostfixError(
            f"edited since segl install wrote it: {', '.join(edited)}",
            hint=f"take your edits out, or use --force (they are kept in {backup.directory} as *.edited)",
        )


def _refuse_bound(front: Path) -> None:
    if bound := _bound(front):
        raise PostfixError(
            f"{len(bound)} messages in the front's queue are on their way to Segl ({', '.join(bound[:3])} …)",
            hint=f"let them go first (postqueue -c {front} -p), or use --force",
        )


def _bound(front: Path) -> tuple[str, ...]:
    """The queue ids of mail that is on its way to Segl."""
    return tuple(one.queue_id for one in bound_for_segl(front))


def _stop_secure(secure: Instance, *, force: bool, stop: bool) -> bool:
    """No mail may be in the instance that goes, and nothing may run from a configuration that is gone. Whether it
    ran."""
    where = secure.directory
    _refuse_waiting(secure, force=force)
    if is_running(secure):
        if not stop:
            text, hint = "the secure instance still runs", f"postfix -c {where} stop, or use --reload as well"
            raise PostfixError(text, hint=hint)
        _postfix(where, "stop")
        _refuse_waiting(secure, force=force)
        return True
    return False


def _refuse_waiting(secure: Instance, *, force: bool) -> None:
    if not secure.queue.is_dir():  # restored from a backup, and not installed since: Postfix cannot be asked
        return
    if (waiting := len(queued(secure.directory))) and not force:
        raise PostfixError(
            f"{waiting} messages wait in the secure instance; without it they would never be delivered",
            hint=f"see postqueue -c {secure.directory} -p; deliver or delete them first, or use --force",
        )


def _postfix(directory: Path, command: str) -> None:
    done = run_postfix(["postfix", "-c", str(directory), command], _CHECK_SECONDS)
    if done.returncode:
        raise PostfixError(f"postfix -c {directory} {command}: {done.stderr.strip() or 'failed'}")
