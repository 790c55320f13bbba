"""For tests of the command."""

from __future__ import annotations

import pytest


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here words alone decide, whatever model is shipped."""
    monkeypatch.setattr("segl_classifier.understanding.model.load_model", lambda: None)
