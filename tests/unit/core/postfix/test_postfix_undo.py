"""What undo takes away and what it leaves, where a run was made after a restore. Nothing runs here; what it does to
instances that run is in the end-to-end tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Container
from pathlib import Path

import pytest

from segl.errors import PostfixError
from segl.postfix import backup as backups
from segl.postfix import bound, install
from segl.postfix.backup import Backup
from segl.postfix.bound import Bound
from segl.postfix.plan import make_plan
from world.installation import Installation
from world.needs import POSTFIX, ROOT

pytestmark = [POSTFIX, ROOT]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Chrooted, so that the milter's folder is in the front's queue. Postfix's own check, and its queue, need
    more than a configuration."""
    monkeypatch.setattr(install, "_check", lambda *_: None)
    monkeypatch.setattr(install, "postfix_complaints", lambda _: ())
    for asked in (install, bound):
        monkeypatch.setattr(asked, "queued", lambda _: {})
    return Installation(tmp_path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def run(site: Installation, root: Path) -> Backup:
    """A run of `segl install`."""
    site.settle()
    last = backups.latest(root)
    return install.apply(make_plan(site.settings, last.milter if last else ""), root)


def undo(site: Installation, backup: Backup) -> install.Undone:
    site.settle()
    return install.undo(backup, force=False, reload_front=False)


def folders(site: Installation) -> tuple[Path, ...]:
    """Those that no backup has."""
    postfix = site.settings.postfix
    return (postfix.secure_queue, postfix.secure_data, site.queue / "segl")


def lose(site: Installation) -> None:
    for folder in folders(site):
        shutil.rmtree(folder)


def test_a_run_that_only_made_folders_is_not_taken_back_by_itself(site: Installation, root: Path) -> None:
    first = run(site, root)
    lose(site)
    assert run(site, root).files == ()
    assert all(folder.is_dir() for folder in folders(site))
    found = backups.to_undo(root)
    assert found == first
    undone = undo(site, found)
    assert not undone.in_force
    assert not any(folder.exists() for folder in (*folders(site), site.secure_directory))
    assert backups.to_undo(root) is None


@pytest.mark.slow
def test_without_the_runs_before_nothing_can_be_undone(site: Installation, root: Path) -> None:
    """The configuration came from somewhere else, or /var/backups/segl did not come along."""
    run(site, root)
    shutil.rmtree(root)
    lose(site)
    run(site, root)
    assert backups.to_undo(root) is None


@pytest.mark.slow
def test_folders_stay_that_what_is_put_back_needs(site: Installation, root: Path) -> None:
    """A newer Segl on the new host writes files, too."""
    first = run(site, root)
    lose(site)
    site.tables["postfix"] = {"return_port": "127.0.0.1:10147"}
    second = run(site, root)
    assert second.files
    assert set(map(str, folders(site))) == set(second.directories)
    undone = undo(site, second)
    assert (undone.in_force, undone.stopped) == (True, False)
    assert all(folder.is_dir() for folder in folders(site))
    assert backups.to_undo(root) == first
    assert not undo(site, first).in_force
    assert not any(folder.exists() for folder in folders(site))


def test_folders_go_that_only_the_run_needed(site: Installation, root: Path, tmp_path: Path) -> None:
    run(site, root)
    site.tables["postfix"] = {"secure_queue": f"{tmp_path}/other-spool"}
    site.tables["milter"] = {"socket": f"{site.queue}/other/milter.sock"}
    undone = undo(site, run(site, root))
    assert undone.in_force
    assert not (tmp_path / "other-spool").exists()
    assert not (site.queue / "other").exists()
    assert (tmp_path / "secure-spool").is_dir()
    assert (site.queue / "segl").is_dir()


def test_a_restored_configuration_can_be_taken_back_before_it_was_installed(
    site: Installation, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is not there, so Postfix could not say what waits in it."""
    first = run(site, root)
    lose(site)

    def of(directory: Path) -> tuple[str, ...]:
        assert directory == site.front_directory
        return ()

    monkeypatch.setattr(install, "queued", of)
    assert not undo(site, first).in_force
    assert not site.secure_directory.exists()


def bound_for(*destinations: str) -> tuple[Bound, ...]:
    return tuple(Bound(f"4m{number}", each, held=False) for number, each in enumerate(destinations))


OWN_MAIL, ORDINARY = "segl-secure:[127.0.0.1]:10129", "segl-secure:[127.0.0.1]:10026"


@pytest.fixture
def update(site: Installation, root: Path) -> Backup:
    """The second of two runs, which brought a port of its own."""
    run(site, root)
    site.tables["postfix"] = {"own_ports": "127.0.0.1:10128"}
    return run(site, root)


@pytest.mark.slow
def test_mail_for_a_port_that_only_the_undone_run_brought_is_not_stranded_unseen(
    site: Installation, update: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = ("segl-plain:[127.0.0.1]:10027", "segl-receipt:unix:/run/segl/receipt.sock")
    waiting = bound_for(OWN_MAIL, ORDINARY, *others)
    monkeypatch.setattr(install, "bound_for_segl", lambda _: waiting)
    before = site.read("master.cf")
    with pytest.raises(PostfixError, match=rf"^1 message .* \(4m0\).*: {re.escape(OWN_MAIL)}$") as refused:
        undo(site, update)
    assert "let them go first" in refused.value.hint
    assert site.read("master.cf") == before

    site.settle()
    undone = install.undo(update, force=True, reload_front=False)
    assert (undone.stranded, undone.in_force, undone.secured) == (waiting[:1], True, True)


@pytest.mark.slow
def test_what_waits_for_what_stays_keeps_nothing_from_being_undone(
    site: Installation, update: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "bound_for_segl", lambda _: bound_for(ORDINARY))
    assert undo(site, update).stranded == ()


@pytest.mark.slow
def test_what_waits_for_nobody_already_keeps_nothing_from_being_undone_and_is_named(
    site: Installation, update: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier change left it behind: "let them go first" would be for ever."""
    waiting = bound_for("segl-secure:[127.0.0.1]:10999")
    monkeypatch.setattr(install, "bound_for_segl", lambda _: waiting)
    assert undo(site, update).stranded == waiting


@pytest.mark.slow
def test_that_the_queue_cannot_be_seen_is_said_and_takes_nothing_for_empty(
    site: Installation, update: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unseen(_: Path) -> tuple[Bound, ...]:
        raise PostfixError("4m0 cannot be looked at")

    monkeypatch.setattr(install, "bound_for_segl", unseen)
    with pytest.raises(PostfixError, match="4m0 cannot be looked at"):
        undo(site, update)
    undone = install.undo(update, force=True, reload_front=False)
    assert (undone.stranded, undone.unseen) == ((), "4m0 cannot be looked at")


@pytest.mark.parametrize(
    ("starts", "told", "hint"),
    [
        (True, "and runs again", "let them go first"),
        (False, "and is still: no space left", "postfix -c {} start"),
    ],
)
def test_mail_that_came_before_the_stop_leaves_the_secure_instance_running(
    site: Installation,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    starts: bool,
    told: str,
    hint: str,
) -> None:
    first, typed = run(site, root), list[str]()
    looks = iter([(), bound_for(ORDINARY)])

    def postfix(directory: Path, command: str) -> None:
        assert directory == site.secure_directory
        typed.append(command)
        if command == "start" and not starts:
            raise PostfixError("no space left")

    monkeypatch.setattr(install, "bound_for_segl", lambda _: next(looks))
    monkeypatch.setattr(install, "is_running", lambda _: True)
    monkeypatch.setattr(install, "_postfix", postfix)
    site.settle()
    with pytest.raises(PostfixError, match="is on its way to Segl") as refused:
        install.undo(first, force=False, reload_front=True)
    assert typed == ["stop", "start"]
    assert told in refused.value.private
    assert hint.format(site.secure_directory) in refused.value.hint
    assert "segl-secure" in site.read("main.cf")


_DAEMON = """
import os, pathlib, sys, time
os.setsid()
pathlib.Path("pid/master.pid").write_text(f"{os.getpid():>10}\\n")
if os.fork():
    sys.stdin.read()
    os._exit(0)
print("ready", flush=True)
master = os.getppid()
os.close(0)
while os.getppid() == master:
    time.sleep(0.01)
time.sleep(0.5)
pathlib.Path("pid/unix.bounce").touch()
"""


def test_a_daemon_that_outlives_its_master_leaves_no_folder_behind(
    site: Installation, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy host: `postfix stop` waits for the master alone, and a daemon wrote while its folder was taken away."""
    first = run(site, root)
    queue = site.settings.postfix.secure_queue
    (queue / "pid").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", _DAEMON], cwd=queue, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as master:
        assert master.stdin
        assert master.stdout
        assert master.stdout.readline() == b"ready\n"
        stop, put_back = master.stdin.close, backups.put_back

        def postfix(_: Path, command: str) -> None:
            if command == "stop":
                stop()
                master.wait(20)

        def put_back_when_it_has_ended(backup: Backup, needed: Container[str]) -> tuple[Path, ...]:
            assert (queue / "pid" / "unix.bounce").exists()
            return put_back(backup, needed)

        monkeypatch.setattr(install, "_postfix", postfix)
        # Whether mail waits is asked of the queue that was stopped; what that takes is no time to rely on.
        monkeypatch.setattr(install, "_refuse_bound", lambda _: None)
        monkeypatch.setattr(backups, "put_back", put_back_when_it_has_ended)
        site.settle()
        undone = install.undo(first, force=False, reload_front=True)
    assert undone.stopped
    assert undone.left == ()
    assert not queue.exists()
