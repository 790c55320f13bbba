"""A portal that is killed while an answer comes in, or while it is handed on: nothing is lost that was called sent."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from segl.sealed.life import is_known
from segl_portal.answering import AnswerService, Taken
from segl_portal.answering.hand_on import SENDING_SECONDS
from world.answerer import FORM, opened_of
from world.counter import Counter, Letter
from world.peers import ScriptedPeer
from world.ports import free_port

TESTS = Path(__file__).parent.parent.parent.parent


@contextmanager
def answerer(counter: Counter, letter: Letter, port: int, *, half: bool) -> Iterator[subprocess.Popen[bytes]]:
    root = counter.directory.root.parent
    orders = {"directory": str(root), "port": port, "letter": asdict(letter), "half": half}
    process = subprocess.Popen(
        [sys.executable, "-m", "world.answerer", json.dumps(orders)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with Counter(tmp_path) as made:
        yield made


def files(counter: Counter, letter: Letter) -> list[Path]:
    return [path for path in counter.directory.root.glob("*/*") if letter.message_id not in path.name]


def thread(counter: Counter, letter: Letter) -> list[bool]:
    desk = AnswerService(counter.settings, counter.engine, counter.events)
    with (opened := opened_of(counter.engine, counter.directory, letter)).content:
        found = [view.sent for view in desk.thread(opened)]
    desk.close()
    return found


def test_killed_while_it_comes_in_nothing_is_there_and_the_sweep_takes_the_rest(counter: Counter) -> None:
    letter = counter.seal()
    with answerer(counter, letter, counter.port, half=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        deadline = time.monotonic() + 20
        while not files(counter, letter) and time.monotonic() < deadline:
            time.sleep(0.02)
    [left] = files(counter, letter)
    assert left.name.endswith(".tmp")
    assert b"vigtigt" not in left.read_bytes()
    assert thread(counter, letter) == []
    assert counter.directory.sweep(lambda id_: is_known(counter.engine, id_), time.time() + 4000) == 1
    assert files(counter, letter) == []


def test_killed_before_the_answer_to_the_dot_it_is_kept_as_not_sent_and_goes_again(counter: Counter) -> None:
    letter, received, whole = counter.seal(), bytearray(), threading.Event()

    async def takes_and_never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 front ESMTP\r\n")
        while line := await reader.readline():
            writer.write(b"354 go\r\n" if line.upper().startswith(b"DATA") else b"250 ok\r\n")
            if line.upper().startswith(b"DATA"):
                while (line := await reader.readline()) != b".\r\n":
                    received.extend(line)
                whole.set()
                await reader.read()

    port = free_port()
    with (
        ScriptedPeer("127.0.0.1", port, takes_and_never_answers),
        answerer(counter, letter, port, half=False),
    ):
        assert whole.wait(30)

    assert thread(counter, letter) == [False], "kept, and not called sent"
    assert len(files(counter, letter)) == 1
    assert counter.directory.sweep(lambda id_: is_known(counter.engine, id_), time.time() + 10 * 86400) == 0

    counter.now = time.time() + SENDING_SECONDS + 1  # the dead one's turn is over
    desk = AnswerService(counter.settings, counter.engine, counter.events, lambda: counter.now)
    with (opened := opened_of(counter.engine, counter.directory, letter)).content:
        [kept] = desk.thread(opened)
        assert asyncio.run(desk.send_again(opened, kept.id)) == Taken(kept.id)
        same = asyncio.run(desk.take_answer(opened, FORM.stream(), FORM.content_type, lambda _: True))
        assert same == Taken(kept.id, again=True), "the browser sends its form again"
    desk.close()
    [mail] = counter.return_port.received
    assert mail.content == bytes(received), "byte for byte the same, its Message-ID too"
    assert thread(counter, letter) == [True]
