"""What the doctor says of the disks on which mail waits and sealed messages lie."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from segl.cli.status_store import store_line
from segl.errors import StoreError
from segl.postfix.check import Check, Setup, State
from segl.postfix.check_space import space_checks
from segl.postfix.running import Instance
from segl.settings.file import parse_settings
from segl.store.engine import open_store, transaction

MB = 1024 * 1024
OK, WARN, FAIL, UNKNOWN = State.OK, State.WARN, State.FAIL, State.UNKNOWN


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("front", "secure", "state"):
        (tmp_path / name).mkdir()
    return tmp_path


def setup(folder: Path, parameters: dict[str, str] | None = None, **tables: object) -> Setup:
    """Both instances take messages of 100 MB, and so does segl-deliver."""
    settings = parse_settings(
        {
            "organisation": {"name": "N", "domains": ["nordby.example"]},
            "portal": {"url": "https://sikker.nordby.example", "sealed": str(folder / "state/sealed")},
            "delivery": {"message_bytes": 100 * MB},
            "store": {"url": f"sqlite:///{folder}/state/segl.db"},
            **tables,
        }
    )

    def instance(name: str) -> Instance:
        said = {"queue_directory": str(folder / name), "message_size_limit": str(100 * MB)}
        said |= parameters or {}
        return Instance(directory=folder, parameters=said, written=frozenset(), services=())

    return Setup(settings, instance("front"), instance("secure"))


def said(monkeypatch: pytest.MonkeyPatch, setup: Setup, *, free: int, files: int = 10**6) -> dict[str, Check]:
    """What is said of each place where so many bytes are *free*, for so many *files* more."""
    disk = SimpleNamespace(f_bavail=free // 4096, f_frsize=4096, f_files=10**7, f_favail=files, f_flag=0)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    return {check.id: check for check in space_checks(setup)}


@pytest.mark.parametrize(
    ("free", "queue", "kept"),
    [(5000, OK, OK), (700, OK, OK), (500, WARN, OK), (300, WARN, WARN), (140, FAIL, WARN), (90, FAIL, FAIL)],
)
def test_a_queue_needs_room_for_the_largest_message_and_half_of_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, free: int, queue: State, kept: State
) -> None:
    found = said(monkeypatch, setup(folder), free=free * MB)
    assert {name: check.state for name, check in found.items()} == {
        "space.front": queue,
        "space.secure": queue,
        "space.store": kept,
        "space.sealed": kept,
    }


def test_it_says_how_much_is_free_and_what_stands_still(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = said(monkeypatch, setup(folder), free=10 * MB)["space.front"]
    assert found.found == f"10 MB free for {folder}/front, at least 150 needed"
    assert "452 4.3.1" in found.why
    assert "make room" in found.fix


def test_what_postfix_is_told_to_keep_free_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeps = setup(folder, {"queue_minfree": str(400 * MB)})
    assert said(monkeypatch, keeps, free=300 * MB)["space.front"].state is FAIL
    without_limit = setup(folder, {"message_size_limit": "0"})
    assert said(monkeypatch, without_limit, free=300 * MB)["space.front"].state is OK


@pytest.mark.parametrize(("files", "state"), [(10**6, OK), (20, WARN), (0, FAIL)])
def test_a_disk_may_have_no_room_for_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch, files: int, state: State
) -> None:
    found = said(monkeypatch, setup(folder), free=5000 * MB, files=files)["space.secure"]
    assert found.state is state
    assert state is OK or f"room for {files} files more" in found.found


def test_a_folder_that_is_not_there_yet_will_lie_where_its_parent_does(folder: Path) -> None:
    """And the real disk is asked."""
    found = {check.id: check for check in space_checks(setup(folder))}
    assert f"{folder}/state/sealed" in found["space.sealed"].found
    assert os.statvfs(folder).f_files == 0 or found["space.sealed"].state is not UNKNOWN


@pytest.mark.parametrize(("flag", "options"), [(os.ST_RDONLY, "rw"), (0, "rw,abort,emergency_ro")])
def test_a_disk_that_is_read_only_has_room_and_takes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, flag: int, options: str
) -> None:
    """So the kernel leaves one on which writing failed: all processes run, and nothing is sealed."""
    opened = open_store(f"sqlite:///{folder}/opened.db")
    disk = SimpleNamespace(f_bavail=10**9, f_frsize=4096, f_files=10**7, f_favail=10**6, f_flag=flag)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    device, mounts = folder.stat().st_dev, folder / "mountinfo"
    number = f"{os.major(device)}:{os.minor(device)}"
    mounts.write_text(
        f"20 1 999:9 / / rw,relatime shared:1 - ext4 /dev/vda rw,emergency_ro\n"
        f"21 1 {number} / /srv rw,relatime - ext4 /dev/vdb {options}\n"
    )
    monkeypatch.setattr("segl.disks._MOUNTS", mounts)
    found = {check.id: check for check in space_checks(setup(folder))}
    assert {check.state for check in found.values()} == {FAIL}
    assert found["space.store"].found == f"{folder}/state lies on a disk that is read-only"
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite:///{folder}/nowhere/segl.db")
    assert "read-only" in caught.value.hint
    with transaction(opened) as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")  # as the one connection says from now on
    with pytest.raises(StoreError) as caught, transaction(opened) as connection:
        connection.exec_driver_sql("DELETE FROM meta")
    opened.dispose()
    assert caught.value.hint.startswith(f"{folder}/opened.db lies on a disk that is read-only")
    file = folder / "state/segl.db"
    file.parent.mkdir(exist_ok=True)
    file.touch()
    line = store_line(setup(folder).settings)
    assert (line.good, f"{file} lies on a disk that is read-only" in line.text) == (False, True)


def test_what_lies_elsewhere_is_not_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = setup(folder, store={"url": "postgresql+psycopg://segl@db.example/segl"})
    assert "space.store" not in said(monkeypatch, elsewhere, free=5000 * MB)


def test_what_may_not_be_asked_is_unknown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "statvfs", denied)
    assert {check.state for check in space_checks(setup(folder))} == {UNKNOWN}
