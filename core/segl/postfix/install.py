"""Carries out a plan, and takes it back.

Either all of a plan is in force or none of it: what stands is saved first, every file is replaced in one
step, Postfix checks the result, and any fault (also Ctrl-C) puts everything back. Nothing is started here, but for what
an undo that was refused then had stopped.
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

from segl.counted import counted
from segl.errors import PostfixError
from segl.postfix import backup as backups
from segl.postfix import edit, sockets
from segl.postfix.backup import DONE, UNDONE, WRITING, Backup
from segl.postfix.bound import Bound, bound_for_segl, is_served, queued, some_of
from segl.postfix.check import SECURE
from segl.postfix.check_running import is_running
from segl.postfix.ending import Session
from segl.postfix.plan import NewDirectory, Plan
from segl.postfix.running import Instance, complaint, read_instance, run_postfix
from segl.settings.document import Settings

_CHECK_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Undone:
    """What `--undo` did: the files put back, the directories that are not empty and stay, mail that waits in the front
    for what is gone (``unseen``: why that could not be looked at). ``secured``: what of it is handed in anew takes the
    secure way. ``in_force``: an earlier state of Segl stands. ``stopped``: the secure instance was stopped."""

    files: tuple[Path, ...]
    left: tuple[Path, ...]
    stranded: tuple[Bound, ...]
    unseen: str
    secured: bool
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
        return backup.with_state(DONE)
    except BaseException as error:
        backups.put_back(backup)
        backup.with_state(UNDONE)
        if isinstance(error, OSError):
            raise PostfixError(
                f"{error.filename or 'a file'}: {error.strerror}; everything is as before"
            ) from None
        raise


def postfix_complaints(directory: Path) -> tuple[str, ...]:
    """Warnings of postconf about the configuration in *directory*, without line numbers."""
    warnings = read_instance(directory).warnings
    return tuple(re.sub(r", line \d+", "", warning) for warning in warnings)


def _check(directory: Path, known: Sequence[str]) -> None:
    """Postfix's own check, and no warning that was not there before."""
    done = run_postfix(["postfix", "-c", str(directory), "check"], _CHECK_SECONDS)
    if done.returncode:
        raise PostfixError(f"postfix -c {directory} check fails: {complaint(done)}; everything is as before")
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
    strand mail; what ran before runs then.

    The secure instance goes with the run that made it. Of any other its directories stay as long as what stands then
    needs them, and it runs on."""
    front, secure = Path(backup.front), Path(backup.secure)
    if not force:
        _refuse_edited(backup)
        _refuse_bound(backup)  # before anything is stopped
    stopped = _stop_what_goes(backup, force=force, stop=reload_front)
    with _started_again(stopped):
        if stopped and not force:  # what came meanwhile
            _refuse_waiting(stopped)
            _refuse_bound(backup)
        left = backups.put_back(backup, _needed_then(backup))
    backup.with_state(UNDONE)
    in_force = (secure / "main.cf").exists()
    for directory in (secure, front) if in_force else (front,):
        if reload_front and is_running(read_instance(directory)):
            _postfix(directory, "reload")
    stranded, unseen = _stranded(backup)
    return Undone(
        tuple(Path(file.path) for file in backup.files),
        left,
        stranded=stranded,
        unseen=unseen,
        secured=bool(stranded) and _is_secured(front),
        in_force=in_force,
        stopped=stopped is not None,
    )


def _needed_then(backup: Backup) -> frozenset[str]:
    """The directories of *backup* that the configuration names once its files are put back: those of the secure
    instance, and the milter's. A run after a restore makes them, and perhaps writes what a newer Segl wants."""
    main = {name: _text_then(backup, Path(name) / "main.cf") for name in (backup.front, backup.secure)}
    values = edit.parameters_of(main[backup.secure])
    needed = {values.get("queue_directory", ""), values.get("data_directory", "")}
    if backup.milter in main[backup.front]:
        folder = Path(backup.milter.removeprefix("unix:")).parent.name
        needed |= {path for path in backup.directories if Path(path).name == folder}
    return frozenset(needed)


def _bound_for_nobody(backup: Backup) -> tuple[Bound, ...]:
    """Messages that wait in the front's queue for what is not there once the files of *backup* are put back. Raises
    :class:`PostfixError`."""
    front, secure = Path(backup.front), Path(backup.secure)
    master = _text_then(backup, front / "master.cf")
    inside = _text_then(backup, secure / "master.cf") if _text_then(backup, secure / "main.cf") else ""
    waiting = bound_for_segl(front)
    return tuple(one for one in waiting if not is_served(one.destination, master, inside))


