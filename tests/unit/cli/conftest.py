"""For tests of the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from world.checking import CPR, HEALTH, PLAIN
from world.tuning import TuningHouse


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here words alone decide, whatever model is shipped."""
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: None)


@pytest.fixture
def tuning(tmp_path: Path) -> TuningHouse:
    """A house with a store of decisions, in which words alone decide."""
    return TuningHouse(tmp_path)


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    for name, content in {"plain": PLAIN, "health": HEALTH, "cpr": CPR}.items():
        (tmp_path / f"{name}.eml").write_bytes(content)
    return tmp_path
