"""A store and the place of its sealed messages know each other: nothing is written or swept where it is not ours."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.errors import DeliveryError
from segl.sealed.belonging import Belonging, NotOurs
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import Secret
from segl.store.engine import open_store
from world.at_once import at_once

FAR = 10 * 86400.0


@pytest.fixture
def ours(tmp_path: Path, engine: Engine) -> Belonging:
    made = Belonging(SealedDirectory(tmp_path / "sealed"), engine)
    made.prepare()
    return made


def test_the_first_use_makes_the_mark_and_others_find_it(
    tmp_path: Path, engine: Engine, ours: Belonging
) -> None:
    marked = SealedDirectory(tmp_path / "sealed").owner()
    assert marked
    assert len(marked) == 32
    another = Belonging(SealedDirectory(tmp_path / "sealed"), engine)
    another.prepare()
    another.write(new_id(), Secret.new(), [b"x"])
    assert SealedDirectory(tmp_path / "sealed").owner() == marked


def test_many_nodes_may_begin_at_once(tmp_path: Path, engine: Engine) -> None:
    at_once(lambda _: Belonging(SealedDirectory(tmp_path / "sealed"), engine).prepare(), range(6))
    assert SealedDirectory(tmp_path / "sealed").owner() is not None


def test_a_disk_that_is_not_mounted_takes_nothing(tmp_path: Path, ours: Belonging) -> None:
    """The folder under a mount point is empty and can be written."""
    shutil.move(tmp_path / "sealed", tmp_path / "elsewhere")
    (tmp_path / "sealed").mkdir()
    with pytest.raises(NotOurs, match="does not bear the id") as caught:
        ours.write(new_id(), Secret.new(), [b"x"])
    assert caught.value.reply.code == 451
    assert "mounted" in caught.value.hint
    assert list((tmp_path / "sealed").iterdir()) == []
    (tmp_path / "sealed").rmdir()
    shutil.move(tmp_path / "elsewhere", tmp_path / "sealed")
    ours.write(new_id(), Secret.new(), [b"x"])


def test_what_another_house_keeps_is_neither_added_to_nor_swept(tmp_path: Path, ours: Belonging) -> None:
    key, message_id = Secret.new(), new_id()
    ours.write(message_id, key, [b"x"])
    stranger = open_store(f"sqlite:///{tmp_path}/another.db")
    theirs = Belonging(SealedDirectory(tmp_path / "sealed"), stranger)
    with pytest.raises(NotOurs, match="belongs to another store"):
        theirs.prepare()
    with pytest.raises(NotOurs):
        theirs.write(new_id(), key, [b"x"])
    with pytest.raises(NotOurs):
        theirs.sweep(lambda _: False, time.time() + FAR)
    ours.open(message_id).close()
    assert ours.sweep(lambda _: False, time.time() + FAR) == 1
    stranger.dispose()


def test_a_node_that_names_another_directory_is_told_apart(
    tmp_path: Path, engine: Engine, ours: Belonging
) -> None:
    with pytest.raises(NotOurs):
        Belonging(SealedDirectory(tmp_path / "own"), engine).prepare()


def test_a_place_that_was_moved_is_adopted(tmp_path: Path, engine: Engine, ours: Belonging) -> None:
    new = Belonging(SealedDirectory(tmp_path / "new"), engine)
    assert new.adopt() == ""
    new.write(new_id(), Secret.new(), [b"x"])
    SealedDirectory(tmp_path / "new").mark("f" * 32)
    with pytest.raises(NotOurs):
        new.write(new_id(), Secret.new(), [b"x"])
    assert new.adopt() == "f" * 32
    new.write(new_id(), Secret.new(), [b"x"])


def test_one_that_cannot_be_asked_is_no_empty_one(tmp_path: Path, engine: Engine, ours: Belonging) -> None:
    class Gone(SealedDirectory):
        def owner(self) -> str | None:
            raise OSError(116, "Stale file handle")

    with pytest.raises(DeliveryError, match="Stale file handle"):
        Belonging(Gone(tmp_path / "sealed"), engine).write(new_id(), Secret.new(), [b"x"])
