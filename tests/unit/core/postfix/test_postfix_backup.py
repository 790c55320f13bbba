"""Either all of an installation is in force or none of it, and undo puts every byte back."""

from __future__ import annotations

import grp
import json
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from segl.errors import PostfixError
from segl.postfix import backup as backups
from segl.postfix import install
from segl.postfix.backup import DONE, UNDONE, WRITING, write_file
from segl.postfix.conf import Site
from segl.postfix.plan import FileChange, NewDirectory, Plan
from segl.settings.file import parse_settings


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """A configuration with a link, an odd mode and bytes that are no UTF-8."""
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "main.cf").write_bytes(b"# caf\xe9\r\na = 1\n")
    (etc / "main.cf").chmod(0o640)
    (etc / "kept-elsewhere").write_bytes(b"smtp inet n - y - - smtpd")
    (etc / "master.cf").symlink_to("kept-elsewhere")
    return etc


@pytest.fixture
def plan(etc: Path, tmp_path: Path) -> Plan:
    settings = parse_settings({"organisation": {"name": "N", "domains": ["nordby.example"]}})
    site = Site.of(settings, "mail.nordby.example")
    new = tmp_path / "secure"
    changes = (
        FileChange(new / "main.cf", None, b"new\n"),
        FileChange(etc / "master.cf", (etc / "master.cf").read_bytes(), b"smtp\nsegl\n"),
        FileChange(etc / "main.cf", (etc / "main.cf").read_bytes(), b"a = 2\n"),
    )
    me = (os.getuid(), os.getgid())
    owner, group = pwd.getpwuid(me[0]).pw_name, grp.getgrgid(me[1]).gr_name
    directories = (
        NewDirectory(new, 0o755, owner, group),
        NewDirectory(tmp_path / "queue", 0o2750, owner, group),
    )
    return Plan(site=site, changes=changes, directories=directories)


@pytest.fixture(autouse=True)
def postfix_is_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Postfix's own check needs root and a whole Postfix; the end-to-end tests have both."""
    monkeypatch.setattr(install, "_check", lambda *_: None)
    monkeypatch.setattr(install, "postfix_complaints", lambda _: ())


