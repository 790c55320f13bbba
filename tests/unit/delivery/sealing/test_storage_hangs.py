"""A place of sealed messages that hangs, as a directory does whose server is gone: mail to the portal waits, and
nothing else does."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from segl.errors import DeliveryError
from segl.sealed import directory
from segl_delivery.sealing.storage_threads import THREADS, StorageThreads
from world.desk import SENDER, Desk
from world.postfix import wait_until

BO, EVA = "bo@vestby.example", "eva@kommune.example"
MESSAGE = b"Subject: x\r\n\r\nhej\r\n"
# How many messages, and with what size, take all that sealing has of one kind.
ALL_TAKEN = pytest.mark.parametrize(
    ("messages", "size"), [(THREADS + 1, f"SIZE={len(MESSAGE)}"), (1, "")], ids=["all-threads", "all-bytes"]
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.write_settings(delivery="drain_seconds = 0.3")
    made.partner("kommune.example")
    made.start()
    yield made
    made.stop()


def hang(desk: Desk) -> None:
    """Whoever asks whose place it is gets no answer: a pipe into which nobody writes."""
    mark = desk.sealed / directory._OWNER
    mark.unlink()
    os.mkfifo(mark)


@pytest.mark.slow
@ALL_TAKEN
def test_what_waits_for_the_place_of_sealed_messages_holds_nothing_else(
    desk: Desk, messages: int, size: str
) -> None:
    """One whose size is not told counts as the largest that is taken, and that is more than may be in hand."""
    hang(desk)
    with ExitStack() as stack:
        for _ in range(messages):
            client = stack.enter_context(desk.client("portal"))
            client.envelope(SENDER, [BO], size)
            client.begin_data(MESSAGE)
        desk.daemon.signal(signal.SIGHUP)
        with desk.client("tunnel") as client:
            assert client.deliver(SENDER, [EVA], MESSAGE, f"SIZE={len(MESSAGE)}")[0].startswith("250")
        assert desk.daemon.stop(8) == 0, "nor is the stop held up"


@pytest.mark.slow
@ALL_TAKEN
def test_a_reload_to_another_place_waits_for_nothing_in_the_one_that_hangs(
    desk: Desk, messages: int, size: str
) -> None:
    elsewhere = desk.directory / "elsewhere"
    shutil.copytree(desk.sealed, elsewhere)  # with the word whose it is
    hang(desk)
    with ExitStack() as stack:
        for _ in range(messages):
            client = stack.enter_context(desk.client("portal"))
            client.envelope(SENDER, [BO], size)
            client.begin_data(MESSAGE)
        desk.sealed = elsewhere
        desk.write_settings(delivery="drain_seconds = 0.3")
        desk.daemon.signal(signal.SIGHUP)
        wait_until(lambda: '"reloaded"' in desk.daemon.log, 30, lambda: desk.daemon.log)
        [reply] = desk.portal(SENDER, [BO], MESSAGE, f"SIZE={len(MESSAGE)}")
        assert reply.startswith("250"), reply
        assert len(desk.sealed_files()) == 1
        assert desk.daemon.stop(8) == 0, "nor is the stop held up by what hangs"


def test_what_does_not_answer_is_not_waited_for_and_keeps_a_thread() -> None:
    release = threading.Event()

    async def ask() -> tuple[bool, bool]:
        # A name of its own: other tests of this process may have left idle threads of theirs.
        threads = StorageThreads(1, "hangs")
        with pytest.raises(DeliveryError, match="did not answer"):
            await threads.within(0.05, release.wait, 10)
        held = threads.end(0.05)
        release.set()
        return held, threads.end(5)

    assert asyncio.run(ask()) == (False, True)


def test_the_stop_knows_of_a_thread_that_a_reload_left_behind() -> None:
    release = threading.Event()

    async def ask() -> bool:
        left, now = StorageThreads(1, "left"), StorageThreads(1, "left")
        with pytest.raises(DeliveryError, match="did not answer"):
            await left.within(0.05, release.wait, 10)
        ended = now.end(0.05)
        release.set()
        return ended

    assert not asyncio.run(ask())
