"""A reload of segl-deliver: all of the new settings come into force or none, and nothing that is owed is forgotten."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from segl import metrics
from segl.canary.way_key import WayKey
from segl.daemons.reloading import one_after_the_other
from segl.errors import StoreError
from segl.events import Events, configure_log
from segl.nodes import nodes_of
from segl.sealed.belonging import storage_of
from segl.sealed.keys import new_content_key
from segl.settings.document import Settings
from segl.settings.file import checked_settings
from segl.store.engine import open_store, transaction
from segl.store.status import SCHEMA_VERSION
from segl.tables.base import meta
from segl.vocabulary import Way
from segl_delivery import daemon as process
from segl_delivery import housekeeping
from segl_delivery.checked import start_faults
from segl_delivery.daemon import _Daemon
from segl_delivery.housekeeping import Left, Round, keep_house
from world.desk import Desk
from world.stores import store_in


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Its files; the process is this one."""
    return Desk(tmp_path)


@pytest.fixture
def daemon(desk: Desk) -> Iterator[_Daemon]:
    configure_log("json")
    engine = open_store(store_in(desk.directory))
    settings = checked_settings(desk.settings_file, start_faults)
    yield _Daemon(desk.settings_file, settings, engine, Events("segl-deliver"))
    engine.dispose()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def refused() -> float:
    return float(metrics.RELOADS.labels("refused")._value.get())


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (StoreError("the store cannot be reached"), '"reload_refused"'),
        (FileNotFoundError("numbers.txt"), '"failed"'),
    ],
)
def test_what_fails_after_the_check_is_told_and_leaves_all_as_it_was(
    daemon: _Daemon,
    desk: Desk,
    systemd: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: Exception,
    told: str,
) -> None:
    def fail(_: object) -> None:
        raise fault

    before, count = (daemon._settings, daemon._agents, daemon._watch, daemon._storage), refused()
    desk.write_settings(name="Sønderby Vand")
    with monkeypatch.context() as patch:
        patch.setattr(WayKey, "of_house", fail)
        asyncio.run(daemon._reload())
    now = (daemon._settings, daemon._agents, daemon._watch, daemon._storage)
    assert all(one is other for one, other in zip(before, now, strict=True))
    assert told in "".join(capsys.readouterr())
    assert refused() == count + 1
    assert systemd.recv(100).startswith(b"RELOADING=1")
    assert systemd.recv(100).startswith(b"READY=1"), "systemd waits for a reload to end"
    asyncio.run(daemon._reload())
    assert daemon._settings.organisation.name == "Sønderby Vand"


@pytest.mark.parametrize(("where", "name"), [(process, "checked_settings"), (WayKey, "of_house")])
def test_it_serves_while_the_new_settings_are_read(
    daemon: _Daemon, monkeypatch: pytest.MonkeyPatch, where: object, name: str
) -> None:
    """And lives for the watchdog: a template is tried out for seconds, and the store may be slow."""
    told, blocks = threading.Event(), getattr(where, name)

    def slow(*given: object) -> object:
        assert told.wait(30), "the loop stood still"
        return blocks(*given)

    async def serves_meanwhile() -> None:
        reloading = asyncio.create_task(daemon._reload())
        await asyncio.sleep(0.3)
        assert not reloading.done()
        told.set()
        await reloading

    before = daemon._agents
    monkeypatch.setattr(where, name, slow)
    asyncio.run(serves_meanwhile())
    assert daemon._agents is not before


