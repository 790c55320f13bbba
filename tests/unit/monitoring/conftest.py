"""What is shipped for Prometheus and Grafana."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "monitoring"


@pytest.fixture(scope="module")
def rules(folder: Path) -> list[dict[str, Any]]:
    loaded = yaml.safe_load((folder / "segl.rules.yml").read_text("utf-8"))
    return [rule for group in loaded["groups"] for rule in group["rules"]]
