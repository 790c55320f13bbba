"""Tests of what trains the model. They need torch, which only the ``train`` extra brings: ``make model`` runs them
before it trains; where torch is not installed ``make test`` does not see them."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]


@pytest.fixture(autouse=True)
def _one_seed() -> None:
    import torch

    torch.manual_seed(1)
    torch.set_num_threads(1)
