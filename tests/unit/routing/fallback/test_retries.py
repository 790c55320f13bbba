"""When a waiting copy has been tried again: by what the secure instance's configuration says."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from segl_routing.fallback.retries import Retries, retries_of
from world import needs

WRITTEN = Retries(60.0, 900.0, 60.0)


@pytest.mark.parametrize(
    ("age", "after"), [(0, 120), (59, 120), (300, 360), (900, 960), (86400, 960), (-5, 120)]
)
def test_as_long_as_it_is_old_within_bounds(age: float, after: float) -> None:
    assert WRITTEN.surely(1_000_000.0, 1_000_000.0 - age) == 1_000_000.0 + after


@needs.POSTFIX
@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", Retries(300.0, 4000.0, 300.0)),  # Postfix's own
        (
            "minimal_backoff_time = 2s\nmaximal_backoff_time = 1h\nqueue_run_delay = 5",
            Retries(2.0, 3600.0, 5.0),
        ),
        ("minimal_backoff_time = $queue_run_delay\nqueue_run_delay = 2m", Retries(120.0, 4000.0, 120.0)),
        ("minimal_backoff_time = soon", Retries(60.0, 4000.0, 300.0)),
    ],
)
def test_as_the_instance_says(tmp_path: Path, written: str, told: Retries) -> None:
    (tmp_path / "main.cf").write_text(f"compatibility_level = 3.6\n{written}\n", "utf-8")
    (tmp_path / "master.cf").write_text("", "utf-8")
    assert retries_of(tmp_path) == told


def test_where_it_cannot_be_asked_as_segl_writes_it_and_at_once(tmp_path: Path) -> None:
    begun = time.monotonic()
    assert retries_of(tmp_path / "none") == WRITTEN
    assert time.monotonic() - begun < 0.9, "as long as Postfix's programs wait before they say so"
