"""Ctrl-C ends a command that waits for SQLite."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from segl.store.engine import open_existing, open_store, transaction

_LONG = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) SELECT max(i) FROM n"
)


@contextmanager
def _interrupted_soon() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_long_question_ends_at_once(tmp_path: Path) -> None:
    """Heard only when the question was done: `segl domains` over a month went on for half a minute."""
    url = f"sqlite:///{tmp_path / 'segl.db'}"
    open_store(url).dispose()
    engine = open_existing(url)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), transaction(engine) as connection, _interrupted_soon():
        connection.exec_driver_sql(_LONG)
    assert time.monotonic() - begun < 10
    with transaction(engine) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1, "it can be used still"
    engine.dispose()