def snapshot(*folders: Path) -> dict[str, tuple[str, int, bytes]]:
    """Name, kind, mode and content of everything."""
    return {
        str(path): (
            "link" if path.is_symlink() else "file" if path.is_file() else "directory",
            stat.S_IMODE(path.lstat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for folder in folders
        for path in (folder, *sorted(folder.rglob("*")))
        if folder.exists()
    }


def everything(tmp_path: Path) -> dict[str, tuple[str, int, bytes]]:
    return snapshot(tmp_path / "etc", tmp_path / "secure", tmp_path / "queue")


def test_apply_writes_and_put_back_restores_every_byte(etc: Path, plan: Plan, tmp_path: Path) -> None:
    before = everything(tmp_path)
    done = install.apply(plan, tmp_path / "backup")
    assert done.state == DONE
    assert (etc / "main.cf").read_bytes() == b"a = 2\n"
    assert stat.S_IMODE((etc / "main.cf").stat().st_mode) == 0o640
    assert (etc / "master.cf").is_symlink()
    assert (etc / "kept-elsewhere").read_bytes() == b"smtp\nsegl\n"
    assert stat.S_IMODE((tmp_path / "queue").stat().st_mode) == 0o2750
    assert backups.put_back(done) == ()
    assert everything(tmp_path) == before


@pytest.mark.parametrize("fails_at", range(7))
def test_a_fault_anywhere_leaves_everything_as_it_was(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    before = everything(tmp_path)
    calls = count_to(fails_at)

    def failing(path: Path, content: bytes, **kept: int) -> None:
        saving = path.is_relative_to(tmp_path / "backup") and f'"{DONE}"'.encode() not in content
        if not saving and next(calls):
            raise KeyboardInterrupt
        return write_file(path, content, **kept)

    def check(*_: object) -> None:
        if next(calls):
            raise KeyboardInterrupt

    monkeypatch.setattr(backups, "write_file", failing)
    monkeypatch.setattr(install, "_check", check)
    if fails_at < 6:
        with pytest.raises(KeyboardInterrupt):
            install.apply(plan, tmp_path / "backup")
        monkeypatch.setattr(backups, "write_file", write_file)
        assert everything(tmp_path) == before
        assert backups.latest(tmp_path / "backup") is None
    else:
        assert install.apply(plan, tmp_path / "backup").state == DONE


def count_to(number: int) -> Iterator[bool]:
    """``True`` once, after *number* times ``False``."""
    for _ in range(number):
        yield False
    yield True
    while True:
        yield False


@pytest.mark.parametrize("dies_at", range(4))
def test_a_run_killed_in_the_middle_is_taken_back_by_the_next(
    plan: Plan, tmp_path: Path, dies_at: int
) -> None:
    before = everything(tmp_path)
    child = os.fork()
    if child == 0:
        calls = count_to(dies_at)

        def dying(path: Path, content: bytes, **kept: int) -> None:
            if not path.is_relative_to(tmp_path / "backup") and next(calls):
                os._exit(0)
            write_file(path, content, **kept)

        try:
            backups.write_file = dying
            install._check = lambda *_: os._exit(0)
            install.apply(plan, tmp_path / "backup")
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    left = backups.latest(tmp_path / "backup")
    assert left is not None
    assert left.state == WRITING
    recovered = install.recover(tmp_path / "backup")
    assert recovered is not None
    assert recovered.state == UNDONE
    assert everything(tmp_path) == before
    assert install.recover(tmp_path / "backup") is None


def test_of_two_runs_the_second_is_the_latest_whatever_the_clock_says(plan: Plan, tmp_path: Path) -> None:
    root = tmp_path / "backup"
    ahead = install.apply(plan, root).directory.rename(root / "20990101T000000.000000Z")
    after = backups.begin(root, (), (), front="", secure="", milter="")
    assert after.directory.name == "20990101T000000.000001Z"
    assert backups.latest(root) == after
    assert ahead.is_dir()
    assert install.recover(root) == after.with_state(UNDONE)


def test_edits_made_since_are_seen_and_kept(etc: Path, plan: Plan, tmp_path: Path) -> None:
    before = everything(tmp_path)
    done = install.apply(plan, tmp_path / "backup")
    (etc / "main.cf").write_bytes(b"a = 2\nmine = yes\n")
    assert list(backups.edited_since(done)) == [str(etc / "main.cf")]
    backups.put_back(done)
    assert everything(tmp_path) == before
    assert [file.read_bytes() for file in done.directory.glob("*.edited")] == [b"a = 2\nmine = yes\n"]


def test_a_directory_with_something_of_others_stays(plan: Plan, tmp_path: Path) -> None:
    done = install.apply(plan, tmp_path / "backup")
    (tmp_path / "queue" / "deferred").mkdir()
    (tmp_path / "queue" / "hold").mkdir()
    (tmp_path / "queue" / "hold" / "4gABC").write_bytes(b"a message")
    (tmp_path / "queue" / "pid").mkdir()
    (tmp_path / "queue" / "pid" / "master.pid").write_bytes(b"1")
    assert backups.put_back(done) == (tmp_path / "queue",)
    assert (tmp_path / "queue" / "hold" / "4gABC").read_bytes() == b"a message"
    assert not (tmp_path / "queue" / "deferred").exists()


def test_a_file_changed_since_the_plan_was_made_stops_the_run(etc: Path, plan: Plan, tmp_path: Path) -> None:
    (etc / "main.cf").write_bytes(b"a = 3\n")
    with pytest.raises(PostfixError, match="changed meanwhile"):
        install.apply(plan, tmp_path / "backup")
    assert not (tmp_path / "secure").exists()


def test_a_damaged_backup_overwrites_nothing(etc: Path, plan: Plan, tmp_path: Path) -> None:
    done = install.apply(plan, tmp_path / "backup")
    (done.directory / "2.before").write_bytes(b"rotten")
    with pytest.raises(PostfixError, match="is damaged"):
        backups.put_back(done)
    assert (etc / "main.cf").read_bytes() == b"a = 2\n"


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"state": DONE}), "\udcff"])
def test_a_damaged_manifest_is_a_clear_error(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "20261124T100000Z"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(PostfixError, match="is damaged"):
        backups.latest(tmp_path)


def test_backups_may_be_read_by_root_alone(plan: Plan, tmp_path: Path) -> None:
    done = install.apply(plan, tmp_path / "backup")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "backup").rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE(done.directory.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["", "manifest.json"])
def test_a_backup_that_others_can_change_is_not_trusted(plan: Plan, tmp_path: Path, name: str) -> None:
    done = install.apply(plan, tmp_path / "backup")
    (done.directory / name).chmod(0o777)
    with pytest.raises(PostfixError, match="can be changed by others"):
        backups.latest(tmp_path / "backup")


def test_a_failed_write_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "main.cf"
    file.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space") as told:
        write_file(file, b"new", mode=0o644, uid=os.getuid(), gid=os.getgid())
    assert told.value.filename == str(file), "segl install says: None: No space left on device"
    assert [path.name for path in tmp_path.iterdir()] == ["main.cf"]
    assert file.read_bytes() == b"old"


def test_two_at_once_are_kept_apart(tmp_path: Path) -> None:
    with install.locked(tmp_path), pytest.raises(PostfixError, match="another"), install.locked(tmp_path):
        pass
