"""A reload inside one worker of segl-portal, and what its parent hears of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from threading import Semaphore
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from segl.events import Events
from segl.settings.file import load_settings
from segl.store.engine import open_store
from segl_portal.app import Swapped
from segl_portal.reader import Reader
from segl_portal.reading.renderer import Renderer
from segl_portal.running import Site
from segl_portal.visits.posting import Posting
from world.portal_site import PortalSite

PARENT = """
import os, signal, sys, time
from segl.errors import SeglError
from segl.events import Events
from segl_portal import workers
from segl_portal.workers import BEAT, FORGET, GO_OVER, NOT_READY, OVER, PREPARE, READY, Workers, signals_held

def serve(slot, lifeline, beat):
    os.write(beat, BEAT)
    signal.sigwait({PREPARE})
    if begun == 1:
        prepared(slot, beat)
        step = signal.sigwait({GO_OVER, FORGET})
        os.write(1, b"%d %s\\n" % (slot, b"goes over" if step == GO_OVER else b"forgets"))  # in one piece
        if step == GO_OVER:
            over(slot, beat)
    os.read(lifeline, 1)

def in_force():
    global begun
    begun += 1

begun = 1
with signals_held():
    workers._RELOAD_SECONDS = workers._GO_OVER_SECONDS = float(sys.argv[1])
    all = Workers(2, serve, Events("t"))
    all.start()
    pids = list(all._workers)
    try:
        all.reload(in_force)
        now = time.monotonic()
        while time.monotonic() < now + .5 or (all.alive < 2 and time.monotonic() < now + 20):
            all.tend()
            time.sleep(.05)
        print("in force, by", all.alive, "of them new", len(set(all._workers) - set(pids)))
    except SeglError as error:
        time.sleep(.3)
        print(str(error).replace(str(pids[0]), "A").replace(str(pids[1]), "B"), begun)
    all.kill()
"""
READY_AND_OVER = ("os.write(beat, READY)", "os.write(beat, OVER)")
ON = "all workers go on with the settings before 1"


def outcome(prepared: str, over: str, seconds: float = 30) -> list[str]:
    """What is seen of a reload of two workers, each of which does so when told to make ready and to go over."""
    does = f"def prepared(slot, beat):\n    {prepared}\ndef over(slot, beat):\n    {over}\n"
    command = [sys.executable, "-c", does + textwrap.dedent(PARENT), str(seconds)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr
    return sorted(line for line in done.stdout.splitlines() if not line.startswith("{"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("prepared", "over", "seconds", "seen"),
    [
        (*READY_AND_OVER, 30, ["0 goes over", "1 goes over", "in force, by 2 of them new 0"]),
        (
            "os.write(beat, NOT_READY if slot else READY)",
            "pass",
            30,
            ["0 forgets", "1 forgets", f"process B could not take them, and has said why: {ON}"],
        ),
        (
            "os.write(beat, READY) if slot else None",
            "pass",
            0.5,
            ["0 forgets", "1 forgets", f"process A did not answer: {ON}"],
        ),
        (
            "os.write(beat, READY) if slot else os._exit(1)",
            "os.write(beat, OVER)",
            30,
            ["1 goes over", "in force, by 2 of them new 1"],
        ),
        (
            "os.write(beat, READY)",
            "os.write(beat, OVER) if slot else os._exit(1)",
            30,
            ["0 goes over", "1 goes over", "in force, by 2 of them new 1"],
        ),
        (
            "os.write(beat, READY)",
            "os.write(beat, OVER) if slot else None",
            0.5,
            ["0 goes over", "1 goes over", "in force, by 2 of them new 1"],
        ),
    ],
    ids=[
        "both",
        "one refuses",
        "one hangs",
        "one ends before",
        "one ends going over",
        "one hangs going over",
    ],
)
def test_all_workers_take_the_settings_or_none(
    prepared: str, over: str, seconds: float, seen: list[str]
) -> None:
    assert outcome(prepared, over, seconds) == seen


class _Counted:
    """An application that answers when *gate* opens, and the number of times that it was closed."""

    def __init__(self, gate: asyncio.Event) -> None:
        self._gate = gate
        self._closed = Semaphore(0)
        self.answered = self.closed = 0

    async def app(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        await self._gate.wait()
        self.answered += 1

    def close(self) -> None:
        self.closed += 1
        self._closed.release()

    async def ends(self) -> None:
        assert await asyncio.to_thread(self._closed.acquire, timeout=30)


async def _nothing() -> Message:
    return {}


async def _nowhere(_message: Message) -> None:
    return


def test_what_was_in_force_is_closed_when_its_last_request_is_answered() -> None:
    async def tried() -> None:
        gate = asyncio.Event()
        old, new, last = (_Counted(gate) for _ in range(3))
        app = Swapped(old.app, old.close)

        async def begun() -> asyncio.Task[None]:
            task = asyncio.create_task(app({}, _nothing, _nowhere))
            await asyncio.sleep(0)
            return task

        in_hand = [await begun(), await begun()]
        app.swap(new.app, new.close)
        in_hand.append(await begun())
        assert old.closed == 0, "two requests still use it"
        gate.set()
        await asyncio.gather(*in_hand)
        assert (old.answered, new.answered) == (2, 1)
        await old.ends()
        assert new.closed == 0, "it is in force"
        app.swap(last.app, last.close)
        await new.ends()
        app.close()
        assert (old.closed, new.closed, last.closed) == (1, 1, 1)

    asyncio.run(tried())


class _Unready(SSLContext):
    """TLS whose certificate is being replaced in this moment: its key is not there yet."""

    def load_cert_chain(self, *_: Any, **__: Any) -> None:
        raise FileNotFoundError


@pytest.fixture
def reloaded(tmp_path: Path) -> Iterator[tuple[PortalSite, Callable[[SSLContext | None], Site]]]:
    """A site, and what makes a worker's own of it, with this TLS."""
    site, events = PortalSite(tmp_path), Events("segl-portal")
    engine = open_store(site.settings.store.url)

    def worker(tls: SSLContext | None) -> Site:
        settings = load_settings(site.settings_file)
        return Site(site.settings_file, settings, engine, events, Posting(events), Reader(Renderer()), tls)

    yield site, worker
    engine.dispose()


def test_what_is_made_ready_is_in_force_when_all_go_over_and_not_before(
    reloaded: tuple[PortalSite, Callable[[SSLContext | None], Site]],
) -> None:
    site, made = reloaded
    worker = made(None)
    before = worker.app._now
    site.write_settings('[[portal.look]]\nname = "Syd Vand"\n')

    async def steps() -> None:
        assert not worker.go_over(), "nothing was made ready"
        assert worker.prepare()
        worker.forget()
        assert not worker.go_over(), "it was forgotten"
        assert worker.prepare()
        assert worker.app._now is before
        assert worker.go_over()
        assert worker.app._now is not before
        now = worker.app._now
        site.settings_file.write_text("nonsense = [")
        assert not worker.prepare()
        assert not worker.go_over()
        assert worker.app._now is now

    asyncio.run(steps())


def test_who_cannot_go_over_says_so_and_changes_nothing(
    reloaded: tuple[PortalSite, Callable[[SSLContext | None], Site]],
) -> None:
    site, made = reloaded
    worker = made(_Unready(PROTOCOL_TLS_SERVER))
    before = worker.app._now
    site.write_settings('[[portal.look]]\nname = "Syd Vand"\n')

    async def steps() -> tuple[bool, bool]:
        return worker.prepare(), worker.go_over()

    assert asyncio.run(steps()) == (True, False)
    assert worker.app._now is before
