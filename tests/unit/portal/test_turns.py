"""One reader who asks for very much at once waits for her turn, and nobody else waits for her."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from starlette.concurrency import run_in_threadpool

from segl_portal.answer_routes import AnswerRoutes
from segl_portal.answering import AnswerRefused, AnswerService, Why
from segl_portal.guard import Refusal, Trouble
from segl_portal.look import load_looks
from segl_portal.opened_routes import OpenedRoutes
from segl_portal.pages import Pages
from segl_portal.reader import Reader
from segl_portal.turns import FOR_ALL, FOR_ONE, FOR_PRINTS, Turns
from world.counter import Counter
from world.requests import asking

THREADS = 40  # of an event loop (anyio, "Working with threads")
ASKED = 80


class Slow:
    """A reader whose work ends when it is told to."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.at_work = 0

    def pdf(self, *_what: object) -> bytes:
        return self._made()

    def preview(self, *_what: object) -> bytes:
        return self._made()

    def file_name(self, *_what: object) -> str:
        return "besked"

    def _made(self) -> bytes:
        self.at_work += 1
        assert self.may_end.wait(60)
        return b"made"


def open_files(folder: Path) -> int:
    files = [file for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    return sum(str(file.readlink()).startswith(str(folder)) for file in files if file.is_symlink())


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("what", "most"), [("pdf", 1), ("preview", FOR_ONE)])
def test_who_asks_for_eighty_at_once_leaves_the_threads_to_others(
    tmp_path: Path, what: str, most: int
) -> None:
    with Counter(tmp_path) as counter:
        greedy, other = counter.seal("eva@vestby.example"), counter.seal("bo@vestby.example")
        browsers = {letter: counter.open(letter)[0] for letter in (greedy, other)}
        before = open_files(tmp_path / "sealed")
        slow = Slow()
        pages = Pages(counter.settings.portal.base, load_looks(counter.settings), "da")

        async def tried() -> set[int]:
            routes = OpenedRoutes(pages, counter.desk, cast("AnswerService", None), cast("Reader", slow))
            ask = getattr(routes, what)
            work = [
                asyncio.create_task(ask(asking(letter, browsers[letter])))
                for letter in (*[greedy] * ASKED, other)
            ]
            await until(lambda: slow.at_work == most + 1)
            await asyncio.sleep(0.2)
            assert slow.at_work == most + 1, "hers, and the other's"
            async with asyncio.timeout(30):
                assert await run_in_threadpool(lambda: "a code") == "a code"
            slow.may_end.set()
            return {answer.status_code for answer in await asyncio.gather(*work)}

        assert asyncio.run(tried()) == {200}
        assert slow.at_work == ASKED + 1
        assert open_files(tmp_path / "sealed") == before


def test_who_waits_too_long_for_a_turn_is_told_to_come_again() -> None:
    async def tried() -> None:
        turns = Turns(for_one=1, wait_seconds=0.05)
        async with turns.of("eva"):
            with pytest.raises(Refusal) as refused:
                async with turns.of("eva"):
                    raise AssertionError("it is not her turn")
            async with turns.of("bo"):
                pass
        async with turns.of("eva"):
            pass
        assert refused.value.trouble is Trouble.BUSY
        assert not turns._lines, "nobody is remembered"

    asyncio.run(tried())


class Refusing:
    """Takes no answer."""

    async def take_answer(self, *_what: object) -> AnswerRefused:
        return AnswerRefused(Why.TOO_LARGE, text="Et langt svar.")


def test_who_has_no_turn_to_see_the_page_has_the_refused_text_back_all_the_same(tmp_path: Path) -> None:
    with Counter(tmp_path) as counter:
        letter = counter.seal()
        browser, _ = counter.open(letter)
        pages = Pages(counter.settings.portal.base, load_looks(counter.settings), "da")
        desk, refusing = counter.desk, cast("AnswerService", Refusing())
        opened = OpenedRoutes(pages, desk, refusing, cast("Reader", Slow()))
        opened._turns = Turns(for_one=1, wait_seconds=0.05)
        routes = AnswerRoutes(pages, desk, refusing, opened, counter.events)

        async def tried() -> bytes:
            async with opened._turns.of(letter.recipient_id):
                return bytes((await routes.answer(asking(letter, browser))).body)

        assert b"Et langt svar.</textarea>" in asyncio.run(tried())


def test_all_readers_together_leave_threads_to_those_who_ask_for_a_code() -> None:
    assert FOR_ALL + FOR_PRINTS < THREADS
