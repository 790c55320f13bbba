"""A reload inside one worker of segl-portal, and what its parent hears of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from threading import Semaphore
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from segl.events import Events
from segl.settings.file import load_settings
from segl.store import open_store
from segl_portal.app import Swapped
from segl_portal.posting import Posting
from segl_portal.reader import Reader
from segl_portal.reading.workshop import Workshop
from segl_portal.running import Site
from world.portal_site import PortalSite

PARENT = """
import os, signal, sys
from segl.errors import SeglError
from segl.events import Events
from segl_portal import workers
from segl_portal.workers import BEAT, NOT_TAKEN, TAKEN, Workers, signals_held

def serve(slot, lifeline, beat):
    os.write(beat, BEAT)
    signal.sigwait({signal.SIGHUP})
    told(slot, beat)
    os.read(lifeline, 1)

with signals_held():
    workers._RELOAD_SECONDS = float(sys.argv[1])
    all = Workers(2, serve, Events("t"))
    all.start()
    try:
        all.reload()
        print("in force, by", all.alive)
    except SeglError as error:
        print(error)
    all.kill()
"""


def outcome(told: str, seconds: float = 30) -> str:
    """What the parent of two workers hears of a reload, each of which does as *told*."""
    program = f"def told(slot, beat):\n    {told}\n{textwrap.dedent(PARENT)}"
    command = [sys.executable, "-c", program, str(seconds)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("told", "seconds", "outcome_is"),
    [
        ("os.write(beat, TAKEN)", 30, "in force, by 2"),
        ("os.write(beat, NOT_TAKEN if slot else TAKEN)", 30, "a worker goes on with those before, or hangs"),
        ("os.write(beat, TAKEN) if slot else None", 0.5, "a worker goes on with those before, or hangs"),
        ("os.write(beat, TAKEN) if slot else os._exit(1)", 30, "in force, by 1"),
    ],
    ids=["both take them", "one does not", "one hangs", "one ends, and begins again with them"],
)
def test_a_reload_is_done_when_every_worker_says_so(told: str, seconds: float, outcome_is: str) -> None:
    assert outcome(told, seconds) == outcome_is


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


def test_a_reload_that_fails_at_its_last_step_changes_nothing(tmp_path: Path) -> None:
    site, events = PortalSite(tmp_path), Events("segl-portal")
    engine, tls = open_store(site.settings.store.url), _Unready(PROTOCOL_TLS_SERVER)
    settings = load_settings(site.settings_file)
    worker = Site(site.settings_file, settings, engine, events, Posting(events), Reader(Workshop()), tls)
    before = worker.app._now
    site.write_settings('[[portal.look]]\nname = "Syd Vand"\n')

    async def reloaded() -> bool:
        return worker.reload()

    assert not asyncio.run(reloaded())
    assert worker.app._now is before
    engine.dispose()
