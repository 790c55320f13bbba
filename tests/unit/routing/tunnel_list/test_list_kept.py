"""What is kept of a list on disk: damaged, full, killed at any point, and two runs at once."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segl.errors import TunnelListError
from segl.vocabulary import ListFault
from segl_routing.tunnel_list.accepted import AcceptedList
from segl_routing.tunnel_list.keeping import keeper_of
from segl_routing.tunnel_list.update import UpdateResult
from world.lists import NOW, TOWNS, Desk, Publisher, desk_in, listed

NOBODY = Publisher("Nobody", 2)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path)


def test_a_damaged_copy_is_known_and_not_used(desk: Desk) -> None:
    desk.publish_three()
    copy = desk.base / "forening" / desk.state().current.file
    copy.write_bytes(copy.read_bytes().replace(b"by00", b"by99"))
    told: list[str] = []
    reader = AcceptedList(desk.base, desk.terms, lambda _, why: told.append(why))
    assert reader.choice(TOWNS[0], NOW.timestamp()) is None
    assert reader.choice(TOWNS[0], NOW.timestamp()) is None
    assert len(told) == 1
    assert "is not what was accepted" in told[0]
    desk.publish(listed(*TOWNS, serial=4))
    assert desk.refused() is ListFault.BAD_COPY
    desk.rolled(2)
    assert desk.usable(TOWNS[0])


def test_a_damaged_state_is_not_taken_for_a_fresh_start(desk: Desk) -> None:
    desk.publish_three()
    (desk.base / "forening" / "accepted.json").write_bytes(b"{}")
    desk.publish(listed(*TOWNS, serial=1))
    assert desk.refused() is ListFault.BAD_COPY


def test_who_reads_keeps_what_was_read_when_the_disk_fails(desk: Desk) -> None:
    desk.publish(listed(*TOWNS))
    desk.update()
    told: list[str] = []
    reader = AcceptedList(desk.base, desk.terms, lambda _, why: told.append(why))
    assert reader.choice(TOWNS[0], NOW.timestamp())
    (desk.base / "forening" / "accepted.json").write_bytes(b"{}")
    assert reader.choice(TOWNS[0], NOW.timestamp())
    assert len(told) == 1


def test_a_disk_that_takes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.publish(listed(*TOWNS))
    desk.update()
    desk.publish(listed(*TOWNS, "new.example", serial=2))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TunnelListError, match="No space left") as caught:
        desk.update()
    assert caught.value.cause is ListFault.CANNOT_KEEP
    assert desk.state().highest == 1
    monkeypatch.undo()
    assert desk.update().result is UpdateResult.ACCEPTED


def test_what_root_makes_by_hand_belongs_to_the_folders_owner(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the timer, which runs as another user, could not go on with it."""
    given: set[str] = set()

    def note(descriptor: int, owner: int, group: int) -> None:
        above = desk.directory.stat()
        assert (owner, group) == (above.st_uid, above.st_gid)
        given.add(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", note)
    desk.publish(listed(*TOWNS))
    desk.update()
    assert given == {"forening", "lock", ".new-accepted.json", f".new-{desk.state().current.file}"}


# killed, and twice at once

STEPS = ("open", "fchmod", "fsync", "replace", "rename", "unlink", "close", "mkdir")


def _die_at(step: int, desk: Desk) -> None:
    """Run an update that is killed at its *step*-th call of the system; exit code 0 when it got through."""
    count = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count == step:
                os.kill(os.getpid(), 9)
            return function(*arguments, **named)

        return call

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    desk.update(days=1)
    os._exit(0)


@pytest.mark.slow
def test_killed_at_any_point_it_leaves_the_old_or_the_new(desk: Desk) -> None:
    """At every call by which an update touches the disk; readers and the next update find a good state."""
    desk.terms = dataclasses.replace(desk.terms, keep=2)
    fork = multiprocessing.get_context("fork")
    seen: set[int] = set()
    serial, step, killed = 3, 0, 0
    desk.publish_three()
    while True:
        step += 1
        serial += 1
        desk.publish(listed(*TOWNS, *(f"new{n}.example" for n in range(3)), serial=serial))
        child = fork.Process(target=_die_at, args=(step, desk))
        child.start()
        child.join()
        now = desk.state().current.serial
        assert now in (serial - 1, serial)
        assert desk.usable(TOWNS[0])
        seen.add(now - serial)
        if child.exitcode == 0:
            break
        assert child.exitcode == -9
        killed += 1
        assert desk.update(days=1).result in (UpdateResult.ACCEPTED, UpdateResult.NOTHING_NEW)
        assert desk.state().current.serial == serial
        assert len(list((desk.base / "forening").iterdir())) == 4, "what the killed run left is gone"
    assert killed > 10
    assert seen == {-1, 0}, "it was killed before the change and after it"


def test_two_updates_at_once(desk: Desk) -> None:
    desk.publish(listed(*TOWNS))
    results: list[UpdateResult] = []
    runs = [threading.Thread(target=lambda: results.append(desk.update().result)) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(results) == [UpdateResult.ACCEPTED, *[UpdateResult.NOTHING_NEW] * 3]


def test_a_run_that_never_ends_is_not_waited_for_for_ever(desk: Desk) -> None:
    with (
        keeper_of(desk.base, "forening"),
        pytest.raises(TunnelListError, match="another run works") as caught,
        keeper_of(desk.base, "forening", 0.1),
    ):
        pass
    assert caught.value.cause is ListFault.BUSY