def _left_by_it(backup: Backup) -> tuple[Bound, ...]:
    """Those of :func:`_bound_for_nobody` that somebody takes now. To wait for the others would be to wait for ever: an
    earlier change left them behind."""
    front, secure = Path(backup.front), Path(backup.secure)
    master, inside = _text_now(front / "master.cf"), _text_now(secure / "master.cf")
    return tuple(one for one in _bound_for_nobody(backup) if is_served(one.destination, master, inside))


def _text_now(path: Path) -> str:
    return path.read_text("utf-8", "surrogateescape") if path.exists() else ""


def _text_then(backup: Backup, path: Path) -> str:
    return backups.before_run(backup, path).decode("utf-8", "surrogateescape")


def _stranded(backup: Backup) -> tuple[tuple[Bound, ...], str]:
    """What waits for nobody, now that it is done; or why that cannot be seen."""
    try:
        return _bound_for_nobody(backup), ""
    except PostfixError as error:
        return (), error.private


def _is_secured(front: Path) -> bool:
    """Whether what is handed in anew takes the secure way, by the files as they are."""
    instance = read_instance(front)
    value = instance.value("content_filter", instance.service("pickup", "unix"))
    return value.startswith(f"{SECURE}:")


def _refuse_edited(backup: Backup) -> None:
    if edited := list(backups.edited_since(backup)):
        raise PostfixError(
            f"edited since segl install wrote it: {', '.join(edited)}",
            hint=f"take your edits out, or use --force (they are kept in {backup.directory} as *.edited)",
        )


def _refuse_bound(backup: Backup) -> None:
    if bound := _left_by_it(backup):
        ids = some_of([one.queue_id for one in bound])
        wheres = ", ".join(sorted({one.destination for one in bound}))
        are = "is on its" if len(bound) == 1 else "are on their"
        raise PostfixError(
            f"{counted(len(bound), 'message')} in the front's queue {are} way to Segl ({ids}), by what is not there"
            f" once this run is undone: {wheres}",
            hint=f"let them go first (postqueue -c {backup.front} -p), or use --force",
        )


def _stop_what_goes(backup: Backup, *, force: bool, stop: bool) -> Instance | None:
    """The secure instance, if it ran and had to be stopped, as *backup* made it or its queue."""
    secure = Path(backup.secure)
    if not (secure / "main.cf").exists():
        return None
    now = read_instance(secure)
    gone = set(backup.directories) - _needed_then(backup)
    made_here = not _text_then(backup, secure / "main.cf")
    if not made_here and gone.isdisjoint({str(now.queue), now.value("data_directory")}):
        return None
    if not force:
        _refuse_waiting(now)
    if not is_running(now):
        return None
    if not stop:
        text, hint = "the secure instance still runs", f"postfix -c {secure} stop, or use --reload as well"
        raise PostfixError(text, hint=hint)
    running = Session.of(now.queue)
    _postfix(secure, "stop")
    if running is not None:
        running.wait()
    return now


@contextmanager
def _started_again(stopped: Instance | None) -> Iterator[None]:
    """What is refused in here, or goes wrong, leaves the instance that was *stopped* for it running as it was; where it
    does not start, that is said."""
    try:
        yield
    except (PostfixError, OSError, KeyboardInterrupt) as error:
        if stopped is None or not (stopped.directory / "main.cf").exists():
            raise
        text, hint = str(error) or "interrupted", error.hint if isinstance(error, PostfixError) else ""
        try:
            _postfix(stopped.directory, "start")
        except PostfixError as fault:
            text = f"{text}; the secure instance was stopped for this, and is still: {fault.private}"
            raise PostfixError(text, hint=f"postfix -c {stopped.directory} start") from error
        raise PostfixError(
            f"{text}; the secure instance was stopped for this, and runs again", hint=hint
        ) from error


def _refuse_waiting(secure: Instance) -> None:
    """No mail may be in the instance that goes."""
    if not secure.queue.is_dir():  # restored from a backup, and not installed since: Postfix cannot be asked
        return
    if waiting := len(queued(secure.directory)):
        raise PostfixError(
            f"in the secure instance {counted(waiting, 'message')} would wait for ever without it",
            hint=f"see postqueue -c {secure.directory} -p; deliver or delete them first, or use --force",
        )


def _postfix(directory: Path, command: str) -> None:
    done = run_postfix(["postfix", "-c", str(directory), command], _CHECK_SECONDS)
    if done.returncode:
        raise PostfixError(f"postfix -c {directory} {command}: {complaint(done) or 'failed'}")
