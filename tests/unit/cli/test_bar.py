"""How far long work over the store has come is shown where somebody looks."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from sqlalchemy.engine import Engine

from segl import audit
from segl.audit import Act
from segl.cli import bar
from segl.decisions import kept
from segl.store.engine import transaction


def test_things_are_counted_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[float] = []
    shown = SimpleNamespace(advance=steps.append)
    monkeypatch.setattr(bar, "bar", lambda total, *, counted: nullcontext(shown))
    assert list(bar.told(range(1_203), 1_203)) == list(range(1_203))
    assert steps == [500, 500, 203]


def test_who_verifies_the_trail_sees_how_far_it_is(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five million entries, a year of a municipality, take minutes."""
    monkeypatch.setattr(audit, "_ROWS", 2)
    with transaction(engine) as connection:
        for number in range(5):
            audit.append(connection, Act.CREATED, f"{number}", "test")
    by_chain: list[int] = []
    by_decision: list[int] = []
    audit.verify(engine, seen=by_chain.append)
    kept.verify(engine, by_decision.append)
    assert by_chain == by_decision == [2, 2, 1]
