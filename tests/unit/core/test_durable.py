"""A folder's names are brought to disk, and nothing stays open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from segl.durable import sync_directory


def test_the_folder_itself_is_synced_and_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[int, Path]] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append((fd, Path(f"/proc/self/fd/{fd}").readlink())))
    sync_directory(tmp_path)
    [(descriptor, path)] = synced
    assert path == tmp_path
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_disk_that_does_not_take_it_is_told_and_nothing_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def full(descriptor: int) -> None:
        tried.append(descriptor)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        sync_directory(tmp_path)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(tried[0])


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        sync_directory(tmp_path / "file")
