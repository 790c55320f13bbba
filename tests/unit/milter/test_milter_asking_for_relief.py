"""When a worker asks to be relieved: after its number of messages, or when it keeps more memory than it should."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

import pytest

from segl_milter import relief


class Worker:
    """One whose messages and memory are told at each look; what it did, and at which number of messages."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, counts: Iterable[int], kept: Iterable[int]) -> None:
        self.given: list[int] = []
        self.looked: list[int] = []
        self.asked: list[int] = []
        self._counts, self._kept = iter(counts), iter(kept)
        self._seen = 0
        monkeypatch.setattr(relief, "give_back", lambda: self.given.append(self._seen))
        monkeypatch.setattr(relief, "own_bytes", self._own)

    def live(self, most: int, look_every: int = 1) -> None:
        with pytest.raises(StopIteration):
            relief.stay_small(self._messages, most, lambda: self.asked.append(self._seen), 0, look_every)

    def _messages(self) -> int:
        self._seen = next(self._counts)
        return self._seen

    def _own(self) -> int:
        self.looked.append(self._seen)
        return next(self._kept)


@pytest.mark.parametrize(("most", "asked"), [(0, []), (10, []), (9, [9]), (3, [5, 5, 5, 9])])
def test_a_worker_gives_back_after_messages_and_asks_after_many(
    most: int, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(monkeypatch, [0, 5, 5, 5, 9], [0] * 9)
    worker.live(most)
    assert worker.given == [5, 9]
    assert worker.asked == asked


MUCH = relief.MOST_KEPT + 1


def test_one_that_keeps_much_asks_before_its_number_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before it was worth its start, nor at the first look; and again until it is heard."""
    worker = Worker(monkeypatch, [*range(100, 1_000, 100), 900, 900], [MUCH] * 6)
    worker.live(2_000)
    assert worker.looked == list(range(400, 1_000, 100))
    assert worker.asked == [800, 900, 900, 900]


def test_memory_is_given_back_more_often_than_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(monkeypatch, range(2_000, 2_021), [MUCH] * 7)
    worker.live(2_100, look_every=3)
    assert worker.given == list(range(2_000, 2_021))
    assert worker.looked == list(range(2_002, 2_021, 3))
    assert worker.asked == [2_014, 2_017, 2_020]


def test_one_that_keeps_no_more_than_it_should_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(monkeypatch, range(1_000, 1_900, 30), [relief.MOST_KEPT] * 30)
    worker.live(2_000)
    assert len(worker.looked) == 30
    assert worker.asked == []


@pytest.mark.parametrize("little", range(5))
def test_a_moment_with_much_in_hand_is_no_reason(little: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the others say: at one look of five it had less, so the rest was borrowed."""
    kept = [relief.MOST_KEPT if number % 5 == little else 50 * MUCH for number in range(40)]
    worker = Worker(monkeypatch, range(5_000, 5_040), kept)
    worker.live(10_000)
    assert len(worker.looked) == 40
    assert worker.asked == []


def test_never_means_never(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(monkeypatch, range(1, 40), [MUCH] * 40)
    worker.live(0)
    assert worker.looked == []
    assert worker.asked == []


def test_where_the_kernel_does_not_tell_the_number_of_messages_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relief, "_ROLLUP", Path("/proc/self/no_such_file"))
    assert relief.own_bytes() == 0


def test_own_is_what_is_not_shared_with_the_parent() -> None:
    """In processes of their own: one fills 80 MB and forks, the other changes half of it."""
    script = """
        import os
        from segl_milter.relief import own_bytes

        shared = bytearray(b"x") * 80_000_000
        if os.fork() == 0:
            before = own_bytes()
            shared[:40_000_000] = b"y" * 40_000_000
            print(before // 1_000_000, (own_bytes() - before) // 1_000_000, flush=True)
            os._exit(0)
        os.wait()
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    before, more = map(int, told.split())
    assert before < 20
    assert 38 <= more < 60