def test_one_reload_comes_after_the_other(
    daemon: _Daemon, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is told to: the settings that stand there at last are those in force."""
    reads, under_way, loops = list[str](), list[str](), list[asyncio.AbstractEventLoop]()

    def read(file: Path, *more: Any) -> Settings:
        assert not under_way
        settings = checked_settings(file, *more)
        under_way.append(settings.organisation.name)
        if settings.organisation.name == "Sønderby Vand":
            desk.write_settings(name="Vesterby Vand")
            for _ in range(3):
                loops[0].call_soon_threadsafe(daemon._told_to_reload.set)
            time.sleep(0.2)
        reads.append(under_way.pop())
        return settings

    async def told() -> None:
        loops.append(asyncio.get_running_loop())
        desk.write_settings(name="Sønderby Vand")
        daemon._told_to_reload.set()
        reloads = asyncio.create_task(one_after_the_other(daemon._told_to_reload, daemon._reload))
        async with asyncio.timeout(20):
            while daemon._settings.organisation.name != "Vesterby Vand":  # noqa: ASYNC110  # nobody is told
                await asyncio.sleep(0.05)
        reloads.cancel()

    monkeypatch.setattr(process, "checked_settings", read)
    asyncio.run(told())
    assert reads == ["Sønderby Vand", "Vesterby Vand"]


@pytest.mark.parametrize("way", [Way.PLAIN, Way.TLS])
def test_a_way_without_an_agent_is_never_sealed_by_accident(daemon: _Daemon, way: Way) -> None:
    with pytest.raises(ValueError, match=f"delivers by {way}"):
        daemon._agents.of_way(way)


def test_what_the_store_did_not_take_before_a_reload_is_written_after_it(daemon: _Daemon) -> None:
    """That a recipient was reminded, say: she is else reminded again."""
    faults, written = [StoreError("the store cannot be reached")], list[str]()

    def write() -> None:
        if faults:
            raise faults.pop()
        written.append("reminded")

    before = daemon._agents.news
    before._write(write)
    asyncio.run(daemon._reload())
    assert daemon._agents.news is not before
    daemon._agents.news.tell(time.time())
    daemon._agents.news.tell(time.time())
    assert written == ["reminded"]


def test_a_round_of_housekeeping_that_a_reload_meets_ends_before_another_begins(
    daemon: _Daemon, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two would both count what is missing, and the older one by settings that are no more in force."""
    began, told = threading.Event(), list[str]()

    def rounds(settings: Settings, *_: object, go_on: Callable[[], None]) -> None:
        name = settings.organisation.name
        told.append(f"{name} begins")
        began.set()
        try:
            while name == "Nordby Vandværk":
                time.sleep(0.3)  # a step
                go_on()
        finally:
            told.append(f"{name} ends")

    async def reload() -> None:
        house = asyncio.create_task(daemon._keep_house())
        assert await asyncio.to_thread(began.wait, 30)
        await daemon._reload()
        await asyncio.wait_for(house, 30)

    monkeypatch.setattr(process, "keep_house", rounds)
    desk.write_settings(name="Sønderby Vand")
    asyncio.run(reload())
    assert told == [
        "Nordby Vandværk begins",
        "Nordby Vandværk ends",
        "Sønderby Vand begins",
        "Sønderby Vand ends",
    ]


def test_a_round_forgets_by_no_settings_that_a_reload_has_replaced(
    daemon: _Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer retention may be what the reload was for."""
    forgot, going = list[Settings](), Round()
    monkeypatch.setattr(
        process, "forget_old", lambda _engine, settings, _now, _go_on: forgot.append(settings)
    )
    going.left.set()
    with pytest.raises(Left):
        daemon._sweep(daemon._settings, going)
    assert forgot == []


def test_a_round_that_is_to_end_tells_what_it_has_shredded(
    daemon: _Daemon, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next one does not find it any more."""

    def shred(*more: Any) -> int:
        go_on, count = more[-2:]
        count(3)
        going.left.set()
        go_on()
        return 3

    going = Round()
    monkeypatch.setattr(housekeeping, "shred_expired", shred)
    with pytest.raises(Left):
        keep_house(daemon._settings, daemon._engine, Events("segl-deliver"), time.time(), go_on=going.go_on)
    [told] = [line for line in "".join(capsys.readouterr()).splitlines() if '"swept"' in line]
    assert '"secrets": 3' in told


def test_beside_a_newer_store_nothing_is_taken_away(
    daemon: _Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    """While nodes are upgraded one after the other: a file that this version knows no row of may be the newer one's."""
    settings, now = daemon._settings, time.time()
    place = storage_of(settings.portal, daemon._engine)
    place.prepare()
    place.write(f"{0:032x}", new_content_key(), [b"x"])
    [file] = settings.portal.sealed.rglob("*.sealed")
    os.utime(file, (now - 30 * 86400,) * 2)
    with transaction(daemon._engine) as connection:
        connection.execute(meta.update().where(meta.c.key == "schema").values(value=str(SCHEMA_VERSION + 1)))
    daemon._sweep(settings, Round())
    assert file.exists()
    assert '"store_newer"' in "".join(capsys.readouterr())
    assert nodes_of(daemon._engine), "the others hear of this node all the same"
    with transaction(daemon._engine) as connection:
        connection.execute(meta.update().where(meta.c.key == "schema").values(value=str(SCHEMA_VERSION)))
    daemon._sweep(settings, Round())
    assert not file.exists()


def test_a_round_that_is_to_end_does_so_at_the_next_file(
    daemon: _Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those behind it are left to the round that follows."""
    settings, now = daemon._settings, time.time()
    place = storage_of(settings.portal, daemon._engine)
    place.prepare()
    for number in range(3):
        place.write(f"{number:032x}", new_content_key(), [b"x"])
    files = sorted(settings.portal.sealed.rglob("*.sealed"))
    for file in files:
        os.utime(file, (now - 30 * 86400,) * 2)
    going = Round()

    def go_on() -> None:
        if len(left()) < len(files):
            going.left.set()
        going.go_on()

    def left() -> list[Path]:
        return [file for file in files if file.exists()]

    with pytest.raises(Left):
        keep_house(settings, daemon._engine, Events("segl-deliver"), now, go_on=go_on)
    assert len(left()) == len(files) - 1
    assert '"files": 1' in "".join(capsys.readouterr()), "what it took away is told"


def test_a_round_of_housekeeping_that_hangs_in_a_place_that_was_left_is_begun_anew(
    daemon: _Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, release, ended, rounds = threading.Event(), threading.Event(), threading.Event(), list[int]()

    def hang_once(*_: object, go_on: Callable[[], None]) -> None:
        rounds.append(threading.get_ident())
        began.set()
        if len(rounds) == 1:
            release.wait(30)
            with pytest.raises(Left):
                go_on()
            ended.set()

    async def reload() -> None:
        house = asyncio.create_task(daemon._keep_house())
        assert await asyncio.to_thread(began.wait, 30)
        await daemon._reload()
        await asyncio.wait_for(house, 30)

    monkeypatch.setattr(process, "keep_house", hang_once)
    monkeypatch.setattr(process, "STEP_SECONDS", 0.2)
    try:
        asyncio.run(reload())
    finally:
        release.set()
    assert len(rounds) == 2
    assert ended.wait(30), "and when it comes back it goes no further"
