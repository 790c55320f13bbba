"""The watchdog of each unit is real: a daemon gives signs of life as often as systemd asks for, and none when it hangs.

systemd restarts a service that is silent for WatchdogSec (systemd.service(5)); here a listener stands in its place and
counts.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from segl.daemons import notify
from world import template
from world.confined import settings_of

LIMIT = 1.0  # seconds without a sign of life
DAEMONS = ("segl-milter", "segl-map", "segl-deliver", "segl-portal")
_SETTINGS = """\
[organisation]
name = "Nordby Vandværk"
domains = ["nordby.example"]
[detection]
model = false
[milter]
socket = "{folder}/milter.sock"
workers = 1
drain_seconds = 1
[routing]
socket = "{folder}/map.sock"
[delivery]
tunnel_socket = "{folder}/tunnel.sock"
certificate_socket = "{folder}/certificate.sock"
portal_socket = "{folder}/portal.sock"
inbound_socket = "{folder}/inbound.sock"
receipt_socket = "{folder}/receipt.sock"
keys = "{folder}/keys"
drain_seconds = 1
[portal]
url = "https://sikker.nordby.example"
sealed = "{folder}/sealed"
[portal.web]
listen = "{folder}/web.sock"
workers = 1
drain_seconds = 1
[receipts]
key = "{folder}/receipts.key"
[store]
url = "sqlite:///{folder}/segl.db"
"""


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        yield listener


def beats(listener: socket.socket, seconds: float) -> int:
    """How many signs of life come within *seconds*."""
    count, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        listener.settimeout(left)
        try:
            count += b"WATCHDOG=1" in listener.recv(4096)
        except TimeoutError:
            break
    return count


def wait_for(listener: socket.socket, word: bytes, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        listener.settimeout(left)
        try:
            if word in listener.recv(4096):
                return True
        except TimeoutError:
            break
    return False


@pytest.mark.parametrize("program", DAEMONS)
def test_a_daemon_that_hangs_is_silent(program: str, tmp_path: Path) -> None:
    settings = tmp_path / "segl.toml"
    settings.write_text(_SETTINGS.format(folder=tmp_path), "utf-8")
    (tmp_path / "keys").mkdir(mode=0o700)
    with listening(tmp_path / "notify") as listener, (tmp_path / "log").open("wb") as log:
        env = {
            **os.environ,
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": str(int(LIMIT * 1e6)),
        }
        arguments = ["--settings", str(settings)]
        process = template.spawn(program, arguments, environment=env, output=log.fileno())
        try:
            assert wait_for(listener, b"READY=1", 60), (tmp_path / "log").read_text("utf-8")
            assert wait_for(listener, b"WATCHDOG=1", 20 * LIMIT), "it lives"
            os.kill(process.pid, signal.SIGSTOP)
            beats(listener, LIMIT)  # what was on its way
            assert beats(listener, 3 * LIMIT) == 0, "systemd would have restarted it"
            os.kill(process.pid, signal.SIGCONT)
            assert wait_for(listener, b"WATCHDOG=1", 20 * LIMIT)
        finally:
            os.kill(process.pid, signal.SIGCONT)
            process.terminate()
            process.wait(30)


def test_an_event_loop_that_is_blocked_gives_no_sign_of_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "100000")

    async def story(listener: socket.socket) -> tuple[int, int]:
        feeding = asyncio.create_task(notify.feed_watchdog())
        await asyncio.sleep(0.5)
        alive = beats(listener, 0.01)
        time.sleep(0.5)  # noqa: ASYNC251 - the fault: somebody blocks the loop
        silent = beats(listener, 0.01)
        feeding.cancel()
        return alive, silent

    with listening(tmp_path / "notify") as listener:
        alive, silent = asyncio.run(story(listener))
    assert alive >= 2
    assert silent == 0


@pytest.mark.parametrize("program", DAEMONS)
def test_the_unit_asks_for_it(repository: Path, program: str) -> None:
    unit = settings_of(repository / "systemd" / f"{program}.service")
    assert unit["Type"] == ["notify"]
    assert 0 < int(unit["WatchdogSec"][0]) <= 60
    assert unit["Restart"] == ["on-failure"]  # which a watchdog's end is (systemd.service(5))


@pytest.mark.parametrize("program", DAEMONS)
def test_a_unit_is_started_again_and_again(repository: Path, program: str) -> None:
    """After a boot a database or an address may be there a minute later; systemd by itself gives up after a second."""
    unit = settings_of(repository / "systemd" / f"{program}.service")
    assert unit["StartLimitIntervalSec"] == ["0"]
    assert "RestartPreventExitStatus" not in unit, "a start that was refused may be none a minute later"
    assert unit["RestartSec"] == ["200ms"]
    assert unit["RestartMaxDelaySec"] == ["30"]


def test_every_unit_that_waits_for_a_word_has_a_watchdog(repository: Path) -> None:
    units = {file.stem: settings_of(file) for file in (repository / "systemd").glob("*.service")}
    assert {name for name, unit in units.items() if unit["Type"] == ["notify"]} == set(DAEMONS)
    for name, unit in units.items():
        if name not in DAEMONS:
            assert unit["Type"] == ["oneshot"], name
            assert "TimeoutStartSec" in unit, f"{name}: a run that hangs must end too"
