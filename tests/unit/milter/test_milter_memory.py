"""What a worker has of its own stays small: what is learnt before the fork, what is given back after it."""

from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from segl.settings.detection import Limits
from segl_classifier.classify import classify
from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet, shipped_rules
from segl_milter import heap, warm
from segl_milter.connection import Connection, Context
from segl_milter.protocol import ReplyCode, packet
from world.milterclient import ALL_ACTIONS, ALL_STEPS


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def test_pages_that_nothing_lies_on_are_given_back() -> None:
    pieces = [bytes(60_000) for _ in range(1_500)]
    kept = pieces[::50]  # what lives on keeps the rest from going by itself
    full = resident_mb()
    del pieces
    heap.give_back()
    assert resident_mb() < full - 50
    assert len(kept) == 30


def test_a_childs_pieces_do_not_go_into_the_parents_holes() -> None:
    """Each would make a whole page the child's own. In a process of its own, whose heap has no holes but these."""
    script = """
        from segl_milter import heap

        pieces = [bytes(600) for _ in range(4_000)]  # too large for Python's own allocator
        holes = set(map(id, pieces[::2]))
        heap.open_holes()
        del pieces[::2]
        heap.fill_holes()
        filled = [bytes(600) for _ in range(1_000)]
        shut = len(holes.intersection(map(id, filled)))
        del filled
        heap.open_holes()
        new = [bytes(600) for _ in range(3_000)]
        print(shut, len(holes.intersection(map(id, new))))
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    shut, opened = map(int, told.split())
    assert shut <= 7  # as many of a size the library keeps at hand
    assert opened > 500


@pytest.mark.slow
def test_before_the_fork_every_example_is_read_and_no_thread_started(monkeypatch: pytest.MonkeyPatch) -> None:
    rules, limits = shipped_rules(), Limits()
    read: list[bytes] = []

    def noted(raw: bytes, *others: RuleSet | Limits) -> object:
        read.append(raw)
        return classify(raw, *others)  # type: ignore[arg-type]

    monkeypatch.setattr("segl_milter.warm.classify", noted)
    monkeypatch.setattr(warm, "_MOST_SECONDS", 60.0)
    before = threading.enumerate()
    text = [Text("Mit CPR-nummer er 010190-1233, og jeg er sygemeldt med depression.", "body", Source.BODY)]
    found = rules.find(text)
    warm.warm_up(rules, limits)
    # A process that forks has one thread; here those of other tests may end meanwhile.
    assert set(threading.enumerate()) <= set(before)
    assert rules.find(text) == found
    everything = b"\n".join(read).decode().replace("<br>", "").replace("\r\n", "\n")
    examples = [example for rule in rules.rules for example in (*rule.matches, *rule.not_matches)]
    assert len(read) == len(examples)
    assert [example for example in examples if example not in everything] == []


def test_with_very_many_examples_the_start_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clock: Iterator[float] = iter(range(1_000_000))
    monkeypatch.setattr("segl_milter.warm.time.monotonic", lambda: next(clock) / 200)
    read: list[bytes] = []
    monkeypatch.setattr("segl_milter.warm.classify", lambda raw, *_: read.append(raw))
    warm.warm_up(shipped_rules(), Limits())
    assert len(read) == 100  # half a second of this clock


def test_what_a_connection_held_is_free_when_it_ends() -> None:
    """Without waiting for the collector of circles."""

    class Socket:
        def __init__(self) -> None:
            self.pieces = [packet(b"O", (6).to_bytes(4) + ALL_ACTIONS.to_bytes(4) + ALL_STEPS.to_bytes(4))]

        def setsockopt(self, *_: object) -> None: ...
        def sendall(self, _data: bytes) -> None: ...
        def recv(self, _size: int) -> bytes:
            return self.pieces.pop() if self.pieces else b""

    class Session:
        def __init__(self, context: Context) -> None:
            self.context = context

        def envelope_from(self, address: bytes, *parameters: bytes) -> None: ...
        def envelope_recipient(self, address: bytes, *parameters: bytes) -> None: ...
        def header(self, name: bytes, value: bytes) -> None: ...
        def body(self, chunk: bytes) -> None: ...
        def end_of_message(self) -> ReplyCode:
            return ReplyCode.CONTINUE

        def answered(self) -> None: ...
        def abort(self) -> None: ...

    made: list[weakref.ref[Session]] = []

    def session(context: Context) -> Session:
        new = Session(context)
        made.append(weakref.ref(new))
        return new

    gc.disable()
    try:
        Connection(Socket(), session).serve()  # type: ignore[arg-type]
        assert made[0]() is None
    finally:
        gc.enable()
