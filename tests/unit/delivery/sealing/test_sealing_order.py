"""What is on disk before 250 is said for a sealed message: a power cut at any moment loses nothing.

Postfix forgets a message at the 250. A file's bytes are there to stay when the file is synced, its name when its
directory is, and the name of a new directory when the one above it is (fsync(2)).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.mail.handover import Handover
from segl.mail.return_port import ReturnPort
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import Secret
from segl.store.engine import open_store
from segl.vocabulary import Envelope
from segl_delivery.agent import Delivery
from world.peers import SmtpPeer
from world.ports import free_port
from world.sealing import portal_agent

BO = "bo@vestby.example"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{tmp_path}/segl.db")
    yield engine
    engine.dispose()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was done to files below ``sealed``, in order: ``sync message``, ``name message``, ``sync shard``."""
    done: list[str] = []
    root = tmp_path / "sealed"
    real: dict[str, Callable[..., None]] = {"fsync": os.fsync, "rename": os.rename, "mkdir": os.mkdir}

    def kind(path: Path) -> str:
        if path == root:
            return "root"
        return "shard" if path.parent == root else "message"

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        real["fsync"](descriptor)
        if path.is_relative_to(root):
            done.append(f"sync {kind(path)}")

    def rename(old: Path, new: Path) -> None:
        real["rename"](old, new)
        if Path(new).is_relative_to(root):
            done.append(f"name {kind(Path(new))}")

    def mkdir(path: Path, mode: int = 0o777) -> None:
        real["mkdir"](path, mode)
        if Path(path).is_relative_to(root):
            done.append(f"make {kind(Path(path))}")

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", rename)
    monkeypatch.setattr(os, "mkdir", mkdir)
    return done


def test_message_name_and_rows_are_on_disk_before_the_notice_and_the_250(
    steps: list[str], tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sa.event.listen(engine, "commit", lambda _: steps.append("commit"))
    delivery = Delivery(
        Envelope("anna@nordby.example", (BO,), "Q1"),
        b"From: anna@nordby.example\r\nSubject: x\r\n\r\nHej\r\n",
    )
    send = ReturnPort.send

    def sent(self: ReturnPort, *arguments: Any, **options: Any) -> Handover:
        steps.append("notice")
        return send(self, *arguments, **options)

    monkeypatch.setattr(ReturnPort, "send", sent)
    with SmtpPeer("127.0.0.1", free_port()) as peer:
        agent = portal_agent(engine, tmp_path, peer.port)
        steps.clear()
        [reply] = asyncio.run(agent.deliver(delivery)).values()
    steps.append(str(reply.code))
    first = steps.index("make shard")
    assert steps[first : first + 6] == [
        "make shard",
        "sync root",
        "sync message",
        "name message",
        "sync shard",
        "commit",
    ]
    assert first + 6 <= steps.index("notice") < steps.index("250") == len(steps) - 1


def test_the_name_of_a_directory_that_a_killed_process_made_is_synced_before_the_first_message_in_it(
    steps: list[str], tmp_path: Path
) -> None:
    message_id = new_id()
    directory = SealedDirectory(tmp_path / "sealed")
    directory.prepare()
    directory.path(message_id).parent.mkdir()
    steps.clear()
    writing = ["sync message", "name message", "sync shard"]
    directory.write(message_id, Secret.new(), [b"x"])
    assert steps == ["sync root", *writing]
    steps.clear()
    directory.write(message_id[:2] + new_id()[2:], Secret.new(), [b"x"])
    assert steps == writing, "once is enough"
