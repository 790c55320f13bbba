"""A process that serves nobody any more ends in time, whatever of it waits."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import pytest

from segl.daemons.ending import end_within
from segl.events import Events


class Listener:
    """Notes that it was closed; the first cannot be."""

    def __init__(self, closed: list[str], name: str) -> None:
        self._closed, self._name = closed, name

    def close(self) -> None:
        self._closed.append(self._name)
        if self._name == "first":
            raise OSError


def test_what_waits_is_told_and_broken_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was lost is told last, all sockets are taken away, and it counts as a good end."""
    done: list[str] = []
    over, answer = threading.Event(), threading.Event()

    def exits(code: int) -> None:
        # a thread that others wait for would hold up who ends sooner
        done.append(f"exit {code}" if threading.current_thread().daemon else "held up")
        over.set()

    def last() -> None:
        done.append("last")
        raise RuntimeError

    monkeypatch.setattr(os, "_exit", exits)
    waiting = threading.Thread(target=answer.wait, name="for a frozen store")
    waiting.start()
    sockets: list[Any] = [Listener(done, "first"), Listener(done, "second")]
    try:
        begun = time.monotonic()
        end_within(0.05, sockets, Events("test"), last)
        assert over.wait(30)
        assert time.monotonic() - begun >= 0.05, "so long it has to end by itself"
    finally:
        answer.set()
        waiting.join()
    assert done == ["last", "first", "second", "exit 0"]
    told = capsys.readouterr()
    assert "for a frozen store" in told.out + told.err
