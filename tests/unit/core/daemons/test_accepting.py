"""A process that has no descriptor for one more connection says so once a minute, and its journal stays readable."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import resource
import socket
from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY

from segl.daemons import accepting
from segl.daemons.accepting import tell_of_refused
from segl.events import Events, configure_log

SHORT = OSError(errno.EMFILE, "Too many open files")


@pytest.fixture(autouse=True)
def few_descriptors() -> Iterator[None]:
    """As many as are open now, and some."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def counted() -> float:
    return REGISTRY.get_sample_value("segl_accept_failures_total") or 0.0


async def _clients_of_a_full_process() -> None:
    """More clients than there are descriptors for, whom asyncio tries to take for some seconds."""
    loop = asyncio.get_running_loop()
    tell_of_refused(loop, Events("segl-deliver"))
    listening = socket.create_server(("127.0.0.1", 0), backlog=200)
    server = await asyncio.start_server(lambda _reader, _writer: None, sock=listening)
    clients = [socket.socket() for _ in range(50)]
    free = os.open(os.devnull, os.O_RDONLY)  # the next one
    os.close(free)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, most))
    for client in clients:
        client.setblocking(False)
        client.connect_ex(listening.getsockname())
    await asyncio.sleep(2.5)
    server.close()
    for client in clients:
        client.close()


@pytest.mark.slow
def test_it_is_told_once_and_counted_each_second(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("json")
    before = counted()
    asyncio.run(_clients_of_a_full_process())
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines[:5]
    told = json.loads(lines[0])
    assert (told["event"], told["where"], told["error"]) == ("failed", "accept", f"{SHORT}")
    assert 2 <= counted() - before <= 4


def test_it_is_told_again_while_it_lasts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "_TOLD_EVERY", 0.0)
    configure_log("json")
    loop = asyncio.new_event_loop()
    tell_of_refused(loop, Events("segl-map"))
    for _ in range(2):
        loop.call_exception_handler({"message": accepting._NOT_TAKEN, "exception": SHORT})
    loop.close()
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_other_faults_are_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        logging.getLogger("asyncio"), "error", lambda message, **_more: told.append(str(message))
    )
    loop = asyncio.new_event_loop()
    tell_of_refused(loop, Events("segl-map"))
    loop.call_exception_handler({"message": "Task was destroyed", "exception": ValueError("x")})
    loop.close()
    assert [line.splitlines()[0] for line in told] == ["Task was destroyed"]
